"""``flask audience``: sets of followers, how many they are, and those that have a name."""

from __future__ import annotations

import click

from cli.output import Group, acting_user, as_option, emit_json, emit_rows, json_option, runtime
from ground import clock

group = Group("audience", help="推送对象：试算人数，保存常用对象")


@group.command("count")
@click.argument("text")
@click.option("--within", multiple=True, metavar="范围", help="只算其中也属于这个范围的人，可以写多次")
@click.option("--without", multiple=True, metavar="范围", help="不算这个范围里的人，可以写多次")
@json_option
def count(text: str, within: tuple[str, ...], without: tuple[str, ...], as_json: bool) -> None:
    """试算推送对象有多少人。写法：all，或 branch:党支部、community:社区、area:片区、grid:网格、activity:活动编号、\
column:栏目、tag:微信标签、received:推送编号、failed:推送编号、saved:常用对象，多个用逗号隔开。"""
    from scheduler import audience as audiences

    with runtime().db.read_scope() as session:
        meant = audiences.parse(session, audiences.compose(text, within, without), at=clock.now())
        steps = audiences.narrowing(session, meant)
        roster = audiences.roster_size(session, meant)
    if as_json:
        emit_json(
            {
                "audience": meant.text,
                "label": meant.label,
                "following": steps[-1][1],
                "roster": roster,
                "steps": [{"label": label, "following": number} for label, number in steps],
            }
        )
        return
    for label, number in steps:
        click.echo(f"{label}：{number:,} 人已关注")
    if roster is not None:
        click.echo(f"名册上共 {roster:,} 人")


@group.command("list")
@json_option
def list_(as_json: bool) -> None:
    """列出常用对象。"""
    from scheduler.audience import label_of, saved

    with runtime().db.read_scope() as session:
        kept = [(one.id, one.name, one.text) for one in saved.listing(session)]
    if as_json:
        emit_json([{"id": ident, "name": name, "audience": text} for ident, name, text in kept])
        return
    emit_rows(["编号", "名称", "推送对象"], [[ident, name, label_of(text)] for ident, name, text in kept])


@group.command("save")
@click.argument("name", metavar="名称")
@click.argument("text", metavar="推送对象")
@click.option("--within", multiple=True, metavar="范围", help="只包括其中也属于这个范围的人，可以写多次")
@click.option("--without", multiple=True, metavar="范围", help="不包括这个范围里的人，可以写多次")
@as_option
def save(name: str, text: str, within: tuple[str, ...], without: tuple[str, ...], acting: str) -> None:
    """把一个推送对象存为常用；同名的会被替换。"""
    from scheduler.audience import compose, keeping, label_of

    with runtime().db.session_scope() as session:
        user = acting_user(session, acting)
        kept = keeping.save(session, user, name, compose(text, within, without), at=clock.now())
        click.echo(f"已保存“{kept.name}”：{label_of(kept.text)}")


@group.command("remove")
@click.argument("ident", type=int, metavar="编号")
@as_option
def remove(ident: int, acting: str) -> None:
    """删除一个常用对象；已经排期的推送不受影响。"""
    from scheduler.audience import keeping

    with runtime().db.session_scope() as session:
        name = keeping.remove(session, acting_user(session, acting), ident, at=clock.now())
    click.echo(f"已删除常用对象“{name}”")
