"""台账 of a month and a year: what they say, to whom, in which file; and that nothing of the past moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from python_calamine import CalamineWorkbook

from accounts import audit
from community import (
    branch_names,
    counting,
    erasing,
    expected,
    folding,
    merging,
    period,
    period_ledger,
    sign_sheet,
    transfers,
    trends,
)
from community.counting import BranchCount
from community.period_ledger import Figures
from ground import clock
from ground.errors import Forbidden, NotFound, Refused
from models import Activity, Branch, Member, User
from tests.community.conftest import NOON, Office, person

Flask = Callable[..., Result]
HUDONG, SHUIMO = "湖东社区党支部", "水墨社区党支部"
DAY = timedelta(days=1)
SEPTEMBER = period.Period(2026, 9)
LATER = NOON + 400 * DAY


def _held(office: Office) -> dict[str, int]:
    """September in two branches: eleven members and three; two meetings, and an article that everybody may read."""
    rows = [person(f"甲{chr(0x4E00 + number)}", f"1990001{number:04d}", HUDONG) for number in range(11)]
    rows += [person(f"乙{chr(0x4E00 + number)}", f"1990002{number:04d}", SHUIMO) for number in range(3)]
    office.import_people(rows)
    with office.db.read_scope() as session:
        ids = {row.name: row.id for row in session.execute(sa.select(Member.name, Member.id))}
    own, others = [ids[row[1]] for row in rows[:11]], [ids[row[1]] for row in rows[11:]]
    meeting = office.activity("九月党员大会", starts=NOON - 9 * DAY)
    own_one = office.activity("九月主题党日", HUDONG, starts=NOON - 5 * DAY)
    article = office.activity("学习文章", starts=NOON - 3 * DAY, kind="study")
    office.activity("十月党员大会", starts=NOON + 15 * DAY)
    with office.db.session_scope() as session:
        expected.freeze_due(session, NOON)
    office.came(meeting, *own[:6], *others[:2])
    office.entered(meeting, own[6], reason="=1+1 手机没电")
    office.came(own_one, *own[:10])
    office.came(article, *own[:4], others[0])
    return {"meeting": meeting.id, "own": own_one.id, "article": article.id, "first": own[0], "last": others[2],
            "twin": own[10], "came": others[0]}  # fmt: skip


def _committee(
    office: Office, user: User | None, of: period.Period = SEPTEMBER
) -> dict[str, tuple[Figures, Figures]]:
    with office.db.read_scope() as session:
        found = period_ledger.committee_ledger(session, user, of, at=LATER)
    shown = {one.branch: (one.attended, one.others) for one in found.lines if one.attended.times}
    return {**shown, "合计": (found.attended, found.others)}


def _branch(office: Office, user: User | None) -> tuple[dict[str, BranchCount | None], Figures, Figures]:
    """What a branch's ledger of September says, whatever the branch is called by now."""
    with office.db.read_scope() as session:
        ident = session.scalars(sa.select(Branch.id).order_by(Branch.sort, Branch.id)).first()
        assert ident is not None
        found = period_ledger.branch_ledger(session, user, ident, SEPTEMBER, at=LATER)
    lines = {
        one.activity.title: replace(one.count, branch="", label="") if one.count else None
        for one in found.lines
    }
    return lines, found.attended, found.others


def test_a_month_says_what_its_activities_say_and_hides_what_they_hide(office: Office) -> None:
    admin = office.user()
    _held(office)
    shown = _committee(office, admin)
    attended, _ = shown[HUDONG]
    assert attended == Figures(2, 22, 17, 1, 0, 11)
    assert attended.band == "七成到九成"
    attended, _ = shown[SHUIMO]
    assert (attended.checked_in, attended.expected, attended.band) == (2, 3, "人数较少")
    # of three members some read an article: neither their number nor the one that would follow from the sum
    assert [figures[1].checked_in for figures in shown.values()] == [None, None, 5]
    assert _branch(office, admin)[0]["学习文章"] is None
    secretary = office.user("secretary", HUDONG)
    own, _, others = _branch(office, secretary)
    assert list(own) == ["九月党员大会", "九月主题党日", "学习文章"]
    assert others.checked_in == 4
    with office.db.read_scope() as session:
        with pytest.raises(Forbidden, match="请查看本支部的台账"):
            period_ledger.committee_ledger(session, secretary, SEPTEMBER, at=LATER)
        other = office.branch(session, SHUIMO).id
        with pytest.raises(Forbidden):
            period_ledger.branch_ledger(session, secretary, other, SEPTEMBER, at=LATER)
        year = trends.trends(session, admin, period.Period(2026), at=LATER)
        mine = trends.trends(session, secretary, period.Period(2026), at=LATER)
    assert year.whole is not None
    assert [one.checked_in for one in year.whole.months][8:10] == [19, 0]
    assert (mine.whole, [one.name for one in mine.branches]) == (None, ["湖东社区支部"])
    assert mine.branches[0].levels[8] == 4
    assert mine.branches[0].levels[7] is None


