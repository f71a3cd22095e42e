"""Pages at the everyday number of rows and at a hundred times as many: lists, reports, live counts, the reader.

    python -m bench.lists [--rounds 15] [--sql]

Two databases stand side by side, one with a hundred times the articles, pushes, deliveries, activities, check-ins, quota and
audit entries of the other, and the same people. The same pages are asked of both by turns, through the whole application in this
process. The figure is the ratio of the quickest answers, for noise only adds. ``--sql`` prints the time that each page spends in
its statements, too.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

import runtime as parts
from accounts import sessions
from app import create_app
from bench import frame
from ground import clock
from models import Delivery, QuotaUse
from operations import indexing
from runtime import Runtime
from tests.fixtures.configuration import make_settings
from tests.world import activities, many
from web.access import TOKEN

TIMES = 100
BUDGET = 1.5
BUDGET_SEARCH_MS = 50
SEARCH = "article list, searched"
PEOPLE = 2_279
PAGES = {
    "desk": "/console/",
    "article list": "/console/articles",
    "article list, in review": "/console/articles?status=in_review",
    SEARCH: "/console/articles?q=%E5%B1%85%E6%B0%91",
    "article": "/console/articles/50",
    "push list": "/console/pushes",
    "push report": "/console/pushes/1",
    "push report, live": "/console/pushes/1/live",
    "calendar": "/console/calendar",
    "queue": "/console/queue",
    "activity list": "/console/activities",
    "activity list, past": "/console/activities?when=past",
    "activity": "/console/activities/1",
    "activity, live count": "/console/activities/1/live",
    "make-up requests": "/console/make-ups",
    "roster": "/console/members",
    "audit trail": "/console/audit",
    "a branch's page": "/branch/1/",
    "reader's home": "/m/",
    "reader's column": "/m/study",
    "reader's column, page 5": "/m/study?page=5",
    "reader's article": "/m/a/50",
}


def fill(runtime: Runtime, times: int) -> str:
    """Everyday data and ``times`` as much history; a session's token."""
    with runtime.db.session_scope() as session:
        user = many.user(session)
        people = many.members(session, many.branches(session), PEOPLE)
        many.followers(session, people)
        activity = activities.activity(session)
        many.check_ins(session, activity.id, people[:2000])
        token = sessions.open_session(session, user, hours=12, at=clock.now())
        user_id = user.id
    with runtime.db.session_scope() as session:
        held = many.articles(session, user_id, 200 * times)
        many.pushes(session, user_id, held, 1, 120)
        many.pushes(session, user_id, held, 100 * times, 5)
        many.past_activities(session, user_id, people, 100 * times, 10)
        many.audit_trail(session, user_id, 500 * times)
        _quota(session, people[:500], times)
    with runtime.db.session_scope() as session:
        many.settle(session)
    for _ in indexing.steps(runtime.db):
        pass
    return token


def _quota(session: Any, people: list[tuple[int, int]], months: int) -> None:
    """One use a person and month, this month and backwards."""
    delivery = session.scalar(sa.select(sa.func.min(Delivery.id)))
    now = clock.now()
    this = clock.shanghai_day(now).year * 12 + clock.shanghai_day(now).month - 1
    for back in range(months):
        period = f"{(this - back) // 12}-{(this - back) % 12 + 1:02d}"
        rows = [
            {
                "subject": many.openid(ident) if not back else f"{many.openid(ident)}-{back}",
                "period": period,
                "delivery_id": delivery,
                "state": "used",
                "at": now,
            }
            for ident, _ in people
        ]
        session.execute(sa.insert(QuotaUse), rows)


class Office:
    """The application on one database, and a browser of an administrator."""

    def __init__(self, url: str, inside: Path, times: int) -> None:
        settings = make_settings(
            database={"url": url}, server={"data_dir": str(inside), "base_url": "http://localhost"}
        )
        self.runtime = parts.build(settings)
        self.client: FlaskClient = create_app(settings, self.runtime).test_client()
        token = fill(self.runtime, times)
        with self.client.session_transaction() as session:
            session[TOKEN] = token
        self.sql_s = 0.0
        self._began = 0.0
        sa.event.listen(self.runtime.db.engine, "before_cursor_execute", self._before)
        sa.event.listen(self.runtime.db.engine, "after_cursor_execute", self._after)

    def _before(self, *_: Any) -> None:
        self._began = time.perf_counter()

    def _after(self, *_: Any) -> None:
        self.sql_s += time.perf_counter() - self._began

    def ask(self, path: str) -> tuple[float, float]:
        """Seconds of a page, and of its statements."""
        self.sql_s = 0.0
        began = time.perf_counter()
        answer = self.client.get(path)
        took = time.perf_counter() - began
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return took, self.sql_s


@contextmanager
def offices(kind: str, server: str | None, inside: Path) -> Iterator[tuple[Office, Office]]:
    """One with everyday data and one with a hundred times as much."""
    if kind == "sqlite":
        urls = [frame.fresh_sqlite(inside, f"lists-{times}.db") for times in (1, TIMES)]
        pair = [Office(url, inside, times) for url, times in zip(urls, (1, TIMES), strict=True)]
        yield pair[0], pair[1]
        for office in pair:
            office.runtime.close()
        return
    assert server is not None
    with frame.fresh_postgres(server) as small, frame.fresh_postgres(server) as large:
        pair = [Office(url, inside, times) for url, times in ((small, 1), (large, TIMES))]
        yield pair[0], pair[1]
        for office in pair:
            office.runtime.close()


def compare(kind: str, few: Office, many: Office, rounds: int, show_sql: bool) -> None:
    """Print one line a page."""
    for name, path in PAGES.items():
        few.ask(path), many.ask(path)
        asked = [(few.ask(path), many.ask(path)) for _ in range(rounds)]
        little, much = (min(pair[side][0] for pair in asked) for side in (0, 1))
        beside = f"{little * 1000:.1f} -> {much * 1000:.1f} ms"
        if show_sql:
            sql = [min(pair[side][1] for pair in asked) for side in (0, 1)]
            beside += f", in statements {sql[0] * 1000:.2f} -> {sql[1] * 1000:.2f} ms"
        if name == SEARCH:  # what it finds is counted, so it has a budget of its own
            frame.line(f"{kind}: {name}", much * 1000, "ms", budget=BUDGET_SEARCH_MS, beside=beside)
        else:
            frame.line(f"{kind}: {name}", much / little, "x", budget=BUDGET, beside=beside)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="bench.lists")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--sql", action="store_true", help="print the time in statements, too")
    options = parser.parse_args()
    with frame.folder() as inside, frame.postgres() as server:
        for kind in ("sqlite", "postgresql") if server else ("sqlite",):
            with offices(kind, server, inside) as (few, many):
                compare(kind, few, many, options.rounds, options.sql)
    return 0


if __name__ == "__main__":
    sys.exit(main())
