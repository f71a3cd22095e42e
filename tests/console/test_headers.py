"""What every answer says to the browser about scripts, styles, frames and powers."""

from __future__ import annotations

import re

import pytest

from tests.console.conftest import Office


def directives(policy: str) -> dict[str, str]:
    """A policy by its directives."""
    return {name: value for name, _, value in (part.strip().partition(" ") for part in policy.split(";"))}


@pytest.mark.parametrize(
    "address", ["/console/", "/console/articles", "/console/articles/1", "/console/nowhere", "/m/", "/x"]
)
def test_ordinary_pages_take_styles_and_scripts_from_our_own_files_alone(
    office: Office, address: str
) -> None:
    office.article()
    answer = office.desk("admin").client.get(address)
    policy = directives(answer.headers["Content-Security-Policy"])
    assert policy["script-src"] == policy["style-src-elem"] == "'self'"
    assert policy["style-src-attr"] == "'none'"
    assert policy["base-uri"] == policy["object-src"] == "'none'"
    assert not re.search(r"<style|\sstyle=|\son\w+=", answer.text)


@pytest.mark.parametrize("address", ["/console/articles/1/body/1", "/m/a/1"])
def test_where_a_body_is_shown_nothing_runs(office: Office, address: str) -> None:
    office.article(status="published")
    answer = office.desk("admin").client.get(address)
    policy = directives(answer.headers["Content-Security-Policy"])
    assert "楼道里的灯修好了" in answer.text
    assert policy["default-src"] == policy["script-src"] == "'none'"
    assert policy["style-src-attr"] == "'unsafe-inline'"
    assert policy["style-src-elem"] == "'self'"
    if address.startswith("/console"):
        assert "allow-scripts" not in policy["sandbox"]
        assert policy["form-action"] == "'none'"


def test_only_the_editors_page_sets_styles_among_its_own_controls(office: Office) -> None:
    article = office.article()
    for address in ("/console/articles/new", f"/console/articles/{article}/edit"):
        answer = office.desk("editor").client.get(address)
        policy = directives(answer.headers["Content-Security-Policy"])
        assert policy["script-src"] == policy["style-src-elem"] == "'self'"
        assert policy["style-src-attr"] == "'unsafe-inline'"


def test_no_page_is_lent_a_power_or_shared_with_other_sites(office: Office) -> None:
    desk = office.desk("admin").client
    office.article()
    page = desk.get("/console/articles/1")
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    powers = page.headers["Permissions-Policy"]
    for power in (
        "camera",
        "microphone",
        "geolocation",
        "payment",
        "usb",
        "display-capture",
        "clipboard-read",
    ):
        assert f"{power}=()" in powers
    cover = re.search(r"/m/asset/[0-9a-f]{64}", page.text)
    assert cover
    assert desk.get(cover[0]).headers["Cross-Origin-Resource-Policy"] == "cross-origin"
