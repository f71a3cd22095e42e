"""What several threads want written at once: each gets their own outcome, in every interleaving."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from database.front import Front
from database.session import Database
from database.together import Task, Together
from database.turns import Turns
from ground.errors import Unavailable
from tests.inbound.crowd import at_once

PATIENT = 30.0


class Fault(Exception):
    """What a work raises of itself."""


@pytest.fixture
def front(sqlite_url: str) -> Iterator[Front]:
    database = Database(sqlite_url)
    built = Front(database, PATIENT, 1.0)
    built.run(lambda c: c.execute(sa.text("CREATE TABLE note (id INTEGER PRIMARY KEY, say TEXT)")))
    yield built
    built.close()
    database.close()


def write(number: int, *, fault: bool = False) -> Callable[[sa.Connection], int]:
    """A work that leaves a note, then fails where it is to."""

    def work(connection: sa.Connection) -> int:
        connection.execute(sa.text("INSERT INTO note (id) VALUES (:n)"), {"n": number})
        if fault:
            raise Fault(number)
        return number

    return work


def notes(front: Front) -> set[int]:
    return set(front.run(lambda c: c.execute(sa.text("SELECT id FROM note")).scalars().all()))


def together_behind_a_lock(front: Front, works: list[Callable[[], None]]) -> None:
    """Let all of them wait for SQLite's lock, more than one commit takes, before it is free."""

    def hold() -> None:
        with front.database.writing():
            time.sleep(0.3)

    at_once([hold, *works])


def test_the_error_of_one_touches_no_other(front: Front) -> None:
    errors: list[int] = []

    def ask(number: int) -> None:
        try:
            assert front.run(write(number, fault=number % 3 == 0)) == number
        except Fault as error:
            errors.append(error.args[0])

    together_behind_a_lock(front, [partial(ask, number) for number in range(40)])
    assert sorted(errors) == list(range(0, 40, 3))
    assert notes(front) == {number for number in range(40) if number % 3}


def test_a_faulty_statement_of_one_touches_no_other(front: Front) -> None:
    refused: list[int] = []

    def ask(number: int) -> None:
        try:
            if number == 7:
                front.run(lambda c: c.execute(sa.text("SELECT nothing FROM nowhere")))
            else:
                assert front.run(write(number)) == number
        except sa.exc.OperationalError:
            refused.append(number)

    together_behind_a_lock(front, [partial(ask, number) for number in range(20)])
    assert refused == [7]
    assert notes(front) == set(range(20)) - {7}


def test_a_failed_commit_is_the_failure_of_all_in_it(front: Front) -> None:
    front.run(lambda c: c.execute(sa.text("CREATE TABLE owner (id INTEGER PRIMARY KEY)")))
    front.run(
        lambda c: c.execute(
            sa.text("CREATE TABLE owned (id INTEGER REFERENCES owner (id) DEFERRABLE INITIALLY DEFERRED)")
        )
    )
    outcomes: list[str] = []

    def ask(number: int) -> None:
        def orphan(connection: sa.Connection) -> int:  # noticed by the commit alone
            connection.execute(sa.text("INSERT INTO owned VALUES (1)"))
            return number

        try:
            front.run(orphan if number == 0 else write(number))
            outcomes.append("written")
        except sa.exc.IntegrityError:
            outcomes.append("failed")

    together_behind_a_lock(front, [partial(ask, number) for number in range(8)])
    # Whoever led before the eight had come together may have been alone.
    assert Counter(outcomes)["failed"] >= 1
    assert len(notes(front)) == Counter(outcomes)["written"]
    assert front.run(write(100)) == 100, "and the next commit is a fresh one"


def test_whoever_gives_up_is_never_worked_on_afterwards(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    front = Front(database, 0.2, 1.0)
    ran: list[int] = []
    gave_up: list[int] = []

    def ask(number: int) -> None:
        try:
            front.run(lambda _: ran.append(number))
        except Unavailable:
            gave_up.append(number)

    def hold() -> None:
        with database.writing():
            time.sleep(1.0)

    holder = threading.Thread(target=hold)
    holder.start()
    time.sleep(0.05)
    at_once([partial(ask, number) for number in range(40)])
    holder.join()
    assert sorted(gave_up) == list(range(40))
    assert front.run(lambda _: 1) == 1
    assert ran == []
    front.close()
    database.close()


def test_work_that_has_begun_is_waited_for_beyond_all_patience() -> None:
    begun = threading.Event()

    @contextmanager
    def turn(_patience_s: float) -> Iterator[None]:
        begun.wait(5)
        yield

    def perform(tasks: list[Task[Any]]) -> None:
        time.sleep(0.5)
        for task in tasks:
            task.value = task.work(None)  # type: ignore[arg-type]

    together = Together(turn, perform, 16)
    got: list[int] = []

    def ask(number: int) -> None:
        got.append(together.do(lambda _: number, 0.2))

    def begin() -> None:
        time.sleep(0.1)
        begun.set()

    at_once([begin, *(partial(ask, number) for number in range(8))])
    assert sorted(got) == list(range(8))


@pytest.mark.parametrize("seed", range(8))
def test_in_no_interleaving_is_an_outcome_lost_or_another_s(seed: int) -> None:
    chance = random.Random(seed)
    turns, ran, faults = Turns(), Counter[int](), []
    most = chance.choice((1, 2, 3, 16))

    @contextmanager
    def turn(patience_s: float) -> Iterator[None]:
        if not turns.acquire(patience_s):
            raise Unavailable("busy")
        try:
            yield
        finally:
            turns.release()

    def perform(tasks: list[Task[Any]]) -> None:
        assert 0 < len(tasks) <= most
        for task in tasks:
            try:
                task.value = task.work(None)  # type: ignore[arg-type]
            except Fault as error:
                task.error = error

    together = Together(turn, perform, most)

    def work(number: int, pause_s: float) -> Callable[[sa.Connection], int]:
        def run(_: sa.Connection) -> int:
            ran[number] += 1
            if pause_s:
                time.sleep(pause_s)
            if number % 5 == 0:
                raise Fault(number)
            return number

        return run

    def ask(numbers: range, dice: random.Random) -> None:
        for number in numbers:
            pause_s = dice.choice((0.0, 0.0, 0.0, 0.001))
            before = ran[number]
            try:
                got = together.do(work(number, pause_s), dice.choice((0.0, 0.002, 0.05, 9)))
            except Fault as error:
                got = error.args[0]
            except Unavailable:
                faults.append(number)
                continue
            assert got == number
            assert ran[number] == before + 1

    def others(dice: random.Random) -> None:
        for _ in range(40):
            with turn(9):
                time.sleep(dice.random() * 0.003)

    threads = [partial(ask, range(n * 50, n * 50 + 50), random.Random(chance.random())) for n in range(40)]
    at_once([*threads, *(partial(others, random.Random(chance.random())) for _ in range(2))])
    assert set(ran.values()) == {1}
    assert set(faults).isdisjoint(ran), "given up, and done nevertheless"
    assert len(faults) + len(ran) == 40 * 50
