"""Which days are worked: by a table from elsewhere, by the notice, and by what an office has entered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import workdays
from content import slots
from database.session import Database
from ground import clock
from ground.errors import Forbidden, Refused
from models import YearState
from tests.world import accounts
from workdays import Holiday, Workdays, keeping, notice

DATA = Path(__file__).resolve().parents[1] / "data"
NOW = datetime(2026, 11, 29, 2, tzinfo=UTC)
NOTICE = """国务院办公厅关于2026年
部分节假日安排的通知
经国务院批准，现将2026年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫等工作。"""


def table() -> set[date]:
    lines = (DATA / "workdays-2026.txt").read_text(encoding="utf-8").splitlines()[1:]
    return {
        date(2026, int(month), int(day))
        for month, _, days in (line.partition(":") for line in lines)
        for day in days.split()
    }


def shipped(database: Database) -> Workdays:
    with database.session_scope() as session:
        keeping.ensure_shipped(session, at=NOW)
        return workdays.load(session)


def test_every_day_of_a_year_is_worked_as_a_table_from_elsewhere_says(database: Database) -> None:
    days, worked = shipped(database), table()
    year = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    assert {day for day in year if days.works(day)} == worked
    assert days.remark(2026) == ""
    assert "调休上班日还没有录入" in days.remark(2027)
    assert "还没有录入" in days.remark(2031)


def test_working_days_are_counted_across_holidays_and_made_up_weekends(database: Database) -> None:
    days, worked = shipped(database), sorted(table())
    for start in (date(2026, 2, 12), date(2026, 2, 20), date(2026, 9, 18), date(2026, 12, 24)):
        later = [day for day in worked if day > start]
        for count in range(1, min(12, len(later)) + 1):
            assert days.after(start, count) == later[count - 1], (start, count)
            assert days.between(start, later[count - 1]) == count
    assert days.after(date(2026, 10, 1), 0) == date(2026, 10, 1)


def test_the_notice_is_read_as_it_is_written_and_comes_back_as_it_was_typed() -> None:
    found = notice.read(NOTICE, 2026)
    assert [one.name for one in found] == ["元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"]
    assert {day for one in found for day in one.off} == {
        day
        for day in (date(2026, 1, 1) + timedelta(days=number) for number in range(365))
        if day not in table() and not (day.weekday() > 4 and all(day not in one.off for one in found))
    }
    assert [notice.written(one.made_up, 2026) for one in found] == [
        "1月4日", "2月14日、2月28日", "", "5月9日", "", "", "9月20日、10月10日",
    ]  # fmt: skip
    for one in found:
        assert notice.dates(notice.written(one.off, 2026), 2026) == one.off


def test_a_holiday_of_two_names_and_one_that_begins_in_december_are_read() -> None:
    (both,) = notice.read(
        "六、中秋节、国庆节：9月29日至10月6日放假调休，共8天。10月8日（周日）、10月7日（周六）上班。", 2023
    )
    assert (both.name, both.off[0], both.off[-1], len(both.off)) == (
        "中秋节、国庆节", date(2023, 9, 29), date(2023, 10, 6), 8,
    )  # fmt: skip
    (new_year,) = notice.read("元旦：2022年12月31日至2023年1月2日放假调休，共3天。", 2023)
    assert new_year.off == (date(2022, 12, 31), date(2023, 1, 1), date(2023, 1, 2))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("本周五下午开会，请准时参加。", "没有找到放假日期"),
        ("", "没有找到放假日期"),
        ("国庆节：10月1日至7日放假。10月9日上班。", "不是周末"),
        ("国庆节：10月7日至1日放假。", "起止日期不对"),
        ("国庆节：13月1日放假。", "没有“13月1日”"),
        ("国庆节：10月1日至31日放假。", "太长"),
        ("中秋节：10月1日放假。国庆节：10月1日至3日放假。", "都写到了"),
    ],
)
def test_what_cannot_be_right_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        notice.read(text, 2026)


def test_what_an_office_has_entered_stays_whatever_is_shipped_and_a_mistake_changes_nothing(
    database: Database,
) -> None:
    before = shipped(database)
    mine = [Holiday("国庆节", notice.dates("10月1日至8日", 2027), notice.dates("10月9日", 2027))]
    with database.session_scope() as session:
        keeping.replace(session, accounts.someone(session), 2027, mine, YearState.ANNOUNCED, at=NOW)
    with database.session_scope() as session:
        assert keeping.ensure_shipped(session, at=NOW) == []
        found = keeping.year(session, 2027)
        assert [one.name for one in found.holidays] == ["国庆节"]
        assert workdays.load(session).works(date(2027, 10, 9))
    wrong = [Holiday("元旦", (date(2026, 10, 1),))]
    with pytest.raises(Refused, match="已经写在 2026 年"), database.session_scope() as session:
        keeping.replace(session, accounts.someone(session), 2027, wrong, YearState.ANNOUNCED, at=NOW)
    with pytest.raises(Forbidden), database.session_scope() as session:
        keeping.replace(
            session, accounts.someone(session, "auditor"), 2026, mine, YearState.ANNOUNCED, at=NOW
        )
    with database.read_scope() as session:
        assert [one.name for one in keeping.year(session, 2027).holidays] == ["国庆节"]
        assert workdays.load(session).works(date(2026, 10, 1)) == before.works(date(2026, 10, 1))


def test_a_slot_rests_on_holidays_and_works_on_made_up_weekends_over_a_whole_year(database: Database) -> None:
    days, worked = shipped(database), table()
    every = {"weekdays": [0, 1, 2, 3, 4], "time": "08:00", "active": True}
    office = {**every, "rests": True, "made_up": True}
    start, end = datetime(2025, 12, 31, 16, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC)

    def falls_on(slot: slots.Slot) -> set[date]:
        moments = slots.moments([slot], start, days)
        return {clock.shanghai_day(moment) for _, moment in moments if moment < end}

    assert falls_on(office) == worked
    weekday = {day for day in (date(2026, 1, 1) + timedelta(days=n) for n in range(365)) if day.weekday() < 5}
    assert falls_on(every) == weekday
    assert falls_on({**every, "rests": True}) == weekday & worked
    assert falls_on({**every, "made_up": True}) == weekday | worked
