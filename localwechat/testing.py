"""The sandbox for tests: a pytest plugin and a small typed client of the control API.

    pytest_plugins = ["localwechat.testing"]

    def test_something(sandbox: SandboxControl) -> None:
        openid = sandbox.followers(1)[0]
        assert sandbox.say(openid, "签到").reply_text == "签到成功"

`sandbox` is one server process a session, reset before each test. `start_sandbox(...)` starts
one of one's own.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from .config import SandboxConfig

ROOT = Path(__file__).resolve().parents[1]


@dataclass(slots=True)
class Said:
    """What came of something that a follower did."""

    tries: int
    status: int | None
    reply: dict[str, Any] | None

    @property
    def reply_text(self) -> str:
        """The reply's text, "" when there is none."""
        return str((self.reply or {}).get("Content", ""))


class SandboxError(Exception):
    """The control refused."""


@dataclass
class SandboxControl:
    """Speaks to `/_sandbox/` (and, for tests of the API itself, to everything else)."""

    url: str
    config: SandboxConfig = field(default_factory=SandboxConfig)
    process: subprocess.Popen[str] | None = None

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        timeout: float = 60,
    ) -> tuple[int, bytes]:
        """One request: status and body; `body` as bytes or as something for JSON."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=timeout)
        try:
            data = body if isinstance(body, bytes | None) else json.dumps(body, ensure_ascii=False).encode()
            connection.request(method, path, data, headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def control(self, path: str, body: Any = None, method: str = "") -> Any:
        """A control call: POST with a body, GET without. Raises SandboxError when it is refused."""
        status, answer = self.request(
            method or ("GET" if body is None else "POST"), f"/_sandbox/{path}", body
        )
        if status != 200:
            raise SandboxError(f"{path}: {status} {answer.decode(errors='replace')}")
        return json.loads(answer)

    def followers(self, count: int = 1, scene: str = "", **more: Any) -> list[str]:
        """New followers; with a scene each sends its subscribe event."""
        body = {"count": count, **more} | ({"scene": scene} if scene else {})
        return list(self.control("followers", body)["openids"])

    def say(self, openid: str, text: str = "", **more: Any) -> Said:
        """A follower writes `text`, or acts: event=, key=, xml=, scene=. Waits for the app's answer."""
        body = {"openid": openid, **more} | ({"text": text} if text else {})
        return Said(**self.control("say", body))

    def act(self, openid: str, do: str, **more: Any) -> dict[str, Any]:
        """A gesture: follow, unfollow, scan, tap, refuse, accept, read, consent, comment."""
        return dict(self.control("act", {"openid": openid, "do": do, **more}))

    def receipts(self, kind: str = "", **filters: Any) -> list[dict[str, Any]]:
        """One row for each message that reached somebody; filters: msg_id, client_id, after."""
        query = urlencode({"kind": kind, **filters})
        return list(self.control(f"receipts?{query}"))

    def receipt_count(self, kind: str = "", **filters: Any) -> int:
        """How many receipts there are."""
        return int(self.control(f"receipts?{urlencode({'kind': kind, 'count': 1, **filters})}")["count"])

    def clock(self, at: datetime | str | None = None, speed: float | None = None) -> dict[str, Any]:
        """Read the clock, or set it."""
        if at is None and speed is None:
            return dict(self.control("clock"))
        body: dict[str, Any] = {}
        if at is not None:
            body["at"] = at if isinstance(at, str) else at.isoformat()
        if speed is not None:
            body["speed"] = speed
        return dict(self.control("clock", body))

    def account(self, **changes: Any) -> dict[str, Any]:
        """Read the account, or change type, mode, protection, callback_url …"""
        return dict(self.control("account", changes or None))

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Read the settings, or change some."""
        return dict(self.control("settings", changes or None))

    def faults(self, *rules: dict[str, Any]) -> list[dict[str, Any]]:
        """Replace the rules of what goes wrong; none: nothing does."""
        return list(self.control("faults", list(rules)))

    def protection(self, msg_id: int, answer: str) -> None:
        """The administrator confirms or refuses a send to all."""
        self.control("protection", {"msg_id": msg_id, "answer": answer})

    def habits(self, **habits: Any) -> dict[str, Any]:
        """What followers do by themselves after a mass message."""
        return dict(self.control("habits", habits))

    def state(self) -> dict[str, Any]:
        """Account, settings, counts."""
        return dict(self.control("state"))

    def log(self, kind: str = "", after: int = 0) -> list[dict[str, Any]]:
        """API calls and callbacks, oldest first."""
        return list(self.control(f"log?{urlencode({'kind': kind, 'after': after, 'limit': 5000})}"))

    def chat(self, openid: str) -> list[dict[str, Any]]:
        """What the person's phone shows."""
        status, answer = self.request("GET", f"/phone/api/chat?openid={openid}")
        assert status == 200
        return list(json.loads(answer)["messages"])

    def reset(self, everything: bool = False) -> None:
        """An empty world; account and settings as at the start, the callback URL stays."""
        self.control("reset", {"all": everything})

    # The platform's API, for tests of it

    def access_token(self) -> str:
        """A stable token."""
        answer = self.api(
            "/cgi-bin/stable_token",
            {
                "grant_type": "client_credential",
                "appid": self.config.app_id,
                "secret": self.config.app_secret,
            },
            token="",
        )
        return str(answer["access_token"])

    def api(self, path: str, body: Any = None, token: str | None = None, method: str = "") -> dict[str, Any]:
        """A call of the platform's API with a fresh token: POST with a body, GET without."""
        token = self.access_token() if token is None else token
        joint = "&" if "?" in path else "?"
        target = f"{path}{joint}access_token={token}" if token else path
        _, answer = self.request(method or ("GET" if body is None else "POST"), target, body)
        return dict(json.loads(answer))

    def upload(
        self,
        path: str,
        data: bytes,
        filename: str = "a.png",
        fields: dict[str, str] | None = None,
        name: str = "media",
        token: str = "",
    ) -> dict[str, Any]:
        """A multipart upload with a fresh token."""
        boundary = "sandbox-boundary-5f3a"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode()
            for k, v in (fields or {}).items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n")
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        joint = "&" if "?" in path else "?"
        _, answer = self.request(
            "POST",
            f"{path}{joint}access_token={token or self.access_token()}",
            body,
            {"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )
        return dict(json.loads(answer))

    def wait_for(self, condition: Callable[[], Any], seconds: float = 10) -> Any:
        """Ask until the answer is true; raises AssertionError after real `seconds`."""
        end = time.monotonic() + seconds
        while True:
            found = condition()
            if found:
                return found
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.02)


@contextmanager
def start_sandbox(
    *, port: int = 0, fast: bool = True, data: str = ":memory:", **options: Any
) -> Iterator[SandboxControl]:
    """A sandbox in a process of its own; `options` are fields of SandboxConfig. Ends with the block."""
    config = SandboxConfig(data=data, fast=fast, **options)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SANDBOX_")}
    for name in SandboxConfig.__annotations__:
        value = getattr(config, name)
        if value is not None:
            environment[f"SANDBOX_{name.upper()}"] = str(int(value) if isinstance(value, bool) else value)
    environment["PYTHONUTF8"] = "1"
    process = subprocess.Popen(
        [sys.executable, "-m", "localwechat", "--port", str(port), "--die-with-parent"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,  # closed by the kernel when we die, and the sandbox with it
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith("本地微信已启动 "):
            raise SandboxError(f"the sandbox did not start: {line!r}")
        yield SandboxControl(line.rsplit(" ", 1)[1].strip(), config, process)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[SandboxControl]:
    """One sandbox process for the whole session."""
    with start_sandbox() as control:
        yield control


@pytest.fixture
def sandbox(sandbox_server: SandboxControl) -> SandboxControl:
    """The session's sandbox, emptied."""
    sandbox_server.account(callback_url="")
    sandbox_server.reset()
    return sandbox_server
