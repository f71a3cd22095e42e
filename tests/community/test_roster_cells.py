"""What stands in the cells of a roster, as people really write it: dates, phones, names."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from community import roster
from tests.community.conftest import HEADER, Office, person, sheet_bytes


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1960.10.28", "1960-10-28"),
        (19990414, "1999-04-14"),
        ("2001-03-26", "2001-03-26"),
        ("2004/12/05", "2004-12-05"),
        ("1978年6月8日", "1978-06-08"),
        ("２００１年３月２６日", "2001-03-26"),
        (36264, "1999-04-14"),
        (date(2013, 1, 12), "2013-01-12"),
        ("20050501", "2005-05-01"),
        ("1999年4月", "1999-04-01"),
    ],
)
def test_dates_are_understood_as_offices_write_them(full_office: Office, written: Any, kept: str) -> None:
    plan = full_office.plan_of(sheet_bytes([HEADER, person("新来的", "19900029999", 入党时间=written)]))
    assert not plan.errors
    assert plan.changes[0].values["joined_on"].isoformat() == kept


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("不详", "看不懂"),
        ("2023年13月1日", "没有这一天"),
        ("2023-02-29", "没有这一天"),
        ("1899-01-01", "早于 1921 年"),
        ("2027-01-01", "晚于今天"),
        ("99.4.14", "看不懂"),
    ],
)
def test_dates_that_cannot_be_right_are_refused(full_office: Office, written: str, reason: str) -> None:
    plan = full_office.plan_of(sheet_bytes([HEADER, person("新来的", "19900029999", 入党时间=written)]))
    assert [(fault.row, fault.column) for fault in plan.errors] == [(2, "入党时间")]
    assert reason in plan.errors[0].reason


@pytest.mark.parametrize(
    "written",
    [
        "199-0002-9999",
        "199 0002 9999",
        "１９９０００２９９９９",
        "+8619900029999",
        "0086 19900029999",
        19900029999,
        "8619900029999",
        " 19900029999　",
    ],
)
def test_phones_are_understood_as_people_type_them(full_office: Office, written: Any) -> None:
    plan = full_office.plan_of(sheet_bytes([HEADER, person("新来的", written)]))
    assert not plan.errors
    assert plan.changes[0].values["phone_index"] == roster.phone_index("19900029999")


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "未填写"),
        ("1990000", "11 位"),
        ("12345678901", "号段"),
        ("0512-62880000", "固定电话"),
        ("1.99E+10", "科学计数法"),
        ("1.990002E10", "科学计数法"),
        ("=cmd|' /C calc'!A0", "公式"),
        ("转告", "不是数字"),
    ],
)
def test_phones_that_cannot_be_right_say_what_to_do(full_office: Office, written: str, reason: str) -> None:
    plan = full_office.plan_of(sheet_bytes([HEADER, person("新来的", written)]))
    assert [(fault.row, fault.column) for fault in plan.errors] == [(2, "手机号码")]
    assert reason in plan.errors[0].reason


@pytest.mark.parametrize("name", ["郝　倩", " 郝 倩 ", "郝\u200b倩"])
def test_spaces_inside_a_name_are_only_decoration(full_office: Office, name: str) -> None:
    plan = full_office.plan_of(sheet_bytes([HEADER, person(name, "19900029999")]))
    assert plan.changes[0].values["name"] == "郝倩"


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "张3", "@SUM(A1)", "-"])
def test_what_is_no_name_is_refused(full_office: Office, name: str) -> None:
    plan = full_office.plan_of(sheet_bytes([HEADER, person(name, "19900029999")]))
    assert [(fault.row, fault.column) for fault in plan.errors] == [(2, "姓名")]


def test_minority_and_foreign_names_are_names(full_office: Office) -> None:
    rows = [person("阿不都热合曼·买买提", "19900029998"), person("Maria Li", "19900029997")]
    plan = full_office.plan_of(sheet_bytes([HEADER, *rows]))
    assert [change.values["name"] for change in plan.changes] == ["阿不都热合曼·买买提", "Maria Li"]
