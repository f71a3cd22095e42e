"""Who waits for the process's lock gets it in the order of coming."""

from __future__ import annotations

import statistics
import threading
import time

import pytest

from database.front import Front
from database.session import Database
from database.turns import Turns
from tests.fixtures.processes import eventually
from tests.inbound.crowd import at_once


def test_it_goes_to_whoever_has_waited_longest() -> None:
    turns, order = Turns(), []
    turns.acquire()

    def take(number: int) -> None:
        assert turns.acquire(10)
        order.append(number)
        turns.release()

    threads = [threading.Thread(target=take, args=(number,)) for number in range(12)]
    for number, thread in enumerate(threads, 1):
        thread.start()
        while len(turns._waiting) < number:
            time.sleep(0.001)
    turns.release()
    for thread in threads:
        thread.join(10)
    assert order == list(range(12))


def test_its_holder_may_take_it_again_and_nobody_else_may_let_go() -> None:
    turns = Turns()
    assert turns.acquire()
    assert turns.acquire(0)
    turns.release()
    got: list[bool] = []
    at_once([lambda: got.append(turns.acquire(0.05))])
    assert got == [False]
    with pytest.raises(RuntimeError):
        at_once([turns.release])
    turns.release()
    assert turns.acquire(0)


def test_neither_the_callback_nor_another_writer_starves_the_other(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    front = Front(database, 30.0, 1.0)
    ended = threading.Event()
    done: list[int] = []
    between: list[int] = []

    def callback() -> None:
        while not ended.is_set():
            front.run(lambda _: done.append(1))

    def office() -> None:
        try:
            eventually(lambda: len(done) >= 50)  # the others have begun
            for _ in range(20):
                before = len(done)
                with database.session_scope():
                    time.sleep(0.02)  # long enough for the others to ask
                between.append(len(done) - before)
        finally:
            ended.set()

    at_once([office, *[callback] * 16])
    # The batch at work and one that had asked earlier; a few more, for the counting itself waits for its turn to run.
    assert statistics.median(between) <= 16 * 4
    assert statistics.mean(between) >= 1
    front.close()
    database.close()
