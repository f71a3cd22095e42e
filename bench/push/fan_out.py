"""The fan-out of notices through ledger and lanes against a bare loop of as many threads over the same client."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from bench import frame
from bench.push import office
from localwechat.testing import SandboxControl, start_sandbox
from models import Delivery
from runtime import Runtime
from scheduler.lanes import Lanes

THREADS = 4
BUDGET = 1 / 0.9
NOTICE = {"thing1": "主题党日", "time2": "2026年11月24日 10:00", "thing3": "会议室"}


class Cost(NamedTuple):
    """Seconds by the clock on the wall, and of this process's CPU."""

    wall: float
    cpu: float


def cost_of(work: Callable[[], object]) -> Cost:
    """What one call costs."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def bare(runtime: Runtime, openids: list[str], round_: int) -> Cost:
    """All notices in a loop of four threads, without a ledger."""
    client, template_id = runtime.client, runtime.settings.wechat.template_id

    def some(mine: list[str]) -> None:
        for openid in mine:
            key = f"b{round_}-{openid[-20:]}"
            client.template_send(openid, template_id, NOTICE, client_id=key)

    shares = [openids[n::THREADS] for n in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        return cost_of(lambda: list(pool.map(some, shares)))


def through_lanes(runtime: Runtime, openids: list[str]) -> Cost:
    """The same by a push that is planned. Raises ``AssertionError`` where one was not taken."""
    push_id = office.notify(runtime, openids)
    lanes = Lanes(runtime, threading.Event())
    with ThreadPoolExecutor(THREADS) as pool:
        took = cost_of(lambda: list(pool.map(lanes.lane, [push_id] * THREADS)))
    with runtime.db.read_scope() as session:
        taken = [Delivery.push_id == push_id, Delivery.status == "accepted"]
        assert session.scalar(sa.select(sa.func.count()).where(*taken)) == len(openids)
    return took


def measure(name: str, runtime: Runtime, sandbox: SandboxControl, calls: int, rounds: int) -> None:
    """So many rounds by turns."""
    openids = sandbox.followers(calls)
    bare(runtime, openids[:20], rounds)
    through_lanes(runtime, openids[:20])
    pairs: list[tuple[Cost, Cost]] = []
    for round_ in range(rounds):
        if round_ % 2:
            ours = through_lanes(runtime, openids)
            pairs.append((bare(runtime, openids, round_), ours))
        else:
            plain = bare(runtime, openids, round_)
            pairs.append((plain, through_lanes(runtime, openids)))
    for kind, shares in (
        ("throughput", [plain.wall / ours.wall for plain, ours in pairs]),
        ("CPU", [plain.cpu / ours.cpu for plain, ours in pairs]),
    ):
        share = statistics.median(shares)
        spread = (
            f"{share:.3f} of a bare loop's {kind}, {min(shares):.2f} to {max(shares):.2f} in {rounds} rounds"
        )
        budget = BUDGET if kind == "throughput" else None
        frame.line(f"notices, {name}, {kind}: bare by ours", 1 / share, "times", budget=budget, beside=spread)


def main(inside: Path, calls: int, rounds: int) -> None:
    """On both databases."""
    with office.databases(inside) as urls, start_sandbox() as sandbox:
        for name, url in urls:
            runtime = office.linked(url, sandbox, inside)
            measure(name, runtime, sandbox, calls, rounds)
            runtime.close()
