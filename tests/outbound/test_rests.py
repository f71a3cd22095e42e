"""A call whose quota is used up rests in all processes until the quota is back; what a person must mend is noted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from redis import Redis

from database.session import Database
from ground import clock
from localwechat.testing import SandboxControl
from models.system import CallRest
from operations import probe
from tests.outbound.conftest import Memory, calls_of, settings_for
from wechat.outbound.client import Client, make_client
from wechat.outbound.failures import CallFailed
from wechat.outbound.reactions import DAY, MINUTE, STOP, Reaction

PATH = "/cgi-bin/draft/count"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


def rows(database: Database) -> dict[str, tuple[int | None, str]]:
    """What rests: call to code and reason."""
    with database.read_scope() as session:
        return {row.group: (row.code, row.reason) for row in session.scalars(sa.select(CallRest))}


def refused(client: Client) -> Reaction:
    """The reaction to a call that fails."""
    with pytest.raises(CallFailed) as caught:
        client.draft_count()
    return caught.value.reaction


def test_a_used_up_quota_is_not_asked_for_again_before_tomorrow_by_any_process(
    sandbox: SandboxControl, database: Database, follow_clock: Callable[..., None]
) -> None:
    first, second = (make_client(settings_for(sandbox), database) for _ in range(2))
    sandbox.settings(limits={PATH: 1})
    first.draft_count()
    assert refused(first) == DAY
    asked = len(calls_of(sandbox, PATH))
    assert [refused(first), refused(second)] == [DAY] * 2
    assert len(calls_of(sandbox, PATH)) == asked
    assert first.tags_get() is not None, "other calls go on"
    code, reason = rows(database)["draft/count"]
    assert code == 45009
    assert reason.startswith("草稿：")
    follow_clock(at=clock.now() + timedelta(hours=25))
    assert first.draft_count() == 0
    assert rows(database) == {}


@pytest.mark.parametrize("shared", ["database", "redis"])
def test_what_one_process_is_refused_no_other_asks_for_though_it_has_looked_before(
    sandbox: SandboxControl,
    database_url: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    shared: str,
) -> None:
    """Each with connections and a memory of its own; their token comes over the database, or over Redis as scaled out."""
    monkeypatch.setattr("wechat.outbound.cooldowns._REREAD_S", 0.2)
    link = Redis.from_url(request.getfixturevalue("redis_url")) if shared == "redis" else None
    opened = [Database(database_url) for _ in range(3)]
    first, *others = (make_client(settings_for(sandbox), database, link) for database in opened)
    for client in (first, *others):
        assert client.draft_count() == 0
    sandbox.faults({"path": PATH, "kind": "err:45011", "count": 1})
    assert refused(first) == MINUTE
    time.sleep(0.3)
    asked = len(calls_of(sandbox, PATH))
    assert [refused(client) for client in others] == [MINUTE] * 2
    assert len(calls_of(sandbox, PATH)) == asked, "one account has one limit, however many processes share it"
    for database in opened:
        database.close()


def test_a_minutes_limit_rests_for_a_minute(
    sandbox: SandboxControl, database: Database, follow_clock: Callable[..., None]
) -> None:
    client = make_client(settings_for(sandbox), database)
    sandbox.faults({"path": PATH, "kind": "err:45011", "count": 1})
    assert [refused(client), refused(client)] == [MINUTE] * 2
    follow_clock(at=clock.now() + timedelta(seconds=61))
    assert client.draft_count() == 0


def test_clearing_the_quota_lets_the_call_go_on_at_once(sandbox: SandboxControl, database: Database) -> None:
    client = make_client(settings_for(sandbox), database)
    sandbox.settings(limits={PATH: 1})
    client.draft_count()
    assert refused(client) == DAY
    client.quota_clear()
    assert client.draft_count() == 0


def test_what_an_administrator_must_mend_is_noted_and_may_be_tried_again_at_once(
    sandbox: SandboxControl, database: Database
) -> None:
    client = make_client(settings_for(sandbox), database)
    sandbox.faults({"path": PATH, "kind": "err:48001", "count": 1})
    assert refused(client) == STOP
    assert rows(database)["draft/count"][0] == 48001
    assert client.draft_count() == 0
    assert rows(database) == {}


def test_a_halted_token_is_noted(sandbox: SandboxControl, database: Database) -> None:
    client = make_client(settings_for(sandbox), database)
    sandbox.faults({"path": PATH, "kind": "err:40001", "count": -1})
    assert refused(client) == STOP
    assert "访问凭证" in rows(database)["stable_token"][1]


def test_an_examination_after_the_mending_lifts_what_was_noted_of_the_token(
    sandbox: SandboxControl, database: Database
) -> None:
    sandbox.faults({"path": "/cgi-bin/stable_token", "kind": "err:40013", "count": 1})
    client = make_client(settings_for(sandbox), database)
    assert refused(client) == STOP
    assert rows(database)["stable_token"][0] == 40013
    assert probe.token(client)[0].level == "ok"
    assert rows(database) == {}


def test_one_branchs_robot_says_nothing_about_another(sandbox: SandboxControl, database: Database) -> None:
    client = make_client(settings_for(sandbox), database)
    sandbox.faults({"path": "/cgi-bin/webhook/send", "kind": "err:45009", "count": 1})
    with pytest.raises(CallFailed):
        client.robot_text("00000000-0000-4000-8000-000000000001", "一")
    client.robot_text("00000000-0000-4000-8000-000000000002", "二")
    assert rows(database) == {}


def test_without_rests_every_call_is_made(sandbox: SandboxControl) -> None:
    client = Client(settings_for(sandbox), Memory())
    sandbox.faults({"path": PATH, "kind": "err:45011", "count": 1})
    assert refused(client) == MINUTE
    assert client.draft_count() == 0
