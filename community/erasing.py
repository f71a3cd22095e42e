"""Erasing a person at their wish: name, phone and all that leads to them goes; the branch's ledger keeps a nameless record.

Not reversible. Backups made before still hold the person until they are thrown away by their own time; the roster file of the
office must lose the line too, or the next import brings the person back as somebody new.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import assigning, audit
from accounts.rights import require
from community import moves, own_requests, tags
from community.forgetting import forget
from community.privacy import ERASED, MIN_REASON, without_the_person
from ground import reasons
from ground.errors import Conflict, NotFound
from models import (
    Arrival,
    ChatGroup,
    CheckIn,
    ConsentEnd,
    Delivery,
    ExpectedMember,
    Follower,
    FollowerTag,
    ImportChange,
    InboundMessage,
    Leave,
    MakeUpRequest,
    Member,
    MemberMove,
    SignUp,
    User,
)


@dataclass(frozen=True)
class Traces:
    """What there is of a person, in counts. ``check_ins`` stay, nameless, as do lists of those expected; all the rest goes."""

    member: int | None
    follower: int | None
    check_ins: int
    reasons: int
    messages: int

    def as_dict(self) -> dict[str, int | None]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Person:
    """A member, a follower, or both in one."""

    member: Member | None
    follower: Follower | None


def find(session: Session, user: User, *, member_id: int | None = None, openid: str = "") -> Person:
    """Who is meant. Raises :class:`Forbidden` without the right, :class:`NotFound`, :class:`Conflict` for one erased already."""
    require(user, "member.erase")
    if member_id is not None:
        member = session.get(Member, member_id)
        follower = session.scalar(sa.select(Follower).where(Follower.member_id == member_id))
    else:
        follower = session.scalar(
            sa.select(Follower).where(Follower.openid == openid, Follower.gone.is_(False))
        )
        member = session.get(Member, follower.member_id) if follower and follower.member_id else None
    if member is None and follower is None:
        raise NotFound("没有这位党员或关注者，请核对编号")
    if member is not None and member.erased_at is not None:
        raise Conflict("这位党员的个人信息已经清除过，不能恢复，也无需再次清除")
    return Person(member, follower)


def traces(session: Session, person: Person) -> Traces:
    """What would go."""
    member_id = person.member.id if person.member else None
    openid = person.follower.openid if person.follower else None

    def count(*where: sa.ColumnElement[bool]) -> int:
        return session.scalar(sa.select(sa.func.count()).where(*where)) or 0

    return Traces(
        member=member_id,
        follower=person.follower.id if person.follower else None,
        check_ins=count(CheckIn.member_id == member_id) if member_id else 0,
        reasons=count(CheckIn.member_id == member_id, CheckIn.reason != "")
        + count(CheckIn.member_id == member_id, CheckIn.answer.is_not(None))
        + count(ExpectedMember.member_id == member_id, ExpectedMember.reason != "")
        + count(MakeUpRequest.member_id == member_id)
        + count(Leave.member_id == member_id)
        if member_id
        else 0,
        messages=count(InboundMessage.openid == openid) + count(Delivery.openid == openid) if openid else 0,
    )


def reason_for(person: Person, reason: str) -> str:
    """The reason, tidied. Raises :class:`Refused` without one, and with the person's name in it."""
    reason = reasons.given(reason, "请写明清除个人信息的事由", least=MIN_REASON, such_as="本人书面申请")
    return without_the_person(reason, person.member) if person.member is not None else reason


def erase(
    session: Session, user: User, *, member_id: int | None = None, openid: str = "", reason: str, at: datetime
) -> Traces:
    """Erase a member (with the follower who is bound) or a follower; what there was. Recorded with the reason, by ids alone.

    Raises what :func:`find` raises, and :class:`Refused` without a reason or with the person's name in it.
    """
    require(user, "member.erase")
    moves.alone(session, at=at)  # an import or a correction in flight would write name and phone back
    person = _held(session, user, member_id, openid)
    reason = reason_for(person, reason)
    found = traces(session, person)
    if person.member is not None:
        own_requests.person_erased(session, user, person.member.id, at=at)
    if person.follower is not None:
        _forget_follower(session, person.follower, person.member, at=at)
    if person.member is not None:
        _make_nameless(session, person.member, at=at)
        for account in assigning.of_member(session, person.member.id):
            assigning.follow(session, account, None, by=user, at=at)
    subject = f"member:{found.member}" if found.member else f"follower:{found.follower}"
    detail = {"reason": reason, "check_ins": found.check_ins, "messages": found.messages}
    audit.record(session, "member.erase", user=user, subject=subject, detail=detail, at=at)
    return found


def _held(session: Session, user: User, member_id: int | None, openid: str) -> Person:
    """Who is meant, found again once nothing of the member's own is under way any more."""
    person = find(session, user, member_id=member_id, openid=openid)
    if person.member is None:
        return person
    moves.hold(session, person.member.id)
    return find(session, user, member_id=member_id, openid=openid)


def _forget_follower(session: Session, follower: Follower, member: Member | None, *, at: datetime) -> None:
    openid = follower.openid
    tagged = session.scalar(sa.select(FollowerTag.tag_id).where(FollowerTag.openid == openid).limit(1))
    forget(session, [follower], at=at, why=ConsentEnd.ERASED)
    if tagged is not None and member is not None:  # they may follow on: WeChat must lose the branch's tag too
        tags.queue_binding(session, openid, member.id, add=False, at=at)


def blank(member: Member, name: str, *, at: datetime) -> None:
    """Leave nothing of a person in their row, which goes on being counted; ``name`` says what became of them."""
    member.name, member.gender, member.duty, member.note = name, "", "", ""
    member.phone = member.phone_index = member.tail_index = None
    member.grid_id = member.joined_on = None
    member.active = False
    member.updated_at = member.erased_at = at


def _make_nameless(session: Session, member: Member, *, at: datetime) -> None:
    theirs = [member.id, *session.scalars(sa.select(Member.id).where(Member.merged_into == member.id))]
    blank(member, ERASED, at=at)
    session.execute(sa.delete(ImportChange).where(ImportChange.member_id == member.id))
    session.execute(sa.delete(MemberMove).where(MemberMove.member_id == member.id))
    forwards = sa.update(ChatGroup).where(ChatGroup.forwarder_id == member.id)
    session.execute(forwards.values(forwarder_id=None))
    session.execute(sa.delete(Arrival).where(Arrival.member_id.in_(theirs)))
    session.execute(
        sa.update(Leave)
        .where(Leave.member_id.in_(theirs))
        .values(reason="")
        .execution_options(synchronize_session=False)
    )
    session.execute(sa.delete(SignUp).where(SignUp.member_id.in_(theirs)))
    session.execute(
        sa.update(CheckIn)
        .where(CheckIn.member_id.in_(theirs))
        .values(message_key=None, answer=None, reason=sa.case((CheckIn.reason != "", ERASED), else_=""))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(ExpectedMember)
        .where(ExpectedMember.member_id.in_(theirs), ExpectedMember.reason != "")
        .values(reason=ERASED)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(MakeUpRequest)
        .where(MakeUpRequest.member_id == member.id)
        .values(reason=ERASED)
        .execution_options(synchronize_session=False)
    )
    session.flush()
