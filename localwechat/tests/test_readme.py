"""The sandbox's README says what is there, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

import localwechat
from localwechat.api import register
from localwechat.config import DEFAULT_SETTINGS
from localwechat.dispatch import ENDPOINTS
from localwechat.faults import API_KINDS, CALLBACK_KINDS, JOB_KINDS
from localwechat.testing import SandboxControl

README = Path(localwechat.__file__).with_name("README.md").read_text()


def rows(title: str) -> list[tuple[list[str], str]]:
    """(names in the first cell, last cell) of the rows of the table under a heading."""
    part = re.split(rf"\n##+ {re.escape(title)}\n", README, maxsplit=1)[1]
    part = re.split(r"\n##+ ", part, maxsplit=1)[0]
    cells = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    return [(re.findall(r"`([^`]+)`", row[0]), row[-1]) for row in cells]


def test_every_endpoint_is_in_the_table_and_the_absent_ones_are_absent() -> None:
    register()
    there: set[str] = set()
    absent: set[str] = set()
    for paths, how in rows("What is there"):
        named = {path for path in paths if path.startswith("/")}
        assert not named or how.startswith(("faithful", "simplified", "absent")), (named, how)
        (absent if how.startswith("absent") else there).update(named)
    assert there == set(ENDPOINTS)
    assert absent.isdisjoint(ENDPOINTS)


def test_what_is_absent_answers_with_wechat_s_unknown(sandbox: SandboxControl) -> None:
    absent = [path for paths, how in rows("What is there") if how.startswith("absent") for path in paths]
    assert {sandbox.api(path, {})["errcode"] for path in absent} == {40066}


def test_every_setting_and_every_kind_of_fault_is_explained() -> None:
    assert {name for names, _ in rows("Settings") for name in names} == set(DEFAULT_SETTINGS)
    faults = README.split("### Faults", 1)[1].split("### Settings", 1)[0]
    for kind in (*API_KINDS, *CALLBACK_KINDS, *JOB_KINDS):
        assert re.search(rf"`{kind}(:[A-Z]+)?`", faults), kind


def test_every_control_call_is_explained() -> None:
    named = {name for names, _ in rows("Control (`/_sandbox/…`)") for name in names}
    source = Path(localwechat.__file__).with_name("control.py").read_text()
    source += Path(localwechat.__file__).with_name("control_people.py").read_text()
    assert set(re.findall(r'@route\("/(\w+)"', source)) == named
