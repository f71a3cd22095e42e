"""合并 in the console: the other record is offered, both are shown, and it is done once and for all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from models import Branch, Follower, Member
from tests.console.conftest import Office, text_of
from tests.world import followers, members, places


def test_a_double_is_offered_shown_beside_the_other_and_merged(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        home = places.branch(session, session.get_one(Branch, office.branch_id).name)
        kept, other = (members.member(session, "欧阳明远", home).id for _ in range(2))
    desk = office.desk("admin")
    page = desk.get(f"/console/members/{kept}/merge")
    assert f'value="{other}"' in page
    assert "欧阳明远" not in page
    unchosen = desk.post(f"/console/members/{kept}/merge/check", {"number": "x"}, 422)
    assert "请选择另一条记录" in text_of(unchosen)
    unknown = desk.post(f"/console/members/{kept}/merge/check", {"number": "99999"}, 422)
    assert "没有编号为 99999 的党员，请核对编号" in text_of(unknown)
    assert 'value="99999"' in unknown.text
    check = desk.post(f"/console/members/{kept}/merge/check", {"other": str(other)}, 200)
    assert "合并后不能撤销" in text_of(check)
    assert office.read(sa.select(sa.func.count()).where(Member.active.is_(True))) == 2
    refused = desk.post(f"/console/members/{kept}/merge", {"other": str(other), "reason": "重"}, 422)
    assert "请写明合并的事由" in text_of(refused)
    done = {"other": str(other), "reason": "更换手机号码后重复登记"}
    assert "已合并" in desk.follow(desk.post(f"/console/members/{kept}/merge", done))
    assert f'href="/console/members/{kept}"' in desk.get(f"/console/members/{other}")
    desk.post(f"/console/members/{kept}/merge", done, 409)


def test_of_two_wechats_is_said_since_when_each_is_bound_and_when_it_was_heard_of(office: Office) -> None:
    moments = {"oOld": datetime(2026, 3, 1, 2, tzinfo=UTC), "oNew": datetime(2026, 9, 1, 2, tzinfo=UTC)}
    with office.parts.db.session_scope() as session:
        home = places.branch(session, session.get_one(Branch, office.branch_id).name)
        people = [members.member(session, "欧阳明远", home) for _ in moments]
        kept, other = (one.id for one in people)
        followers.bind_all(session, list(moments), people)
        for openid, at in moments.items():
            change = sa.update(Follower).where(Follower.openid == openid)
            session.execute(change.values(bound_at=at, last_seen_at=at + timedelta(days=3)))
    desk = office.desk("admin")
    page = desk.post(f"/console/members/{kept}/merge/check", {"other": str(other)}, 200)
    told = text_of(page)
    assert "绑定于 03-01 10:00，最近互动 03-04 10:00" in told
    assert "绑定于 09-01 10:00，最近互动 09-04 10:00" in told
