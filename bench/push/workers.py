"""One push of notices by one, two and four ``flask worker`` over PostgreSQL and Redis.

Twice: with a WeChat that takes 50 ms for each call, as the real one does, where more workers must mean more notices a second; and
with one that answers at once, where the cores are the limit.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import sqlalchemy as sa

import runtime as parts
from bench import frame
from bench.push import office
from ground import clock
from localwechat.testing import start_sandbox
from models import Delivery, Push
from runtime import Runtime
from scheduler import instance
from settings import load_settings
from tests.fixtures.configuration import write_config
from tests.fixtures.processes import Spawn

COUNTS = (1, 2, 4)
TEMPLATE = "/cgi-bin/message/template/send"
LATENCY_S = 0.05
SECONDS = 5.0
PEOPLE = 8_000
BUDGET = 1.25
"""How much worse than so many times one worker's rate so many may be, while the cores are not full."""


def rate(runtime: Runtime, push_id: int) -> float:
    """Notices a second in the middle of a push."""

    def taken() -> int:
        with runtime.db.read_scope() as session:
            done = [Delivery.push_id == push_id, Delivery.accepted_at.is_not(None)]
            return session.scalar(sa.select(sa.func.count()).where(*done)) or 0

    while not taken():
        time.sleep(0.05)
    time.sleep(1)
    began, before = time.monotonic(), taken()
    time.sleep(SECONDS)
    return (taken() - before) / (time.monotonic() - began)


def measure(spawn: Spawn, runtime: Runtime, openids: list[str], env: dict[str, str], count: int) -> float:
    """The rate of so many workers, with a scheduler."""
    processes = [spawn.flask(role, env=env) for role in ("worker",) * count + ("scheduler",)]
    for process in processes:
        process.wait_for_text("engine_started")
    push_id = office.notify(runtime, openids)
    try:
        return rate(runtime, push_id)
    finally:
        with runtime.db.session_scope() as session:
            session.execute(sa.update(Push).values(status="cancelled"))
        for process in processes:
            process.stop()


def main(inside: Path) -> None:
    """Print the rates, as ratios to that of one worker."""
    with frame.postgres() as server, frame.redis() as redis, start_sandbox() as sandbox:
        if server is None or redis is None:
            return
        with frame.fresh_postgres(server) as url, frame.spawning(inside) as spawn:
            tables = office.sections(url, sandbox, inside)
            tables["redis"] = {"url": redis}
            config = write_config(inside / "scaled.toml", **tables)
            env = {"PIONEER_CONFIG": str(config), "FLASK_APP": "app", "PIONEER_PARENT_PID": str(os.getpid())}
            runtime = parts.build(load_settings(config, env={}))
            with runtime.db.session_scope() as session:
                instance.take(session, instance.fingerprint(runtime.settings), clock.now())
            openids = sandbox.followers(PEOPLE)
            for latency in (LATENCY_S, 0.0):
                slow = {"path": TEMPLATE, "kind": f"slow:{latency}", "count": -1}
                sandbox.faults(*([slow] if latency else []))
                rates = {count: measure(spawn, runtime, openids, env, count) for count in COUNTS}
                show(rates, latency)
            runtime.close()


def show(rates: dict[int, float], latency: float) -> None:
    """A line for each number of workers."""
    wechat = f"WeChat takes {latency * 1000:.0f} ms" if latency else f"the {os.cpu_count()} cores are full"
    for count, found in rates.items():
        beside = f"{found:.0f} a second, {found / rates[1]:.2f} times one worker's; {wechat}, {frame.load()}"
        budget = BUDGET if latency else None
        ideal = count * rates[1]
        what = f"{count} workers: the ideal rate by theirs"
        frame.line(what, ideal / found, "times", budget=budget, beside=beside)
