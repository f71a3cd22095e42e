"""People in the console: the masked roster, its import, replies, menu, users and the trail."""

from __future__ import annotations

import io
import re
from typing import Any

import sqlalchemy as sa

from ground.spreadsheet import read_workbook
from models import AuditEntry, Branch, Follower, ImportRun, KeywordReply, Member, Menu, User
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
    assert "新增 2,262 人" in page
    assert "错误 17 行" in page
    assert office.read(sa.select(sa.func.count(Member.id))) == 0
    key = {"key": field(answer.text, "key")}
    errors = desk.post("/console/members/import/errors.xlsx", key, 200)
    sheet = read_workbook(errors.data, max_rows=100)[0]
    assert len(sheet.rows) == 1 + 17
    assert sheet.rows[0][0] == "原行号"
    assert sheet.rows[0][-1] == "错误原因"
    desk.post("/console/members/import/confirm", key, 422)
    page = desk.follow(desk.post("/console/members/import/confirm", {**key, "only_valid": "yes"}))
    assert "导入完成：新增 2,262 人" in page
    assert "共 2,262 条" in page


def test_who_changes_branch_is_named_before_an_import_and_before_its_undoing(office: Office) -> None:
    desk = office.desk("admin")
    with office.parts.db.session_scope() as session:
        office.member(session, "欧阳明远")
    rows = [["姓名", "党支部", "手机号码"], ["欧阳明远", "水墨社区党支部", "13800001234"]]
    file = {"file": (io.BytesIO(sheet_bytes(rows)), "名册.xlsx")}
    answer = desk.post("/console/members/import", file, 200, content_type="multipart/form-data")
    page = text_of(answer)
    assert "更新 1 人 其中 1 人改变党支部" in page
    assert "欧**远 湖东社区支部 水墨社区支部" in page
    assert "有 1 人（第 2 行）将从“湖东社区支部”转到“水墨社区支部”" in page
    assert "欧阳明远" not in page
    key = {"key": field(answer.text, "key")}
    page = desk.follow(desk.post("/console/members/import/confirm", key))
    assert "更新 1 人（其中 1 人改变党支部）" in page
    run = office.read(sa.select(ImportRun.id))
    page = re.sub(r"<[^>]+>|\s+", " ", desk.get(f"/console/members/import/{run}/undo"))
    assert "将回到原来党支部的 1 人" in page
    assert re.search("欧\\*\\*远 +水墨社区支部 +湖东社区支部", page)


def test_rows_that_are_struck_out_are_imported_when_they_are_ticked(office: Office) -> None:
    desk = office.desk("admin")
    rows = [["姓名", "党支部", "手机号码"], ["张小三", "湖东社区党支部", "19900020001"]]

    def one_struck(book: Any) -> None:
        line = book.add_format({"font_strikeout": True})
        book.worksheets()[0].write_row(2, 0, ["李小四", "湖东社区党支部", "19900020002"], line)

    file = {"file": (io.BytesIO(sheet_bytes(rows, more=one_struck)), "名册.xlsx")}
    answer = desk.post("/console/members/import", file, 200, content_type="multipart/form-data")
    assert "带删除线的行也导入（1 行）" in answer.text
    assert "新增 1 人" in text_of(answer)
    form = {"key": field(answer.text, "key"), "struck": "yes"}
    answer = desk.post("/console/members/import/check", form, 200)
    assert "新增 2 人" in text_of(answer)
    assert field(answer.text, "struck") == "yes"
    assert "新增 2 人" in desk.follow(desk.post("/console/members/import/confirm", form))


