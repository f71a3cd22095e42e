"""``flask push``: decide what goes out, to whom and when; the scheduler sends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

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
from cli.push_shown import show_push
from ground import clock
from ground.errors import Conflict, PioneerError, Refused
from models import PushStatus
from scheduler.life import PUSH

if TYPE_CHECKING:
    from scheduler.pushes import Created

group = Group("push", short_help="推送：新建、查看、暂停、继续、取消")


class _Road(click.Option):
    """Its help lists the roads that there are: they are looked for when somebody asks for help, not before."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option and what may be written for it."""
        from scheduler import roads

        self.help = f"渠道：{roads.listed()}"
        return super().get_help_record(ctx)


_twice_option = click.option(
    "--twice", is_flag=True, help="其中有人已经收到或将收到同一篇稿件时，仍再发给他们"
)
_GOING_ON = (PushStatus.SCHEDULED, PushStatus.SENDING, PushStatus.AWAITING_RESULT)


@group.command("create")
@click.option(
    "--article", "articles", default="", metavar="编号[,编号]", help="要推送的稿件，按顺序，必须审核通过"
)
@click.option("--activity", type=int, help="要通知的活动")
@click.option(
    "--audience",
    default="",
    help="发活动通知时可以不写，就是应到人员；all，或 branch:党支部、community:社区、grid:网格、saved:常用对象等，多个用逗号隔开",
)
@click.option(
    "--within", multiple=True, metavar="范围", help="只发给其中也属于这个范围的人，写法同上，可以写多次"
)
@click.option("--without", multiple=True, metavar="范围", help="不发给这个范围里的人，写法同上，可以写多次")
@click.option("--at", "moment", default="now", show_default=True, help="now 或时间，如 2026-09-20T19:00")
@click.option("--road", cls=_Road, default="auto", show_default=True)
@click.option(
    "--urgent", default="", metavar="理由", help="免打扰时段内也要发送的理由，须由另一人同意（push release）"
)
@click.option("--often", default="", metavar="理由", help="对方本月已被多次联系时，仍要联系的理由")
@_twice_option
@as_option
@json_option
def create(
    articles: str,
    activity: int | None,
    audience: str,
    within: tuple[str, ...],
    without: tuple[str, ...],
    moment: str,
    road: str,
    urgent: str,
    often: str,
    twice: bool,
    acting: str,
    as_json: bool,
) -> None:
    """新建推送。命令立即返回，由定时任务到点发送。"""
    from scheduler import agreeing, pushes
    from scheduler import audience as audiences

    to = audiences.compose(audience or _usual(activity), within, without)
    parts = runtime()
    due_at = None if moment.strip().lower() == "now" else parse_moment(moment)
    agreed = agreeing.Agreed(twice=None if twice else 0)
    with parts.db.session_scope() as session, _saying_how(agreeing.Changed):
        made = pushes.create(
            session,
            parts.settings,
            acting_user(session, acting),
            audience=to,
            article_ids=_numbers(articles),
            activity_id=activity,
            due_at=due_at,
            road=road,
            urgent=urgent,
            often=often,
            agreed=agreed,
            at=clock.now(),
        )
        shown = _new(made)
    if as_json:
        emit_json(shown)
        return
    _tell(made)


@contextmanager
def _saying_how(kind: type[PioneerError], option: str = "--twice") -> Iterator[None]:
    """Say beside a refusal by which option it is agreed to."""
    try:
        yield
    except kind as error:
        raise Conflict(f"{error.message}，命令里加上 {option}") from error


def _new(made: Created) -> dict[str, Any]:
    """A new push as ``--json`` shows it."""
    from scheduler import planner, shares

    push = made.push
    return {
        "id": push.id,
        "status": push.status,
        "planned": push.planned,
        "skipped": push.skipped,
        "unit": shares.unit_of(push),
        "said": shares.said(shares.of(push), planner.reasons()),
        "due_at": push.due_at,
        "notes": list(made.notes),
    }


