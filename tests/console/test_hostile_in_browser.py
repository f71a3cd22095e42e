"""Hostile articles, opened in Chromium by people with rights: no request leaves but the page's own, and nothing is changed.

``HOSTILE_SEED`` and ``HOSTILE_COUNT`` try others than the usual ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import nh3
import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Request, expect

from content.allowed import TAGS
from models import Article, ArticleRevision, AuditEntry, Review, User
from tests.console.conftest import PASSWORD, Office
from tests.content.hostile import bodies
from tests.fixtures.browser import Windows

pytestmark = pytest.mark.browser
SEED = int(os.environ.get("HOSTILE_SEED", "8"))
COUNT = int(os.environ.get("HOSTILE_COUNT", "300"))
ATTACK = (
    '<div data-hx-post="/console/users/new" data-hx-trigger="load" data-hx-include="form" '
    'data-hx-vals=\'{"username":"boss","role":"admin","password":"Office-2026-x"}\'>一件小事</div>'
    '<p data-hx-post="/console/articles/1/review" data-hx-trigger="load" data-hx-vals=\'{"decision":"approve"}\'>再说一件</p>'
)
# What the editor asks by itself: it looks, keeps what was typed beside the versions, and says who writes.
LOOKS = tuple(f"/console/articles/{act}" for act in ("check", "paste", "keep", "hold"))
# What an earlier version stored, and more: every prefix that a library of scripts listens to.
EARLIER = nh3.Cleaner(
    tags=set(TAGS),
    attributes={
        "*": {"style", "id", "class", "name", "role", "title"},
        "a": {"href", "target"},
        "img": {"src"},
    },
    generic_attribute_prefixes={"data-", "hx-", "x-", "aria-", "on"},
    link_rel=None,
    url_schemes={"http", "https"},
)


@pytest.fixture
def watched(windows: Windows) -> Iterator[Windows]:
    """Windows in which a picture that the policy keeps from loading is no fault: that it was kept is the point."""
    yield windows
    kept = [fault for fault in windows.faults if "img-src" in fault]
    windows.faults[:] = [
        fault
        for fault in windows.faults
        if fault not in kept and not (kept and fault.startswith("asked an outside host: http"))
    ]


def _store(office: Office, body: str, status: str = "in_review") -> int:
    article = office.article(status=status)
    with office.parts.db.session_scope() as session:
        values = {"html": body, "stage": 1, "cleaned_by_rules": 0}
        session.execute(sa.update(Article).where(Article.id == article).values(**values))
        session.execute(
            sa.update(ArticleRevision).where(ArticleRevision.article_id == article).values(html=body)
        )
    return article


def _state(office: Office) -> Any:
    """Everything that an attack would change; signing in is noted elsewhere."""
    with office.parts.db.read_scope() as session:
        return (
            session.execute(sa.select(User.username, User.role, User.active).order_by(User.id)).all(),
            session.execute(
                sa.select(
                    Article.id, Article.status, Article.stage, Article.hash, Article.version, Article.html
                )
            ).all(),
            session.execute(sa.select(Review.id, Review.decision)).all(),
            session.execute(sa.select(AuditEntry.action).where(AuditEntry.action != "user.login")).all(),
        )


def _enter(page: Page, site: str, name: str) -> list[Request]:
    """Sign in; the list of all requests from then on."""
    page.goto(f"{site}/console/")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="工作台")).to_be_visible()
    asked: list[Request] = []
    page.context.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - a built-in is refused
    return asked


def _read(page: Page, address: str) -> None:
    """Open a page, let what loads load, move about, and see that the body stands there."""
    page.goto(address)
    if page.locator("iframe.paper-frame[src]").count():
        expect(page.frame_locator("iframe.paper-frame").locator(".paper")).to_be_visible()
    page.mouse.move(200, 300)
    page.wait_for_timeout(400)


def _assert_only_its_own(asked: list[Request], site: str, *acts: str) -> None:
    assert asked
    for request in asked:
        parts = urlsplit(request.url)
        if parts.scheme in ("data", "blob", "about"):
            continue
        if request.failure == "csp":  # the policy stopped it before it left
            continue
        assert f"{parts.scheme}://{parts.netloc}" == site, request.url
        assert request.method == "GET" or parts.path in (*LOOKS, *acts), f"{request.method} {request.url}"
        own = parts.path in acts or parts.path.startswith(("/static/", "/m/", "/console/articles/"))
        assert own, request.url


@pytest.mark.parametrize("person", ["admin", "first"])
def test_opening_an_article_that_wants_to_act_changes_nothing(
    office: Office, site: str, watched: Windows, person: str
) -> None:
    article = _store(office, ATTACK)
    page = watched.desk()
    asked = _enter(page, site, person)
    before = _state(office)
    for where in ("", "/review", "/history/1", *(["/edit"] if person == "admin" else [])):
        _read(page, f"{site}/console/articles/{article}{where}")
    page.wait_for_timeout(1200)
    _assert_only_its_own(asked, site)
    assert _state(office) == before


def test_hundreds_of_hostile_bodies_stay_still_under_an_administrators_and_a_reviewers_eyes(
    office: Office, site: str, watched: Windows
) -> None:
    made = bodies(SEED, COUNT)
    size = max(1, -(-COUNT // 3))
    stored = [
        _store(office, "".join(EARLIER.clean(one.body) for one in made[first : first + size]))
        for first in range(0, COUNT, size)
    ]
    out = _store(office, "".join(EARLIER.clean(one.body) for one in made), "published")
    before = None
    for person in ("admin", "first"):
        page = watched.desk()
        asked = _enter(page, site, person)
        before = before or _state(office)
        for article in stored:
            _read(page, f"{site}/console/articles/{article}/review")
            if person == "admin":
                _read(page, f"{site}/console/articles/{article}/edit")
        _read(page, f"{site}/console/articles/{out}")
        _read(page, f"{site}/m/a/{out}")
        _assert_only_its_own(asked, site)
    assert _state(office) == before


def test_what_is_pasted_stays_still_in_the_editor_its_preview_and_after_saving(
    office: Office, site: str, watched: Windows
) -> None:
    article = office.article()
    page = watched.desk()
    asked = _enter(page, site, "editor")
    page.goto(f"{site}/console/articles/{article}/edit")
    page.locator(".jodit-wysiwyg").click()
    pasted = ATTACK + "".join(one.body for one in bodies(SEED, 24))
    page.evaluate(
        """(text) => {
          const data = new DataTransfer();
          data.setData("text/html", text);
          const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
          document.querySelector(".jodit-wysiwyg").dispatchEvent(paste);
        }""",
        pasted,
    )
    expect(page.locator(".jodit-wysiwyg")).to_contain_text("一件小事")
    page.wait_for_timeout(2000)
    expect(page.frame_locator("#preview iframe").locator(".paper")).to_contain_text("一件小事")
    # Pictures of other sites are asked for by the server, which judges the address; by the browser never.
    _assert_only_its_own(asked, site, "/console/pictures/copy", "/console/pictures")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("已保存")
    expect(page.frame_locator("iframe.paper-frame").locator(".paper")).to_contain_text("一件小事")
    assert "hx-" not in office.read(sa.select(Article.html).where(Article.id == article))
    assert office.read(sa.select(sa.func.count(User.id))) == len(_state(office)[0])
    assert not [one for one in asked if one.method != "GET" and "/users/" in one.url]
