"""Signing in: what the answer's time tells about an account, and a crowd at the door beside WeChat's callbacks.

An unknown name, a wrong password, a disabled account (with the right password too) and a try during a delay are asked by turns;
a stranger who cannot tell their distributions apart learns nothing. Then twenty sign in at once, again and again, while another
thread asks for a page that costs nothing: what it waits is what a callback would wait for a thread and for the processor.
"""

from __future__ import annotations

import argparse
import random
import statistics
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask

import runtime
from accounts import users
from app import create_app
from bench.frame import NOWHERE, folder, fresh_sqlite, line, load, percentile
from ground import clock
from tests.fixtures.configuration import make_settings
from web.throttle import limiter

PASSWORD = "louti-deng-liang-le"
DELAYED = "203.0.113.250"
CASES = {
    "unknown name": ("nobody", "guess", ""),
    "wrong password": ("editor", "guess", ""),
    "disabled": ("retired", "guess", ""),
    "disabled, right password": ("retired", PASSWORD, ""),
    "delayed": ("editor", "guess", DELAYED),
    "delayed, right password": ("editor", PASSWORD, DELAYED),
}


def post(app: Flask, username: str, password: str, address: str) -> tuple[int, float]:
    """One try from this address; its status and seconds."""
    form = {"username": username, "password": password}
    client = app.test_client()
    began = time.perf_counter()
    answer = client.post("/console/login", data=form, environ_base={"REMOTE_ADDR": address})
    return answer.status_code, time.perf_counter() - began


def answers(app: Flask, rounds: int) -> None:
    """The six cases by turns, in a new order each round, each from an address of its own."""
    rnd = random.Random(7)
    took: dict[str, list[float]] = {case: [] for case in CASES}
    for number in range(rounds):
        for place, case in enumerate(rnd.sample(list(CASES), len(CASES))):
            name, password, address = CASES[case]
            took[case].append(
                post(app, name, password, address or f"10.{place}.{number // 250}.{number % 250}")[1]
            )
    base = statistics.median(took["wrong password"])
    for case, values in took.items():
        spread = f"p10 {percentile(values, 0.1) * 1000:.1f}, p90 {percentile(values, 0.9) * 1000:.1f}"
        median = statistics.median(values)
        line(
            f"answer: {case}",
            median * 1000,
            "ms",
            beside=f"{median / base:.2f} of a wrong password's, {spread}",
        )


def crowd(app: Flask, rounds: int) -> None:
    """Twenty at once, beside somebody who asks for next to nothing every 20 ms."""
    statuses: Counter[int] = Counter()
    waits: list[float] = []
    over = threading.Event()

    def beside() -> None:
        client = app.test_client()
        while not over.wait(0.02):
            began = time.perf_counter()
            client.get("/healthz")
            waits.append(time.perf_counter() - began)

    other = threading.Thread(target=beside)
    other.start()
    with ThreadPoolExecutor(20) as people:
        for turn in range(rounds):
            tries = [people.submit(post, app, "editor", PASSWORD, f"10.9.{turn}.{n}") for n in range(20)]
            statuses.update(one.result()[0] for one in tries)
    over.set()
    other.join()
    line("20 at once: signed in", statuses[303], "")
    line("20 at once: asked to come again", statuses[429], "")
    line("20 at once: p99 of another request", percentile(waits, 0.99) * 1000, "ms", budget=500)


def main() -> None:
    """Both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    with folder() as inside:
        sections: dict[str, dict[str, Any]] = {
            "database": {"url": fresh_sqlite(inside)},
            "server": {"data_dir": str(inside / "var")},
            "wechat": {"api_base_url": NOWHERE},
            "limits": {"login_tries": 100_000},  # only the one that is delayed on purpose is delayed
        }
        parts = runtime.build(make_settings(**sections))
        app = create_app(parts.settings, parts)
        app.config["WTF_CSRF_ENABLED"] = False
        limiter.enabled = False
        hashed = users.hash_password(PASSWORD)
        with parts.db.session_scope() as session:
            for name in ("editor", "retired"):
                users.create(session, username=name, password_hash=hashed, role="editor", at=clock.now())
            users.set_active(session, users.by_name(session, "retired"), False, at=clock.now())
        _delay(app)
        answers(app, rounds)
        crowd(app, 5)
        parts.close()
    print(load())


def _delay(app: Flask) -> None:
    from accounts import delays

    parts = app.extensions["pioneer"]
    origin = delays.Origin(DELAYED)
    with parts.db.session_scope() as session:
        held = delays.hold(session, "editor", origin, at=clock.now())
        held.pair.failures = 200_000
        delays.count(session, held, at=clock.now(), limits=parts.settings.limits)


if __name__ == "__main__":
    main()
