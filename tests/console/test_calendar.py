"""排期日历: a week in the order of time, moved to another day; what a person must decide is loud."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from content import columns, publish, queue
from content.slots import Slot
from ground import clock
from models import Article, AuditEntry, Column, Menu, Push, PushArticle, User
from scheduler import pushes
from tests.console.conftest import Desk, Office, text_of
from tests.fixtures.configuration import make_settings
from tests.world import activities, followers

MONDAY = datetime(2026, 11, 30, 1, tzinfo=UTC)  # nine in the morning in Shanghai


def made(furnished: Path, folder: Path, kind: str) -> Office:
    path = folder / "office.db"
    shutil.copyfile(furnished, path)
    office = Office(
        make_settings(
            database={"url": f"sqlite:///{path}"},
            server={"data_dir": str(folder / "var")},
            limits={"quiet_hours": "22:00-07:00"},
            wechat={"account_type": kind},
        )
    )
    with office.parts.db.session_scope() as session:
        for number in range(3):
            followers.follower(session, f"o-{number}")
    return office


@pytest.fixture
def house(furnished: Path, tmp_path: Path) -> Iterator[Office]:
    """A 服务号 with quiet hours, on a Monday morning."""
    with time_machine.travel(MONDAY, tick=False):
        office = made(furnished, tmp_path, "service")
        yield office
        office.close()


@pytest.fixture
def daily(furnished: Path, tmp_path: Path) -> Iterator[Office]:
    """The same as a 公众号, which sends once a day."""
    with time_machine.travel(MONDAY, tick=False):
        office = made(furnished, tmp_path, "subscription")
        yield office
        office.close()


def slotted(office: Office, key: str = "news", **slot: Any) -> None:
    """The column has this slot, of working days at eight unless it says otherwise."""
    with office.parts.db.session_scope() as session:
        boss = session.scalars(sa.select(User).where(User.username == "admin")).one()
        column = columns.by_key(session, key)
        whole: Slot = {"weekdays": [0, 1, 2, 3, 4], "time": "08:00", "audience": "all", **slot}
        columns.change(
            session,
            boss,
            column,
            name=column.name,
            description="",
            active=True,
            slots=[whole],
            at=clock.now(),
        )


def planned(office: Office, title: str, day: str, *more: str) -> int:
    """A push of articles with these titles at this moment of Shanghai."""
    ids = [office.article(one, "approved") for one in (title, *more)]
    due = datetime.fromisoformat(f"{day}+08:00")
    with office.parts.db.session_scope() as session:
        editor = session.scalars(sa.select(User).where(User.username == "editor")).one()
        made = pushes.create(
            session,
            office.parts.settings,
            editor,
            audience="all",
            article_ids=ids,
            due_at=due,
            at=clock.now(),
        )
        return made.push.id


def day(page: str, date: str) -> str:
    """What a calendar says of one day."""
    part = re.search(rf'data-day="{date}".*?(?=<div data-day=|</main>)', page, re.S)
    assert part, date
    return " ".join(re.sub(r"<[^>]+>", " ", part[0].partition(">")[2]).split())


def said(desk: Desk, path: str, moment: str) -> str:
    """Ask for another moment, and what the page says then."""
    answer = desk.post(path, {"due_at": moment}, headers={"Referer": "http://localhost/console/calendar"})
    assert answer.location.endswith("/console/calendar")
    return desk.follow(answer)


def titles(office: Office, key: str = "news") -> list[str]:
    with office.parts.db.read_scope() as session:
        return [one.title for one in queue.waiting(session, columns.by_key(session, key).id)]


def test_a_week_shows_in_the_order_of_time_what_goes_out_and_what_is_left(house: Office) -> None:
    slotted(house, time="06:00", most=2, weekdays=[1, 2, 3])
    for title in ("甲稿", "乙稿", "丙稿"):
        house.article(title, "queued")
    planned(house, "社区的灯", "2026-12-01T10:00", "第二条")
    with house.parts.db.session_scope() as session:
        activities.activity(session, "主题党日", starts=MONDAY + timedelta(days=1, hours=10))
    page = house.desk("editor").get("/console/calendar?week=2026-12-03")
    assert day(page, "2026-12-01") == (
        "12月 1 日 周二 00:00–07:00 免打扰 07:00 先锋动态：《甲稿》（已顺延） 改期 "
        "07:00 先锋动态 第 2 条：《乙稿》（已顺延） 改期 10:00 《社区的灯》 《第二条》 改期 "
        "19:00 主题党日 22:00–24:00 免打扰 本月人均还剩 2.0 条"
    )
    assert "07:00 先锋动态：《丙稿》（已顺延）" in day(page, "2026-12-02")
    assert "先锋动态（空）（已顺延）" in day(page, "2026-12-03")
    assert "week=2026-11-26" in page
    assert "week=2026-12-10" in page
    november = house.desk("editor").get("/console/calendar?month=2026-11")
    assert day(november, "2026-11-30").startswith("11月 30 日 周一")
    assert day(november, "2026-12-01").startswith("12月 1 日 周二"), (
        "on a phone the days stand one below the other"
    )
    assert "12月 1 日 周二" in day(house.desk("editor").get("/console/calendar?month=2026-12"), "2026-12-01")
    month = house.desk("editor").get("/console/calendar?month=2027-01")
    assert "元旦" not in month, "nobody has entered that year"
    reviewer = house.desk("first").get("/console/calendar?week=2026-12-03")
    assert "主题党日" not in reviewer, "a reviewer sees no activities"
    assert "改期" not in day(reviewer, "2026-12-01")


def test_a_push_is_put_off_or_the_next_possible_moment_is_named(house: Office) -> None:
    push = planned(house, "社区的灯", "2026-12-01T10:00")
    desk = house.desk("editor")
    path = f"/console/calendar/pushes/{push}"
    assert "已改到 2026-12-04 19:00" in said(desk, path, "2026-12-04T19:00")
    assert "19:00 《社区的灯》" in day(desk.get("/console/calendar"), "2026-12-04")
    night = said(desk, path, "2026-12-05T23:30")
    assert "22:00-07:00 为免打扰时段，最近可以改到 12月6日 07:00" in night
    assert "2026-11-26 08:30 已经过去，最近可以改到 12月1日 08:30" in said(desk, path, "2026-11-26T08:30")
    assert "请选择新的日期和时间" in said(desk, path, "")
    assert house.read(sa.select(Push.due_at)) == datetime(2026, 12, 4, 11, tzinfo=UTC)
    assert house.read(sa.select(sa.func.count()).where(AuditEntry.action == "push.reschedule")) == 1
    with house.parts.db.session_scope() as session:
        session.execute(sa.update(Push).values(status="sending", planned_at=clock.now()))
    assert "推送已经开始，不能改期，可以暂停或取消" in said(desk, path, "2026-12-07T10:00")


def test_a_second_send_on_one_day_is_refused_with_the_next_free_day(daily: Office) -> None:
    slotted(daily, weekdays=[3])
    daily.article("甲稿", "queued")  # Thursday's slot takes it
    planned(daily, "第一次", "2026-12-01T10:00")
    push = planned(daily, "第二次", "2026-12-02T10:00")
    desk = daily.desk("editor")
    page = said(desk, f"/console/calendar/pushes/{push}", "2026-12-01T15:00")
    assert "12月1日已经安排了群发，公众号一天只能群发 1 次，最近可以改到 12月2日 15:00" in page
    onto_a_slot = said(desk, f"/console/calendar/pushes/{push}", "2026-12-03T15:00")
    assert "最近可以改到 12月4日 15:00" in onto_a_slot
    assert "已改到 2026-12-02 15:00" in said(desk, f"/console/calendar/pushes/{push}", "2026-12-02T15:00")
    assert "当天群发已排满" in day(page, "2026-12-03")
    assert "还可群发 1 次" in day(page, "2026-12-05")
    slotted(daily, "study", weekdays=[3], time="18:00")
    daily.article("乙稿", "queued", column="study")
    assert "多排了 1 次群发" in day(desk.get("/console/calendar"), "2026-12-03")
    form = {
        "kind": "articles",
        "article": daily.article("丙稿", "approved"),
        "when": "later",
        "due_at": "2026-12-01T16:00",
    }
    asked = text_of(desk.post("/console/pushes/confirm", form, 200))
    assert "12月1日已经安排了群发，公众号一天只能群发 1 次，最近可以改到 12月4日 16:00" in asked


def test_a_queued_article_changes_its_place_with_its_day(house: Office) -> None:
    slotted(house)
    ids = {title: house.article(title, "queued") for title in ("甲稿", "乙稿", "丙稿")}
    desk = house.desk("editor")
    path = f"/console/calendar/articles/{ids['甲稿']}"
    assert "《甲稿》已改到 12月2日 08:00，队列顺序随之调整" in said(desk, path, "2026-12-02T08:00")
    assert titles(house) == ["乙稿", "甲稿", "丙稿"]
    assert "《甲稿》已经在 12月2日 08:00 推送" in said(desk, path, "2026-12-02T20:00")
    assert "12月5日没有“先锋动态”的时段，最近可以改到 12月4日 08:00" in said(desk, path, "2026-12-05T08:00")
    gap = said(desk, path, "2026-12-09T08:00")
    assert "队列按顺序填入时段，中间不留空，最晚可以改到 12月3日 08:00" in gap
    assert "11月26日已经过去，最近可以改到 12月1日 08:00" in said(desk, path, "2026-11-26T08:00")
    assert titles(house) == ["乙稿", "甲稿", "丙稿"]
    with house.parts.db.session_scope() as session:
        session.get_one(Article, ids["甲稿"]).status = "planned"
    assert "不在待发队列" in said(desk, path, "2026-12-03T08:00")


def test_an_empty_slot_is_seen_a_working_day_ahead_by_those_who_can_fill_it(house: Office) -> None:
    slotted(house)
    desk = house.desk("editor")
    first = text_of(desk.client.get("/console/"))
    assert "空档时段 1 个" in first
    page = desk.get("/console/calendar")
    assert "先锋动态 没有稿件" in day(page, "2026-12-01")
    assert "先锋动态（空）" in day(page, "2026-12-02")
    assert "空档时段" not in text_of(house.desk("auditor").client.get("/console/"))
    with time_machine.travel(MONDAY + timedelta(days=4), tick=False):
        house.desks.clear()
        friday = text_of(house.desk("editor").client.get("/console/"))
        assert "空档时段 1 个" in friday, "Monday's"
    house.article("甲稿", "queued")
    assert "空档时段" not in text_of(desk.client.get("/console/"))


def test_what_was_missed_stands_first_until_a_person_decides(house: Office) -> None:
    push = planned(house, "社区的灯", "2026-12-01T10:00")
    with house.parts.db.session_scope() as session:
        session.execute(sa.update(Push).values(status="missed", due_at=MONDAY - timedelta(hours=1)))
    desk = house.desk("editor")
    for where in ("/console/", "/console/calendar"):
        page = text_of(desk.client.get(where))
        assert "错过的推送 到点没有发出，也不会自动补发，请逐个决定" in page
        assert "现在补发 改期 取消推送" in page
    assert "现在补发 改期" not in text_of(house.desk("auditor").client.get("/console/"))
    said(desk, f"/console/calendar/pushes/{push}", "2026-12-02T10:00")
    assert "到点没有发出" not in desk.get("/console/")


def test_what_was_missed_says_how_many_articles_go_out_with_it(house: Office) -> None:
    push = planned(house, "社区的灯", "2026-12-01T10:00")
    others = [house.article(title, "approved") for title in ("乙稿", "丙稿")]
    with house.parts.db.session_scope() as session:
        for position, other in enumerate(others, 2):
            session.add(PushArticle(push_id=push, position=position, article_id=other, content_hash="x"))
        note = "可能已由原服务器发出"
        session.execute(
            sa.update(Push).values(status="missed", due_at=MONDAY - timedelta(hours=1), note=note)
        )
    for where in ("/console/", "/console/calendar"):
        page = house.desk("editor").get(where)
        assert "《社区的灯》等 3 篇" in page
        assert "确定补发《社区的灯》等 3 篇吗？" in page
        assert "不再发送，稿件回到待发布。" in page
        assert note in page


def test_the_order_by_hand_is_that_of_the_push(house: Office) -> None:
    first, second, third = (house.article(title, "approved") for title in ("甲稿", "乙稿", "丙稿"))
    form = {
        "kind": "articles", "article": [first, second, third], "order": [third, first], "to": "usual", "when": "later",
        "due_at": "2026-12-01T10:00", "road": "auto",
    }  # fmt: skip
    desk = house.desk("editor")
    page = text_of(desk.post("/console/pushes/confirm", form, 200))
    assert "头条： 《丙稿》 第 2 条： 《甲稿》 第 3 条： 《乙稿》" in page
    back = desk.post("/console/pushes/back", form, 200).text
    chosen = back.partition('id="chosen"')[2].partition("</ol>")[0]
    assert re.findall(r'data-place="(\d+)"', chosen) == [str(third), str(first)]
    shown = desk.follow(desk.post("/console/pushes/new", form))
    assert re.findall(r">(.稿)</a>", shown) == ["丙稿", "甲稿", "乙稿"]


def test_a_new_column_is_hidden_until_its_first_article_is_out(house: Office) -> None:
    boss, reader = house.desk("admin"), house.stranger()
    boss.post("/console/columns/new", {"key": "law", "name": "律师说法"})
    assert "首篇发布后显示" in text_of(boss.client.get("/console/columns"))
    with house.parts.db.read_scope() as session:
        pages = {one.key: f"/console/columns/{one.id}" for one in columns.listing(session)}
    assert "还没有发布过稿件" in boss.get(pages["law"])
    assert "还没有发布过稿件" not in boss.get(pages["news"])
    # a button of the menu may lead there already: its page is empty, and nothing leads to it
    assert "这里还没有内容" in reader.get("/m/law")
    reader.get("/m/law?page=2", 404)
    assert "律师说法" not in reader.get("/m/")
    assert "律师说法" not in reader.client.get("/api/v1/columns").get_data(as_text=True)
    article = house.article("租房合同怎么签", "approved", column="law")
    with house.parts.db.session_scope() as session:
        publish.mark_published(session, [article], at=clock.now())
    assert "租房合同怎么签" in reader.get("/m/law")
    assert "律师说法" in reader.get("/m/")
    assert "首篇发布后显示" not in text_of(boss.client.get("/console/columns"))
    assert "还没有发布过稿件" not in boss.get(pages["law"])
    with house.parts.db.session_scope() as session:
        columns.by_key(session, "law").active = False
    reader.get("/m/law", 404)


def test_columns_are_put_in_order_and_renamed_and_the_menu_says_that_it_is_out_of_date(house: Office) -> None:
    boss = house.desk("admin")
    third = house.read(sa.select(Column.id).where(Column.key == "news"))
    boss.post(f"/console/columns/{third}/move", {"to": 1})
    with house.parts.db.read_scope() as session:
        assert [one.key for one in columns.listing(session)] == ["news", "study"]
    with house.parts.db.session_scope() as session:
        buttons = [
            {"name": "先锋动态", "type": "view", "url": "https://example.com/m/news"},
            {"name": "学习", "type": "click", "key": "STUDY"},
        ]
        session.add(Menu(buttons=buttons, updated_at=clock.now(), published_at=clock.now()))
    assert "不一致" not in boss.get("/console/columns")
    boss.post(f"/console/columns/{third}", {"name": "身边先锋", "active": "yes"})
    assert "已和栏目不一致：“先锋动态”指向的栏目现在叫“身边先锋”" in boss.get("/console/columns")
    assert "请修改后重新发布" in boss.get("/console/menu")
    assert "身边先锋" in house.stranger().get("/m/news"), "its address stays"
    trail = boss.get("/console/audit")
    assert "原名称：先锋动态" in trail
    assert "现名称：身边先锋" in trail
    assert "不一致" not in house.desk("editor").get("/console/columns"), (
        "who may not change the menu is not asked to"
    )
