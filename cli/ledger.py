"""``flask ledger``: the ledgers of a month or a year, of a branch or of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cli.output import Group, acting_user, emit_json, emit_rows, json_option, runtime
from ground import clock
from ground.errors import Refused

if TYPE_CHECKING:
    from community.period_ledger import BranchLedger, CommitteeLedger, Figures
    from database.session import Session
    from models import User

F = TypeVar("F", bound=Callable[..., Any])

group = Group("ledger", help="台账：一个月或一年的组织生活")


def _which(command: F) -> F:
    """The options that say whose ledger, and of when."""
    options = (
        click.option("--branch", default="", metavar="党支部", help="一个党支部的台账，不写为各党支部汇总"),
        click.option("--period", "key", default="", metavar="期间", help="2026-11 或 2026，不写为本月"),
        click.option(
            "--as", "acting", metavar="用户名", default="", help="以哪个用户的身份查看，不写为管理员"
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _viewer(session: Session, acting: str) -> User | None:
    return acting_user(session, acting) if acting else None


@group.command("show")
@_which
@json_option
def show_(branch: str, key: str, acting: str, as_json: bool) -> None:
    """查看一个月或一年的台账；自愿参加的活动中人数较少的党支部不显示人数"""
    from community import period, period_ledger, places

    at = clock.now()
    chosen = period.read(key, at=at)
    with runtime().db.read_scope() as session:
        user = _viewer(session, acting)
        if branch:
            ident = places.branch_named(session, branch).id
            _show_branch(period_ledger.branch_ledger(session, user, ident, chosen, at=at), as_json)
        else:
            _show_all(period_ledger.committee_ledger(session, user, chosen, at=at), as_json)


def _show_branch(found: BranchLedger, as_json: bool) -> None:
    counted = [(one.activity, one.count) for one in found.lines]
    if as_json:
        figures = ("expected", "checked_in", "made_up", "on_leave")
        lines = [
            {"id": one.id, "title": one.title, "kind": one.kind, "from": one.starts_at,
             **{name: getattr(count, name) if count else None for name in figures}}
            for one, count in counted
        ]  # fmt: skip
        emit_json({"branch": found.branch.name, "period": found.period.key, "activities": lines})
        return
    click.echo(f"{found.branch.name}{found.period.label}：会议与活动 {found.attended.times} 次")
    emit_rows(
        ("编号", "活动", "时间", "应到", "签到", "其中补签", "请假"),
        (
            (one.id, one.title, one.starts_at, *(_figures(count) if count else ("—",) * 4))
            for one, count in counted
        ),
    )


def _figures(count: Any) -> tuple[int, ...]:
    return count.expected, count.checked_in, count.made_up, count.on_leave


def _show_all(found: CommitteeLedger, as_json: bool) -> None:
    if as_json:
        lines = [
            {"branch": one.branch, "attended": asdict(one.attended), "others": asdict(one.others)}
            for one in found.lines
        ]
        emit_json({"period": found.period.key, "branches": lines})
        return
    click.echo(f"各党支部{found.period.label}：会议与活动 {found.attended.times} 次")
    emit_rows(
        ("党支部", "会议与活动", "应到人次", "签到人次", "其中补签", "请假人次", "到会比例", "学习、志愿服务等", "参加人次"),
        ((one.branch, *_row(one.attended, one.others)) for one in found.lines),
    )  # fmt: skip


def _row(attended: Figures, others: Figures) -> tuple[Any, ...]:
    came = "—" if others.checked_in is None else others.checked_in
    numbers = (attended.expected, attended.checked_in, attended.made_up, attended.on_leave)
    return attended.times, *numbers, attended.band, others.times, came


@group.command("export")
@click.argument("file", metavar="文件.xlsx 或目录")
@_which
@click.option(
    "--unmask-reason", default="", metavar="事由", help="到会情况显示完整姓名的事由，须有权限，会记入操作日志"
)
def export_(file: str, branch: str, key: str, acting: str, unmask_reason: str) -> None:
    """导出台账（Excel）；写目录时按单位和期间取名"""
    from community import form_sheet, period, period_forms, places

    at = clock.now()
    chosen, path = period.read(key, at=at), Path(file)
    if not path.is_dir() and path.suffix.lower() != ".xlsx":
        raise Refused("导出的文件名应以 .xlsx 结尾，或写一个已有的目录")
    if unmask_reason and not (acting and branch):
        raise Refused("显示完整姓名请用 --branch 写明党支部，用 --as 写明导出人")
    db = runtime().db
    with db.read_scope() as session:
        user = _viewer(session, acting)
        if branch:
            ident = places.branch_named(session, branch).id
            book = period_forms.branch_book(session, user, ident, chosen, at=at, unmask_reason=unmask_reason)
        else:
            book = period_forms.committee_book(session, user, chosen, at=at)
    if path.is_dir():
        path = path / f"{book.name}.xlsx"
    rows = form_sheet.carry_out(db, book, path.resolve(), user=user)
    click.echo(f"已导出 {rows:,} 行到 {path}")
