"""补签: a member asks within some days, giving a reason; the branch decides; the record is marked for ever as made up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from accounts.rights import branch_scope, may, require
from community import expected, telling
from community.checkin_questions import (
    MAX_CHOICES,
    NEAREST,
    NOT_BOUND,
    ONCE,
    CheckInAnswer,
    Found,
    answer,
)
from community.lives import MAKE_UP
from community.moments import moment, month_bounds
from community.window import ended
from database.moving import move
from database.once import insert_once
from ground.errors import Conflict, Forbidden, NotFound
from models import (
    Activity,
    CheckIn,
    CheckInWay,
    ExpectedMember,
    Follower,
    MakeUpRequest,
    MakeUpStatus,
    Member,
    User,
)
from settings import Limits
from wechat.language import names

Ts = TypeVarTuple("Ts")
_LIMITS = Limits()
_SHOWN = timedelta(days=31)
MAKE_UP_SAID = {True: "已通过，记为“补签”", False: "没有通过，不记签到。如有疑问请联系支部书记"}


def make_up(
    session: Session,
    openid: str,
    reason: str,
    *,
    at: datetime,
    activity_id: int | None = None,
    limits: Limits = _LIMITS,
) -> CheckInAnswer:
    """``补签 原因``: ask the branch to record a check-in that was missed in the last ``limits.make_up_hours``.

    With several such activities the answer is ``choose``; call again with ``activity_id`` and the same reason.
    """
    member = session.scalar(
        sa.select(Member)
        .join(Follower, Follower.member_id == Member.id)
        .where(Follower.openid == openid, Member.active.is_(True))
    )
    if member is None:
        return answer("not_bound", NOT_BOUND)
    since = at - timedelta(hours=limits.make_up_hours)
    rows = session.execute(
        NEAREST, {"member": member.id, "since": since - timedelta(days=7), "until": at}
    ).all()
    missed = [row for row in rows if since <= row.ends_at and ended(row, at) and row.done is None]
    if activity_id is not None:
        missed = [row for row in missed if row.id == activity_id]
    if not missed:
        return _no_make_up(rows, at, limits)
    reason = " ".join(reason.split())[:200]
    if not reason:
        return answer("asks_reason", "请写明补签原因，例如：补签 当天在外地出差")
    if len(missed) > 1:
        lines = [f"{number}. {row.title}" for number, row in enumerate(missed[:MAX_CHOICES], start=1)]
        choices = [(row.id, row.title) for row in missed[:MAX_CHOICES]]
        return CheckInAnswer("choose", "要补签哪个活动？请回复序号：\n" + "\n".join(lines), choices, None)
    row = missed[0]
    return _request(session, member.id, row.id, row.title, reason, at=at, limits=limits)


def _no_make_up(rows: Sequence[Found], at: datetime, limits: Limits) -> CheckInAnswer:
    open_now = [row for row in rows if not ended(row, at) and row.done is None]
    if open_now:
        return answer("open", f"“{open_now[0].title}”还在签到时间内，直接回复“签到”即可", open_now[0].id)
    late = [row for row in rows if ended(row, at) and row.done is None]
    if late:
        until = late[-1].ends_at + timedelta(hours=limits.make_up_hours)
        return answer(
            "too_late", f"“{late[-1].title}”的补签已于 {moment(until)} 截止，如有特殊情况请联系支部书记"
        )
    return answer("nothing", "最近没有需要补签的活动")


def _request(
    session: Session,
    member_id: int,
    activity_id: int,
    title: str,
    reason: str,
    *,
    at: datetime,
    limits: Limits,
) -> CheckInAnswer:
    start, end = month_bounds(at)
    asked = session.execute(
        sa.select(MakeUpRequest.activity_id, MakeUpRequest.status).where(
            MakeUpRequest.member_id == member_id,
            sa.or_(
                MakeUpRequest.activity_id == activity_id,
                sa.and_(MakeUpRequest.at >= start, MakeUpRequest.at < end),
            ),
        )
    ).all()
    same = [status for activity, status in asked if activity == activity_id]
    if MakeUpStatus.PENDING in same:
        return answer("pending", f"“{title}”的补签申请已提交，正在等待支部审批，无需重复提交", activity_id)
    if MakeUpStatus.REFUSED in same:
        return answer("refused", f"“{title}”的补签申请未通过，如有疑问请联系支部书记", activity_id)
    if len(asked) >= limits.make_ups_per_month:
        return answer(
            "limit",
            f"每人每月最多申请 {limits.make_ups_per_month} 次补签，本月已用完，如有特殊情况请联系支部书记",
        )
    session.add(
        MakeUpRequest(
            activity_id=activity_id,
            member_id=member_id,
            reason=reason,
            status=MakeUpStatus.PENDING.value,
            at=at,
        )
    )
    session.flush()
    return answer("pending", f"已提交补签申请：{title}，支部审批后会记为“补签”", activity_id)


# --- Deciding ----------------------------------------------------------------------------------------------


def waiting(session: Session, user: User, *, branch_id: int | None = None) -> list[MakeUpRequest]:
    """Requests that wait for a decision, inside the user's scope, the oldest first; with activity, member and branch.

    ``branch_id`` narrows to one branch.
    """
    require(user, "checkin.record")
    return list(
        session.scalars(
            _with_branch(sa.select(MakeUpRequest))
            .options(
                joinedload(MakeUpRequest.activity),
                joinedload(MakeUpRequest.member).joinedload(Member.branch),
            )
            .where(_waits(user, branch_id))
            .order_by(MakeUpRequest.id)
        )
    )


def waiting_count(session: Session, user: User, *, branch_id: int | None = None) -> int:
    """How many requests wait for this user's decision: as many as :func:`waiting` gives, none without the right."""
    if not may(user, "checkin.record", branch_id):
        return 0
    query = _with_branch(sa.select(sa.func.count()).select_from(MakeUpRequest))
    return session.scalar(query.where(_waits(user, branch_id))) or 0


