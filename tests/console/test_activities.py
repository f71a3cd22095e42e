"""Activities in the console and on the secretary's phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from accounts import users
from community import activities, places
from ground import clock
from models import Activity, CheckIn, MakeUpRequest
from tests.console.conftest import Office, text_of
from web.wording import for_input


def _form(**other: Any) -> dict[str, Any]:
    now = clock.now()
    return {
        "title": "十一月主题党日", "kind": "event", "purpose": "学习交流", "scope": "all",
        "starts_at": for_input(now - timedelta(minutes=5)), "ends_at": for_input(now + timedelta(hours=2)), **other,
    }  # fmt: skip


def _people(office: Office) -> list[int]:
    with office.parts.db.session_scope() as session:
        return [office.member(session, name).id for name in ("张三丰", "李四光", "王五洲")]


def test_an_activity_is_announced_counted_live_and_exported(office_anywhere: Office) -> None:
    office = office_anywhere
    people = _people(office)
    desk = office.desk("admin")
    desk.get("/console/activities/new")
    where = desk.post("/console/activities/new", _form()).location
    page = desk.get(where)
    assert "应到 3 人" in text_of_page(page)
    seen = page.split('"seen": "')[1].split('"')[0]
    assert desk.client.get(f"{where}/live?seen={seen}").status_code == 204
    form = {
        "member": [str(one) for one in people[:2]],
        "reason": "纸质签到表补录",
        "branch": str(office.branch_id),
    }
    assert "已补录 2 人" in desk.follow(desk.post(f"{where}/record", form))
    assert "已补录 0 人，2 人原已签到" in desk.follow(desk.post(f"{where}/record", form))
    moved = desk.client.get(f"{where}/live?seen={seen}")
    assert "张*丰" in moved.text
    book = desk.post(f"{where}/export", status=200)
    assert book.data.startswith(b"PK")
    assert "filename" in book.headers["Content-Disposition"]
    assert book.headers["Cache-Control"] == "private, no-store"


def test_an_activity_needs_an_end_and_a_branch_if_not_for_all(office: Office) -> None:
    desk = office.desk("editor")
    no_end = desk.post("/console/activities/new", _form(ends_at=""), 422)
    assert "请选择签到的开始时间和结束时间" in text_of(no_end)
    assert "十一月主题党日" in no_end.text
    none = desk.post("/console/activities/new", _form(scope="chosen"), 422)
    assert "请至少选择一个党支部" in text_of(none)
    odd = desk.post("/console/activities/new", _form(starts_at="31 Feb"), 422)
    assert "时间看不懂" in text_of(odd)


def test_pressing_words_need_a_reason_that_is_recorded(office: Office) -> None:
    desk = office.desk("admin")
    pressing = _form(purpose="务必全员打卡，未打卡的通报")
    refused = desk.post("/console/activities/new", pressing, 422)
    assert "不符合减负要求" in text_of(refused)
    assert "保留的理由" in text_of(refused)
    desk.follow(desk.post("/console/activities/new", {**pressing, "override": "引用上级文件的原话"}))
    assert "引用上级文件的原话" in desk.get("/console/audit")


def test_a_ledger_in_clear_needs_a_reason(office: Office) -> None:
    desk = office.desk("admin")
    where = desk.post("/console/activities/new", _form()).location
    page = desk.follow(
        desk.post(f"{where}/export", {"unmask": "yes"}, headers={"Referer": f"http://localhost{where}"})
    )
    assert "导出未脱敏台账须填写事由" in page
    desk.post(f"{where}/export", {"unmask": "yes", "reason": "上级检查需要"}, 200)


def test_a_secretary_does_all_of_it_on_the_phone(office_anywhere: Office) -> None:
    office = office_anywhere
    people = _people(office)
    desk = office.desk("secretary")
    home = desk.client.get("/branch/").location
    assert home == f"/branch/{office.branch_id}/"
    desk.get(f"{home}new")
    where = desk.post(f"{home}new", _form()).location
    page = desk.get(where)
    assert "未签到" in page
    assert "张*丰" in page
    assert "张三丰" not in page
    clear = desk.post(f"{where}/names", {"why": "核对纸质签到表"}, 200)
    assert "张三丰" in clear.text
    form = {"member": [str(people[0])], "reason": "纸质签到表补录"}
    assert "已补录 1 人" in desk.follow(desk.post(f"{where}/record", form))
    assert desk.post(f"{where}/export", status=200).data.startswith(b"PK")
    assert "3 应到 1 已签到 0 请假 2 未到" in text_of_page(desk.get(home))


def test_who_did_not_come_is_named_to_the_branch_s_own_secretary_only(office: Office) -> None:
    _people(office)
    where = office.desk("secretary").post(f"/branch/{office.branch_id}/new", _form()).location
    assert "未签到" in office.desk("secretary").get(where)
    assert "未签到" not in office.desk("admin").get(where)
    voluntary = (
        office.desk("secretary")
        .post(f"/branch/{office.branch_id}/new", _form(kind="study", title="学习"))
        .location
    )
    page = office.desk("secretary").get(voluntary)
    assert "只显示人数，不列名单" in page
    assert "张*丰" not in page


def test_a_request_to_make_up_is_decided_once(office: Office) -> None:
    people = _people(office)
    desk = office.desk("secretary")
    desk.post(f"/branch/{office.branch_id}/new", _form())
    with office.parts.db.session_scope() as session:
        activity = session.scalars(sa.select(Activity)).one()
        for member in people[:2]:
            session.add(
                MakeUpRequest(
                    activity_id=activity.id, member_id=member, reason="出差", status="pending", at=clock.now()
                )
            )
    assert "出差" in desk.get(f"/branch/{office.branch_id}/make-ups")
    desk.post(f"/branch/{office.branch_id}/make-ups/1", {"decision": "approve"})
    again = desk.follow(desk.post(f"/branch/{office.branch_id}/make-ups/1", {"decision": "approve"}))
    assert "已经审批过" in again or "补签审批" in again
    desk.post("/console/make-ups/2", {"decision": "refuse"})
    assert office.read(sa.select(sa.func.count(CheckIn.id)).where(CheckIn.made_up)) == 1


def test_an_activity_that_is_called_off_keeps_its_records(office: Office) -> None:
    people = _people(office)
    desk = office.desk("admin")
    where = desk.post("/console/activities/new", _form()).location
    desk.post(
        f"{where}/record", {"member": [str(people[0])], "reason": "纸质", "branch": str(office.branch_id)}
    )
    assert "请写明取消的原因" in desk.follow(
        desk.post(f"{where}/cancel", headers={"Referer": f"http://localhost{where}"})
    )
    desk.post(f"{where}/cancel", {"reason": "天气原因，改期"})
    page = text_of_page(desk.get(where))
    assert "已取消" in page
    assert "已有的 1 条签到记录保留，不计入参加人数" in page
    assert "天气原因，改期" in page
    assert office.read(sa.select(sa.func.count(CheckIn.id))) == 1


def test_the_branch_s_first_page_asks_as_much_for_many_activities_as_for_one(office: Office) -> None:
    _people(office)
    desk = office.desk("secretary")
    home = f"/branch/{office.branch_id}/"
    one = [desk.post(f"{home}new", _form(title="第 1 次")).location]
    few = _questions(office, lambda: desk.get(home))
    more = [desk.post(f"{home}new", _form(title=f"第 {number} 次")).location for number in range(2, 13)]
    many = _questions(office, lambda: desk.get(home))
    page = desk.get(home)
    assert all(f'href="{where}"' in page for where in one + more)
    assert page.count("<b>3</b>应到") == 12
    assert len(many) == len(few), many


def test_the_branch_s_first_page_is_not_crowded_out_by_what_invites_others(office: Office) -> None:
    desk = office.desk("admin")
    soon = for_input(clock.now() + timedelta(hours=1))
    mine = desk.post(f"/branch/{office.branch_id}/new", _form(title="本支部的会", starts_at=soon)).location
    with office.parts.db.session_scope() as session:
        other = places.branches(session)[1]
        now, admin = clock.now(), users.by_name(session, "admin")
        for number in range(105):
            starts = now + timedelta(hours=2)
            draft = activities.Draft(
                f"别处 {number}", starts, starts + timedelta(hours=1), [other], purpose="交流"
            )
            activities.create(session, admin, draft, at=now)
    page = desk.get(f"/branch/{office.branch_id}/")
    assert f'href="{mine}"' in page
    assert "别处" not in page


def _questions(office: Office, act: Callable[[], object]) -> list[str]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []
    engine = office.parts.db.engine

    def note(*args: Any) -> None:
        asked.append(str(args[2]))

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    return asked


def text_of_page(page: str) -> str:
    """A page without its markup, in one line."""
    import re

    return " ".join(re.sub(r"<[^>]+>", " ", page).split())
