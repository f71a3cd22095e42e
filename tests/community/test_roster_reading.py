"""What a roster says about itself, read without a database: second phones, formulas, hidden sheets, names with titles."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest

from community import roster_file
from community.roster_file import RosterFile
from ground.errors import Refused
from tests.community.conftest import BRANCH, HEADER, NOON, person, sheet_bytes

_HALF = str.maketrans("（）", "()")


def read(data: bytes) -> RosterFile:
    return roster_file.parse(data, max_rows=5000, today=NOON.date())


def names_of(found: RosterFile) -> list[str]:
    return [row.name for row in found.rows]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("手机号码1", "手机号码2"),
        ("主手机号", "副手机号"),
        ("现手机号", "手机号码"),
        ("本人手机", "备用手机"),
        ("手机号码", "联系电话"),
        ("手机号码（新）", "手机号码（旧）"),
    ],
)
def test_one_gap_in_the_better_phone_column_turns_nobody_elses_number_around(first: str, second: str) -> None:
    rows = [
        ["姓名", "党支部", second, first],
        ["张小三", BRANCH, "19900028881", "19900029991"],
        ["李小四", BRANCH, "19900029992", ""],
        ["王小五", BRANCH, "19900028883", "19900029993"],
    ]
    found = read(sheet_bytes(rows))
    assert [row.phone for row in found.rows] == [f"1990002999{number}" for number in (1, 2, 3)]
    said = {fault.row: fault.reason for fault in found.warnings}
    assert f"手机号码列为空，采用了 C 列“{second.translate(_HALF)}”的号码" in said[3]
    former = "旧" in second
    assert [row for row in (2, 4) if "另有一个不同的手机号码" in said.get(row, "")] == (
        [] if former else [2, 4]
    )


def _with_empty_answer(data: bytes) -> bytes:
    """The same workbook, as Excel saves a formula whose answer is an empty text."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb'(<c r="[A-Z]+2")([^>]*><f>)', rb'\1 t="str"\2', old.read(name)))
    return out.getvalue()


@pytest.mark.parametrize(("column", "label"), [(2, "性别"), (4, "网格"), (6, "入党时间"), (7, "党内职务")])
def test_a_formula_without_its_value_in_a_column_that_may_be_empty_is_said(column: int, label: str) -> None:
    def formula(book: Any) -> None:
        book.worksheets()[0].write_formula(1, column, "=A1", None, "")

    data = sheet_bytes(
        [HEADER, person("张小三", "19900029991"), person("李小四", "19900029992")], more=formula
    )
    found = read(data)
    assert (len(found.rows), found.errors) == (2, [])
    assert [(fault.row, fault.column, "公式" in fault.reason) for fault in found.warnings] == [
        (2, label, True)
    ]
    assert read(_with_empty_answer(data)).warnings == []


@pytest.mark.parametrize(("column", "label"), [(1, "姓名"), (3, "所在党支部"), (5, "手机号码")])
def test_a_formula_without_its_value_in_a_column_that_is_needed_is_an_error(column: int, label: str) -> None:
    def formula(book: Any) -> None:
        book.worksheets()[0].write_formula(1, column, "=A1", None, "")

    data = sheet_bytes(
        [HEADER, person("张小三", "19900029991"), person("李小四", "19900029992")], more=formula
    )
    found = read(data)
    assert len(found.rows) == 1
    assert [(fault.row, fault.column, "公式" in fault.reason) for fault in found.errors] == [(2, label, True)]


def test_a_hidden_sheet_with_people_is_named_and_one_without_is_not() -> None:
    def hidden(book: Any) -> None:
        for name, rows in (("去年", [HEADER, person("王小五", "19900029993")]), ("下拉", [["男"], ["女"]])):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            sheet.hide()

    found = read(sheet_bytes([HEADER, person("张小三", "19900029991")], more=hidden))
    assert names_of(found) == ["张小三"]
    assert ["隐藏的工作表“去年”里也有名单（约 1 人）" in fault.reason for fault in found.warnings] == [True]


