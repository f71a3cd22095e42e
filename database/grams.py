"""An index of overlapping pairs of characters, by which a text of any language is found like by ``LIKE``, on both databases.

SQLite keeps it in an FTS5 table without content, PostgreSQL in a ``tsvector`` of lexemes of our own. A run of characters becomes
as many tokens as it has characters: each with the one behind it, the last alone. So a part of a run is a phrase of its pairs, a
single character the beginning of a token, and no phrase goes across the end of a run. Beside runs there are marks: tokens of
which only is known whether they are there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

_MOST_PLACES = 255
"""PostgreSQL keeps no more places of a lexeme (its manual, Text Search Types: "no more than 256 positions per lexeme")."""
_LAST_PLACE = 16_383
"""The greatest place that it keeps: those behind it become this one."""


@dataclass(frozen=True)
class Has:
    """Texts with this run in them: letters and digits only."""

    run: str


@dataclass(frozen=True)
class Marked:
    """Texts with all of these marks; with ``begun``, one that begins as the last."""

    marks: tuple[str, ...]
    begun: bool = False


@dataclass(frozen=True)
class All:
    """What fits each part, of which there is one at least."""

    parts: tuple[Question, ...]


@dataclass(frozen=True)
class Either:
    """What fits one part at least, of which there is one."""

    parts: tuple[Question, ...]


Question = Has | Marked | All | Either


@dataclass(frozen=True)
class Entry:
    """What the index knows of one text. Runs are letters and digits; marks hold neither blanks nor quotes."""

    runs: Sequence[str]
    marks: Sequence[str]

    def tokens(self) -> list[str]:
        """The runs as tokens, each at its place."""
        return [run[at : at + 2] for run in self.runs for at in range(len(run))]


class GramIndex:
    """The index of one table by its numbers; ``table`` is made by a migration and stands in no metadata."""

    def __init__(self, table: str) -> None:
        self.name = table
        self._table = sa.table(table)
        self._match: sa.ColumnElement[Any] = sa.literal_column(table)

    @property
    def tables(self) -> frozenset[str]:
        """Its table, and those that SQLite keeps for it."""
        sides = ("data", "idx", "docsize", "config", "content")
        return frozenset((self.name, *(f"{self.name}_{side}" for side in sides)))

    def put(self, session: Session, ident: int, entry: Entry, former: Entry | None) -> None:
        """Index a text; ``former`` is what was put last, None where nothing was. Who puts holds the text's row."""
        session.flush()
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            if former is not None:
                delete = f"INSERT INTO {self.name} ({self.name}, rowid, grams) VALUES ('delete', ?, ?)"  # noqa: S608 - ours
                connection.exec_driver_sql(delete, (ident, _line(former)))
            insert = f"INSERT INTO {self.name} (rowid, grams) VALUES (?, ?)"  # noqa: S608 - ours
            connection.exec_driver_sql(insert, (ident, _line(entry)))
            return
        vector, whole = _vector(entry)
        put = sa.text(
            f"INSERT INTO {self.name} (id, grams, whole) VALUES (:id, CAST(:grams AS tsvector), :whole)"  # noqa: S608 - ours
            " ON CONFLICT (id) DO UPDATE SET grams = excluded.grams, whole = excluded.whole"
        )
        connection.execute(put, {"id": ident, "grams": vector, "whole": whole})

    def empty(self, session: Session) -> None:
        """Forget everything."""
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"INSERT INTO {self.name} ({self.name}) VALUES ('delete-all')")  # noqa: S608 - ours
        else:
            connection.exec_driver_sql(f"DELETE FROM {self.name}")  # noqa: S608 - ours

    def matching(self, session: Session, key: Any, question: Question) -> sa.ColumnElement[bool]:
        """SQL: whether the text with the number ``key`` fits."""
        if session.connection().dialect.name == "sqlite":
            rowid: sa.Select[Any] = sa.select(sa.literal_column(f"{self.name}.rowid")).select_from(
                self._table
            )
            found = rowid.where(self._match.bool_op("MATCH")(sa.bindparam(None, _fts(question), sa.Text())))
        else:
            found = sa.select(sa.literal_column(f"{self.name}.id")).select_from(self._table)
            found = found.where(self._fits(question))
        fits: sa.ColumnElement[bool] = key.in_(found)
        return fits

    def _fits(self, question: Question) -> sa.ColumnElement[bool]:
        strict = _asks(_ts(question, phrases=True))
        if not _has_phrases(question):
            return strict
        whole = sa.literal_column("whole", sa.Text())
        loose = _asks(_ts(question, phrases=False))
        return sa.or_(strict, sa.and_(whole.is_not(None), loose, _reads(question, whole)))

    def size_bytes(self, session: Session) -> int:
        """How large it is on the disk."""
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            pages = f"SELECT coalesce(sum(length(block)), 0) FROM {self.name}_data"  # noqa: S608 - ours
        else:
            pages = f"SELECT pg_total_relation_size('{self.name}')"
        return int(connection.exec_driver_sql(pages).scalar_one())


