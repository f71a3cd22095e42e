"""An office to test in: places, a few members, users and followers; and the command line, in this process."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import Result
from sqlalchemy.orm import Session

from app import create_app
from community import places, roster, roster_file
from database.session import Database
from models import Activity, Branch, Member, User
from runtime import Runtime, build
from settings import Settings
from tests.fixtures.configuration import make_settings
from tests.world import accounts, activities, followers, members
from tests.world.places import sample

DATA = Path(__file__).resolve().parents[1] / "data"
BRANCH = "湖东社区党支部"
HEADER = ("序号", "姓名", "性别", "所在党支部", "网格", "手机号码", "入党时间", "党内职务", "备注")
NOON = datetime(2026, 9, 20, 4, 0, tzinfo=UTC)
"""12:00 in Shanghai on 2026-09-20."""


def sheet_bytes(
    rows: Sequence[Sequence[Any]], *, name: str = "名册", more: Callable[[Any], None] | None = None
) -> bytes:
    """An .xlsx with these rows on one sheet; ``more`` may add to the workbook."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, column, value, book.add_format({"num_format": "yyyy-mm-dd"}))
                elif value != "":
                    sheet.write(number, column, value)
        if more is not None:
            more(book)
    return out.getvalue()


def person(name: str, phone: Any, branch: str = BRANCH, **other: Any) -> list[Any]:
    """One row below :data:`HEADER`."""
    row = {
        "序号": 1,
        "姓名": name,
        "性别": "女",
        "所在党支部": branch,
        "网格": "",
        "手机号码": phone,
        "入党时间": "2001-03-26",
        "党内职务": "",
        "备注": "",
    }
    row.update(other)
    return [row[column] for column in HEADER]


@dataclass
class Office:
    """A database with the places of the sample workbook, and short ways to put people into it."""

    runtime: Runtime
    counter: int = field(default=0)

    @property
    def db(self) -> Database:
        """Its database."""
        return self.runtime.db

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return self.runtime.settings

    def import_people(self, rows: Sequence[Sequence[Any]]) -> roster.Plan:
        """Import rows below :data:`HEADER`; all must be in order."""
        plan = self.plan_of(sheet_bytes([HEADER, *rows]))
        assert not plan.errors, plan.errors
        roster.carry_out(self.db, plan, file_name="test.xlsx")
        return plan

    def plan_of(self, data: bytes) -> roster.Plan:
        """What an import of these bytes would do."""
        parsed = roster_file.parse(data, max_rows=5000, today=NOON.date())
        with self.db.read_scope() as session:
            return roster.plan(session, parsed)

    def plan_of_rows(self, rows: Sequence[Sequence[Any]]) -> roster.Plan:
        """What an import of these rows below :data:`HEADER` would do."""
        return self.plan_of(sheet_bytes([HEADER, *rows]))

    def branch(self, session: Session, name: str = BRANCH) -> Branch:
        """A branch of the sample workbook."""
        return places.branch_named(session, name)

    def user(self, role: str = "admin", branch: str = "", name: str = "") -> User:
        """A console user, who does not sign in."""
        self.counter += 1
        with self.db.session_scope() as session:
            of = self.branch(session, branch) if branch else None
            return accounts.account(session, name or f"{role}{self.counter}", role, branch=of, at=NOON)

    def member(self, name: str = "张小三", branch: str = BRANCH, phone: str = "") -> int:
        """A member on the roster; the id."""
        with self.db.session_scope() as session:
            of = self.branch(session, branch)
            return members.member(session, name, of, phone_number=phone, at=NOON).id

    def bound(self, openid: str, name: str = "张小三", branch: str = BRANCH, at: datetime = NOON) -> int:
        """A follower who is bound to a new member; the member's id."""
        with self.db.session_scope() as session:
            member = members.member(session, name, self.branch(session, branch), at=NOON)
            followers.follower(session, openid, at=at - timedelta(days=1))
            followers.bind(session, openid, member, at=at)
            return member.id

    def activity(
        self, title: str = "主题党日", *branches: str, starts: datetime = NOON, hours: float = 2, **more: Any
    ) -> Activity:
        """An activity of these branches (none: of all) that opens at ``starts``."""
        with self.db.session_scope() as session:
            invited = [self.branch(session, name) for name in branches]
            return activities.activity(session, title, branches=invited, starts=starts, hours=hours, **more)

    def came(self, activity: Activity, *member_ids: int) -> None:
        """These members reply 签到 when it begins; who has not bound does so before."""
        at = activity.starts_at
        with self.db.session_scope() as session:
            for member_id in member_ids:
                openid = followers.openid_of(session, member_id)
                if openid is None:
                    openid = f"o-{member_id}"
                    followers.bind(session, openid, session.get_one(Member, member_id), at=at)
                activities.check_in(session, openid, activity, at=at)

    def entered(self, activity: Activity, *member_ids: int, reason: str = "纸质签到表补录") -> None:
        """These members are entered from the paper sheet when it begins."""
        with self.db.session_scope() as session:
            activities.paper_sheet(session, activity, member_ids, at=activity.starts_at, reason=reason)


@pytest.fixture
def office(settings: Settings) -> Iterator[Office]:
    """An office with places and nobody in it, once on SQLite and once on PostgreSQL."""
    with _opened(settings) as opened:
        yield opened


@pytest.fixture
def sqlite_office(sqlite_url: str) -> Iterator[Office]:
    """The same on SQLite alone, where a test can watch the driver."""
    with _opened(make_settings(database={"url": sqlite_url})) as opened:
        yield opened


@pytest.fixture
def postgres_office(postgres_url: str) -> Iterator[Office]:
    """The same on PostgreSQL alone, where transactions run side by side."""
    with _opened(make_settings(database={"url": postgres_url})) as opened:
        yield opened


@pytest.fixture(scope="module")
def full_office(module_database_url: str) -> Iterator[Office]:
    """An office with the whole sample roster, shared by the tests of a file: they must not change it."""
    with _opened(make_settings(database={"url": module_database_url})) as whole:
        plan = whole.plan_of((DATA / "roster.xlsx").read_bytes())
        roster.carry_out(whole.db, plan, file_name="roster.xlsx")
        yield whole


@contextmanager
def _opened(settings: Settings) -> Iterator[Office]:
    runtime = build(settings)
    with runtime.db.session_scope() as session:
        sample(session, at=NOON)
    yield Office(runtime)
    runtime.close()


@pytest.fixture
def flask(settings: Settings) -> Callable[..., Result]:
    """Run a ``flask`` command in this process: ``flask("member", "import", path, "--json")``."""
    runner = create_app(settings).test_cli_runner()

    def run(*args: object, text: str | None = None) -> Result:
        return runner.invoke(args=[str(arg) for arg in args], input=text)

    return run
