"""An office whose followers write to the account and open 我的资料, with WeChat's page for who it is."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

import runtime as parts
from accounts import users
from app import create_app
from localwechat.testing import SandboxControl
from models import Branch
from runtime import Runtime
from settings import Settings, with_base_url
from tests.fixtures.configuration import make_settings
from tests.fixtures.live import PASSWORD
from tests.fixtures.processes import free_port
from tests.inbound.conftest import OPENID, Office, account_of, furnish
from tests.inbound.platform import Phone
from tests.world import accounts
from tests.world.linked import sections_for
from wechat.inbound.callback import make_callback

ROOT = "http://localhost"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Reader:
    """A browser inside WeChat, of somebody whose openid WeChat knows; scripts are not needed."""

    def __init__(self, client: FlaskClient, openid: str = "") -> None:
        self.client = client
        self.openid = openid
        self._token = ""

    def get(self, address: str, status: int = 200) -> str:
        """The page at an address of ours, WeChat's page passed through where it leads there."""
        answer = self.client.get(address.removeprefix(ROOT))
        for _ in range(4):
            if answer.status_code != 303:
                break
            answer = self.client.get(self.back_from(answer.location))
        assert answer.status_code == status, f"{address}: {answer.status_code} {answer.text[:300]}"
        if found := _TOKEN.search(answer.text):
            self._token = found[1]
        return answer.text

    def back_from(self, location: str) -> str:
        """Where a redirect leads in the end: WeChat's page sends its reader back to us."""
        if "/connect/oauth2/authorize" not in location:
            return location.removeprefix(ROOT)
        cookies = {"sandbox_openid": self.openid}
        back = requests.get(location, cookies=cookies, allow_redirects=False, timeout=10)
        assert back.status_code == 302, back.text
        target = urlsplit(back.headers["Location"])
        return f"{target.path}?{target.query}"

    def post(self, address: str, status: int = 200, **form: str) -> TestResponse:
        """Send a form of the page that was looked at last."""
        answer = self.client.post(address.removeprefix(ROOT), data={"csrf_token": self._token, **form})
        if answer.status_code == 303 and status == 200:
            answer = self.client.get(answer.location)
        assert answer.status_code == status, f"{address}: {answer.status_code} {answer.text[:300]}"
        if answer.mimetype == "text/html" and (found := _TOKEN.search(answer.text)):
            self._token = found[1]
        return answer


def settings_of(sandbox: SandboxControl, url: str, folder: str, *, account_type: str) -> Settings:
    """An account of this type at the local WeChat; its domain is registered there, whether or not that is of use."""
    sections = sections_for(sandbox, url, folder)
    del sections["server"]["clock_url"]
    sections["wechat"] |= {"account_type": account_type, "web_authorization": True}
    return with_base_url(make_settings(**sections), ROOT)


@pytest.fixture
def service(sandbox: SandboxControl, sqlite_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A 服务号, which may ask WeChat who opens a page."""
    sandbox.account(callback_url="", type="service", verified=True)
    return settings_of(sandbox, sqlite_url, str(tmp_path_factory.mktemp("service")), account_type="service")


@pytest.fixture
def subscription(
    sandbox: SandboxControl, sqlite_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """A 订阅号, which may not."""
    return settings_of(
        sandbox, sqlite_url, str(tmp_path_factory.mktemp("subscription")), account_type="subscription"
    )


class Place:
    """The parts of one process, its office, and a phone that writes to it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.runtime: Runtime = parts.build(settings)
        with self.runtime.db.session_scope() as session:
            self.office: Office = furnish(session)
        self.phone = Phone(make_callback(self.runtime), account_of(settings))
        self.app = create_app(settings, runtime=self.runtime)

    def reader(self, openid: str = OPENID) -> Reader:
        """Another browser."""
        return Reader(self.app.test_client(), openid)


@pytest.fixture
def place(service: Settings) -> Iterator[Place]:
    """An office with a 服务号."""
    made = Place(service)
    yield made
    made.runtime.close()


@pytest.fixture
def small_place(subscription: Settings) -> Iterator[Place]:
    """An office with a 订阅号."""
    made = Place(subscription)
    yield made
    made.runtime.close()


@dataclass
class Linked:
    """An office behind a port, to which the local WeChat sends what people write."""

    runtime: Runtime
    sandbox: SandboxControl
    url: str

    def say(self, openid: str, text: str) -> str:
        """Somebody types on the phone; the reply's text."""
        body, kind = {"openid": openid, "text": text}, {"Content-Type": "application/json"}
        status, answer = self.sandbox.request("POST", "/phone/api/say", body, kind)
        assert status == 200, answer
        return str((json.loads(answer)["reply"] or {}).get("Content", ""))


@contextmanager
def on_its_port(sandbox: SandboxControl, database_url: str, folder: str, **wechat: Any) -> Iterator[Linked]:
    """The office on a port of its own; ``wechat`` are more settings of the account."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    sandbox.account(callback_url=f"{url}/wechat/callback", type="service", verified=True)
    sections = sections_for(sandbox, database_url, folder)
    del sections["server"]["clock_url"]
    sections["wechat"] |= {"web_authorization": True, **wechat}
    settings = with_base_url(make_settings(**sections), url)
    built = parts.build(settings)
    with built.db.session_scope() as session:
        office = furnish(session)
        branch = session.get_one(Branch, office.branches[1])
        accounts.account(
            session, "shuji", "secretary", branch=branch, password_hash=users.hash_password(PASSWORD)
        )
    app = create_app(settings, runtime=built)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Linked(built, sandbox, url)
    server.shutdown()
    thread.join(5)
    built.close()


@pytest.fixture
def linked(
    sandbox: SandboxControl, sqlite_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Linked]:
    """The office on its port."""
    with on_its_port(sandbox, sqlite_url, str(tmp_path_factory.mktemp("phone"))) as office:
        yield office
