"""One WeChat per member: a second one asks, the branch decides; and a hand for whom binding did not succeed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import own_requests, rebinding
from ground import clock
from ground.errors import Conflict, NotFound, Refused
from models import DataRequest, Follower, TagChange, User
from tests.inbound.conftest import OPENID, OTHER, STRANGER
from tests.reader.conftest import Place
from tests.reader.test_requests import secretary, told

SECOND = "oPioneer0000000000000000003C"


def member_of(session: Session, openid: str) -> int | None:
    """To whom this WeChat is bound."""
    return session.scalar(sa.select(Follower.member_id).where(Follower.openid == openid))


def ask_to_replace(place: Place) -> None:
    """张三 writes from another WeChat."""
    step = place.phone.say(SECOND, "绑定 张三 1234").text
    assert "已绑定另一个微信" in step
    assert "绑定自愿" in step, "the text of the consent, before anything is asked of anybody"
    assert "社区管理员向您本人核实后生效" in place.phone.say(SECOND, "同意").text


def the_request(session: Session, user: User) -> int:
    """The one that waits."""
    (found,) = own_requests.waiting(session, user)
    return found.id


def test_the_secretarys_yes_moves_the_binding_and_both_are_told(small_place: Place) -> None:
    place, zhang = small_place, small_place.office.members["张三"]
    ask_to_replace(place)
    with place.runtime.db.session_scope() as session:
        assert member_of(session, OPENID) == zhang, "nothing moves before the yes"
        (warned,) = told(session)
        assert warned[0] == OPENID
        assert "有人申请" in warned[1]
        session.execute(sa.delete(TagChange))
        boss, other = secretary(session, place.office), secretary(session, place.office, 1)
        request = the_request(session, boss)
        with pytest.raises(NotFound):
            rebinding.replace(session, other, request, at=clock.now())
        with pytest.raises(Conflict):
            own_requests.decide(session, boss, request, done=True, answer="", at=clock.now())
        rebinding.replace(session, boss, request, at=clock.now())
        with pytest.raises(Conflict):
            rebinding.replace(session, boss, request, at=clock.now())
        assert (member_of(session, OPENID), member_of(session, SECOND)) == (None, zhang)
        moved = {(one.openid, one.kind, one.add) for one in session.scalars(sa.select(TagChange))}
        assert {(OPENID, "branch", False), (SECOND, "branch", True)} <= moved
        last = told(session)[1:]
        assert [openid for openid, _ in last] == [OPENID, SECOND]
        assert "已由党支部改到另一个微信" in last[0][1]
        assert "已绑定党员信息" in last[1][1]
    assert "张*" in place.phone.say(SECOND, "我的资料").text


def test_the_secretarys_no_leaves_everything_and_is_told_with_its_reason(small_place: Place) -> None:
    place, zhang = small_place, small_place.office.members["张三"]
    ask_to_replace(place)
    assert "正在办理" in (place.phone.say(SECOND, "绑定 张三 1234"), place.phone.say(SECOND, "同意"))[1].text
    with place.runtime.db.session_scope() as session:
        boss = secretary(session, place.office)
        request = the_request(session, boss)
        own_requests.decide(session, boss, request, done=False, answer="本人说没有换微信", at=clock.now())
        assert (member_of(session, OPENID), member_of(session, SECOND)) == (zhang, None)
        assert told(session)[-1] == (
            SECOND,
            "更换微信的申请没有通过：本人说没有换微信。如有疑问请联系支部书记",
        )


def test_who_asked_and_left_is_not_waited_for(small_place: Place) -> None:
    place = small_place
    ask_to_replace(place)
    place.phone.event(SECOND, "unsubscribe", created=int(clock.timestamp()) + 3)
    with place.runtime.db.read_scope() as session:
        assert own_requests.waiting(session, session.get_one(User, place.office.user)) == []
        left = session.scalars(sa.select(DataRequest)).one()
        assert (left.status, left.asked, left.open_key) == ("refused", None, None)


def lock(place: Place, openid: str, scene: str = "") -> None:
    """Five wrong tries of somebody who came by a branch's QR code, or by none."""
    place.phone.event(openid, "subscribe", scene)
    answers = [place.phone.say(openid, "绑定 张山 1234").text for _ in range(5)]
    assert "协助绑定" in answers[-1]


def test_a_lock_out_reaches_the_branch_by_whose_code_they_came_and_is_opened_there(
    small_place: Place,
) -> None:
    place = small_place
    lock(place, STRANGER, f"qrscene_branch-{place.office.branches[0]}")
    with place.runtime.db.session_scope() as session:
        boss, other = secretary(session, place.office), secretary(session, place.office, 1)
        assert own_requests.waiting_count(session, other) == 0
        request = the_request(session, boss)
        assert own_requests.seen(session, boss, request).asked == "绑定 张山 1234"
        rebinding.unlock(session, boss, request, at=clock.now())
        assert "请重新回复：绑定" in told(session)[0][1]
    assert "还可尝试 4 次" in place.phone.say(STRANGER, "绑定 张山 1234").text


def test_a_stranger_without_a_code_goes_to_the_administrator(small_place: Place) -> None:
    place = small_place
    lock(place, STRANGER)
    with place.runtime.db.session_scope() as session:
        assert own_requests.waiting_count(session, secretary(session, place.office)) == 0
        assert own_requests.waiting_count(session, session.get_one(User, place.office.user)) == 1


def test_the_branch_says_who_it_is_and_the_person_agrees_themselves(small_place: Place) -> None:
    place, li = small_place, small_place.office.members["李红梅"]
    lock(place, STRANGER, f"qrscene_branch-{place.office.branches[1]}")
    with place.runtime.db.session_scope() as session:
        boss = secretary(session, place.office, 1)
        request = the_request(session, boss)
        for name, tail in (("李红梅", "1111"), ("张三", "1234"), ("李红梅", "")):
            with pytest.raises(Refused):
                rebinding.offer(session, boss, request, name, tail, at=clock.now())
        rebinding.offer(session, boss, request, "李红梅", "9012", at=clock.now())
        assert "绑定自愿" in told(session)[0][1]
        assert member_of(session, STRANGER) is None, "nobody is bound without their own yes"
    assert "没有需要确认的事项" in place.phone.say(OTHER, "同意").text
    assert "绑定成功：李*梅" in place.phone.say(STRANGER, "同意").text
    with place.runtime.db.read_scope() as session:
        assert member_of(session, STRANGER) == li
    assert "没有需要确认的事项" in place.phone.say(STRANGER, "同意").text
