"""``flask place``: areas, communities, grids and branches."""

from __future__ import annotations

import click

from cli.output import (
    Group,
    acting_user,
    as_option,
    emit_json,
    emit_rows,
    exit_refused,
    json_option,
    readable_file,
    runtime,
)
from ground import clock
from ground.errors import Refused

group = Group("place", help="片区、社区、网格和党支部：导入、列出、改名")


@group.command("import")
@click.argument("file")
@json_option
def import_(file: str, as_json: bool) -> None:
    """导入片区网格表（.xlsx，含“网格”和“党支部”两个工作表），可重复执行"""
    from community import places, places_file

    found = places_file.parse(readable_file(file).read_bytes())
    if not found.errors:
        with runtime().db.session_scope() as session:
            places.write(session, found, at=clock.now())
    if as_json:
        emit_json(found.as_dict())
    else:
        counts = found.as_dict()
        names = (("片区", "areas"), ("社区", "communities"), ("网格", "grids"), ("党支部", "branches"))
        click.echo("，".join(f"{name} {counts[key]} 个" for name, key in names))
        if found.errors:
            emit_rows(
                ("行", "列", "原因"), ((fault.row, fault.column, fault.reason) for fault in found.errors)
            )
    if found.errors:
        exit_refused(f"有 {len(found.errors)} 处错误，没有导入，请按行号修改后重试")


@group.command("rename")
@click.argument("branch", metavar="党支部")
@click.option("--name", default=None, metavar="全称", help="新的全称，不写时不变")
@click.option(
    "--short", "short_name", default=None, metavar="简称", help='新的简称，写 "" 时不用简称，不写时不变'
)
@as_option
def rename_(branch: str, name: str | None, short_name: str | None, acting: str) -> None:
    """修改党支部的全称或简称。改名前的名称仍然认得：导入名册、--branch、推送对象都能用"""
    from community import branch_names, places, tag_names

    if name is None and short_name is None:
        raise Refused("请用 --name 写新的全称，或用 --short 写新的简称")
    parts = runtime()
    with parts.db.session_scope() as session:
        found = places.branch_named(session, branch)
        before = tag_names.tag_name(found)
        made = branch_names.rename(
            session, acting_user(session, acting), found.id, name=name, short_name=short_name, at=clock.now()
        )
        full, label, tag_id, tag = made.name, made.label, made.tag_id, tag_names.tag_name(made)
    click.echo(f"已改名：{full}，各处显示为“{label}”")
    if said := tag_names.call_anew(parts.client, tag_id, before, tag):
        click.echo(said, err=True)


@group.command("list")
@json_option
def list_(as_json: bool) -> None:
    """列出党支部及人数"""
    from community import places

    with runtime().db.read_scope() as session:
        found = places.summaries(session)
    if as_json:
        emit_json(
            [
                {
                    "id": one.branch.id,
                    "name": one.branch.name,
                    "short_name": one.branch.short_name,
                    "community": one.branch.community.name if one.branch.community else "",
                    "members": one.members,
                    "bound": one.bound,
                    "tag_id": one.branch.tag_id,
                }
                for one in found
            ]
        )
        return
    emit_rows(
        ("编号", "党支部", "所属社区", "党员", "已绑定"),
        (
            (
                one.branch.id,
                one.branch.name,
                one.branch.community.name if one.branch.community else "",
                one.members,
                one.bound,
            )
            for one in found
        ),
    )