def test_nothing_of_a_month_that_has_passed_moves(office: Office) -> None:
    admin = office.user()
    ids = _held(office)
    secretary = office.user("secretary", HUDONG)
    with office.db.session_scope() as session:
        session.execute(sa.update(Activity).where(Activity.id == ids["article"]).values(keep_months=2))
    double = office.member("甲一一", HUDONG)
    before = (_committee(office, admin), _branch(office, secretary), _branch(office, None))
    year_before = _committee(office, admin, period.Period(2026))
    at, today = NOON + 20 * DAY, clock.shanghai_day(NOON + 20 * DAY)
    with office.db.session_scope() as session:
        shuimo = office.branch(session, SHUIMO).id
        transfers.carry_out(session, admin, {ids["first"]}, shuimo, on=today, reason="居住地变动", at=at)
    with office.db.session_scope() as session:
        merging.carry_out(
            session, admin, ids["twin"], double, reason="更换手机号码后重复登记", wechat="", at=at
        )
    with office.db.session_scope() as session:
        erasing.erase(session, admin, member_id=ids["came"], reason="本人书面申请", at=at)
    with office.db.session_scope() as session:
        branch_names.rename(session, admin, office.branch(session).id, name="湖东里社区党支部", at=at)
    over = NOON + 100 * DAY
    with office.db.session_scope() as session:
        assert folding.fold(session, folding.due(session, over), at=over) == 1
    after = _committee(office, admin)
    assert after == {
        ("湖东里社区党支部" if name == HUDONG else name): figures for name, figures in before[0].items()
    }
    assert [figures[0] for figures in _committee(office, admin, period.Period(2026)).values()] == [
        figures[0] for figures in year_before.values()
    ]
    assert (_branch(office, secretary), _branch(office, None)) == before[1:]


def test_who_came_is_for_the_own_secretary_in_the_order_of_the_roster(
    office: Office, flask: Flask, tmp_path: Path
) -> None:
    _held(office)
    office.user("secretary", HUDONG, name="shuji")
    office.user("admin", name="admin")
    with office.db.session_scope() as session:
        meeting = session.scalars(sa.select(Activity).where(Activity.title == "九月主题党日")).one()
        last = counting.counts(session, meeting).by_branch[0]
        assert (last.expected, last.checked_in) == (11, 10)
    export = ("ledger", "export", tmp_path, "--branch", HUDONG, "--period", "2026-09")
    assert flask(*export, "--as", "shuji").exit_code == 0
    path = tmp_path / "湖东社区党支部2026年9月组织生活台账.xlsx"
    book = CalamineWorkbook.from_path(str(path))
    assert book.sheet_names == ["组织生活台账", "到会情况", "数据（组织生活台账）", "数据（到会情况）"]
    form = book.get_sheet_by_name("组织生活台账").to_python()
    assert form[0][0] == "2026年9月组织生活台账"
    assert form[1][0] == "单位：湖东社区党支部"
    assert str(form[-1][0]).startswith("填表人（签字）：")
    rows = book.get_sheet_by_name("数据（到会情况）").to_python()
    assert rows[0] == ["序号", "日期", "活动", "姓名", "到会情况", "签到时间", "签到方式", "说明"]
    people = [(row[2], row[3], row[4]) for row in rows[1:]]
    assert len(people) == 22  # of what people read as they liked there is nobody
    assert [name for _, name, _ in people[:11]] == [name for _, name, _ in people[11:]]
    assert [state for *_, state in people[:11]] == ["已签到"] * 6 + ["补签"] + ["未签到"] * 4
    assert rows[7][7] == "'=1+1 手机没电"  # no spreadsheet runs it
    assert all(str(name).endswith("*") for _, name, _ in people)
    # the committee gets figures
    assert flask(*export, "--as", "admin", "--unmask-reason", "年终归档核对").exit_code == 0
    assert CalamineWorkbook.from_path(str(path)).sheet_names == ["组织生活台账", "数据"]
    # in clear for a reason, which is noted
    assert flask(*export, "--as", "shuji", "--unmask-reason", "看").exit_code == 2
    assert flask(*export, "--as", "shuji", "--unmask-reason", "年终归档核对").exit_code == 0
    text = str(CalamineWorkbook.from_path(str(path)).get_sheet_by_name("到会情况").to_python())
    assert "甲一" in text
    assert "本表含未脱敏信息" in text
    with office.db.read_scope() as session:
        entries = audit.page(session, action="activity.export").entries
    assert [entry.detail["masked"] for entry in entries] == [False, True, True]
    assert entries[0].detail == {"period": "2026-09", "rows": 25, "masked": False, "reason": "年终归档核对"}