def _with_branch(query: sa.Select[*Ts]) -> sa.Select[*Ts]:
    """Requests with what :data:`expected.BRANCH` asks: the branch that expected the member decides, wherever they moved since."""
    on_list = sa.and_(
        ExpectedMember.activity_id == MakeUpRequest.activity_id,
        ExpectedMember.member_id == MakeUpRequest.member_id,
    )
    return query.join(Member, Member.id == MakeUpRequest.member_id).outerjoin(ExpectedMember, on_list)


def _waits(user: User, branch_id: int | None) -> sa.ColumnElement[bool]:
    """SQL: a request that waits, of a member whom the user may enter for the activity."""
    where = [MakeUpRequest.status == MakeUpStatus.PENDING.value, branch_scope(user, expected.BRANCH)]
    if branch_id is not None:
        where.append(expected.BRANCH == branch_id)  # noqa: SIM300
    return sa.and_(*where)


def decide(session: Session, user: User, request_id: int, *, approve: bool, at: datetime) -> MakeUpRequest:
    """Approve (a check-in marked as made up is recorded) or refuse a request.

    Raises :class:`NotFound` outside the scope, :class:`Conflict` if it is decided already, :class:`Forbidden` for the own one.
    """
    step = MAKE_UP.step("checkin.approve" if approve else "checkin.refuse")
    require(user, "checkin.record")
    request = session.scalar(
        _with_branch(sa.select(MakeUpRequest))
        .options(joinedload(MakeUpRequest.activity), joinedload(MakeUpRequest.member))
        .where(MakeUpRequest.id == request_id, branch_scope(user, expected.BRANCH))
    )
    if request is None:
        raise NotFound("没有这条补签申请，或不在您的支部")
    MAKE_UP.require(step.name, request.status)
    _not_their_own(session, user, request.member)
    if not move(session, MakeUpRequest, request.id, step, decided_by=user.id, decided_at=at):
        raise Conflict(step.refusal)
    if approve:
        _record(session, request, user, at=at)
    _tell(session, request, approve=approve, at=at)
    audit.record(
        session,
        "checkin.make_up",
        user=user,
        subject=f"activity:{request.activity_id}",
        detail={"member": request.member_id, "approved": approve},
        at=at,
    )
    return request


def _tell(session: Session, request: MakeUpRequest, *, approve: bool, at: datetime) -> None:
    """Whoever asked hears what became of it while WeChat lets us write; else it stands under 我的 (:func:`results`)."""
    follower = session.scalar(sa.select(Follower).where(Follower.member_id == request.member_id))
    if follower is not None:
        telling.tell(session, follower, _said(request.activity.title, MAKE_UP_SAID[approve]), at=at)


def _said(title: str, result: str) -> str:
    return f"您申请的“{title}”补签{result}"


def results(session: Session, member_id: int, *, at: datetime) -> list[str]:
    """What became of a member's own requests of the last month, the latest first, in a sentence each."""
    rows = session.execute(
        sa.select(Activity.title, MakeUpRequest.status)
        .join(Activity, Activity.id == MakeUpRequest.activity_id)
        .where(MakeUpRequest.member_id == member_id, MakeUpRequest.at > at - _SHOWN)
        .order_by(MakeUpRequest.id.desc())
        .limit(3)
    )
    return [f"“{title}”补签{MAKE_UP.label(MakeUpStatus(status))}" for title, status in rows]


def _not_their_own(session: Session, user: User, asked_by: Member) -> None:
    """Raises :class:`Forbidden` where who decides is who asked, or may be: by a double of the record, too."""
    own = session.get(Member, user.member_id) if user.member_id is not None else None
    if own is not None and asked_by.id in (own.id, own.merged_into):
        raise Forbidden("不能审批本人的补签申请，请由管理员或其他书记审批")
    # Of an account of which nobody has said whose it is, an equal name may be the same person.
    if user.member_id is None and user.display_name and user.display_name == asked_by.name:
        raise Forbidden(
            "您与申请人同名，账号还没有关联党员，不能审批：请管理员在“用户管理”里关联本人，或由管理员审批"
        )
    if own is None or names.key(own.name) != names.key(asked_by.name):
        return
    if None in (own.phone_index, asked_by.phone_index) or own.phone_index == asked_by.phone_index:
        raise Forbidden(
            "申请人与您本人的记录同名，不能确定是两个人，请由管理员或其他书记审批，重复的记录请管理员合并"
        )


def _record(session: Session, request: MakeUpRequest, user: User, *, at: datetime) -> None:
    expected.freeze(session, request.activity, at)
    on_list = session.get(ExpectedMember, (request.activity_id, request.member_id))
    branch_id = request.member.branch_id if on_list is None else on_list.branch_id
    if on_list is None:
        theirs = {request.member_id: branch_id}
        expected.add(session, request.activity, theirs, at=at, by=user, reason=expected.APPROVED)
    row = {
        "activity_id": request.activity_id,
        "member_id": request.member_id,
        "branch_id": branch_id,
        "at": at,
        "via": CheckInWay.SECRETARY.value,
        "made_up": True,
        "reason": request.reason,
        "recorded_by": user.id,
    }
    # Whoever checked in meanwhile keeps that record: one made on time is never turned into a made-up one.
    insert_once(session, CheckIn, [row], keys=ONCE)
