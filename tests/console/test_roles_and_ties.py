"""What an account may do and whose it is: changed in the console, at once, with an administrator always left."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from accounts import users
from community import makeup, places
from ground import clock
from ground.errors import Forbidden, Refused
from models import AuditEntry, MakeUpRequest, MakeUpStatus, Member, User
from tests.console.conftest import Office, text_of
from tests.world import activities, members


def number(office: Office, username: str) -> int:
    found: int = office.read(sa.select(User.id).where(User.username == username))
    return found


def test_a_role_is_changed_and_counts_with_the_next_page(office: Office) -> None:
    admin, editor = office.desk("admin"), office.desk("editor")
    editor.get("/console/members", 403)
    address = f"/console/users/{number(office, 'editor')}"
    form = {"role": "secretary", "branch": str(office.branch_id)}
    page = admin.follow(admin.post(f"{address}/role", form))
    assert "支部书记" in page
    editor.get("/console/members")
    editor.get("/console/articles", 403)
    entry = office.read(sa.select(AuditEntry).where(AuditEntry.action == "user.change"))
    assert entry.detail == {"role": "secretary", "branch": office.branch_id}
    assert "没有改动" in text_of(admin.post(f"{address}/role", form, 422))
    assert "没有这个党支部" in text_of(
        admin.post(f"{address}/role", {"role": "secretary", "branch": "0"}, 404)
    )


def test_nobody_changes_the_own_role_and_the_last_administrator_stays(office: Office) -> None:
    admin = office.desk("admin")
    own = number(office, "admin")
    assert "修改角色" not in admin.get(f"/console/users/{own}")
    refused = admin.post(f"/console/users/{own}/role", {"role": "editor"}, 422)
    assert "不能修改自己的角色" in text_of(refused)
    with office.parts.db.session_scope() as session, pytest.raises(Refused, match="最后一个管理员"):
        users.change_role(session, users.get(session, own), "editor", at=clock.now())


def test_an_account_is_tied_to_a_member_and_decides_nothing_of_its_own(office: Office) -> None:
    at = clock.now()
    with office.parts.db.session_scope() as session:
        member = office.member(session, "欧阳明远").id
        made = activities.activity(session, "上周的会", starts=at - timedelta(days=1))
        asked = MakeUpRequest(
            activity_id=made.id, member_id=member, reason="出差", status=MakeUpStatus.PENDING.value, at=at
        )
        session.add(asked)
        session.flush()
        request = asked.id
    admin, secretary = office.desk("admin"), number(office, "secretary")
    page = admin.get(f"/console/users/{secretary}?q=欧阳明远")
    assert "欧**远" in page
    assert "关联" in admin.follow(admin.post(f"/console/users/{secretary}/member", {"member": str(member)}))
    with office.parts.db.session_scope() as session:
        user = users.get(session, secretary)
        assert user.display_name != "欧阳明远"
        with pytest.raises(Forbidden, match="不能审批本人的补签申请"):
            makeup.decide(session, user, request, approve=True, at=at)
        users.tie(session, user, None, at=at)
        user.display_name = "欧阳明远"
        with pytest.raises(Forbidden, match="还没有关联党员"):
            makeup.decide(session, user, request, approve=True, at=at)
        namesake = members.member(session, "欧阳明远", places.branch(session, office.branch_id + 1))
        users.tie(session, user, namesake.id, at=at)  # a namesake, as the administrator has said
        number_of = (namesake.phone, namesake.phone_index)
        asking = session.get_one(Member, member)
        namesake.phone, namesake.phone_index = asking.phone, asking.phone_index
        with pytest.raises(Forbidden, match="同名，不能确定是两个人"):  # a double of the own record
            makeup.decide(session, user, request, approve=True, at=at)
        namesake.phone, namesake.phone_index = number_of
        makeup.decide(session, user, request, approve=True, at=at)


def test_nobody_says_whose_the_own_account_is(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        member = office.member(session, "欧阳明远").id
    admin, own = office.desk("admin"), number(office, "admin")
    refused = admin.post(f"/console/users/{own}/member", {"member": str(member)}, 422)
    assert "请由其他管理员办理" in text_of(refused)


def test_who_has_another_account_already_is_said_when_a_second_is_tied(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        member = office.member(session, "欧阳明远").id
    admin = office.desk("admin")
    for username in ("first", "second"):
        done = admin.post(f"/console/users/{number(office, username)}/member", {"member": str(member)})
        page = admin.follow(done)
        assert ("这位党员还关联着账号：first" in page) is (username == "second")