def test_the_file_of_wrong_rows_has_the_columns_names_however_they_are_written(office: Office) -> None:
    desk = office.desk("admin")
    rows = [["*姓名", "*所在党支部", "*手机号码"], ["张小三", "没有这个党支部", "19900020001"]]
    file = {"file": (io.BytesIO(sheet_bytes(rows)), "名册.xlsx")}
    answer = desk.post("/console/members/import", file, 200, content_type="multipart/form-data")
    errors = desk.post("/console/members/import/errors.xlsx", {"key": field(answer.text, "key")}, 200)
    head, row = read_workbook(errors.data, max_rows=100)[0].rows
    assert [str(name).lstrip("*") for name in head] == [
        "原行号",
        "姓名",
        "所在党支部",
        "手机号码",
        "错误原因",
    ]
    assert row[1] == "张小三"


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
    return checked_bytes(office, sheet_bytes([["姓名", "所在党支部", "手机号码"], *rows]))


def checked_bytes(office: Office, book: bytes) -> str:
    desk = office.desk("admin")
    desk.get("/console/members/import")
    file = {"file": (io.BytesIO(book), "名册.xlsx")}
    return desk.post("/console/members/import", file, 200, content_type="multipart/form-data").text


def test_rows_that_are_wrong_in_the_same_way_are_told_once(office: Office) -> None:
    page = checked(office, [[f"王小{chr(0x4E00 + n)}", "没有登记的党支部", f"139{n:08}"] for n in range(300)])
    assert page.count("没有“没有登记的党支部”这个党支部") == 1
    assert "第 2、3、4、5、6 等 300 行" in page
    assert "这里只列出前 200 种" not in page


def test_a_list_of_reasons_that_is_cut_off_says_so(office: Office) -> None:
    page = checked(office, [[f"王小{chr(0x4E00 + n)}", f"第{n}党支部", f"139{n:08}"] for n in range(230)])
    assert page.count("这个党支部，请核对名称") == 200
    assert "共 230 种，这里只列出前 200 种，全部见“下载错误行”" in page
    assert "第 2 行" in page


def posted(office: Office, address: str, page: str, **more: object) -> str:
    """Post a form of the preview: what it carries on, and more."""
    carried = {"key": field(page, "key"), "meant": re.findall(r'name="meant" value="([^"]+)"', page)}
    return office.desk("admin").post(f"/console/members/import/{address}", {**carried, **more}, 200).text


def test_an_unknown_branch_is_one_line_that_is_mapped_or_made(office: Office) -> None:
    rows = [
        [f"王小{chr(0x4E00 + n)}", "水墨第三支部" if n % 2 else "新来的党支部", f"139{n:08}"]
        for n in range(200)
    ]
    page = checked(office, rows)
    assert page.count("等 100 行") == 2
    known = office.read(sa.select(Branch.name).where(Branch.id == office.branch_id))
    page = posted(office, "check", page, meant=[f"{office.branch_id}:水墨第三支部"])
    assert "新增 100 人" in text_of_page(re.sub("<[^>]+>", " ", page)).replace(" 100 人", "100 人").replace(
        "新增", "新增 "
    )
    assert known in page
    assert "取消归入" in page
    page = posted(office, "branch", page, branch="新来的党支部")
    assert "确认导入" in page
    assert "没有“" not in page
    desk = office.desk("admin")
    carried = {"key": field(page, "key"), "meant": [f"{office.branch_id}:水墨第三支部"]}
    assert "新增 200 人" in desk.follow(desk.post("/console/members/import/confirm", carried))
    made = office.read(sa.select(Branch.id).where(Branch.name == "新来的党支部"))
    assert office.read(sa.select(sa.func.count(Member.id)).where(Member.branch_id == made)) == 100
    assert (
        office.read(sa.select(AuditEntry.subject).where(AuditEntry.action == "branch.create"))
        == f"branch:{made}"
    )


