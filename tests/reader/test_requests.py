"""更正 and 清除: a member asks, the branch decides, the member is told."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import erasing, own_requests
from ground import clock
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import Branch, DataRequest, Delivery, Member, Telling, User
from scheduler import answers, instance
from scheduler.tick import Ticker
from tests.inbound.conftest import OPENID, OTHER, STRANGER, Office
from tests.inbound.platform import Phone
from tests.reader.conftest import Place
from tests.reader.test_my_data import link_in
from tests.world import accounts

NEW = "13900001111"


def secretary(session: Session, office: Office, branch: int = 0) -> User:
    """The secretary of one of the branches."""
    username = f"shuji{branch}"
    found = session.scalar(sa.select(User).where(User.username == username))
    own = session.get_one(Branch, office.branches[branch])
    return found or accounts.account(session, username, "secretary", branch=own)


def told(session: Session) -> list[tuple[str, str]]:
    """Who is to be told what."""
    return [(one.openid, one.text) for one in session.scalars(sa.select(Telling).order_by(Telling.id))]


def ask_to_correct(phone: Phone) -> None:
    """张三 asks for another number, and agrees to what he is asked back."""
    assert f"更正：\n手机换成 {NEW}\n确认请回复" in phone.say(OPENID, f"更正 手机换成 {NEW}").text
    assert "已提交更正申请" in phone.say(OPENID, "同意").text


def test_a_correction_is_asked_back_handed_to_the_own_branch_and_its_result_told(small_place: Place) -> None:
    place, db = small_place, small_place.runtime.db
    ask_to_correct(place.phone)
    with db.session_scope() as session:
        mine, other = secretary(session, place.office), secretary(session, place.office, 1)
        (asked,) = own_requests.waiting(session, mine)
        assert own_requests.masked(asked.asked) == "手机换成 139****1111"
        assert own_requests.reveal(session, mine, asked.id, at=clock.now()) == f"手机换成 {NEW}"
        assert own_requests.waiting(session, other) == []
        with pytest.raises(NotFound):
            own_requests.decide(session, other, asked.id, done=True, answer="", at=clock.now())
        own_requests.decide(session, mine, asked.id, done=True, answer="已换成新号码", at=clock.now())
        with pytest.raises(Conflict):
            own_requests.decide(session, mine, asked.id, done=True, answer="", at=clock.now())
        assert told(session) == [(OPENID, "您申请更正的信息已经办理：已换成新号码")]
    with db.session_scope() as session:
        instance.take(session, instance.fingerprint(place.settings), clock.now())
    Ticker(place.runtime, lambda *_: None).tick()
    with db.read_scope() as session:
        assert told(session) == []
        (sent,) = session.scalars(sa.select(Delivery).where(Delivery.openid == OPENID))
        assert json.loads(sent.payload or "")["text"]["content"].startswith("您申请更正的信息已经办理")
        assert sent.road == answers.ROAD.name


def test_what_is_sealed_stands_nowhere_in_clear(small_place: Place) -> None:
    ask_to_correct(small_place.phone)
    with small_place.runtime.db.engine.connect() as connection:
        raw = connection.exec_driver_sql("SELECT asked FROM data_request").scalar_one()
    assert NEW.encode() not in bytes(raw)


def test_a_second_correction_joins_the_open_one_and_a_refusal_says_why(small_place: Place) -> None:
    place = small_place
    ask_to_correct(place.phone)
    place.phone.say(OPENID, "更正 姓名是张山")
    assert "已补充" in place.phone.say(OPENID, "同意").text
    with place.runtime.db.session_scope() as session:
        boss = secretary(session, place.office)
        (asked,) = own_requests.waiting(session, boss)
        assert asked.asked == f"手机换成 {NEW}；姓名是张山"
        with pytest.raises(Refused, match="原因"):
            own_requests.decide(session, boss, asked.id, done=False, answer="不", at=clock.now())
        own_requests.decide(session, boss, asked.id, done=False, answer="请带证件来核对", at=clock.now())
        assert told(session) == [(OPENID, "您申请更正的信息没有更改：请带证件来核对。如有疑问请联系支部书记")]
    ask_to_correct(place.phone)


def test_who_declines_or_says_something_else_hands_on_nothing(small_place: Place) -> None:
    place = small_place
    place.phone.say(OPENID, f"更正 手机换成 {NEW}")
    assert "没有提交" in place.phone.say(OPENID, "不同意").text
    place.phone.say(OPENID, f"更正 手机换成 {NEW}")
    assert "签到记录" in place.phone.say(OPENID, "我的").text
    assert "请核对" not in place.phone.say(OPENID, "更正一下，我刚才说错了").text
    assert "还没有绑定" in place.phone.say(STRANGER, "更正 姓名 张三").text
    assert "不收集身份证号" in place.phone.say(OPENID, "更正 姓名张三 11010519491231002X").text
    with place.runtime.db.read_scope() as session:
        assert session.scalars(sa.select(DataRequest)).all() == []


def test_on_the_page_a_correction_is_asked_for_and_its_state_seen(small_place: Place) -> None:
    place = small_place
    reader = place.reader()
    door = link_in(place.phone.say(OPENID, "我的资料").text)
    reader.get(door)
    reader.post(door)
    assert "党员名册里现在是：张*" in reader.get("/m/me/correct")
    assert "请写明要更正什么" in reader.post("/m/me/correct", text=" ", status=422).text
    assert "已提交更正申请" in reader.post("/m/me/correct", text=f"手机换成 {NEW}").text
    page = reader.get("/m/me")
    assert "更正信息（待办理）" in page
    assert "139****1111" in page
    with place.runtime.db.session_scope() as session:
        boss = secretary(session, place.office)
        (asked,) = own_requests.waiting(session, boss)
        own_requests.decide(session, boss, asked.id, done=True, answer="已换好", at=clock.now())
    page = reader.get("/m/me")
    assert "更正信息（已办理）" in page
    assert "答复：已换好" in page


def test_the_roster_is_erased_by_an_administrator_who_was_asked_and_the_member_is_told(
    small_place: Place,
) -> None:
    place, member = small_place, small_place.office.members["张三"]
    reader = place.reader()
    door = link_in(place.phone.say(OPENID, "我的资料").text)
    reader.get(door)
    reader.post(door)
    reader.get("/m/me/erase")
    page = reader.post("/m/me/erase", roster="1").text
    assert "清除党员名册里个人信息的申请已提交管理员" in page
    with place.runtime.db.session_scope() as session:
        assert own_requests.waiting(session, secretary(session, place.office)) == []
        admin = session.get_one(User, place.office.user)
        (asked,) = own_requests.waiting(session, admin)
        with pytest.raises(NotFound):
            own_requests.seen(session, secretary(session, place.office), asked.id)
        erasing.erase(session, admin, member_id=member, reason="本人在线申请", at=clock.now())
        assert told(session) == [(OPENID, "您申请清除的个人信息已经清除")]
        assert session.get_one(Member, member).name == "已清除"
        left = session.execute(sa.select(DataRequest.status, DataRequest.asked, DataRequest.answer)).all()
        assert list(map(tuple, left)) == [("done", None, None)]


def test_a_request_follows_the_member_to_another_branch(small_place: Place) -> None:
    place = small_place
    ask_to_correct(place.phone)
    with place.runtime.db.session_scope() as session:
        session.get_one(Member, place.office.members["张三"]).branch_id = place.office.branches[1]
    with place.runtime.db.session_scope() as session:
        before, after = secretary(session, place.office), secretary(session, place.office, 1)
        assert own_requests.waiting_count(session, before) == 0
        assert own_requests.waiting_count(session, after, branch_id=place.office.branches[1]) == 1
        assert len(own_requests.waiting(session, after)) == 1


def test_who_may_not_decide_sees_nothing(small_place: Place) -> None:
    ask_to_correct(small_place.phone)
    with small_place.runtime.db.session_scope() as session:
        editor = accounts.account(session, "bianji", "editor")
        assert own_requests.waiting_count(session, editor) == 0
        with pytest.raises(Forbidden):
            own_requests.waiting(session, editor)


def test_who_leaves_is_told_nothing_any_more(small_place: Place) -> None:
    place = small_place
    ask_to_correct(place.phone)
    with place.runtime.db.session_scope() as session:
        boss = secretary(session, place.office)
        (asked,) = own_requests.waiting(session, boss)
        own_requests.decide(session, boss, asked.id, done=True, answer="", at=clock.now())
    place.phone.event(OPENID, "unsubscribe", created=int(clock.timestamp()) + 3)
    place.phone.say(OTHER, "我的")
    with place.runtime.db.read_scope() as session:
        assert told(session) == []
