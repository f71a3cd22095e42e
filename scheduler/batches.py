"""What lanes ask of the database before they call: one statement for any number of calls, each built once a process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database import claims
from database.base import table_of
from models import Delivery, Push
from scheduler import quiet, roads, settling
from scheduler.roads import Road
from settings import Settings

_CALLED = (
    "push_id", "road", "key", "target_kind", "target_id", "branch_id", "openids", "openid", "payload", "attempts", "called_at",
    "expires_at",
)  # fmt: skip


class Look(NamedTuple):
    """A push of which something may be sent.

    ``by`` are its roads whose calls go side by side; ``waiting`` says how many calls wait that were never made, at most as asked;
    ``doubtful``, whether some are to be repeated; ``until``, how long it is held (None: it is not).
    """

    by: list[Road]
    waiting: int
    doubtful: bool
    until: datetime | None


def look(session: Session, settings: Settings, push_id: int, most: int, at: datetime) -> Look | None:
    """Whether something of this push may be sent now, and what."""
    statement = _look(quiet.is_quiet(at, settings))
    found = session.connection().execute(statement, {"push": push_id, "most": most, "at": at}).one_or_none()
    if found is None:
        return None
    by = [road for road in map(roads.of, roads.named(found.planned_roads)) if not road.serial]
    return Look(by, found.waiting, bool(found.doubtful), found.lease_until)


@cache
def _look(is_quiet: bool) -> sa.Select[Any]:
    # By the columns of one index, and no further than it matters: a push may have a hundred thousand.
    waiting = sa.select(sa.literal(1)).where(*_due("planned")).limit(sa.bindparam("most", type_=sa.Integer))
    return sa.select(
        Push.planned_roads,
        Push.lease_until,
        sa.select(sa.func.count()).select_from(waiting.subquery()).scalar_subquery().label("waiting"),
        sa.exists().where(*_due("unknown"), Delivery.finished_at.is_(None)).label("doubtful"),
    ).where(Push.id == sa.bindparam("push"), *quiet.sendable_where(quiet=is_quiet))


def _due(status: str | sa.ColumnElement[str]) -> list[sa.ColumnElement[bool]]:
    return [
        Delivery.push_id == sa.bindparam("push", type_=sa.BigInteger),
        Delivery.status == status,
        Delivery.due_at <= sa.bindparam("at", type_=Delivery.due_at.type),
    ]


def claim(
    session: Session,
    settings: Settings,
    push_id: int,
    road: Road,
    owner: str,
    *,
    status: str,
    most: int,
    at: datetime,
) -> Sequence[sa.Row[Any]]:
    """Claim the next due calls of this road and mark them as called, in one statement; their columns, by the order of their ids.

    ``status`` is planned or unknown. A call that may have been taken before, and whose key WeChat may not know any more, is left
    where it is.
    """
    connection = session.connection()
    lease = claims.lease_for(owner, settings.system.delivery_lease_s, at)
    values = {
        "push": push_id,
        "way": road.name,
        "in_status": status,
        "at": at,
        "since": settling.forgotten_before(road, settings, at),
        "most": most,
        "holder": lease.owner,
        "until": lease.until,
    }
    won = connection.execute(_claiming(connection.dialect.name), values)
    return sorted(won, key=lambda row: row.id)


@cache
def _claiming(dialect: str) -> sa.UpdateBase:
    table, at = table_of(Delivery), sa.bindparam("at", type_=Delivery.called_at.type)
    where = [
        *_due(sa.bindparam("in_status", type_=sa.String)),
        Delivery.finished_at.is_(None),
        Delivery.road == sa.bindparam("way"),
        sa.or_(Delivery.called_at.is_(None), Delivery.called_at > sa.bindparam("since")),
    ]
    values = {
        "status": "claimed",
        "called_at": sa.func.coalesce(Delivery.called_at, at),
        "attempts": Delivery.attempts + 1,
        "lease_owner": sa.bindparam("holder"),
        "lease_until": sa.bindparam("until"),
    }
    return claims.claiming(
        Delivery,
        dialect,
        where,
        values,
        limit=sa.bindparam("most", type_=sa.Integer),
        order_by=[
            Delivery.due_at
        ],  # as the index has them: in another order all that wait would be read for each batch
        returning=[table.c[name] for name in _CALLED],
    )


def forgotten(session: Session, settings: Settings, push_id: int | None, at: datetime) -> list[Delivery]:
    """Some that were called, by roads side by side, and must not be called again: WeChat may not know their keys any more."""
    old = [
        sa.and_(
            Delivery.road == road.name, Delivery.called_at <= settling.forgotten_before(road, settings, at)
        )
        for road in roads.ROADS.values()
        if not road.serial
    ]
    found = sa.select(Delivery).where(*settling.due(push_id, at), sa.or_(*old)).limit(200)
    return list(session.scalars(claims.not_being_written(found)))
