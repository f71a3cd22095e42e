"""An office in one process: the application on a fresh database, and browsers of its people without a browser."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

import runtime
from accounts import users
from app import create_app
from community import places
from content import columns
from models import Member, User
from settings import Settings
from tests.fixtures.configuration import make_settings
from tests.world import accounts, articles, followers, members
from tests.world.places import sample

PASSWORD = "Office-2026-lamp"
DATA = Path(__file__).parents[1] / "data"
ROLES = {
    "admin": "admin",
    "editor": "editor",
    "first": "reviewer",
    "second": "reviewer",
    "third": "reviewer",
    "secretary": "secretary",
    "auditor": "auditor",
}
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_HASH = users.hash_password(PASSWORD)


class Desk:
    """One person's browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = ""

    def get(self, path: str, status: int = 200, **options: Any) -> str:
        """The page; its form token is kept for the next post."""
        answer = self.client.get(path, **options)
        assert answer.status_code == status, f"{path}: {answer.status_code} {text_of(answer)[:400]}"
        self._keep(answer)
        return answer.text

    def post(
        self, path: str, data: dict[str, Any] | None = None, status: int = 303, **options: Any
    ) -> TestResponse:
        """Post a form with its token; a 303 is not followed."""
        if not self.token:
            self.get("/console/help")
        answer = self.client.post(path, data={"csrf_token": self.token, **(data or {})}, **options)
        assert answer.status_code == status, f"{path}: {answer.status_code} {text_of(answer)[:400]}"
        self._keep(answer)
        return answer

    def follow(self, answer: TestResponse) -> str:
        """Where a 303 leads."""
        assert answer.status_code == 303, answer.status_code
        return self.get(answer.location)

    def _keep(self, answer: TestResponse) -> None:
        if answer.mimetype == "text/html" and (found := _TOKEN.search(answer.text)):
            self.token = found[1]


def text_of(answer: TestResponse) -> str:
    """What a page says, without its markup."""
    return " ".join(
        unescape(re.sub(r"<(script|style|template).*?</\1>|<[^>]+>", " ", answer.text, flags=re.S)).split()
    )


def field(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    assert found, f"no field {name}"
    return unescape(found[1])


class Office:
    """The application, its database and its people."""

    def __init__(self, settings: Settings) -> None:
        self.parts = runtime.build(settings)
        self.app: Flask = create_app(settings, self.parts)
        self.app.testing = True
        self.desks: dict[str, Desk] = {}
        with self.parts.db.session_scope() as session:
            if session.scalar(sa.select(sa.func.count(User.id))) == 0:
                self._furnish(session)
            self.branch_id = places.branches(session)[0].id

    @staticmethod
    def _furnish(session: Session) -> None:
        columns.ensure_defaults(session)
        first, *_ = sample(session)
        for name, role in ROLES.items():
            branch = first if role == "secretary" else None
            accounts.account(session, name, role, branch=branch, display_name=name, password_hash=_HASH)

    def stranger(self) -> Desk:
        """A browser in which nobody is signed in."""
        return Desk(self.app.test_client())

    def desk(self, username: str) -> Desk:
        """The browser in which this person is signed in, kept for the whole test."""
        if username not in self.desks:
            desk = self.stranger()
            desk.get("/console/login")
            desk.post("/console/login", {"username": username, "password": PASSWORD})
            desk.token = ""  # it was the stranger's; the first page that is opened brings this person's
            self.desks[username] = desk
        return self.desks[username]

    def read(self, query: sa.Select[Any]) -> Any:
        """One value from the database."""
        with self.parts.db.read_scope() as session:
            return session.scalar(query)

    def article(self, title: str = "社区里的一件小事", status: str = "draft", column: str = "news") -> int:
        """An article of the editor that WeChat would take, at this status."""
        said = {"author": "社区", "digest": "一件小事", "html": "<p>楼道里的灯修好了。</p>"}
        folder = self.parts.settings.data_dir
        return articles.article(self.parts.db, folder, title, status=status, column=column, **said)

    def member(self, session: Session, name: str, branch_id: int | None = None, openid: str = "") -> Member:
        """A member on the roster, bound to a follower where there is an ``openid``."""
        branch = places.branch(session, branch_id or self.branch_id)
        member = members.member(session, name, branch, phone_number="13800001234")
        if openid:
            followers.bind_all(session, [openid], [member])
        return member

    def close(self) -> None:
        """Give back what is held."""
        self.parts.close()


@pytest.fixture(scope="module")
def furnished(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with an office in it, to be copied: furnishing one takes as long as a test."""
    folder = tmp_path_factory.mktemp("office")
    path = folder / "office.db"
    shutil.copyfile(sqlite_template, path)
    made = Office(make_settings(database={"url": f"sqlite:///{path}"}, server={"data_dir": str(folder)}))
    made.close()  # the last one to leave writes the log back into the file
    assert not path.with_name("office.db-wal").exists()
    return path


@pytest.fixture
def office(furnished: Path, tmp_path: Path) -> Iterator[Office]:
    """An office with its columns, places and one person of each role, on SQLite."""
    path = tmp_path / "office.db"
    shutil.copyfile(furnished, path)
    made = Office(
        make_settings(database={"url": f"sqlite:///{path}"}, server={"data_dir": str(tmp_path / "var")})
    )
    yield made
    made.close()


@pytest.fixture
def office_anywhere(settings: Settings) -> Iterator[Office]:
    """The same, once on SQLite and once on PostgreSQL."""
    made = Office(settings)
    yield made
    made.close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Requests are not news."""


@pytest.fixture
def site(office: Office) -> Iterator[str]:
    """The office behind a port."""
    server = make_server("127.0.0.1", 0, office.app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join(5)


def links(page: str) -> set[str]:
    """The addresses on our own host that a page links to, without query."""
    found = set()
    for address in re.findall(r'(?:href|action|hx-get|hx-post)="([^"]+)"', page):
        parts = urlsplit(unescape(address))
        if not parts.netloc and parts.path.startswith("/"):
            found.add(parts.path)
    return found
