"""How the office's pages write moments, numbers, states and people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from community.activities import KINDS
from ground import clock
from models import ROLE_NAMES, Article
from scheduler import roads

if TYPE_CHECKING:
    from flask import Flask


class State(NamedTuple):
    """How a state looks: never by colour alone."""

    text: str
    tone: str  # success | warning | danger | info | secondary
    icon: str


_ARTICLE = {
    "draft": State("草稿", "secondary", "pencil"),
    "returned": State("退回修改", "danger", "arrow-counterclockwise"),
    "approved": State("待发布", "info", "check2-square"),
    "queued": State("待发布（已排队）", "info", "list-ul"),
    "publishing": State("发布中", "warning", "hourglass-split"),
    "published": State("已发布", "success", "check-circle"),
    "retracted": State("已撤回", "danger", "x-circle"),
    "corrected": State("已更正", "warning", "pencil-square"),
    "archived": State("已归档", "secondary", "archive"),
}
_STAGES = "零一二三四五六"
_PUSH = {
    "draft": State("草稿", "secondary", "pencil"),
    "scheduled": State("已排期", "info", "clock"),
    "sending": State("发送中", "warning", "hourglass-split"),
    "sent": State("已发送", "success", "send-check"),
    "partly_failed": State("部分失败", "warning", "exclamation-triangle"),
    "failed": State("发送失败", "danger", "x-circle"),
    "paused": State("已暂停", "warning", "pause-circle"),
    "cancelled": State("已取消", "secondary", "stop-circle"),
    "missed": State("已错过", "danger", "exclamation-circle"),
}
_DELIVERY = {
    "planned": State("待发送", "secondary", "clock"),
    "claimed": State("发送中", "warning", "hourglass-split"),
    "accepted": State("微信已受理", "info", "check-lg"),
    "delivered": State("已送达", "success", "check-circle"),
    "failed": State("失败", "danger", "x-circle"),
    "unknown": State("待核对", "warning", "question-circle"),
    "cancelled": State("已取消", "secondary", "stop-circle"),
}
_MAKE_UP = {
    "pending": State("待审批", "warning", "hourglass-split"),
    "approved": State("已通过", "success", "check-circle"),
    "refused": State("未通过", "secondary", "x-circle"),
}
VIA = {
    "reply": "微信回复",
    "menu": "公众号菜单",
    "secretary": "支部补录",
    "console": "后台补录",
    "paper": "纸质补录",
}
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def stage_name(stage: int) -> str:
    """一审, 二审, 三审."""
    return f"{_STAGES[stage] if 0 <= stage < len(_STAGES) else stage}审"


def article_state(article: Article) -> State:
    """The state of an article, with the stage that is awaited."""
    if article.status == "in_review":
        return State(f"待{stage_name(article.stage)}", "warning", "hourglass-split")
    return _ARTICLE.get(article.status, State(article.status, "secondary", "info-circle"))


def push_state(status: str) -> State:
    """The state of a push."""
    return _PUSH.get(status, State(status, "secondary", "info-circle"))


def delivery_state(status: str) -> State:
    """The state of one call to WeChat."""
    return _DELIVERY.get(status, State(status, "secondary", "info-circle"))


def make_up_state(status: str) -> State:
    """The state of a request to make up."""
    return _MAKE_UP.get(status, State(status, "secondary", "info-circle"))


def activity_state(status: str, starts_at: datetime, ends_at: datetime) -> State:
    """The state of an activity: its window decides while it is open."""
    now = clock.now()
    if status == "cancelled":
        return State("已取消", "secondary", "stop-circle")
    if status == "closed" or ends_at <= now:
        return State("已结束", "secondary", "archive")
    if starts_at > now:
        return State("未开始", "info", "clock")
    return State("签到中", "success", "activity")


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
    """``每天``, ``工作日``, ``周一、周三``."""
    chosen = sorted(set(days))
    if len(chosen) == 7:
        return "每天"
    return (
        "工作日" if chosen == [0, 1, 2, 3, 4] else "、".join(WEEKDAYS[day] for day in chosen if 0 <= day < 7)
    )


def audience_label(text: str) -> str:
    """``全部关注者`` for ``all``, else the names of the places."""
    if text in ("all", "to-all"):
        return "全部关注者"
    return "、".join(piece.partition(":")[2] or piece for piece in text.split(",") if piece)


def for_input(moment: datetime | None) -> str:
    """The value of a ``datetime-local`` control."""
    return clock.to_shanghai(moment).strftime("%Y-%m-%dT%H:%M") if moment else ""


def grouped(number: int | None) -> str:
    """``2,279``; a dash for none."""
    return "—" if number is None else f"{number:,}"


def share(part: int, whole: int) -> str:
    """A percentage with one decimal, or a dash where there is nothing to divide by."""
    return f"{part / whole:.1%}" if whole else "—"


def register(app: Flask) -> None:
    """Give the templates these words."""
    env = app.jinja_env
    env.filters.update(
        in_table=in_table, in_prose=in_prose, near=near, for_input=for_input, grouped=grouped, stage_name=stage_name,
        clock_time=clock_time, zip_with=zip, weekday=weekday, day=clock.shanghai_day,
    )  # fmt: skip
    env.globals.update(
        article_state=article_state,
        push_state=push_state,
        delivery_state=delivery_state,
        make_up_state=make_up_state,
        activity_state=activity_state,
        share=share,
        weekday_names=weekday_names,
        audience_label=audience_label,
        ROLE_NAMES=ROLE_NAMES,
        road_title=roads.title,
        VIA=VIA,
        KINDS=KINDS,
    )
