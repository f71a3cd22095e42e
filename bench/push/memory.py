"""What a process holds at most while it plans for ten times as many followers as the district has, and writes the plan.

python -m bench.push.memory URL articles|notices    alone in a process, on a database that is filled
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

import runtime as parts
from bench import frame
from bench.push import office
from ground import clock
from models import Delivery, Push
from runtime import Runtime
from settings import load_settings
from tests.fixtures.configuration import write_config
from tests.world import accounts

FOLLOWERS = 660_000
BUDGET_MB = 200
ROADS = {"articles": "mass", "notices": "template"}


def fill(runtime: Runtime) -> None:
    """So many followers, each bound to nobody, a tenth of them with all messages of the month used; made by the database."""
    now = clock.now()
    with runtime.db.session_scope() as session:
        accounts.account(session, "editor", "editor")
        push = Push(audience="all", due_at=now, created_by=1, created_at=now, skipped={})
        session.add(push)
        session.flush()
        ids = []
        for number in range(4):
            key = f"bench-{number}"
            one = Delivery(push_id=push.id, road="mass", key=key, status="delivered", due_at=now)
            session.add(one)
            session.flush()
            ids.append(one.id)
        numbers = office.numbers(session, FOLLOWERS)
        session.execute(
            sa.text(
                "INSERT INTO follower"
                " (openid, subscribed, gone, scene, consent_version, bind_failures, muted_columns, large_text)"
                f" SELECT 'oBench' || (1000000000000000000 + n), true, false, '', '', 0, '', false FROM ({numbers}) AS t"
            )
        )
        for number, delivery_id in enumerate(ids):
            office.spend(session, delivery_id, now, tenth=number >= 2)


def main(inside: Path) -> None:
    """On both databases, both kinds of push."""
    with office.databases(inside) as urls:
        for name, url in urls:
            config = write_config(inside / f"{name}.toml", database={"url": url})
            runtime = parts.build(load_settings(config, env={}))
            fill(runtime)
            runtime.close()
            for kind, road in ROADS.items():
                command = [sys.executable, "-m", "bench.push.alone_memory", str(config), road]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                before, planned, peak, people = map(float, done.stdout.split())
                beside = f"{before:.0f} before, {planned:.0f} planned; {people:,.0f} of {FOLLOWERS:,} people"
                frame.line(f"memory, {kind}, {name}", peak, "MB", budget=BUDGET_MB, beside=beside)
