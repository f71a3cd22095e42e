"""Rosters as offices really hand them in: the sheets of tests/data/hard by their truth, and others of the same kinds."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from community import reasons, roster, roster_file
from ground.errors import Refused
from tests.community.conftest import BRANCH, DATA, HEADER, NOON, Office, person, sheet_bytes

TRUTH: dict[str, dict[str, Any]] = json.loads((DATA / "hard" / "truth.json").read_text(encoding="utf-8"))
SHEETS = sorted(path.name for path in (DATA / "hard").glob("*.xlsx"))
OTHER = "水墨社区党支部"


def names_of(plan: roster.Plan) -> list[str]:
    return [change.values["name"] for change in plan.changes]


@pytest.mark.parametrize("name", SHEETS)
def test_a_hard_sheet_is_read_as_its_truth_says(full_office: Office, name: str) -> None:
    truth = TRUTH[name]
    truth = truth.get("either", truth)
    plan = full_office.plan_of((DATA / "hard" / name).read_bytes())
    bad = {fault.row for fault in plan.errors}
    assert bad.isdisjoint(truth.get("accepted", ()))
    assert bad >= set(truth.get("refused", ()))
    assert plan.valid == truth.get("valid", plan.valid)
    said = " ".join(fault.reason for fault in plan.warnings)
    assert all(word in said for word in truth.get("warn", ()))
    if truth.get("readable"):
        assert (plan.valid, bad) == (2, set())
        assert "#" in said


def merged(*ranges: str) -> Callable[[Any], None]:
    def more(book: Any) -> None:
        sheet = book.worksheets()[0]
        for one in ranges:
            sheet.merge_range(one, None)

    return more


def test_a_head_of_three_rows_is_one_head(full_office: Office) -> None:
    rows: list[list[Any]] = [
        ["湖东社区党员花名册"],
        ["序号", "基本信息", "", "联系方式", "", "党内情况", ""],
        ["", "姓名", "性别", "手机", "", "所在党支部", "入党时间"],
        ["", "", "", "移动电话", "固定电话", "", ""],
        [1, "张小三", "女", "19900029991", "0512-62880000", BRANCH, "2001-03-26"],
        ["序号", "基本信息", "", "联系方式", "", "党内情况", ""],
        ["", "姓名", "性别", "手机", "", "所在党支部", "入党时间"],
        ["", "", "", "移动电话", "固定电话", "", ""],
        [2, "李小四", "男", "19900029992", "", BRANCH, "2001-03-26"],
    ]
    plan = full_office.plan_of(sheet_bytes(rows, more=merged("B2:C2", "D2:E2", "F2:G2", "D3:E3")))
    assert (names_of(plan), plan.errors) == (["张小三", "李小四"], [])


def test_a_section_named_below_the_head_is_no_part_of_it(full_office: Office) -> None:
    rows = [["姓名", "所在党支部", "手机号码"], [f"一、{BRANCH}"], ["张小三", BRANCH, "19900029991"]]
    assert names_of(full_office.plan_of(sheet_bytes(rows))) == ["张小三"]


def test_of_two_phone_columns_each_row_gives_the_first_that_holds_a_mobile_number(
    full_office: Office,
) -> None:
    head = ["姓名", "党支部", "手机号", "联系电话", "家属联系电话"]
    rows = [
        head,
        ["张小三", BRANCH, "62880000", "19900029991", "19900028881"],
        ["李小四", BRANCH, "", "19900029992", "19900028882"],
        ["王小五", BRANCH, "19900029993", "", "19900028883"],
    ]
    plan = full_office.plan_of(sheet_bytes(rows))
    assert [change.values["phone_index"] for change in plan.changes] == [
        roster.phone_index(f"1990002999{number}") for number in (1, 2, 3)
    ]
    said = [fault.reason for fault in plan.warnings]
    assert "优先采用 C 列“手机号”，空着或不是手机号码的行采用 D 列“联系电话”" in said[0]
    assert "C 列“手机号”的内容不是手机号码，采用了 D 列“联系电话”的号码" in said[1]
    assert "手机号码列为空，采用了 D 列“联系电话”的号码" in said[2]


def test_a_head_merged_over_columns_without_use_is_not_spoken_of(full_office: Office) -> None:
    rows = [["姓名", "党支部", "手机号码", "备注", ""], ["张小三", BRANCH, "19900029991", "常外出", ""]]
    plan = full_office.plan_of(sheet_bytes(rows, more=merged("D1:E1")))
    assert (plan.created, plan.warnings) == (1, [])


def test_a_head_of_two_rows_needs_no_merged_cells(full_office: Office) -> None:
    rows = [
        ["姓名", "性别", "所在党支部", "联系方式", "", "入党时间"],
        ["", "", "", "固定电话", "手机号码", ""],
        ["张小三", "女", BRANCH, "0512-62880000", "19900029991", "2001-03-26"],
    ]
    plan = full_office.plan_of(sheet_bytes(rows))
    assert (names_of(plan), plan.errors) == (["张小三"], [])


def test_two_whole_forms_side_by_side_are_both_read(full_office: Office) -> None:
    head = ["序号", "姓名", "党支部", "手机号码"]
    rows: list[list[Any]] = [
        [*head, *head],
        [1, "张小三", BRANCH, "19900029991", 3, "王小五", OTHER, "19900029993"],
        [2, "李小四", BRANCH, "19900029992", "", "", "", ""],
    ]
    plan = full_office.plan_of(sheet_bytes(rows))
    assert names_of(plan) == ["张小三", "王小五", "李小四"]
    assert plan.per_branch == {BRANCH: 2, OTHER: 1}
    assert "左右并排" in plan.warnings[0].reason


def test_a_second_name_column_without_a_phone_is_no_second_form(full_office: Office) -> None:
    rows = [["姓名", "党支部", "手机号码", "姓名"], ["张小三", BRANCH, "19900029991", "张大三"]]
    plan = full_office.plan_of(sheet_bytes(rows))
    assert names_of(plan) == ["张小三"]
    assert "D 列“姓名”也是姓名" in plan.warnings[0].reason


def test_hidden_columns_are_said(full_office: Office) -> None:
    def hide(book: Any) -> None:
        book.worksheets()[0].set_column(5, 5, 10, None, {"hidden": True})

    plan = full_office.plan_of(sheet_bytes([HEADER, person("张小三", "19900029991")], more=hide))
    assert ["F 列“手机号码”在表里是隐藏的" in fault.reason for fault in plan.warnings] == [True]


def _with_cell(cell: str) -> bytes:
    """A roster of one whose remark is this cell, as another program wrote it."""
    data = sheet_bytes([HEADER, person("张小三", "19900029991", 备注="此处")])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                before, found, after = part.rpartition('<c r="I2"')
                assert found
                part = before + cell + after.partition("</c>")[2]
            new.writestr(name, part)
    return out.getvalue()


@pytest.mark.parametrize(
    ("cell", "warned"),
    [
        ('<c r="I2" t="e"><v>#N/A</v></c>', True),
        ('<c r="I2" t="e"><v>#CALC!</v></c>', True),
        ('<c r="I2" t="e"><f>A1</f><v>#FIELD!</v></c>', True),
        ('<c r="I2" t="e"><v>#BLOCKED!</v></c>', True),
        ('<c r="I2" t="s"><v>99999</v></c>', False),
        ('<c r="I2" t="s"><v>x</v></c>', False),
        ('<c r="I2" t="b"><v>yes</v></c>', False),
        ('<c r="I2" t="q"><v>1</v></c>', False),
        ('<c r="I2"><v>1e999</v></c>', False),
        ('<c r="I2" t="d"><v>2001-02-33</v></c>', False),
    ],
)
def test_a_bad_cell_never_costs_the_file(full_office: Office, cell: str, warned: bool) -> None:
    plan = full_office.plan_of(_with_cell(cell))
    assert (plan.created, plan.errors) == (1, [])
    assert [(fault.row, fault.column) for fault in plan.warnings] == ([(2, "备注")] if warned else [])


def test_an_error_in_a_needed_cell_costs_that_person_alone(full_office: Office) -> None:
    rows = [
        HEADER,
        person("张小三", "#REF!"),
        person("#NAME?", "19900029992"),
        person("王小五", "19900029993"),
    ]
    plan = full_office.plan_of(sheet_bytes(rows))
    assert names_of(plan) == ["王小五"]
    assert [(fault.row, fault.column) for fault in plan.errors] == [(2, "手机号码"), (3, "姓名")]


def test_an_old_xls_file_is_read_with_its_merged_cells_and_hidden_rows(full_office: Office) -> None:
    plan = full_office.plan_of((DATA / "roster-old.xls").read_bytes())
    assert names_of(plan) == ["孙一民", "孙二民", "孙三民"]
    assert [change.values["joined_on"].isoformat() for change in plan.changes] == [
        "2001-07-01",
        "1998-07-15",
        "1978-03-02",
    ]
    assert plan.per_branch == {BRANCH: 3}
    said = " ".join(fault.reason for fault in plan.warnings)
    assert "（第 5 行）" in said
    assert "#N/A" in said


@pytest.mark.parametrize("cut", [600, 1500, 4000])
def test_a_damaged_xls_file_is_one_sentence(full_office: Office, cut: int) -> None:
    with pytest.raises(Refused, match=r"损坏|空|没有"):
        full_office.plan_of((DATA / "roster-old.xls").read_bytes()[:cut])


LINES = [
    "序号,姓名,党支部,手机号码,备注",
    f"1,葛曾䮌,{BRANCH},19900029991,",
    f'2,李小四,{BRANCH},="19900029992","住在\n东门, 常外出"',
]


def _csv(lines: Sequence[str], separator: str = ",") -> str:
    return "\r\n".join(lines).replace(",", separator) + "\r\n"


@pytest.mark.parametrize(
    "data",
    [
        _csv(LINES).encode(),
        _csv(LINES).encode("utf-8-sig"),
        _csv(LINES).encode("gb18030"),
        _csv([LINES[0], LINES[1].replace("䮌", "明"), LINES[2]]).encode("gbk"),
        _csv(LINES, "\t").encode("utf-16"),
        _csv(["sep=;", *LINES], ";").replace("东门;", "东门,").encode(),
        _csv(["sep=,", *LINES], "\t").encode(),
        _csv(LINES).encode().replace("常".encode(), "常".encode()[:2]),
    ],
    ids=[
        "utf-8",
        "utf-8 with a mark",
        "gb18030",
        "gbk",
        "unicode text",
        "semicolons",
        "named tabs",
        "one broken byte",
    ],
)
def test_a_csv_file_is_read_whatever_its_encoding(full_office: Office, data: bytes) -> None:
    plan = full_office.plan_of(data)
    assert not plan.errors
    assert [name[-1] for name in names_of(plan)] in (["䮌", "四"], ["明", "四"])
    assert plan.changes[1].values["phone_index"] == roster.phone_index("19900029992")
    assert "住在 东门" in plan.changes[1].values["note"]


@pytest.mark.parametrize(
    ("first", "last"), [('"组长', ""), ('"组长', '副"组长'), ('组"长', ""), ('"组长" 兼职', "")]
)
def test_a_quote_that_nobody_closes_swallows_no_row(full_office: Office, first: str, last: str) -> None:
    people = [f"张小{name},{BRANCH},1990002{number:04d}," for number, name in enumerate("一二三四五")]
    lines = ["姓名,所在党支部,手机号码,备注", people[0] + first, *people[1:-1], people[-1] + last]
    plan = full_office.plan_of(_csv(lines).encode())
    assert not plan.errors
    assert [name[-1] for name in names_of(plan)] == list("一二三四五")


def test_the_rows_of_a_csv_file_are_counted_as_excel_counts_them(full_office: Office) -> None:
    lines = [*LINES, "", f"3,王小五,{BRANCH},123,"]
    plan = full_office.plan_of(_csv(lines).encode("gbk", "ignore"))
    assert [fault.row for fault in plan.errors] == [5]


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("电话号码", "手机号码"),
        ("本人手机号（必填）", "手机号码"),
        ("联系方式(手机)", "手机号码"),
        ("手机号码*", "手机号码"),
        ("移动电话号码", "手机号码"),
    ],
)
def test_columns_are_known_by_what_they_mean(full_office: Office, label: str, field: str) -> None:
    rows = [
        ["党员姓名", "现所在党组织名称", label, "紧急联系人电话"],
        ["张小三", BRANCH, "19900029991", "19900028888"],
    ]
    plan = full_office.plan_of(sheet_bytes(rows))
    assert plan.changes[0].values["phone_index"] == roster.phone_index("19900029991"), field


@pytest.mark.parametrize(
    ("former", "present"),
    [
        ("原党支部", "现党支部"),
        ("原所在党支部", "现所在党支部"),
        ("调整前党支部", "调整后党支部"),
        ("党支部（旧）", "党支部（新）"),
    ],
)
def test_what_was_before_never_goes_before_what_is_now(
    full_office: Office, former: str, present: str
) -> None:
    rows = [
        ["姓名", former, present, "原手机号码", "现手机号码"],
        ["张小三", "水墨社区党支部", BRANCH, "19900028881", "19900029991"],
        ["李小四", "水墨社区党支部", BRANCH, "19900028882", "19900029992"],
    ]
    plan = full_office.plan_of(sheet_bytes(rows))
    assert not plan.errors
    assert plan.per_branch == {BRANCH: 2}
    assert plan.changes[0].values["phone_index"] == roster.phone_index("19900029991")


def struck(*rows: int) -> Callable[[Any], None]:
    """Strike these rows of the sheet (from 0) out, as an office does with who has left."""

    def more(book: Any) -> None:
        line = book.add_format({"font_strikeout": True})
        for row in rows:
            for column, text in enumerate(person("李小四", "19900029992", 备注="已转出")):
                book.worksheets()[0].write(row, column, text, line)

    return more


def test_a_row_that_is_struck_out_is_left_out_and_said_unless_it_is_asked_for(full_office: Office) -> None:
    rows = [HEADER, person("张小三", "19900029991"), person("李小四", "19900029992")]
    data = sheet_bytes(rows, more=struck(2))
    plan = full_office.plan_of(data)
    assert names_of(plan) == ["张小三"]
    assert [one.reason for one in plan.warnings] == [
        "有 1 行带删除线（第 3 行），不导入，如需导入请选“带删除线的行也导入”"
    ]
    with full_office.db.read_scope() as session:
        file = roster_file.parse(data, max_rows=100, today=NOON.date(), struck=True)
        plan = roster.plan(session, file)
    assert names_of(plan) == ["张小三", "李小四"]
    assert "也一并导入" in plan.warnings[0].reason
    with pytest.raises(Refused, match="都带删除线"):
        full_office.plan_of(sheet_bytes([HEADER, person("李小四", "19900029992")], more=struck(1)))


def test_an_old_xls_file_tells_what_is_struck_out(full_office: Office) -> None:
    plain = (DATA / "roster-old.xls").read_bytes()
    font, size = b"\x31\x00\x15\x00", b"\xc8\x00"
    crossed = plain.replace(font + size + b"\x00\x00", font + size + b"\x08\x00")  # the bit of every font
    assert crossed != plain
    with pytest.raises(Refused, match="都带删除线"):
        full_office.plan_of(crossed)


def test_a_remark_that_somebody_has_left_is_pointed_out_once_for_all(full_office: Office) -> None:
    notes = ("已转出", "已转出至外省", "2024年去世", "停止党籍", "未转出", "常年在外")
    rows = [person(f"张小{'一二三四五六'[n]}", f"1990002{n}991", 备注=note) for n, note in enumerate(notes)]
    plan = full_office.plan_of_rows(rows)
    assert [(one.rows, one.reason[:9]) for one in reasons.grouped(plan.warnings)] == [
        ((2, 3), "备注写着“转出”，"),
        ((4,), "备注写着“去世”，"),
        ((5,), "备注写着“停止党籍"),
    ]
