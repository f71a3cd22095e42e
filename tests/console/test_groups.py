"""群: kept by the office and by secretaries on the phone, each within their scope; and that addresses stay secret."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from werkzeug.test import TestResponse

from community import places
from models import AuditEntry, ChatGroup
from tests.console.conftest import Office, field, text_of
from tests.world import groups, members

_ADDRESS = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="


def _form(**changes: Any) -> dict[str, Any]:
    return {"name": "学习群", "kind": "wecom", "webhook": "", "forwarder": "", **changes}


def _said(answer: TestResponse) -> str:
    return text_of(answer)


def _number(answer: TestResponse) -> int:
    return int(answer.location.rpartition("/")[2])


def test_the_office_keeps_a_group_and_no_page_shows_its_address(office: Office) -> None:
    key = groups.new_key()
    desk = office.desk("editor")
    made = desk.post("/console/groups/new", _form(branch=office.branch_id, webhook=f"  {_ADDRESS}{key} "))
    page = desk.follow(made)
    assert f"已登记 ••••{key[-4:]}" in page
    assert "发一条试试" in page
    version = field(page, "version")
    desk.post(made.location, _form(name="学习一群", version=version))
    listed = desk.get("/console/groups")
    assert "学习一群" in listed
    assert "机器人自动发" in listed
    assert f"••••{key[-4:]}" in listed
    late = desk.post(made.location, _form(name="学习二群", version=version), 409)
    assert "刚刚被他人改过" in _said(late)
    office.desk("admin").post(made.location, _form(name="学习一群", kind="wechat", version="2"))
    assert "••••" not in desk.get("/console/groups")  # an ordinary group has no robot
    assert "已停用“学习一群”" in desk.follow(desk.post(f"{made.location}/close", {"version": "3"}))
    assert "学习一群" not in desk.get("/console/groups")
    desk.get(made.location, 404)
    trail = office.desk("auditor").get("/console/audit")
    for words in ("新建群", "修改群", "停用群", "改动：群名称", "学习一群"):
        assert words in trail
    with office.parts.db.read_scope() as session:
        assert key not in json.dumps([one.detail for one in session.scalars(sa.select(AuditEntry))])
        gone = session.scalars(sa.select(ChatGroup)).one()
        assert (gone.robot, gone.robot_hint, gone.archived_at is None) == (None, "", False)
    assert key not in page + listed + trail + _said(late)


def test_what_cannot_be_right_is_refused_with_what_to_do(office: Office) -> None:
    key = groups.new_key()
    desk = office.desk("editor")
    desk.post("/console/groups/new", _form(branch=office.branch_id, webhook=key))

    def refused(words: str, status: int = 422, **changes: Any) -> None:
        answer = desk.post(
            "/console/groups/new",
            _form(**{"branch": office.branch_id, "name": "另一个群", **changes}),
            status,
        )
        assert words in _said(answer)

    refused("请选择这是哪个党支部的群", branch="")
    refused("请填写群名称", name=" ")
    refused("不能超过 30 个字", name="群" * 31)
    refused("已经有叫“学习群”的群", 409, name=" 学习群 ")
    refused("请选择群类型", kind="dingtalk")
    for wrong in (
        "https://oapi.dingtalk.com/robot/send?access_token=1",
        f"{_ADDRESS}abc",
        "随便写的",
        "http://[::1",
    ):
        refused("复制完整的 Webhook 地址", webhook=wrong)
    refused("一个机器人只属于一个群", 409, webhook=f"{_ADDRESS}{key}")
    refused("请选择一个党支部", branch="99999")
    refused("没有此项权限", 403, forwarder="张三")  # names of the roster are not for editors
    desk.post("/console/groups/new", _form(branch="0", name="学习群"))  # the same name, of the whole street
    assert "全街道" in desk.get("/console/groups")


def test_a_secretary_keeps_the_own_branch_s_groups_on_the_phone(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        home, away = places.branches(session)[:2]
        office.member(session, "诸葛亮", home.id, openid="oForwards" + "0" * 19)
        members.member(session, "庞统", home, phone_number="13800001111")
        members.member(session, "庞统", home, phone_number="13800002222")
        members.member(session, "徐庶", away, phone_number="13800003333")
        foreign = groups.group(session, away, "外支部群").id
        street = groups.group(session, None, "全街道群").id
        home_id, away_id = home.id, away.id
    desk = office.desk("secretary")
    phone = f"/branch/{home_id}/groups"
    assert "还没有登记群" in desk.get(phone)

    def add(status: int = 303, **changes: Any) -> TestResponse:
        desk.get(f"{phone}/new")
        return desk.post(f"{phone}/new", _form(kind="wechat", **changes), status)

    assert "应是本支部的党员" in _said(add(422, forwarder="徐庶"))
    assert "有 2 位党员叫这个名字" in _said(add(422, forwarder="庞统"))
    made = add(name="邻里群", forwarder="庞统 2222")
    page = desk.follow(made)
    assert "还没有绑定微信" in page
    assert "庞统" not in page
    number = _number(made)
    desk.post(f"{phone}/{number}", _form(name="邻里群", kind="wechat", forwarder="诸葛亮", version="1"))
    listed = desk.get(phone)
    assert "转发人 诸*亮" in listed
    assert "人工转发" in listed
    assert "诸葛亮" not in listed
    desk.post(f"{phone}/{number}", _form(name="邻里群", kind="wechat", forwarder_off="yes", version="2"))
    assert "还发不到" in desk.get(phone)
    assert "外支部群" not in desk.get("/console/groups")
    assert "全街道群" not in desk.get("/console/groups")
    for path in (f"{phone}/{foreign}", f"/console/groups/{foreign}", f"/console/groups/{street}"):
        desk.get(path, 404)
        desk.post(path, _form(version="1"), 404)
    desk.post(f"/branch/{away_id}/groups/new", _form(), 403)
    desk.post("/console/groups/new", _form(branch="0"), 403)
    # whoever sees all branches finds each group on its own branch's page alone
    office.desk("admin").get(f"/branch/{home_id}/groups/{foreign}", 404)
    auditor = office.desk("auditor")
    assert "邻里群" in auditor.get("/console/groups")
    auditor.get(f"/console/groups/{number}", 403)
    office.desk("first").get("/console/groups", 403)


def test_the_commands_say_the_same(office: Office) -> None:
    key = groups.new_key()
    with office.parts.db.session_scope() as session:
        home = places.branches(session)[0]
        office.member(session, "诸葛亮", home.id)
        branch = home.name
    runner = office.app.test_cli_runner()

    def run(*arguments: str, text: str = "") -> Any:
        done = runner.invoke(args=["group", *arguments, "--as", "admin"], input=text)
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    made = run(
        "add", "学习群", "--branch", branch, "--kind", "wecom", "--webhook", "-", "--forwarder", "诸葛亮", "--json",
        text=f"{_ADDRESS}{key}\n",
    )  # fmt: skip
    assert (made["webhook"], made["forwarder"], made["forwarder_follows"]) == (
        f"••••{key[-4:]}",
        "诸*亮",
        False,
    )
    number = str(made["id"])
    assert run("change", number, "--name", "学习一群", "--json")["name"] == "学习一群"
    assert [one["name"] for one in run("list", "--branch", branch, "--json")] == ["学习一群"]
    assert "••••" in run("list")
    assert run("change", number, "--webhook", "", "--json")["webhook"] == ""
    nothing = runner.invoke(args=["group", "try", number, "--as", "admin"])
    assert (nothing.exit_code, "还没有登记机器人" in nothing.stderr) == (2, True)
    assert "已停用群" in run("remove", number)
    assert run("list", "--json") == []
    for arguments, words in (
        (["change", number, "--name", "x"], "没有这个群"),
        (["add", "学习群", "--kind", "wecom", "--webhook", "x"], "Webhook"),
    ):
        done = runner.invoke(args=["group", *arguments, "--as", "admin"])
        assert (done.exit_code, words in done.stderr, done.stdout) == (2, True, "")
