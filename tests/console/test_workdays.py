"""The holidays of a year in the console: read from the notice, corrected by hand, seen in the calendar."""

from __future__ import annotations

import sqlalchemy as sa

from ground import clock
from models import AuditEntry
from tests.console.conftest import Office, text_of
from tests.workdays.test_days import NOTICE
from workdays import keeping


def test_an_editor_pastes_the_notice_checks_it_and_the_calendar_shows_it(office_anywhere: Office) -> None:
    office = office_anywhere
    with office.parts.db.session_scope() as session:
        keeping.ensure_shipped(session, at=clock.now())
    desk = office.desk("editor")
    assert "调休上班日还没有录入" in desk.get("/console/workdays/2027")
    assert "调休上班日还没有录入" in desk.get("/console/calendar?month=2027-02")
    notice = NOTICE.replace("2026", "2028")
    refused = desk.post("/console/workdays/2028/read", {"notice": "春节放假的事以后再说"}, 422)
    assert "没有找到放假日期" in text_of(refused)
    assert "春节放假的事以后再说" in text_of(refused)
    # Another year's weekdays: the made-up days of 2026 are no weekends in 2028.
    assert "不是周末" in text_of(desk.post("/console/workdays/2028/read", {"notice": notice}, 422))
    filled = text_of(desk.post("/console/workdays/2026/read", {"notice": NOTICE}, 200))
    assert "已从通知中读出 7 个节日" in filled
    assert "2月15日至23日" in filled
    form = {
        "name": ["元旦", "国庆节", ""], "off": ["1月1日", "9月30日至10月4日、10月6日", ""], "made_up": ["", "10月8日", ""],
        "announced": "yes",
    }  # fmt: skip
    shown = desk.follow(desk.post("/console/workdays/2028", form))
    assert "9月30日至10月4日、10月6日" in shown
    assert "editor" in shown
    calendar = desk.get("/console/calendar?month=2028-10")
    assert "国庆节调休上班" in calendar
    assert "还没有录入" not in calendar
    assert (
        office.read(sa.select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(1)) == "workdays.change"
    )


def test_a_mistyped_date_is_named_and_everything_typed_stays(office: Office) -> None:
    desk = office.desk("admin")
    form = {"name": ["国庆节"], "off": ["十月一号"], "made_up": ["10月9日"]}
    shown = desk.post("/console/workdays/2028", form, 422).get_data(as_text=True)
    assert "“十月一号”看不懂" in shown
    assert 'value="十月一号"' in shown
    office.desk("auditor").post("/console/workdays/2028", form, 403)


def test_whoever_empties_a_year_is_asked_first(office: Office) -> None:
    desk = office.desk("admin")
    desk.post("/console/workdays/2028", {"name": ["元旦"], "off": ["1月1日"], "made_up": [""]}, 303)
    cleared = {"name": [""], "off": [""], "made_up": [""]}
    asked = text_of(desk.post("/console/workdays/2028", cleared, 422))
    assert "确实要清空 2028 年的放假安排，请勾选“清空这一年”后再保存" in asked
    assert "元旦" not in asked.partition("节假日")[2].partition("调休上班日期")[0]
    assert "元旦" in desk.get("/console/workdays/2028")
    desk.post("/console/workdays/2028", {**cleared, "empty": "yes"}, 303)
    assert "元旦" not in desk.get("/console/workdays/2028")


def test_a_column_is_set_to_rest_on_holidays(office: Office) -> None:
    desk = office.desk("admin")
    form = {
        "name": "学习园地", "active": "yes", "slot": "0", "time-0": "08:00", "days-0": ["0", "1"], "on-0": "yes",
        "audience-0": "all", "rests-0": "yes", "made-up-0": "yes",
    }  # fmt: skip
    assert "节假日停发，调休上班日也发" in desk.follow(desk.post("/console/columns/1", form))
    assert 'id="rests-0" value="yes" checked' in " ".join(desk.get("/console/columns/1").split())
