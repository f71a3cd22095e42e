"""People at the console: they click, type and choose files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as Late

from cli.demodata.logins import PASSWORD
from tests.fixtures.live import Live
from tests.fixtures.processes import Spawn, eventually
from tests.fixtures.screens import WIDTHS, fits


def start_demo(spawn: Spawn, folder: Path) -> Live:
    """``flask demo`` with its own data and ports, started as a person starts it."""
    live = Live(spawn, folder, f"sqlite:///{folder / 'demo.db'}")
    demo = spawn.flask(
        "demo", "--port", str(live.port), "--sandbox-port", str(live.sandbox_port), env=live.env
    )
    live.serving = demo
    eventually(lambda: "按 Ctrl-C 停止" in demo.output(), timeout_s=120, message=demo.output())
    live.control("settings", {"job_finish_delay_s": 1.0})
    return live


class Desk:
    """One person after the other at the console, in one browser window."""

    def __init__(self, page: Page, live: Live) -> None:
        self.page = page
        self.live = live

    def at(self, width: int) -> None:
        """Make the window so wide (px)."""
        self.page.set_viewport_size(WIDTHS[width])

    def enter(self, username: str, path: str = "/console/") -> Page:
        """Sign in."""
        self.page.goto(f"{self.live.url}{path}")
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("密码").fill(PASSWORD)
        self.page.get_by_role("button", name="登录").click()
        self.page.wait_for_url(lambda url: "/login" not in url)
        return self.page

    def leave(self) -> None:
        """Sign out; a page that was still on its way when the menu was opened has closed it again."""
        out = self.page.get_by_role("button", name="退出登录")
        for _ in range(5):
            self.page.wait_for_load_state()
            if not out.is_visible():
                self.page.get_by_role("button", name="账号").click()
            try:
                out.click(timeout=3_000)
                break
            except Late:
                continue
        expect(self.page.get_by_label("用户名")).to_be_visible()

    def go(self, entry: str) -> None:
        """Choose from the menu, which a narrow screen has to open first."""
        opener = self.page.get_by_role("button", name="打开菜单")
        if opener.is_visible():
            opener.click()
            expect(self.page.locator("#side.show:not(.showing)")).to_be_visible()
        self.page.get_by_label("主菜单").get_by_role("link", name=re.compile(f"^{entry}")).click()
        expect(self.page.get_by_role("heading", level=1, name=entry)).to_be_visible()
        fits(self.page)

    def confirm(self, button: str) -> str:
        """Press the dialog's button; what the dialog asked."""
        dialog = self.page.locator("#confirm.show")
        ok = dialog.get_by_role("button", name=button, exact=True)
        expect(ok).to_be_focused()
        asked = dialog.locator("[data-title]").inner_text()
        ok.click()
        return asked

    def figure(self, name: str) -> int:
        """One of the large numbers of a page."""
        box = self.page.locator(".figure-box", has=self.page.get_by_text(name, exact=True))
        return int(re.sub(r"\D", "", box.locator(".value").inner_text()))


def new_links(page: Page, seen: set[str]) -> Iterator[str]:
    """Addresses of the console that the page leads to and whose kind was not seen: ids and page numbers make no kind."""
    found: list[dict[str, str]] = page.evaluate(
        "[...document.querySelectorAll('a[href]')].filter((a) => !a.hasAttribute('download'))"
        ".map((a) => ({origin: a.origin, path: a.pathname, query: a.search}))"
    )
    for link in found:
        if link["origin"] not in page.url or not link["path"].startswith("/console"):
            continue
        kind = re.sub(r"\d+", "N", link["path"]) + re.sub(r"=[^&]*", "", link["query"])
        if kind not in seen:
            seen.add(kind)
            yield link["path"] + link["query"]
