"""Work is won by one at a time, for as long as the lease holds."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from database import sealed
from database.claims import change, changed, claim, free, give_back, lease_for, new_owner
from database.session import Database
from ground import clock
from models import Delivery, Setting, SharedToken
from settings import field_keys, index_key
from tests.fixtures.configuration import raw_settings
from tests.inbound.crowd import at_once

LEASE_S = 60.0


@pytest.fixture(autouse=True)
def _keys() -> None:
    """What is to be sent is sealed."""
    privacy = raw_settings()["privacy"]
    sealed.use(sealed.Keyring(field_keys(privacy["field_keys"]), index_key(privacy["index_key"])))


def put(database: Database, messages: int) -> None:
    now = clock.now()
    with database.session_scope() as session:
        for number in range(messages):
            session.add(
                Delivery(road="custom", key=f"test:{number}", openid="oOne", payload="{}", due_at=now)
            )


def won(database: Database, *, owner: str = "", limit: int = 1, later: timedelta = timedelta(0)) -> list[int]:
    """Claim messages that nobody has."""
    at = clock.now() + later
    with database.session_scope() as session:
        return claim(
            session,
            Delivery,
            where=[Delivery.status == "planned", free(Delivery, LEASE_S, at)],
            lease=lease_for(owner or new_owner(), LEASE_S, at),
            limit=limit,
        )


def test_two_who_claim_one_row_at_once_leave_it_to_one_of_them(database: Database) -> None:
    put(database, 1)
    ready, results = threading.Barrier(4), list[list[int]]()

    def take() -> None:
        ready.wait(30)
        results.append(won(database))

    at_once([take] * 4)
    assert sorted(len(ids) for ids in results) == [0, 0, 0, 1]


def test_who_claims_before_another_has_committed_gets_what_is_left_and_does_not_wait(
    postgres_url: str,
) -> None:
    database = Database(postgres_url)
    try:
        put(database, 2)
        with database.session_scope() as first:
            mine = claim(first, Delivery, where=[Delivery.status == "planned"], values={"status": "claimed"})
            assert len(mine) == 1
            with database.session_scope() as second:
                second.execute(sa.text("SET LOCAL lock_timeout = '20s'"))
                waiting = [Delivery.status == "planned"]
                others = claim(second, Delivery, where=waiting, values={"status": "claimed"}, limit=2)
        assert len(others) == 1
        assert others != mine
    finally:
        database.close()


def test_a_row_is_won_again_when_its_lease_is_over_and_not_before(database: Database) -> None:
    put(database, 1)
    (first,) = won(database)
    assert won(database) == []
    assert won(database, later=timedelta(seconds=LEASE_S - 5)) == []
    assert won(database, later=timedelta(seconds=LEASE_S + 5)) == [first]


def test_the_rows_say_who_has_them_until_they_are_given_back(database: Database) -> None:
    put(database, 3)
    mine, others = won(database, owner="me", limit=2), won(database, owner="another")
    with database.session_scope() as session:
        owners = dict(session.execute(sa.select(Delivery.id, Delivery.lease_owner)).all())
        assert owners == {mine[0]: "me", mine[1]: "me", others[0]: "another"}
        assert give_back(session, Delivery, "me") == 2
        assert give_back(session, Delivery, "me") == 0
    assert won(database, limit=3) == mine, "what was given back is free, what another has is not"


def test_not_more_than_asked_for_are_won_and_the_first_in_order(database: Database) -> None:
    put(database, 5)
    with database.session_scope() as session:
        last_first = (Delivery.id.desc(),)
        where = [Delivery.status == "planned"]
        ids = claim(
            session, Delivery, where=where, values={"status": "claimed"}, limit=2, order_by=last_first
        )
        everybody = sorted(session.scalars(sa.select(Delivery.id)))
    assert ids == everybody[-2:]


def test_a_row_whose_key_is_a_name_is_claimed_by_it(database: Database) -> None:
    with database.session_scope() as session:
        session.add(SharedToken(name="access"))
    at = clock.now()
    for expected in (["access"], []):
        with database.session_scope() as session:
            mine = lease_for("me", LEASE_S, at)
            assert claim(session, SharedToken, where=[free(SharedToken, LEASE_S, at)], lease=mine) == expected


def test_a_conditional_change_says_how_many_rows_it_found(database: Database) -> None:
    put(database, 3)
    with database.session_scope() as session:
        assert change(session, Delivery, [Delivery.status == "planned"], status="delivered") == 3
        assert change(session, Delivery, [Delivery.status == "planned"], status="delivered") == 0
        assert changed(session.execute(sa.delete(Delivery))) == 3


def test_what_does_not_tell_how_many_rows_changed_is_not_taken_for_none(database: Database) -> None:
    with database.session_scope() as session:
        session.add(Setting(name="kept", value="", updated_at=clock.now()))
        session.flush()
        with pytest.raises(TypeError):
            changed(session.execute(sa.update(Setting).values(value="new").returning(Setting.name)))
