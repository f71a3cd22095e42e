"""What a push's page says while it is on its way, and that it says no more than is known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from ground import clock
from models import Delivery, Push
from tests.console.conftest import Office, text_of


def _push(office: Office, status: str, calls: list[dict[str, Any]], **values: Any) -> str:
    """The page of a push with these calls, as the machine leaves it."""
    now = clock.now()
    article = office.article("周末一起种树", "approved")
    with office.parts.db.session_scope() as session:
        office.member(session, "党员", openid="oMember" + "0" * 21)
        office.member(session, "党员乙", openid="oMember" + "1" * 21)
    form = {"kind": "articles", "article": str(article), "to": "all", "when": "now", "road": "auto"}
    where = office.desk("editor").post("/console/pushes/new", form).location
    with office.parts.db.session_scope() as session:
        push = session.scalars(sa.select(Push)).one()
        changes = {"status": status, "planned_at": now, "started_at": now, "planned": 200, **values}
        session.execute(sa.update(Push).values(**changes))
        for number, call in enumerate(calls):
            row = {
                "push_id": push.id,
                "road": "mass",
                "key": f"k{number}",
                "recipients": 100,
                "due_at": now,
                **call,
            }
            session.add(Delivery(**row))
    return str(where)


def test_a_result_that_is_waited_for_is_no_zero_per_cent(office: Office) -> None:
    taken = {"status": "accepted", "accepted_at": clock.now(), "target_kind": "list"}
    desk = office.desk("editor")
    where = _push(office, "awaiting_result", [taken, taken])
    page = text_of(desk.client.get(where))
    assert "已送达 — 等待微信结果" in page
    assert "0.0%" not in page
    assert "管理员在手机上确认" not in page  # a list waits for nobody
    assert not any(word in page for word in ("暂停", "取消推送", "继续"))


def test_a_send_to_all_says_until_when_the_administrator_may_confirm(office: Office) -> None:
    began = clock.now() - timedelta(minutes=12)
    taken = {"status": "accepted", "accepted_at": began, "target_kind": "everyone"}
    page = text_of(office.desk("editor").client.get(_push(office, "awaiting_result", [taken])))
    until = clock.to_shanghai(began + timedelta(minutes=30)).strftime("%H:%M")
    assert "可能在等待管理员在手机上确认 ：" in page
    assert f"请在 {until} 前确认（还有 18 分钟）" in page
    assert "微信不会发送，推送显示为失败，额度退回，可以重发" in page


def test_what_nobody_will_find_out_by_itself_is_not_promised_to_be_looked_up(office: Office) -> None:
    lost = {
        "status": "unknown",
        "finished_at": clock.now(),
        "error": "微信一直没有给出群发结果，请到公众号后台核对",
    }
    where = _push(office, "unknown", [lost], finished_at=clock.now())
    page = text_of(office.desk("editor").client.get(where))
    assert "有 100 人的发送结果无法确认，请到公众号后台核对，不要重复发送" in page
    assert "系统将核对" not in page
    assert "重发给失败的人" not in page


def test_while_it_is_sent_page_and_list_say_how_fast_and_how_long_still(office: Office) -> None:
    now = clock.now()
    calls: list[dict[str, Any]] = [{"status": "accepted", "accepted_at": now}, {"status": "planned"}]
    where = _push(office, "sending", calls, started_at=now - timedelta(seconds=50))
    desk = office.desk("editor")
    for address in (where, "/console/pushes"):
        page = text_of(desk.client.get(address))
        assert "微信已受理 100／200 人，最近一分钟平均每秒" in page
        assert "还要不到 1 分钟" in page
