"""``flask screen``: the screen of an activity, with the code that changes."""

from __future__ import annotations

import click

from cli.output import Group, acting_user, as_option, emit_json, json_option, runtime
from ground import clock
from ground.errors import NotFound

group = Group("screen", help="签到屏：打开、停用、查看现在的签到码")
_number = click.argument("activity_id", metavar="活动编号", type=int)


@group.command("open")
@_number
@click.option("--code-only", is_flag=True, help="只认现场的二维码和数字，回复“签到”不算")
@as_option
@json_option
def open_(activity_id: int, code_only: bool, acting: str, as_json: bool) -> None:
    """打开签到屏，输出它的网址；再运行一次可以改变是否只认现场的码"""
    from community import screens

    parts = runtime()
    with parts.db.session_scope() as session:
        user = acting_user(session, acting)
        activity = screens.start(session, user, activity_id, code_only=code_only, at=clock.now())
        title = activity.title
    address = f"{parts.settings.server.base_url}/console/activities/{activity_id}/screen"
    if as_json:
        emit_json({"id": activity_id, "code_only": code_only, "address": address})
        return
    click.echo(f"已打开“{title}”的签到屏，请在会场的电脑上登录后打开：{address}")
    if code_only:
        click.echo("只认现场的二维码和数字，回复“签到”不算")


@group.command("show")
@_number
@as_option
@json_option
def show_(activity_id: int, acting: str, as_json: bool) -> None:
    """现在的签到码、还有几秒更换、已签到人数"""
    from community import activities, screens

    with runtime().db.read_scope() as session:
        user = acting_user(session, acting)
        activity = activities.get(session, activity_id, user=user)
        screen = screens.find(session, activity_id)
        if screen is None:
            raise NotFound(f"活动 {activity_id} 没有签到屏，打开用 ./pioneer flask screen open")
        shown = screens.shown(session, user, activity, screen, at=clock.now())
        code_only = screen.code_only
    if as_json:
        emit_json({"id": activity_id, "phase": shown.phase, "code": shown.code, "left": round(shown.left, 1),
                   "came": shown.came, "code_only": code_only})  # fmt: skip
        return
    if shown.code:
        click.echo(f"签到码 {shown.code}，{shown.left:.0f} 秒后更换，已签到 {shown.came:,} 人")
    else:
        click.echo(f"{shown.said}，现在没有签到码，已签到 {shown.came:,} 人")


@group.command("close")
@_number
@as_option
def close_(activity_id: int, acting: str) -> None:
    """停用签到屏：原来的签到码作废，回复“签到”照常有效"""
    from community import screens

    with runtime().db.session_scope() as session:
        screens.stop(session, acting_user(session, acting), activity_id, at=clock.now())
    click.echo("签到屏已停用，原来的签到码作废，回复“签到”照常有效")
