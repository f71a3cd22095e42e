"""``flask activity``: activities and their check-ins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.output import (
    Group,
    acting_user,
    as_option,
    emit_json,
    emit_rows,
    json_option,
    parse_moment,
    runtime,
)
from ground import clock
from ground.errors import Refused

if TYPE_CHECKING:
    from database.session import Session
    from models import Branch, User

group = Group("activity", help="活动与签到：新建、查看、导出")
_viewer_option = click.option(
    "--as", "acting", metavar="用户名", default="", help="以哪个用户的身份查看，不写为管理员"
)


@group.command("create")
@click.option("--title", required=True, help="活动名称")
@click.option("--keyword", default="", help="签到口令，可以代替“签到”两个字")
@click.option("--branches", required=True, metavar="党支部[,党支部]|all", help="邀请的党支部")
@click.option("--from", "starts", required=True, metavar="时间", help="签到开始，例如 2026-09-20T18:30")
@click.option("--to", "ends", required=True, metavar="时间", help="签到结束")
@click.option("--kind", default="event", help="event 会议与活动，study 学习，volunteer 志愿服务")
@click.option("--purpose", default="", help="事由")
@click.option("--place", default="", help="地点")
@as_option
@json_option
def create_(
    title: str,
    keyword: str,
    branches: str,
    starts: str,
    ends: str,
    kind: str,
    purpose: str,
    place: str,
    acting: str,
    as_json: bool,
) -> None:
    """新建活动"""
    from community import activities

    starts_at, ends_at = parse_moment(starts), parse_moment(ends)
    with runtime().db.session_scope() as session:
        user = acting_user(session, acting)
        draft = activities.Draft(
            title, starts_at, ends_at, _branches(session, branches), keyword, kind, purpose, place
        )
        created = activities.create(session, user, draft, at=clock.now())
        activity_id, status = created.activity.id, created.activity.status
    if as_json:
        emit_json({"id": activity_id, "status": status, "warnings": created.warnings})
        return
    click.echo(f"已新建活动 {activity_id}：{created.activity.title}")
    for line in created.warnings:
        click.echo(f"提醒：{line}")


def _branches(session: Session, text: str) -> list[Branch]:
    from community import branch_index

    names = [name.strip() for name in text.replace("，", ",").split(",") if name.strip()]
    if not names:
        raise Refused("请用 --branches 写明邀请的党支部，全部邀请写 all")
    if "all" in (name.lower() for name in names):
        return []
    index = branch_index.of(session)
    return list({branch.id: branch for branch in map(index.find, names)}.values())


def _viewer(session: Session, acting: str) -> User | None:
    return acting_user(session, acting) if acting else None


@group.command("list")
@_viewer_option
@json_option
def list_(acting: str, as_json: bool) -> None:
    """列出活动，新的在前"""
    from community import activities

    at = clock.now()
    with runtime().db.read_scope() as session:
        found = activities.page(session, _viewer(session, acting), at=at, size=200).activities
    if as_json:
        emit_json(
            [
                {
                    "id": one.id,
                    "title": one.title,
                    "keyword": one.keyword,
                    "status": one.status,
                    "state": activities.state_name(one, at),
                    "from": one.starts_at,
                    "to": one.ends_at,
                    "branches": "all" if one.for_all else [branch.name for branch in one.branches],
                }
                for one in found
            ]
        )
        return
    emit_rows(
        ("编号", "活动", "签到开始", "签到结束", "状态"),
        ((one.id, one.title, one.starts_at, one.ends_at, activities.state_name(one, at)) for one in found),
    )


@group.command("show")
@click.argument("activity_id", metavar="编号", type=int)
@_viewer_option
@json_option
def show_(activity_id: int, acting: str, as_json: bool) -> None:
    """查看活动的签到人数，按党支部列出"""
    from community import activities, counting

    with runtime().db.read_scope() as session:
        user = _viewer(session, acting)
        activity = activities.get(session, activity_id, user=user)
        counts = counting.counts(session, activity, user=user)
    if as_json:
        emit_json(
            {
                "id": activity.id,
                "title": activity.title,
                "keyword": activity.keyword,
                "status": activity.status,
                "from": activity.starts_at,
                "to": activity.ends_at,
                **counts.as_dict(),
            }
        )
        return
    click.echo(
        f"{activity.title}：应到 {counts.expected:,}，签到 {counts.checked_in:,}，其中补签 {counts.made_up:,}"
    )
    emit_rows(
        ("党支部", "应到", "签到", "其中补签"),
        ((one.branch, one.expected, one.checked_in, one.made_up) for one in counts.by_branch),
    )


@group.command("export")
@click.argument("activity_id", metavar="编号", type=int)
@click.argument("file", metavar="文件.xlsx")
@_viewer_option
@click.option(
    "--unmask-reason", default="", metavar="事由", help="导出未脱敏姓名的事由，须有权限，会记入操作日志"
)
def export_(activity_id: int, file: str, acting: str, unmask_reason: str) -> None:
    """导出签到台账（Excel）"""
    from community import ledger

    path = Path(file)
    if path.suffix.lower() != ".xlsx":
        raise Refused("导出的文件名应以 .xlsx 结尾")
    if unmask_reason and not acting:
        raise Refused("导出未脱敏姓名请用 --as 写明导出人")
    db = runtime().db
    with db.read_scope() as session:
        user = _viewer(session, acting)
        loaded = ledger.load(session, activity_id, at=clock.now(), user=user, unmask_reason=unmask_reason)
    rows = ledger.carry_out(db, loaded, path.resolve(), user=user)
    click.echo(f"已导出 {rows:,} 条签到记录到 {path}")
