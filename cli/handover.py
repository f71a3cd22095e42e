"""``flask handover``: a reviewer's reviews in the hands of another one for some days."""

from __future__ import annotations

from typing import Any

import click

from accounts import users
from cli.output import (
    Group,
    acting_user,
    as_option,
    emit_json,
    emit_rows,
    json_option,
    parse_day,
    runtime,
)
from content import handovers
from ground import clock
from models import Handover

group = Group("handover", help="委托审核：委托给另一位、结束、列出")


@group.command("create")
@click.argument("deputy", metavar="受托人")
@click.option("--from", "first", default="", metavar="日期", help="开始日期，不写为今天")
@click.option("--to", "last", required=True, metavar="日期", help="结束日期，这一天过完自动结束")
@click.option("--reason", required=True, metavar="事由", help="例如：出差")
@click.option(
    "--of", "principal", default="", metavar="委托人", help="由管理员代办时写明替谁委托；不写为本人"
)
@as_option
@json_option
def create(
    deputy: str, first: str, last: str, reason: str, principal: str, acting: str, as_json: bool
) -> None:
    """把自己的审核委托给另一位审核员，到期自动结束。受托人和委托人写用户名。"""
    with runtime().db.session_scope() as session:
        user, now = acting_user(session, acting), clock.now()
        made = handovers.make(
            session,
            user,
            user_id=users.by_name(session, principal).id if principal else user.id,
            deputy_id=users.by_name(session, deputy).id,
            first_day=parse_day(first),
            last_day=parse_day(last),
            reason=reason,
            at=now,
        )
        told = _told(made, handovers.standing(made, at=now))
        said = f"已委托{made.deputy.label}，编号 {made.id}，到 {made.last_day:%Y-%m-%d} 自动结束"
    if as_json:
        emit_json(told)
    else:
        click.echo(said)


@group.command("end")
@click.argument("handover_id", metavar="编号", type=int)
@as_option
def end(handover_id: int, acting: str) -> None:
    """提前结束一项委托，由委托人、受托人或管理员办理。"""
    with runtime().db.session_scope() as session:
        handovers.end(session, acting_user(session, acting), handover_id, at=clock.now())
    click.echo("委托已结束")


@group.command("list")
@as_option
@json_option
def list_(acting: str, as_json: bool) -> None:
    """列出进行中、未开始和近 90 天结束的委托：与本人有关的，管理员看到全部。"""
    with runtime().db.read_scope() as session:
        now = clock.now()
        found = [
            _told(one, handovers.standing(one, at=now))
            for one in handovers.listing(session, acting_user(session, acting), at=now)
        ]
    if as_json:
        emit_json(found)
        return
    columns = ("id", "user_label", "deputy_label", "first_day", "last_day", "reason", "status_name")
    emit_rows(
        ["编号", "委托人", "受托人", "开始", "结束", "事由", "状态"],
        [[one[name] for name in columns] for one in found],
    )


def _told(one: Handover, standing: str) -> dict[str, Any]:
    return {
        "id": one.id, "user": one.user.username, "user_label": one.user.label, "deputy": one.deputy.username,
        "deputy_label": one.deputy.label, "first_day": one.first_day, "last_day": one.last_day, "reason": one.reason,
        "status": standing, "status_name": handovers.STANDINGS[standing],
    }  # fmt: skip
