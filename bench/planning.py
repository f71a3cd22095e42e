"""Planning 66,000 followers with quota and reasons, and the fan-out of notices against a bare loop.

    .venv/bin/python -m bench.planning [--followers 66000] [--calls 1500]

Prints one line a figure: what, value, budget. Databases: SQLite in a temporary folder, and PostgreSQL where
``PIONEER_TEST_POSTGRES_URL`` names a server. The fan-out sends template messages to the local WeChat over the same client, once
in a bare loop of as many threads, once through ledger and lanes.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

import runtime as parts
from database.migrate import upgrade
from database.session import Session
from ground import clock, logs
from localwechat.testing import SandboxControl, start_sandbox
from models import (
    Branch,
    Delivery,
    Follower,
    FollowerTag,
    Push,
    QuotaUse,
)
from runtime import Runtime
from scheduler import audience, planner, roads
from scheduler.lanes import Lanes
from tests.fixtures.configuration import make_settings
from tests.world import accounts, activities, many

THREADS = 4
BUDGET_PLAN_S = 2.0
BUDGET_FAN_OUT = 0.9


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
        session.execute(sa.insert(FollowerTag), tagged)
        _spend(session, followers, now)


def _spend(session: Session, followers: int, now: datetime) -> None:
    """Four messages of this month, of which every follower had two and every tenth all."""
    for number in range(4):
        push = Push(audience="all", due_at=now, created_by=1, created_at=now, skipped={})
        session.add(push)
        session.flush()
        delivery = Delivery(
            push_id=push.id, road="mass", key=f"bench-{number}", status="delivered", due_at=now
        )
        session.add(delivery)
        session.flush()
        session.execute(
            sa.insert(QuotaUse),
            [
                {
                    "subject": many.openid(n + 1),
                    "period": clock.month_key(now),
                    "delivery_id": delivery.id,
                    "state": "used",
                    "at": now,
                }
                for n in range(followers)
                if number < 2 or n % 10 == 0
            ],
        )


def measure_plan(runtime: Runtime) -> tuple[float, float]:
    """Seconds to plan for everyone, and to write that plan with its quota."""
    settings = runtime.settings
    began = time.perf_counter()
    with runtime.db.read_scope() as session:
        made = planner.plan(
            session,
            settings,
            audience=audience.parse(session, "all"),
            by=[roads.ROADS["mass"]],
            columns={"study"},
            moment=clock.now(),
        )
    planned = time.perf_counter() - began
    began = time.perf_counter()
    with runtime.db.session_scope() as session:
        push = Push(audience="all", due_at=clock.now(), created_by=1, created_at=clock.now(), skipped={})
        session.add(push)
        session.flush()
        planner.write(session, settings, push, made, clock.now())
    return planned, time.perf_counter() - began


@contextmanager
def databases() -> Iterator[list[tuple[str, str]]]:
    """Fresh, migrated databases."""
    with tempfile.TemporaryDirectory() as folder:
        made = [("sqlite", f"sqlite:///{folder}/bench.db")]
        server = os.environ.get("PIONEER_TEST_POSTGRES_URL")
        name = f"pioneer_bench_{uuid.uuid4().hex[:8]}"
        if server:
            admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
            with admin.connect() as connection:
                connection.execute(sa.text(f"CREATE DATABASE {name}"))
            url = sa.make_url(server).set(database=name).render_as_string(hide_password=False)
            made.append(("postgresql", url))
        for _, url in made:
            upgrade(url)
        yield made
        if server:
            with admin.connect() as connection:
                connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


def measure_fan_out(runtime: Runtime, sandbox: SandboxControl, calls: int) -> float:
    """Throughput of the lanes divided by that of a bare loop with as many threads."""
    openids = sandbox.followers(calls)
    client = runtime.client
    template_id = runtime.settings.wechat.template_id
    notice = {"thing1": "主题党日", "time2": "2026年11月24日 10:00", "thing3": "会议室"}
    client.template_send(openids[0], template_id, notice, client_id="warm")

    def bare(mine: list[str]) -> None:
        for openid in mine:
            client.template_send(openid, template_id, notice, client_id=f"b-{openid[-20:]}")

    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(bare, [openids[n::THREADS] for n in range(THREADS)]))
    bare_s = time.perf_counter() - began

    push_id = notify(runtime, openids)
    lanes = Lanes(runtime, threading.Event())
    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lanes.lane, [push_id] * THREADS))
    return bare_s / (time.perf_counter() - began)


def notify(runtime: Runtime, openids: list[str]) -> int:
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
        people = [
            roads.Planned([openid], "关注者", roads.Target.FOLLOWER, openids=[openid]) for openid in openids
        ]
        planner.write(
            session,
            runtime.settings,
            push,
            planner.Plan([planner.Route(roads.ROADS["template"], people)], {}),
            now,
        )
        return push.id


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--followers", type=int, default=66_000)
    parser.add_argument("--calls", type=int, default=1_500)
    options = parser.parse_args()
    logs.configure(logging.WARNING)  # a line a call would be measured, too
    with databases() as urls:
        for name, url in urls:
            runtime = parts.build(make_settings(database={"url": url}))
            fill(runtime, options.followers)
            planned, written = measure_plan(runtime)
            print(
                f"planning {options.followers:,} followers, {name}: {planned:.2f} s (budget {BUDGET_PLAN_S} s)"
            )
            print(f"writing that plan with its quota, {name}: {written:.2f} s")
            runtime.close()
    with databases() as urls, start_sandbox() as sandbox:
        template = sandbox.control("templates")[0]["template_id"]
        config = sandbox.config
        for name, url in urls:
            settings = make_settings(
                database={"url": url},
                server={"data_dir": str(Path(tempfile.gettempdir()) / f"bench-{uuid.uuid4().hex[:8]}")},
                wechat={
                    "app_id": config.app_id,
                    "app_secret": config.app_secret,
                    "api_base_url": sandbox.url,
                    "template_id": template,
                },
            )
            runtime = parts.build(settings)
            ratio = measure_fan_out(runtime, sandbox, options.calls)
            print(
                f"fan-out of {options.calls:,} notices over a bare loop, {name}: {ratio:.2f} (budget {BUDGET_FAN_OUT})"
            )
            runtime.close()


if __name__ == "__main__":
    main()
