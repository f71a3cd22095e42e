"""Who may keep an answer: nobody what depends on who asks, everybody what is the same for all."""

from __future__ import annotations

import io
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.console.conftest import ROLES, Desk, Office

PRIVATE = {"private", "no-store"}


def _words(answer: TestResponse) -> set[str]:
    return {word.strip() for word in answer.headers.get("Cache-Control", "").split(",")}


def _addresses(office: Office, method: str) -> list[str]:
    found = []
    for rule in office.app.url_map.iter_rules():
        if method in (rule.methods or ()) and rule.endpoint != "static":
            path = re.sub(r"<int:branch_id>", str(office.branch_id), rule.rule)
            found.append(re.sub(r"<[^>]+>", "1", path))
    return found


def _is_kept_by_nobody(client: FlaskClient, method: str, path: str, data: dict[str, str]) -> None:
    answer = client.open(path, method=method, data=data if method == "POST" else None)
    words = _words(answer)
    if path.startswith(("/console", "/branch")):
        assert words == PRIVATE, (path, answer.status_code, words)
        assert "Expires" not in answer.headers, path
    elif path.startswith(("/m/asset/", "/api/")):
        assert "Set-Cookie" not in answer.headers, path
        assert "public" in words if answer.status_code == 200 else words & {"no-cache", "no-store"}, (
            path,
            words,
        )
    else:
        assert words & {"no-cache", "no-store"}, (path, words)
        assert "public" not in words, path


@pytest.mark.parametrize("person", ["", *sorted(set(ROLES) - {"second", "third"})])
def test_no_answer_that_depends_on_who_asks_may_be_kept(office: Office, person: str) -> None:
    desk: Desk = office.desk(person) if person else office.stranger()
    office.article(status="published")
    paths = _addresses(office, "GET")
    for path in paths:
        _is_kept_by_nobody(desk.client, "GET", path, {})
    posts = [path for path in _addresses(office, "POST") if path != "/console/logout"]
    for path in [*posts, "/console/logout"]:
        _is_kept_by_nobody(desk.client, "POST", path, {"csrf_token": desk.token})
    assert len(paths) > 60
    assert len(posts) > 40


def test_a_file_with_personal_data_is_saved_and_kept_by_nobody(office: Office) -> None:
    desk = office.desk("admin")
    answer = desk.client.get("/console/members/template.xlsx")
    assert answer.status_code == 200
    assert _words(answer) == PRIVATE
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert io.BytesIO(answer.data).read(2) == b"PK"
    assert "ETag" not in answer.headers


def test_our_own_static_files_are_kept_and_carry_no_session(office: Office) -> None:
    desk = office.desk("admin")
    address = re.search(r'href="(/static/[^"]+\.css[^"]*)"', desk.get("/console/"))
    assert address
    answer = desk.client.get(address[1])
    assert answer.status_code == 200
    assert {"public", "max-age=604800"} <= _words(answer)
    assert "Set-Cookie" not in answer.headers


def test_scripts_that_import_each_other_share_a_mark_and_an_old_mark_has_no_content(office: Office) -> None:
    desk = office.desk("admin")
    address = re.search(r'src="(/static/js/[0-9a-f]{10}/)console/console.js"', desk.get("/console/"))
    assert address
    entry = desk.client.get(f"{address[1]}console/console.js")
    assert entry.mimetype == "text/javascript"
    assert {"public", "immutable", "max-age=604800"} <= _words(entry)
    imported = re.findall(r'^import (?:.* from )?"\./([^"]+)";$', entry.text, re.MULTILINE)
    assert len(imported) >= 5
    early = re.findall(r'rel="modulepreload" href="[^"]+/console/([^"]+)"', desk.get("/console/"))
    assert set(early) >= {"console.js", "dom.js", *imported}, "fetched one after the other"
    for name in imported:
        answer = desk.client.get(f"{address[1]}console/{name}")
        assert answer.status_code == 200, name
        assert "Set-Cookie" not in answer.headers
    for other in ("/static/js/0123456789/console/console.js", f"{address[1]}console/console.css"):
        answer = desk.client.get(other)
        assert answer.status_code == 404
        assert _words(answer) == {"no-store"}
