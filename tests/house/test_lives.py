"""One owner for each life: the database, the words and the steps are those of its table, and nobody writes a status beside it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from accounts.rights import RIGHTS
from community.lives import (
    ACTIVITY,
    BINDING,
    CHECK_IN,
    CONSENT_ENDS,
    CONSENT_WAYS,
    MAKE_UP,
    REQUEST,
    REQUESTS,
    WAYS,
)
from content.life import ARTICLE, RELEASE
from database.session import Database
from ground import clock
from ground.life import Life
from models import (
    Activity,
    ActivityStatus,
    Article,
    ArticleStatus,
    Base,
    CheckIn,
    CheckInWay,
    Consent,
    ConsentEnd,
    ConsentWay,
    DataRequest,
    Delivery,
    DeliveryStatus,
    Follower,
    MakeUpRequest,
    MakeUpStatus,
    Member,
    Push,
    PushStatus,
    Release,
    ReleaseStatus,
    RequestKind,
    RequestStatus,
)
from scheduler.life import DELIVERY, PUSH

ROOT = Path(__file__).resolve().parents[2]
LIVES: list[Life[Any]] = [ARTICLE, RELEASE, PUSH, DELIVERY, ACTIVITY, CHECK_IN, MAKE_UP, REQUEST, BINDING]
COLUMNS: list[tuple[type[Base], str, type[StrEnum]]] = [
    (Article, "status", ArticleStatus),
    (Release, "status", ReleaseStatus),
    (Push, "status", PushStatus),
    (Delivery, "status", DeliveryStatus),
    (Activity, "status", ActivityStatus),
    (CheckIn, "via", CheckInWay),
    (MakeUpRequest, "status", MakeUpStatus),
    (DataRequest, "status", RequestStatus),
    (DataRequest, "kind", RequestKind),
    (Consent, "how", ConsentWay),
    (Consent, "ended_by", ConsentEnd),
]
PRODUCT = ("accounts", "cli", "community", "content", "operations", "scheduler", "web", "wechat")
_CHINESE = re.compile("[\u4e00-\u9fff]")
_WRITERS = {"database/moving.py"}
_ENGINE = re.compile(r"scheduler/[a-z_]+\.py|operations/leavers\.py")
"""The machine of deliveries and what shortens its lists write their two tables themselves."""


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.states.__name__)
def test_every_right_that_a_step_asks_for_is_in_the_table_of_rights(life: Life[Any]) -> None:
    asked = {step.right for step in life.steps.values() if step.right is not None}
    assert asked <= RIGHTS.keys()
    assert all(step.label for step in life.steps.values())


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.states.__name__)
def test_two_states_of_a_life_never_have_the_same_word(life: Life[Any]) -> None:
    assert len(set(life.labels.values())) == len(life.labels)


def test_every_way_of_checking_in_has_a_word() -> None:
    assert set(WAYS) == set(CheckInWay)


def test_whatever_a_follower_may_ask_for_has_a_word() -> None:
    assert set(REQUESTS) == set(RequestKind)


def test_every_way_into_and_out_of_a_consent_has_a_word() -> None:
    assert set(CONSENT_WAYS) == set(ConsentWay)
    assert set(CONSENT_ENDS) == set(ConsentEnd)


@pytest.mark.parametrize(
    ("model", "column", "states"), COLUMNS, ids=lambda one: getattr(one, "__name__", one)
)
def test_the_database_holds_to_exactly_the_states_of_the_enum(
    database: Database, model: type[Base], column: str, states: type[StrEnum]
) -> None:
    table = str(model.__table__.name)  # type: ignore[attr-defined]
    with database.engine.connect() as connection:
        checks = sa.inspect(connection).get_check_constraints(table)
    (text,) = [str(one["sqltext"]) for one in checks if one["name"] == f"ck_{table}_{column}"]
    assert set(re.findall(r"'([a-z_]+)'", text)) == {str(state) for state in states}


def test_the_database_takes_no_other_status(database: Database) -> None:
    now = clock.now()
    with database.session_scope() as session:
        session.execute(sa.text(_USER), {"at": now.replace(tzinfo=None)})
    values = {"starts_at": now, "ends_at": now + timedelta(hours=1), "created_by": 1, "created_at": now}
    for status, taken in (("closed", True), ("open_for_ever", False)):
        activity = Activity(title="主题党日", status=status[:10], for_all=True, **values)
        if taken:
            with database.session_scope() as session:
                session.add(activity)
        else:
            with pytest.raises(sa.exc.IntegrityError), database.session_scope() as session:
                session.add(activity)


_USER = (
    'INSERT INTO "user" (id, username, display_name, password_hash, role, active, created_at)'
    " VALUES (1, 'wang', '', '-', 'admin', true, :at)"
)


def test_the_database_binds_nobody_who_has_left(database: Database) -> None:
    now = clock.now()
    with database.session_scope() as session:
        session.execute(
            sa.text(
                "INSERT INTO branch (id, name, short_name, sort, active, qr_ticket) VALUES (1, 'x', '', 0, true, '')"
            )
        )
        session.add(Member(id=1, name="张三", branch_id=1, created_at=now, updated_at=now))
    for gone, member in ((True, None), (False, 1)):
        with database.session_scope() as session:
            session.add(Follower(openid=f"o{gone}", gone=gone, member_id=member))
    with pytest.raises(sa.exc.IntegrityError), database.session_scope() as session:
        session.execute(sa.update(Follower).where(Follower.member_id == 1).values(gone=True))


# --- Nobody beside it ---------------------------------------------------------------------------------------------


def sources() -> Iterator[tuple[str, ast.Module]]:
    for room in PRODUCT:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "database").rglob("*.py")):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def writes_a_status(tree: ast.Module) -> Iterator[int]:
    """Lines of ``row.status = …``, ``.values(status=…)``, ``change(…, status=…)``, ``setattr(row, "status", …)``."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets):
                for target in targets:
                    parts = target.elts if isinstance(target, ast.Tuple) else [target]
                    yield from (
                        part.lineno
                        for part in parts
                        if isinstance(part, ast.Attribute) and part.attr == "status"
                    )
            case ast.Call(func=ast.Attribute(attr="values" | "change"), keywords=keywords):
                yield from (word.value.lineno for word in keywords if word.arg == "status")
            case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value="status"), *_]):
                yield node.lineno


