"""A sync of the followers that is cut off goes on from where it was, and nobody is lost or brought back by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
import sqlalchemy as sa

from community import follower_sync, followers, sync_runs
from database.session import Database
from ground import clock
from ground.errors import Conflict
from models import Follower, ListedFollower, SyncRun
from tests.community.conftest import Office
from wechat.outbound.client import Client
from wechat.outbound.endpoints.base import OpenidList
from wechat.outbound.endpoints.people import FollowerPage

NOW = datetime(2026, 9, 20, 19, 30, tzinfo=UTC)
PAGES = [[f"o{page}-{number}" for number in range(3)] for page in range(3)]


class Killed(BaseException):
    """The process ends here."""


class PagedWeChat:
    """The two calls of a sync, page by page, with what happens before each page."""

    def __init__(self, before: dict[int, Callable[[], None]] | None = None) -> None:
        self.asked: list[str] = []
        self._before = before or {}

    def followers(self, cursor: str = "") -> FollowerPage:
        """The page after this openid."""
        self.asked.append(cursor)
        number = next((n + 1 for n, page in enumerate(PAGES) if page[-1] == cursor), 0)
        if happens := self._before.pop(number, None):
            happens()
        page = PAGES[number] if number < len(PAGES) else []
        return FollowerPage(9, len(page), OpenidList(page), page[-1] if page else "")

    def tags_get(self) -> list[object]:
        """No tags."""
        return []


def run(db: Database, wechat: PagedWeChat) -> follower_sync.SyncReport:
    """One sync, as somebody had it done."""
    return follower_sync.sync(db, cast(Client, wechat))


def at_night(db: Database, wechat: PagedWeChat) -> follower_sync.SyncReport | None:
    """One sync, as a scheduler does it."""
    return follower_sync.at_night(db, cast(Client, wechat), actor="夜间核对")


def here(office: Office) -> set[str]:
    """Who follows by our table."""
    with office.db.read_scope() as session:
        return set(session.scalars(sa.select(Follower.openid).where(Follower.gone.is_(False))))


@pytest.fixture(autouse=True)
def _at_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def later(monkeypatch: pytest.MonkeyPatch, **delta: float) -> None:
    """So much later."""
    moment = clock.now() + timedelta(**delta)
    monkeypatch.setattr(clock, "now", lambda: moment)


def kill() -> None:
    raise Killed


def test_after_a_kill_the_next_process_goes_on_from_the_page_that_was_kept(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Killed):
        at_night(office.db, PagedWeChat({2: kill}))
    assert here(office) == set(), "half a list is not acted on"
    with office.db.read_scope() as session:
        last = sync_runs.last(session)
        assert last is not None
        assert (last.cursor, last.listed, last.total, last.finished_at) == (PAGES[1][-1], 6, 9, None)
        assert not sync_runs.wanted(session, clock.now()), "somebody may be at work"
    with pytest.raises(Conflict, match="正在"):
        run(office.db, PagedWeChat())
    later(monkeypatch, minutes=3)
    with office.db.read_scope() as session:
        assert sync_runs.wanted(session, clock.now())
    wechat = PagedWeChat()
    report = at_night(office.db, wechat)
    assert wechat.asked[0] == PAGES[1][-1], "not from the beginning"
    assert report is not None
    assert (report.following, report.added) == (9, 9)
    assert len(here(office)) == 9
    assert at_night(office.db, PagedWeChat()) is None, "once a night"
    with office.db.read_scope() as session:
        assert session.scalars(sa.select(ListedFollower)).all() == []
        assert len(session.scalars(sa.select(SyncRun)).all()) == 1


def test_a_list_that_was_left_for_half_a_day_is_read_anew(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Killed):
        run(office.db, PagedWeChat({2: kill}))
    later(monkeypatch, hours=13)
    wechat = PagedWeChat()
    run(office.db, wechat)
    assert wechat.asked[0] == ""
    with office.db.read_scope() as session:
        errors = session.scalars(sa.select(SyncRun.error).order_by(SyncRun.id)).all()
    assert list(errors) == ["中途停止，没有完成", ""]


def test_who_comes_or_goes_while_the_list_is_read_is_where_they_are(office: Office) -> None:
    gone, new = PAGES[0][1], "oNew"
    with office.db.session_scope() as session:
        followers.follow(session, gone, scene=None, at=NOW - timedelta(days=9))
        followers.follow(session, "oLeftLongAgo", scene=None, at=NOW - timedelta(days=9))

    def meanwhile() -> None:
        with office.db.session_scope() as session:
            followers.follow(session, new, scene=None, at=NOW + timedelta(seconds=1))
            followers.unfollow(session, gone, at=NOW + timedelta(seconds=1))
            followers.unfollow(session, PAGES[0][2], at=NOW + timedelta(seconds=1))

    report = run(office.db, PagedWeChat({2: meanwhile}))
    assert report.left == 1
    expected = {openid for page in PAGES for openid in page} - {gone, PAGES[0][2]} | {new}
    assert here(office) == expected


def test_a_process_whose_lease_was_taken_over_does_no_more(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken() -> None:
        later(monkeypatch, minutes=3)
        run(office.db, PagedWeChat())

    with pytest.raises(Conflict, match="另一个进程"):
        run(office.db, PagedWeChat({1: overtaken}))
    assert len(here(office)) == 9
    with office.db.read_scope() as session:
        last = sync_runs.last(session)
    assert last is not None
    assert last.error == ""
