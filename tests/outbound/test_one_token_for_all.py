"""The shared token: fetched once, replaced once, and not asked for without end."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from redis import Redis

from database.session import Database
from ground import clock
from ground.errors import Unavailable
from localwechat.testing import SandboxControl
from tests.fixtures.configuration import RAW
from tests.fixtures.processes import Spawn, eventually, free_port
from tests.outbound.conftest import Memory, at_once, calls_of, fetches, settings_for
from wechat.outbound.client import Client
from wechat.outbound.endpoints.table import ENDPOINTS
from wechat.outbound.failures import CallFailed
from wechat.outbound.reactions import BACK_OFF, STOP
from wechat.outbound.tokens import DatabaseTokens, Fetched, RedisTokens, SharedTokens, TokenStore

TAGS = "/cgi-bin/tags/get"
MakeStore = Callable[[], TokenStore]


def test_sixteen_threads_on_a_cold_token_fetch_once(sandbox: SandboxControl, make_store: MakeStore) -> None:
    client = Client(settings_for(sandbox), make_store())
    answers = at_once(client.access_token)
    assert len(set(answers)) == 1
    assert isinstance(answers[0], str)
    assert len(fetches(sandbox)) == 1


def test_two_clients_with_eight_threads_each_fetch_once(
    sandbox: SandboxControl, make_store: MakeStore
) -> None:
    clients = [Client(settings_for(sandbox), make_store()) for _ in range(2)]
    turn = iter(range(16))
    guard = threading.Lock()

    def one() -> str:
        with guard:
            client = clients[next(turn) % 2]
        return client.access_token()

    assert len(set(at_once(one))) == 1
    assert len(fetches(sandbox)) == 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "redis"])
def test_four_processes_on_a_cold_token_fetch_once(
    kind: str, sandbox: SandboxControl, spawn: Spawn, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(
        {"sqlite": "sqlite_url", "postgresql": "postgres_url", "redis": "redis_url"}[kind]
    )
    gate = tmp_path / "go"
    job = {
        "wechat": {
            "app_id": sandbox.config.app_id, "app_secret": sandbox.config.app_secret, "api_base_url": sandbox.url,
        },
        "privacy": RAW["privacy"], "store": url, "kind": kind, "gate": str(gate),
    }  # fmt: skip
    program = Path(__file__).with_name("fetch_a_token.py")
    four = spawn(sys.executable, program, json.dumps(job), "4")
    eventually(lambda: four.output().count("ready") == 4, timeout_s=30, message=four.output())
    gate.touch()
    assert four.wait(20) == 0, four.output()
    tokens = [line for line in four.output().splitlines() if line.startswith("token ")]
    assert tokens == tokens[:1] * 4
    assert len(fetches(sandbox)) == 1


def test_a_read_of_a_known_token_costs_no_query(sandbox: SandboxControl, sqlite_url: str) -> None:
    database = Database(sqlite_url)
    client = Client(settings_for(sandbox), DatabaseTokens(database))
    client.access_token()
    asked: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    for _ in range(50):
        client.access_token()
    assert asked == []
    database.close()


def test_no_connection_is_held_while_wechat_is_asked(database_url: str) -> None:
    database = Database(database_url)
    held: list[int] = []

    def fetch(_force: bool) -> Fetched:
        held.append(database.engine.pool.checkedout())  # type: ignore[attr-defined]
        return Fetched("a-token", 7200)

    SharedTokens(DatabaseTokens(database)).get("access_token:x", fetch)
    assert held == [0]
    database.close()


def test_the_token_is_sealed_where_it_lies(sandbox: SandboxControl, sqlite_url: str, redis_url: str) -> None:
    database, redis = Database(sqlite_url), Redis.from_url(redis_url)
    for store in (DatabaseTokens(database), RedisTokens(redis)):
        token = Client(settings_for(sandbox), store).access_token().encode()
        assert store.read(f"access_token:{sandbox.config.app_id}").value.encode() == token
        with database.engine.connect() as connection:
            rows = str(connection.execute(sa.text("SELECT * FROM shared_token")).all()).encode()
        lying = rows + b"".join(redis.dump(key) or b"" for key in redis.scan_iter())
        assert lying
        assert token not in lying
    redis.close()
    database.close()


def test_sixteen_refused_threads_cause_one_fetch(sandbox: SandboxControl, make_store: MakeStore) -> None:
    client = Client(settings_for(sandbox), make_store())
    old = client.access_token()
    forced = sandbox.api(
        "/cgi-bin/stable_token",
        {"grant_type": "client_credential", "appid": sandbox.config.app_id,
         "secret": sandbox.config.app_secret, "force_refresh": True},
        token="",
    )  # fmt: skip
    assert forced["access_token"] != old
    before = len(fetches(sandbox))
    answers = at_once(client.tags_get)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert len(fetches(sandbox)) == before + 1
    assert client.access_token() == forced["access_token"]


def test_a_process_that_was_refused_takes_the_token_that_another_has_fetched(
    sandbox: SandboxControl, make_store: MakeStore
) -> None:
    first, second = (Client(settings_for(sandbox), make_store()) for _ in range(2))
    assert first.access_token() == second.access_token()
    sandbox.faults({"path": TAGS, "kind": "expire_token", "count": 1})
    first.tags_get()
    before = len(fetches(sandbox))
    second.tags_get()
    assert second.access_token() == first.access_token()
    assert len(fetches(sandbox)) == before


def test_the_very_token_that_was_refused_is_forced_once(
    sandbox: SandboxControl, make_store: MakeStore
) -> None:
    client = Client(settings_for(sandbox), make_store())
    old = client.access_token()
    sandbox.faults({"path": TAGS, "kind": "err:40001", "count": 1})
    client.tags_get()
    assert client.access_token() != old
    assert ["force_refresh" in str(entry["body"]) for entry in fetches(sandbox)] == [False, False, True]


def test_a_second_force_within_five_minutes_is_refused_and_halts(
    sandbox: SandboxControl, make_store: MakeStore, follow_clock: Callable[..., None]
) -> None:
    client = Client(settings_for(sandbox), make_store())
    client.access_token()
    sandbox.faults({"path": TAGS, "kind": "err:40001", "count": 1})
    client.tags_get()
    sandbox.faults({"path": TAGS, "kind": "err:40001", "count": 1})
    with pytest.raises(CallFailed) as failure:
        client.tags_get()
    assert failure.value.reaction == STOP
    assert sum("force_refresh" in str(entry["body"]) for entry in fetches(sandbox)) == 1
    follow_clock(at=clock.now() + timedelta(minutes=11))
    sandbox.faults({"path": TAGS, "kind": "err:40001", "count": 1})
    client.tags_get()
    assert sum("force_refresh" in str(entry["body"]) for entry in fetches(sandbox)) == 2


def test_a_standing_40001_ends_in_a_halt_after_a_few_fetches(
    sandbox: SandboxControl, make_store: MakeStore, follow_clock: Callable[..., None]
) -> None:
    client = Client(settings_for(sandbox), make_store())
    sandbox.faults({"path": TAGS, "kind": "err:40001", "count": -1})
    answers = [answer for _ in range(4) for answer in at_once(client.tags_get)]
    assert {type(answer) for answer in answers} == {CallFailed}
    assert {answer.reaction for answer in answers if isinstance(answer, CallFailed)} == {STOP}
    assert len(fetches(sandbox)) <= 4
    asked = len(calls_of(sandbox, TAGS))
    with pytest.raises(CallFailed, match="管理员"):
        client.tags_get()
    assert len(calls_of(sandbox, TAGS)) == asked, "while halted nothing is asked at all"

    follow_clock(at=clock.now() + timedelta(minutes=11))
    with pytest.raises(CallFailed):
        client.tags_get()
    assert len(fetches(sandbox)) <= 8
    sandbox.faults()
    client.tokens.resume(client.token_name())
    assert client.tags_get()


def test_a_second_refusal_that_another_process_has_already_mended_halts_nobody(
    sandbox: SandboxControl, make_store: MakeStore
) -> None:
    ours, theirs = (Client(settings_for(sandbox), make_store()) for _ in range(2))
    old = ours.access_token()
    sandbox.faults({"path": TAGS, "kind": "err:40001", "count": 1})
    theirs.tags_get()  # forces a new one
    sandbox.faults({"path": TAGS, "kind": "err:40001", "count": 1})
    with pytest.raises(CallFailed) as refusal:
        ours._transport.call(ENDPOINTS[TAGS], query={"access_token": old})
    failure = ours.tokens.halt(ours.token_name(), old, refusal.value)
    assert failure.reaction == BACK_OFF
    assert ours.tags_get()


def test_a_wrong_secret_is_tried_once_and_told_in_chinese(
    sandbox: SandboxControl, make_store: MakeStore
) -> None:
    client = Client(settings_for(sandbox, wechat={"app_secret": "f" * 32}), make_store())
    answers = at_once(client.tags_get)
    assert {answer.reaction for answer in answers if isinstance(answer, CallFailed)} == {STOP}
    assert all("AppSecret" in str(answer) for answer in answers)
    assert len(fetches(sandbox)) == 1


def test_a_token_is_renewed_before_it_ends_and_the_old_one_serves_meanwhile(
    sandbox: SandboxControl, make_store: MakeStore, follow_clock: Callable[..., None]
) -> None:
    client = Client(settings_for(sandbox), make_store())
    old = client.access_token()
    follow_clock(at=clock.now() + timedelta(seconds=7200 - 200))
    sandbox.faults({"path": "/cgi-bin/stable_token", "kind": "slow:0.5", "count": 1})
    answers = at_once(client.access_token, 8)
    assert answers.count(old) == 7, "only the one that renews waits"
    assert client.access_token() != old
    assert len(fetches(sandbox)) == 2


def test_the_lock_of_one_who_died_ends_with_its_lease(make_store: MakeStore) -> None:
    store = make_store()
    name = "access_token:wx-dead"
    assert store.lock(name, "the dead one", 2.0)
    assert not store.lock(name, "another", 2.0)
    tokens = SharedTokens(store)
    assert tokens.get(name, lambda _force: Fetched("fresh", 7200)) == "fresh"


def test_a_lock_is_given_back_by_its_owner_only(make_store: MakeStore) -> None:
    store = make_store()
    assert store.lock("n", "one", 15)
    store.unlock("n", "two")
    assert not store.lock("n", "two", 15)
    store.unlock("n", "one")
    assert store.lock("n", "two", 15)


def test_without_a_connection_one_failure_serves_all_waiting_threads(sandbox: SandboxControl) -> None:
    client = Client(settings_for(sandbox), Memory())
    sandbox.faults({"path": "/cgi-bin/stable_token", "kind": "drop_before", "count": -1})
    answers = at_once(client.access_token)
    assert {answer.reaction for answer in answers if isinstance(answer, CallFailed)} == {BACK_OFF}
    assert len(fetches(sandbox)) <= 2


def test_a_store_that_does_not_answer_is_told_in_chinese(sandbox: SandboxControl) -> None:
    client = Client(settings_for(sandbox), RedisTokens(Redis.from_url(f"redis://127.0.0.1:{free_port()}/0")))
    with pytest.raises(Unavailable, match="Redis 没有应答"):
        client.access_token()


def test_tickets_live_by_the_same_rules(sandbox: SandboxControl, make_store: MakeStore) -> None:
    client = Client(settings_for(sandbox), make_store())
    assert len(set(at_once(client.jsapi_ticket))) == 1
    assert len(calls_of(sandbox, "/cgi-bin/ticket/getticket")) == 1