def _tell(made: Created) -> None:
    """What became of a new push, in lines."""
    from scheduler import planner, roads, shares

    push, reasons = made.push, planner.reasons()
    for note in made.notes:
        click.echo(note)
    found = shares.of(push)
    to = (
        f"将发给 {push.planned:,} {shares.unit(found)}"
        if roads.reaches(push.road)
        else "只发布，不通知任何人"
    )
    click.echo(f"推送 {push.id} {PUSH.label(push.status)}，{to}")
    if said := shares.said(found, reasons):
        click.echo(said)
    if left := shares.missed(found, reasons):
        click.echo(f"收不到的群：{left}")
    for reason, number in push.skipped.items():
        click.echo(f"  {reasons.get(reason, reason)}：{number:,} 人")


def _usual(activity: int | None) -> str:
    """A notice goes to those whom its activity expects; an article to nobody that was not named."""
    if activity is None:
        raise Refused("请用 --audience 写明推送对象，例如 --audience all")
    return f"activity:{activity}"


@group.command("show")
@click.argument("push_id", type=int)
@json_option
def show(push_id: int, as_json: bool) -> None:
    """查看推送的进度和结果（按关注者计；只发到群的按群计）。"""
    from scheduler import failures, kits, link_openings, progress, pushes, resending, standing, tally

    parts = runtime()
    with parts.db.read_scope() as session:
        push = pushes.get(session, push_id)
        opened, (ready, passed_on) = link_openings.of_push(session, push_id), kits.counts(session, push_id)
        shown, how = tally.show(session, push), progress.of(session, push, at=clock.now())
        shown["repeats"] = [one.id for one in resending.repeats(session, push)]
        causes = failures.of_push(session, push_id)
        shown["since"] = clock.to_shanghai(standing.since(session, push)).isoformat(timespec="seconds")
        limits = parts.settings.wechat.limits
        waits = standing.confirming(session, push, limits, at=clock.now())
    shown["confirm_until"] = clock.to_shanghai(waits.until).isoformat(timespec="seconds") if waits else None
    shown["causes"] = [asdict(cause) for cause in causes]
    shown["opened"], shown["kits"] = opened.plain(), {"ready": ready, "forwarded": passed_on}
    if as_json:
        emit_json({**shown, "per_second": round(how.per_second, 1), "seconds_left": how.seconds_left})
        return
    beside = [*filter(None, [kits.said(ready, passed_on)]), *opened.said]
    waiting, going = waits.said if waits else "", how.said if how.seconds_left is not None else ""
    show_push(shown, causes, waiting, going, beside)


@group.command("watch")
@click.argument("push_id", type=int)
@click.option(
    "--every",
    "every_s",
    type=click.FloatRange(min=0.1),
    default=2.0,
    show_default=True,
    help="隔几秒看一次",
)
def watch(push_id: int, every_s: float) -> None:
    """看着推送发送：进度有变化就输出一行，发完为止（按 Ctrl-C 不再看，不影响发送）。"""
    from scheduler import progress, pushes

    said = ""
    while True:
        with runtime().db.read_scope() as session:
            push = pushes.get(session, push_id)
            how = progress.of(session, push, at=clock.now())
            status, note = push.status, push.note
        line = "，".join(filter(None, [PUSH.label(status), how.said, note]))
        if line != said:
            click.echo(line)
            said = line
        if status not in _GOING_ON:
            return
        time.sleep(every_s)


@group.command("list")
@json_option
def listing(as_json: bool) -> None:
    """列出最近的推送。"""
    from scheduler import finding

    with runtime().db.read_scope() as session:
        rows: list[dict[str, Any]] = [
            {
                "id": push.id,
                "status": push.status,
                "title": push.title,
                "audience": push.audience,
                "due_at": push.due_at,
            }
            for push in finding.latest(session)
        ]
    if as_json:
        emit_json(rows)
        return
    emit_rows(
        ["推送", "状态", "时间", "标题", "对象"],
        [
            [one["id"], PUSH.label(one["status"]), one["due_at"], one["title"], one["audience"]]
            for one in rows
        ],
    )


