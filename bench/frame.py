"""What the measurements share: the line of a figure, fresh databases, a served product, a session of requests."""

from __future__ import annotations

import contextlib
import http.client
import os
import resource
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql

from database.migrate import upgrade
from tests.fixtures.configuration import write_config
from tests.fixtures.processes import Process, Spawn, free_port
from tests.fixtures.servers import POSTGRES_ENV, REDIS_ENV, Server, start_postgres, start_redis

NOWHERE = "http://127.0.0.1:9"
"""Where WeChat is while nothing is to be sent: nobody listens there."""


def load() -> str:
    """How busy the machine is; a figure from a busy one says little by itself."""
    return f"load average {os.getloadavg()[0]:.1f}"


def line(what: str, value: float, unit: str, *, budget: float | None = None, beside: str = "") -> None:
    """Print one figure; ``beside`` is a ratio, or where it comes from."""
    wanted = "" if budget is None else f"budget {budget:,g}"
    verdict = "" if budget is None else ("ok" if value <= budget else "OVER")
    print(f"{what:<54}{value:>12,.2f} {unit:<6}{wanted:<16}{verdict:<6}{beside}".rstrip(), flush=True)


def not_run(what: str, reason: str) -> None:
    """Print that something was not measured."""
    print(f"{what:<54}{'NOT RUN':>12}: {reason}", flush=True)


def median_s(work: Callable[[], object], times: int = 5) -> float:
    """Median of the seconds that ``work`` takes, after one time for warming up."""
    work()
    return statistics.median(timed(work) for _ in range(times))


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def timed_child(work: Callable[[], object], times: int = 3) -> tuple[float, float]:
    """Medians of the seconds that ``work`` takes, and of the CPU seconds of the processes that it runs to their ends."""
    took, used = [], []
    for _ in range(times):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(timed(work))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(took), statistics.median(used)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """An empty folder that goes away afterwards."""
    path = Path(tempfile.mkdtemp(prefix="pioneer-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def postgres(*, durable: bool = False) -> Iterator[str | None]:
    """URL of a PostgreSQL server, or None (said aloud) where there is none.

    ``durable``: a fresh one that writes to the disk before it says so; the shared one of the tests does not.
    """
    given = os.environ.get(POSTGRES_ENV)
    if given and not durable:
        yield given
        return
    server = start_postgres(durable=durable)
    if not isinstance(server, Server):
        not_run("PostgreSQL", server)
        yield None
        return
    try:
        yield server.url
    finally:
        server.stop()


@contextlib.contextmanager
def redis() -> Iterator[str | None]:
    """URL of a Redis server, or None (said aloud) where there is none."""
    if given := os.environ.get(REDIS_ENV):
        yield given
        return
    server = start_redis()
    if not isinstance(server, Server):
        not_run("Redis", server)
        yield None
        return
    try:
        yield server.url
    finally:
        server.stop()


@contextlib.contextmanager
def fresh_postgres(server: str) -> Iterator[str]:
    """URL of a fresh, migrated database on a server; dropped afterwards."""
    name = f"pioneer_bench_{uuid.uuid4().hex[:12]}"
    plain = sa.make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            url = sa.make_url(server).set(database=name).render_as_string(hide_password=False)
            upgrade(url)
            yield url
        finally:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def fresh_sqlite(inside: Path, name: str = "bench.db") -> str:
    """URL of a fresh, migrated database file."""
    url = f"sqlite:///{inside / name}"
    upgrade(url)
    return url


class Served:
    """``flask serve`` on a port of its own, with a configuration of its own; WeChat is nowhere."""

    def __init__(self, spawn: Spawn, inside: Path, database_url: str, **sections: Mapping[str, Any]) -> None:
        self._spawn = spawn
        self.port = free_port()
        merged: dict[str, dict[str, Any]] = {
            "server": {"base_url": f"http://127.0.0.1:{self.port}", "data_dir": str(inside / "var")},
            "database": {"url": database_url},
            "wechat": {"api_base_url": NOWHERE, "mp_base_url": NOWHERE, "open_base_url": NOWHERE},
            "wecom": {"api_base_url": NOWHERE},
        }
        for name, table in sections.items():
            merged.setdefault(name, {}).update(table)
        self.config = write_config(inside / "config.toml", **merged)
        self.env = {
            "PIONEER_CONFIG": str(self.config),
            "FLASK_APP": "app",
            "PIONEER_PARENT_PID": str(os.getpid()),
        }

    def start(self, *options: str) -> Process:
        """Start it and wait until it can serve."""
        process = self._spawn.flask("serve", "--port", str(self.port), *options, env=self.env)
        process.wait_for_http(f"http://127.0.0.1:{self.port}/readyz")
        return process


@contextlib.contextmanager
def spawning(inside: Path) -> Iterator[Spawn]:
    """Starts processes, and ends all of them."""
    spawner = Spawn(inside)
    try:
        yield spawner
    finally:
        spawner.clean_up()


def get(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes, http.client.HTTPMessage]:
    """One GET over a kept connection: status, the bytes that came over the wire, headers."""
    connection.request("GET", path, headers={"Accept-Encoding": "gzip, br"})
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers
