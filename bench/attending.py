"""Live counts, ledger and check-in at ten million check-ins, against a hundred thousand; PostgreSQL makes the rows.

    python -m bench.attending [--large 10000000] [--rounds 15]

Two databases stand side by side with the same 2,000 members in 120 branches. In both everybody was expected at each activity and
came; one has a hundred times the activities of the other. The same is asked of both by turns, by the services that the pages ask.
The figure is the ratio of the quickest answers, for noise only adds. The rows take some minutes and some gigabytes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import sqlalchemy as sa

import runtime as parts
from bench import frame
from community import activities, attendance, checkin, counting, ledger, my_activities
from database.session import Session
from ground import clock
from models import Activity, User
from runtime import Runtime
from settings import Limits
from tests.fixtures.configuration import make_settings
from tests.world import activities as held
from tests.world import many

SMALL = 100_000
PEOPLE = 2_000
BUDGET = 1.5
_PIECE = 500
"""So many activities by one statement: a million records."""
_TABLES = ("check_in", "expected_member")
_ASKED = 1
"""The activity that is looked at: open now, and everybody has come."""

Work = Callable[[Runtime, Path], object]


def fill(runtime: Runtime, records: int) -> None:
    """One activity that is open now, the others one every three hours backwards, each with a record of everybody."""
    with runtime.db.session_scope() as session:
        many.user(session)
        people = many.members(session, many.branches(session), PEOPLE)
        many.followers(session, people)
        held.activity(session)
        session.execute(
            sa.text(
                "INSERT INTO activity (title, keyword, kind, purpose, place, starts_at, ends_at, for_all, status, created_by,"
                " created_at, frozen_at) SELECT '第' || n || '次学习', '', 'event', '集中学习', '',"
                " CAST(:now AS timestamptz) - n * interval '3 hours' - interval '1 day',"
                " CAST(:now AS timestamptz) - n * interval '3 hours' - interval '22 hours', true, 'open', 1, :now, :now"
                " FROM generate_series(1, :count) AS n"
            ),
            {"now": clock.now(), "count": records // PEOPLE - 1},
        )
        session.execute(sa.text("UPDATE activity SET frozen_at = starts_at"))
    indexes = _drop_indexes(runtime)
    last = records // PEOPLE
    for first in range(1, last + 1, _PIECE):
        with runtime.db.session_scope() as session:
            session.execute(
                sa.text("SET LOCAL session_replication_role = replica")
            )  # all they point to is there
            span = {"first": first, "last": min(first + _PIECE - 1, last)}
            session.execute(sa.text(_RECORDS), span)
            session.execute(sa.text(_EXPECTED), span)
    with runtime.db.session_scope() as session:
        for made in indexes:
            session.execute(sa.text(made))
        many.settle(session)


_RECORDS = (
    "INSERT INTO check_in (activity_id, member_id, branch_id, at, via, made_up, reason)"
    " SELECT a.id, m.id, m.branch_id, a.starts_at + m.id % 60 * interval '1 minute', 'reply', m.id % 40 = 0, ''"
    " FROM activity AS a CROSS JOIN member AS m WHERE a.id BETWEEN :first AND :last"
)
_EXPECTED = (
    "INSERT INTO expected_member (activity_id, member_id, branch_id, added_at, reason)"
    " SELECT a.id, m.id, m.branch_id, a.starts_at, '' FROM activity AS a CROSS JOIN member AS m"
    " WHERE a.id BETWEEN :first AND :last"
)


def _drop_indexes(runtime: Runtime) -> list[str]:
    """Take the plain indexes of the two tables away while they are filled; the statements that make them again."""
    with runtime.db.session_scope() as session:
        rows = session.execute(
            sa.text(
                "SELECT i.indexname, i.indexdef FROM pg_indexes AS i WHERE i.tablename IN :tables AND NOT EXISTS"
                " (SELECT 1 FROM pg_constraint AS c WHERE c.conname = i.indexname)"
            ).bindparams(sa.bindparam("tables", list(_TABLES), expanding=True))
        ).all()
        for name, _ in rows:
            session.execute(sa.text(f'DROP INDEX "{name}"'))
    return [made for _, made in rows]


def reading(read: Callable[[Session, User, Activity], object]) -> Work:
    """What asks the database in one read."""

    def work(runtime: Runtime, _: Path) -> object:
        with runtime.db.read_scope() as session:
            return read(session, session.get_one(User, 1), session.get_one(Activity, _ASKED))

    return work


def write_ledger(runtime: Runtime, inside: Path) -> object:
    """The whole file, as the button gives it."""
    with runtime.db.read_scope() as session:
        loaded = ledger.load(session, _ASKED, at=clock.now(), user=session.get_one(User, 1))
    rows = ledger.carry_out(runtime.db, loaded, inside / "ledger.xlsx")
    assert rows == PEOPLE, rows
    return rows


def check_in(runtime: Runtime, _: Path) -> object:
    """A member who has come already says so once more: all that 签到 asks, and nothing written."""
    with runtime.db.connection_scope() as connection:
        openid = many.openid(1)
        said = checkin.by_reply(
            connection, openid, keyword=None, choice=None, at=clock.now(), message_key=None
        )
    assert said.kind == "already", said
    return said


WORKS: dict[str, Work] = {
    "live count of an activity": reading(lambda session, user, one: counting.counts(session, one, user=user)),
    "the latest who came": reading(attendance.recent_records),
    "counts of a page of activities": reading(
        lambda session, user, _: counting.counts_of(
            session, activities.page(session, user, at=clock.now()).activities, user=user
        )
    ),
    "ledger, the file": write_ledger,
    "a member's 签到": check_in,
    "a member's 我的记录": reading(
        lambda session, _, __: checkin.mine(session, many.openid(1), at=clock.now())
    ),
    "a member's activities": reading(
        lambda session, _, __: my_activities.of_follower(session, 1, at=clock.now(), limits=Limits())
    ),
}


def compare(pair: list[Runtime], inside: Path, rounds: int, large: int) -> None:
    """Print one line a question."""
    for what, work in WORKS.items():
        times = max(3, rounds // 3) if work is write_ledger else rounds
        took = [[frame.timed(partial(work, one, inside)) for one in pair] for _ in range(times + 1)]
        few, lots = (min(side) for side in zip(*took[1:], strict=True))
        beside = f"{few * 1000:.1f} -> {lots * 1000:.1f} ms"
        frame.line(f"{what}: {large:,} by {SMALL:,}", lots / few, "x", budget=BUDGET, beside=beside)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="bench.attending")
    parser.add_argument("--large", type=int, default=10_000_000, metavar="RECORDS")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with frame.folder() as inside, frame.postgres() as server:
        if server is None:
            return 1
        with frame.fresh_postgres(server) as small, frame.fresh_postgres(server) as large:
            pair = []
            for url, records in ((small, SMALL), (large, options.large)):
                pair.append(parts.build(make_settings(database={"url": url})))
                took = frame.timed(partial(fill, pair[-1], records))
                frame.line(f"rows made for {records:,} check-ins", took, "s")
            compare(pair, inside, options.rounds, options.large)
            for runtime in pair:
                runtime.close()
    print(frame.load())
    return 0


if __name__ == "__main__":
    sys.exit(main())
