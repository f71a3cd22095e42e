"""What stands in the cells of a roster, as people really write it: dates, phones, names."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from community import cell_names, roster
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
        ("1999.4", "1999-04-01"),
        (1999.4, "1999-04-01"),
        ("199904", "1999-04-01"),
        ("1999年四月", "1999-04-01"),
        ("一九九九年四月十四日", "1999-04-14"),
        ("2001年3月26号", "2001-03-26"),
        ("2001-03-26 08:30", "2001-03-26"),
        ("2001-3-6T00:00:00", "2001-03-06"),
        ("2001.03.26转正", "2001-03-26"),
        ("99.4.14", "1999-04-14"),
        ("26/03/2001", "2001-03-26"),
        ("36264", "1999-04-14"),
        (36264.5, "1999-04-14"),
    ],
)
def test_dates_are_understood_as_offices_write_them(full_office: Office, written: Any, kept: str) -> None:
    plan = full_office.plan_of(sheet_bytes([HEADER, person("新来的", "19900029999", 入党时间=written)]))
    assert not plan.errors
    assert plan.changes[0].values["joined_on"].isoformat() == kept


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("入党", "看不懂"),
        ("03/04/2001", "看不懂"),
        ("2023年13月1日", "没有这一天"),
        ("2023-02-29", "没有这一天"),
        ("1899-01-01", "早于 1921 年"),
        ("2027-01-01", "晚于今天"),
    ],
)
def test_dates_that_cannot_be_right_are_refused(full_office: Office, written: str, reason: str) -> None:
    plan = full_office.plan_of(sheet_bytes([HEADER, person("新来的", "19900029999", 入党时间=written)]))
    assert [(fault.row, fault.column) for fault in plan.errors] == [(2, "入党时间")]
    assert reason in plan.errors[0].reason


@pytest.mark.parametrize("written", ["不详", "——", "/", "未知", "#N/A"])
def test_a_date_that_nobody_knows_costs_nobody_and_erases_no_date(office: Office, written: str) -> None:
    plan = office.import_people([person("新来的", "19900029999", 入党时间=written)])
    assert plan.changes[0].values["joined_on"] is None
    assert [(fault.row, fault.column) for fault in plan.warnings] == [(2, "入党时间")]
    office.import_people([person("新来的", "19900029999", 入党时间="2001-03-26")])
    again = office.import_people([person("新来的", "19900029999", 入党时间=written)])
    assert (again.updated, again.unchanged) == (0, 1)


@pytest.mark.parametrize(
    ("written", "remark"),
    [
        (1998.1, "可能是 1 月也可能是 10 月"),
        (1998, "只写了年份"),
        ("98.7.1", "按 1998 年记录"),
        ("26/03/2001", "按 2001-03-26 记录"),
    ],
)
def test_a_date_that_leaves_room_says_how_it_was_read(full_office: Office, written: Any, remark: str) -> None:
    plan = full_office.plan_of(sheet_bytes([HEADER, person("新来的", "19900029999", 入党时间=written)]))
    assert not plan.errors
    assert [remark in fault.reason for fault in plan.warnings] == [True]


@pytest.mark.parametrize(
    "written",
    [
        "199-0002-9999",
        "'19900029999",
        "19900029999.0",
        "\u202d19900029999\u202c",
        "86-199-0002-9999",
        "019900029999",
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
        ("无", "未填写"),
        ("/", "未填写"),
        ("19900029999/19900029998", "两个手机号码"),
        ("19900029999\n19900029998", "两个手机号码"),
        ("199 0002 9999（儿子）", "前后还有别的文字"),
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


@pytest.mark.parametrize(
    ("written", "name", "gender", "remarks"),
    [
        ("王　　男", "王男", "", 0),
        ("欧阳 女", "欧阳女", "", 0),
        ("欧阳书记", "欧阳书记", "", 1),
        ("欧阳明远书记", "欧阳明远", "", 1),
        ("李书记（女）", "李书记", "女", 2),
        ("张三 同志 女", "张三", "女", 2),
        ("张三（女）同志", "张三", "女", 2),
        ("张三 同 志", "张三", "", 1),
        ("张己平 女", "张己平", "女", 1),
        ("李 小 女", "李小女", "", 0),
    ],
)
def test_what_stands_behind_a_name_is_taken_off_and_no_name_is_cut(
    written: str, name: str, gender: str, remarks: int
) -> None:
    read = cell_names.person(written, gender="")
    assert (read.name, read.gender, len(read.remark.split("；")) if read.remark else 0) == (
        name,
        gender,
        remarks,
    )


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "张3", "@SUM(A1)", "-"])
def test_what_is_no_name_is_refused(full_office: Office, name: str) -> None:
    plan = full_office.plan_of(sheet_bytes([HEADER, person(name, "19900029999")]))
    assert [(fault.row, fault.column) for fault in plan.errors] == [(2, "姓名")]


def test_minority_and_foreign_names_are_names(full_office: Office) -> None:
    rows = [person("阿不都热合曼·买买提", "19900029998"), person("Maria Li", "19900029997")]
    plan = full_office.plan_of(sheet_bytes([HEADER, *rows]))
    assert [change.values["name"] for change in plan.changes] == ["阿不都热合曼·买买提", "Maria Li"]
