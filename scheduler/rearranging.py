"""改期 of what waits in a queue: an article gets the place that the slot of another day takes."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from accounts.rights import require
from content import columns, finding, life, queue, slots
from content.life import QUEUE
from ground import clock
from ground.errors import Refused
from models import User
from scheduler import openings, slotted
from scheduler.slotted import Slotted
from settings import Settings

_AHEAD = timedelta(days=370)


def into_slot(
    session: Session, settings: Settings, article_id: int, user: User, *, wanted: datetime, at: datetime
) -> str:
    """Let the slot of its column nearest to ``wanted`` on that day take a queued article; in one sentence what came of it.

    The others keep their order. Raises :class:`errors.Refused` where no slot can take it then, naming the nearest that can;
    :class:`errors.Conflict` for one that is not queued, :class:`errors.Forbidden`.
    """
    require(user, QUEUE)
    article = finding.get(session, article_id)
    life.require(article, "article.move")
    queue.hold(session, article.column_id)
    column = columns.get(session, article.column_id)
    found = list(slotted.coming(session, settings, at + _AHEAD, at=at, column=column))
    if not found:
        raise Refused(f"“{column.name}”没有启用的时段，请先设置时段，或撤出队列后定时推送")
    chosen = _nearest(found, wanted, column.name, at)
    if any(one.id == article_id for one in chosen.articles):
        return f"《{article.title}》已经在 {openings.said(chosen.at)} 推送"
    before = sum(slots.takes(one.slot) for one in found[: found.index(chosen)])
    last = [one for one in found if one.articles][-1]
    if not chosen.articles:
        raise Refused(
            f"队列按顺序填入时段，中间不留空，最晚可以改到 {openings.said(last.at)}；要指定其他时间，请撤出队列后定时推送"
        )
    queue.move(session, article_id, user, to=before + 1, at=at)
    return f"《{article.title}》已改到 {openings.said(chosen.at)}，队列顺序随之调整"


def _nearest(found: list[Slotted], wanted: datetime, name: str, at: datetime) -> Slotted:
    """The slot of the wanted day whose time is nearest."""
    that_day = clock.shanghai_day(wanted)
    near = sorted(found, key=lambda one: abs(one.at - wanted))
    same = [one for one in near if clock.shanghai_day(one.at) == that_day]
    if same:
        return same[0]
    past = that_day < clock.shanghai_day(at)
    why = f"{that_day.month}月{that_day.day}日" + ("已经过去" if past else f"没有“{name}”的时段")
    raise Refused(f"{why}，最近可以改到 {openings.said(near[0].at)}，也可以撤出队列后定时推送")


__all__ = ["into_slot"]
