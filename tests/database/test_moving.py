"""A row is moved from one state to the next by one conditional update, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from community.lives import ACTIVITY
from database.moving import move, move_all
from database.session import Database
from ground import clock
from ground.life import Step
from models import Activity, ActivityStatus, User

CANCEL = ACTIVITY.step("activity.cancel")
REOPEN = Step("test.reopen", "恢复", frozenset({ActivityStatus.CANCELLED}), ActivityStatus.OPEN)
RENAME = Step("test.rename", "改名", frozenset({ActivityStatus.OPEN}), None)


@pytest.fixture
def activity_ids(database: Database) -> list[int]:
    """Three activities that are open."""
    now = clock.now()
    with database.session_scope() as session:
        user = User(username="wang", password_hash="-", role="admin", created_at=now)
        session.add(user)
        session.flush()
        made = [
            Activity(
                title=f"活动{number}", starts_at=now, ends_at=now + timedelta(hours=1), for_all=True,
                created_by=user.id, created_at=now,
            )
            for number in range(3)
        ]  # fmt: skip
        session.add_all(made)
        session.flush()
        return [one.id for one in made]


def stored(database: Database) -> list[tuple[str, str]]:
    with database.read_scope() as session:
        rows = session.execute(sa.select(Activity.title, Activity.status).order_by(Activity.id))
        return [(title, status) for title, status in rows]


def test_a_step_is_taken_once_and_from_its_sources_alone(database: Database, activity_ids: list[int]) -> None:
    with database.session_scope() as session:
        assert move(session, Activity, activity_ids[0], CANCEL, title="取消了")
        assert not move(session, Activity, activity_ids[0], CANCEL, title="又取消")
        assert not move(session, Activity, activity_ids[1], REOPEN)
        assert not move(session, Activity, 4711, CANCEL)
    assert stored(database) == [("取消了", "cancelled"), ("活动1", "open"), ("活动2", "open")]


def test_further_conditions_hold_too(database: Database, activity_ids: list[int]) -> None:
    with database.session_scope() as session:
        assert not move(session, Activity, activity_ids[0], CANCEL, Activity.title == "别的")
        assert move(session, Activity, activity_ids[0], CANCEL, Activity.title == "活动0")


def test_a_step_without_an_end_leaves_the_state(database: Database, activity_ids: list[int]) -> None:
    with database.session_scope() as session:
        assert move(session, Activity, activity_ids[0], RENAME, title="新名字")
    assert stored(database)[0] == ("新名字", "open")


def test_many_are_moved_at_once_and_counted(database: Database, activity_ids: list[int]) -> None:
    with database.session_scope() as session:
        assert move(session, Activity, activity_ids[1], CANCEL)
        assert move_all(session, Activity, CANCEL, Activity.id.in_(activity_ids)) == 2
        assert move_all(session, Activity, CANCEL, Activity.id.in_(activity_ids)) == 0


def test_what_the_session_holds_of_a_row_is_what_is_stored(
    database: Database, activity_ids: list[int]
) -> None:
    with database.session_scope() as session:
        held = [session.get_one(Activity, ident) for ident in activity_ids]
        assert move(session, Activity, held[0].id, CANCEL)
        assert move_all(session, Activity, CANCEL, Activity.id == held[1].id) == 1
        assert [one.status for one in held] == ["cancelled", "cancelled", "open"]


def test_of_several_who_move_a_row_at_the_same_moment_one_does(
    database: Database, activity_ids: list[int]
) -> None:
    done: list[bool] = []
    start = threading.Barrier(4)

    def act() -> None:
        start.wait(10)
        with database.session_scope() as session:
            done.append(move(session, Activity, activity_ids[0], CANCEL))

    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == [False, False, False, True]
