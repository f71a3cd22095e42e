"""The questions that are asked often, or over many rows, are served by an index."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.sql import Select

from community import checkin, counting, places
from community.checkin_questions import KEYWORD_IS_OPEN, NEAREST, OPEN
from community.roster import phone_index, tail_index
from models import Activity, CheckIn, Follower, FollowerTag, LoginSession, MakeUpRequest, Member, TagChange
from tests.community.conftest import BRANCH, NOON, Office

QUERIES: dict[str, tuple[Select[*tuple[Any, ...]], dict[str, Any]]] = {
    "check-in": (OPEN, {"openid": "o-1", "at": NOON}),
    "next activity": (NEAREST, {"member": 1, "since": NOON, "until": NOON + timedelta(days=60)}),
    "keyword": (KEYWORD_IS_OPEN, {"word": "党日", "at": NOON}),
    "binding": (sa.select(Member).where(Member.tail_index == sa.bindparam("tail")), {"tail": b"x" * 32}),
    "import": (sa.select(Member.id).where(Member.phone_index == sa.bindparam("phone")), {"phone": b"x" * 32}),
    "a branch's members": (sa.select(Member.id).where(Member.branch_id == sa.bindparam("b")), {"b": 1}),
    "whose WeChat": (sa.select(Follower.id).where(Follower.member_id == sa.bindparam("m")), {"m": 1}),
    "ledger": (sa.select(CheckIn).where(CheckIn.activity_id == sa.bindparam("a")), {"a": 1}),
    "own records": (sa.select(CheckIn).where(CheckIn.member_id == sa.bindparam("m")), {"m": 1}),
    "due tags": (sa.select(TagChange.id).where(TagChange.due_at <= sa.bindparam("at")), {"at": NOON}),
    "tag's carriers": (
        sa.select(FollowerTag.openid).where(FollowerTag.tag_id == sa.bindparam("t")),
        {"t": 101},
    ),
    "make-ups": (
        sa.select(MakeUpRequest.id).where(MakeUpRequest.status == sa.bindparam("s")),
        {"s": "pending"},
    ),
    "session": (sa.select(LoginSession).where(LoginSession.token_hash == sa.bindparam("t")), {"t": "x"}),
}


@pytest.mark.parametrize("name", QUERIES)
def test_an_index_serves(full_office: Office, name: str) -> None:
    statement, values = QUERIES[name]
    plan = _plan(full_office, statement, values)
    assert "SCAN" not in plan, plan
    assert "Seq Scan" not in plan, plan


def test_counting_an_activity_takes_one_question_whatever_the_size(full_office: Office) -> None:
    full_office.user("admin")
    activity, another = full_office.activity("大会"), full_office.activity("小会", "水墨社区党支部")
    asked: list[str] = []
    engine = full_office.db.engine

    def note(*args: Any) -> None:
        asked.append(str(args[2]))

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        with full_office.db.read_scope() as session:
            shown = [session.get_one(Activity, one.id) for one in (activity, another)]
            before = len(asked)
            counted = counting.counts_of(session, shown)
            places.summaries(session)
            assert len(asked) - before == 2
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert [counted[one.id].expected for one in (activity, another)] == [2262, 185]


def test_the_blind_indexes_of_a_number_and_of_its_tail_have_nothing_in_common(full_office: Office) -> None:
    assert phone_index("0001") != tail_index("0001")


def _plan(office: Office, statement: Select[*tuple[Any, ...]], values: dict[str, Any]) -> str:
    with office.db.engine.connect() as connection:
        compiled = statement.params(**values).compile(connection, compile_kwargs={"render_postcompile": True})
        explain = "EXPLAIN QUERY PLAN " if office.db.on_sqlite else "EXPLAIN "
        if not office.db.on_sqlite:
            # The tables of a test are small: an index is used only if reading all is made dear.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        found = compiled.construct_params()
        processors = compiled._bind_processors
        bound = {
            key: processors[key](value) if key in processors else value  # type: ignore[operator]
            for key, value in found.items()
        }
        given = tuple(bound[key] for key in compiled.positiontup or ()) if compiled.positional else bound
        rows = connection.exec_driver_sql(explain + str(compiled), given)
        return "\n".join(" ".join(map(str, row)) for row in rows)


@pytest.mark.parametrize("by_name", [False, True])
def test_checking_in_takes_one_question_and_one_insert(sqlite_office: Office, by_name: bool) -> None:
    sqlite_office.user("admin")
    sqlite_office.bound("o-1")
    sqlite_office.activity("主题党日", BRANCH)
    asked: list[str] = []
    with sqlite_office.db.connection_scope() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(lambda statement: asked.append(statement.split()[0]))
        if by_name:
            said = checkin.read_again(connection, "o-1", "湖东支部张小三主题党日签到", at=NOON)
            answer = checkin.by_words(connection, said, at=NOON, message_key="m")
        else:
            answer = checkin.by_reply(connection, "o-1", keyword=None, choice=None, at=NOON, message_key="m")
        driver.set_trace_callback(None)
    assert (answer.kind, asked) == ("recorded", ["SELECT", "INSERT"])
