"""``flask workdays``: holidays, and weekend days that are worked for them."""

from __future__ import annotations

from pathlib import Path

import click

from cli.output import Group, acting_user, as_option, emit_json, emit_rows, json_option, runtime
from ground import clock
from models import YearState

group = Group("workdays", help="放假安排：节假日和调休上班日")


@group.command("show")
@click.argument("number", type=int, metavar="年份")
@json_option
def show(number: int, as_json: bool) -> None:
    """列出一年的节假日和调休上班日。"""
    import workdays
    from workdays import keeping, notice

    with runtime().db.read_scope() as session:
        found = keeping.year(session, number)
        remark = workdays.load(session).remark(number)
    if as_json:
        emit_json(
            {
                "year": number,
                "state": found.state.value if found.state else None,
                "holidays": [
                    {"name": one.name, "off": list(map(str, one.off)), "made_up": list(map(str, one.made_up))}
                    for one in found.holidays
                ],
            }
        )
        return
    if remark:
        click.echo(f"{remark}。")
    if found.holidays:
        rows = [
            [
                one.name,
                notice.written(one.off, number),
                len(one.off),
                notice.written(one.made_up, number) or "—",
            ]
            for one in found.holidays
        ]
        emit_rows(["节日", "放假", "天数", "调休上班"], rows)


@group.command("read")
@click.argument("number", type=int, metavar="年份")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="文件")
@as_option
def read(number: int, file: Path, acting: str) -> None:
    """把放假通知（文本文件）读作一年的安排，代替原来的。"""
    from ground.errors import Refused
    from workdays import keeping, notice

    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("文件不是 UTF-8 文本，请在记事本里另存为 UTF-8 编码后再试") from error
    holidays = notice.read(text, number)
    parts = runtime()
    with parts.db.session_scope() as session:
        user = acting_user(session, acting)
        keeping.replace(session, user, number, holidays, YearState.ANNOUNCED, at=clock.now())
    click.echo(f"已读入 {len(holidays)} 个节日，共放假 {sum(len(one.off) for one in holidays)} 天")
