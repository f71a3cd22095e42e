"""Forty people write at once: each is answered about their own message, and what was acknowledged has happened."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

import runtime as parts
from models import InboundMessage
from runtime import Runtime
from settings import Settings
from tests.fixtures.configuration import make_settings
from tests.fixtures.processes import eventually
from tests.inbound.children import Child
from tests.inbound.conftest import account_of
from tests.inbound.crowd import at_once, checked_in, gather, letter, openid_of
from tests.inbound.platform import call
from wechat.inbound.callback import Callback, make_callback

THREADS = 40


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """With so much patience that a busy machine makes nobody give up."""
    return make_settings(
        database={"url": database_url},
        server={"data_dir": str(tmp_path / "var")},
        system={"handler_budget_s": 60.0, "repeat_wait_s": 60.0},
    )


def answer(app: Callback, settings: Settings, number: int, created: int | None = None) -> str:
    """The text that follower ``number`` reads."""
    query, body = letter(settings, number, created)
    return account_of(settings).opened(*call(app, "POST", query, body)).text


def test_forty_at_once_are_each_answered_and_counted(settings: Settings) -> None:
    built = parts.build(settings)
    gather(built, THREADS)
    app = Callback(built)
    texts: dict[int, str] = {}
    waiting = threading.Semaphore(0)

    def say(number: int) -> None:
        waiting.release()
        texts[number] = answer(app, settings, number)

    def hold() -> None:  # so that all of them wait, more than one commit takes
        with built.db.session_scope():
            for _ in range(THREADS):
                waiting.acquire()
            time.sleep(0.3)

    at_once([hold, *(partial(say, number) for number in range(THREADS))])
    assert all("已签到：主题党日" in texts[number] for number in range(THREADS)), texts
    assert Counter(checked_in(built)) == dict.fromkeys(map(openid_of, range(THREADS)), 1)
    built.close()


def test_repeats_in_a_crowd_get_the_same_reply_and_one_effect(settings: Settings) -> None:
    built = parts.build(settings)
    people = THREADS // 2
    gather(built, people)
    app = Callback(built)
    texts: list[tuple[int, str]] = []
    created = int(time.time())

    def say(number: int) -> None:
        texts.append((number, answer(app, settings, number, created)))

    at_once([partial(say, number) for number in [*range(people), *range(people)]])
    assert len(texts) == 2 * people
    assert [one for one in texts if "已签到：主题党日" not in one[1]] == []
    assert len(set(texts)) == people, f"first and repeat differ: {sorted(set(texts))}"
    assert Counter(checked_in(built)) == dict.fromkeys(map(openid_of, range(people)), 1)
    built.close()


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(4))
def test_what_was_acknowledged_has_happened_whenever_the_process_is_killed(
    settings: Settings, tmp_path: Path, seed: int
) -> None:
    built = parts.build(settings)
    people = THREADS * 40
    gather(built, people)
    built.close()
    letters = [letter(settings, number) for number in range(people)]
    acknowledged = tmp_path / "acknowledged"
    acknowledged.touch()

    def work() -> None:
        app = make_callback(parts.build(settings))
        file = os.open(acknowledged, os.O_WRONLY | os.O_APPEND)

        def talk(first: int) -> None:
            for number in range(first, people, THREADS):
                text = account_of(settings).opened(*call(app, "POST", *letters[number])).text
                os.write(file, f"{number} {text.splitlines()[0] if text else ''}\n".encode())

        at_once([partial(talk, first) for first in range(THREADS)])

    child = Child(work)
    eventually(lambda: acknowledged.stat().st_size, timeout_s=60, every_s=0.002)
    time.sleep(random.Random(seed).uniform(0.0, 0.4))
    os.kill(child.pid, signal.SIGKILL)
    assert child.result() is None, "it was through before the kill"
    told = [
        line.split(" ", 1)
        for line in acknowledged.read_text(encoding="utf-8").splitlines(keepends=True)
        if line.endswith("\n")
    ]
    assert told
    assert all("已签到：主题党日" in text for _, text in told)
    _agrees(parts.build(settings), {openid_of(int(number)) for number, _ in told})


def _agrees(built: Runtime, told: set[str]) -> None:
    effects = Counter(checked_in(built))
    assert told <= set(effects), "acknowledged, and lost"
    assert set(effects.values()) == {1}
    with built.db.read_scope() as session:
        claimed = set(
            session.scalars(sa.select(InboundMessage.openid).where(InboundMessage.outcome == "done"))
        )
    assert claimed == set(effects), "a claim without its effect, or the other way round"
    built.close()
