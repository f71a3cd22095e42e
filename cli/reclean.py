"""``flask article reclean``: stored bodies are cleaned by the present rules, in small transactions that may be interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from cli.output import emit_json, json_option, runtime
from content import recleaning
from content.life import ARTICLE
from ground import clock
from models import ArticleStatus

if TYPE_CHECKING:
    from database.session import Database

COMMAND = "./pioneer flask article reclean"
_BATCH = 50


@click.command("reclean")
@with_appcontext
@json_option
def reclean(as_json: bool) -> None:
    """按现行规则重新清理已保存的正文。可以随时中断，再次运行会接着做。"""
    database = runtime().db
    with database.read_scope() as session:
        waiting = recleaning.due_count(session)
    changes: list[recleaning.Change] = []
    done = 0
    for count, changed in batches(database):
        done += count
        changes += changed
        if not as_json:
            for change in changed:
                click.echo(f"  稿件 {change.id}《{change.title}》：{_said(change)}")
            click.echo(f"已检查 {done} / {max(waiting, done)} 篇")
    if as_json:
        emit_json(
            {
                "checked": done,
                "changed": [{"id": one.id, "before": one.before, "after": one.after} for one in changes],
            }
        )
    elif not done:
        click.echo("正文都已按现行规则清理，无需处理")
    else:
        click.echo(f"完成：检查 {done} 篇，其中 {len(changes)} 篇有改动")


def batches(database: Database) -> Iterator[tuple[int, list[recleaning.Change]]]:
    """Read, clean outside any transaction, store with the audit entry; a batch each, with what it changed."""
    last = 0
    while True:
        with database.read_scope() as session:
            found = recleaning.due(session, after=last, most=_BATCH)
        if not found:
            return
        made = [recleaning.cleaned(one) for one in found]
        last = found[-1].id
        with database.session_scope() as session:
            changes = recleaning.keep(session, made, at=clock.now())
        yield len(found), changes


def _said(change: recleaning.Change) -> str:
    if change.after == change.before:
        return f"有不安全内容已清理，仍为“{ARTICLE.label(change.after)}”，请核对"
    if change.after == ArticleStatus.DRAFT:
        return f"有不安全内容已清理，原为“{ARTICLE.label(change.before)}”，现退回草稿，请核对后重新提交审核"
    return f"有不安全内容已清理，仍为“{ARTICLE.label(change.after)}”"
