"""What the measurements of pushing share: databases with many followers, and a runtime that is linked to the local WeChat."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import runtime as parts
from bench import frame
from database.base import table_of
from database.session import Session
from ground import clock
from localwechat.testing import SandboxControl
from models import Branch, Delivery, Follower, FollowerTag, Push, QuotaUse
from runtime import Runtime
from scheduler import planner, roads
from tests.fixtures.configuration import make_settings, raw_settings
from tests.world import accounts, activities, many

_CHUNK = 20_000


@contextlib.contextmanager
def databases(inside: Path) -> Iterator[list[tuple[str, str]]]:
    """Fresh, migrated databases: SQLite, and PostgreSQL where there is one. Name and URL of each."""
    with contextlib.ExitStack() as stack:
        made = [("SQLite", frame.fresh_sqlite(inside))]
        if server := stack.enter_context(frame.postgres()):
            made.append(("PostgreSQL", stack.enter_context(frame.fresh_postgres(server))))
        yield made


def sections(url: str, sandbox: SandboxControl, inside: Path) -> dict[str, dict[str, Any]]:
    """Settings on a database and the local WeChat, as tables of a configuration."""
    config = sandbox.config
    return raw_settings(
        database={"url": url},
        server={"data_dir": str(inside / "var")},
        wechat={
            "app_id": config.app_id,
            "app_secret": config.app_secret,
            "api_base_url": sandbox.url,
            "template_id": sandbox.control("templates")[0]["template_id"],
        },
    )


def linked(url: str, sandbox: SandboxControl, inside: Path) -> Runtime:
    """The parts of a process with these settings."""
    return parts.build(make_settings(**sections(url, sandbox, inside)))


def fill(runtime: Runtime, followers: int) -> None:
    """Followers, half of them bound; each has had two messages this month, every tenth four; every twentieth muted the column."""
    now = clock.now()
    with runtime.db.session_scope() as session:
        accounts.account(session, "editor", "editor")
        branch_ids = many.branches(session, 16)
        session.execute(sa.update(Branch).values(tag_id=100 + Branch.id))
        people = many.members(session, branch_ids, followers // 2)
        many.followers(session, people)
        many.residents(session, range(followers // 2 + 1, followers + 1))
        session.execute(sa.update(Follower).where(Follower.id % 20 == 7).values(muted_columns="study"))
        tagged = [{"openid": many.openid(ident), "tag_id": 100 + branch} for ident, branch in people]
        for start in range(0, len(tagged), _CHUNK):
            session.execute(sa.insert(FollowerTag), tagged[start : start + _CHUNK])
        _spend(session, now)
        many.settle(session)


def _spend(session: Session, now: datetime) -> None:
    """Four messages of this month, of which every follower had two and every tenth all."""
    for number in range(4):
        push = Push(audience="all", due_at=now, created_by=1, created_at=now, skipped={})
        session.add(push)
        session.flush()
        key = f"bench-{number}"
        delivery = Delivery(push_id=push.id, road="mass", key=key, status="delivered", due_at=now)
        session.add(delivery)
        session.flush()
        spend(session, delivery.id, now, tenth=number >= 2)


def spend(session: Session, delivery_id: int, now: datetime, *, tenth: bool) -> None:
    """One message of this month, of every follower or of each tenth; made by the database."""
    at = sa.literal(now, type_=table_of(QuotaUse).c.at.type)
    month = sa.literal(clock.month_key(now))
    whom = sa.select(Follower.openid, month, sa.literal(delivery_id), sa.literal("used"), at)
    if tenth:
        whom = whom.where(Follower.id % 10 == 0)
    columns = ["subject", "period", "delivery_id", "state", "at"]
    session.execute(sa.insert(QuotaUse).from_select(columns, whom))


def numbers(session: Session, count: int) -> str:
    """SQL: a query of the numbers ``n`` from 1 to ``count``."""
    if session.get_bind().dialect.name == "postgresql":
        return f"SELECT n FROM generate_series(1, {count}) AS n"
    counting = f"SELECT 1 AS n UNION ALL SELECT n + 1 FROM counting WHERE n < {count}"
    return f"WITH RECURSIVE counting AS ({counting}) SELECT n FROM counting"


def notify(runtime: Runtime, openids: Sequence[str]) -> int:
    """A planned push that gives notice of an activity to these; its id."""
    now = clock.now()
    with runtime.db.session_scope() as session:
        activity = activities.activity(session)
        push = Push(
            kind="activity",
            audience="all",
            status="sending",
            due_at=now,
            activity_id=activity.id,
            created_by=activity.created_by,
            created_at=now,
            planned_at=now,
            planned=len(openids),
            planned_roads="template",
            skipped={},
        )
        session.add(push)
        session.flush()
        people = [roads.Planned([one], "关注者", roads.Target.FOLLOWER, openids=[one]) for one in openids]
        made = planner.Plan([planner.Route(roads.ROADS["template"], people)], {})
        planner.write(session, runtime.settings, push, made, now)
        return push.id