def test_a_roster_on_a_hidden_sheet_alone_is_refused_with_its_name() -> None:
    def hidden(book: Any) -> None:
        sheet = book.add_worksheet("名单")
        for number, row in enumerate([HEADER, person("王小五", "19900029993")]):
            sheet.write_row(number, 0, row)
        sheet.hide()

    with pytest.raises(Refused, match=r"名册在隐藏的工作表“名单”里，请.*取消隐藏"):
        read(sheet_bytes([["党员花名册"]], name="封面", more=hidden))


def test_a_head_too_far_down_is_refused_with_its_row() -> None:
    rows = [*([["填表说明"]] * 34), HEADER, person("张小三", "19900029991")]
    with pytest.raises(Refused, match=r"表头在第 35 行.*请删除表头上方的内容"):
        read(sheet_bytes(rows))


@pytest.mark.parametrize("mark", "，；、")
def test_a_table_that_a_chinese_keyboard_separated_is_one_too(mark: str) -> None:
    lines = [
        ("姓名", "所在党支部", "手机号码"),
        ("张小三", BRANCH, "19900029991"),
        ("李小四", BRANCH, "19900029992"),
    ]
    found = read("\r\n".join(map(mark.join, lines)).encode("gbk"))
    assert (names_of(found), found.errors) == (["张小三", "李小四"], [])


def test_a_masked_number_and_a_month_with_a_remark_say_what_they_are() -> None:
    rows = [
        person("张小三", "199****9991"),
        person("李小四", "19900029992", 入党时间="1999年10月（预备）"),
        person("王小五", "19900029993", 入党时间="1999年10月转正"),
    ]
    found = read(sheet_bytes([HEADER, *rows]))
    assert [(fault.row, fault.column) for fault in found.errors] == [(2, "手机号码"), (4, "入党时间")]
    assert "被星号遮住，请填写完整的 11 位数字" in found.errors[0].reason
    assert [str(row.joined_on) for row in found.rows] == ["1999-10-01"]
    assert ["没有取“(预备)”" in fault.reason for fault in found.warnings] == [True]


def test_a_month_is_read_as_the_cell_shows_it() -> None:
    def shown(book: Any) -> None:
        two = book.add_format({"num_format": "0.00_ "})
        for row, value in enumerate((1999.1, 1986.07, 1998), start=1):
            book.worksheets()[0].write_number(row, 6, value, two)

    people = [
        person(name, f"1990002999{number}") for number, name in enumerate(("张小三", "李小四", "王小五"))
    ]
    found = read(sheet_bytes([HEADER, *people], more=shown))
    assert [str(row.joined_on) for row in found.rows] == [
        "1999-10-01",
        "1986-07-01",
        "1998-01-01",
    ]
    assert not any("10 月" in fault.reason for fault in found.warnings)


@pytest.mark.parametrize("name", ["无", "待定", "未知", "暂无", "空缺", "（空缺）"])
def test_what_stands_for_nobody_yet_is_no_name(name: str) -> None:
    found = read(sheet_bytes([HEADER, person(name, "19900029999")]))
    assert [(fault.row, fault.column) for fault in found.errors] == [(2, "姓名")]
    assert "不是姓名，请补上本人姓名" in found.errors[0].reason


@pytest.mark.parametrize(
    ("typed", "column", "kept", "gender", "said"),
    [
        ("张小三同志", "女", "张小三", "女", "“同志”是称呼"),
        ("张小三 副书记", "女", "张小三", "女", "“副书记”是称呼"),
        ("张小三（委员）", "女", "张小三", "女", "“委员”是称呼"),
        ("高书记", "女", "高书记", "女", "像是称呼"),
        ("张己平 女", "", "张己平", "女", "按性别读取"),
        ("张己平　男性", "", "张己平", "男", "按性别读取"),
        ("张己平（女）", "女", "张己平", "女", "按性别读取"),
        ("李胜 男", "女", "李胜男", "女", ""),
        ("李 亚 男", "", "李亚男", "", ""),
        ("李亚男", "男", "李亚男", "男", ""),
    ],
)
def test_what_stands_beside_a_name_is_taken_off_and_said(
    typed: str, column: str, kept: str, gender: str, said: str
) -> None:
    found = read(sheet_bytes([HEADER, person(typed, "19900029999", 性别=column)]))
    assert not found.errors
    assert (found.rows[0].name, found.rows[0].gender) == (kept, gender)
    assert [said in fault.reason for fault in found.warnings] == ([True] if said else [])
