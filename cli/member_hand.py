"""``flask member add``, ``correct``, ``leave``, ``return`` and ``transfer``: members by hand."""

from __future__ import annotations

from typing import Any

import click

from cli.member import group
from cli.output import acting_user, as_option, emit_json, json_option, parse_day, runtime
from community import merging, places, transfers, upkeep
from community.upkeep import Kept, Typed
from ground import clock

__all__ = ["group"]

_number = click.argument("member", type=int, metavar="党员编号")
_on = click.option("--on", default="", metavar="日期", help="实际办理的日期，不填为今天，最早 90 天前")
_reason = click.option("--reason", required=True, metavar="事由", help="至少 4 个字，不要写姓名或手机号码")


def _details(command: Any) -> Any:
    for name, label in (("note", "备注"), ("duty", "党内职务"), ("joined", "入党时间"), ("gender", "男或女")):
        command = click.option(f"--{name}", default=None, metavar=label, help=label)(command)
    return command


@group.command("add")
@click.argument("name", metavar="姓名")
@click.option("--phone", required=True, metavar="手机号码", help="11 位手机号码")
@click.option("--branch", "branch_name", required=True, metavar="党支部", help="党支部名称")
@_details
@as_option
@json_option
def add_(
    name: str,
    phone: str,
    branch_name: str,
    gender: str | None,
    joined: str | None,
    duty: str | None,
    note: str | None,
    acting: str,
    as_json: bool,
) -> None:
    """新增一名党员"""
    typed = Typed(name, phone, gender, None, joined, duty, note)
    with runtime().db.session_scope() as session:
        user = acting_user(session, acting)
        branch = places.branch_named(session, branch_name)
        kept = upkeep.add(session, user, branch.id, typed, at=clock.now())
        member_id = kept.member.id
    _tell(f"已新增，党员编号 {member_id}", member_id, kept, as_json)


@group.command("correct")
@_number
@click.option("--name", default=None, metavar="姓名", help="改为这个姓名")
@click.option("--phone", default=None, metavar="手机号码", help="改为这个号码")
@_details
@as_option
@json_option
def correct_(
    member: int,
    name: str | None,
    phone: str | None,
    gender: str | None,
    joined: str | None,
    duty: str | None,
    note: str | None,
    acting: str,
    as_json: bool,
) -> None:
    """更正一名党员的信息，只改写明的几项"""
    typed = Typed(name, phone, gender, None, joined, duty, note)
    with runtime().db.session_scope() as session:
        kept = upkeep.correct(session, acting_user(session, acting), member, typed, at=clock.now())
    _tell("已更正：" + "、".join(upkeep.FIELDS[field] for field in kept.fields), member, kept, as_json)


def _tell(done: str, member_id: int, kept: Kept, as_json: bool) -> None:
    if as_json:
        emit_json({"member": member_id, "fields": kept.fields, "remarks": kept.remarks})
        return
    click.echo("；".join([done, *kept.remarks]))


@group.command("leave")
@_number
@_on
@_reason
@as_option
def leave_(member: int, on: str, reason: str, acting: str) -> None:
    """把一名党员移出名册（转出、去世等），微信解除绑定；以前的记录和人数不变，可以恢复"""
    day = parse_day(on)
    with runtime().db.session_scope() as session:
        user = acting_user(session, acting)
        upkeep.leave(session, user, member, on=day, reason=reason, at=clock.now())
    click.echo(f"已把 {member} 号党员移出名册，需要时用 ./pioneer flask member return 恢复")


@group.command("return")
@_number
@click.option("--branch", "branch_name", default="", metavar="党支部", help="恢复到哪个党支部，不填为原来的")
@_on
@_reason
@as_option
def return_(member: int, branch_name: str, on: str, reason: str, acting: str) -> None:
    """把移出的党员恢复在册，不写党支部就回到原来的"""
    day = parse_day(on)
    with runtime().db.session_scope() as session:
        user = acting_user(session, acting)
        target = places.branch_named(session, branch_name).id if branch_name else None
        upkeep.come_back(session, user, member, on=day, reason=reason, at=clock.now(), branch_id=target)
    click.echo(f"已把 {member} 号党员恢复在册，请本人重新绑定微信")


