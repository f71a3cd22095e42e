"""合并: two records of one person become one. It cannot be undone.

The record that is kept takes over check-ins, lists, requests, moves, accounts and the bound WeChat. Where both stand on the list
of one activity, both were counted, and no figure that was reported may move: the other row stays there without a name, and the
kept one has the check-in, if there is one. The other record is in no list, audience or match of an import any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import assigning, audit
from accounts.rights import require
from community import binding, bound, erasing, followers, moves, signing_up, tags
from community.privacy import MERGED, MIN_REASON, Glimpse, glimpse, without_the_person
from ground import clock, reasons
from ground.errors import Conflict, NotFound, Refused
from models import (
    Activity,
    Arrival,
    ChatGroup,
    CheckIn,
    Consent,
    ConsentEnd,
    DataRequest,
    ExpectedMember,
    Follower,
    ImportChange,
    Leave,
    MakeUpRequest,
    Member,
    MemberMove,
    User,
)
from wechat.language import names

KEPT, OTHER = "kept", "other"
_FILLED = ("gender", "joined_on", "duty", "note")
"""What the kept record takes from the other where it says nothing itself."""
_LINE = ("branch_id", "added_at", "added_by", "reason")


@dataclass(frozen=True)
class Side:
    """One of the two records. ``bound_at`` and ``seen_at``: since when its WeChat is bound, and when that was last heard of."""

    id: int
    whom: Glimpse
    active: bool
    bound: bool
    bound_at: datetime | None
    seen_at: datetime | None
    check_ins: int


@dataclass(frozen=True)
class Preview:
    """What a merging would come to: ``both`` is how many activities count both, ``same_name`` whether the names agree."""

    kept: Side
    other: Side
    both: int
    same_name: bool

    @property
    def asks_wechat(self) -> bool:
        """Whether both are bound, so that one WeChat must be chosen."""
        return self.kept.bound and self.other.bound


def candidates(session: Session, user: User, member_id: int) -> list[tuple[int, Glimpse, bool]]:
    """Records that may be the same person: of this name, or with this phone; (id, glimpse, whether on the roster)."""
    require(user, "member.merge")
    one = _record(session, member_id)
    alike = sa.or_(
        Member.name == one.name,
        sa.and_(Member.phone_index.is_not(None), Member.phone_index == one.phone_index),
    )
    query = sa.select(Member).options(joinedload(Member.branch)).order_by(Member.id).limit(50)
    found = session.scalars(query.where(alike, Member.id != one.id, Member.erased_at.is_(None)))
    return [(other.id, glimpse(other), other.active) for other in found]


def look(session: Session, user: User, kept_id: int, other_id: int) -> Preview:
    """What it would come to. Raises :class:`NotFound`, :class:`Conflict` or :class:`Refused` for two that cannot be merged."""
    require(user, "member.merge")
    kept, other = _pair(session, kept_id, other_id)
    mine = sa.select(ExpectedMember.activity_id).where(ExpectedMember.member_id == kept.id)
    both = sa.select(sa.func.count()).where(
        ExpectedMember.member_id == other.id, ExpectedMember.activity_id.in_(mine)
    )
    same = names.key(kept.name) == names.key(other.name)
    return Preview(_side(session, kept), _side(session, other), session.scalar(both) or 0, same)


def _side(session: Session, member: Member) -> Side:
    follower = session.scalar(sa.select(Follower).where(Follower.member_id == member.id))
    seen_at = followers.heard_of(session, [follower])[follower.id] if follower else None
    bound_at = follower.bound_at if follower else None
    count = session.scalar(sa.select(sa.func.count()).where(CheckIn.member_id == member.id))
    return Side(
        member.id, glimpse(member), member.active, follower is not None, bound_at, seen_at, count or 0
    )


def carry_out(
    session: Session,
    user: User,
    kept_id: int,
    other_id: int,
    *,
    reason: str,
    wechat: str = "",
    at: datetime,
) -> Member:
    """Merge ``other_id`` into ``kept_id``, in the session's transaction; the kept record.

    ``wechat`` (:data:`KEPT` or :data:`OTHER`) says whose stays bound, where both are. Raises what :func:`look` raises, and
    :class:`Refused` without a reason or that choice.
    """
    require(user, "member.merge")
    moves.alone(session, at=at)
    moves.hold(session, kept_id, other_id)
    kept, other = _pair(session, kept_id, other_id)
    text = reasons.given(reason, "请写明合并的事由", least=MIN_REASON, such_as="更换手机号码后重复登记")
    for one in (kept, other):
        without_the_person(text, one)
    _take_details(session, kept, other, user, at=at)
    released = _take_wechat(session, kept, other, wechat, at=at)
    _take_leave(session, kept.id, other.id)
    moved = _take_records(session, kept.id, other.id)
    accounts = assigning.of_member(session, other.id)
    signing_up.take_over(session, kept.id, other.id)
    for table in (MakeUpRequest, DataRequest, Consent, Arrival):
        change = sa.update(table).where(table.member_id == other.id).values(member_id=kept.id)
        session.execute(change.execution_options(synchronize_session=False))
    # Out of its batch: taking that back would move the kept record, which may never have been where the other was.
    gone = sa.update(MemberMove).where(MemberMove.member_id == other.id)
    session.execute(gone.values(member_id=kept.id, transfer_id=None))
    session.execute(sa.delete(ImportChange).where(ImportChange.member_id == other.id))
    forwards = sa.update(ChatGroup).where(ChatGroup.forwarder_id == other.id)
    session.execute(forwards.values(forwarder_id=kept.id))
    session.execute(sa.update(Member).where(Member.merged_into == other.id).values(merged_into=kept.id))
    erasing.blank(other, MERGED, at=at)
    other.merged_into = kept.id
    session.flush()
    for account in accounts:
        assigning.follow(session, account, kept.id, by=user, at=at)
    detail = {"merged": other.id, "check_ins": moved, "reason": text, **moves.released(released)}
    audit.record(session, "member.merge", user=user, subject=f"member:{kept.id}", detail=detail, at=at)
    session.expire_all()
    return kept


def _take_details(session: Session, kept: Member, other: Member, user: User, *, at: datetime) -> None:
    """What the kept record does not say itself; the grid first, by which the tags of whoever is bound go."""
    if kept.grid_id is None and other.grid_id is not None:
        why = moves.Why("", user.id, clock.shanghai_day(at))
        moves.write(session, {kept.id: {"grid_id": other.grid_id}}, why, at=at)
        session.refresh(kept, ["grid_id"])
    for column in _FILLED:
        if getattr(kept, column) in (None, ""):
            setattr(kept, column, getattr(other, column))
    kept.updated_at = at
    session.flush()


def _pair(session: Session, kept_id: int, other_id: int) -> tuple[Member, Member]:
    if kept_id == other_id:
        raise Refused("请选择另一条记录，不能与自己合并")
    kept = _record(session, kept_id)
    try:
        other = _record(session, other_id)
    except NotFound:  # a number that somebody typed
        raise Refused(f"没有编号为 {other_id} 的党员，请核对编号，编号写在党员信息页上") from None
    if other.active and not kept.active:
        raise Refused("请保留在册的那一条，从它的页面上合并")
    return kept, other


def _record(session: Session, member_id: int) -> Member:
    query = sa.select(Member).options(joinedload(Member.branch)).where(Member.id == member_id)
    member = session.scalar(query)
    if member is None:
        raise NotFound("没有这位党员，请核对编号")
    if member.erased_at is not None:
        raise Conflict("其中一条记录已清除或合并，不能再合并")
    return member


def _take_wechat(session: Session, kept: Member, other: Member, wechat: str, *, at: datetime) -> int | None:
    """One WeChat stays bound; the id of the follower who is bound no more, where there was another."""
    loser = None
    query = (
        sa.select(Follower).where(Follower.member_id.in_([kept.id, other.id])).with_for_update(of=Follower)
    )
    by_member = {follower.member_id: follower for follower in session.scalars(query)}
    mine, theirs = by_member.get(kept.id), by_member.get(other.id)
    if mine is not None and theirs is not None:
        if wechat not in (KEPT, OTHER):
            raise Refused("两条记录绑定了不同的微信，请选择保留哪一个")
        loser = theirs if wechat == KEPT else mine
        binding.let_go(session, loser, "member.release", ConsentEnd.BRANCH, at=at)
    if theirs is not None and theirs.member_id is not None:
        tags.queue_binding(session, theirs.openid, other.id, add=False, at=at)
        tags.queue_binding(session, theirs.openid, kept.id, add=True, at=at)
        bound.carry_over(theirs, kept)
        session.flush()
    return loser.id if loser else None


def _take_records(session: Session, kept_id: int, other_id: int) -> int:
    """Check-ins and lines of lists go over, activity by activity; how many check-ins. No count of any branch changes."""
    lines, records = _lines(session, kept_id, other_id), _records(session, kept_id, other_id)
    moved = 0
    for activity_id in sorted({at for at, of in (*lines, *records) if of == other_id}):
        mine, theirs = lines.get((activity_id, kept_id)), lines.get((activity_id, other_id))
        came = records.get((activity_id, other_id))
        if came is not None and (activity_id, kept_id) in records:
            continue  # both were recorded and counted: the other stays, without a name
        if theirs is not None:
            _give(session, theirs, mine, kept_id, swap=came is not None)
        if came is not None:
            came.member_id = kept_id
            moved += 1
    session.flush()
    return moved


def _take_leave(session: Session, kept_id: int, other_id: int) -> None:
    """Leave goes where the line of the list goes, so that no figure moves; before the lists, for it asks how they stand."""
    lines, records = _lines(session, kept_id, other_id), _records(session, kept_id, other_id)
    left: dict[tuple[int, int], Leave] = {
        (one.activity_id, one.member_id): one
        for one in session.scalars(sa.select(Leave).where(Leave.member_id.in_([kept_id, other_id])))
    }
    frozen = set(session.scalars(_frozen(activity_id for activity_id, _ in left)))
    for activity_id in sorted({at for at, _ in left}):
        mine, theirs = left.get((activity_id, kept_id)), left.get((activity_id, other_id))
        on_list = [(activity_id, one) in lines for one in (kept_id, other_id)]
        came = [(activity_id, one) in records for one in (kept_id, other_id)]
        if activity_id not in frozen or on_list == [False, True]:
            _pass_on(session, theirs, mine, kept_id)
        elif on_list == [True, True] and came == [False, True]:  # the two lines change places
            _swap_leave(session, mine, theirs, kept_id, other_id)


def _frozen(ids: Iterable[int]) -> sa.Select[int]:
    return sa.select(Activity.id).where(Activity.id.in_(list(ids)), Activity.frozen_at.is_not(None))


def _pass_on(session: Session, theirs: Leave | None, mine: Leave | None, kept_id: int) -> None:
    if theirs is not None and mine is None:
        theirs.member_id = kept_id
    elif theirs is not None:
        session.delete(theirs)
    session.flush()


def _swap_leave(
    session: Session, mine: Leave | None, theirs: Leave | None, kept_id: int, other_id: int
) -> None:
    if mine is not None and theirs is not None:
        return  # both stand, whoever they are of
    if mine is not None:
        mine.member_id, mine.reason = other_id, ""
    elif theirs is not None:
        theirs.member_id = kept_id
    session.flush()


def _give(
    session: Session, theirs: ExpectedMember, mine: ExpectedMember | None, kept_id: int, *, swap: bool
) -> None:
    if mine is None:
        change = sa.update(ExpectedMember).where(
            ExpectedMember.activity_id == theirs.activity_id, ExpectedMember.member_id == theirs.member_id
        )
        session.execute(change.values(member_id=kept_id).execution_options(synchronize_session=False))
    elif swap:  # the line of who came belongs to the record that came: of which branch, and how they joined
        for column in _LINE:
            first, second = getattr(mine, column), getattr(theirs, column)
            setattr(mine, column, second)
            setattr(theirs, column, first)


def _lines(session: Session, *members: int) -> dict[tuple[int, int], ExpectedMember]:
    found = session.scalars(sa.select(ExpectedMember).where(ExpectedMember.member_id.in_(members)))
    return {(line.activity_id, line.member_id): line for line in found}


def _records(session: Session, *members: int) -> dict[tuple[int, int], CheckIn]:
    found = session.scalars(sa.select(CheckIn).where(CheckIn.member_id.in_(members)))
    return {(record.activity_id, record.member_id): record for record in found}
