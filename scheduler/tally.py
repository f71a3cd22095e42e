"""How a push stands, in numbers: all of it, by road, and call by call."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ground import clock
from models import Delivery, Push
from scheduler import planner, roads, shares
from scheduler.roads import GROUPS

_CONFIRMED = ("planned", "skipped", "released")
_SUMS = ("accepted", "delivered", "failed", "unknown", "cancelled", "calls")


def of(session: Session, push: Push) -> dict[str, Any]:
    """How a push stands, in numbers. Counts are followers; groups, where it goes to none by name. ``calls`` carry them.

    ``planned`` is who was to receive it; ``accepted`` who was in calls that WeChat took, ``delivered`` and ``failed`` what became
    of them, ``unknown`` who is in calls whose fate is not known. ``roads`` has the same of each road, with its ``unit``, and
    ``said`` says in a sentence how they share it.
    """
    by_road = _of_roads(session, push)
    personal = [one for one in by_road if not one["groups"]]
    counted = personal or by_road
    return {
        "id": push.id,
        "status": push.status,
        "title": push.title,
        "audience": push.audience,
        "road": push.road,
        "due_at": clock.to_shanghai(push.due_at).isoformat(),
        "planned": push.planned,
        "confirmed": {name: push.confirmed[name] for name in _CONFIRMED if name in push.confirmed},
        "urgent": push.urgent,
        "again_of": push.again_of,
        **{name: sum(one[name] for one in counted) for name in _SUMS},
        "calls": sum(one["calls"] for one in by_road),
        "roads": by_road,
        "unit": counted[0]["unit"] if counted else shares.unit_of(push),
        "said": shares.said(shares.of(push), planner.reasons()),
        "skipped": dict(push.skipped),
        "note": push.note,
        "articles": [
            {"id": one.article_id, "title": one.article.title, "url": one.article.published_url}
            for one in push.articles
        ],
    }


def _of_roads(session: Session, push: Push) -> list[dict[str, Any]]:
    people, status = Delivery.recipients, Delivery.status
    sent = sa.func.coalesce(Delivery.sent_count, people)
    short = sa.case((sent < people, people - sent), else_=0)
    sums = {
        "accepted": _total(people, Delivery.accepted_at.is_not(None)),
        "delivered": _total(sent, status == "delivered"),
        "failed": _total(people, status == "failed") + _total(short, status == "delivered"),
        "unknown": _total(people, status == "unknown"),
        "cancelled": _total(people, status == "cancelled"),
        "planned": _total(people, sa.or_(status != "cancelled", Delivery.called_at.is_(None))),
        "calls": sa.func.count(Delivery.id),
    }
    to_groups = sa.func.max(sa.case((Delivery.target_kind.in_(GROUPS), 1), else_=0)).label("groups")
    counted = sa.select(Delivery.road, to_groups, *(one.label(name) for name, one in sums.items()))
    rows = session.execute(counted.where(Delivery.push_id == push.id).group_by(Delivery.road))
    found = {row.road: row._mapping for row in rows}
    order = [name for name in roads.ROADS if name in found]
    order += [name for name in found if name not in order]
    return [
        {
            "road": name,
            "title": roads.of(name).title,
            "groups": bool(found[name]["groups"]),
            "unit": shares.GROUPS if found[name]["groups"] else shares.PEOPLE,
            **{one: int(found[name][one]) for one in ("planned", *_SUMS)},
        }
        for name in order
    ]


def _total(what: sa.SQLColumnExpression[int], where: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(sa.func.sum(sa.case((where, what), else_=0)), 0)


def show(session: Session, push: Push) -> dict[str, Any]:
    """The same with every call of it: a notice has one for each person."""
    calls = session.scalars(sa.select(Delivery).where(Delivery.push_id == push.id).order_by(Delivery.id))
    return {**of(session, push), "deliveries": [_shown(one) for one in calls]}


def _shown(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "key": delivery.key,
        "road": delivery.road,
        "status": delivery.status,
        "target": delivery.target,
        "recipients": delivery.recipients,
        "msg_id": delivery.msg_id,
        "sent": delivery.sent_count,
        "attempts": delivery.attempts,
        "error_code": delivery.error_code,
        "error": delivery.error,
    }
