"""``flask place``: areas, communities, grids and branches."""

from __future__ import annotations

import click

from cli.output import Group, emit_json, emit_rows, exit_refused, json_option, readable_file, runtime
from ground import clock

group = Group("place", help="片区、社区、网格和党支部：导入、列出")


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
