"""An activity's own page on a member's phone: what was changed, signing up and taking it back, by WeChat's page or a link."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from community import changing, invitation
from ground import clock
from models import Activity, SignUp
from tests.inbound.conftest import OTHER, STRANGER, open_activity
from tests.reader.conftest import ROOT, Place
from tests.reader.test_my_data import known_to_wechat, link_in
from tests.world import accounts


@pytest.fixture
def zhang(place: Place, sandbox: object) -> str:
    """张三, as WeChat knows him."""
    (openid,) = sandbox.followers(1)  # type: ignore[attr-defined]
    known_to_wechat(place, openid, "张三")
    return str(openid)


def announced(place: Place, *, branch: int | None = 0, places: int | None = None) -> str:
    """The address of an activity of this branch that begins tomorrow, and where one may sign up."""
    with place.runtime.db.session_scope() as session:
        made = open_activity(session, place.office, "志愿服务：楼道清洁", branch=branch)
        begins = clock.now() + timedelta(days=1)
        session.execute(
            sa.update(Activity).where(Activity.id == made).values(
                starts_at=begins, ends_at=begins + timedelta(hours=2), sign_up=True, places=places, place="三号楼",
                voluntary="自愿报名，随时可以取消。", question="楼道里还缺什么？", keep_months=24, expects="自愿报名的党员",
            )
        )  # fmt: skip
        return invitation.path(made)


def signed(place: Place) -> int:
    with place.runtime.db.read_scope() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(SignUp)) or 0


def test_a_member_reads_it_signs_up_and_takes_it_back(place: Place, zhang: str) -> None:
    address = announced(place, places=1)
    reader = place.reader(zhang)
    public = reader.get(address)
    for said in (
        "未开始", "三号楼", "楼道里还缺什么？（可以不答）", "自愿报名，随时可以取消。不排名、不积分。",
        "已有 0 人报名，还有 1 个名额", "签到记录保留到", "之后只留人数", "报名或取消报名",
    ):  # fmt: skip
        assert said in public, said
    own = address.replace("/m/activity/", "/m/me/activity/")
    assert f'href="{own}"' in public
    assert "我要报名" in reader.get(own), "WeChat's page has led back to the activity"
    assert "您已报名" in reader.post(own, do="sign_up").text
    assert signed(place) == 1
    assert "，已报名" in reader.get("/m/me"), "and stands among what comes"
    assert "1 个名额已报满" in place.reader().get(address)
    answer = reader.client.get(own)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<script" not in answer.text
    assert "我要报名" in reader.post(own, do="take_back").text
    assert signed(place) == 0
    assert reader.post(own, status=400, do="anything").status_code == 400
    reader.get("/m/me/activity/1-abc", status=404)
    forged = reader.client.post(own, data={"do": "sign_up"})
    assert forged.status_code == 400, "a form of another page"
    assert signed(place) == 0


def test_what_was_changed_and_that_it_is_off_stands_on_the_page(place: Place, zhang: str) -> None:
    address = announced(place)
    with place.runtime.db.session_scope() as session:
        admin = accounts.someone(session)
        later = clock.now() + timedelta(days=2)
        changed: dict[str, Any] = {
            "starts_at": later,
            "ends_at": later + timedelta(hours=1),
            "place": "五号楼",
        }
        wanted = replace(changing.draft_of(session.get_one(Activity, 1)), **changed)
        changing.edit(session, admin, 1, wanted, version=1, note="三号楼在刷墙", at=clock.now())
    page = place.reader().get(address)
    assert "地点由“三号楼”改为“五号楼”。三号楼在刷墙" in page
    with place.runtime.db.session_scope() as session:
        changing.cancel(session, accounts.someone(session), 1, reason="下大雨", at=clock.now())
    page = place.reader().get(address)
    assert "下大雨" in page
    assert "五号楼”" not in page, "what was changed before no longer matters"
    assert "活动已取消，不用签到" in page
    assert "报名或取消报名" not in page
    own = address.replace("/m/activity/", "/m/me/activity/")
    reader = place.reader(zhang)
    assert "我的资料" in reader.get(own)
    reader.get("/m/me")  # a page with a form, and so with a token
    assert "已经结束或取消，不能再报名" in reader.post(own, status=409, do="sign_up").text


def test_who_is_not_invited_or_not_bound_is_told_why(place: Place, sandbox: object) -> None:
    elsewhere = announced(place, branch=1).replace("/m/activity/", "/m/me/activity/")
    openids = sandbox.followers(3)  # type: ignore[attr-defined]
    known_to_wechat(place, openids[1], "张三")
    reader = place.reader(openids[1])
    assert "没有邀请您所在的党支部，不能报名" in reader.get(elsewhere)
    reader.get("/m/me")  # a page with a form, and so with a token
    assert "没有邀请您所在的党支部" in reader.post(elsewhere, status=403, do="sign_up").text
    assert "请先关注公众号" in place.reader(openids[2]).get(elsewhere)
    assert signed(place) == 0


def test_on_an_account_that_may_not_ask_wechat_the_link_from_the_chat_leads_back(small_place: Place) -> None:
    own = announced(small_place, branch=None).replace("/m/activity/", "/m/me/activity/")
    reader = small_place.reader()
    assert "就会回到这个活动" in reader.get(own)
    for openid, bound in ((OTHER, True), (STRANGER, False)):
        browser = small_place.reader()
        browser.get(own)
        link = link_in(small_place.phone.say(openid, "我的资料").text)
        browser.get(link)
        landed = browser.post(f"{ROOT}{link}").text
        assert "志愿服务：楼道清洁" in landed
        assert ("我要报名" in landed) == bound
        assert ("绑定后才能报名" in landed) != bound
