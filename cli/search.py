"""``flask search``: find articles, and make the index of them anew."""

from __future__ import annotations

import click

from cli.output import Group, emit_json, emit_rows, json_option, runtime
from content.life import status_name
from content.search import asking, find
from operations import indexing

group = Group("search", help="搜索：搜稿件，重建搜索索引")


@group.command("find")
@click.argument("words", metavar="字词", nargs=-1, required=True)
@click.option("--column", "column", default="", metavar="栏目", help="只搜这个栏目")
@click.option("--newest", is_flag=True, help="按时间排列，不按相关程度")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200), help="最多列出多少篇")
@json_option
def find_(words: tuple[str, ...], column: str, newest: bool, limit: int, as_json: bool) -> None:
    """按标题、正文和作者搜稿件；可以用拼音和首字母，几个词用空格分开。"""
    asked = asking.read(" ".join(words))
    order = find.NEWEST if newest else find.BEST
    with runtime().db.read_scope() as session:
        found = find.office(session, asked, find.Within(column=column), order=order)
        total = found.count()
        rows = [
            {
                "id": one.id,
                "title": one.title,
                "column": one.column.name,
                "status": one.status,
                "name": status_name(one),
            }
            for one in found.slice(0, limit)
        ]
    if as_json:
        emit_json(
            {"total": total, "articles": [{k: v for k, v in row.items() if k != "name"} for row in rows]}
        )
        return
    emit_rows(
        ("编号", "标题", "栏目", "状态"),
        [(row["id"], row["title"], row["column"], row["name"]) for row in rows],
    )
    click.echo(f"共 {total} 篇")


@group.command("rebuild")
@json_option
def rebuild(as_json: bool) -> None:
    """重建搜索索引。服务运行时也可以做，期间搜到的内容不全；可以随时中断，服务启动后会自动接着做。"""
    found = None
    for found in indexing.steps(runtime().db, anew=True):
        if not as_json:
            click.echo(f"已建立 {found.articles - found.missing} / {found.articles} 篇")
    done = found.articles - found.missing if found else 0
    if as_json:
        emit_json({"articles": found.articles if found else 0, "indexed": done})
    else:
        click.echo(
            "完成，全部稿件都可以搜到" if found and not found.missing else "其余稿件正在保存，会自动建立索引"
        )
