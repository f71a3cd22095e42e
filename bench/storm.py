"""A check-in storm: everybody writes 签到 within a minute, and WeChat delivers each message three times.

    python -m bench.storm [--people 2279] [--seconds 60]      flask serve on SQLite
    python -m bench.storm --city [--people 66000] [--seconds 300]   web workers alone, on PostgreSQL and Redis
    python -m bench.storm --surge                                   everybody within two seconds, more than one machine takes
    python -m bench.storm --screen [--people 300]                   a hall types the changing code of the screen

The load is open-loop: each request has its moment and is sent then, whether earlier ones were answered or not, and its latency
counts from that moment. A message comes, comes again at the same time on another connection, and comes a third time five seconds
later; each time it is encrypted anew, as WeChat does. Afterwards the database tells whether any was lost or doubled.

What comes faster than it can be recorded is written to the spool, and the reply says so: such a reply is an answer, and its
check-in must be in the database once the spool is worked off.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import os
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import runtime as parts
from bench import frame
from community import screen_codes, screens
from database.session import Database
from ground import clock
from models import Activity, CheckIn, CheckInScreen, InboundMessage
from settings import Settings, load_settings
from tests.fixtures.servers import REDIS_ENV, Server, start_redis
from tests.inbound.platform import Account, text_of
from tests.world import activities, many

COPIES_S = (0.0, 0.0, 5.0)
PATIENCE_S = 5.0
BUDGET_P99_MS = 1000
CHECKED_IN = "已签到"
NOTED = "已记下"
"""What a reply says whose message waits in the spool."""
SURGE_S = 2.0
HALL = 300
TYPES_S = 18.0
"""So long after they have read a code people have typed it, at most."""
SETTLES_S = 120.0
"""So long the spool may take until it is worked off."""


@dataclass
class Outcome:
    """What became of the requests."""

    latencies: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    spooled: int = 0


class Line:
    """Keeps connections to one server; HTTP/1.1, one request at a time on each."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, query: str, body: bytes) -> tuple[int, bytes]:
        """One push."""
        fresh = not self._free
        reader, writer = self._free.pop() if self._free else await self._open()
        head = (
            f"POST /wechat/callback?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        try:
            writer.write(head.encode() + body)
            status, answer = await self._read(reader)
        except (OSError, asyncio.IncompleteReadError):
            writer.close()
            if fresh:
                raise
            return await self.post(query, body)  # a kept connection that the server had closed
        except BaseException:
            writer.close()
            raise
        self._free.append((reader, writer))
        return status, answer

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._port)

    async def _read(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        return int(head.split(maxsplit=2)[1]), await reader.readexactly(length)

    def close(self) -> None:
        """Close them."""
        for _, writer in self._free:
            writer.close()


async def storm(
    port: int, account: Account, people: int, seconds: float, say: Callable[[int], str] = lambda _: "签到"
) -> Outcome:
    """Send everything, each at its moment; ``say`` is asked once for what each of them writes, when it is written."""
    outcome = Outcome()
    line = Line(port)
    chance = random.Random(2026)
    moments = sorted(
        (moment + later, number)
        for number, moment in ((n, chance.uniform(0, seconds)) for n in range(1, people + 1))
        for later in COPIES_S
    )
    created = int(time.time())
    words: dict[int, str] = {}
    began = time.perf_counter()

    async def push(due: float, number: int) -> None:
        query, body = account.sealed(_message(account, number, created, words[number]))
        try:
            status, answer = await asyncio.wait_for(line.post(query, body), PATIENCE_S)
        except TimeoutError:
            outcome.faults["no answer within 5 s"] += 1
            return
        except OSError as error:
            outcome.faults[errno.errorcode.get(error.errno or 0, type(error).__name__)] += 1
            return
        outcome.latencies.append(time.perf_counter() - due)
        text = account.opened(status, answer).text
        if NOTED in text:
            outcome.spooled += 1
        elif CHECKED_IN not in text:
            outcome.faults[f"status {status}: {text[:30] or answer[:20].decode()!r}"] += 1

    tasks: set[asyncio.Task[None]] = set()
    for moment, number in moments:
        due = began + moment
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        outcome.late.append(time.perf_counter() - due)
        if number not in words:
            words[number] = say(number)
        task = asyncio.create_task(push(due, number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    while tasks:
        await asyncio.wait(set(tasks))
    line.close()
    return outcome


def _message(account: Account, number: int, created: int, words: str) -> str:
    return (
        f"<xml><ToUserName><![CDATA[{account.original_id}]]></ToUserName>"
        f"<FromUserName><![CDATA[{many.openid(number)}]]></FromUserName>"
        f"<CreateTime>{created}</CreateTime>{text_of(words)}<MsgId>{24790315582900000 + number}</MsgId></xml>"
    )


def prepare(settings: Settings, people: int) -> None:
    """So many bound members in 120 branches, and one open activity for all."""
    runtime = parts.build(settings)
    with runtime.db.session_scope() as session:
        everybody = many.members(session, many.branches(session), people)
        many.followers(session, everybody)
        activities.activity(session)
        many.settle(session)
    runtime.close()


def screened(settings: Settings) -> Callable[[int], str]:
    """Open the screen of the activity, where nothing else counts; each reads it and has typed the code some seconds later."""
    runtime = parts.build(settings)
    with runtime.db.session_scope() as session:
        user, activity = many.user(session), session.scalars(sa.select(Activity.id)).one()
        screens.start(session, user, activity, code_only=True, at=clock.now())
        secret = session.get_one(CheckInScreen, activity).secret
    runtime.close()
    chance = random.Random(2027)

    def say(_: int) -> str:
        read = clock.now() - timedelta(seconds=chance.uniform(0, TYPES_S))
        return f"签到 {screen_codes.typed(secret, screen_codes.step(read))}"

    return say


def counted(settings: Settings) -> tuple[int, int, int]:
    """Check-ins, members who have one, and messages in the database."""
    database = Database(settings.database.url)
    with database.read_scope() as session:
        records = session.scalar(sa.select(sa.func.count()).select_from(CheckIn)) or 0
        members = session.scalar(sa.select(sa.func.count(CheckIn.member_id.distinct()))) or 0
        messages = session.scalar(sa.select(sa.func.count()).select_from(InboundMessage)) or 0
    database.close()
    return records, members, messages


def settled(settings: Settings, people: int) -> tuple[tuple[int, int, int], float]:
    """The same once the spool is worked off, and after how many seconds that was."""
    began = time.perf_counter()
    while (found := counted(settings))[1] < people and time.perf_counter() - began < SETTLES_S:
        time.sleep(0.2)
    return found, time.perf_counter() - began


def measure(
    name: str,
    inside: Path,
    url: str,
    people: int,
    seconds: float,
    *options: str,
    screen: bool = False,
    **sections: Mapping[str, Any],
) -> bool:
    """One storm; whether all of them were counted once, and nobody was left without an answer."""
    with frame.spawning(inside) as spawn:
        served = frame.Served(spawn, inside, url, **sections)
        settings = load_settings(served.config, env={})
        prepare(settings, people)
        say = screened(settings) if screen else lambda _: "签到"
        process = served.start(*options)
        wechat = settings.wechat
        account = Account(wechat.token, wechat.encoding_aes_key, wechat.app_id, wechat.original_id)
        before = _cpu_s(process.pid, *process.children())
        outcome = asyncio.run(storm(served.port, account, people, seconds, say))
        used = _cpu_s(process.pid, *process.children()) - before
        (records, members, messages), after = settled(settings, people)
    asked = people * len(COPIES_S)
    print(f"{name}: {people:,} messages in {seconds:.0f} s, {asked:,} deliveries, {frame.load()}")
    for share, label in ((0.5, "median"), (0.99, "p99")):
        budget = BUDGET_P99_MS if share == 0.99 else None
        frame.line(
            f"  latency, {label}", frame.percentile(outcome.latencies, share) * 1000, "ms", budget=budget
        )
    frame.line("  latency, longest", max(outcome.latencies) * 1000, "ms")
    frame.line("  the generator itself was late, p99", frame.percentile(outcome.late, 0.99) * 1000, "ms")
    frame.line("  CPU of the web processes a delivery", used / asked * 1000, "ms")
    frame.line("  answered that it waits in the spool", outcome.spooled, "")
    if outcome.spooled:
        frame.line("  the spool was worked off after", after, "s")
    frame.line("  lost", people - members, "", budget=0)
    frame.line("  doubled", records - members, "", budget=0)
    frame.line("  messages kept more or less than once", abs(messages - people), "", budget=0)
    frame.line(
        "  deliveries without the right answer",
        asked - len(outcome.latencies) + _wrong(outcome),
        "",
        budget=0,
    )
    for fault, count in outcome.faults.most_common(5):
        print(f"    {count} x {fault}")
    return records == members == messages == people


def _wrong(outcome: Outcome) -> int:
    return sum(count for fault, count in outcome.faults.items() if fault.startswith("status"))


def _cpu_s(*pids: int) -> float:
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def redis() -> Iterator[str | None]:
    """URL of a Redis, or None (said aloud)."""
    if given := os.environ.get(REDIS_ENV):
        yield f"{given.rstrip('/')}/15"
        return
    server = start_redis()
    if not isinstance(server, Server):
        frame.not_run("Redis", server)
        yield None
        return
    yield f"{server.url}/15"
    server.stop()


def city(inside: Path, people: int, seconds: float, workers: int) -> bool:
    """The whole city on PostgreSQL (safe against a power cut) and Redis."""
    with frame.postgres(durable=True) as server, redis() as cache:
        if server is None or cache is None:
            return False
        with frame.fresh_postgres(server) as url:
            return measure(
                f"city, PostgreSQL and Redis, {workers} web workers", inside, url, people, seconds,
                "--web-only", "--workers", str(workers), redis={"url": cache},
            )  # fmt: skip


def main() -> int:
    """1 if a message was lost or doubled."""
    parser = argparse.ArgumentParser(prog="bench.storm")
    parser.add_argument(
        "--city", action="store_true", help="PostgreSQL, Redis and web workers instead of SQLite"
    )
    parser.add_argument("--surge", action="store_true", help=f"within {SURGE_S:.0f} s, on SQLite")
    parser.add_argument(
        "--screen", action="store_true", help=f"{HALL} people type the code of a screen, on SQLite"
    )
    parser.add_argument("--people", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2, help="web workers (--city)")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (most, most)
    )  # a connection each while the server stands still
    people = options.people or (66_000 if options.city else HALL if options.screen else 2_279)
    seconds = options.seconds or (300.0 if options.city else SURGE_S if options.surge else 60.0)
    with frame.folder() as inside:
        if options.city:
            right = city(inside, people, seconds, options.workers)
        else:
            url, name = frame.fresh_sqlite(inside), "district, SQLite, flask serve"
            right = measure(name, inside, url, people, seconds, screen=options.screen)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
