"""Activities, their counts by branch, and the ledger that goes to the filing cabinet."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from python_calamine import CalamineWorkbook

from accounts import audit
from community import activities, changing, counting, ledger
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import Activity, Member, User
from tests.community.conftest import NOON, Office, person
from tests.world.days import NEXT_YEAR

HUDONG, SHUIMO = "湖东社区党支部", "水墨社区党支部"
HOUR = timedelta(hours=1)
Flask = Callable[..., Result]


def _draft(office: Office, *branches: str, **other: Any) -> activities.Draft:
    with office.db.read_scope() as session:
        found = [office.branch(session, name) for name in branches]
    values: dict[str, Any] = {
        "title": "主题党日",
        "starts_at": NOON,
        "ends_at": NOON + HOUR,
        "branches": found,
        "purpose": "集中学习",
    }
    return activities.Draft(**{**values, **other})


def _create(office: Office, user: User, draft: activities.Draft) -> activities.Created:
    with office.db.session_scope() as session:
        return activities.create(session, user, draft, at=NOON - HOUR)


def test_an_activity_from_the_command_line_to_its_excel_file(
    office: Office, flask: Flask, tmp_path: Path
) -> None:
    office.user("admin", name="admin")
    office.import_people([person("张小三", "19900020001"), person("李小四", "19900020002", SHUIMO)])
    made = json.loads(
        flask("activity", "create", "--title", "主题党日", "--keyword", "党日", "--branches", f"{HUDONG},水墨社区支部",
              "--from", f"{NEXT_YEAR}-09-20T18:30", "--to", f"{NEXT_YEAR}-09-20T20:00", "--purpose", "集中学习",
              "--as", "admin", "--json").stdout
    )  # fmt: skip
    assert made == {"id": 1, "status": "open", "warnings": []}
    office.came(activities_of(office)[0], 1)
    shown = json.loads(flask("activity", "show", 1, "--json").stdout)
    assert (shown["expected"], shown["checked_in"], shown["made_up"]) == (2, 1, 0)
    assert shown["from"] == f"{NEXT_YEAR}-09-20T18:30:00+08:00"
    assert [(one["branch"], one["expected"], one["checked_in"]) for one in shown["by_branch"]] == [
        (HUDONG, 1, 1),
        (SHUIMO, 1, 0),
    ]
    path = tmp_path / "台账.xlsx"
    assert flask("activity", "export", 1, path).exit_code == 0
    assert "张*三" in str(CalamineWorkbook.from_path(str(path)).get_sheet_by_name("数据").to_python())
    listed = json.loads(flask("activity", "list", "--json").stdout)
    assert [one["branches"] for one in listed] == [[HUDONG, SHUIMO]]


def activities_of(office: Office) -> list[Activity]:
    """All of them."""
    with office.db.read_scope() as session:
        return list(session.scalars(sa.select(Activity)))


def test_what_the_command_line_cannot_use_is_one_chinese_line(office: Office, flask: Flask) -> None:
    office.user("admin", name="admin")
    given = {
        "--title": "主题党日",
        "--branches": "all",
        "--from": f"{NEXT_YEAR}-09-20T18:30",
        "--to": f"{NEXT_YEAR}-09-20T20:00",
        "--purpose": "集中学习",
        "--as": "admin",
    }
    for option, value, says in (
        ("--branches", "没有的支部", "没有名为“没有的支部”的党支部"),
        ("--branches", ",", "--branches"),
        ("--from", "明天", "看不懂"),
        ("--to", f"{NEXT_YEAR}-09-20T10:00", "晚于开始时间"),
        ("--title", "  ", "请填写活动名称"),
        ("--as", "nobody", "没有名为“nobody”的账号"),
        ("--kind", "party", "没有“party”这类活动"),
    ):
        words = [word for pair in {**given, option: value}.items() for word in pair]
        result = flask("activity", "create", *words)
        assert result.exit_code == 2
        assert says in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1
    assert activities_of(office) == []


def test_an_activity_must_end_and_be_still_to_come(sqlite_office: Office) -> None:
    office = sqlite_office
    admin = office.user("admin")
    for other, says in (
        ({"ends_at": NOON}, "晚于开始时间"),
        ({"starts_at": NOON - 5 * HOUR, "ends_at": NOON - 2 * HOUR}, "已过"),
    ):
        with pytest.raises(Refused, match=says):
            _create(office, admin, _draft(office, **other))


def test_words_of_an_activity_stay_as_they_were_typed(sqlite_office: Office) -> None:
    draft = _draft(
        sqlite_office,
        HUDONG,
        title="主题党日：  清楼道（东区）",
        purpose="议题：一，看；二，议",
        place="会议室（二楼）",
    )
    made = _create(sqlite_office, sqlite_office.user("admin"), draft).activity
    assert (made.title, made.purpose) == ("主题党日： 清楼道（东区）", "议题：一，看；二，议")
    assert made.place == "会议室（二楼）"


def test_what_smells_of_compulsion_is_pointed_out(sqlite_office: Office) -> None:
    office = sqlite_office
    admin = office.user("admin")
    smells: list[tuple[dict[str, Any], str]] = [
        ({"ends_at": NOON + timedelta(days=40)}, "长期打卡"),
        ({"keyword": "学习园地"}, "另有用途"),
    ]
    for other, says in smells:
        created = _create(office, admin, _draft(office, **other))
        assert any(says in line for line in created.warnings), other
    for other, says in (
        ({"title": "全员打卡活动"}, "活动名称里的“全员打卡”属于强制和全员要求，改为"),
        ({"purpose": "未签到的点名通报"}, "点名、通报和处罚"),
        ({"purpose": " "}, "请填写事由"),
    ):
        with pytest.raises(Refused, match=says):
            _create(office, admin, _draft(office, **other))
    _create(office, admin, _draft(office, title="安全生产排名发布会", override="会议的正式名称就是这样"))
    assert not _create(office, admin, _draft(office, title="不评比、不排名的交流会")).warnings
    with office.db.read_scope() as session:
        details = [entry.detail for entry in audit.page(session, action="activity.create").entries]
    assert {"branches": "all", "phrases": "排名", "override": "会议的正式名称就是这样"} in details


def test_a_keyword_that_cannot_be_told_apart_is_refused(sqlite_office: Office) -> None:
    office = sqlite_office
    admin = office.user("admin")
    for keyword in ("1", "党日！", "x" * 21):
        with pytest.raises(Refused, match="口令"):
            _create(office, admin, _draft(office, keyword=keyword))


def test_a_keyword_serves_one_activity_of_a_branch_at_a_time(office: Office) -> None:
    admin = office.user("admin")
    _create(office, admin, _draft(office, HUDONG, keyword="党日"))
    with pytest.raises(Conflict, match="口令“党日”"):
        _create(office, admin, _draft(office, HUDONG, SHUIMO, keyword="党日"))
    with pytest.raises(Conflict):
        _create(office, admin, _draft(office, keyword="党日"))
    _create(office, admin, _draft(office, SHUIMO, keyword="党日"))
    later = {"starts_at": NOON + 2 * HOUR, "ends_at": NOON + 3 * HOUR}
    _create(office, admin, _draft(office, HUDONG, keyword="党日", **later))


def test_a_secretary_announces_for_the_own_branch_only(office: Office) -> None:
    secretary = office.user("secretary", HUDONG)
    for branches in ((), (SHUIMO,), (HUDONG, SHUIMO)):
        with pytest.raises(Forbidden, match="本支部"):
            _create(office, secretary, _draft(office, *branches))
    _create(office, secretary, _draft(office, HUDONG))
    with pytest.raises(Forbidden):
        _create(office, office.user("auditor"), _draft(office, HUDONG))


def test_counts_are_by_branch_and_a_secretary_sees_the_own(office: Office) -> None:
    office.user("admin")
    zhang, li = office.member("张小三"), office.member("李小四", SHUIMO)
    office.member("王小五", SHUIMO)
    activity = office.activity("主题党日")
    office.came(activity, zhang)
    office.entered(activity, li)
    secretary = office.user("secretary", SHUIMO)
    with office.db.read_scope() as session:
        whole = counting.counts(session, activity)
        own = counting.counts(session, activity, user=secretary)
    assert (whole.expected, whole.checked_in, whole.made_up) == (3, 2, 1)
    assert len(whole.by_branch) == 16, "all branches are invited"
    assert [(one.branch, one.expected, one.checked_in, one.made_up) for one in own.by_branch] == [
        (SHUIMO, 2, 1, 1)
    ]


def test_another_branchs_activity_does_not_exist_for_a_secretary(
    office: Office, flask: Flask, tmp_path: Path
) -> None:
    office.user("admin")
    activity = office.activity("主题党日", SHUIMO)
    secretary = office.user("secretary", HUDONG, name="zhang")
    with office.db.session_scope() as session:
        for look in (
            lambda: activities.get(session, activity.id, user=secretary),
            lambda: ledger.load(session, activity.id, user=secretary, at=NOON),
            lambda: changing.cancel(session, secretary, activity.id, reason="天气原因", at=NOON),
        ):
            with pytest.raises(NotFound):
                look()
        assert activities.page(session, secretary, at=NOON).total == 0
    path = tmp_path / "x.xlsx"
    for command in (["show", "1"], ["export", "1", str(path)]):
        result = flask("activity", *command, "--as", "zhang")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "不在您的支部" in result.stderr
    assert not path.exists()


def test_a_secretary_does_not_call_off_what_other_branches_attend_too(office: Office) -> None:
    office.user("admin")
    activity = office.activity("主题党日", HUDONG, SHUIMO)
    secretary = office.user("secretary", HUDONG)
    with office.db.session_scope() as session, pytest.raises(Forbidden):
        changing.cancel(session, secretary, activity.id, reason="天气原因", at=NOON)


def _file(office: Office, loaded: ledger.Ledger, folder: Path) -> bytes:
    path = folder / "ledger.xlsx"
    ledger.carry_out(office.db, loaded, path)
    return path.read_bytes()


def test_the_ledger_is_the_offices_form_with_masked_names(office: Office, tmp_path: Path) -> None:
    admin = office.user("admin", name="admin")
    activity = office.activity("主题党日", HUDONG)
    zhang, li = office.member("张小三"), office.member("李小四")
    office.came(activity, zhang)
    office.entered(activity, li, reason="=cmd|' /C calc'!A0")
    with office.db.read_scope() as session:
        loaded = ledger.load(session, activity.id, user=admin, at=NOON)
    assert ledger.file_name(loaded) == "时代先锋云_签到台账_湖东社区党支部_20260920-20260920.xlsx"
    data = _file(office, loaded, tmp_path)
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    assert book.sheet_names == ["签到台账", "数据"]
    form = [[str(cell) for cell in row] for row in book.get_sheet_by_name("签到台账").to_python()]
    assert form[0][0] == "主题党日签到台账"
    assert form[1][0] == "单位：湖东社区党支部"
    assert form[1][4] == "制表人：admin    制表日期：2026年9月20日"
    assert form[2][0] == "签到时间：9月20日 12:00–14:00"
    assert form[2][4] == "应到 2 人，签到 2 人，其中补签 1 人"
    assert form[3] == list(ledger.HEADER)
    assert form[4][:6] == ["1.0", "张*三", HUDONG, "", "2026-09-20 12:00", "微信回复"]
    assert form[5][5:] == ["纸质补录", "补签", "'=cmd|' /C calc'!A0"]
    plain = book.get_sheet_by_name("数据").to_python()
    assert [row[1] for row in plain] == ["姓名", "张*三", "李*四"]
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert not [name for name in package.namelist() if "小三" in package.read(name).decode()]


def test_the_form_prints_on_a4_with_its_header_on_every_page(sqlite_office: Office, tmp_path: Path) -> None:
    office = sqlite_office
    office.user("admin")
    activity = office.activity("主题党日", HUDONG)
    with office.db.read_scope() as session:
        loaded = ledger.load(session, activity.id, at=NOON)
    data = _file(office, loaded, tmp_path)
    package = zipfile.ZipFile(io.BytesIO(data))
    sheet = package.read("xl/worksheets/sheet1.xml").decode()
    assert 'paperSize="9"' in sheet
    assert 'orientation="landscape"' in sheet
    assert 'fitToHeight="0"' in sheet
    assert "第 &amp;P 页 共 &amp;N 页" in sheet
    assert "<pane " in sheet
    assert "_xlnm.Print_Titles" in package.read("xl/workbook.xml").decode()


def test_an_empty_ledger_is_a_file_that_says_so(sqlite_office: Office, tmp_path: Path) -> None:
    office = sqlite_office
    office.user("admin")
    activity = office.activity("主题党日", HUDONG)
    with office.db.read_scope() as session:
        loaded = ledger.load(session, activity.id, at=NOON)
    data = _file(office, loaded, tmp_path)
    form = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("签到台账").to_python()
    assert form[4][0] == "无记录"


def test_names_in_clear_need_the_right_and_a_reason_and_are_noted(
    office: Office, flask: Flask, tmp_path: Path
) -> None:
    office.user("admin", name="admin")
    auditor = office.user("auditor", name="shen")
    activity = office.activity("主题党日", HUDONG)
    office.came(activity, office.member("张小三"))
    path = tmp_path / "a.xlsx"
    export = ("activity", "export", activity.id, path)
    assert flask(*export, "--unmask-reason", "年终归档核对").exit_code == 2
    assert flask(*export, "--as", "shen", "--unmask-reason", "年终归档核对").exit_code == 2
    assert flask(*export, "--as", "admin", "--unmask-reason", "看").exit_code == 2
    assert not path.exists()
    assert flask(*export, "--as", "admin", "--unmask-reason", "年终归档核对").exit_code == 0
    text = str(CalamineWorkbook.from_path(str(path)).get_sheet_by_name("签到台账").to_python())
    assert "张小三" in text
    assert "含未脱敏信息" in text
    with office.db.read_scope() as session:
        entries = audit.page(session, action="activity.export").entries
        assert [entry.detail for entry in entries] == [{"rows": 1, "masked": False, "reason": "年终归档核对"}]
    assert auditor.role == "auditor"


def test_exports_go_only_into_xlsx_files(office: Office, flask: Flask, tmp_path: Path) -> None:
    office.user("admin")
    activity = office.activity("主题党日", HUDONG)
    result = flask("activity", "export", activity.id, tmp_path / "a.csv")
    assert (result.exit_code, result.stderr.strip()) == (2, "导出的文件名应以 .xlsx 结尾")


def test_the_whole_rosters_ledger_holds_everybody(full_office: Office, tmp_path: Path) -> None:
    full_office.user("admin")
    activity = full_office.activity("全体大会")
    with full_office.db.read_scope() as session:
        everybody = session.scalars(sa.select(Member.id)).all()
    full_office.entered(activity, *everybody)
    with full_office.db.read_scope() as session:
        loaded = ledger.load(session, activity.id, at=NOON)
    path = tmp_path / "a.xlsx"
    written = ledger.carry_out(full_office.db, loaded, path)
    assert (written, loaded.counts.expected, loaded.counts.checked_in) == (2262, 2262, 2262)
    book = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
    assert len(book.get_sheet_by_name("数据").to_python()) == 2263
