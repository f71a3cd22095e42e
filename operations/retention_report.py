"""What the retention job owes and what it has done, in counts: the proof that the table is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from database.session import Database
from models import RetentionRun
from operations.kept import Kind
from operations.retention import KINDS
from operations.sweeps import Moment, Standing
from settings import Settings

GRACE = timedelta(hours=2)
"""The job runs each hour; what became due since its last run is not late yet."""
_OF_FOLLOWERS = frozenset(
    {
        "member",
        "follower",
        "tag",
        "inbound.body",
        "outbox",
        "quota",
        "notice",
        "check_in",
        "make_up",
        "leave",
        "arrival",
        "sign_up",
        "data_request",
        "consent",
        "notice_consent",
    }
)
"""What somebody who follows would recognise as theirs; the rest of the table is the machine's or the office's."""


@dataclass(frozen=True)
class Line:
    """One kind: how much is there, and what the last run did. ``run`` is None where nothing ends by time or nothing ran yet."""

    kind: Kind
    standing: Standing
    run: RetentionRun | None

    @property
    def overdue(self) -> int:
        """How many should be gone."""
        return self.standing.due

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing of it, and nothing to do."""
        return not self.standing.rows and not self.standing.due

    @property
    def was_cut_off(self) -> bool:
        """Whether the last run did not come to its end."""
        return self.run is not None and self.run.finished_at is None


@dataclass(frozen=True)
class Report:
    """All kinds, in the table's order."""

    lines: list[Line]

    @property
    def present(self) -> list[Line]:
        """The kinds of which there is something."""
        return [line for line in self.lines if not line.is_empty]

    @property
    def empty(self) -> list[Line]:
        """The kinds of which there is nothing."""
        return [line for line in self.lines if line.is_empty]

    @property
    def overdue(self) -> int:
        """How many of any kind should be gone; 0 when all is well."""
        return sum(line.overdue for line in self.lines)

    @property
    def last_run(self) -> datetime | None:
        """When the job last came to its end."""
        ends = [line.run.finished_at for line in self.lines if line.run and line.run.finished_at]
        return min(ends, default=None)


def report(db: Database, settings: Settings, now: datetime) -> Report:
    """Look at every kind as it stands at ``now``."""
    with db.read_scope() as session:
        runs = {run.kind: run for run in session.scalars(sa.select(RetentionRun))}
    at = Moment(settings, now - GRACE)
    return Report([Line(kind, kind.standing(db, at), runs.get(kind.name)) for kind in KINDS])


def as_dict(found: Report, settings: Settings) -> dict[str, Any]:
    """As JSON: counts and times only."""
    return {"overdue": found.overdue, "kinds": [_as_dict(line, settings) for line in found.lines]}


def _as_dict(line: Line, settings: Settings) -> dict[str, Any]:
    standing, run = line.standing, line.run
    return {
        "kind": line.kind.name,
        "where": list(line.kind.where),
        "what": line.kind.what,
        "keep": line.kind.time(settings),
        "then": line.kind.then,
        "rows": standing.rows,
        "oldest": standing.oldest,
        "overdue": line.overdue,
        "last_run": run.finished_at if run else None,
        "removed": run.removed if run else 0,
        "removed_in_all": run.total if run else 0,
        "cut_off": line.was_cut_off,
    }


def for_followers(settings: Settings) -> list[tuple[str, str, str]]:
    """What is kept of those who follow, how long, and what becomes of it then: the table's rows that their own page shows."""
    return [(kind.what, kind.time(settings), kind.then) for kind in KINDS if kind.name in _OF_FOLLOWERS]
