"""The page of one member: added, corrected, taken off the roster and put back by clicks."""

from __future__ import annotations

import re

import sqlalchemy as sa

from community import places
from models import Member, User
from tests.console.conftest import Office, field, text_of

NEW = {
    "name": "欧阳明远",
    "phone": "13800001234",
    "gender": "",
    "grid": "0",
    "joined_on": "",
    "duty": "",
    "note": "",
}


def test_somebody_new_is_added_once_and_the_second_time_led_to_the_record(office: Office) -> None:
    desk = office.desk("admin")
    form = {**NEW, "branch": str(office.branch_id), "duty": "书记"}
    page = desk.follow(
        desk.post("/console/members/new", {**form, "once": field(desk.get("/console/members/new"), "once")})
    )
    assert "欧**远" in page
    assert "欧阳明远" not in page
    member_id = office.read(sa.select(Member.id))
    refused = desk.post("/console/members/new", form, 409)
    assert "已在名册中" in text_of(refused)
    assert f'href="/console/members/{member_id}"' in refused.text
    assert 'value="书记"' in refused.text  # what was typed is still there


def test_a_wrong_number_is_refused_with_what_was_typed_still_there(office: Office) -> None:
    desk = office.desk("admin")
    refused = desk.post(
        "/console/members/new", {**NEW, "phone": "1380000", "branch": str(office.branch_id)}, 422
    )
    assert "手机号码应为 11 位数字，现在是 7 位" in text_of(refused)
    assert 'value="1380000"' in refused.text


def test_a_correction_shows_no_name_and_keeps_what_was_left_empty(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        member = office.member(session, "欧阳明远").id
    desk = office.desk("secretary")
    page = desk.get(f"/console/members/{member}/correct")
    assert "欧阳明远" not in page
    assert "13800001234" not in page
    form = {**NEW, "name": "", "phone": "", "duty": "组织委员", "as_of": field(page, "as_of")}
    page = desk.follow(desk.post(f"/console/members/{member}/correct", form))
    assert "组织委员" in page
    stale = desk.post(f"/console/members/{member}/correct", {**form, "duty": "书记"}, 409)
    assert "刚刚被他人改过" in text_of(stale)
    assert field(stale.text, "duty") == "组织委员"  # what is there now; what was typed is said beside
    assert "党内职务 书记" in text_of(stale)
    assert office.read(sa.select(Member.name)) == "欧阳明远"


def test_who_is_taken_off_the_roster_is_found_under_their_state_and_put_back(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        member = office.member(session, "欧阳明远", openid="oOne").id
    desk = office.desk("secretary")
    day = field(desk.get(f"/console/members/{member}"), "on")
    assert re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day)
    refused = desk.post(f"/console/members/{member}/leave", {"on": day, "reason": "转"}, 422)
    assert "请写明事由，至少 4 个字" in text_of(refused)
    page = desk.follow(
        desk.post(f"/console/members/{member}/leave", {"on": day, "reason": "组织关系转往外地"})
    )
    assert "恢复在册" in page
    assert "未绑定" in page
    assert "欧**远" not in desk.get("/console/members")
    assert f'/console/members/{member}"' in desk.get("/console/members?state=left")
    page = desk.follow(desk.post(f"/console/members/{member}/return", {"on": day, "reason": "组织关系转回"}))
    assert "移出名册" in page
    assert "组织关系转往外地" in page
    trail = desk.client.get("/console/audit")
    assert trail.status_code == 403
    assert "移出名册" in office.desk("auditor").get("/console/audit")


def test_another_branch_s_member_is_nobody_for_a_secretary(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        other = office.member(session, "外支部", branch_id=office.branch_id + 1).id
    desk = office.desk("secretary")
    desk.get(f"/console/members/{other}", 404)
    desk.get(f"/console/members/{other}/correct", 404)
    desk.post(f"/console/members/{other}/leave", {"on": "2026-11-01", "reason": "组织关系转往外地"}, 404)


def test_a_number_in_a_remark_is_masked_and_who_left_can_come_back_to_another_branch(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        one = office.member(session, "欧阳明远")
        one.note, member = "家属电话13800005678", one.id
    desk = office.desk("admin")
    page = desk.get(f"/console/members/{member}")
    assert "13800005678" not in page
    assert "家属电话****5678" in page
    assert "家属电话" not in office.desk("auditor").get(f"/console/members/{member}")
    day = field(page, "on")
    page = desk.follow(
        desk.post(f"/console/members/{member}/leave", {"on": day, "reason": "组织关系转往外地"})
    )
    assert "请同时修改单位的名册文件" in page
    assert f'<option value="{office.branch_id}" selected' in page
    back = {"on": day, "reason": "组织关系转回", "target": str(office.branch_id + 1)}
    desk.post(f"/console/members/{member}/return", back)
    assert office.read(sa.select(Member.branch_id)) == office.branch_id + 1


def test_the_grids_stand_by_community_and_those_of_the_own_branch_first(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        of = next(one for one in reversed(places.branches(session)) if one.community)
        own = of.community.name if of.community else ""
        session.execute(sa.update(User).where(User.username == "secretary").values(branch_id=of.id))

    def communities(username: str) -> list[str]:
        page = office.desk(username).get("/console/members/new")
        return re.findall(r'<optgroup label="([^"]+)">\s*<option', page)

    in_order, secretary = communities("admin"), communities("secretary")
    assert len(in_order) == 14
    assert in_order[0] != own
    assert secretary == [own, *(one for one in in_order if one != own)]
