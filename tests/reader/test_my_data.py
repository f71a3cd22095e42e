"""我的资料: one's own, to oneself alone, and out again."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from community import own_links
from ground import clock
from models import AuditEntry, CheckIn, Follower, InboundMessage, OwnLink
from settings import Settings
from tests.inbound.conftest import OPENID, OTHER, STRANGER, open_activity
from tests.reader.conftest import ROOT, Place


def link_in(text: str) -> str:
    """The address in a reply."""
    found = re.search(rf"{ROOT}(/m/me\S*)", text)
    assert found, text
    return found[1]


def known_to_wechat(place: Place, sandbox_openid: str, member: str) -> None:
    """The one whom WeChat knows by this openid is the office's follower of this member."""
    with place.runtime.db.session_scope() as session:
        session.execute(
            sa.update(Follower)
            .where(Follower.member_id == place.office.members[member])
            .values(openid=sandbox_openid)
        )


@pytest.fixture
def zhang(place: Place, sandbox: object) -> str:
    """张三, as WeChat knows him."""
    (openid,) = sandbox.followers(1)  # type: ignore[attr-defined]
    known_to_wechat(place, openid, "张三")
    return str(openid)


def test_wechats_page_lets_a_member_see_their_own_data_masked_until_they_ask(
    place: Place, zhang: str
) -> None:
    with place.runtime.db.session_scope() as session:
        open_activity(session, place.office, "主题党日")
    place.phone.say(zhang, "签到")
    door = link_in(place.phone.say(zhang, "我的资料").text)
    assert door == "/m/me", "WeChat says who opens it; the address is the same for all"
    reader = place.reader(zhang)
    page = reader.get(door)
    assert "张*" in page
    assert "138****1234" in page
    assert "第一党支部" in page
    assert "主题党日" in page
    assert "张三" not in page
    assert "13800001234" not in page
    assert "党员名册：姓名" in page, "what is kept"
    assert "在册期间" in page, "and how long"
    shown = reader.get("/m/me?show=1")
    assert "张三" in shown
    assert "13800001234" in shown


def test_nobody_keeps_the_page_and_no_script_runs_there(place: Place, zhang: str) -> None:
    reader = place.reader(zhang)
    reader.get("/m/me")
    answer = reader.client.get("/m/me")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'none'" in answer.headers["Content-Security-Policy"]
    kept = reader.client.get_cookie("pioneer-me-visit", path="/m/me")
    assert kept is not None
    assert kept.http_only
    assert zhang not in kept.value
    assert "<script" not in answer.text


def test_a_way_that_began_in_another_browser_opens_nothing(place: Place, zhang: str) -> None:
    mine, theirs = place.reader(zhang), place.reader(zhang)
    sent = mine.client.get("/m/me")
    back = mine.back_from(sent.location)
    assert "请重新打开" in theirs.client.get(back).text, "a link that somebody sends is not one's own way"
    assert theirs.client.get_cookie("pioneer-me-visit", path="/m/me") is None
    assert "张*" in mine.get(back)
    again = mine.client.get(back)
    assert again.status_code == 303, "the same answer twice"
    assert again.location == "/m/me", "they are in already"


def test_who_does_not_follow_is_told_so_and_is_not_kept(place: Place, sandbox: object) -> None:
    (openid,) = sandbox.followers(1, subscribed=False)  # type: ignore[attr-defined]
    assert "还没有关注" in place.reader(openid).get("/m/me")
    with place.runtime.db.read_scope() as session:
        assert session.scalar(sa.select(Follower.id).where(Follower.openid == openid)) is None


def test_the_visit_ends_by_itself_and_when_the_reader_leaves_the_account(place: Place, zhang: str) -> None:
    reader = place.reader(zhang)
    assert "张*" in reader.get("/m/me")
    place.phone.event(zhang, "unsubscribe", created=int(clock.timestamp()) + 3)
    assert "您已取消关注" in reader.get("/m/me", status=404)


def test_an_account_without_wechats_page_gives_a_link_that_opens_once(small_place: Place) -> None:
    place = small_place
    reply = place.phone.say(OPENID, "我的资料").text
    assert "只能打开一次" in reply
    door = link_in(reply)
    reader, other = place.reader(), place.reader()
    assert "张*" not in reader.get(door), "whatever looks at the address sees nothing and uses nothing up"
    other.get(door)
    assert "张*" in reader.post(door).text
    assert "已失效" in other.post(door, status=410).text
    assert "已失效" in other.get(door, status=410)
    assert "请在公众号回复" in other.get("/m/me")


def test_an_office_that_has_not_registered_its_domain_gives_links_too(service: Settings) -> None:
    wechat = msgspec.structs.replace(service.wechat, web_authorization=False)
    place = Place(msgspec.structs.replace(service, wechat=wechat))
    assert "/m/me/open/" in place.phone.say(OPENID, "我的资料").text
    assert "请在公众号回复" in place.reader().get("/m/me"), "no way to an error page of WeChat's"
    place.runtime.close()


def test_a_link_is_over_after_ten_minutes_and_when_a_newer_one_was_given(small_place: Place) -> None:
    place = small_place
    now = clock.now()
    with place.runtime.db.session_scope() as session:
        first = own_links.make(session, OPENID, at=now)
        second = own_links.make(session, OPENID, at=now)
        assert not own_links.opens(session, first, at=now)
        assert own_links.opens(session, second, at=now + timedelta(minutes=9))
        assert own_links.take(session, second, at=now + timedelta(minutes=10)) is None
        assert session.scalars(sa.select(OwnLink.token_hash)).all() != [second], "the table opens nothing"


