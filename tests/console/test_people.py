"""People in the console: the masked roster, its import, replies, menu, users and the trail."""

from __future__ import annotations

import io
import re

import sqlalchemy as sa

from ground.spreadsheet import read_workbook
from models import AuditEntry, Follower, KeywordReply, Member, Menu, User
from operations.retention import KINDS
from tests.community.conftest import sheet_bytes
from tests.console.conftest import DATA, PASSWORD, Office, field, text_of


def test_a_roster_is_checked_first_and_only_its_right_rows_go_in(office_anywhere: Office) -> None:
    office = office_anywhere
    desk = office.desk("admin")
    desk.get("/console/members/import")
    file = {"file": (io.BytesIO((DATA / "roster.xlsx").read_bytes()), "roster.xlsx")}
    answer = desk.post("/console/members/import", file, 200, content_type="multipart/form-data")
    page = text_of(answer)
    assert "新增 2,261 人" in page
    assert "错误 18 行" in page
    assert office.read(sa.select(sa.func.count(Member.id))) == 0
    key = {"key": field(answer.text, "key")}
    errors = desk.post("/console/members/import/errors.xlsx", key, 200)
    sheet = read_workbook(errors.data, max_rows=100)[0]
    assert len(sheet.rows) == 1 + 18
    assert sheet.rows[0][0] == "原行号"
    assert sheet.rows[0][-1] == "错误原因"
    desk.post("/console/members/import/confirm", key, 422)
    page = desk.follow(desk.post("/console/members/import/confirm", {**key, "only_valid": "yes"}))
    assert "导入完成：新增 2,261 人" in page
    assert "共 2,261 条" in page


def test_an_uploaded_roster_belongs_to_the_one_who_uploaded_it(office: Office) -> None:
    desk = office.desk("admin")
    file = {"file": (io.BytesIO((DATA / "roster.xlsx").read_bytes()), "roster.xlsx")}
    answer = desk.post("/console/members/import", file, 200, content_type="multipart/form-data")
    kept = list((office.parts.settings.data_dir / "uploads").iterdir())
    assert len(kept) == 1
    assert b"PK" not in kept[0].read_bytes()[:200]
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(User).where(User.username == "editor").values(role="admin"))
    other = office.desk("editor").post(
        "/console/members/import/confirm", {"key": field(answer.text, "key"), "only_valid": "yes"}, 409
    )
    assert "上传的文件已过期" in text_of(other)