def _control(name: str, push_id: int, acting: str | None, as_json: bool) -> None:
    from scheduler import pushes

    action = {
        "pause": pushes.pause,
        "resume": pushes.resume,
        "cancel": pushes.cancel,
        "release": pushes.release,
    }[name]
    with runtime().db.session_scope() as session:
        push = pushes.get(session, push_id)
        said = action(session, push, acting_user(session, acting) if acting else None, at=clock.now())
        shown = {"id": push.id, "status": push.status, "message": said}
    if as_json:
        emit_json(shown)
    else:
        click.echo(said)


def _control_command(name: str, help_line: str) -> None:
    @group.command(name, help=help_line, short_help=help_line)
    @click.argument("push_id", type=int)
    @click.option(
        "--as", "acting", metavar="用户名", default=None, help="以哪个用户的身份操作（记入操作日志）"
    )
    @json_option
    def run(push_id: int, acting: str | None, as_json: bool) -> None:
        _control(name, push_id, acting, as_json)


_control_command("pause", "暂停：不再发出新的消息，已发出的不受影响")
_control_command("resume", "继续：恢复已暂停的推送，或补发已错过的推送")
_control_command("cancel", "取消：剩余的不再发送，已发出的无法收回")
_control_command("release", "同意发送：人数有变化的推送，或另一人提交的紧急推送")


@group.command("reschedule")
@click.argument("push_id", type=int)
@click.option("--at", "moment", required=True, help="新的时间，如 2026-09-20T19:00")
@click.option("--fewer", is_flag=True, help="那时收到的人比原来少，仍改到那时")
@click.option("--as", "acting", metavar="用户名", default=None, help="以哪个用户的身份操作（记入操作日志）")
@json_option
def reschedule(push_id: int, moment: str, fewer: bool, acting: str | None, as_json: bool) -> None:
    """改期：还没有开始发送的推送改到另一个时间，人数和额度按那时重新计算。"""
    from scheduler import agreeing, pushes

    parts, fewest = runtime(), 0 if fewer else None
    with parts.db.session_scope() as session, _saying_how(agreeing.Changed, "--fewer"):
        push = pushes.get(session, push_id)
        user = acting_user(session, acting) if acting else None
        said = pushes.reschedule(
            session, parts.settings, push, user, due_at=parse_moment(moment), fewest=fewest, at=clock.now()
        )
        shown = {"id": push.id, "status": push.status, "due_at": push.due_at, "message": said}
    if as_json:
        emit_json(shown)
    else:
        click.echo(said)


@group.command("resend")
@click.argument("push_id", type=int)
@click.option("--often", default="", metavar="理由", help="对方本月已被多次联系时，仍要联系的理由")
@_twice_option
@as_option
@json_option
def resend(push_id: int, often: str, twice: bool, acting: str, as_json: bool) -> None:
    """重发：按原来的内容新建一次推送，只发给确定没有送达的人。"""
    from scheduler import agreeing, pushes, resending

    parts, agreed = runtime(), agreeing.Agreed(twice=None if twice else 0)
    with parts.db.session_scope() as session, _saying_how(agreeing.Changed):
        user = acting_user(session, acting)
        failed = pushes.get(session, push_id)
        made = resending.resend(
            session, parts.settings, user, failed, often=often, agreed=agreed, at=clock.now()
        )
        shown = _new(made)
    if as_json:
        emit_json(shown)
    else:
        _tell(made)


@group.command("takeover")
@as_option
def takeover(acting: str) -> None:
    """确认本机是唯一的发送方：恢复备份或更换服务器后，由管理员运行一次。"""
    from scheduler import instance

    parts = runtime()
    with parts.db.session_scope() as session:
        instance.confirm(session, parts.settings, acting_user(session, acting), clock.now())
    click.echo("已确认，本机从现在起可以发送消息")


def _numbers(text: str) -> list[int]:
    pieces = [piece.strip() for piece in text.replace("，", ",").split(",") if piece.strip()]
    try:
        return [int(piece) for piece in pieces]
    except ValueError:
        raise Refused(f"稿件编号“{text}”看不懂，请写数字，多篇用逗号隔开") from None
