"""What somebody wants to announce, and whether it can be: words, window, keyword, scope, and how often people are asked.

Check-in is voluntary or for a real event (减负): every activity has a purpose and an end, and nothing ranks people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import own_branch
from community import asking, cells
from community.window import ended
from ground import clock
from ground.cells import as_typed, compact, looks_like_formula
from ground.errors import Conflict, Forbidden, Refused
from models import Activity, ActivityBranch, ActivityStatus, Branch, User
from settings import Limits
from wechat.language.intents import Kind, understand

KINDS = {"event": "会议与活动", "study": "学习", "volunteer": "志愿服务"}
ATTENDED = frozenset({"event"})
"""Kinds of which a branch keeps attendance."""

LONG = timedelta(days=31)
MOST_PLACES = 5000
_TITLE_CHARS = 60
_KEYWORD_CHARS = 20
_LONGEST = {"purpose": 300, "place": 100, "voluntary": 200, "question": 200, "expects": 40}
_NAMES = {"title": "活动名称", "purpose": "事由", "place": "地点", "voluntary": "自愿说明", "question": "思考题",
          "expects": "应到人员"}  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """What somebody wants to announce. ``branches`` empty means for all.

    ``template`` is the key of the one that it was made from; ``override`` the reason for wordings that smell of compulsion. The
    rest is what the columns of :class:`models.Activity` are.
    """

    title: str
    starts_at: datetime
    ends_at: datetime
    branches: Sequence[Branch] = ()
    keyword: str = ""
    kind: str = "event"
    purpose: str = ""
    place: str = ""
    template: str = ""
    voluntary: str = ""
    question: str = ""
    expects: str = ""
    sign_up: bool = False
    places: int | None = None
    keep_months: int = 0
    override: str = ""


def texts_of(draft: Draft) -> Mapping[str, str]:
    """What everybody will read of it, by what it is called."""
    return {name: str(getattr(draft, key)) for key, name in _NAMES.items() if key != "place"}


def plain(draft: Draft) -> dict[str, str]:
    """Its texts as they are kept, the keyword among them. Raises :class:`Refused` for what cannot be."""
    title = as_typed(draft.title)
    if not title:
        raise Refused("请填写活动名称")
    if len(title) > _TITLE_CHARS:
        raise Refused(f"活动名称不能超过 {_TITLE_CHARS} 个字，现在是 {len(title)} 个字")
    for key, name in _NAMES.items():
        if looks_like_formula(getattr(draft, key)):
            raise Refused(f"{name}像是公式，请改为文字")
    kept = {key: cells.remark(getattr(draft, key), longest) for key, longest in _LONGEST.items()}
    if not kept["purpose"]:
        raise Refused("请填写事由，写明为什么请大家参加、签到作什么用")
    return {"title": title, "keyword": _keyword(draft.keyword), **kept}


def worded(draft: Draft, texts: Mapping[str, Any]) -> Draft:
    """The draft with its texts as they are kept (:func:`plain`)."""
    return replace(draft, **texts)


def _keyword(text: str) -> str:
    keyword = compact(text).lower()
    if not keyword:
        return ""
    if len(keyword) > _KEYWORD_CHARS or not re.fullmatch(r"\w+", keyword):
        raise Refused(f"签到口令应为 1 到 {_KEYWORD_CHARS} 个汉字、字母或数字")
    if len(keyword) == 1 and keyword.isdigit():
        raise Refused("签到口令不能是一位数字，数字用来选择序号，请换一个")
    return "" if keyword == "签到" else keyword


def check(session: Session, draft: Draft, keyword: str, *, at: datetime, but: int = 0) -> None:
    """Whether it can be announced as it is, beside all others than the activity ``but``.

    Raises :class:`Refused`, and :class:`Conflict` if its keyword is taken at that time.
    """
    if draft.kind not in KINDS:
        raise Refused(f"没有“{draft.kind}”这类活动，可选：{'、'.join(KINDS)}")
    if draft.ends_at <= draft.starts_at:
        raise Refused("签到结束时间应晚于开始时间，请核对")
    if ended(draft, at):
        raise Refused("签到结束时间已过，请改为以后的时间")
    if far := clock.beyond_next_year(draft.starts_at, at):
        raise Refused(far)
    if draft.places is not None and not 1 <= draft.places <= MOST_PLACES:
        raise Refused(f"报名名额应为 1 到 {MOST_PLACES} 人，不限名额请留空")
    if draft.keep_months < 0:
        raise Refused("保留期应为 0（长期保存）或月数")
    _check_keyword(session, keyword, draft, but)


def _check_keyword(session: Session, keyword: str, draft: Draft, but: int) -> None:
    if not keyword:
        return
    taken = session.scalar(
        sa.select(Activity.title)
        .where(
            Activity.keyword == keyword,
            Activity.status == ActivityStatus.OPEN.value,
            Activity.starts_at < draft.ends_at,  # windows that only touch may share it
            Activity.ends_at > draft.starts_at,
            Activity.id != but,
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


def within(user: User, branches: Sequence[Branch]) -> None:
    """Raise :class:`Forbidden` where a secretary means others than the own branch."""
    own = own_branch(user)
    if own is None:
        return
    if not branches or any(branch.id != own for branch in branches):
        raise Forbidden("支部书记只能办理本支部的活动，请把范围改为本支部；几个支部一起的活动请联系管理员")


def remarks(session: Session, draft: Draft, keyword: str, limits: Limits, *, but: int = 0) -> list[str]:
    """What its maker should read."""
    said = []
    if keyword and understand(keyword).kind not in (Kind.UNKNOWN, Kind.CHECKIN):
        said.append(f"单独回复“{keyword}”另有用途，签到时请回复“签到 {keyword}”")
    if draft.ends_at - draft.starts_at > LONG:
        said.append("签到时间超过 31 天，容易变成长期打卡，请确认确有需要")
    ceiling = limits.activities_per_month
    often = (
        asking.asked(session, draft.branches, draft.starts_at, ceiling=ceiling, but=but) if ceiling else None
    )
    if often is not None and often.over:
        said.append(often.said)
    return said


__all__ = ["ATTENDED", "KINDS", "LONG", "Draft", "check", "plain", "remarks", "texts_of", "within", "worded"]
