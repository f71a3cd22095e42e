"""Whatever is typed into any field of any form, the answer is never an error of ours."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from accounts import users
from community import activities
from ground import clock
from models import Activity, CheckIn, Member
from tests.console.conftest import Office

NASTY = (
    "=1+1", "@SUM(A1)", "+1|cmd", "-2+3", "\t=1", "\r\n=1", "\0", "a\0b", "x" * 10_000, "员" * 10_000, "👩‍👩‍👧‍👦🏳️‍🌈",
    "\u202eabc\u200f", "%s%n%d", "{{7*7}}", "${7*7}", "\u2028\u2029", "'\"><script>", "../../etc/passwd", "-1", "9" * 30,
    "1e999", "NaN", "null", "[]", "{", "٣", "²", "\ufdfd" * 50, "2026-13-45T99:99", "0001-01-01T00:00", "9999-12-31T23:59",
)  # fmt: skip
SURROGATE = b"%ED%A0%80"  # a lone surrogate, as no browser but any program can send it
_TAKEN_ALONE = ("csrf_token", "once")


class _Forms(HTMLParser):
    """The forms of a page: address and the fields with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post":
            self.found.append((given.get("action", ""), {}))
        name = given.get("name", "")
        if not self.found:
            return
        fields = self.found[-1][1]
        if tag in ("input", "textarea", "select", "button") and name:
            fields.setdefault(name, given.get("value", ""))
            self._select = name if tag == "select" else ""
        if tag == "option" and self._select and "value" in given and not fields[self._select]:
            fields[self._select] = given["value"]


def _forms(office: Office, person: str) -> dict[str, dict[str, str]]:
    """All forms that a person finds on the pages, by the address they post to; files and signing out are left out."""
    desk = office.desk(person)
    found: dict[str, dict[str, str]] = {}
    for rule in office.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or not rule.endpoint.startswith(("console.", "branch.")):
            continue
        path = re.sub(r"<[^>]+>", "1", re.sub(r"<int:branch_id>", str(office.branch_id), rule.rule))
        answer = desk.client.get(path)
        if answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        parser = _Forms()
        parser.feed(answer.text)
        for action, fields in parser.found:
            found.setdefault(action or path, fields)
    return {path: fields for path, fields in found.items() if not path.endswith(("/logout", "/password"))}


def _by_turns(typed: list[str]) -> Iterator[dict[str, str]]:
    """The texts in these fields, some alone, so that a check of one does not shield the others, the rest many at once."""
    if not typed:
        yield {}  # a bare button is pressed once
        return
    alone, together = NASTY[::2], NASTY[1::2]
    for number, text in enumerate(alone):
        yield {typed[number % len(typed)]: text}
    for first in range(0, len(together), len(typed)):
        yield dict(zip(typed, together[first:], strict=False))


def _with_an_activity(office: Office) -> tuple[int, int]:
    with office.parts.db.session_scope() as session:
        now = clock.now()
        admin = users.by_name(session, "admin")
        member = office.member(session, "王小明")
        draft = activities.Draft(
            title="主题党日", starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1), branches=[],
            keyword="学习", kind="event", purpose="学习", place="活动室",
        )  # fmt: skip
        return activities.create(session, admin, draft, at=now).activity.id, member.id


@pytest.mark.slow
@pytest.mark.parametrize("person", ["admin", "secretary"])
def test_no_text_in_any_field_of_any_form_breaks_the_server(office: Office, person: str) -> None:
    office.article()
    _with_an_activity(office)
    office.app.testing = False  # as it is served: what a view raises becomes an answer
    forms = _forms(office, person)
    asked = 0
    for path, fields in forms.items():
        typed = [name for name in fields if name not in _TAKEN_ALONE]
        for nasty in _by_turns(typed):
            body: dict[str, Any] = {**fields, **nasty, "csrf_token": office.desk(person).token}
            answer = office.desk(person).client.post(path, data=body)
            assert answer.status_code < 500 or answer.status_code in (502, 503), (path, nasty)
            asked += 1
        raw = urlencode({"csrf_token": office.desk(person).token}).encode()
        raw += b"".join(b"&" + name.encode() + b"=" + SURROGATE for name in typed)
        answer = office.desk(person).client.post(
            path, data=raw, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code < 500 or answer.status_code in (502, 503), (path, "surrogate")
    assert len(forms) >= (15 if person == "admin" else 4)
    assert asked > 100


@pytest.mark.parametrize("reason", ["=1+1", "@王书记 代签", "+86|cmd", "-2", "\t=HYPERLINK(1)"])
def test_a_reason_that_looks_like_a_formula_is_kept_and_leaves_as_text(office: Office, reason: str) -> None:
    activity_id, member_id = _with_an_activity(office)
    desk = office.desk("admin")
    typed = {"member": str(member_id), "branch": str(office.branch_id), "reason": reason}
    desk.post(f"/console/activities/{activity_id}/record", typed)
    kept = office.read(sa.select(CheckIn.reason).join(Member).where(Member.id == member_id))
    assert kept == reason.strip()
    book = desk.post(f"/console/activities/{activity_id}/export", status=200)
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(book.data))
    cells = [
        str(cell)
        for name in sheets.sheet_names
        for row in sheets.get_sheet_by_name(name).to_python()
        for cell in row
    ]
    assert [cell for cell in cells if cell.lstrip("'") == kept] == [f"'{kept}"] * 2
    with zipfile.ZipFile(io.BytesIO(book.data)) as parts:
        assert not [name for name in parts.namelist() if b"<f>" in parts.read(name)]


def test_purpose_and_place_take_any_text(office: Office) -> None:
    desk = office.desk("admin")
    begin = clock.to_shanghai(clock.now() + timedelta(hours=2))
    typed = {
        "title": "议事会", "purpose": "@大家", "place": "=1+1", "keyword": "议事", "kind": "event", "scope": "all",
        "starts_at": begin.strftime("%Y-%m-%dT%H:%M"), "ends_at": (begin + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
    desk.post("/console/activities/new", typed)
    assert office.read(sa.select(Activity.place).where(Activity.title == "议事会")) == "=1+1"
