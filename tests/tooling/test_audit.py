"""``./pioneer audit`` as far as it needs no network: what it asks about, how it reads answers, which licences it takes."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from scripts import audit
from tests.tooling.test_layout import ROOT

RULES: dict[str, Any] = {
    "allowed": ["MIT", "Apache-2.0"],
    "allowed_in_development": ["GPL-3.0"],
    "read": {"quiet": "MIT"},
}


def test_every_package_of_both_locks_is_known() -> None:
    for lock in audit.LOCKS:
        text = (ROOT / lock).read_text(encoding="utf-8")
        found = audit.pins(text)
        listed = {line.partition("==")[0].lower() for line in text.splitlines() if line[:1].isalnum()}
        assert set(found) == listed
    assert audit.pins("Flask_WTF==1.2.1 \\\n    --hash=sha256:00\n") == {"flask-wtf": "1.2.1"}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("MIT", {"MIT"}), ("OSI Approved :: MIT License", {"MIT"}),
        ("Apache-2.0 OR BSD-2-Clause", {"Apache-2.0", "BSD-2-Clause"}),
        ("(MIT AND PSF-2.0)", {"MIT", "PSF-2.0"}), ("GNU Lesser General Public License v3 (LGPLv3)", {"LGPL-3.0"}),
        ("GNU General Public License v3 (GPLv3)", {"GPL-3.0"}), ("GNU Affero General Public License v3", {"AGPL-3.0"}),
        ("AGPL-3.0-only", {"AGPL-3.0"}), ("Proprietary", set()), ("limited", set()), ("", set()),
    ],
)  # fmt: skip
def test_a_licence_is_understood_by_its_many_names(said: str, meant: set[str]) -> None:
    assert audit.spdx(said) == meant


def test_a_licence_that_is_not_allowed_or_not_told_is_found_and_named() -> None:
    known: dict[str, set[str] | None] = {
        "good": {"MIT"}, "copyleft": {"AGPL-3.0"}, "silent": set(), "tool": {"GPL-3.0"}, "elsewhere": None,
        "mixed": {"MIT", "GPL-3.0"},
    }  # fmt: skip
    outcome = audit.licences([*known, "quiet"], {"tool"}, RULES, known.get)
    assert outcome.code == audit.FOUND
    assert "：copyleft、mixed、silent。" in outcome.lines[-1]
    assert audit.licences(["good", "quiet", "tool", "elsewhere"], {"tool"}, RULES, known.get).code == 0


def test_the_licences_of_everything_that_is_locked_and_vendored_are_allowed() -> None:
    outcome = audit._licences()
    assert outcome.code == 0, outcome.lines[-1]
    assert any("（前端）" in line for line in outcome.lines)


def test_findings_of_pip_audit_say_which_version_to_take() -> None:
    bug = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"]}
    out = json.dumps(
        {
            "dependencies": [
                {"name": "a", "version": "1.0", "vulns": [bug]},
                {"name": "b", "version": "1", "vulns": []},
            ]
        }
    )
    outcome = audit.said_by_pip_audit("x.lock", 1, out, "")
    assert (outcome.code, outcome.lines) == (audit.FOUND, ["x.lock：a 1.0 有漏洞 PYSEC-2026-1，请升级到 2.0"])
    clean = audit.said_by_pip_audit(
        "x.lock", 0, '{"dependencies": [{"name": "b", "version": "1", "vulns": []}]}', ""
    )
    assert (clean.code, clean.lines) == (0, ["x.lock：1 个软件包没有已知漏洞"])


def test_packages_about_which_nobody_answered_prove_nothing() -> None:
    silent = [{"name": f"p{number}", "skip_reason": "not found"} for number in range(7)]
    outcome = audit.said_by_pip_audit("x.lock", 0, json.dumps({"dependencies": silent}), "")
    assert outcome.code == audit.NOT_ASKED
    assert "7 个软件包没有问到漏洞公告（p0、p1、p2、p3、p4 等）" in outcome.lines[0]
    bad = {"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": []}]}
    assert (
        audit.said_by_pip_audit("x.lock", 1, json.dumps({"dependencies": [*silent, bad]}), "").code
        == audit.FOUND
    )


@pytest.mark.parametrize("out", ["", "not json", "[]", "{}"])
def test_a_service_that_could_not_be_asked_proves_nothing_and_names_no_address(out: str) -> None:
    for outcome in (
        audit.said_by_pip_audit("x.lock", 1, out, "ERROR: cannot reach https://somewhere.example/x\n"),
        audit.said_by_npm(1, out, "npm error request to https://somewhere.example/y failed"),
    ):
        assert outcome.code == audit.NOT_ASKED
        assert "请在能访问公告服务的网络上再运行一次" in outcome.lines[0]
        assert "somewhere" not in outcome.lines[0]


def test_findings_of_npm_are_told() -> None:
    out = json.dumps({"vulnerabilities": {"jodit": {"severity": "high"}}})
    assert audit.said_by_npm(1, out, "").lines == [
        "前端文件：jodit 有漏洞（high），请升级 vendor.toml 里的版本"
    ]
    assert audit.said_by_npm(0, '{"vulnerabilities": {}}', "").code == 0


def test_npm_is_asked_about_exactly_what_is_vendored() -> None:
    manifest = tomllib.loads(audit.VENDOR.read_text(encoding="utf-8"))
    asked = audit.package_json(manifest)["dependencies"]
    assert asked == {package["source"]: package["version"] for package in manifest["package"]}
    assert asked["htmx.org"]


def test_a_finding_weighs_more_than_a_question_without_answer() -> None:
    made = {code: audit.Outcome(code, []) for code in (0, audit.FOUND, audit.NOT_ASKED)}
    assert audit.together([made[0], made[audit.NOT_ASKED], made[audit.FOUND]]) == audit.FOUND
    assert audit.together([made[0], made[audit.NOT_ASKED]]) == audit.NOT_ASKED
    assert audit.together([made[0]]) == 0
