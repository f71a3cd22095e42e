"""Pushes in the console: choose, count, confirm, follow, stop."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from community import followers
from ground import clock
from models import Article, Branch, Column, Delivery, Push, QuotaUse, SavedAudience
from scheduler import quiet
from tests.console.conftest import Office, text_of
from tests.world import activities
from tests.world.days import NEXT_YEAR
from web.once import mark


def _ready(office: Office, people: int = 3) -> int:
    """An approved article, and members of the first branch who follow."""
    with office.parts.db.session_scope() as session:
        followers.insert_missing(session, [f"oStranger{n:020d}" for n in range(2)], at=clock.now())
        for n in range(people):
            office.member(session, f"党员{n}", openid=f"oMember{n:022d}")
    return office.article("周末一起种树", "approved")


def _form(article: int, **other: str) -> dict[str, str]:
    return {"kind": "articles", "article": str(article), "to": "all", "when": "now", "road": "auto", **other}


def test_the_count_says_who_will_receive_it_and_who_will_not(office: Office) -> None:
    article = _ready(office)
    with office.parts.db.session_scope() as session:
        office.member(session, "未绑定")
        branch = session.scalars(sa.select(Branch.name).where(Branch.id == office.branch_id)).one()
    form = _form(article, to="chosen", place=f"branch:{branch}")
    page = text_of(office.desk("editor").post("/console/pushes/count", form, 200))
    assert "预计 3 人收到" in page
    assert "1 人不会收到（未关注或未绑定）" in page


def test_the_last_look_repeats_the_title_and_the_number_of_people(office: Office) -> None:
    article = _ready(office)
    answer = office.desk("editor").post("/console/pushes/confirm", _form(article), 200)
    assert "确定向 5 人群发《周末一起种树》吗？" in answer.text
    assert office.read(sa.select(sa.func.count(Push.id))) == 0


def test_the_last_look_says_that_an_article_waits_in_another_push_already(office: Office) -> None:
    article = _ready(office)
    desk = office.desk("editor")
    where = desk.post(
        "/console/pushes/new", _form(article, when="later", due_at=f"{NEXT_YEAR}-01-01T10:00")
    ).location
    answer = desk.post("/console/pushes/confirm", _form(article), 200)
    assert "同一个人可能收到两次" in text_of(answer)
    assert f'href="{where}"' in answer.text
    desk.post(f"{where}/cancel")
    assert "收到两次" not in text_of(desk.post("/console/pushes/confirm", _form(article), 200))


def hidden(page: str) -> dict[str, str]:
    """What the confirm page sends on of what it showed."""
    return dict(re.findall(r'name="(agreed_\w+)" value="([^"]*)"', page))


def test_what_changed_since_the_last_look_is_looked_at_once_more(office: Office) -> None:
    article = _ready(office)
    desk, other = office.desk("editor"), office.desk("admin")
    form = _form(article, when="later", due_at=f"{NEXT_YEAR}-01-01T10:00")
    mine = hidden(desk.post("/console/pushes/confirm", form, 200).text)
    assert (mine["agreed_twice"], len(mine["agreed_hash"])) == ("0", 64)
    theirs = hidden(other.post("/console/pushes/confirm", form, 200).text)
    other.post("/console/pushes/new", form | theirs, 303)
    late = desk.post("/console/pushes/new", form | mine, 409)
    assert "其中 5 人已经收到或将收到同一篇稿件，仍要再发给他们的，请再确认一次" in text_of(late)
    assert "确认推送" in text_of(late)
    assert office.read(sa.select(sa.func.count(Push.id))) == 1
    desk.post("/console/pushes/new", form | hidden(late.text), 303)
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(Article).values(hash="0" * 64))
    stale = desk.post("/console/pushes/new", form | hidden(late.text), 409)
    assert "在您确认之后改动过，请看过现在的内容再确认" in text_of(stale)
    assert office.read(sa.select(sa.func.count(Push.id))) == 2


def test_a_push_is_made_once_and_can_be_paused_and_cancelled(office_anywhere: Office) -> None:
    office = office_anywhere
    article = _ready(office)
    desk = office.desk("editor")
    form = _form(article, once=mark())
    first, second = desk.post("/console/pushes/new", form), desk.post("/console/pushes/new", form)
    assert first.location == second.location
    assert office.read(sa.select(sa.func.count(Push.id))) == 1
    page = desk.get(first.location)
    assert "周末一起种树" in page
    desk.post(f"{first.location}/pause")
    assert office.read(sa.select(Push.status)) == "paused"
    assert "已取消，还没有发出任何消息" in desk.follow(desk.post(f"{first.location}/cancel"))
    again = desk.follow(desk.post(f"{first.location}/pause"))
    assert "不能暂停" in again


def test_the_moving_part_of_a_push_is_sent_only_when_it_has_moved(office: Office) -> None:
    article = _ready(office)
    desk = office.desk("editor")
    where = desk.post("/console/pushes/new", _form(article)).location
    page = desk.get(where)
    seen = page.split('"seen": "')[1].split('"')[0]
    assert desk.client.get(f"{where}/live?seen={seen}").status_code == 204
    desk.post(f"{where}/pause")
    moved = desk.client.get(f"{where}/live?seen={seen}")
    assert moved.status_code == 200
    assert "已暂停" in moved.text


def test_what_is_missing_is_said_and_what_was_chosen_stays(office: Office) -> None:
    article = _ready(office)
    desk = office.desk("editor")
    answer = desk.post("/console/pushes/confirm", _form(article, when="later", due_at=""), 422)
    assert "请选择推送时间" in text_of(answer)
    assert re.search(rf'name="article"[^>]*value="{article}"\s+checked', answer.text)
    past = desk.post("/console/pushes/confirm", _form(article, when="later", due_at="2020-01-01T08:00"), 422)
    assert "推送时间已经过去" in text_of(past)
    nothing = desk.post("/console/pushes/confirm", {"kind": "articles", "to": "all", "when": "now"}, 422)
    assert "请选择要推送的稿件" in text_of(nothing)


def test_an_article_that_is_not_approved_cannot_be_pushed(office: Office) -> None:
    _ready(office)
    draft = office.article("还没有审完")
    answer = office.desk("editor").post("/console/pushes/new", _form(draft), 409)
    assert "当前为“草稿”，审核通过后才能推送" in text_of(answer)


def test_a_time_in_the_quiet_hours_is_put_off_and_said(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = quiet.defer
    monkeypatch.setattr(quiet, "defer", lambda moment, _hours: real(moment, "22:00-07:00"))
    article = _ready(office)
    desk = office.desk("editor")
    year = clock.shanghai_day(clock.now()).year + 1
    page = text_of(
        desk.post("/console/pushes/confirm", _form(article, when="later", due_at=f"{year}-03-02T02:00"), 200)
    )
    assert "落在免打扰时段，已顺延" in page
    assert f"{year}年3月2日 07:00" in page


def test_the_calendar_shows_pushes_and_never_fails_on_a_strange_month(office: Office) -> None:
    article = _ready(office)
    desk = office.desk("editor")
    desk.post("/console/pushes/new", _form(article))
    assert "周末一起种树" in desk.get("/console/calendar")
    for month in ("2026-13", "0-0", "abc", "2026-02"):
        desk.get(f"/console/calendar?month={month}")


def test_a_missed_push_waits_for_a_person(office: Office) -> None:
    article = _ready(office)
    desk = office.desk("editor")
    where = desk.post("/console/pushes/new", _form(article)).location
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(Push).values(status="missed"))
    page = desk.get(where)
    assert "请决定现在补发、改期或取消" in page
    assert "错过的推送" in desk.get("/console/")
    assert office.read(sa.select(Article.status)) == "planned"


def test_an_emergency_at_night_is_seen_and_agreed_to_by_another_person(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        quiet, "defer", lambda moment, _hours: moment + timedelta(hours=3)
    )  # it is four in the morning
    editor, boss = office.desk("editor"), office.desk("admin")
    form = _form(_ready(office), urgent="今夜暴雨，请低洼处居民转移")
    look = text_of(editor.post("/console/pushes/confirm", form, 200))
    assert "另一位有权限的人同意后立即发送" in look
    where = editor.post("/console/pushes/new", form).location
    own = text_of(editor.client.get(where))
    assert "待确认" in own
    assert "等待另一位有权限的人同意" in own
    assert "同意发送" not in own
    assert "待确认的推送" in boss.get("/console/")
    others = text_of(boss.client.get(where))
    assert "同意发送" in others
    assert "editor申请在免打扰时段紧急推送，理由：今夜暴雨，请低洼处居民转移" in others
    boss.post(f"{where}/release", {})
    assert office.read(sa.select(Push.status)) == "scheduled"
    assert "紧急理由：今夜暴雨，请低洼处居民转移" in boss.get("/console/audit")


def test_before_fewer_get_it_the_page_says_how_many_and_asks(office: Office) -> None:
    desk = office.desk("admin")
    form = _form(_ready(office), when="later", due_at=f"{NEXT_YEAR}-01-01T10:00")
    where = desk.post("/console/pushes/new", form).location
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(Push).values(planned=1200))
    for path in (f"{where}/reschedule", f"/console/calendar/{where.removeprefix('/console/')}"):
        asked = desk.post(path, {"due_at": f"{NEXT_YEAR}-02-01T10:00"}).location
        page = desk.get(asked)
        assert f"还没有改：改到 {NEXT_YEAR}-02-01 10:00 预计只有 5 人收到，现在是 1,200 人" in text_of(
            desk.client.get(asked)
        )
    form = {
        "due_at": f"{NEXT_YEAR}-02-01T10:00",
        "fewest": re.findall(r'name="fewest" value="(\d+)"', page)[0],
    }
    done = desk.post(f"{where}/reschedule", form).location
    assert f"已改到 {NEXT_YEAR}-02-01 10:00，预计 5 人收到" in text_of(desk.client.get(done))


def test_a_push_is_put_off_on_its_page_and_its_numbers_are_set_side_by_side(office: Office) -> None:
    desk = office.desk("admin")
    form = _form(_ready(office), when="later", due_at=f"{NEXT_YEAR}-01-01T10:00")
    where = desk.post("/console/pushes/new", form).location
    moved = desk.post(f"{where}/reschedule", {"due_at": f"{NEXT_YEAR}-02-01T10:00"})
    page = text_of(desk.client.get(moved.location))
    assert f"已改到 {NEXT_YEAR}-02-01 10:00" in page
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(Push).values(planned=3, status="held", note="相差超过 10%"))
    page = text_of(desk.client.get(where))
    assert "确认时与发送时" in page
    assert "同意发送" in page


def test_an_audience_gets_a_name_is_chosen_by_it_and_loses_it(office: Office) -> None:
    article = _ready(office)
    desk = office.desk("editor")
    with office.parts.db.read_scope() as session:
        branch = session.scalars(sa.select(Branch.name).where(Branch.id == office.branch_id)).one()
    saved = desk.follow(desk.post("/console/audiences", {"name": "骨干", "place": f"党支部：{branch}"}))
    assert "已把“骨干”存为常用对象" in saved
    form = _form(article, to="saved", saved="骨干")
    page = text_of(desk.post("/console/pushes/count", form, 200))
    assert "预计 3 人收到" in page
    nobody = _form(article, to="saved", saved="骨干", without="常用：骨干")
    assert "还没有已关注" in text_of(desk.post("/console/pushes/count", nobody, 200))
    number = office.read(sa.select(SavedAudience.id))
    assert "已删除常用对象“骨干”" in desk.follow(desk.post(f"/console/audiences/{number}/remove"))
    assert office.read(sa.select(sa.func.count(SavedAudience.id))) == 0


def test_a_notice_goes_to_those_whom_its_activity_expects(office: Office) -> None:
    _ready(office)
    with office.parts.db.session_scope() as session:
        activity = activities.activity(session).id
    form = {"kind": "activity", "activity": str(activity), "to": "usual", "when": "now", "road": "auto"}
    page = text_of(office.desk("editor").post("/console/pushes/count", form, 200))
    assert "“主题党日”的应到人员 ：预计 3 人收到" in page


def test_a_slot_sends_to_an_audience_by_its_name_and_to_none_that_nobody_knows(office: Office) -> None:
    column = office.read(sa.select(Column.id).where(Column.key == "news"))
    office.desk("editor").post("/console/audiences", {"name": "骨干", "place": "栏目：先锋动态"})
    desk = office.desk("admin")
    assert "saved:骨干" in desk.get(f"/console/columns/{column}")
    slot = {"name": "先锋动态", "active": "yes", "slot": "0", "time-0": "08:00", "days-0": "1", "on-0": "yes"}
    refused = desk.post(f"/console/columns/{column}", {**slot, "audience-0": "saved:没有"}, 422)
    assert "没有常用对象“没有”" in refused.text
    desk.post(f"/console/columns/{column}", {**slot, "audience-0": "saved:骨干"})
    assert office.read(sa.select(Column.slots).where(Column.id == column))[0]["audience"] == "saved:骨干"


def _failed(office: Office) -> str:
    """The page of a push that two of three certainly did not get, one of them for a cause that stays."""
    desk = office.desk("editor")
    where = desk.post("/console/pushes/new", _form(_ready(office))).location
    now = clock.now()
    with office.parts.db.session_scope() as session:
        push = session.scalars(sa.select(Push)).one()
        push.status, push.planned_at, push.planned = "sending", now, 3
        session.flush()
        fates = [("delivered", None, ""), ("failed", None, "微信返回失败（send fail）"),
                 ("failed", 40003, "openid 不正确（错误码 40003），请把这条信息交给维护人员")]  # fmt: skip
        for number, (status, code, error) in enumerate(fates):
            call = Delivery(
                push_id=push.id, road="mass", key=f"k{number}", status=status, recipients=1, due_at=now, finished_at=now,
                error=error, error_code=code,
            )  # fmt: skip
            session.add(call)
            session.flush()
            line = {"period": clock.month_key(now), "delivery_id": call.id, "state": "released", "at": now}
            session.execute(sa.insert(QuotaUse).values(subject=f"oMember{number:022d}", **line))
        push.status = "partly_failed"
    return str(where)


def test_failures_are_said_by_cause_and_sent_again_from_the_page(office: Office) -> None:
    where, desk = _failed(office), office.desk("editor")
    page = text_of(desk.client.get(where))
    assert "没有送达的原因" in page
    assert "openid 不正确（错误码 40003），请把这条信息交给维护人员 失败 1" in page
    assert "重发给失败的人（2）" in page
    look = text_of(desk.client.get(f"{where}/again"))
    assert "预计收到 2 人" in look
    assert "其中 1 人的原因不会自行消失，重发可能仍收不到" in look
    assert "再收到一遍" not in look  # nobody of those whom it goes to has it
    made = desk.post(f"{where}/again")
    assert "重发自 推送" in text_of(desk.client.get(made.location))
    assert made.location in desk.get(where)
    assert "重发给失败的人" not in text_of(desk.client.get(where))
    assert "正在重发" in text_of(desk.client.get(where))
    assert "重发自推送：1" in office.desk("admin").get("/console/audit")
