"""``flask member``: the roster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.output import (
    Group,
    acting_if_any,
    acting_user,
    as_if_any,
    as_option,
    emit_json,
    emit_rows,
    exit_refused,
    json_option,
    readable_file,
    runtime,
)
from ground import clock

if TYPE_CHECKING:
    from community.roster import Plan

group = Group("member", help="党员名册：导入，新增、更正、转移、移出、合并")


@group.command("import")
@click.argument("file")
@click.option("--dry-run", is_flag=True, help="只检查，不写入")
@click.option("--only-valid", is_flag=True, help="有错误时仍导入其余正确的行")
@click.option("--struck", is_flag=True, help="带删除线的行也导入")
@as_if_any
@json_option
def import_(file: str, dry_run: bool, only_valid: bool, struck: bool, acting: str, as_json: bool) -> None:
    """导入党员名册（.xlsx、.xls 或 CSV）；有错误且没有 --only-valid 时什么都不写入，可重复执行"""
    from community import roster, roster_file

    parts = runtime()
    path = readable_file(file)
    parsed = roster_file.parse(
        path.read_bytes(),
        max_rows=parts.settings.limits.roster_rows,
        today=clock.shanghai_day(clock.now()),
        struck=struck,
    )
    with parts.db.read_scope() as session:
        user = acting_if_any(session, acting)
        plan = roster.plan(session, parsed)
    refused = bool(plan.errors) and not only_valid and not dry_run
    run = None if refused or dry_run else roster.carry_out(parts.db, plan, file_name=path.name, user=user)
    if as_json:
        emit_json({**plan.as_dict(refused=refused), "run": run})
    else:
        _show(plan, "检查结果" if run is None else f"导入结果（编号 {run}）")
    if refused:
        exit_refused(f"有 {plan.bad_rows} 行错误，没有导入。请修改后重试，或加 --only-valid 只导入正确的行")


@group.command("undo")
@click.argument("run", type=int)
@as_option
@json_option
def undo_(run: int, acting: str, as_json: bool) -> None:
    """撤销一次名册导入（编号见导入的结果）；之后又有变动的人保持不变"""
    from community import roster_undo

    parts = runtime()
    with parts.db.read_scope() as session:
        user = acting_user(session, acting)
    done = roster_undo.undo(parts.db, user, run, limits=parts.settings.limits)
    if as_json:
        emit_json({"added": done.added, "changed": done.changed, "untouched": done.touched})
        return
    click.echo(
        f"已撤销导入 {run}：移出新增的 {done.added} 人，恢复 {done.changed} 人原来的内容，"
        f"{done.touched} 人之后有变动，保持不变"
    )


def _show(plan: Plan, title: str) -> None:
    from community import reasons

    click.echo(
        f"{title}：新增 {plan.created}，更新 {plan.updated}，未变 {plan.unchanged}，"
        f"重复 {plan.repeated}，错误 {len(plan.errors)}，提醒 {len(plan.warnings)}"
    )
    for kind, faults in (("错误", plan.errors), ("提醒", plan.warnings)):
        if faults:
            click.echo(f"\n{kind}：")
            emit_rows(
                ("行", "列", "原因"),
                ((one.named, one.column, one.reason) for one in reasons.grouped(faults)),
            )
