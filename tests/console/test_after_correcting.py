"""After a correction or retraction: who received it is told, its note is reworded, a page is deleted by hand."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ground import clock
from models import Removal
from scheduler import instance
from tests.console.conftest import Office, field, text_of
from tests.console.test_correcting import SAID, TAKEN_BACK, mend, number, out, retraction, review
from tests.fixtures.configuration import make_settings
from tests.world import messages, pushes


@pytest.fixture
def office(furnished: Path, tmp_path: Path) -> Iterator[Office]:
    """An office whose pages have an address, and which may send."""
    path = tmp_path / "office.db"
    shutil.copyfile(furnished, path)
    server = {"data_dir": str(tmp_path / "var"), "base_url": "https://pioneer.example"}
    made = Office(make_settings(database={"url": f"sqlite:///{path}"}, server=server))
    yield made
    made.close()


def _number(address: str) -> int:
    """Of the article that this address edits."""
    return int(re.findall(r"/articles/(\d+)/edit", address)[0])


def test_the_page_says_whom_a_notice_reaches_and_then_how_many_were_told(office: Office) -> None:
    article, editor = out(office), office.desk("editor")
    where = f"/console/articles/{article}/notify"
    editor.get(where, 404)
    with office.parts.db.session_scope() as session:
        for name, openid in (("裘砚舟", "oWrites"), ("岑未央", "oSilent")):
            office.member(session, name, openid=openid)
        messages.message(session, "oWrites")
        instance.take(session, instance.fingerprint(office.parts.settings), clock.now())
    pushes.sent(office.parts, ["oWrites", "oSilent"], article=article)
    office.desk("first").post(f"{retraction(office, article)}/retract")
    assert where in editor.get(f"/console/articles/{article}")
    page = editor.get(where)
    said = text_of(editor.client.get(where))
    assert "推送收到过 2 人 现在可以通知 1 人 48 小时内没有给公众号发过消息 1 人不通知" in said
    assert TAKEN_BACK["note"] in page
    assert "重新推送" not in page  # what was taken back is not sent again
    office.desk("first").get(where, 403)
    assert "已通知 1 位读者" in editor.follow(editor.post(where))
    assert "已通知 1 位收到过的读者：0 人已送达，1 人等待发送。" in text_of(
        editor.client.get("/console/corrections")
    )
    again = text_of(editor.post(where, status=422))
    assert "现在没有能用客服消息通知到的读者" in again


def test_a_corrected_article_may_be_sent_anew_at_the_price_of_quota(office: Office) -> None:
    article, editor = out(office), office.desk("editor")
    begun = editor.post(f"/console/articles/{article}/correct", SAID)
    mend(office, _number(begun.location))
    review(office, _number(begun.location))
    said = text_of(editor.client.get(f"/console/articles/{article}/notify"))
    assert "服务号每位收到者用去本月 4 条中的 1 条" in said
    assert "没有逐人的接收记录" in said
    assert f"/console/pushes/new?article={article}" in editor.get(f"/console/articles/{article}/notify")


def test_the_note_for_readers_is_reworded_until_somebody_reviews_it(office: Office) -> None:
    article, editor = out(office), office.desk("editor")
    begun = editor.post(f"/console/articles/{article}/correct", SAID)
    draft, where = _number(begun.location), f"/console/corrections/{number(office, article)}/note"
    mend(office, draft)
    better = {"note": "第三段时间应为 12 月 6 日，特此更正。", "seen": SAID["note"]}
    assert "请填写给读者看的更正说明" in text_of(editor.post(where, {**better, "note": " "}, 422))
    assert better["note"] in editor.follow(editor.post(where, better))
    assert "刚刚被别人改过" in text_of(editor.post(where, {**better, "note": "又改了一次说明。"}, 409))
    office.desk("first").get(where, 403)
    shown = field(editor.get(f"/console/articles/{draft}"), "hash")
    editor.post(f"/console/articles/{draft}/submit", {"hash": shown})
    late = editor.post(where, {"note": "审核中改的说明。", "seen": better["note"]}, 409)
    assert "请先撤回送审，再修改说明" in text_of(late)


def test_nobody_agrees_to_a_note_that_was_changed_after_they_read_it(office: Office) -> None:
    article, editor = out(office), office.desk("editor")
    where = retraction(office, article)
    editor.post(f"{where}/note", {"note": "活动改到下周，请等通知。", "seen": TAKEN_BACK["note"]})
    reviewer = office.desk("first")
    late = reviewer.post(f"{where}/retract", {"note": TAKEN_BACK["note"]}, 409)
    assert "刚刚有变化" in text_of(late)
    reviewer.post(f"{where}/retract", {"note": "活动改到下周，请等通知。"})
    editor.get(f"{where}/note")
    over = editor.post(f"{where}/note", {"note": "再改一次说明。", "seen": "活动改到下周，请等通知。"}, 409)
    assert "当前为“已完成”，不能修改说明" in text_of(over)


def test_who_rewords_the_note_agrees_to_nothing_afterwards(office: Office) -> None:
    article, admin = out(office), office.desk("admin")
    where = retraction(office, article)
    admin.post(f"{where}/note", {"note": "活动改到下周，请等通知。", "seen": TAKEN_BACK["note"]})
    assert "说明是您改写的" in text_of(admin.post(f"{where}/retract", status=403))
    office.desk("editor").post(f"{where}/drop")
    begun = office.desk("editor").post(f"/console/articles/{article}/correct", SAID)
    draft, note = _number(begun.location), f"/console/corrections/{number(office, article)}/note"
    mend(office, draft)
    admin.post(note, {"note": "第三段时间应为 12 月 6 日，特此更正。", "seen": SAID["note"]})
    page = office.desk("editor").get(f"/console/articles/{draft}")
    office.desk("editor").post(f"/console/articles/{draft}/submit", {"hash": field(page, "hash")})
    assert "更正说明是您改写的，请由其他审核员审核" in admin.get(f"/console/articles/{draft}")


def test_what_wechat_refused_is_closed_by_who_deleted_it_by_hand(office: Office) -> None:
    article = out(office)
    office.desk("first").post(f"{retraction(office, article)}/retract")
    with office.parts.db.session_scope() as session:
        refused = Removal(correction_id=number(office, article), road="mass", msg_id="", position=1,
                          error="微信没有给出编号", status="refused", due_at=clock.now())  # fmt: skip
        session.add(refused)
        session.flush()
        removal = refused.id
    reviewer = office.desk("second")
    assert "微信拒绝删除 1" in reviewer.get("/console/")
    assert "再次请求删除" not in reviewer.get("/console/corrections")  # without a number nothing can be asked
    office.desk("editor").post(f"/console/removals/{removal}/by-hand", status=403)
    said = text_of(reviewer.client.get(reviewer.post(f"/console/removals/{removal}/by-hand").location))
    assert "second在公众平台手动删除，" in said
    assert "微信拒绝删除" not in reviewer.get("/console/")
    again = reviewer.post(f"/console/removals/{removal}/by-hand", status=409)
    assert "刚刚有变化" in text_of(again)
    assert "已在公众平台手动删除" in reviewer.get(f"/console/articles/{article}/story")
