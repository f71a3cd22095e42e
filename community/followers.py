"""粉丝: who follows the account, who left, and the list as WeChat has it.

An openid is all that WeChat gives. Whoever leaves is unbound and becomes a pseudonym, as WeChat's rules demand, while the
branch's ledger keeps the check-ins, which hang on the member.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from community.forgetting import forget, welcome_back
from database.once import insert_once
from models import Branch, Follower, InboundMessage, ListedFollower, Member

_SCENE_PREFIX = "qrscene_"
_LATE = timedelta(seconds=2)
"""WeChat's times are whole seconds: an event is older than ours only if it is older by more than that."""


@dataclass(frozen=True)
class FollowResult:
    """What a subscribe or scan event meant. ``branch`` is the label of the branch whose QR code it was, or empty."""

    follower_id: int
    is_new: bool
    branch: str
    bound: bool


def ensure(session: Session, openid: str, *, at: datetime) -> Follower:
    """The follower of this openid, made now if this is the first we hear of them (they followed before we listened)."""
    follower = _find(session, openid)
    if follower is None:
        insert_missing(session, [openid], at=at)
        follower = _find(session, openid)
        assert follower is not None
    return follower


def insert_missing(session: Session, openids: Sequence[str], *, at: datetime) -> int:
    """Add those openids that are not there yet, safely beside others who do the same; how many were added.

    Some may be back after they had left: their used quota is found again.
    """
    rows = [{"openid": openid, "subscribed": True, "gone": False, "subscribed_at": at} for openid in openids]
    added = insert_once(session, Follower, rows, keys=["openid"])
    welcome_back(session, openids, at=at)
    return added


def follow(session: Session, openid: str, *, scene: str | None, at: datetime) -> FollowResult:
    """Somebody follows; ``scene`` is that of the QR code (with or without WeChat's ``qrscene_``), ``at`` the event's time."""
    before = _find(session, openid)
    follower = before or ensure(session, openid, at=at)
    is_new = before is None or not before.subscribed
    if is_new:
        follower.subscribed_at = at
    follower.subscribed = True
    follower.gone = False
    follower.unsubscribed_at = None
    return _with_scene(session, follower, scene, is_new=is_new, at=at)


def scanned(session: Session, openid: str, *, scene: str | None, at: datetime) -> FollowResult:
    """A follower scans a QR code with a scene."""
    return _with_scene(session, ensure(session, openid, at=at), scene, is_new=False, at=at)


def _with_scene(
    session: Session, follower: Follower, scene: str | None, *, is_new: bool, at: datetime
) -> FollowResult:
    scene = (scene or "").removeprefix(_SCENE_PREFIX)[:64]
    branch = _branch_of_scene(session, scene)
    if scene:
        follower.scene = scene
    if branch is not None:
        follower.scene_branch_id = branch.id
    follower.last_seen_at = at
    session.flush()
    return FollowResult(follower.id, is_new, branch.label if branch else "", follower.member_id is not None)


def _branch_of_scene(session: Session, scene: str) -> Branch | None:
    prefix, _, number = scene.partition("-")
    if prefix != "branch" or not number.isascii() or not number.isdigit() or len(number) > 9:
        return None
    branch = session.get(Branch, int(number))
    return branch if branch is not None and branch.active else None


def heard_of(session: Session, followers: Sequence[Follower]) -> dict[int, datetime | None]:
    """When each of these, by number, was last heard of: a message or an event, as far back as messages are known."""
    openids = {one.openid: one for one in followers}
    last = (
        sa.select(InboundMessage.openid, sa.func.max(InboundMessage.received_at))
        .where(InboundMessage.openid.in_(openids))
        .group_by(InboundMessage.openid)
    )
    found = {one.id: one.last_seen_at for one in followers}
    for openid, at in session.execute(last):
        before = found[openids[openid].id]
        found[openids[openid].id] = max(at, before) if before else at
    return found


def unfollow(session: Session, openid: str, *, at: datetime) -> bool:
    """Somebody left: unbound, pseudonymised, messages emptied; whether there was anything to do.

    An event older than the present following (they came back meanwhile) changes nothing.
    """
    # A list that is being read may have them still.
    session.execute(sa.delete(ListedFollower).where(ListedFollower.openid == openid))
    follower = _find(session, openid)
    if follower is None:
        return False
    if follower.subscribed_at is not None and follower.subscribed_at > at + _LATE:
        return False
    forget(session, [follower], at=at)
    return True


def _find(session: Session, openid: str) -> Follower | None:
    return session.scalar(sa.select(Follower).where(Follower.openid == openid))


# --- Lists -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FollowerCounts:
    """How many follow, and how many of them are bound to a member."""

    following: int
    bound: int


def counts(session: Session) -> FollowerCounts:
    """Both numbers in one query."""
    row = session.execute(
        sa.select(sa.func.count(Follower.id), sa.func.count(Follower.member_id)).where(
            Follower.subscribed.is_(True), Follower.gone.is_(False)
        )
    ).one()
    return FollowerCounts(row[0], row[1])


def page(session: Session, *, number: int = 1, size: int = 20) -> tuple[list[Follower], int]:
    """Present followers with member and branch, newest first, and how many there are; ``number`` counts from 1."""
    where = (Follower.subscribed.is_(True), Follower.gone.is_(False))
    found = session.scalars(
        sa.select(Follower)
        .options(joinedload(Follower.member).joinedload(Member.branch))
        .where(*where)
        .order_by(Follower.id.desc())
        .offset((max(number, 1) - 1) * size)
        .limit(size)
    )
    return list(found), counts(session).following


def is_bound(session: Session, openid: str) -> bool:
    """Whether somebody is bound to a member."""
    query = sa.select(Follower.id).where(Follower.openid == openid, Follower.member_id.is_not(None))
    return session.scalar(query) is not None


def read_large(session: Session, openid: str) -> None:
    """Show a follower the large text from now on."""
    session.execute(sa.update(Follower).where(Follower.openid == openid).values(large_text=True))


def mute(session: Session, openid: str, keys: Sequence[str], *, muted: bool) -> bool:
    """Whether columns may come to a follower by push; False where nobody follows by this openid."""
    follower = session.scalar(sa.select(Follower).where(Follower.openid == openid))
    if follower is None:
        return False
    others = [name for name in follower.muted_columns.split(",") if name and name not in keys]
    follower.muted_columns = ",".join([*others, *keys] if muted else others)
    return True