def test_a_repeated_question_gets_the_same_link(small_place: Place) -> None:
    place = small_place
    sent = int(clock.timestamp())
    first = place.phone.say(OPENID, "我的资料", msg_id=77001, created=sent)
    again = place.phone.say(OPENID, "我的资料", msg_id=77001, created=sent)
    assert first.text == again.text
    reader = place.reader()
    reader.get(link_in(again.text))
    assert "张*" in reader.post(link_in(again.text)).text


def test_a_member_unbinds_on_the_page_and_the_ledger_keeps_the_check_in(small_place: Place) -> None:
    place = small_place
    with place.runtime.db.session_scope() as session:
        open_activity(session, place.office, "主题党日")
    place.phone.say(OPENID, "签到")
    reader = place.reader()
    door = link_in(place.phone.say(OPENID, "我的资料").text)
    reader.get(door)
    reader.post(door)
    assert "撤回了绑定时的同意" in reader.get("/m/me/unbind")
    assert "已解除绑定" in reader.post("/m/me/unbind").text
    assert "还没有绑定党员信息" in reader.get("/m/me")
    with place.runtime.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CheckIn)) == 1
        assert session.scalar(sa.select(Follower.member_id).where(Follower.openid == OPENID)) is None


def test_a_follower_erases_what_hangs_on_their_wechat_at_once(small_place: Place) -> None:
    place = small_place
    place.phone.say(OPENID, "退订 学习园地")
    place.phone.say(OTHER, "我的")
    reader = place.reader()
    door = link_in(place.phone.say(OPENID, "我的资料").text)
    reader.get(door)
    reader.post(door)
    assert "党员名册和党支部台账由单位按规定保管" in reader.get("/m/me/erase")
    assert "已清除" in reader.post("/m/me/erase").text
    assert "请在公众号回复" in reader.get("/m/me"), "the visit is over"
    with place.runtime.db.read_scope() as session:
        mine = session.scalars(sa.select(Follower).where(Follower.openid == OPENID)).one()
        assert (mine.member_id, mine.muted_columns, mine.subscribed, mine.gone) == (None, "", True, False)
        left = session.execute(sa.select(InboundMessage.openid, InboundMessage.body.is_(None))).all()
        assert sorted(map(tuple, left)) == [("gone", True)] * 2 + [(OTHER, False)]
    assert "您还没有绑定" in place.phone.say(OPENID, "我的资料").text


def test_a_stranger_sees_that_only_the_following_is_kept(small_place: Place) -> None:
    place = small_place
    place.phone.event(STRANGER, "subscribe", "")
    reader = place.reader(STRANGER)
    door = link_in(place.phone.say(STRANGER, "我的资料").text)
    reader.get(door)
    page = reader.post(door).text
    assert "还没有绑定党员信息" in page
    assert "/m/me/unbind" not in page


def test_a_form_of_another_page_is_refused_in_words(small_place: Place) -> None:
    reader = small_place.reader()
    assert "页面已过期" in reader.client.post("/m/me/unbind", data={"csrf_token": "no"}).text


def test_a_member_takes_the_whole_file_home(small_place: Place) -> None:
    place = small_place
    reader = place.reader()
    door = link_in(place.phone.say(OPENID, "我的资料").text)
    reader.get(door)
    reader.post(door)
    answer = reader.client.get("/m/me/file/json")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    assert json.loads(answer.text)["data"]["党员名册"][0]["姓名"] == "张三"
    assert reader.client.get("/m/me/file/xlsx").data[:2] == b"PK"
    with place.runtime.db.read_scope() as session:
        entries = session.scalar(sa.select(sa.func.count(AuditEntry.id)))
    assert "请 5 分钟后再下载" in reader.get("/m/me/file/json", status=429)
    with place.runtime.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count(AuditEntry.id))) == entries, (
            "what is refused leaves nothing"
        )
    reader.get("/m/me/file/exe", status=404)
    assert "请在公众号回复" in place.reader().get("/m/me/file/json"), "nobody else's"


def test_who_was_bound_once_takes_home_what_is_kept_of_that_too(small_place: Place) -> None:
    place = small_place
    for said in ("解绑", *("绑定 张三 1234", "同意", "解绑") * 2):
        place.phone.say(OPENID, said)
    reader = place.reader()
    door = link_in(place.phone.say(OPENID, "我的资料").text)
    reader.get(door)
    assert reader.post(door).text.count("说明版本") == 2
    data = json.loads(reader.client.get("/m/me/file/json").text)["data"]
    assert [row["结束原因"] for row in data["同意记录"]] == ["本人撤回", "本人撤回"]
    done = [row["操作"] for row in data["操作记录"]]
    assert done.count("绑定党员") == 2
    assert data["党员名册"] == []


def test_who_has_gone_out_is_out_with_every_copy_of_the_cookie(small_place: Place) -> None:
    place = small_place
    reader, thief = place.reader(), place.reader()
    door = link_in(place.phone.say(OPENID, "我的资料").text)
    reader.get(door)
    assert "张*" in reader.post(door).text
    kept = reader.client.get_cookie("pioneer-me-visit", path="/m/me")
    assert kept is not None
    thief.client.set_cookie("pioneer-me-visit", kept.value, path="/m/me")
    assert "张*" in thief.get("/m/me")
    assert "已退出" in reader.post("/m/me/leave").text
    assert "请在公众号回复" in thief.get("/m/me")
    door = link_in(place.phone.say(OPENID, "我的资料").text)
    reader.get(door)
    assert "张*" in reader.post(door).text, "and may come back"
