"""``flask member``: the roster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.output import Group, emit_json, emit_rows, exit_refused, json_option, readable_file, runtime
from ground import clock

if TYPE_CHECKING:
    from community.roster import Plan

group = Group("member", help="党员名册：导入")


@group.command("import")
@click.argument("file")
@click.option("--dry-run", is_flag=True, help="只检查，不写入")
@click.option("--only-valid", is_flag=True, help="有错误时仍导入其余正确的行")
@json_option
def import_(file: str, dry_run: bool, only_valid: bool, as_json: bool) -> None:
    """导入党员名册（.xlsx）；有错误且没有 --only-valid 时什么都不写入，可重复执行"""
    from community import roster, roster_file

    parts = runtime()
    path = readable_file(file)
    parsed = roster_file.parse(
        path.read_bytes(),
        max_rows=parts.settings.limits.roster_rows,
        today=clock.shanghai_day(clock.now()),
    )
    with parts.db.read_scope() as session:
        plan = roster.plan(session, parsed)
    refused = bool(plan.errors) and not only_valid and not dry_run
    if not refused and not dry_run:
        roster.carry_out(parts.db, plan, file_name=path.name)
    if as_json:
        emit_json(plan.as_dict(refused=refused))
    else:
        _show(plan, "检查结果" if dry_run or refused else "导入结果")
    if refused:
        exit_refused(
            f"有 {len({fault.row for fault in plan.errors})} 行错误，没有导入。请修改后重试，或加 --only-valid 只导入正确的行"
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
