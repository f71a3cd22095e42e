"""信息申请 in the console: the list, one request, the two decisions."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from community import binding, consent, followers, own_data, own_requests
from ground import clock
from models import AuditEntry, DataRequest, Follower, Member, RequestKind, RequestStatus, Telling
from tests.console.conftest import Office
from tests.world import followers as world


@pytest.fixture
def asked(office: Office) -> int:
    """A member of the secretary's branch asks for another number."""
    with office.parts.db.session_scope() as session:
        office.member(session, "张小三", openid="oAsks")
        text = "手机换成 13900001111"
        own_requests.ask_of(session, "oAsks", RequestKind.CORRECTION, text, at=clock.now())
    return int(office.read(sa.select(DataRequest.id)))


def test_the_secretary_finds_it_looks_at_it_and_says_that_it_is_done(office: Office, asked: int) -> None:
    desk = office.desk("secretary")
    page = desk.get("/console/requests")
    assert "更正信息" in page
    assert "1111" not in page, "what somebody wrote may hold names and numbers"
    assert "有 1 条信息申请等待办理" in desk.get(f"/branch/{office.branch_id}/")
    page = desk.get(f"/console/requests/{asked}")
    assert "1111" not in page
    assert "绑定着这位党员" in page
    assert "13900001111" in desk.post(f"/console/requests/{asked}/reveal", status=200).text
    refused = desk.post(f"/console/requests/{asked}", {"decision": "refuse", "answer": ""}, status=422)
    assert "请写明不办理的原因" in refused.text
    done = desk.post(f"/console/requests/{asked}", {"decision": "done", "answer": "已更正"})
    page = desk.follow(done)
    assert "已记为办理" in page
    assert "没有等待办理的申请" in page
    closed = desk.get("/console/requests?state=closed")
    assert "已办理" in closed
    assert f'href="/console/requests/{asked}"' in closed
    shown = desk.get(f"/console/requests/{asked}")
    for told in ("已办理", "已更正", "secretary"):
        assert told in shown
    assert "再回到这里记录结果" not in shown
    with office.parts.db.read_scope() as session:
        actions = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert list(actions)[-2:] == ["member.unmask", "member.answer"]


def test_who_has_another_wechat_by_now_is_not_answered_by_the_old_one(office: Office, asked: int) -> None:
    with office.parts.db.session_scope() as session:
        member = session.scalars(sa.select(Member)).one()
        binding.unbind(session, "oAsks", at=clock.now())
        world.bind(session, "oReal", member)
    desk = office.desk("secretary")
    assert "绑定的是另一个微信" in desk.get(f"/console/requests/{asked}")
    done = desk.post(f"/console/requests/{asked}", {"decision": "done", "answer": ""})
    assert "没有发送通知" in desk.follow(done)
    assert office.read(sa.select(sa.func.count()).select_from(Telling)) == 0


def left(office: Office, kind: RequestKind, openid: str, member: str = "") -> int:
    """A request of a follower who is not bound, about a member of the branch or about nobody yet."""
    with office.parts.db.session_scope() as session:
        follower = followers.ensure(session, openid, at=clock.now())
        whom = session.scalar(sa.select(Member).where(Member.name == member)) if member else None
        own_requests.leave(
            session,
            follower,
            kind,
            "绑定 张山 1234",
            member=whom,
            branch_id=office.branch_id,
            consent=consent.VERSION,
            at=clock.now(),
        )
        return session.scalars(sa.select(DataRequest.id).order_by(DataRequest.id.desc()).limit(1)).one()


def test_another_wechat_takes_the_place_of_the_first_by_a_button(office: Office, asked: int) -> None:
    request = left(office, RequestKind.REPLACE, "oOther", "张小三")
    desk = office.desk("secretary")
    assert "更换微信" in desk.get("/console/requests")
    page = desk.get(f"/console/requests/{request}")
    assert "原来的微信" in page
    assert "请先当面或打电话向本人核实" in page
    assert "已更换绑定" in desk.follow(desk.post(f"/console/requests/{request}/replace"))
    mine = sa.select(Follower.openid).where(Follower.member_id == office.read(sa.select(Member.id)))
    assert office.read(mine) == "oOther"


def test_who_could_not_bind_is_unlocked_or_recognised_by_the_branch(office: Office, asked: int) -> None:
    with office.parts.db.session_scope() as session:
        office.member(session, "李红梅")
    first, second = (left(office, RequestKind.BINDING, openid) for openid in ("oOne", "oTwo"))
    desk = office.desk("secretary")
    assert "未绑定的关注者" in desk.get("/console/requests")
    assert "张山" not in desk.get(f"/console/requests/{first}")
    assert "绑定 张山 1234" in desk.post(f"/console/requests/{first}/reveal", status=200).text
    assert "已解除锁定" in desk.follow(desk.post(f"/console/requests/{first}/unlock"))
    refused = desk.post(f"/console/requests/{second}/offer", {"name": "李红梅", "tail": "0000"}, status=422)
    assert "没有唯一符合的党员" in refused.text
    offered = desk.post(f"/console/requests/{second}/offer", {"name": "李红梅", "tail": "1234"})
    assert "已请本人在公众号回复" in desk.follow(offered)


def test_nobody_is_told_of_an_erasure_that_did_not_happen(office: Office, asked: int) -> None:
    with office.parts.db.session_scope() as session:
        follower = session.scalars(sa.select(Follower)).one()
        own_data.erase(session, follower.id, roster=True, at=clock.now())
    request = office.read(sa.select(DataRequest.id).where(DataRequest.kind == RequestKind.ERASURE.value))
    member = office.read(sa.select(Member.id))
    desk = office.desk("admin")
    refused = desk.post(f"/console/requests/{request}", {"decision": "done", "answer": ""}, status=409)
    assert "还没有清除" in refused.text
    assert office.read(sa.select(Telling.id)) is None
    erasing = f"/console/members/{member}/reveal"
    assert f'href="{erasing}#erase"' in desk.get(f"/console/requests/{request}")
    assert f'href="{erasing}#erase"' in desk.get(f"/console/members/{member}")
    assert 'id="erase"' in desk.get(erasing)
    desk.post(f"/console/members/{member}/erase", {"reason": "本人在我的资料页申请"})
    assert office.read(sa.select(Telling.text)) == "您申请清除的个人信息已经清除"
    status = sa.select(DataRequest.status).where(DataRequest.id == request)
    assert office.read(status) == RequestStatus.DONE.value


def test_an_administrator_takes_a_members_whole_file(office: Office, asked: int) -> None:
    member = office.read(sa.select(Member.id))
    desk = office.desk("admin")
    desk.get(f"/console/members/{member}/reveal")
    assert "导出个人信息的事由" in desk.post(f"/console/members/{member}/file", status=422).text
    said = {"reason": "本人书面申请", "format": "json"}
    answer = desk.post(f"/console/members/{member}/file", said, status=200)
    assert "张小三" in answer.text
    assert (
        desk.post(f"/console/members/{member}/file", {"reason": "本人书面申请"}, status=200).data[:2] == b"PK"
    )
