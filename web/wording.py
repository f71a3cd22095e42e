"""How the office's pages write moments, numbers, states and people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from community import shares as bands
from community.activities import KINDS
from community.lives import WAYS
from community.window import PHASES, Phase, phase
from content import owing, releasing
from content.comparing import square_place
from content.life import ARTICLE, CORRECTION, KIND_NAMES, RELEASE, REMOVAL, stage_name, status_name
from ground import clock
from models import (
    ROLE_NAMES,
    Activity,
    Article,
    ArticleStatus,
    CorrectionKind,
    CorrectionStatus,
    DeliveryStatus,
    Push,
    PushStatus,
    ReleaseStatus,
    RemovalStatus,
)
from scheduler import audience, planner, roads, shares
from scheduler.life import DELIVERY, PUSH

if TYPE_CHECKING:
    from flask import Flask


class State(NamedTuple):
    """How a state looks: never by colour alone."""

    text: str
    tone: str  # success | warning | danger | info | secondary
    icon: str


_ARTICLE: dict[ArticleStatus, tuple[str, str]] = {
    ArticleStatus.DRAFT: ("secondary", "pencil"),
    ArticleStatus.IN_REVIEW: ("warning", "hourglass-split"),
    ArticleStatus.RETURNED: ("danger", "arrow-counterclockwise"),
    ArticleStatus.APPROVED: ("info", "check2-square"),
    ArticleStatus.QUEUED: ("info", "list-ul"),
    ArticleStatus.PLANNED: ("info", "clock"),
    ArticleStatus.PUBLISHING: ("warning", "hourglass-split"),
    ArticleStatus.PUBLISHED: ("success", "check-circle"),
    ArticleStatus.RETRACTED: ("danger", "x-circle"),
    ArticleStatus.CORRECTED: ("warning", "pencil-square"),
    ArticleStatus.ARCHIVED: ("secondary", "archive"),
}
_PUSH: dict[PushStatus, tuple[str, str]] = {
    PushStatus.DRAFT: ("secondary", "pencil"),
    PushStatus.SCHEDULED: ("info", "clock"),
    PushStatus.HELD: ("warning", "exclamation-circle"),
    PushStatus.SENDING: ("warning", "hourglass-split"),
    PushStatus.AWAITING_RESULT: ("info", "hourglass-split"),
    PushStatus.SENT: ("success", "send-check"),
    PushStatus.PARTLY_FAILED: ("warning", "exclamation-triangle"),
    PushStatus.FAILED: ("danger", "x-circle"),
    PushStatus.UNKNOWN: ("warning", "question-circle"),
    PushStatus.PAUSED: ("warning", "pause-circle"),
    PushStatus.CANCELLED: ("secondary", "stop-circle"),
    PushStatus.MISSED: ("danger", "exclamation-circle"),
}
_DELIVERY: dict[DeliveryStatus, tuple[str, str]] = {
    DeliveryStatus.PROMISED: ("secondary", "hourglass"),
    DeliveryStatus.PLANNED: ("secondary", "clock"),
    DeliveryStatus.CLAIMED: ("warning", "hourglass-split"),
    DeliveryStatus.ACCEPTED: ("info", "check-lg"),
    DeliveryStatus.DELIVERED: ("success", "check-circle"),
    DeliveryStatus.FAILED: ("danger", "x-circle"),
    DeliveryStatus.UNKNOWN: ("warning", "question-circle"),
    DeliveryStatus.CANCELLED: ("secondary", "stop-circle"),
}
_CORRECTION: dict[CorrectionStatus, tuple[str, str]] = {
    CorrectionStatus.OPEN: ("warning", "hourglass-split"),
    CorrectionStatus.DONE: ("success", "check-circle"),
    CorrectionStatus.DROPPED: ("secondary", "stop-circle"),
}
_REMOVAL: dict[RemovalStatus, tuple[str, str]] = {
    RemovalStatus.WANTED: ("info", "clock"),
    RemovalStatus.DONE: ("success", "check-circle"),
    RemovalStatus.REFUSED: ("danger", "x-circle"),
    RemovalStatus.KEPT: ("warning", "exclamation-triangle"),
    RemovalStatus.MENDED: ("success", "check-circle"),
}
_RELEASE: dict[ReleaseStatus, tuple[str, str]] = {
    ReleaseStatus.ASKED: ("warning", "hourglass-split"),
    ReleaseStatus.RELEASED: ("warning", "exclamation-triangle"),
    ReleaseStatus.SETTLED: ("success", "check-circle"),
    ReleaseStatus.VOID: ("secondary", "stop-circle"),
}
_PHASE: dict[Phase, tuple[str, str]] = {
    Phase.COMING: ("info", "clock"),
    Phase.OPEN: ("success", "activity"),
    Phase.PAST: ("secondary", "archive"),
    Phase.CANCELLED: ("secondary", "stop-circle"),
}
"""Colour and sign of each state; its word is that of its life."""
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def article_state(article: Article) -> State:
    """The state of an article, with the stage that is awaited."""
    return State(status_name(article), *_ARTICLE[ArticleStatus(article.status)])


def push_state(status: str) -> State:
    """The state of a push."""
    return State(PUSH.label(status), *_PUSH[PushStatus(status)])


def push_said(push: Push) -> str:
    """In a sentence, how the roads of a push share it."""
    return shares.said(shares.of(push), planner.reasons())


def correction_state(status: str) -> State:
    """The state of a correction or retraction."""
    return State(CORRECTION.label(status), *_CORRECTION[CorrectionStatus(status)])


def correction_kind(kind: str) -> str:
    """更正 or 撤回."""
    return KIND_NAMES[CorrectionKind(kind)]


def removal_state(status: str) -> State:
    """The state of a page that WeChat is asked to delete."""
    return State(REMOVAL.label(status), *_REMOVAL[RemovalStatus(status)])


def release_state(status: str) -> State:
    """The state of a 紧急签发."""
    return State(RELEASE.label(status), *_RELEASE[ReleaseStatus(status)])


def delivery_state(status: str) -> State:
    """The state of one call to WeChat."""
    return State(DELIVERY.label(status), *_DELIVERY[DeliveryStatus(status)])


def every_state() -> dict[str, list[State]]:
    """All states by what they are states of, for the page that shows them."""
    return {
        "稿件": [
            *(State(ARTICLE.label(one), *look) for one, look in _ARTICLE.items()),
            *(State(f"待{stage_name(n)}", "warning", "hourglass-split") for n in (1, 2, 3)),
        ],
        "推送": [State(PUSH.label(one), *look) for one, look in _PUSH.items()],
        "发送批次": [State(DELIVERY.label(one), *look) for one, look in _DELIVERY.items()],
        "活动": [State(PHASES[one], *look) for one, look in _PHASE.items()],
    }


def activity_state(activity: Activity) -> State:
    """The state of an activity now: its window decides while it is open."""
    now = phase(activity, clock.now())
    return State(PHASES[now], *_PHASE[now])


def in_table(moment: datetime | None) -> str:
    """``2026-09-20 19:02`` in Shanghai's time, for tables; a dash for none."""
    return clock.to_shanghai(moment).strftime("%Y-%m-%d %H:%M") if moment else "—"