def test_names_and_phones_are_masked_and_a_look_in_clear_leaves_an_entry(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        member = office.member(session, "欧阳明远").id
    desk = office.desk("admin")
    page = desk.get("/console/members")
    assert "欧**远" in page
    assert "138****1234" in page
    assert "欧阳明远" not in page
    desk.get(f"/console/members/{member}/reveal")
    refused = desk.post(f"/console/members/{member}/reveal", {"reason": "看"}, 422)
    assert "请写明查看未脱敏信息的事由" in text_of(refused)
    shown = desk.post(f"/console/members/{member}/reveal", {"reason": "核对联系方式"}, 200)
    assert "欧阳明远" in shown.text
    entry = office.read(sa.select(AuditEntry).where(AuditEntry.action == "member.unmask"))
    assert entry.subject == f"member:{member}"
    assert entry.detail == {"reason": "核对联系方式"}


def test_a_secretary_sees_the_own_branch_only(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        office.member(session, "自己人")
        other = office.member(session, "外支部", branch_id=office.branch_id + 1).id
    desk = office.desk("secretary")
    page = desk.get("/console/members")
    assert "自*人" in page
    assert "外*部" not in page
    assert "共 1 条" in page
    desk.get(f"/console/members/{other}/reveal", 404)
    desk.post(f"/console/members/{other}/reveal", {"reason": "核对联系方式"}, 404)


def checked(office: Office, rows: list[list[str]]) -> str:
    desk = office.desk("admin")
    desk.get("/console/members/import")
    book = sheet_bytes([["姓名", "所在党支部", "手机号码"], *rows])
    file = {"file": (io.BytesIO(book), "名册.xlsx")}
    return desk.post("/console/members/import", file, 200, content_type="multipart/form-data").text


def test_rows_that_are_wrong_in_the_same_way_are_told_once(office: Office) -> None:
    page = checked(office, [[f"王小{chr(0x4E00 + n)}", "没有登记的党支部", f"139{n:08}"] for n in range(300)])
    assert page.count("没有“没有登记的党支部”这个党支部") == 1
    assert "300 行，第 2、3、4、5、6 … 行" in page
    assert "这里只列出前 200 种" not in page


def test_a_list_of_reasons_that_is_cut_off_says_so(office: Office) -> None:
    page = checked(office, [[f"王小{chr(0x4E00 + n)}", f"第{n}党支部", f"139{n:08}"] for n in range(230)])
    assert page.count("这个党支部，请核对名称") == 200
    assert "共 230 种，这里只列出前 200 种，全部见“下载错误行”" in page
    assert "第 2 行" in page


def test_the_template_has_the_columns_that_the_import_reads(office: Office) -> None:
    answer = office.desk("admin").client.get("/console/members/template.xlsx")
    sheets = {sheet.name: sheet for sheet in read_workbook(answer.data, max_rows=10_000)}
    assert sheets["党员名册"].rows[0][:5] == ["*姓名", "性别", "*所在党支部", "网格", "*手机号码"]
    assert "填写说明" in sheets


def test_a_reply_can_be_kept_tried_and_removed(office: Office) -> None:
    desk = office.desk("editor")
    form = {
        "pattern": "党费",
        "kind": "text",
        "content_text": "请到党群服务中心缴纳",
        "whole": "no",
        "active": "yes",
    }
    desk.get("/console/replies/new")
    desk.post("/console/replies/new", form)
    tried = desk.post("/console/replies/try", {"text": "党费怎么交"}, 200)
    assert "请到党群服务中心缴纳" in tried.text
    command = desk.post("/console/replies/try", {"text": "签到"}, 200)
    assert "系统命令：签到" in command.text
    reply = office.read(sa.select(KeywordReply.id))
    desk.post(f"/console/replies/{reply}/delete")
    assert office.read(sa.select(sa.func.count(KeywordReply.id))) == 0


def test_a_menu_that_wechat_would_refuse_is_not_kept(office: Office) -> None:
    desk = office.desk("admin")
    page = desk.get("/console/menu")
    assert "学习园地" in page
    form = {"name-0": "名称实在太长了", "type-0": "click", "key-0": "CHECKIN", "then": "save"}
    answer = desk.post("/console/menu", form, 422)
    assert "名称太长，最多 5 个汉字" in text_of(answer)
    desk.post("/console/menu", {**form, "name-0": "签到"})
    assert office.read(sa.select(Menu.buttons)) == [{"name": "签到", "type": "click", "key": "CHECKIN"}]


def test_an_administrator_makes_an_account_that_can_sign_in_and_be_stopped(office: Office) -> None:
    desk = office.desk("admin")
    desk.get("/console/users/new")
    form = {"username": "newcomer", "display_name": "新人", "role": "editor", "password": PASSWORD}
    weak = desk.post("/console/users/new", {**form, "password": "12345678"}, 422)
    assert "密码至少 12 个字符" in text_of(weak)
    assert 'value="newcomer"' in weak.text
    assert "12345678" not in weak.text
    desk.post("/console/users/new", form)
    newcomer = office.desk("newcomer")
    user = office.read(sa.select(User.id).where(User.username == "newcomer"))
    desk.post(f"/console/users/{user}/active", {"active": "no"})
    assert newcomer.client.get("/console/").status_code == 303
    admin = office.read(sa.select(User.id).where(User.username == "admin"))
    own = desk.post(f"/console/users/{admin}/active", {"active": "no"}, 422)
    assert "不能停用自己的账号" in text_of(own)


def test_the_trail_names_what_was_done_and_notices_a_change(office: Office) -> None:
    desk = office.desk("auditor")
    assert "登录" in text_of_page(desk.get("/console/audit"))
    assert "校验通过" in desk.follow(desk.post("/console/audit/verify"))
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(AuditEntry).where(AuditEntry.id == 2).values(actor="别人"))
    assert "校验不通过：第 2 条记录" in desk.follow(desk.post("/console/audit/verify"))


def test_every_action_in_the_trail_has_a_chinese_name(office: Office) -> None:
    from web.console.system import ACTIONS

    with office.parts.db.read_scope() as session:
        for action in session.scalars(sa.select(AuditEntry.action).distinct()):
            assert action in ACTIONS


def text_of_page(page: str) -> str:
    """A page as one line, with its markup."""
    return " ".join(page.split())


def test_an_administrator_erases_a_person_with_a_reason_and_others_are_not_offered_it(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        member = office.member(session, "陈小雨", openid="oErase0000000000000000000001")
        number = member.id
    address = f"/console/members/{number}/reveal"
    assert "清除个人信息" not in office.desk("secretary").get(address)
    desk = office.desk("admin")
    page = desk.get(address)
    assert "不能恢复" in page
    assert "陈小雨" not in page
    with office.parts.db.read_scope() as session:
        branch = session.get_one(Member, number).branch.label
    asked = re.search(r'data-confirm="([^"]+)"', page)
    assert asked
    for told in ("陈*雨", branch, "1234"):
        assert told in asked[1]
        assert told in re.sub(r"<[^>]+>", " ", page), "on the page too, not only in the question"
    desk.get("/console/members/999999/reveal", 404)
    refused = desk.post(f"/console/members/{number}/erase", {"reason": "陈小雨申请"}, status=422)
    assert "不要写党员的姓名" in text_of(refused)
    done = desk.follow(desk.post(f"/console/members/{number}/erase", {"reason": "本人书面申请"}))
    standing = re.findall(r'class="alert[^>]*>.*?</div>\s*</div>', done, re.S)
    assert any("已清除" in one and "单位自己的名册文件" in one for one in standing)
    after = desk.get(address)
    assert "个人信息已清除" in after
    assert 'name="reason"' not in after
    with office.parts.db.read_scope() as session:
        assert session.get_one(Member, number).name == "已清除"
        assert session.scalars(sa.select(Follower.openid)).one().startswith("gone-")
    assert "清除个人信息" in desk.get("/console/audit")


def test_the_page_of_times_shows_every_kind_to_administrators_and_auditors(office: Office) -> None:
    for person in ("admin", "auditor"):
        page = office.desk(person).get("/console/privacy")
        assert "没有到期未清除的个人信息" in page
        for kind in KINDS:
            assert kind.what in page
        present, folded = page.split("目前没有内容的类别")
        assert 'data-label="现有">0<' not in present
        assert folded.count("<tr>") - 1 == folded.count('data-label="现有">0<') > 10
