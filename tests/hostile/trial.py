"""Hostile files at the doors of a running server, while WeChat's callbacks keep coming."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import requests

from content import columns
from database.session import Database
from settings import Settings
from tests.fixtures.processes import descendants
from tests.hostile.files import Hostile
from tests.inbound.platform import Account

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_META = re.compile(r'name="csrf-token" content="([^"]+)"')
_PAGES = {
    "roster": "/console/members/import",
    "places": "/console/places/import",
    "article": "/console/articles/import",
    "picture": "/console/articles/new",
    "markup": "/console/articles/new",
}


@dataclass
class Ringing:
    """Callbacks at a steady rate, each due at its own moment; how long each answer took, in seconds, from then."""

    url: str
    account: Account
    rate: float = 10.0
    took: list[float] = field(default_factory=list)
    failed: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Ringing:
        self._threads = [threading.Thread(target=self._ring, args=(n,), daemon=True) for n in range(8)]
        self._began = time.monotonic() + 0.2
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(15)

    def _ring(self, number: int) -> None:
        http = requests.Session()
        http.trust_env = False
        while not self._ended.is_set():
            due = self._began + number / self.rate
            time.sleep(max(0.0, due - time.monotonic()))
            query, body = self.account.sealed(_message(self.account, number))
            try:
                answer = http.post(f"{self.url}/wechat/callback?{query}", data=body, timeout=10)
                self.failed += answer.status_code != 200
            except requests.RequestException:
                self.failed += 1
            self.took.append(time.monotonic() - due)
            number += len(self._threads)

    @property
    def p99(self) -> float:
        """Seconds."""
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


def _message(account: Account, number: int) -> str:
    return (
        f"<xml><ToUserName><![CDATA[{account.original_id}]]></ToUserName>"
        f"<FromUserName><![CDATA[oHostile{number % 40:020d}]]></FromUserName><CreateTime>{int(time.time())}</CreateTime>"
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[帮助]]></Content><MsgId>{time.time_ns()}</MsgId></xml>"
    )


def account_of(settings: Settings) -> Account:
    """WeChat's side of a configuration."""
    wechat = settings.wechat
    return Account(wechat.token, wechat.encoding_aes_key, wechat.app_id, wechat.original_id)


def furnish(database_url: str) -> None:
    """The columns that a Word file may go to."""
    database = Database(database_url)
    with database.session_scope() as session:
        columns.ensure_defaults(session)
    database.close()


class Watch:
    """The most memory that a process's children, and the process itself, held while this was open."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.children_mb = 0.0
        self.server_mb = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.05):
            for pid in descendants(self._pid):
                held = _peak_mb(pid)
                if _is_apart(pid):
                    self.children_mb = max(self.children_mb, held)
                else:
                    self.server_mb = max(self.server_mb, held)


def _peak_mb(pid: int) -> float:
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1000
    return 0.0


def _is_apart(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return b"ground.apart" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return True  # it has ended


class Door:
    """An administrator's browser, which tries the files."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False
        status = sign_in(self.http, url, username, password)
        assert status == 200, status

    def try_(self, hostile: Hostile, data: bytes) -> tuple[int, float]:
        """Bring one in; status and seconds."""
        page = self.http.get(f"{self.url}{_PAGES[hostile.door]}", timeout=30)
        form = {"csrf_token": _found(page.text), "column": "study", "column_id": "1", "title": "标题"}
        began = time.monotonic()
        if hostile.door == "markup":
            address = f"{self.url}/console/articles/check"
            answer = self.http.post(address, data={**form, "html": data.decode()}, timeout=60)
        else:
            there = "/console/pictures" if hostile.door == "picture" else _PAGES[hostile.door]
            files = {"file": (hostile.filename, data)}
            answer = self.http.post(f"{self.url}{there}", data=form, files=files, timeout=60)
        assert answer.status_code not in (400, 401, 403, 404), (
            f"{hostile.name} never came in: {answer.status_code}"
        )
        return answer.status_code, time.monotonic() - began


def sign_in(http: requests.Session, url: str, username: str, password: str) -> int:
    """Sign a browser in; 200 if it got behind the door."""
    page = http.get(f"{url}/console/login", timeout=30)
    form = {"csrf_token": _found(page.text), "username": username, "password": password}
    return http.post(f"{url}/console/login", data=form, timeout=30).status_code


def _found(page: str) -> str:
    found = _TOKEN.search(page) or _META.search(page)
    assert found, page[:300]
    return found[1]