def test_a_period_without_anything_is_a_file_that_says_so(
    office: Office, flask: Flask, tmp_path: Path
) -> None:
    office.user("auditor", name="shen")
    assert (
        flask("ledger", "export", tmp_path, "--branch", HUDONG, "--period", "2026", "--as", "shen").exit_code
        == 0
    )
    form = CalamineWorkbook.from_path(str(tmp_path / "湖东社区党支部2026年组织生活台账.xlsx"))
    assert form.get_sheet_by_name("组织生活台账").to_python()[4][0] == "无记录"
    assert flask("ledger", "export", tmp_path, "--period", "2026-13").exit_code == 2
    assert flask("ledger", "export", tmp_path / "a.csv").exit_code == 2
    office.user("editor", name="bian")
    assert flask("ledger", "export", tmp_path, "--as", "bian").exit_code == 2
    assert "人次" in flask("ledger", "show", "--period", "2026-09").stdout
    assert '"branches"' in flask("ledger", "show", "--json").stdout


def test_a_sheet_to_sign_has_names_where_attendance_is_kept_and_lines_elsewhere(office: Office) -> None:
    ids, other = _held(office), office.user("secretary", SHUIMO)
    people = {
        role: office.user(role, HUDONG if role == "secretary" else "")
        for role in ("admin", "secretary", "editor")
    }
    with office.db.session_scope() as session:
        own = sign_sheet.sheets(session, people["secretary"], ids["meeting"], at=NOON)
        assert [form.left[0] for form in own] == ["单位：湖东社区党支部"]
        assert [row[1] for row in own[0].rows] == ["甲*"] * 11 + [""] * 5
        every = sign_sheet.sheets(
            session, people["admin"], ids["meeting"], at=NOON, unmask_reason="打印纸质签到表"
        )
        assert [len(form.rows) for form in every] == [16, 8]
        assert every[1].rows[0][1] == "乙一"
        assert every[1].secret.startswith("本表含未脱敏信息")
        blank = sign_sheet.sheets(session, people["editor"], ids["meeting"], at=NOON)
        study = sign_sheet.sheets(session, people["secretary"], ids["article"], at=NOON)
        assert {row[1] for form in (*blank, *study) for row in form.rows} == {""}
        with pytest.raises(Refused, match="不印姓名"):
            sign_sheet.sheets(
                session, people["secretary"], ids["article"], at=NOON, unmask_reason="打印签到表"
            )
        with pytest.raises(Forbidden):
            sign_sheet.sheets(session, people["editor"], ids["meeting"], at=NOON, unmask_reason="打印签到表")
        with pytest.raises(NotFound):
            sign_sheet.sheets(session, other, ids["own"], at=NOON)
        entries = audit.page(session, action="activity.export").entries
        assert [entry.detail for entry in entries] == [
            {"rows": 14, "masked": False, "reason": "打印纸质签到表"}
        ]
