"""工作台: what waits for me, this week's schedule, what quota is left, what was sent, who came today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for

from accounts import users
from community import activities, attendance, counting
from content import finding, owing, queue, releasing, waiting
from content.life import stage_name, status_name
from content.waiting import Waits
from database.session import Session
from ground import clock
from ground.version import VERSION
from models import Article, User
from scheduler import finding as pushes_found
from scheduler import quota, upcoming
from web.access import looking, page, settings
from web.console.face import blueprint, draw, to_do
from web.wording import WEEKDAYS

_SOME = 5
"""Lines of each kind on the desk."""


@blueprint.get("/")
@page("place.view")
def desk() -> str:
    """The first page, made of what the role may see."""
    with looking() as (session, me):
        waits = to_do(session, me)
        values: dict[str, Any] = {
            "waits": waits.by_name,
            "corrections": waits.corrections,
            "todo_list": _to_do(session, me, waits.reviewing) if users.may(me, "article.view") else None,
            "weekdays": WEEKDAYS,
        }
        if users.may(me, "push.view"):
            now = clock.now()
            today = clock.shanghai_day(now)
            values["week"] = upcoming.week(session, settings(), today, user=me, at=now, in_full=False)
            values["missed"] = pushes_found.missed(session)
            values["recent"] = pushes_found.recent(session, clock.now(), limit=5)
            values["quota"] = quota.summary(session, settings(), clock.now())
            values["queued"] = sum(queue.counts(session).values())
        if users.may(me, "activity.view"):
            values["today"] = _today(session, me)
        if users.may(me, "article.write"):
            values["drafts"] = finding.drafts_of(session, me, limit=5)
        return draw("desk.html", now=clock.now(), **values)


@dataclass(frozen=True)
class Item:
    """A line of 我的待办: an article, what is to be done about it, whether it is late, and where."""

    title: str
    word: str
    tone: str
    url: str


def _to_do(session: Session, me: User, waits: Waits) -> list[Item]:
    """What waits for this person in articles, the most urgent first: some of each kind, the lists behind the figures have all."""
    now, found = clock.now(), []
    marks = releasing.marked(session, waits.make_ups)
    late = (
        [mark for mark in releasing.late(session, at=now) if mark.article_id not in waits.make_ups]
        if waits.late
        else []
    )
    for one in waiting.articles(session, waits.signatures, limit=_SOME):
        found.append(_item("review", one, "待第二人紧急签发", "danger"))
    for one in waiting.articles(session, waits.make_ups, limit=_SOME):
        mark = marks[one.id]
        word = f"待补{stage_name(mark.stage)}"
        over = owing.is_late(mark, now)
        found.append(
            _item("review", one, f"{word}，已逾期" if over else word, "danger" if over else "warning")
        )
    for one in waiting.articles(session, waits.stuck, limit=_SOME):
        found.append(_item("", one, "没有人可以审核", "danger"))
    for mark in late[:_SOME]:
        found.append(_item("", mark.article, f"{'、'.join(releasing.missing(mark))}逾期未补", "danger"))
    own = tuple(one for one in waits.reviews if one not in waits.signatures)
    called = dict(waits.instead_of)
    for one in waiting.articles(session, own, limit=_SOME):
        whose = f"（受{called[one.id]}委托）" if one.id in called else ""
        found.append(_item("review", one, f"{status_name(one)}{whose}", "warning"))
    for one, said in waiting.came_back(session, me, limit=_SOME):
        found.append(_item("", one, said, "danger"))
    return found


def _item(where: str, article: Article, word: str, tone: str) -> Item:
    endpoint = "console.article_review" if where == "review" else "console.article"
    return Item(article.title, word, tone, url_for(endpoint, article_id=article.id))


def _today(session: Session, me: User) -> dict[str, Any]:
    found = activities.page(session, me, at=clock.now(), when="open", size=5).activities
    counted = counting.counts_of(session, found, user=me)
    shown = [(one, counted[one.id]) for one in found]
    return {"checked_in": attendance.count_on(session, me, clock.shanghai_day(clock.now())), "open": shown}


@blueprint.get("/help")
@page("place.view")
def guide() -> str:
    """帮助: first steps for each role."""
    return draw("guide.html", version=VERSION)
