"""``flask activity``: activities and their check-ins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

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

F = TypeVar("F", bound=Callable[..., Any])

group = Group("activity", help="活动与签到：新建、修改、取消、复制、查看、导出")
_viewer_option = click.option(
    "--as", "acting", metavar="用户名", default="", help="以哪个用户的身份查看，不写为管理员"
)


_KIND = "event 会议与活动，study 学习，volunteer 志愿服务"


def _worded(command: F) -> F:
    """The options for the words of an activity; left out, they stay as the template, or the activity, has them."""
    options = (
        click.option("--title", default=None, help="活动名称"),
        click.option("--keyword", default=None, help="签到口令，可以代替“签到”两个字"),
        click.option("--purpose", default=None, help="事由，写明为什么请大家参加"),
        click.option("--place", default=None, help="地点"),
        click.option("--voluntary", default=None, metavar="说明", help="自愿说明，显示在活动页上"),
        click.option("--expects", default=None, metavar="人员", help="应到人员，不是全体党员时填写"),
        click.option("--question", default=None, help="思考题，可以不答"),
        click.option("--sign-up/--no-sign-up", default=None, help="可以报名"),
        click.option("--places", type=int, default=None, metavar="人数", help="报名名额，0 为不限"),
        click.option(
            "--keep-months", type=int, default=None, metavar="月数", help="签到记录的保留期，0 为长期保存"
        ),
        click.option("--override", default="", metavar="理由", help="确需保留不符合减负要求的说法时的理由"),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """What was written of the options of :func:`_worded`."""
    found = {name: value for name, value in values.items() if value is not None}
    if "places" in found:
        found["places"] = found["places"] or None
    return found


@group.command("create")
@click.option("--template", default="", metavar="模板", help="按模板填好事由、时长等，见 activity templates")
@click.option("--branches", required=True, metavar="党支部[,党支部]|all", help="邀请的党支部")
@click.option("--from", "starts", required=True, metavar="时间", help="签到开始，例如 2026-09-20T18:30")
@click.option("--to", "ends", default="", metavar="时间", help="签到结束，用模板时可以不写")
@click.option("--kind", default=None, help=_KIND)
@_worded
@as_option
@json_option
def create_(
    template: str,
    branches: str,
    starts: str,
    ends: str,
    kind: str | None,
    acting: str,
    as_json: bool,
    **words: Any,
) -> None:
    """新建活动"""
    from community import activities, templates
    from community.announcing import Draft

    starts_at = parse_moment(starts)
    with runtime().db.session_scope() as session:
        user = acting_user(session, acting)
        begun = templates.get(session, template) if template else None
        if not ends and begun is None:
            raise Refused("请用 --to 写明签到结束的时间，或用 --template 选一个模板")
        ends_at = parse_moment(ends) if ends or begun is None else starts_at + begun.length
        draft = Draft(title="", starts_at=starts_at, ends_at=ends_at, branches=_branches(session, branches))
        if begun is not None:
            draft = begun.fill(draft)
        given = _given({**words, "kind": None if begun else kind})
        created = activities.create(
            session, user, replace(draft, **given), at=clock.now(), limits=runtime().settings.limits
        )
        activity_id, status = created.activity.id, created.activity.status
    _say_new(as_json, created.activity.title, activity_id, status, created.warnings)


def _say_new(as_json: bool, title: str, activity_id: int, status: str, warnings: list[str]) -> None:
    if as_json:
        emit_json({"id": activity_id, "status": status, "warnings": warnings})
        return
    click.echo(f"已新建活动 {activity_id}：{title}")
    for line in warnings:
        click.echo(f"提醒：{line}")


@group.command("templates")
@json_option
def templates_(as_json: bool) -> None:
    """列出活动模板"""
    from community import templates

    with runtime().db.read_scope() as session:
        found = templates.listing(session, with_inactive=True)
    if as_json:
        emit_json([asdict(one) for one in found])
        return
    emit_rows(
        ("模板", "名称", "事由", "时长（分钟）", "保留期（月）"),
        ((one.key, one.name, one.purpose, one.minutes, one.keep_months or "长期") for one in found),
    )


@group.command("edit")
@click.argument("activity_id", metavar="编号", type=int)
@click.option("--add-branches", default="", metavar="党支部[,党支部]|all", help="增加邀请的党支部")
@click.option("--from", "starts", default="", metavar="时间", help="签到开始")
@click.option("--to", "ends", default="", metavar="时间", help="签到结束")
@click.option("--note", default="", metavar="说明", help="变更说明，写给党员看")
@_worded
@as_option
def edit_(
    activity_id: int, add_branches: str, starts: str, ends: str, note: str, acting: str, **words: Any
) -> None:
    """修改还没有结束的活动，并告知已签到、已报名和收到过通知的人"""
    from community import activities, changing
    from scheduler import changes

    running = runtime()
    with running.db.session_scope() as session:
        user = acting_user(session, acting)
        found = activities.get(session, activity_id, user=user)
        wanted = changing.draft_of(found)
        if add_branches:
            added = _branches(session, add_branches)
            wanted = replace(wanted, branches=[*found.branches, *added] if added else ())
        if starts:
            wanted = replace(wanted, starts_at=parse_moment(starts))
        if ends:
            wanted = replace(wanted, ends_at=parse_moment(ends))
        if words["places"] == 0:
            wanted = replace(wanted, places=None)
        made = changes.edit(
            session, running.settings, user, activity_id, replace(wanted, **_given(words)), version=found.version, note=note,
            at=clock.now(),
        )  # fmt: skip
        lines = changing.lines(made.change) if made.change is not None else []
        told = changes.said(made.change) if made.change is not None else ""
    if not lines:
        click.echo("没有改动")
        return
    click.echo(f"已修改活动 {activity_id}：{'；'.join(lines)}\n{told}")
    for line in made.warnings:
        click.echo(f"提醒：{line}")


@group.command("cancel")
@click.argument("activity_id", metavar="编号", type=int)
@click.option("--reason", required=True, metavar="原因", help="取消的原因，党员会看到")
@as_option
def cancel_(activity_id: int, reason: str, acting: str) -> None:
    """取消活动；签到记录保留，不计入参加人数"""
    from scheduler import changes

    running = runtime()
    with running.db.session_scope() as session:
        user = acting_user(session, acting)
        made = changes.cancel(session, running.settings, user, activity_id, reason=reason, at=clock.now())
        told = changes.said(made.change) if made.change is not None else ""
    click.echo(f"已取消活动 {activity_id}：{made.activity.title}\n{told}")


@group.command("copy")
@click.argument("activity_id", metavar="编号", type=int)
@click.option(
    "--to", "shift", type=click.Choice(["week", "month"]), default="month", help="week 下周，month 下个月"
)
@as_option
@json_option
def copy_(activity_id: int, shift: str, acting: str, as_json: bool) -> None:
    """把活动复制到下周或下个月，邀请同样的党支部"""
    from community import activities, copying

    at = clock.now()
    with runtime().db.session_scope() as session:
        user = acting_user(session, acting)
        draft = copying.draft(session, user, activity_id, shift, at=at)
        created = activities.create(session, user, draft, at=at, limits=runtime().settings.limits)
        made_id, status = created.activity.id, created.activity.status
    _say_new(as_json, created.activity.title, made_id, status, created.warnings)


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