def in_prose(moment: datetime | None) -> str:
    """``2026年9月20日 19:02``."""
    if moment is None:
        return "—"
    local = clock.to_shanghai(moment)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


def near(moment: datetime | None) -> str:
    """今天 19:02, 昨天, 明天; further away as in tables."""
    if moment is None:
        return "—"
    today = clock.shanghai_day(clock.now())
    local = clock.to_shanghai(moment)
    names = {0: "今天", -1: "昨天", 1: "明天"}
    days = (local.date() - today) // timedelta(days=1)
    if days in names:
        return f"{names[days]} {local:%H:%M}"
    return f"{local:%m-%d %H:%M}" if local.year == today.year else in_table(moment)


def clock_time(moment: datetime) -> str:
    """``19:02``."""
    return clock.to_shanghai(moment).strftime("%H:%M")


def weekday(moment: datetime) -> int:
    """0 for Monday, in Shanghai."""
    return clock.shanghai_day(moment).weekday()


def weekday_names(days: Sequence[int]) -> str:
    """``每天``, ``周一至周五``, ``周一、周三``."""
    chosen = sorted(set(days))
    if len(chosen) == 7:
        return "每天"
    return (
        "周一至周五"
        if chosen == [0, 1, 2, 3, 4]
        else "、".join(WEEKDAYS[day] for day in chosen if 0 <= day < 7)
    )


def for_input(moment: datetime | None) -> str:
    """The value of a ``datetime-local`` control."""
    return clock.to_shanghai(moment).strftime("%Y-%m-%dT%H:%M") if moment else ""


def grouped(number: int | None) -> str:
    """``2,279``; a dash for none."""
    return "—" if number is None else f"{number:,}"


def share(part: int, whole: int) -> str:
    """A percentage with one decimal, or a dash where there is nothing to divide by."""
    return f"{part / whole:.1%}" if whole else "—"


def length_name(minutes: int) -> str:
    """``1 小时 30 分钟``, ``7 天``."""
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    words = [f"{number} {unit}" for number, unit in ((days, "天"), (hours, "小时"), (left, "分钟")) if number]
    return " ".join(words)


def register(app: Flask) -> None:
    """Give the templates these words."""
    env = app.jinja_env
    env.filters.update(
        in_table=in_table, in_prose=in_prose, near=near, for_input=for_input, grouped=grouped, stage_name=stage_name,
        clock_time=clock_time, zip_with=zip, weekday=weekday, day=clock.shanghai_day,
        square_place=square_place, missing_stages=releasing.missing, late=owing.is_late,
    )  # fmt: skip
    env.globals.update(
        article_state=article_state,
        push_state=push_state,
        delivery_state=delivery_state,
        correction_state=correction_state,
        correction_kind=correction_kind,
        removal_state=removal_state,
        release_state=release_state,
        activity_state=activity_state,
        share=share,
        band=bands.band,
        length_name=length_name,
        weekday_names=weekday_names,
        audience_label=audience.label_of,
        ROLE_NAMES=ROLE_NAMES,
        road_title=roads.title,
        road_reaches=roads.reaches,
        push_unit=shares.unit_of,
        push_said=push_said,
        GROUPS=roads.GROUPS,
        WAYS=WAYS,
        ARTICLE=ARTICLE,
        PUSH=PUSH,
        KINDS=KINDS,
    )