def test_a_status_is_written_by_one_module_alone() -> None:
    seen = {path: list(writes_a_status(tree)) for path, tree in sources()}
    beside = {
        path: lines
        for path, lines in seen.items()
        if lines and path not in _WRITERS and not _ENGINE.fullmatch(path)
    }
    assert beside == {}
    assert any(_ENGINE.fullmatch(path) and lines for path, lines in seen.items()), (
        "the search finds nothing at all"
    )


def words_of_states(tree: ast.Module) -> Iterator[int]:
    """Lines of tables whose keys are mostly states of one life, and which say in Chinese what they are called."""
    states = [{str(state) for state in life.states} for life in LIVES] + [{str(way) for way in CheckInWay}]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Dict):
            continue
        keys = {
            key.value
            if isinstance(key, ast.Constant)
            else key.attr.lower()
            if isinstance(key, ast.Attribute)
            else ""
            for key, value in zip(node.keys, node.values, strict=True)
            if any(
                isinstance(part, ast.Constant) and isinstance(part.value, str) and _CHINESE.search(part.value)
                for part in ast.walk(value)
            )
        }
        if any(len(keys & known) >= max(2, len(node.keys) / 2) for known in states):
            yield node.lineno


def test_the_words_of_states_stand_in_the_lives_and_nowhere_else() -> None:
    tables = {path for path, tree in sources() if list(words_of_states(tree))}
    assert tables == {"community/lives.py", "content/life.py", "scheduler/life.py"}


def test_no_template_has_a_table_of_states_of_its_own() -> None:
    words = {word for life in LIVES for word in life.labels.values()}
    for path in sorted((ROOT / "web" / "templates").rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        for name, word in re.findall(r"""['"]([a-z_]+)['"]\s*:\s*['"]([^'"]+)['"]""", text):
            assert word not in words, f"{path.name}: {name}"


_NOTED_BY_A_FACE = {"web/console/account.py", "web/console/roster_import.py"}
"""The menu is published by the room that calls WeChat, and a file of wrong rows is made by the page: no service does either."""


def test_what_a_service_does_is_noted_by_the_service() -> None:
    noted = {
        path
        for path, tree in sources()
        if path.startswith(("web/", "cli/", "wechat/inbound/")) and any(map(_notes, ast.walk(tree)))
    }
    assert noted == _NOTED_BY_A_FACE


def _notes(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="audit"), attr="record")):
            return True
    return False
