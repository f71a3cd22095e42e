"""``flask group``: the groups of branches, their robots, and who passes things on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from cli.output import (
    Group,
    acting_user,
    as_option,
    emit_json,
    emit_rows,
    json_option,
    runtime,
)
from ground import clock
from ground.errors import Refused

if TYPE_CHECKING:
    from community.groups import Shown

group = Group("group", help="群：列出、登记、修改、停用，向群里的机器人试发")
_number = click.argument("group_id", metavar="编号", type=int)
_name = click.option("--name", default=None, metavar="群名称", help="群名称")
_kind = click.option(
    "--kind", default=None, metavar="wecom|wechat", help="wecom 企业微信群，wechat 普通微信群"
)
_webhook = click.option(
    "--webhook",
    default=None,
    metavar="地址|-",
    help='机器人的 Webhook 地址；写 - 从标准输入读取，不留在命令历史里；写 "" 去掉',
)
_forwarder = click.option(
    "--forwarder", default=None, metavar="姓名", help='转发人，同名的写成“姓名 手机尾号”；写 "" 去掉'
)


@group.command("list")
@click.option("--branch", default="", metavar="党支部", help="只列这个党支部的群")
@as_option
@json_option
def list_(branch: str, acting: str, as_json: bool) -> None:
    """列出群"""
    from community import groups, places

    with runtime().db.read_scope() as session:
        branch_id = places.branch_named(session, branch).id if branch else None
        found = groups.listed(session, acting_user(session, acting), branch_id=branch_id)
    if as_json:
        emit_json([_as_json(one) for one in found])
        return
    emit_rows(
        ("编号", "群名称", "党支部", "群类型", "机器人", "转发人"),
        ((one.id, one.name, one.branch, one.kind_name, one.robot, one.forwarder) for one in found),
    )


@group.command("add")
@click.argument("name", metavar="群名称")
@click.option("--branch", default="", metavar="党支部", help="哪个党支部的群；不写是全街道的群")
@click.option("--kind", required=True, metavar="wecom|wechat", help="wecom 企业微信群，wechat 普通微信群")
@_webhook
@_forwarder
@as_option
@json_option
def add_(
    name: str, branch: str, kind: str, webhook: str | None, forwarder: str | None, acting: str, as_json: bool
) -> None:
    """登记一个群"""
    from community import groups, places

    typed = groups.Typed(name, kind, _pasted(webhook), forwarder)
    with runtime().db.session_scope() as session:
        branch_id = places.branch_named(session, branch).id if branch else None
        made = groups.add(session, acting_user(session, acting), branch_id, typed, at=clock.now())
    _tell("已登记群", made, as_json)


@group.command("change")
@_number
@_name
@_kind
@_webhook
@_forwarder
@as_option
@json_option
def change_(
    group_id: int,
    name: str | None,
    kind: str | None,
    webhook: str | None,
    forwarder: str | None,
    acting: str,
    as_json: bool,
) -> None:
    """修改一个群，不写的不变"""
    from community import groups

    typed = groups.Typed(name, kind, _pasted(webhook), forwarder)
    if typed == groups.Typed():
        raise Refused("请至少写一项要修改的内容，用法见 ./pioneer flask group change --help")
    with runtime().db.session_scope() as session:
        kept = groups.change(session, acting_user(session, acting), group_id, typed, at=clock.now())
    _tell("已保存群", kept, as_json)


@group.command("remove")
@_number
@as_option
@json_option
def remove_(group_id: int, acting: str, as_json: bool) -> None:
    """停用一个群：以后的推送不再发到这个群"""
    from community import groups

    with runtime().db.session_scope() as session:
        name = groups.give_up(session, acting_user(session, acting), group_id, at=clock.now())
    if as_json:
        emit_json({"id": group_id, "name": name, "removed": True})
        return
    click.echo(f"已停用群 {group_id}：{name}")


@group.command("try")
@_number
@as_option
@json_option
def try_(group_id: int, acting: str, as_json: bool) -> None:
    """让群里的机器人发一条试试"""
    from scheduler import trying

    parts = runtime()
    with parts.db.read_scope() as session:
        user_id = acting_user(session, acting).id
    tried = trying.group(parts, user_id, group_id)
    if as_json:
        emit_json({"id": group_id, "through": tried.through, "said": tried.said})
    else:
        click.echo(tried.said, err=not tried.through)
    if not tried.through:
        sys.exit(1)


def _pasted(text: str | None) -> str | None:
    """The address: of ``-`` from standard input, so that it is in no list of processes and no history."""
    return sys.stdin.readline().strip() if text == "-" else text


def _tell(done: str, one: Shown, as_json: bool) -> None:
    if as_json:
        emit_json(_as_json(one))
        return
    click.echo(f"{done} {one.id}：{one.branch}·{one.name}（{one.kind_name}）")


def _as_json(one: Shown) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "branch_id": one.branch_id,
        "branch": one.branch,
        "kind": one.kind.value,
        "webhook": one.robot,
        "forwarder": one.forwarder,
        "forwarder_follows": one.reached,
    }
