"""What is there already is left alone or brought up to date, and the count says how much was new."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from database.once import add, insert_once, upsert
from database.session import Database
from ground import clock
from models import Follower, LinkOpening, Push, Setting
from tests.inbound.crowd import at_once
from tests.world import accounts

ABOVE_THE_LIMIT = 20_000
"""Rows of three columns: more values than one statement of SQLite takes (32,766)."""


def openids(*numbers: int) -> list[dict[str, object]]:
    return [{"openid": f"oOnce{number:023d}", "subscribed": True, "gone": False} for number in numbers]


def followers(database: Database) -> int:
    with database.read_scope() as session:
        return session.scalar(sa.select(sa.func.count(Follower.id))) or 0


def value_of(database: Database, name: str) -> str | None:
    with database.read_scope() as session:
        return session.scalar(sa.select(Setting.value).where(Setting.name == name))


def test_only_rows_that_are_not_there_are_counted(database: Database) -> None:
    with database.session_scope() as session:
        assert insert_once(session, Follower, openids(1, 2), keys=["openid"]) == 2
        assert insert_once(session, Follower, openids(2, 3, 4), keys=["openid"]) == 2
    with database.session_scope() as session:
        assert insert_once(session, Follower, openids(4)) == 0
        assert insert_once(session, Follower, []) == 0
    assert followers(database) == 4


def test_a_row_that_comes_twice_in_one_list_is_new_once(database: Database) -> None:
    with database.session_scope() as session:
        assert insert_once(session, Follower, openids(7, 7, 8), keys=["openid"]) == 2


def test_a_list_may_have_more_values_than_a_statement(database: Database) -> None:
    there = openids(*range(0, ABOVE_THE_LIMIT, 4))
    with database.session_scope() as session:
        assert insert_once(session, Follower, there, keys=["openid"]) == ABOVE_THE_LIMIT // 4
    with database.session_scope() as session:
        added = insert_once(session, Follower, openids(*range(ABOVE_THE_LIMIT)), keys=["openid"])
    assert added == ABOVE_THE_LIMIT - ABOVE_THE_LIMIT // 4
    assert followers(database) == ABOVE_THE_LIMIT


def test_it_works_on_the_connection_of_a_message_as_well(database: Database) -> None:
    with database.connection_scope() as connection:
        assert insert_once(connection, Follower, openids(1)) == 1
        assert insert_once(connection, Follower, openids(1)) == 0


def test_rows_of_different_columns_are_refused_and_not_cut(database: Database) -> None:
    rows: list[dict[str, object]] = [
        {"openid": "oFirst", "subscribed": True},
        {"openid": "oSecond", "scene": "branch-1"},
    ]
    with database.session_scope() as session, pytest.raises(ValueError, match="columns"):
        insert_once(session, Follower, rows)
    assert followers(database) == 0


def test_another_constraint_than_the_named_one_is_an_error(database: Database) -> None:
    of_no_member = [{"openid": "oOne", "member_id": 4711}]
    with pytest.raises(sa.exc.IntegrityError), database.session_scope() as session:
        insert_once(session, Follower, of_no_member, keys=["openid"])
    assert followers(database) == 0


def test_what_the_session_has_not_written_yet_is_there_as_well(database: Database) -> None:
    with database.session_scope() as session:
        session.add(Follower(openid="oPending"))
        assert insert_once(session, Follower, [{"openid": "oPending"}, {"openid": "oOther"}]) == 1
    assert followers(database) == 2


def test_what_two_insert_at_once_is_new_for_one_of_them(database: Database) -> None:
    added: list[int] = []

    def insert() -> None:
        with database.session_scope() as session:
            added.append(insert_once(session, Follower, openids(*range(40)), keys=["openid"]))

    at_once([insert] * 4)
    assert sum(added) == followers(database) == 40


def test_a_value_is_made_and_then_changed(database: Database) -> None:
    with database.session_scope() as session:
        upsert(session, Setting, name="kept", value="first", updated_at=clock.now())
        upsert(session, Setting, name="other", value="untouched", updated_at=clock.now())
    with database.session_scope() as session:
        upsert(session, Setting, name="kept", value="second", updated_at=clock.now())
    assert (value_of(database, "kept"), value_of(database, "other")) == ("second", "untouched")


def test_a_session_reads_the_changed_value_of_a_row_that_it_has_loaded(database: Database) -> None:
    with database.session_scope() as session:
        session.add(Setting(name="kept", value="first", updated_at=clock.now()))
        session.flush()
        upsert(session, Setting, name="kept", value="second", updated_at=clock.now())
        assert session.get_one(Setting, "kept").value == "second"


def test_several_may_make_the_same_value_at_once(database: Database) -> None:
    def write() -> None:
        with database.session_scope() as session:
            upsert(session, Setting, name="kept", value="same", updated_at=clock.now())

    at_once([write] * 6)
    assert value_of(database, "kept") == "same"


def test_what_is_added_to_a_number_by_several_at_once_is_all_in_it(database: Database) -> None:
    now = clock.now()
    with database.session_scope() as session:
        push = Push(audience="all", due_at=now, created_by=accounts.someone(session).id, created_at=now)
        session.add(push)
        session.flush()
        key = {"push_id": push.id, "road": "kit", "branch_id": 0, "day": clock.shanghai_day(now)}

    def count() -> None:
        for _ in range(5):
            with database.session_scope() as session:
                add(session, LinkOpening, key, opens=2)

    at_once([count] * 4)
    with database.session_scope() as session:
        add(session, LinkOpening, {**key, "branch_id": 7}, opens=1)
    with database.read_scope() as session:
        found = session.execute(
            sa.select(LinkOpening.branch_id, LinkOpening.opens).order_by(LinkOpening.branch_id)
        )
        assert [tuple(row) for row in found] == [(0, 40), (7, 1)]
