"""What differs between SQLite and PostgreSQL, and how many rows a statement has changed, is known in ``database`` alone."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from settings import ROOT

_OURS = {"database", "localwechat"}  # the kit itself, and the island that imports nothing of the product
_APPLIED = ROOT / "models/migrations/versions"

_INSTEAD = {
    "rowcount": "database.claims.change, changed",
    "skip_locked": "database.claims.claim",
    "on_conflict_do_nothing": "database.once.insert_once, inserting_once",
    "on_conflict_do_update": "database.once.upsert, upserting",
    "merge": "database.once.upsert",  # Session.merge reads first and writes then
    "pg_advisory": "database.locks.hold",
    "sqlalchemy.dialects": "database.once",
}


def by_hand(source: str) -> Iterator[tuple[int, str]]:
    """Lines of a module that do by hand what the kit does, and what of it."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(name)) | ast.alias(name=name) if name.startswith(
                "sqlalchemy.dialects"
            ):
                yield node.lineno, "sqlalchemy.dialects"
            case ast.Attribute(attr=name) if name.startswith("pg_advisory"):
                yield node.lineno, "pg_advisory"
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)) if name in _INSTEAD:
                yield node.lineno, name
            case ast.Constant(value=str(text)) if "pg_advisory" in text:
                yield node.lineno, "pg_advisory"
            case ast.Constant(value="rowcount"):
                yield node.lineno, "rowcount"
            case _:
                pass


def product() -> Iterator[Path]:
    """The modules of all rooms outside ``database``, and those that stand alone."""
    rooms = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
    yield from sorted(ROOT.glob("*.py"))
    for room in sorted(set(rooms) - _OURS):
        yield from (path for path in sorted((ROOT / room).rglob("*.py")) if path.parent != _APPLIED)


def test_no_room_does_by_hand_what_the_kit_does() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {what}, instead: {_INSTEAD[what]}"
        for path in product()
        for line, what in by_hand(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "from sqlalchemy.dialects.sqlite import insert",
        "import sqlalchemy.dialects.postgresql as pg",
        "session.execute(sa.select(sa.func.pg_advisory_xact_lock(7)))",
        "session.execute(sa.text('SELECT pg_advisory_lock(7)'))",
        "count = session.execute(statement).rowcount",
        "count = getattr(result, 'rowcount', 0)",
        "insert(Follower).on_conflict_do_nothing()",
        "sa.select(Push.id).with_for_update(skip_locked=True)",
        "session.merge(Setting(name='kept'))",
    ],
)
def test_what_is_done_by_hand_is_seen(source: str) -> None:
    assert list(by_hand(source))
