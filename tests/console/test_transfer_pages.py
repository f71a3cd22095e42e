"""转移党员 in the console: chosen over pages and by a pasted list, checked, done, taken back."""

from __future__ import annotations

import re

import sqlalchemy as sa

from models import Branch, Member
from tests.console.conftest import Office, field, text_of
from tests.world import members, places


def test_people_chosen_over_pages_are_moved_and_taken_back(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        home = places.branch(session, session.get_one(Branch, office.branch_id).name)
        rows = [members.row(f"周小{chr(0x4E00 + n)}", home.name) for n in range(60)]
        ids = [one.id for one in members.enrol(session, rows)]
    desk, target = office.desk("admin"), office.branch_id + 1
    refused = desk.post("/console/members/transfer", {"go": "next"}, 422)
    assert "请先勾选要转移的党员" in text_of(refused)
    first = desk.post(
        "/console/members/transfer", {"go": "page-2", "member": [str(ids[0])], "branch": str(home.id)}, 200
    )
    assert f'name="chosen" value="{ids[0]}"' in first.text
    pasted = {"go": "paste", "pasted": "周小一\n没有的人", "chosen": [str(ids[0])], "member": [str(ids[55])]}
    page = desk.post("/console/members/transfer", pasted, 200)
    assert "名册中没有 ：没有的人" in text_of(page).replace("名册中没有：", "名册中没有 ：")
    chosen = [str(ids[0]), str(ids[55])]
    where = desk.post("/console/members/transfer", {"go": "next", "chosen": chosen}, 200)
    assert "2 人" in text_of(where)
    day = field(where.text, "on")
    said = {"chosen": chosen, "target": str(target), "on": day, "reason": "居住地变动"}
    unsaid = desk.post("/console/members/transfer/check", {**said, "target": ""}, 422)
    assert "请选择转入的党支部" in text_of(unsaid)
    assert 'value="居住地变动"' in unsaid.text
    check = desk.post("/console/members/transfer/check", said, 200)
    assert "以前的签到、应到人数和台账都不变" in text_of(check)
    assert office.read(sa.select(sa.func.count()).where(Member.branch_id == target)) == 0
    back = desk.post("/console/members/transfer/check", {**said, "go": "where"}, 200)
    assert f'<option value="{target}" selected' in back.text
    page_done = desk.follow(
        desk.post("/console/members/transfer/do", {**said, "once": field(check.text, "once")})
    )
    assert "整批撤回" in page_done
    assert office.read(sa.select(sa.func.count()).where(Member.branch_id == target)) == 2
    number = re.search(r"/console/members/transfers/([0-9]+)/back", page_done)
    assert number
    assert f"/console/members/transfers/{number[1]}" in desk.get("/console/members/transfers")
    assert "已撤回" in desk.follow(desk.post(f"/console/members/transfers/{number[1]}/back"))
    again = desk.post(f"/console/members/transfers/{number[1]}/back", status=409)
    assert "已经撤回" in text_of(again)
    assert office.read(sa.select(sa.func.count()).where(Member.branch_id == target)) == 0
    assert "居住地变动" in desk.get(f"/console/members/{ids[0]}")


def test_all_of_the_second_page_are_ticked_where_the_second_page_is_shown(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        home = places.branch(session, session.get_one(Branch, office.branch_id).name)
        members.enrol(session, [members.row(f"周小{chr(0x4E00 + n)}", home.name) for n in range(60)])
    desk = office.desk("admin")
    second = desk.post("/console/members/transfer", {"go": "page-2", "branch": str(home.id)}, 200)
    assert "勾选本页 10 人" in second.text
    form = {"go": "all", "branch": str(home.id), "page": field(second.text, "page")}
    ticked = desk.post("/console/members/transfer", form, 200)
    assert "已选 10 人" in text_of(ticked)
    assert "第 2 页" in text_of(ticked)
    assert ticked.text.count(" checked") == 10
    again = desk.post("/console/members/transfer", {**form, "go": "search"}, 200)
    assert "第 1 页" in text_of(again)
