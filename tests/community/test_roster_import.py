"""The office's roster goes in: 2,279 people as they were really typed."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result

from community import branch_names, places, roster, roster_file
from ground.errors import Refused
from models import Branch, Grid, ImportRun, Member, TagChange
from tests.community.conftest import BRANCH, DATA, HEADER, NOON, Office, person, sheet_bytes

TRUTH: dict[str, Any] = json.loads((DATA / "roster.truth.json").read_text(encoding="utf-8"))
BAD_ROWS = [bad["row"] for bad in TRUTH["bad"]]
COLUMN_OF = {
    "no_name": "姓名",
    "unknown_branch": "所在党支部",
    "bad_phone": "手机号码",
    "bad_date": "入党时间",
    "date_unknown": "入党时间",
}
Flask = Callable[..., Result]


def _document(result: Result) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_the_sample_roster_goes_in_as_the_truth_says(flask: Flask) -> None:
    assert flask("place", "import", DATA / "places.xlsx").exit_code == 0
    dry = flask("member", "import", DATA / "roster.xlsx", "--dry-run", "--json")
    assert dry.exit_code == 0
    seen = _document(dry)
    assert (seen["created"], seen["updated"], seen["repeated"]) == (TRUTH["valid"], 0, 9)
    assert [(fault["row"], fault["column"]) for fault in seen["errors"]] == [
        (bad["row"], COLUMN_OF[bad["problem"]]) for bad in TRUTH["bad"]
    ]
    assert [(one["row"], one["column"]) for one in seen["warnings"]] == [
        (warned["row"], COLUMN_OF[warned["problem"]]) for warned in TRUTH["warned"]
    ]
    assert seen["per_branch"] == TRUTH["per_branch_valid"]

    refused = flask("member", "import", DATA / "roster.xlsx", "--json")
    assert refused.exit_code == 2
    assert [fault["row"] for fault in _document(refused)["errors"]] == BAD_ROWS
    assert _document(refused)["created"] == 0
    assert "没有导入" in refused.stderr

    written = _document(flask("member", "import", DATA / "roster.xlsx", "--only-valid", "--json"))
    assert written["created"] == TRUTH["valid"], "the refused import must have written nothing"
    again = _document(flask("member", "import", DATA / "roster.xlsx", "--only-valid", "--json"))
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, TRUTH["valid"])
    listed = json.loads(flask("place", "list", "--json").stdout)
    assert {branch["name"]: branch["members"] for branch in listed} == TRUTH["per_branch_valid"]


def test_each_member_is_kept_as_the_truth_says(full_office: Office) -> None:
    with full_office.db.read_scope() as session:
        for truth in TRUTH["some_valid"]:
            member, branch, grid = session.execute(
                sa.select(Member, Branch.name, Grid.name)
                .join(Branch, Branch.id == Member.branch_id)
                .outerjoin(Grid, Grid.id == Member.grid_id)
                .where(Member.phone_index == roster.phone_index(truth["phone"]))
            ).one()
            assert member.joined_on is not None
            kept = {
                "name": member.name,
                "gender": member.gender,
                "branch": branch,
                "grid": grid,
                "phone": member.phone,
                "joined": member.joined_on.isoformat(),
                "duty": member.duty,
            }
            assert kept == truth


def test_no_phone_number_stands_in_the_database_in_clear(full_office: Office) -> None:
    with full_office.db.read_scope() as session:
        stored = session.execute(sa.text("SELECT phone, phone_index, tail_index FROM member LIMIT 50")).all()
    assert stored
    for row in stored:
        assert not any(b"1990001" in bytes(value) for value in row)


def test_the_command_tells_rows_that_are_wrong_in_the_same_way_once(flask: Flask, tmp_path: Path) -> None:
    path = tmp_path / "名册.xlsx"
    header = ["姓名", "所在党支部", "手机号码"]
    rows = [[f"王小{chr(0x4E00 + number)}", "没有登记的党支部", f"139{number:08}"] for number in range(40)]
    path.write_bytes(sheet_bytes([header, *rows]))
    told = flask("member", "import", path, "--dry-run").stdout
    assert "错误 40" in told
    assert told.count("没有登记的党支部") == 1
    assert "第 2、3、4、5、6 等 40 行" in told


def test_a_file_with_one_error_changes_nothing(office: Office, flask: Flask, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(sheet_bytes([HEADER, person("张小三", "19900020001"), person("李四", "123")]))
    assert flask("member", "import", path).exit_code == 2
    with office.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Member)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(ImportRun)) == 0
    assert flask("member", "import", path, "--only-valid").exit_code == 0
    with office.db.read_scope() as session:
        assert list(session.scalars(sa.select(Member.name))) == ["张小三"]


def test_titles_repeated_headers_subtotals_and_footers_are_no_people(full_office: Office) -> None:
    rows: list[list[Any]] = [
        ["社区党委党员花名册"],
        ["填报单位：社区党委", "", "", "填报日期：2026年9月1日"],
        [],
        ["序 号", "姓 名*", "性别", "所在党支部（全称）", "网格", "手机号码", "入党时间", "党内职务", "备注"],
        person("张小三", "19900029991"),
        ["小计", "", "", "湖东社区党支部", "", "共1人"],
        [],
        list(HEADER),
        person("李小四", "19900029992"),
        [3],
        ["合计：2 人"],
        ["填表人：王五", "", "", "审核人：赵六"],
    ]
    plan = full_office.plan_of(sheet_bytes(rows))
    assert not plan.errors
    assert [change.values["name"] for change in plan.changes] == ["张小三", "李小四"]


def test_a_branch_in_a_merged_cell_belongs_to_all_its_people(full_office: Office) -> None:
    rows = [
        person("张小三", "19900029991"),
        person("李小四", "19900029992", ""),
        person("王小五", "19900029993", ""),
    ]

    def merge(book: Any) -> None:
        book.worksheets()[0].merge_range(1, 3, 3, 3, "水墨社区党支部")

    plan = full_office.plan_of(sheet_bytes([HEADER, *rows], more=merge))
    assert plan.per_branch == {"水墨社区党支部": 3}
    without = full_office.plan_of(sheet_bytes([HEADER, *rows]))
    assert [fault.row for fault in without.errors] == [3, 4]


def test_branches_are_known_by_the_names_that_offices_use(full_office: Office) -> None:
    names = ["中共水墨社区党支部", " 水墨社区党支部 ", "水墨社区支部", "中国共产党水墨社区党支部"]
    rows = [person("新来的", f"1990002900{number}", name) for number, name in enumerate(names)]
    plan = full_office.plan_of(sheet_bytes([HEADER, *rows]))
    assert plan.per_branch == {"水墨社区党支部": 4}


def test_the_command_knows_a_name_that_was_chosen_in_the_console_and_an_own_name_goes_before(
    office: Office,
) -> None:
    admin = office.user()
    with office.db.session_scope() as session:
        meant = office.branch(session, "水墨社区党支部").id
        chosen = {"水墨一支部": meant, BRANCH: meant, "=1": meant, "没有的": 4711}
        assert branch_names.remember(session, admin, chosen, at=NOON) == 1
        assert branch_names.remember(session, admin, chosen, at=NOON) == 0
    rows = [
        person("张小三", "19900029991", "水墨一支部"),
        person("李小四", "19900029992", "中共水墨一党支部"),
    ]
    plan = office.plan_of(sheet_bytes([HEADER, *rows]))
    assert plan.per_branch == {"水墨社区党支部": 2}
    assert [fault.row for fault in plan.warnings] == [0, 0]
    with office.db.session_scope() as session:
        places.add_branch(session, admin, "水墨一党支部", at=NOON)
    assert office.plan_of(sheet_bytes([HEADER, *rows])).per_branch == {"水墨一党支部": 2}


def test_an_unknown_grid_is_a_warning_and_an_unknown_branch_is_not_made(full_office: Office) -> None:
    rows = [
        person("张小三", "19900029991", 网格="没有的网格"),
        person("李小四", "19900029992", "没有的党支部"),
    ]
    plan = full_office.plan_of(sheet_bytes([HEADER, *rows]))
    assert [(fault.row, fault.column) for fault in plan.warnings] == [(2, "网格")]
    assert [(fault.row, fault.column) for fault in plan.errors] == [(3, "所在党支部")]
    assert plan.created == 1


def test_one_person_twice_with_different_content_is_an_error(full_office: Office) -> None:
    rows = [person("张小三", "19900029991"), person("张小三", "199-0002-9991", "水墨社区党支部")]
    plan = full_office.plan_of(sheet_bytes([HEADER, *rows]))
    assert plan.repeated == 0
    assert [fault.row for fault in plan.errors] == [3]
    assert "第 2 行" in plan.errors[0].reason


def test_two_people_may_share_a_phone_but_it_is_pointed_out(full_office: Office) -> None:
    rows = [person("张小三", "19900029991"), person("李小四", "19900029991")]
    plan = full_office.plan_of(sheet_bytes([HEADER, *rows]))
    assert (plan.created, [fault.row for fault in plan.warnings]) == (2, [3])


def test_a_transfer_updates_the_member_and_moves_the_followers_tags(office: Office) -> None:
    office.import_people([person("张小三", "19900020001", 党内职务="书记")])
    office.bound("o-1", name="李小四")
    with office.db.session_scope() as session:
        session.execute(sa.delete(TagChange))
        member = session.scalars(sa.select(Member).where(Member.name == "李小四")).one()
        phone = member.phone
        old = office.branch(session)
        new = office.branch(session, "水墨社区党支部")
        places_of = {("branch", old.id): False, ("community", old.community_id): False}
        places_of |= {("branch", new.id): True, ("community", new.community_id): True}
    plan = office.import_people(
        [
            person("张小三", "19900020001", "水墨社区党支部", 党内职务="书记"),
            person("李小四", phone, "水墨社区党支部"),
        ]
    )
    assert (plan.created, plan.updated) == (0, 2)
    with office.db.read_scope() as session:
        assert set(session.scalars(sa.select(Member.branch_id))) == {new.id}
        queued = session.execute(
            sa.select(TagChange.kind, TagChange.target_id, TagChange.add, TagChange.openid)
        )
        assert {(kind, target): add for kind, target, add, openid in queued if openid == "o-1"} == places_of


def test_columns_that_a_file_lacks_are_left_as_they_are(office: Office) -> None:
    office.import_people([person("张小三", "19900020001", 党内职务="组织委员", 备注="常年在外")])
    short = sheet_bytes([("姓名", "手机号", "党支部"), ("张小三", 19900020001, "湖东社区党支部")])
    plan = office.plan_of(short)
    assert (plan.created, plan.updated, plan.unchanged) == (0, 0, 1)


def test_two_imports_planned_at_once_add_nobody_twice(office: Office) -> None:
    data = sheet_bytes([HEADER, person("张小三", "19900020001"), person("李小四", "19900020002")])
    first, second = office.plan_of(data), office.plan_of(data)
    roster.carry_out(office.db, first, file_name="a")
    roster.carry_out(office.db, second, file_name="a")
    with office.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Member)) == 2


def test_a_hidden_helper_sheet_is_ignored_and_a_visible_one_is_mentioned(full_office: Office) -> None:
    def add(book: Any) -> None:
        book.add_worksheet("说明").write(0, 0, "请各支部如实填写")

    plan = full_office.plan_of(sheet_bytes([HEADER, person("张小三", "19900029991")], more=add))
    assert plan.created == 1
    assert "说明" in plan.warnings[0].reason


def test_id_card_numbers_are_not_taken_in(full_office: Office) -> None:
    rows = [[*HEADER, "身份证号"], [*person("张小三", "19900029991"), "32050019800101001X"]]
    plan = full_office.plan_of(sheet_bytes(rows))
    assert plan.created == 1
    assert "不收集身份证号" in plan.warnings[0].reason
    assert "3205" not in repr(plan)


def _two_rosters(book: Any) -> None:
    sheet = book.add_worksheet("另一份")
    for row, values in enumerate([HEADER, person("王小五", "19900029993")]):
        sheet.write_row(row, 0, values)


def _far_cell(book: Any) -> None:
    book.worksheets()[0].write(1_000_000, 10_000, "x")


def _docx() -> bytes:
    return (DATA / "article-1.docx").read_bytes()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "空的"),
        (b"   \n", "空的"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600, "损坏"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + "WordDocument".encode("utf-16-le") * 50, "Word"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + "EncryptedPackage".encode("utf-16-le"), "打开密码"),
        ("序号,姓名,手机号码\r\n1,张小三,19900020001\r\n".encode("gbk"), "表头缺少：所在党支部"),
        (b"<html><body><table><tr><td>1</td></tr></table></body></html>", "网页格式"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04 broken", "损坏"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "不是 Excel"),
        (_docx(), "Word"),
        (sheet_bytes([]), "空的"),
        (sheet_bytes([["姓名", "性别", "年龄"], ["张小三", "女", 40]]), "表头缺少：所在党支部、手机号码"),
        (sheet_bytes([["商品", "数量"], ["苹果", 3]]), "没有找到表头"),
        (sheet_bytes([HEADER]), "没有党员"),
        (sheet_bytes([HEADER, person("张小三", "19900029991")], more=_two_rosters), "“名册”、“另一份”"),
        (sheet_bytes([HEADER, person("张小三", "19900029991")], more=_far_cell), "拆成几个文件"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_used_says_what_it_is_and_what_to_do(
    full_office: Office, data: bytes, says: str
) -> None:
    with pytest.raises(Refused) as refusal:
        full_office.plan_of(data)
    assert says in refusal.value.message


def test_a_hundred_thousand_rows_are_refused_before_they_are_parsed() -> None:
    rows = [HEADER, *([[number, "张小三"] for number in range(100_000)])]
    with pytest.raises(Refused, match="一次最多导入 5,000 人"):
        roster_file.parse(sheet_bytes(rows), max_rows=5000, today=NOON.date())


def test_a_workbook_of_hundreds_of_sheets_is_refused_by_their_number() -> None:
    def more(book: Any) -> None:
        for number in range(250):
            book.add_worksheet(f"表{number}")

    with pytest.raises(Refused):
        roster_file.parse(sheet_bytes([HEADER], more=more), max_rows=5000, today=NOON.date())


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused_whatever_it_says_of_itself() -> None:
    out = io.BytesIO()
    size = 160_000_000
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        package.writestr("xl/workbook.xml", "<workbook/>")
        package.writestr("xl/sharedStrings.xml", b"<sst>" + b" " * (size - 5))
    honest = out.getvalue()
    lying = honest.replace(struct.pack("<I", size), struct.pack("<I", 1000))
    for data, says in ((honest, "展开后过大"), (lying, "损坏")):
        with pytest.raises(Refused, match=says):
            roster_file.parse(data, max_rows=5000, today=NOON.date())


def test_a_number_that_is_a_formula_is_pointed_out(full_office: Office) -> None:
    def formula(book: Any) -> None:
        book.worksheets()[0].write_formula(1, 5, "=A1+19900029990", None, 19900029991)

    plan = full_office.plan_of(sheet_bytes([HEADER, person("张小三", "")], more=formula))
    assert [(fault.row, fault.column) for fault in plan.errors] == [(2, "手机号码")]
    assert "公式" in plan.errors[0].reason


def test_a_missing_file_is_one_chinese_line(flask: Flask) -> None:
    result = flask("member", "import", "/nowhere/名册.xlsx", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "找不到文件" in result.stderr
