"""同意: a step of its own, of a version, with a history; asked anew when the text changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from community import consent, erasing
from ground import clock
from models import Consent, Follower, User
from operations import housekeeping
from tests.inbound.conftest import OPENID, OTHER, STRANGER, open_activity
from tests.reader.conftest import Place
from tests.reader.test_my_data import link_in
from tests.reader.test_requests import told


def history(place: Place, openid: str = "") -> list[tuple[str, str, str | None]]:
    """Version, way and end of each consent, in order; of one openid, where there is one."""
    query = sa.select(Consent.version, Consent.how, Consent.ended_by).order_by(Consent.id)
    if openid:
        query = query.join(Follower, Follower.id == Consent.follower_id).where(Follower.openid == openid)
    with place.runtime.db.read_scope() as session:
        return [(row[0], row[1], row[2]) for row in session.execute(query)]


@pytest.fixture
def outdated(small_place: Place) -> Place:
    """张三 and 王芳 have agreed to an earlier text."""
    with small_place.runtime.db.session_scope() as session:
        session.execute(sa.update(Follower).values(consent_version="2026-01"))
    return small_place


def test_the_text_names_what_is_sensitive_and_the_consent_is_a_step_of_its_own(small_place: Place) -> None:
    place = small_place
    asked = place.phone.say(STRANGER, "绑定 李红梅 9012").text
    assert "属于敏感个人信息，绑定需要您单独同意" in asked
    assert history(place) == [], "nothing before the yes"
    place.phone.say(STRANGER, "同意")
    assert history(place) == [(consent.VERSION, "reply", None)]
    place.phone.say(STRANGER, "解绑")
    assert history(place) == [(consent.VERSION, "reply", "own")]
    place.phone.say(STRANGER, "绑定 李红梅 9012")
    place.phone.say(STRANGER, "同意")
    place.phone.event(STRANGER, "unsubscribe", created=int(clock.timestamp()) + 3)
    assert [ended for *_, ended in history(place)] == ["own", "left"], "the history outlives both"


def test_who_agreed_to_an_earlier_text_is_asked_once_with_the_next_reply(outdated: Place) -> None:
    place = outdated
    with place.runtime.db.session_scope() as session:
        open_activity(session, place.office, "主题党日")
    first = place.phone.say(OPENID, "签到").text
    assert first.startswith("已签到"), "the binding stays usable"
    assert "个人信息说明有更新" in first
    assert "同意请回复“同意”，不同意请回复“解绑”" in first
    assert "说明有更新" not in place.phone.say(OPENID, "我的").text
    assert "谢谢确认" in place.phone.say(OPENID, "同意").text
    assert history(place, OPENID)[-1] == (consent.VERSION, "reply", None)
    assert "没有需要确认的事项" in place.phone.say(OPENID, "同意").text


def test_who_does_not_agree_is_told_until_when_and_may_change_their_mind(outdated: Place) -> None:
    place = outdated
    assert "说明有更新" in place.phone.say(OPENID, "我的").text
    said = place.phone.say(OPENID, "不同意").text
    assert "说明您没有同意" in said
    assert "之后自动解除绑定" in said
    assert "回复“解绑”" in said
    assert history(place, OPENID) == []
    assert "谢谢确认" in place.phone.say(OPENID, "同意").text
    assert "没有需要取消的事项" in place.phone.say(OPENID, "不同意").text


def test_nobody_else_is_asked(small_place: Place) -> None:
    place = small_place
    place.phone.event(STRANGER, "subscribe", "")
    assert "说明有更新" not in place.phone.say(STRANGER, "我的").text
    assert "说明有更新" not in place.phone.say(OPENID, "我的").text


def test_a_question_that_is_open_is_not_mixed_with_it(outdated: Place) -> None:
    place = outdated
    assert "说明有更新" not in place.phone.say(OPENID, "更正 手机换成 13900001111").text
    answered = place.phone.say(OPENID, "同意").text
    assert answered.startswith("已提交更正申请"), "the yes was to the correction"
    assert "说明有更新" in answered
    assert history(place, OPENID) == []


def test_on_the_page_they_agree_by_a_button_and_see_when(outdated: Place) -> None:
    place = outdated
    reader = place.reader()
    door = link_in(place.phone.say(OPENID, "我的资料").text)
    reader.get(door)
    assert "前仍可照常使用" in reader.post(door).text
    page = reader.post("/m/me/consent").text
    assert "前仍可照常使用" not in page
    assert f"说明版本 {consent.VERSION}" in page
    assert history(place, OPENID)[-1] == (consent.VERSION, "page", None)


def test_after_the_time_that_was_said_a_binding_ends_by_itself_and_the_person_is_told(
    outdated: Place,
) -> None:
    place, db = outdated, outdated.runtime.db
    place.phone.say(OPENID, "我的")
    days = place.settings.limits.consent_grace_days
    housekeeping.clean(db, place.settings, clock.now() + timedelta(days=days - 1))
    with db.read_scope() as session:
        assert told(session) == []
    housekeeping.clean(db, place.settings, clock.now() + timedelta(days=days, minutes=1))
    with db.read_scope() as session:
        bound = set(session.scalars(sa.select(Follower.openid).where(Follower.member_id.is_not(None))))
        assert bound == {OTHER}, "who was not asked yet stays"
        ((openid, text),) = told(session)
    assert openid == OPENID
    assert "绑定已自动解除" in text


def test_an_erasure_ends_it_and_keeps_that_there_was_one(small_place: Place) -> None:
    place = small_place
    place.phone.say(STRANGER, "绑定 李红梅 9012")
    place.phone.say(STRANGER, "同意")
    with place.runtime.db.session_scope() as session:
        admin = session.get_one(User, place.office.user)
        member = place.office.members["李红梅"]
        erasing.erase(session, admin, member_id=member, reason="本人书面申请", at=clock.now())
    assert history(place) == [(consent.VERSION, "reply", "erased")]