def test_a_branch_that_was_chosen_for_a_name_is_chosen_for_the_next_file_too(office: Office) -> None:
    desk = office.desk("admin")
    page = checked(office, [["王小明", "水墨第三支部", "13900000001"]])
    meant = [f"{office.branch_id}:水墨第三支部"]
    page = posted(office, "check", page, meant=meant)
    desk.post("/console/members/import/confirm", {"key": field(page, "key"), "meant": meant})
    again = checked(office, [["李小红", "中共水墨第三党支部", "13900000002"]])
    assert "按以前的选择归入" in again
    assert "新增" in again
    assert "错误行" not in again
    # this once it means another: nothing is remembered of a cancelled name, and the old choice stays
    undone = posted(office, "check", again, meant=["0:中共水墨第三党支部"])
    assert "没有“中共水墨第三党支部”这个党支部" in undone

    listed = desk.get("/console/branches")
    assert "其他名称" in listed
    address = re.search(r"/console/branches/names/\d+/remove", listed)
    assert address
    office.desk("editor").post(address[0], {}, 403)
    assert "已删除“水墨第三支部”" in desk.follow(desk.post(address[0]))
    assert "水墨第三支部" not in re.sub("已删除.*", "", desk.get("/console/branches"))
    assert "没有“水墨第三支部”这个党支部" in checked(office, [["钱小方", "水墨第三支部", "13900000003"]])
    actions = [
        office.read(sa.select(sa.func.count()).where(AuditEntry.action == action))
        for action in ("branch.name", "branch.name_gone")
    ]
    assert actions == [1, 1]


def test_columns_are_shown_and_can_be_corrected(office: Office) -> None:
    branch = office.read(sa.select(Branch.name).where(Branch.id == office.branch_id))
    desk = office.desk("admin")
    desk.get("/console/members/import")
    head = ["姓名", "单位", "号码一", "手机号码"]
    book = sheet_bytes([head, ["王小明", branch, "13900000001", "62880000"]])
    file = {"file": (io.BytesIO(book), "名册.xlsx")}
    page = desk.post("/console/members/import", file, 200, content_type="multipart/form-data").text
    assert "没有认出这些列：所在党支部" in page
    assert "确认导入" not in page.replace("<li >确认导入</li>", "")
    columns = {"column-name": "0", "column-branch": "1", "column-phone": "3"}
    page = posted(office, "check", page, **columns)
    assert "这是固定电话" in page or "手机号码应为 11 位数字" in page
    columns["column-phone"] = "2"
    page = posted(office, "check", page, **columns)
    done = desk.follow(desk.post("/console/members/import/confirm", {"key": field(page, "key"), **columns}))
    assert "新增 1 人" in done
    assert office.read(sa.select(Member.phone)) == "13900000001"


def test_an_import_is_undone_from_the_list_of_imports(office: Office) -> None:
    branch = office.read(sa.select(Branch.name).where(Branch.id == office.branch_id))
    page = checked(office, [["王小明", branch, "13900000001"]])
    desk = office.desk("admin")
    desk.post("/console/members/import/confirm", {"key": field(page, "key")})
    address = re.search(r"/console/members/import/\d+/undo", desk.get("/console/members/import"))
    assert address
    assert "72 小时" in desk.get("/console/members/import")
    assert "移出名册" in desk.get(address[0])
    done = desk.follow(desk.post(address[0]))
    assert "移出新增的 1 人" in done
    assert "已撤销 1 人" in done
    assert office.read(sa.select(sa.func.count(Member.id))) == 0
    assert "已经撤销" in desk.follow(desk.post(address[0]))
    office.desk("editor").get(address[0], 403)


def test_the_template_has_the_columns_that_the_import_reads(office: Office) -> None:
    answer = office.desk("admin").client.get("/console/members/template.xlsx")
    sheets = {sheet.name: sheet for sheet in read_workbook(answer.data, max_rows=10_000)}
    assert sheets["党员名册"].rows[0][:5] == ["*姓名", "性别", "*所在党支部", "网格", "*手机号码"]
    assert "填写说明" in sheets
    branch = office.read(sa.select(Branch.name).where(Branch.id == office.branch_id))
    head, example = sheets["党员名册"].rows[:2]
    filled = sheet_bytes([head, example, ["王小明", "男", branch, "", "13900000001", "2001-03-26", "", ""]])
    plan = checked_bytes(office, filled)
    assert "确认导入" in plan
    assert "示例" not in plan


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
