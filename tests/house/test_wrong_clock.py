"""No lock outlasts its length, also where the clock was ahead when it was set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from community import tags
from database import claims, sealed
from database.front import Front
from database.session import Database
from ground import clock
from models import Conversation, TagChange
from models.system import CallRest, SharedToken
from settings import Limits, System, field_keys, index_key
from tests.fixtures.configuration import make_settings
from wechat.inbound.conversation import Conversations
from wechat.outbound.cooldowns import Cooldowns
from wechat.outbound.endpoints.table import Endpoint
from wechat.outbound.failures import CallFailed
from wechat.outbound.groups import Group

AHEAD = [timedelta(days=1), timedelta(days=365)]
SYSTEM = System()
"""Seconds and minutes as they are configured where nobody changed them."""
LEASE_S = SYSTEM.delivery_lease_s


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    keys = make_settings().privacy
    sealed.use(sealed.Keyring(field_keys(keys.field_keys), index_key(keys.index_key)))
    opened = Database(database_url)
    yield opened
    opened.close()


def holds(db: Database, until: datetime, now: datetime) -> bool:
    """Whether a lease that ends at ``until`` holds at ``now``, as the database judges it."""
    with db.session_scope() as session:
        session.merge(SharedToken(name="lease", lease_until=until))
        session.flush()
        over = claims.lease_over(SharedToken.lease_until, LEASE_S, now)
        return session.scalar(sa.select(SharedToken.name).where(SharedToken.name == "lease", over)) is None


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_lease_given_by_a_clock_that_was_ahead_holds_nobody(db: Database, ahead: timedelta) -> None:
    now = clock.now()
    assert not holds(db, claims.lease_end(LEASE_S, now + ahead), now)
    assert holds(db, claims.lease_end(LEASE_S, now), now)
    assert holds(db, claims.lease_end(LEASE_S, now), now + timedelta(seconds=LEASE_S - 1))
    assert not holds(db, claims.lease_end(LEASE_S, now), now + timedelta(seconds=LEASE_S + 1))


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_tag_change_put_off_by_a_clock_that_was_ahead_is_due(db: Database, ahead: timedelta) -> None:
    now = clock.now()
    with db.session_scope() as session:
        waits: dict[str, Any] = {"kind": "branch", "target_id": 1, "add": True}
        session.add(TagChange(openid="put-off-wrongly", due_at=now + ahead + timedelta(days=1), **waits))
        session.add(TagChange(openid="put-off", due_at=now + timedelta(hours=23), **waits))
        session.flush()
        assert tags.due_tag_changes(session, at=now) == 1


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_rest_noted_by_a_clock_that_was_ahead_stops_no_call(db: Database, ahead: timedelta) -> None:
    endpoint = Endpoint("/cgi-bin/draft/count", Group.DRAFT, repeatable=True)
    tomorrow = clock.day_bounds(clock.shanghai_day(clock.now()))[1] + timedelta(minutes=5)

    def rests(until: datetime) -> bool:
        with db.session_scope() as session:
            session.merge(CallRest(group="draft/count", until=until, reason="草稿：次数已用完", code=45009))
        try:
            Cooldowns(db).check(endpoint)
        except CallFailed:
            return True
        return False

    assert rests(tomorrow)
    assert not rests(tomorrow + ahead)


@pytest.mark.parametrize("ahead", [timedelta(days=2), timedelta(days=365)])
def test_a_talk_begun_by_a_clock_that_was_ahead_asks_nothing_any_more(db: Database, ahead: timedelta) -> None:
    now = clock.now()
    talks = Conversations(Front(db, patience_s=5, lock_s=5), Limits().conversation_minutes)
    with db.connection_scope() as connection:
        talks.put(connection, "openid", "topic", {}, now + ahead)
        assert talks.get(connection, "openid", now) is None
        talks.put(connection, "openid", "topic", {}, now)
        talk = talks.get(connection, "openid", now)
        assert talk
        assert talk.topic == "topic"
        assert connection.scalar(sa.select(sa.func.count()).select_from(Conversation)) == 1
