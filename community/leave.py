"""请假: a member says that they will not come. It needs no reason and nobody's approval; who comes all the same has come.

The branch's secretary sees it; in every count it stands apart from who checked in and from who is still expected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import may, own_branch
from community import cells, expected
from community.checkin_questions import MAX_CHOICES, NEAR, NEAREST, CheckInAnswer, answer
from community.moments import moment
from community.privacy import mask_name, mask_numbers
from community.window import ended
from database.once import insert_once
from ground.cells import folded
from models import Activity, CheckIn, ExpectedMember, Follower, Leave, LeaveWay, Member, User
from settings import Limits

KEYS = ["activity_id", "member_id"]
_MOST = 100
_LIMITS = Limits()
_ANY = frozenset(
    ("", "活动", "会", "会议", "开会", "这次", "本次", "这次活动", "本次活动", "党员", "今天活动", "明天活动")
)
_NOT_BOUND = "您还没有绑定党员信息，绑定后才能请假。请回复：绑定 姓名 手机号后四位，例如：绑定 张三 5678"


def ask(
    session: Session,
    openid: str,
    reason: str,
    *,
    via: LeaveWay,
    at: datetime,
    about: str = "",
    activity_id: int | None = None,
    limits: Limits = _LIMITS,
) -> CheckInAnswer:
    """``请假 原因``: from the one activity that is open or comes next; several are asked about.

    ``about`` is what may name one of them, ``activity_id`` one that was picked. Never raises for what a follower may do.
    """
    member_id = _member(session, openid)
    if member_id is None:
        return answer("not_bound", _NOT_BOUND)
    rows = session.execute(NEAREST, {"member": member_id, "since": at, "until": at + NEAR}).all()
    rows = [row for row in rows if not ended(row, at)]
    if activity_id is not None:
        rows = [row for row in rows if row.id == activity_id]
    elif named := _named(rows, about):
        rows = named
    elif rows and folded(about) not in _ANY:  # 李明请假: somebody else, or another thing
        return _which(rows)
    if not rows:
        text = "近期没有可以请假的活动。活动结束后才想起来的，请回复：补签 原因，或联系支部书记"
        return answer("nothing", text)
    if len(rows) > 1:
        return _which(rows)
    row = rows[0]
    if row.done is not None:
        return answer("recorded", f"您已签到：{row.title}，不用请假", row.id)
    said = cells.remark(reason, _MOST)
    new = {
        "activity_id": row.id, "member_id": member_id, "reason": said, "via": via.value, "at": at,
    }  # fmt: skip
    if not insert_once(session, Leave, [new], keys=KEYS):
        return answer("already", f"您已请假：{row.title}，支部书记可以看到。能来的话直接签到即可", row.id)
    text = (
        f"已请假：{row.title}（{moment(row.starts_at)}），支部书记可以看到\n"
        f"{limits.undo_minutes} 分钟内回复“撤销”、以后回复“销假”可以取消；能来的话直接签到即可"
    )
    return answer("left", text, row.id)


def _which(rows: Sequence[Any]) -> CheckInAnswer:
    shown = list(rows)[:MAX_CHOICES]
    lines = [f"{number}. {row.title}（{moment(row.starts_at)}）" for number, row in enumerate(shown, start=1)]
    choices = [(row.id, row.title) for row in shown]
    return CheckInAnswer(
        "choose", "只能为本人请假，要请哪个活动的假？请回复序号：\n" + "\n".join(lines), choices, None
    )


def _named(rows: Sequence[Any], about: str) -> list[Any]:
    said = folded(about)
    if len(said) < 2:
        return []
    return [row for row in rows if said in folded(row.title) or folded(row.title) in said]


def take_back(
    session: Session, openid: str, *, at: datetime, activity_id: int | None = None
) -> CheckInAnswer:
    """``销假``: the leave that was said last, or that from one activity, which is not over."""
    member_id = _member(session, openid)
    if member_id is None:
        return answer("not_bound", _NOT_BOUND)
    return _drop(session, member_id, activity_id, at=at, since=None) or answer(
        "nothing", "没有可以取消的请假，活动结束后不能取消"
    )


def undo(session: Session, openid: str, *, at: datetime, limits: Limits = _LIMITS) -> CheckInAnswer | None:
    """``撤销`` where leave is what the member said last, some minutes ago; None where it is not."""
    member_id = _member(session, openid)
    if member_id is None:
        return None
    since = at - timedelta(minutes=limits.undo_minutes)
    later = session.scalar(sa.select(sa.func.max(CheckIn.at)).where(CheckIn.member_id == member_id))
    if later is not None and later >= since:
        since = later
    return _drop(session, member_id, None, at=at, since=since)


def _drop(
    session: Session, member_id: int, activity_id: int | None, *, at: datetime, since: datetime | None
) -> CheckInAnswer | None:
    where = [Leave.member_id == member_id, Activity.ends_at >= at]
    if activity_id is not None:
        where.append(Leave.activity_id == activity_id)
    if since is not None:
        where.append(Leave.at >= since)
    row = session.execute(
        sa.select(Leave.id, Leave.activity_id, Activity.title)
        .join(Activity, Activity.id == Leave.activity_id)
        .where(*where)
        .order_by(Leave.at.desc(), Leave.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    session.execute(sa.delete(Leave).where(Leave.id == row.id))
    return answer("undone", f"已取消请假：{row.title}。活动开始后回复“签到”即可", row.activity_id)


def _member(session: Session, openid: str) -> int | None:
    return session.scalar(
        sa.select(Member.id)
        .join(Follower, Follower.member_id == Member.id)
        .where(Follower.openid == openid, Member.active.is_(True))
    )


# --- For the branch --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OnLeave:
    """One who is on leave from an activity, as the secretary of the branch sees it: masked, with what they wrote."""

    member_id: int
    name: str
    reason: str
    at: datetime


def of_branch(session: Session, user: User, activity: Activity, branch_id: int) -> list[OnLeave]:
    """Who of a branch is on leave and has not come, for the branch's own secretary; nobody for others. By the roster."""
    if not may(user, "checkin.record", branch_id) or own_branch(user) != branch_id:
        return []
    rows = session.execute(
        sa.select(Member.id, Member.name, Leave.reason, Leave.at)
        .join(Leave, Leave.member_id == Member.id)
        .where(
            Leave.activity_id == activity.id,
            Member.id.in_(expected.listed(activity, branch_id)),
            ~came(Leave.activity_id, Leave.member_id),
        )
        .order_by(Member.id)
    )
    return [OnLeave(ident, mask_name(name), mask_numbers(reason), at) for ident, name, reason, at in rows]


