"""The engine that the present version of the lexicon makes, built once for each version."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from content.lexicon import shipped
from content.proofing.engine import Engine
from content.proofing.entries import Entry, EntryKind
from content.proofing.findings import Severity
from models import LexiconEntry, LexiconVersion

_MOST = 4
_made: OrderedDict[str, Engine] = OrderedDict()
_making = threading.Lock()
_SHIPPED = "shipped"


@dataclass(frozen=True)
class Current:
    """The version's number (0: nothing but what came with the product) and its engine."""

    number: int
    engine: Engine


def current(session: Session) -> Current:
    """What is in force now."""
    found = session.execute(
        sa.select(LexiconVersion.number, LexiconVersion.digest)
        .order_by(LexiconVersion.number.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        return as_shipped()
    with _making:
        engine = _made.get(found.digest)
        if engine is None:
            engine = _keep(found.digest, Engine(entries_of(session, found.number)))
        _made.move_to_end(found.digest)
    return Current(found.number, engine)


def as_shipped() -> Current:
    """What came with the product, for an office that has changed nothing yet."""
    with _making:
        return Current(0, _made.get(_SHIPPED) or _keep(_SHIPPED, Engine(shipped.entries())))


def entries_of(session: Session, number: int) -> list[Entry]:
    """What was in force at one version."""
    query = sa.select(LexiconEntry).where(
        LexiconEntry.active,
        LexiconEntry.since <= number,
        sa.or_(LexiconEntry.gone.is_(None), LexiconEntry.gone > number),
    )
    return [entry_of(row) for row in session.scalars(query.order_by(LexiconEntry.kind, LexiconEntry.text))]


def entry_of(row: LexiconEntry) -> Entry:
    """A row as the engine takes it."""
    return Entry(
        kind=EntryKind(row.kind),
        text=row.text,
        suggestion=row.suggestion,
        reason=row.reason,
        severity=Severity(row.severity),
        unless=tuple(word for word in row.apart.split("/") if word),
        order=row.rank,
        until=row.until,
    )


def _keep(digest: str, engine: Engine) -> Engine:
    _made[digest] = engine
    while len(_made) > _MOST:
        _made.popitem(last=False)
    return engine
