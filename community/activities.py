"""活动: something to check in to, with a purpose and an end.

Check-in is voluntary or for a real event (减负): every activity has a purpose and an end, and nothing ranks people.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from accounts import audit
from accounts.rights import own_branch, require
from community import cells
from community.expected import invites
from community.lives import ACTIVITY
from community.window import PHASES, Phase, ended, in_phase, not_over, phase
from database.moving import move
from ground.cells import as_typed, compact, looks_like_formula
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import Activity, ActivityBranch, ActivityStatus, Branch, User
from wechat.language.intents import Kind, understand

KINDS = {"event": "会议与活动", "study": "学习", "volunteer": "志愿服务"}
ATTENDED = frozenset({"event"})
"""Kinds of which a branch keeps attendance."""

LONG = timedelta(days=31)
_TITLE_CHARS = 60
_KEYWORD_CHARS = 20
_PRESSING = re.compile(
    r"务必全员|全员打卡|全员签到|必须打卡|必须签到|不签到.{0,6}(通报|点名)|未(打卡|签到).{0,6}(通报|点名)|排名|积分|截图"
)


@dataclass(frozen=True)
class Draft:
    """What somebody wants to announce. ``branches`` empty means for all."""

    title: str
    starts_at: datetime
    ends_at: datetime
    branches: Sequence[Branch] = ()
    keyword: str = ""
    kind: str = "event"
    purpose: str = ""
    place: str = ""


@dataclass(frozen=True)
class Created:
    """A new activity, and remarks that its maker should read."""

    activity: Activity
    warnings: list[str]


def create(session: Session, user: User, draft: Draft, *, at: datetime) -> Created:
    """Announce an activity.

    Raises :class:`Refused` for what cannot be, :class:`Conflict` if its keyword is taken at that time, :class:`Forbidden` outside
    the user's branch.
    """
    require(user, "activity.create")
    _check_scope(user, draft.branches)
    title, keyword = _check_words(draft)
    if draft.kind not in KINDS:
        raise Refused(f"没有“{draft.kind}”这类活动，可选：{'、'.join(KINDS)}")
    if draft.ends_at <= draft.starts_at:
        raise Refused("签到结束时间应晚于开始时间，请核对")
    if ended(draft, at):
        raise Refused("签到结束时间已过，请改为以后的时间")
    _check_keyword(session, keyword, draft)
    activity = Activity(
        title=title,
        keyword=keyword,
        kind=draft.kind,
        purpose=cells.remark(draft.purpose, 300),
        place=cells.remark(draft.place, 100),
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        for_all=not draft.branches,
        status=ActivityStatus.OPEN.value,
        created_by=user.id,
        created_at=at,
        branches=list(draft.branches),
    )
    session.add(activity)
    session.flush()
    audit.record(
        session,
        "activity.create",
        user=user,
        subject=f"activity:{activity.id}",
        detail={"branches": [branch.id for branch in draft.branches] or "all"},
        at=at,
    )
    return Created(activity, _remarks(draft, keyword))


def _check_scope(user: User, branches: Sequence[Branch]) -> None:
    own = own_branch(user)
    if own is None:
        return
    if not branches or any(branch.id != own for branch in branches):
        raise Forbidden("支部书记只能为本支部新建活动，请把范围改为本支部")


def _check_words(draft: Draft) -> tuple[str, str]:
    title = as_typed(draft.title)
    if not title:
        raise Refused("请填写活动名称")
    if len(title) > _TITLE_CHARS:
        raise Refused(f"活动名称不能超过 {_TITLE_CHARS} 个字，现在是 {len(title)} 个字")
    for name, text in (("活动名称", title), ("事由", draft.purpose), ("地点", draft.place)):
        if looks_like_formula(text):
            raise Refused(f"{name}像是公式，请改为文字")
    keyword = compact(draft.keyword).lower()
    if not keyword:
        return title, ""
    if len(keyword) > _KEYWORD_CHARS or not re.fullmatch(r"\w+", keyword):
        raise Refused(f"签到口令应为 1 到 {_KEYWORD_CHARS} 个汉字、字母或数字")
    if len(keyword) == 1 and keyword.isdigit():
        raise Refused("签到口令不能是一位数字，数字用来选择序号，请换一个")
    return title, "" if keyword == "签到" else keyword


def _check_keyword(session: Session, keyword: str, draft: Draft) -> None:
    if not keyword:
        return
    taken = session.scalar(
        sa.select(Activity.title)
        .where(
            Activity.keyword == keyword,
            Activity.status == ActivityStatus.OPEN.value,
            Activity.starts_at < draft.ends_at,  # windows that only touch may share it
            Activity.ends_at > draft.starts_at,
            _touches(draft.branches),
        )
        .limit(1)
    )
    if taken is not None:
        raise Conflict(f"口令“{keyword}”在这段时间已用于“{taken}”，请换一个口令")


def _touches(branches: Sequence[Branch]) -> sa.ColumnElement[bool]:
    if not branches:
        return sa.true()
    ids = [branch.id for branch in branches]
    return sa.or_(
        Activity.for_all.is_(True),
        sa.exists().where(ActivityBranch.activity_id == Activity.id, ActivityBranch.branch_id.in_(ids)),
    )


def _remarks(draft: Draft, keyword: str) -> list[str]:
    remarks = []
    if keyword and understand(keyword).kind not in (Kind.UNKNOWN, Kind.CHECKIN):
        remarks.append(f"单独回复“{keyword}”另有用途，签到时请回复“签到 {keyword}”")
    if draft.ends_at - draft.starts_at > LONG:
        remarks.append("签到时间超过 31 天，容易变成长期打卡，请确认确有需要")
    if _PRESSING.search(f"{draft.title}{draft.purpose}"):
        remarks.append("名称或事由带有强制、排名或通报的意味，不符合减负要求，请改为自愿参加的说法")
    if not draft.purpose.strip():
        remarks.append("没有填写事由，建议写明为什么签到")
    return remarks


def cancel(session: Session, user: User, activity_id: int, *, at: datetime) -> Activity:
    """Call an activity off; what was recorded stays. Raises :class:`NotFound`, :class:`Forbidden`, :class:`Conflict`."""
    require(user, "activity.change")
    activity = get(session, activity_id, user=user)
    _check_scope(user, activity.branches)
    step = ACTIVITY.require("activity.cancel", activity.status)
    if not move(session, Activity, activity.id, step):
        raise Conflict("活动刚刚被改动，请刷新后查看")
    audit.record(
        session,
        "activity.change",
        user=user,
        subject=f"activity:{activity.id}",
        detail={"cancelled": True},
        at=at,
    )
    return activity


# --- Looking -----------------------------------------------------------------------------------------------


def _visible(user: User | None) -> sa.ColumnElement[bool]:
    """A secretary sees what invites the own branch."""
    own = None if user is None else own_branch(user)
    return sa.true() if own is None else invites(own)


def get(session: Session, activity_id: int, *, user: User | None = None) -> Activity:
    """One activity with its branches; ``user`` None is the operator. Raises :class:`NotFound` outside the scope too."""
    if user is not None:
        require(user, "activity.view")
    activity = session.scalar(
        sa.select(Activity)
        .options(selectinload(Activity.branches), selectinload(Activity.creator))
        .where(Activity.id == activity_id, _visible(user))
    )
    if activity is None:
        raise NotFound(f"没有编号为 {activity_id} 的活动，或不在您的支部")
    return activity


@dataclass(frozen=True)
class ActivityPage:
    """A page of activities, the latest first, and how many there are."""

    activities: list[Activity]
    total: int


def page(
    session: Session,
    user: User | None,
    *,
    at: datetime,
    when: str = "",
    branch_id: int | None = None,
    number: int = 1,
    size: int = 20,
) -> ActivityPage:
    """Activities that a user (None: the operator) may see, the latest first.

    ``when``: open, coming, past, or empty for all; ``branch_id``: only those that invite this branch; ``number`` counts from 1.
    """
    if user is not None:
        require(user, "activity.view")
    where = [_visible(user)]
    if branch_id is not None:
        where.append(invites(branch_id))
    if when == "past":  # and what will not come any more
        where.append(sa.not_(not_over(at)))
    elif when:
        where.append(in_phase(Phase(when), at))
    total = session.scalar(sa.select(sa.func.count()).select_from(Activity).where(*where)) or 0
    found = session.scalars(
        sa.select(Activity)
        .options(selectinload(Activity.branches))
        .where(*where)
        .order_by(Activity.starts_at.desc(), Activity.id.desc())
        .offset((max(number, 1) - 1) * size)
        .limit(size)
    )
    return ActivityPage(list(found), total)


def coming(session: Session, at: datetime, *, limit: int) -> list[Activity]:
    """What is open and not yet over, by its beginning: what a notice may be sent of."""
    query = sa.select(Activity).where(not_over(at))
    return list(session.scalars(query.order_by(Activity.starts_at).limit(limit)))


def between(session: Session, user: User, start: datetime, end: datetime) -> list[Activity]:
    """What begins from ``start`` to before ``end`` and was not called off, of those that a user may see, by its beginning."""
    require(user, "activity.view")
    query = sa.select(Activity).where(
        _visible(user),
        Activity.starts_at >= start,
        Activity.starts_at < end,
        Activity.status != ActivityStatus.CANCELLED.value,
    )
    return list(session.scalars(query.order_by(Activity.starts_at, Activity.id)))


def state_name(activity: Activity, at: datetime) -> str:
    """``未开始``, ``签到中``, ``已结束`` or ``已取消``."""
    return PHASES[phase(activity, at)]