def came(activity_id: Any, member_id: Any) -> sa.ColumnElement[bool]:
    """SQL: there is a record of this member for this activity."""
    return sa.exists().where(CheckIn.activity_id == activity_id, CheckIn.member_id == member_id)


def counted(ids: Sequence[int]) -> sa.Subquery:
    """Who is on leave and has not come, by activity and branch: of those whom it expects, so that no figure overlaps."""
    branch = sa.case((Activity.frozen_at.is_not(None), ExpectedMember.branch_id), else_=Member.branch_id)
    is_expected = sa.case(
        (Activity.frozen_at.is_not(None), ExpectedMember.member_id.is_not(None)),
        else_=sa.and_(Member.active.is_(True), expected.invites(Member.branch_id)),
    )
    return (
        sa.select(Leave.activity_id, branch.label("branch_id"), sa.func.count().label("on_leave"))
        .join(Activity, Activity.id == Leave.activity_id)
        .join(Member, Member.id == Leave.member_id)
        .outerjoin(ExpectedMember, expected.on_list(Leave.activity_id))
        .where(Leave.activity_id.in_(ids), is_expected, ~came(Leave.activity_id, Leave.member_id))
        .group_by(Leave.activity_id, branch)
        .subquery()
    )


__all__ = ["OnLeave", "ask", "came", "counted", "of_branch", "take_back", "undo"]
