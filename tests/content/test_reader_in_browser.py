"""The reader on real screens: small and large phones, a desk, three sizes of text; nothing cut off, nothing too small."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from community import invitation
from content import drafting, importing, publish
from content.assets import remember
from ground import clock
from models import Article
from tests.content.conftest import LIMITS, furnish
from tests.fixtures.browser import Windows
from tests.fixtures.configuration import make_settings
from tests.world import activities

pytestmark = pytest.mark.browser
DATA = Path(__file__).parents[1] / "data"

# Every text with its size and its contrast against the nearest ground, and every link with its box.
LOOK = """() => {
  const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parts = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parts(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.5) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const texts = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.data.trim(), holder = walk.currentNode.parentElement;
    if (!text || holder.closest('.skip, .unseen')) continue;
    const style = getComputedStyle(holder);
    const [a, b] = [light(parts(style.color).slice(0, 3)), light(ground(holder))].sort((x, y) => y - x);
    texts.push({text: text.slice(0, 20), size: parseFloat(style.fontSize), contrast: (a + 0.05) / (b + 0.05)});
  }
  const links = [...document.querySelectorAll('a:not(.skip)')].map((link) => {
    const box = link.getBoundingClientRect();
    return {text: link.textContent.trim().slice(0, 20), height: box.height, right: box.right};
  });
  return {width: document.documentElement.scrollWidth, texts, links};
}"""


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The application with the given articles published, behind a port."""
    folder = tmp_path_factory.mktemp("reader")
    path = folder / "reader.db"
    path.write_bytes(sqlite_template.read_bytes())
    settings = make_settings(database={"url": f"sqlite:///{path}"}, server={"data_dir": str(folder)})
    app = create_app(settings)
    office = furnish(app.extensions["pioneer"].db, settings)
    for hours, name in enumerate(
        sorted(json.loads((DATA / "articles.truth.json").read_text(encoding="utf-8")))
    ):
        draft = importing.read_word((DATA / name).read_bytes(), name, LIMITS, upload_mb=60, column_key="news")
        office.store.put_all(draft.all_pictures)
        with office.db.session_scope() as session:
            remember(session, draft.all_pictures, at=clock.now())
            fields = importing.fields_of(draft, office.columns["news"])
            article = drafting.create(session, office.users["editor"], fields, at=clock.now())
            article.status = "approved"
            session.flush()
            publish.mark_published(session, [article.id], at=clock.now() - timedelta(hours=hours))
            if hours == 2:
                session.get_one(Article, article.id).status = "corrected"
    with office.db.session_scope() as session:
        activities.activity(session, "支部主题党日：学习先进典型，交流为民服务项目进展情况", keyword="学习")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join(5)
    app.extensions["pioneer"].close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Requests are not news."""


@pytest.mark.parametrize(
    ("width", "size", "least_px", "target_px"),
    [(375, "normal", 12, 44), (1280, "normal", 12, 44), (320, "large", 18, 60), (320, "xlarge", 18, 60)],
)
def test_every_page_can_be_read_and_touched(
    site: str, windows: Windows, width: int, size: str, least_px: int, target_px: int
) -> None:
    page: Page = windows.context(viewport={"width": width, "height": 740}).new_page()
    page.goto(f"{site}/m/size/{size}?next=/m/")
    for address in (
        "/m/",
        "/m/news",
        "/m/study",
        "/m/a/1",
        "/m/a/3",
        "/m/a/5",
        "/m/none",
        invitation.path(1),
    ):
        page.goto(site + address)
        look = page.evaluate(LOOK)
        assert look["width"] <= width, f"{address} scrolls sideways"
        assert look["texts"], address
        assert not [one for one in look["texts"] if one["size"] < least_px], address
        assert not [one for one in look["texts"] if one["contrast"] < 4.5], address
        assert not [one for one in look["links"] if one["height"] < target_px - 0.5], address
        assert not [one for one in look["links"] if one["right"] > width + 0.5], address


def test_main_text_grows_to_thirty_pixels(site: str, windows: Windows) -> None:
    page = windows.phone()
    sizes = []
    for label in ("标准", "大字", "特大字"):
        page.goto(f"{site}/m/a/5")
        with page.expect_navigation():
            page.get_by_label(label, exact=True).click()
        assert page.url == f"{site}/m/a/5"
        sizes.append(
            float(page.evaluate("parseFloat(getComputedStyle(document.querySelector('.body p')).fontSize)"))
        )
    assert sizes == [17, 22, 30]


def test_the_reader_works_without_scripts(site: str, windows: Windows) -> None:
    page = windows.context(java_script_enabled=False, viewport={"width": 375, "height": 740}).new_page()
    page.goto(f"{site}/m/")
    page.get_by_role("link", name="先锋动态", exact=True).click()
    page.locator(".list a").first.click()
    page.wait_for_url("**/m/a/*")
    title = page.locator("h1").inner_text()
    page.get_by_role("link", name="下一篇").click()
    expect(page.locator("h1")).not_to_have_text(title)
