"""思考题: a member answers an activity's question in the chat and on its page, or does not; and what becomes of the answer."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from community import erasing, folding, invitation, whole_file
from ground import clock
from models import Branch, CheckIn, Follower, User
from tests.reader.conftest import Place
from tests.reader.test_my_data import known_to_wechat
from tests.world import activities

ASKED = "这篇文章对身边的工作有什么启发？"


@pytest.fixture
def zhang(place: Place, sandbox: object) -> str:
    """张三, as WeChat knows him."""
    (openid,) = sandbox.followers(1)  # type: ignore[attr-defined]
    known_to_wechat(place, openid, "张三")
    return str(openid)


def reading(place: Place, **more: object) -> int:
    """An article to be read within a week, with a question."""
    with place.runtime.db.session_scope() as session:
        branch = session.get_one(Branch, place.office.branches[0])
        begun = clock.now() - timedelta(hours=1)
        made = activities.activity(
            session, "读一篇文章", branches=[branch], starts=begun, hours=168, kind="study", question=ASKED
        )
        made.keep_months = 12
        return made.id


def kept(place: Place) -> list[str | None]:
    """The answer of each check-in."""
    with place.runtime.db.read_scope() as session:
        return list(session.scalars(sa.select(CheckIn.answer).order_by(CheckIn.id)))


def test_an_answer_is_taken_by_reply_changed_on_the_page_and_goes_with_the_check_in(
    place: Place, zhang: str
) -> None:
    number, phone, reader = reading(place), place.phone, place.reader(zhang)
    page = invitation.own_path(number)
    assert "签到后可以在这一页回答" in reader.get(page)
    reader.get("/m/me/correct")  # a page with a form
    assert "没有保存" in reader.post(page, 409, do="answer", answer="还没签到").text
    receipt = phone.say(zhang, "签到").text
    assert ASKED in receipt
    assert "可以不答" in receipt
    said = phone.say(zhang, "答：以后开会少一点、签到也方便，多到居民家里坐坐，电话 13912345678").text
    assert "已记下您对思考题的回答" in said
    assert page in said
    assert kept(place) == ["以后开会少一点、签到也方便，多到居民家里坐坐，电话 13912345678"]
    assert "已记下" not in phone.say(zhang, "又想起一件事").text, "nothing is asked any more"
    assert "多到居民家里坐坐" in reader.get(page)
    reader.post(page, do="answer", answer="多到居民家里坐坐")
    assert kept(place) == ["多到居民家里坐坐"]
    assert ASKED in phone.say(zhang, "签到").text, "already in, and asked once more"
    assert "可以不答" in phone.say(zhang, "不答").text
    assert "无需重复签到" in phone.say(zhang, "签到").text
    assert "已撤销签到" in phone.say(zhang, "撤销").text
    assert kept(place) == []
    assert "已记下" not in phone.say(zhang, "读完很受启发").text, "there is nothing left that it answers"


def test_an_answer_is_sealed_in_the_own_file_and_gone_when_the_person_or_the_time_is(
    place: Place, zhang: str
) -> None:
    number = reading(place)
    place.phone.say(zhang, "签到")
    place.phone.say(zhang, "多到居民家里坐坐，不用谁来教")
    with place.runtime.db.session_scope() as session:
        stored = session.execute(sa.text("SELECT answer FROM check_in")).scalar_one()
        assert "居民".encode() not in bytes(stored)
        follower = session.scalars(sa.select(Follower.id).where(Follower.openid == zhang)).one()
        sheets = json.loads(whole_file.of_oneself(session, follower, at=clock.now()).as_json())["data"]
        assert [one["思考题的回答"] for one in sheets["签到"]] == ["多到居民家里坐坐，不用谁来教"]
    reader = place.reader(zhang)
    with time_machine.travel(clock.now() + timedelta(days=15), tick=False):
        assert "我的回答：多到居民家里坐坐，不用谁来教" in reader.get(invitation.own_path(number)), (
            "over, and still one's own"
        )
        reader.get("/m/me/correct")
        assert "没有保存" in reader.post(invitation.own_path(number), 409, do="answer", answer="改").text
    with place.runtime.db.session_scope() as session:
        member = place.office.members["张三"]
        admin = session.get_one(User, place.office.user)
        erasing.erase(session, admin, member_id=member, reason="本人书面申请", at=clock.now())
    assert kept(place) == [None]
    with place.runtime.db.session_scope() as session:
        folding.fold(session, [number], at=clock.now() + timedelta(days=400))
    assert kept(place) == []
