"""One member, two WeChats: what one of them asked is never taken for the other's, and neither loses a binding without a word."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from community import binding, merging, own_requests, rebinding, upkeep
from ground import clock
from models import DataRequest, RequestKind, User
from tests.inbound.conftest import OPENID, STRANGER
from tests.reader.conftest import Place, Reader
from tests.reader.test_my_data import link_in
from tests.reader.test_requests import ask_to_correct, secretary, told
from tests.world import followers, members

OLD, NEW = OPENID, STRANGER


def door_of(place: Place, openid: str) -> Reader:
    """我的资料 of somebody, opened from the chat."""
    reader = place.reader(openid)
    door = link_in(place.phone.say(openid, "我的资料").text)
    reader.get(door)
    reader.post(door)
    return reader


def bind(place: Place, openid: str) -> str:
    """张三 binds from this WeChat."""
    place.phone.say(openid, "绑定 张三 1234")
    return place.phone.say(openid, "同意").text


def test_what_another_wechat_asked_before_the_real_person_bound_is_seen_by_both(small_place: Place) -> None:
    place = small_place
    impostor = door_of(place, OLD)
    impostor.get("/m/me/erase")
    impostor.post("/m/me/erase", roster="1")
    with place.runtime.db.read_scope() as session:
        (asked,) = own_requests.waiting(session, session.get_one(User, place.office.user))
        assert "现在没有绑定这位党员，请先向本人核实" in own_requests.whose(session, asked)
    assert "绑定成功" in bind(place, NEW)
    with place.runtime.db.session_scope() as session:
        admin = session.get_one(User, place.office.user)
        (asked,) = own_requests.waiting(session, admin)
        assert "绑定的是另一个微信" in own_requests.whose(session, asked)
    assert "另一个微信申请了“清除个人信息”" in place.phone.say(NEW, "我的信息").text
    page = door_of(place, NEW).get("/m/me")
    assert "另一个微信申请“清除个人信息”（待办理）" in page
    assert "我的申请" not in page
    with place.runtime.db.session_scope() as session:
        admin = session.get_one(User, place.office.user)
        own_requests.decide(session, admin, asked.id, done=False, answer="本人没有申请", at=clock.now())
        assert told(session) == []


def test_a_replaced_wechat_is_answered_nothing_and_its_words_are_not_in_the_new_ones_file(
    small_place: Place,
) -> None:
    place = small_place
    ask_to_correct(place.phone)
    assert "更换微信的申请" in bind(place, NEW)
    assert "您申请的“更换微信”正在办理" in place.phone.say(NEW, "我换微信了").text
    assert "另一个微信申请“更换微信”（待办理）" in door_of(place, OLD).get("/m/me")
    with place.runtime.db.session_scope() as session:
        boss = secretary(session, place.office)
        correction, request = own_requests.waiting(session, boss)
        assert own_requests.whose(session, correction) == "绑定着这位党员"
        rebinding.replace(session, boss, request.id, at=clock.now())
        assert own_requests.waiting(session, boss) == []
        assert session.get_one(DataRequest, correction.id).status == "refused"
        assert [openid for openid, _ in told(session)].count(OLD) == 2, "somebody asks; it is done"
    whole = json.loads(door_of(place, NEW).get("/m/me/file/json"))["data"]
    assert [row["申请"] for row in whole["信息申请"]] == ["更换微信"]
    assert "13900001111" not in json.dumps(whole, ensure_ascii=False)


@pytest.mark.parametrize("way", ["release", "leave", "merge"])
def test_who_is_unbound_by_the_branch_is_told_and_what_they_asked_ends(small_place: Place, way: str) -> None:
    place, member = small_place, small_place.office.members["张三"]
    ask_to_correct(place.phone)
    with place.runtime.db.session_scope() as session:
        admin = session.get_one(User, place.office.user)
        at, reason = clock.now() + timedelta(seconds=1), "与另一条记录重复"
        if way == "release":
            binding.release(session, admin, member, reason, at=at)
        elif way == "leave":
            upkeep.leave(session, admin, member, on=clock.shanghai_day(at), reason=reason, at=at)
        else:
            boss = secretary(session, place.office)
            assert boss.branch is not None
            other = members.member(session, "张三", boss.branch, phone_number="13800007777")
            followers.bind_all(session, [NEW], [other])
            merging.carry_out(session, admin, other.id, member, reason=reason, wechat=merging.KEPT, at=at)
        ((openid, text),) = told(session)
        assert openid == OLD
        assert text.startswith("您的微信与党员信息的绑定已由党支部解除，仍可正常阅读")
        assert text.endswith("您提出的“更正信息”申请不再办理")
        kinds = sa.select(DataRequest.status).where(DataRequest.kind == RequestKind.CORRECTION.value)
        assert session.scalars(kinds).all() == ["refused"]
