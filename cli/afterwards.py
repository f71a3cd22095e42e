"""``flask article correct``, ``retract`` and what else becomes of an article that is planned, out or put away."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from cli.output import acting_user, as_option, emit_json, json_option, runtime
from content import corrections, finding, lifecycle
from content.life import status_name
from ground import clock

_WHY = click.option("--reason", required=True, metavar="原因", help="发现了什么问题，记入登记")
_NOTE = click.option("--note", required=True, metavar="说明", help="给读者看的说明")


@click.command("unschedule")
@with_appcontext
@click.argument("article_id", metavar="编号", type=int)
@click.option("--reason", default="", metavar="理由", help="为什么撤出，记入操作日志")
@as_option
@json_option
def unschedule(article_id: int, reason: str, acting: str, as_json: bool) -> None:
    """撤出排期：从还没有开始的推送中取出，只有这一篇的推送随之取消。"""
    from scheduler import unscheduling

    parts = runtime()
    with parts.db.session_scope() as session:
        user = acting_user(session, acting)
        done = unscheduling.unschedule(
            session, parts.settings, article_id, user, reason=reason, at=clock.now()
        )
    if as_json:
        emit_json({"id": article_id, "cancelled": done.cancelled, "without": done.without})
    else:
        click.echo(done.said)


@click.command("correct")
@with_appcontext
@click.argument("article_id", metavar="编号", type=int)
@_WHY
@_NOTE
@as_option
@json_option
def correct(article_id: int, reason: str, note: str, acting: str, as_json: bool) -> None:
    """开始更正已发布的稿件：建一篇更正稿，改好并审核通过后自动替换原文。"""
    with runtime().db.session_scope() as session:
        user = acting_user(session, acting)
        draft = corrections.begin(session, article_id, user, reason=reason, note_=note, at=clock.now())
        made = draft.id
    if as_json:
        emit_json({"id": article_id, "draft": made})
    else:
        click.echo(f"更正稿的编号是 {made}，改好后提交审核，全部通过后自动替换原文")


@click.command("retract")
@with_appcontext
@click.argument("article_id", metavar="编号", type=int)
@click.option("--reason", default="", metavar="原因", help="发现了什么问题，记入登记；申请时必填")
@click.option("--note", default="", metavar="说明", help="给读者看的说明；申请时必填")
@click.option("--agree", is_flag=True, help="同意别人已经提出的撤回申请，须是另一位审核员")
@as_option
@json_option
def retract(article_id: int, reason: str, note: str, agree: bool, acting: str, as_json: bool) -> None:
    """申请撤回已发布的稿件，或用 --agree 同意别人的申请；同意后立即生效，并请求微信删除。"""
    with runtime().db.session_scope() as session:
        user, now = acting_user(session, acting), clock.now()
        if agree:
            status = corrections.retract_article(session, article_id, user, at=now).status
        else:
            corrections.ask_to_retract(session, article_id, user, reason=reason, note_=note, at=now)
            status = finding.get(session, article_id).status
    if as_json:
        emit_json({"id": article_id, "status": status})
    else:
        click.echo("已撤回，正在请求微信删除" if agree else "已申请撤回，另一位审核员同意后生效")


@click.command("notify")
@with_appcontext
@click.argument("article_id", metavar="编号", type=int)
@click.option("--look", is_flag=True, help="只看能通知多少人，不发送")
@as_option
@json_option
def notify(article_id: int, look: bool, acting: str, as_json: bool) -> None:
    """把已生效的更正或撤回通知收到过的读者：用客服消息，每人一次，只到 48 小时内发来过消息的人。"""
    from scheduler import notifying

    parts, now = runtime(), clock.now()
    with parts.db.session_scope() as session:
        user = acting_user(session, acting)
        found = notifying.latest(session, article_id)
        reach = notifying.reach(session, parts.settings, found, at=now)
        count = 0 if look else notifying.notify(session, parts.settings, article_id, user, at=now)
    why = {notifying.REASONS[name]: number for name, number in reach.others.items()}
    if as_json:
        emit_json({"id": article_id, "received": reach.received, "can_be_told": reach.people, "others": why,
                   "refusal": reach.refusal, "told": count})  # fmt: skip
        return
    click.echo(f"推送收到过 {reach.received} 人，现在可以通知 {reach.people} 人")
    for reason, number in why.items():
        click.echo(f"  {reason}：{number} 人")
    if look:
        click.echo(reach.refusal or "这次没有发送")
    else:
        click.echo(f"已通知 {count} 人" + ("，免打扰时段结束后发出" if reach.later else ""))


@click.command("archive")
@with_appcontext
@click.argument("article_id", metavar="编号", type=int)
@click.option("--undo", is_flag=True, help="取消归档")
@as_option
@json_option
def archive(article_id: int, undo: bool, acting: str, as_json: bool) -> None:
    """归档：不再出现在待办、推送选择和栏目列表中，已发布的原网址仍可打开；可以取消归档。"""
    with runtime().db.session_scope() as session:
        act = lifecycle.bring_back if undo else lifecycle.archive
        article = act(session, article_id, acting_user(session, acting), at=clock.now())
        told = {"id": article.id, "status": article.status}
        name = status_name(article)
    if as_json:
        emit_json(told)
    else:
        click.echo(f"稿件 {article_id} 现在是：{name}")


COMMANDS = (unschedule, correct, retract, notify, archive)
