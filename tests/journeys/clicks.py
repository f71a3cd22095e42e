"""People before screens: they click, type and choose files; every page that they see must fit and complain of nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, FrameLocator, Page, Response, expect

from cli.demodata import PASSWORD
from tests.fixtures.browser import Windows
from tests.fixtures.live import Live
from tests.fixtures.processes import Spawn, eventually

WIDTHS = {375: {"width": 375, "height": 740}, 1280: {"width": 1280, "height": 900}}

# In every document, frames included. The root's client width, since a page that is too wide widens a phone's window.
_WATCH = """addEventListener('load', () => setTimeout(() => {
  const root = document.documentElement, wide = document.scrollingElement.scrollWidth;
  if (wide > root.clientWidth) console.error(`${location.pathname} scrolls sideways: ${wide} > ${root.clientWidth}`);
}, 30))"""
_FITS = "document.scrollingElement.scrollWidth <= document.documentElement.clientWidth"


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


def window(windows: Windows, width: int, **options: Any) -> Page:
    """A page of this width; whatever it gets wrong is a fault of the test."""
    context = windows.context(viewport=WIDTHS[width], **options)
    return _watched(windows, context).new_page()


def _watched(windows: Windows, context: BrowserContext) -> BrowserContext:
    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            windows.faults.append(f"console: {message.text}")

    def answered(response: Response) -> None:
        if response.status >= 400:
            windows.faults.append(f"{response.status}: {response.url}")

    context.add_init_script(_WATCH)
    context.on("console", heard)
    context.on("response", answered)
    return context


def fits(page: Page) -> None:
    """Nothing of what is shown now lies beside the screen."""
    assert page.evaluate(_FITS), f"{page.url} scrolls sideways"


class Desk:
    """One person after the other at the console, in one browser window."""

    def __init__(self, page: Page, live: Live) -> None:
        self.page = page
        self.live = live

    def enter(self, username: str, path: str = "/console/") -> Page:
        """Sign in."""
        self.page.goto(f"{self.live.url}{path}")
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("密码").fill(PASSWORD)
        self.page.get_by_role("button", name="登录").click()
        self.page.wait_for_url(lambda url: "/login" not in url)
        return self.page

    def leave(self) -> None:
        """Sign out."""
        self.page.get_by_role("button", name="账号").click()
        self.page.get_by_role("button", name="退出登录").click()
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


class Handset:
    """Somebody with the phone page in their hand."""

    def __init__(self, page: Page, sandbox_url: str) -> None:
        self.page = page
        self.url = f"{sandbox_url}/phone/"

    def open(self) -> Handset:
        """Pick the phone up."""
        self.page.goto(self.url)
        expect(self.page.locator(".me, .wide-button").first).to_be_visible()
        fits(self.page)
        return self

    def become_somebody_new(self, nickname: str) -> None:
        """Hand it to a person whom the account does not know."""
        if not self.page.get_by_role("button", name="新的微信用户").is_visible():
            self.page.get_by_role("button", name="换人").click()
        self.page.get_by_role("button", name="新的微信用户").click()
        self.page.get_by_role("textbox", name="新的微信用户").fill(nickname)
        self.page.get_by_role("button", name="确定").click()
        expect(self.page.locator(".me")).to_contain_text(nickname)

    def scan(self, code: str) -> None:
        """Scan a QR code: the chat opens."""
        self.page.get_by_role("button", name="更多").click()
        self.page.get_by_role("button", name="扫一扫").click()
        self.page.get_by_role("button", name=code).click()
        expect(self.page.locator(".chat .bar")).to_be_visible()

    def say(self, text: str) -> None:
        """Type and send."""
        keyboard = self.page.get_by_role("button", name="切换到键盘")
        field = self.page.get_by_role("textbox", name="输入消息")
        expect(keyboard.or_(field)).to_be_visible()
        if keyboard.is_visible():
            keyboard.click()
        field.fill(text)
        self.page.get_by_role("button", name="发送").click()
        expect(self.page.locator(".row.own").last).to_contain_text(text)

    def hear(self, text: str | re.Pattern[str]) -> None:
        """Wait for the account's answer."""
        expect(self.page.locator(".row").last).to_contain_text(text)
        fits(self.page)

    def tap(self, button: str, entry: str = "") -> None:
        """Tap the menu."""
        swap = self.page.get_by_role("button", name="切换到菜单")
        top = self.page.locator(".menubutton", has_text=button)
        expect(swap.or_(top)).to_be_visible()
        if swap.is_visible():
            swap.click()
        top.click()
        if entry:
            self.page.get_by_role("menuitem", name=entry).click()

    def inside(self) -> FrameLocator:
        """The page that the phone's browser shows."""
        return self.page.frame_locator(".browser iframe")

    def close(self) -> None:
        """Close the phone's browser."""
        self.page.get_by_role("button", name="关闭").click()
        expect(self.page.locator(".browser")).to_have_count(0)


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
