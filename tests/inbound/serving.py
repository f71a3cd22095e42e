"""The product as a real server with people who may check in, and pushes of theirs at their moments."""

from __future__ import annotations

import http.client
import itertools
import ssl
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import runtime as parts
from settings import Settings, load_settings
from tests.fixtures.configuration import write_config
from tests.fixtures.processes import Process, Spawn, free_port
from tests.inbound.conftest import account_of
from tests.inbound.crowd import gather, letter

PEOPLE = 1000
_numbers = itertools.count()


class Served:
    """The product on a port of its own, and the callbacks that it has answered."""

    def __init__(self, settings: Settings, port: int, process: Process) -> None:
        self.settings = settings
        self.port = port
        self.process = process
        self.account = account_of(settings)
        self.front: int | None = None
        """The TLS port of a proxy before it, if there is one: pushes then come by that."""

    def _connect(self) -> http.client.HTTPConnection:
        if self.front is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        context = ssl._create_unverified_context()
        return http.client.HTTPSConnection("127.0.0.1", self.front, timeout=10, context=context)

    def push(self) -> tuple[float, str]:
        """One check-in over a connection of its own: seconds and the reply's text."""
        query, body = letter(self.settings, next(_numbers))
        began = time.monotonic()
        connection = self._connect()
        try:
            connection.request("POST", f"/wechat/callback?{query}", body, {"Content-Type": "text/xml"})
            answer = connection.getresponse()
            text = self.account.opened(answer.status, answer.read()).text
        finally:
            connection.close()
        return time.monotonic() - began, text

    def ten_a_second(self, seconds: float) -> list[float]:
        """Pushes at their moments, whatever becomes of earlier ones; the seconds that each took, in order of size."""
        took: list[float] = []
        faults: list[str] = []

        def send() -> None:
            try:
                lasted, text = self.push()
            except (OSError, http.client.HTTPException, AssertionError) as error:
                faults.append(repr(error))
                return
            took.append(lasted)
            if "已签到" not in text:
                faults.append(text)

        threads = [threading.Thread(target=send) for _ in range(int(seconds * 10))]
        for thread in threads:
            thread.start()
            time.sleep(0.1)
        for thread in threads:
            thread.join(15)
        assert not faults, faults
        return sorted(took)


def serve(spawn: Spawn, folder: Path, url: str, **server: Any) -> Served:
    """Start it on the database ``url``, with its files in ``folder``; ``server`` are further keys of that table."""
    port = free_port()
    own: Mapping[str, Any] = {"base_url": f"http://127.0.0.1:{port}", "data_dir": str(folder / "var")}
    config = write_config(
        folder / "config.toml",
        server={**own, **server},
        database={"url": url},
        wechat={"api_base_url": "http://127.0.0.1:9"},
    )
    settings = load_settings(config, env={})
    built = parts.build(settings)
    gather(built, PEOPLE)
    built.close()
    process = spawn.flask(
        *("serve", "--port", str(port)), env={"PIONEER_CONFIG": str(config), "FLASK_APP": "app"}
    )
    process.wait_for_http(f"http://127.0.0.1:{port}/readyz", timeout_s=60)
    return Served(settings, port, process)
