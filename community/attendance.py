"""Who came to an activity: what its live page and the branch's own secretary may see, and entries by hand.

Who did not come is told by name to the branch's own secretary only, and only for events that people attend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from accounts.rights import branch_scope, own_branch, require
from community import cells, expected
from community.activities import ATTENDED, get
from community.checkin_questions import ONCE
from community.lives import WAYS
from community.members import Choice, choices
from community.moments import span
from community.privacy import mask_name, without_the_person
from community.window import Phase, begun, phase
from database.claims import changed
from database.once import insert_once
from ground import clock, reasons
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import (
    Activity,
    ActivityStatus,
    Branch,
    CheckIn,
    CheckInWay,
    ExpectedMember,
    Member,
    User,
)

_SEEN = "书记登记到场"


@dataclass(frozen=True)
class Attendance:
    """One member's line on an attendance list; the name is masked. ``check_in`` is None where there is no record."""

    member_id: int
    name: str
    check_in: CheckIn | None


def attendance(session: Session, user: User, activity: Activity) -> list[Attendance]:
    """Who came and who did not, for the secretary of the branch and only where attendance is kept.

    Sorted by the roster, not by anybody's zeal. Raises :class:`Forbidden` for everybody else.
    """
    require(user, "activity.view")
    own = own_branch(user)
    if own is None or activity.kind not in ATTENDED:
        raise Forbidden("未参加人员名单只提供给本支部书记，且仅限会议与活动；其他情况请查看人数")
    get(session, activity.id, user=user)
    rows = session.execute(
        sa.select(Member.id, Member.name, CheckIn)
        .outerjoin(CheckIn, sa.and_(CheckIn.member_id == Member.id, CheckIn.activity_id == activity.id))
        .where(Member.id.in_(expected.listed(activity, own)))
        .order_by(Member.id)
    )
    return [Attendance(member_id, mask_name(name), check_in) for member_id, name, check_in in rows]


def recent_records(
    session: Session, user: User, activity: Activity, *, limit: int = 20
) -> list[tuple[str, str, CheckIn]]:
    """The latest check-ins as (masked name, branch, record), inside the user's scope: what a live page shows."""
    require(user, "activity.view")
    rows = session.execute(
        sa.select(Member.name, Branch.label, CheckIn)
        .join(Member, Member.id == CheckIn.member_id)
        .join(Branch, Branch.id == CheckIn.branch_id)
        .where(CheckIn.activity_id == activity.id, branch_scope(user, CheckIn.branch_id))
        .order_by(CheckIn.at.desc(), CheckIn.id.desc())
        .limit(limit)
    )
    return [(mask_name(name), branch, record) for name, branch, record in rows]


# --- Recording by hand -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recorded:
    """What a bulk entry did: new records, members who had one, and those outside the activity or the user's scope.

    ``joined`` are those of the new ones who were not expected until then.
    """

    added: int
    already: int
    skipped: int
    joined: int = 0


def sheet(session: Session, user: User, activity: Activity, branch_id: int) -> list[Choice]:
    """Whom a branch's paper sheet may name: those whom the activity expects of it, and those who joined the branch since."""
    elsewhere = sa.exists().where(expected.on_list(activity.id), ExpectedMember.branch_id != branch_id)
    of_roster = sa.select(Member.id).where(Member.branch_id == branch_id, Member.active.is_(True), ~elsewhere)
    return choices(session, user, branch_id, sa.union(expected.listed(activity, branch_id), of_roster))


def record_by_hand(
    session: Session,
    user: User,
    activity: Activity,
    member_ids: Sequence[int],
    *,
    at: datetime,
    via: str = CheckInWay.PAPER.value,
    reason: str = "纸质签到表补录",
) -> Recorded:
    """补录: enter members of a paper sheet at once; each is marked as made up with its reason. Repeatable.

    Who is not expected joins the list by name, with the reason; only members of invited branches may, and for a secretary only of
    the own one. Raises :class:`Conflict` before the activity begins.
    """
    require(user, "checkin.record")
    if activity.status == ActivityStatus.CANCELLED:
        raise Conflict("活动已取消，不能补录签到")
    if activity.folded_at is not None:
        raise Conflict("这次活动的签到记录保留期已满，只保留人数，不能再补录")
    if not begun(activity, at):
        raise Conflict(f"活动还没有开始，签到时间为 {span(activity.starts_at, activity.ends_at)}")
    reason = cells.remark(reason, 200)
    if not reason:
        raise Refused("请填写补录的原因")
    made = {"at": at, "via": via, "made_up": True, "reason": reason, "recorded_by": user.id}
    return _enter(session, user, activity, member_ids, made, action="checkin.record", why=reason)


