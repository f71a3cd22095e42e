"""What becomes of an activity that was announced: edited while it is open, called off, announced once more.

An edit keeps what people have relied on: where somebody has checked in, what they checked in to stays as it was. Every edit
leaves a 变更说明 (:class:`models.ActivityChange`) that the page shows and those concerned are told (:mod:`scheduler.changes`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from accounts.rights import require
from community import activities, announcing, expected, phrasing
from community.announcing import Draft
from community.lives import ACTIVITY
from community.window import Phase, begun, phase
from database.moving import move
from ground import clock, reasons
from ground.errors import Conflict, Refused
from models import (
    Activity,
    ActivityChange,
    ActivityStatus,
    Branch,
    CheckIn,
    ExpectedMember,
    Member,
    SignUp,
    User,
)
from settings import Limits

FIELDS: Mapping[str, str] = {
    "title": "活动名称",
    "starts_at": "开始时间",
    "ends_at": "结束时间",
    "place": "地点",
    "purpose": "事由",
    "branches": "范围",
    "keyword": "签到口令",
    "voluntary": "自愿说明",
    "question": "思考题",
    "expects": "应到人员",
    "sign_up": "报名",
    "places": "报名名额",
    "keep_months": "保留期",
    "status": "状态",
}
"""What an edit may change, in the order in which it is told, and what it is called."""
_RELIED_ON = ("title", "purpose", "voluntary", "keyword", "expects", "keep_months")
_PLAIN = ("title", "place", "purpose", "keyword", "voluntary", "question", "expects", "sign_up", "places",
          "keep_months", "starts_at", "ends_at")  # fmt: skip
_STALE = "这个活动刚刚被别人修改过，您的修改没有保存。请打开活动查看最新内容后再改"
_WIDENED = "活动范围增加了党支部"


@dataclass(frozen=True)
class Held:
    """What an edit has to mind: how many have checked in and signed up; ``fixed`` is why a field can no longer be changed."""

    checked_in: int
    signed_up: int
    fixed: Mapping[str, str]


@dataclass(frozen=True)
class Edited:
    """What an edit came to: the activity, its note (None: nothing was changed), and remarks for who made it."""

    activity: Activity
    change: ActivityChange | None
    warnings: list[str]


def held(session: Session, activity: Activity, at: datetime) -> Held:
    """What can no longer be changed of it now, and why."""
    came = _count(session, CheckIn, activity.id)
    signed = _count(session, SignUp, activity.id)
    fixed: dict[str, str] = {}
    if begun(activity, at):
        fixed["starts_at"] = "签到已经开始，开始时间不能再改"
    if came:
        why = f"已有 {came} 人签到，不能再改；可以改地点、结束时间，或增加党支部"
        fixed |= dict.fromkeys(_RELIED_ON, why)
    if signed:
        fixed["sign_up"] = f"已有 {signed} 人报名，不能停止报名；名额可以增加"
    return Held(came, signed, fixed)


def _count(session: Session, table: type[CheckIn] | type[SignUp], activity_id: int) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(table.activity_id == activity_id)
    return session.scalar(query) or 0


def _locked(session: Session, user: User, activity_id: int) -> Activity:
    """The activity that this user may change, held until the commit: nobody checks in or signs up meanwhile."""
    require(user, "activity.change")
    announcing.within(
        user, [] if (found := activities.get(session, activity_id, user=user)).for_all else found.branches
    )
    session.execute(sa.select(Activity.id).where(Activity.id == activity_id).with_for_update())
    session.refresh(found)
    return found


def draft_of(activity: Activity) -> Draft:
    """An activity as somebody would announce it."""
    return Draft(
        **{name: getattr(activity, name) for name in _PLAIN},
        branches=() if activity.for_all else list(activity.branches),
        kind=activity.kind,
        template=activity.template,
    )


def edit(
    session: Session,
    user: User,
    activity_id: int,
    wanted: Draft,
    *,
    version: int,
    note: str = "",
    at: datetime,
    limits: Limits = Limits(),
) -> Edited:
    """Make the activity what is ``wanted``; ``version`` is the one that the person saw, ``note`` the reason, for everybody.

    Kind and template stay. Raises :class:`Conflict` where somebody else was faster, where it is over or called off and where a
    field can no longer be changed, :class:`Refused` for what cannot be, :class:`NotFound` and :class:`errors.Forbidden`.
    """
    activity = _locked(session, user, activity_id)
    now = phase(activity, at)
    ACTIVITY.require("activity.edit", activity.status)
    if now is Phase.PAST:
        raise Conflict("活动已结束，不能再修改；需要再办一次请用“复制”")
    if version != activity.version:
        raise Conflict(_STALE)
    wanted = replace(
        wanted, kind=activity.kind, template=activity.template, branches=_widened(activity, wanted)
    )
    announcing.within(user, wanted.branches)
    wanted = replace(wanted, places=wanted.places if wanted.sign_up else None)
    texts = announcing.plain(wanted)
    note = reasons.given(note, "请填写变更说明", least=0)
    wanted = announcing.worded(wanted, texts)
    fields = _differences(activity, wanted)
    if not fields:
        return Edited(activity, None, [])
    standing = held(session, activity, at)
    _check(wanted, fields, standing)
    changed_texts = {
        name: text for name, text in announcing.texts_of(wanted).items() if _is_new(name, fields)
    }
    allowed = phrasing.checked({**changed_texts, "变更说明": note}, wanted.override)
    announcing.check(session, wanted, wanted.keyword, at=at, but=activity.id)
    warnings = announcing.remarks(session, wanted, wanted.keyword, limits, but=activity.id)
    _write(session, user, activity, wanted, at=at)
    change = _noted(session, user, activity, fields, note, at=at)
    detail = {"fields": [FIELDS[name] for name in fields], **allowed}
    audit.record(
        session, "activity.change", user=user, subject=f"activity:{activity.id}", detail=detail, at=at
    )
    return Edited(activity, change, warnings)


def _is_new(name: str, fields: Mapping[str, Any]) -> bool:
    return any(FIELDS[key] == name for key in fields)


def _widened(activity: Activity, wanted: Draft) -> Sequence[Branch]:
    """The branches that it would have. Raises :class:`Refused` where one would be taken away."""
    if not wanted.branches:
        return ()
    if activity.for_all:
        raise Refused("活动已经通知全部党支部，范围不能缩小；需要缩小请取消后重新发起")
    ids = {branch.id for branch in wanted.branches}
    gone = [branch.label for branch in activity.branches if branch.id not in ids]
    if gone:
        raise Refused(f"范围只能增加，不能去掉{'、'.join(gone)}；需要缩小请取消后重新发起")
    return wanted.branches


def _differences(activity: Activity, wanted: Draft) -> dict[str, list[Any]]:
    """``{field: [before, after]}`` of what would change, as it is kept."""
    found: dict[str, list[Any]] = {}
    for name in FIELDS:
        if name == "branches":
            before, after = _scope(draft_of(activity).branches), _scope(wanted.branches)
        elif name == "status":
            continue
        else:
            before, after = getattr(activity, name), getattr(wanted, name)
        if before != after:
            found[name] = [_kept(before), _kept(after)]
    return found


def _scope(branches: Sequence[Branch]) -> list[str]:
    return [branch.label for branch in sorted(branches, key=lambda one: (one.sort, one.id))]


def _kept(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _check(wanted: Draft, fields: Mapping[str, Any], standing: Held) -> None:
    for name in fields:
        if name in standing.fixed:
            raise Conflict(f"{FIELDS[name]}：{standing.fixed[name]}")
    if wanted.places is not None and wanted.places < standing.signed_up:
        raise Conflict(f"已有 {standing.signed_up} 人报名，名额不能少于 {standing.signed_up} 人")


def _write(session: Session, user: User, activity: Activity, wanted: Draft, *, at: datetime) -> None:
    known = {branch.id for branch in activity.branches}
    added = [branch for branch in wanted.branches if branch.id not in known]
    whole = not wanted.branches and not activity.for_all
    for name in _PLAIN:
        setattr(activity, name, getattr(wanted, name))
    activity.version += 1
    if whole:
        activity.for_all, activity.branches = True, []
    elif added:
        activity.branches = [*activity.branches, *added]
    session.flush()
    if activity.frozen_at is not None and (whole or added):
        expected.add(session, activity, _who_joins(session, activity), at=at, by=user, reason=_WIDENED)


def _who_joins(session: Session, activity: Activity) -> dict[int, int]:
    """The members whom a frozen list does not have although the activity invites them now, with their branches."""
    on_list = sa.exists().where(expected.on_list(activity.id))
    query = (
        sa.select(Member.id, Member.branch_id)
        .select_from(Member)
        .join(Activity, Activity.id == activity.id)
        .where(Member.active.is_(True), expected.invites(Member.branch_id), ~on_list.correlate(Member))
    )
    had = sa.select(ExpectedMember.branch_id).where(ExpectedMember.activity_id == activity.id)
    found = session.execute(query.where(Member.branch_id.not_in(had)))
    return {row.id: row.branch_id for row in found}


def _noted(
    session: Session, user: User, activity: Activity, fields: Mapping[str, Any], note: str, *, at: datetime
) -> ActivityChange:
    change = ActivityChange(
        activity_id=activity.id, at=at, by=user.id, note=note, fields=dict(fields), told=0, silent=0
    )
    session.add(change)
    session.flush()
    return change


# --- Calling off -------------------------------------------------------------------------------------------


def cancel(session: Session, user: User, activity_id: int, *, reason: str, at: datetime) -> Edited:
    """Call it off; records stay, and count as nobody's attendance. Everybody who is concerned reads the ``reason``.

    Raises :class:`Conflict` where it is called off already, :class:`Refused` without a reason, :class:`NotFound` and
    :class:`errors.Forbidden`.
    """
    activity = _locked(session, user, activity_id)
    step = ACTIVITY.require("activity.cancel", activity.status)
    reason = reasons.given(reason, "请写明取消的原因，党员会看到", least=2, such_as="天气原因，改期另行通知")
    phrasing.checked({"取消的原因": reason}, None)
    before = activity.status
    if not move(session, Activity, activity.id, step):
        raise Conflict("活动刚刚被改动，请刷新后查看")
    fields = {"status": [before, ActivityStatus.CANCELLED.value]}
    change = _noted(session, user, activity, fields, reason, at=at)
    detail = {"cancelled": True, "reason": reason}
    audit.record(
        session, "activity.change", user=user, subject=f"activity:{activity.id}", detail=detail, at=at
    )
    return Edited(activity, change, [])


# --- What was changed --------------------------------------------------------------------------------------


def changes(session: Session, activity_id: int) -> list[ActivityChange]:
    """All notes of an activity, the newest first, with who wrote them."""
    query = sa.select(ActivityChange).where(ActivityChange.activity_id == activity_id)
    query = query.options(joinedload(ActivityChange.author)).order_by(ActivityChange.id.desc())
    return list(session.scalars(query))


def lines(change: ActivityChange) -> list[str]:
    """A note in sentences: ``地点由“会议室”改为“小广场”``."""
    if "status" in change.fields:
        return ["活动已取消"]
    said = []
    for name, word in FIELDS.items():
        if name not in change.fields:
            continue
        before, after = (_word(name, value) for value in change.fields[name])
        if name == "branches":
            said.append(f"{word}扩大为{after}")
        elif before and after:
            said.append(f"{word}由{before}改为{after}")
        else:
            said.append(f"{word}增加{after}" if after else f"去掉了{word}")
    return said


def _word(name: str, value: Any) -> str:
    if name in ("starts_at", "ends_at"):
        local = clock.to_shanghai(datetime.fromisoformat(value))
        return f"{local.month}月{local.day}日 {local:%H:%M}"
    if name == "branches":
        return "、".join(value) or "全部党支部"
    if name == "sign_up":
        return "可以报名" if value else "不用报名"
    if name == "places":
        return "不限" if value is None else f"{value} 人"
    if name == "keep_months":
        return f"{value} 个月" if value else "长期保存"
    return f"“{value}”" if value else ""


__all__ = ["FIELDS", "Edited", "Held", "cancel", "changes", "draft_of", "edit", "held", "lines"]
