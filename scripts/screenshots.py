"""Take the README's three pictures from a running demo: ``./pioneer run`` in one window, this in another.

``python scripts/screenshots.py [--port 8000] [--sandbox-port 8001]`` writes ``docs/images/{console,phone,reader}.png``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from cli.demodata.logins import PASSWORD  # noqa: E402 - the repository is not installed
from tests.fixtures.browser import DESK, FLAGS, PHONE, PROGRAMS  # noqa: E402

IMAGES = ROOT / "docs" / "images"
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def page(browser: Browser, **options: Any) -> Page:
    """A page in Chinese and on Shanghai's time, sharp enough for a display of today."""
    context = browser.new_context(
        locale="zh-CN", timezone_id="Asia/Shanghai", device_scale_factor=2, **options
    )
    return context.new_page()


def phone(browser: Browser) -> Page:
    """A page as on a phone."""
    return page(browser, viewport=PHONE, is_mobile=True, has_touch=True)


def console(browser: Browser, url: str) -> None:
    """The desk of an administrator."""
    tab = page(browser, viewport=DESK)
    tab.goto(f"{url}/console/login")
    tab.fill('[name="username"]', "admin")
    tab.fill('[name="password"]', PASSWORD)
    tab.press('[name="password"]', "Enter")
    tab.wait_for_url(f"{url}/console/")
    tab.wait_for_load_state("networkidle")
    if (welcome := tab.locator("[data-close]").first).is_visible():
        welcome.click()
        tab.wait_for_timeout(500)
        tab.mouse.move(0, 0)
        tab.reload()  # without the note that it was closed
        tab.wait_for_load_state("networkidle")
    tab.screenshot(path=IMAGES / "console.png")


def reader(browser: Browser, url: str) -> None:
    """The list of 学习园地."""
    tab = phone(browser)
    tab.goto(f"{url}/m/study")
    tab.wait_for_load_state("networkidle")
    tab.screenshot(path=IMAGES / "reader.png")


def account(browser: Browser, url: str) -> None:
    """A talk with the account: help and the answer to 签到."""
    # The newest follower of the demo is a bound member.
    openid = ask(f"{url}/phone/api/followers?limit=1")["followers"][0]["openid"]
    for text in ("帮助", "签到"):
        ask(f"{url}/_sandbox/say", {"openid": openid, "text": text})
    tab = phone(browser)
    tab.goto(f"{url}/phone/?openid={openid}")
    tab.get_by_text("时代先锋").first.click()
    tab.get_by_text("签到", exact=True).last.wait_for()
    tab.wait_for_timeout(800)  # the list of bubbles slides into place
    tab.screenshot(path=IMAGES / "phone.png")


def ask(address: str, body: dict[str, Any] | None = None) -> Any:
    """Ask the local WeChat, or tell it to do something."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with _direct.open(request, timeout=30) as answer:
        return json.load(answer)


def main() -> None:
    """Take all three."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--sandbox-port", type=int, default=8001)
    options = parser.parse_args()
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        console(browser, f"http://127.0.0.1:{options.port}")
        reader(browser, f"http://127.0.0.1:{options.port}")
        account(browser, f"http://127.0.0.1:{options.sandbox_port}")
        browser.close()


if __name__ == "__main__":
    main()
