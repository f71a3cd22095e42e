"""Who sees and does what: every page and every action, for every role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.routing import Rule

from accounts.rights import RIGHTS
from tests.console.conftest import ROLES, Office, links, text_of


def _rules(office: Office, method: str) -> Iterator[tuple[Rule, Any]]:
    for rule in office.app.url_map.iter_rules():
        if rule.endpoint.startswith(("console.", "branch.")) and method in (rule.methods or ()):
            yield rule, office.app.view_functions[rule.endpoint]


def _address(rule: Rule, office: Office) -> str:
    values: dict[str, Any] = dict.fromkeys(rule.arguments, 1)
    if "branch_id" in values:
        values["branch_id"] = office.branch_id
    with office.app.test_request_context():
        return re.sub(r"<[^>]+>", "1", str(rule.rule)) if "what" in values else _built(office, rule, values)


def _built(office: Office, rule: Rule, values: dict[str, Any]) -> str:
    from flask import url_for

    return url_for(rule.endpoint, **values)


@pytest.mark.parametrize("person", ["admin", "editor", "first", "secretary", "auditor"])
def test_every_page_opens_for_the_roles_that_may_see_it_and_says_so_to_the_others(
    office: Office, person: str
) -> None:
    desk = office.desk(person)
    for rule, view in _rules(office, "GET"):
        right = getattr(view, "right", None)
        if right is None:
            continue
        answer = desk.client.get(_address(rule, office))
        if ROLES[person] in RIGHTS[right]:
            assert answer.status_code in (200, 303, 404), (rule.rule, answer.status_code)
        else:
            assert answer.status_code == 403, rule.rule
            assert "没有此项权限，如需开通请联系管理员" in text_of(answer)


@pytest.mark.parametrize("person", ["editor", "first", "secretary", "auditor"])
def test_every_action_is_refused_to_the_roles_that_may_not_take_it(office: Office, person: str) -> None:
    desk = office.desk(person)
    refused = 0
    for rule, view in _rules(office, "POST"):
        right = getattr(view, "right", None)
        if right is None or ROLES[person] in RIGHTS[right]:
            continue
        desk.post(_address(rule, office), status=403)
        refused += 1
    assert refused >= 10


def test_every_address_of_the_office_asks_for_a_right_or_is_meant_for_everybody(office: Office) -> None:
    open_ones = {f"console.{name}" for name in ("sign_in", "sign_in_post", "sign_out", "code", "code_post")}
    for method in ("GET", "POST"):
        for rule, view in _rules(office, method):
            assert hasattr(view, "right") or rule.endpoint in open_ones, rule.endpoint


def test_every_page_of_the_console_can_be_reached_by_links_from_its_first_page(office: Office) -> None:
    desk = office.desk("admin")
    seen: set[str] = set()
    kinds: set[str] = set()
    todo = {"/console/"}
    while todo:
        path = todo.pop()
        seen.add(path)
        kind = re.sub(r"\d+", "1", path)
        if kind in kinds:
            continue
        kinds.add(kind)
        answer = desk.client.get(path)
        if answer.mimetype == "text/html":
            todo |= {link for link in links(answer.text) if link.startswith(("/console", "/branch"))} - seen
    pages = {str(rule.rule) for rule, _ in _rules(office, "GET") if not rule.arguments}
    only_in_the_demo = "/console/components"
    in_a_frame = "/console/articles/preview"
    of_what_is_chosen = "/console/articles/registers.pdf"
    assert pages - kinds <= {
        "/console/login",
        "/console/login/code",
        only_in_the_demo,
        in_a_frame,
        of_what_is_chosen,
    }


def test_a_secretary_is_refused_another_branch_by_name(office: Office) -> None:
    desk = office.desk("secretary")
    other = office.branch_id + 1
    answer = desk.client.get(f"/branch/{other}/")
    assert answer.status_code == 403
    assert "数据的权限，如需开通请联系管理员" in text_of(answer)
    assert desk.client.get(f"/console/branches/{other}/qr").status_code == 403


def test_the_menu_shows_a_person_only_what_that_person_may_open(office: Office) -> None:
    page = office.desk("first").get("/console/")
    assert "稿件审核" in page
    assert "用户管理" not in page
    assert "党员名册" not in page


def test_an_unknown_address_is_told_in_the_office_s_words(office: Office) -> None:
    answer = office.desk("admin").client.get("/console/nothing-here")
    assert answer.status_code == 404
    assert "您访问的页面不存在或已移走" in text_of(answer)
    assert "全部稿件" in text_of(answer)


def test_a_number_beyond_the_database_is_an_unknown_address(office: Office) -> None:
    desk = office.desk("admin")
    asked = 0
    for rule, _ in _rules(office, "GET"):
        if "<int:" in rule.rule:
            address = re.sub(r"<[^>]+>", "9" * 25, rule.rule)
            assert desk.client.get(address).status_code < 500, address
            asked += 1
    assert asked > 10
    assert desk.client.get("/console/members?branch=" + "9" * 25).status_code == 404
    assert desk.client.get("/console/pushes/" + "9" * 25).status_code == 404
