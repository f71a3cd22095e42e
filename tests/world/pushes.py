"""推送 as people decide them, and as they lie in the table when they are over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from database import claims
from ground import clock
from models import Article, Delivery, Push, PushArticle, PushStatus, Target
from runtime import Runtime
from scheduler import agreeing, planner, pushes, report, roads
from scheduler.planner import Plan
from settings import Settings
from tests.world import accounts


def push(session: Session, settings: Settings, *articles: int, audience: str = "all", **more: Any) -> Push:
    """An editor decides to send these articles; by default now."""
    editor = accounts.someone(session, "editor")
    more.setdefault("agreed", agreeing.Agreed(twice=None))
    return pushes.create(
        session, settings, editor, audience=audience, article_ids=articles, **more, at=clock.now()
    ).push


def planned(
    runtime: Runtime, made: Plan, settings: Settings | None = None, *, article: int | None = None
) -> list[int]:
    """From rows: a push of nothing, or of this article, released and planned like this, as the clock and a sender leave it.

    Returns its deliveries' ids. The machine needs its threads and a WeChat for that (:mod:`tests.pushing` runs them).
    """
    now = clock.now()
    with runtime.db.session_scope() as session:
        push = Push(
            audience="all", due_at=now, created_by=accounts.someone(session).id, created_at=now, planned_at=now,
            planned=made.planned, planned_roads=",".join(route.road.name for route in made.routes),
            status=PushStatus.SENDING.value,
        )  # fmt: skip
        session.add(push)
        session.flush()
        if article is not None:
            text = session.get_one(Article, article).hash
            session.add(PushArticle(push_id=push.id, position=1, article_id=article, content_hash=text))
        return planner.write(session, settings or runtime.settings, push, made, now)


def sending(
    runtime: Runtime, openids: Sequence[str], *, road: str = "mass", article: int | None = None
) -> int:
    """The same of one call to these; the delivery's id."""
    call = roads.Planned(list(openids), "名单", Target.LIST, openids=list(openids))
    return planned(runtime, Plan([planner.Route(roads.of(road), [call])], {}), article=article)[0]


def sent(runtime: Runtime, openids: Sequence[str], *, road: str = "mass", article: int | None = None) -> int:
    """The same, taken by WeChat and reported as delivered."""
    delivery_id = sending(runtime, openids, road=road, article=article)
    now, msg_id = clock.now(), str(1000 + delivery_id)
    with runtime.db.session_scope() as session:
        claims.change(session, Delivery, [Delivery.id == delivery_id], status="claimed", called_at=now)
        delivery = session.get_one(Delivery, delivery_id)
        report.accepted(session, delivery, msg_id=msg_id, msg_data_id="", ask_at=now, now=now)
        counts = {"total": len(openids), "sent": len(openids)}
        report.job_finished(session, road, msg_id, "send success", counts, at=clock.now())
    return delivery_id