def list_them(
    session: Session, user: User, activity: Activity, member_ids: Sequence[int], *, at: datetime
) -> Recorded:
    """登记签到: the secretary, who sees them there, ticks members while one can check in; a record on time like any other.

    Raises :class:`Conflict` outside the window, where it would be a 补录.
    """
    require(user, "checkin.record")
    now = phase(activity, at)
    if now is Phase.COMING:
        raise Conflict(f"活动还没有开始，签到时间为 {span(activity.starts_at, activity.ends_at)}")
    if now is not Phase.OPEN:
        raise Conflict("已不在签到时间内，请改用“补录签到”，记录会标记为“补签”")
    made = {
        "at": at, "via": CheckInWay.LIST.value, "made_up": False, "reason": "", "recorded_by": user.id,
    }  # fmt: skip
    return _enter(session, user, activity, member_ids, made, action="checkin.list", why=_SEEN)


def _enter(
    session: Session,
    user: User,
    activity: Activity,
    member_ids: Sequence[int],
    made: dict[str, Any],
    *,
    action: str,
    why: str,
) -> Recorded:
    wanted, at = sorted(set(member_ids)), made["at"]
    if not wanted:
        raise Refused("请选择到场的党员")
    expected.freeze(session, activity, at)
    members = _invited(session, user, activity, wanted)
    rows = [
        {"activity_id": activity.id, "member_id": member_id, "branch_id": branch_id, **made}
        for member_id, branch_id, _ in members
    ]
    joined = {member_id: branch_id for member_id, branch_id, on_list in members if not on_list}
    expected.add(session, activity, joined, at=at, by=user, reason=why)
    added = insert_once(session, CheckIn, rows, keys=ONCE)
    detail: dict[str, Any] = {"added": added}
    if made["reason"]:
        detail["reason"] = made["reason"]
    if joined:
        detail["joined"] = sorted(joined)
    audit.record(session, action, user=user, subject=f"activity:{activity.id}", detail=detail, at=at)
    return Recorded(added, len(members) - added, len(wanted) - len(members), len(joined))


def take_back(
    session: Session, user: User, activity: Activity, check_in_id: int, *, reason: str, at: datetime
) -> str:
    """撤回登记: a record that is wrong goes, whoever made it; whose (masked). Who did it, when and why stays in the trail.

    Raises :class:`Refused` without a reason, :class:`NotFound` where there is no such record in the user's scope (any more).
    """
    require(user, "checkin.record")
    found = session.scalar(
        sa.select(CheckIn)
        .options(joinedload(CheckIn.member))
        .where(
            CheckIn.id == check_in_id,
            CheckIn.activity_id == activity.id,
            branch_scope(user, CheckIn.branch_id),
        )
    )
    if found is None:
        raise NotFound("这条签到已经撤回，或不在您的支部，请刷新后查看")
    why = reasons.given(reason, "请写明撤回的原因", least=2, such_as="勾错了人")
    without_the_person(why, found.member)
    gone = session.execute(sa.delete(CheckIn).where(CheckIn.id == check_in_id))
    if not changed(gone):
        raise NotFound("这条签到刚刚已经撤回，请刷新后查看")
    expected.forget_arrival(session, activity.id, found.member_id)
    detail = {"member": found.member_id, "reason": why, "via": WAYS[CheckInWay(found.via)]}
    detail["at"] = clock.to_shanghai(found.at).strftime("%Y-%m-%d %H:%M")
    session.expunge(found)
    audit.record(
        session, "checkin.take_back", user=user, subject=f"activity:{activity.id}", detail=detail, at=at
    )
    return mask_name(found.member.name)


def _invited(
    session: Session, user: User, activity: Activity, ids: Sequence[int]
) -> list[tuple[int, int, bool]]:
    """Those of these members who may have a record and whom the user may enter, each with the branch, and whether on the list."""
    invited = (
        sa.true() if activity.for_all else Member.branch_id.in_([branch.id for branch in activity.branches])
    )
    on_list = ExpectedMember.member_id.is_not(None)
    query = (
        sa.select(Member.id, expected.BRANCH, on_list)
        .outerjoin(ExpectedMember, expected.on_list(activity.id))
        .where(
            Member.id.in_(ids),
            Member.erased_at.is_(None),
            branch_scope(user, expected.BRANCH),
            sa.or_(on_list, sa.and_(Member.active.is_(True), invited)),
        )
    )
    return [(member_id, branch_id, bool(known)) for member_id, branch_id, known in session.execute(query)]


def count_on(session: Session, user: User, day: date) -> int:
    """Check-ins of a day in Shanghai that a user may see, without those to what was called off."""
    start, end = clock.day_bounds(day)
    query = (
        sa.select(sa.func.count(CheckIn.id))
        .join(Activity, Activity.id == CheckIn.activity_id)
        .where(CheckIn.at >= start, CheckIn.at < end, branch_scope(user, CheckIn.branch_id))
        .where(Activity.status != ActivityStatus.CANCELLED.value)
    )
    return session.scalar(query) or 0
