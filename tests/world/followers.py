"""粉丝, and their bindings to members."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import binding, bound, consent, followers
from community.followers import FollowResult
from ground import clock
from models import Follower, Member


def follower(
    session: Session, openid: str, *, scene: str | None = None, at: datetime | None = None
) -> FollowResult:
    """Somebody who follows the account."""
    return followers.follow(session, openid, scene=scene, at=at or clock.now())


def openid_of(session: Session, member_id: int) -> str | None:
    """The openid that is bound to a member."""
    return session.scalar(sa.select(Follower.openid).where(Follower.member_id == member_id))


def bind(session: Session, openid: str, member: Member, *, at: datetime | None = None) -> None:
    """A follower (made where it is missing) who has gone through the talk and is bound to this member."""
    moment, phone = at or clock.now(), member.phone or ""
    step = binding.begin(session, openid, text=f"绑定 {member.name}", tail=phone[-4:], at=moment)
    assert step.state is not None, step.text
    step = binding.consent(session, openid, at=moment, pending=step.state)
    assert step.done, step.text


def bind_all(
    session: Session, openids: Sequence[str], members: Sequence[Member], *, at: datetime | None = None
) -> None:
    """The same for many, by the step of the binding's life alone: without the talk, its audit entry and its tags."""
    moment = at or clock.now()
    for openid, member in zip(openids, members, strict=True):
        follower = Follower(openid=openid, subscribed=True, subscribed_at=moment)
        session.add(follower)
        bound.bind(follower, member, consent=consent.VERSION, at=moment)
    session.flush()