@group.command("transfer")
@click.argument("members", type=int, nargs=-1, required=True, metavar="党员编号…")
@click.option("--to", "branch_name", required=True, metavar="党支部", help="转入的党支部")
@_on
@_reason
@click.option("--dry-run", is_flag=True, help="只列出会有什么变化，不转移")
@as_option
@json_option
def transfer_(
    members: tuple[int, ...],
    branch_name: str,
    on: str,
    reason: str,
    dry_run: bool,
    acting: str,
    as_json: bool,
) -> None:
    """把一名或多名党员转到另一个党支部；以前的记录和人数不变"""
    day, at = parse_day(on), clock.now()
    number: int | None = None
    if dry_run:
        with runtime().db.read_scope() as session:
            user, branch = acting_user(session, acting), places.branch_named(session, branch_name)
            preview = transfers.look(session, user, members, branch.id, on=day, reason=reason, at=at)
            people, label = len(preview.people), branch.label
    else:
        with runtime().db.session_scope() as session:
            user, branch = acting_user(session, acting), places.branch_named(session, branch_name)
            made = transfers.carry_out(session, user, members, branch.id, on=day, reason=reason, at=at)
            number, people, label = made.id, made.people, branch.label
    if as_json:
        emit_json({"transfer": number, "people": people})
    elif number is None:
        click.echo(f"将有 {people:,} 人转入{label}")
    else:
        click.echo(
            f"已有 {people:,} 人转入{label}，转移编号 {number}，撤回用 ./pioneer flask member takeback {number}"
        )


@group.command("takeback")
@click.argument("transfer", type=int, metavar="转移编号")
@as_option
def takeback_(transfer: int, acting: str) -> None:
    """整批撤回一次转移；其中有人之后又有变动时不能撤回"""
    with runtime().db.session_scope() as session:
        back = transfers.take_back(session, acting_user(session, acting), transfer, at=clock.now())
    click.echo(f"已撤回第 {transfer} 次转移，{back:,} 人回到原来的党支部")


@group.command("merge")
@click.argument("kept", type=int, metavar="保留的编号")
@click.argument("other", type=int, metavar="并入的编号")
@click.option(
    "--wechat", type=click.Choice([merging.KEPT, merging.OTHER]), help="两条绑定了不同的微信时，保留哪一条的"
)
@click.option("--dry-run", is_flag=True, help="只列出是哪两条，不合并")
@click.option("--reason", default="", metavar="事由", help="至少 4 个字，不要写姓名或手机号码")
@click.option("--yes", is_flag=True, help="不再询问，直接合并")
@as_option
def merge_(
    kept: int, other: int, wechat: str | None, dry_run: bool, reason: str, yes: bool, acting: str
) -> None:
    """合并同一个人的两条记录，不能撤销；各次活动的人数不变"""
    parts = runtime()
    with parts.db.read_scope() as session:
        planned = merging.look(session, acting_user(session, acting), kept, other)
    click.echo(f"保留：{planned.kept.whom}，并入：{planned.other.whom}")
    if not planned.same_name:
        click.echo("注意：两条记录的姓名不同，请核对是不是同一个人", err=True)
    if not dry_run:
        if not yes:
            click.confirm("合并不能撤销，确定合并吗？", abort=True, err=True)
        with parts.db.session_scope() as session:
            user = acting_user(session, acting)
            merging.carry_out(session, user, kept, other, reason=reason, wechat=wechat or "", at=clock.now())
        parts.db.empty_log()
        click.echo("已合并。请同时更正单位自己的名册文件，否则下次导入会重新登记")