def _line(entry: Entry) -> str:
    return " ".join((*entry.tokens(), *entry.marks))


def _vector(entry: Entry) -> tuple[str, str | None]:
    """The text of a ``tsvector``; and the runs themselves where places had to be left out, because there are too many."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, token in enumerate(entry.tokens(), 1):
        places[token].append(place)
    total = sum(map(len, places.values()))
    if total > _LAST_PLACE or any(len(one) > _MOST_PLACES for one in places.values()):
        known = [f"'{token}'" for token in places]
        return " ".join((*known, *(f"'{mark}'" for mark in entry.marks))), " ".join(entry.runs)
    known = [f"'{token}':{','.join(map(str, at))}" for token, at in places.items()]
    return " ".join((*known, *(f"'{mark}'" for mark in entry.marks))), None


def _pairs(run: str) -> Iterable[str]:
    return (run[at : at + 2] for at in range(max(1, len(run) - 1)))


def _fts(question: Question) -> str:
    """The question as FTS5 asks it."""
    match question:
        case Has(run):
            return f'"{" ".join(_pairs(run))}"' + (" *" if len(run) == 1 else "")
        case Marked(marks, begun):
            return _joined((f'"{mark}"' for mark in marks), " AND ", " *" if begun else "")
        case All(parts):
            return _joined(map(_fts, parts), " AND ")
        case Either(parts):
            return _joined(map(_fts, parts), " OR ")


def _ts(question: Question, *, phrases: bool) -> str:
    """The question as a ``tsquery``; without ``phrases`` only whether all pairs are there."""
    match question:
        case Has(run):
            pairs = (f"'{pair}'" for pair in _pairs(run))
            return _joined(pairs, " <-> " if phrases else " & ", ":*" if len(run) == 1 else "")
        case Marked(marks, begun):
            return _joined((f"'{mark}'" for mark in marks), " & ", ":*" if begun else "")
        case All(parts):
            return _joined((_ts(part, phrases=phrases) for part in parts), " & ")
        case Either(parts):
            return _joined((_ts(part, phrases=phrases) for part in parts), " | ")


def _joined(parts: Iterable[str], by: str, end: str = "") -> str:
    return f"({by.join(parts)}{end})"


def _asks(query: str) -> sa.ColumnElement[bool]:
    asked = sa.cast(sa.bindparam(None, query, sa.Text()), TSQUERY)
    return sa.literal_column("grams").bool_op("@@")(asked)


def _has_phrases(question: Question) -> bool:
    match question:
        case Has(run):
            return len(run) > 2
        case Marked():
            return False
        case All(parts) | Either(parts):
            return any(map(_has_phrases, parts))


def _reads(question: Question, whole: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """The question asked of the text itself."""
    match question:
        case Has(run):
            return whole.contains(run)
        case Marked():
            return _asks(_ts(question, phrases=False))
        case All(parts):
            return sa.and_(*(_reads(part, whole) for part in parts))
        case Either(parts):
            return sa.or_(*(_reads(part, whole) for part in parts))
