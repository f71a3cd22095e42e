"""Who may open a connection: WeChat's client, the one fetcher, and a few named seams that ask our own addresses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.tooling.test_layout import ROOT

ROOMS = (
    "accounts",
    "cli",
    "community",
    "content",
    "database",
    "ground",
    "models",
    "operations",
    "scheduler",
    "web",
    "wechat",
)
CALLERS = {
    "aiohttp", "ftplib", "http.client", "httpx", "requests", "smtplib", "ssl", "telnetlib", "urllib.error", "urllib.request",
    "urllib3", "xmlrpc",
}  # fmt: skip
# module → why it may
SEAMS = {
    "wechat/outbound/transport.py": "WeChat's hosts, from the configuration",
    "ground/fetching/fetcher.py": "addresses that people enter",
    "ground/clock.py": "the local WeChat's clock, from the configuration",
    "operations/probe.py": "the doctor asks WeChat's hosts and our own address, from the configuration",
    "cli/demo.py": "waits for the processes that it has started",
    "cli/demodata/build.py": "fills the local WeChat of the demo",
}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_caller(module: str) -> bool:
    return any(module == one or module.startswith(f"{one}.") for one in CALLERS)


def test_nobody_else_opens_a_connection() -> None:
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")] + [
        ROOT / "app.py",
        ROOT / "runtime.py",
    ]
    assert len(files) > 150
    calling = {str(path.relative_to(ROOT)) for path in files if any(map(_is_caller, _imported(path)))}
    assert calling == set(SEAMS)


def test_no_address_that_a_person_entered_reaches_another_caller() -> None:
    """``source_url`` is the one such address that is kept today: it is shown and sent to WeChat, never asked by us."""
    for name in SEAMS:
        assert "source_url" not in (ROOT / name).read_text(encoding="utf-8"), name
