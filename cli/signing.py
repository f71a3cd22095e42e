"""``flask article release`` and ``countersign``: what cannot wait for its reviews, and how they are made up for."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import with_appcontext

from cli.output import acting_user, as_option, emit_json, json_option, runtime
from content import releasing
from content.life import RELEASE
from ground import clock
from models import Release

_HASH = click.option("--hash", "expected_hash", metavar="摘要值", help="看到的内容的 hash，内容已变则拒绝")


@click.command("release")
@with_appcontext
@click.argument("article_id", metavar="编号", type=int)
@click.option("--reason", default="", metavar="理由", help="为什么来不及逐级审核；签发时必填")
@click.option("--drop", is_flag=True, help="取消还没有第二人签发的紧急签发")
@_HASH
@as_option
@json_option
def release(
    article_id: int, reason: str, drop: bool, expected_hash: str | None, acting: str, as_json: bool
) -> None:
    """紧急签发：两位审核员各运行一次、各写理由，第二次之后稿件视为审核通过，须在 24 小时内补审。"""
    parts = runtime()
    with parts.db.session_scope() as session:
        user, now = acting_user(session, acting), clock.now()
        if drop:
            releasing.drop(session, article_id, user, at=now)
            told: dict[str, Any] = {"id": article_id, "release": "void"}
            said = "已取消紧急签发"
        else:
            limits = parts.settings.limits
            found = releasing.release(
                session,
                article_id,
                user,
                reason=reason,
                limits=limits,
                expected_hash=expected_hash,
                at=now,
            )
            told = {"id": article_id, "release": found.status, **details(found)}
            left = "、".join(releasing.missing(found))
            said = f"已紧急签发，请在 24 小时内补{left}" if left else "已签发，另一位审核员签发后生效"
    if as_json:
        emit_json(told)
    else:
        click.echo(said)


@click.command("countersign")
@with_appcontext
@click.argument("article_id", metavar="编号", type=int)
@click.option("--opinion", default="", metavar="意见", help="审核意见，选填")
@_HASH
@as_option
@json_option
def countersign(article_id: int, opinion: str, expected_hash: str | None, acting: str, as_json: bool) -> None:
    """补审：补上紧急签发时没有审的一级，由这一级的审核人办理。"""
    with runtime().db.session_scope() as session:
        user = acting_user(session, acting)
        found = releasing.countersign(
            session, article_id, user, opinion=opinion, expected_hash=expected_hash, at=clock.now()
        )
        told = {"id": article_id, "release": found.status, **details(found)}
        left = "、".join(releasing.missing(found))
    if as_json:
        emit_json(told)
    else:
        click.echo(f"已补审，还须补{left}" if left else "已全部补审")


def details(found: Release) -> dict[str, Any]:
    """A 紧急签发 as JSON: who signed and why, for which content, what is missing until when."""
    return {
        "release_name": RELEASE.label(found.status),
        "hash": found.content_hash,
        "first": {"user": found.first.username, "reason": found.first_reason, "at": found.first_at},
        "second": {"user": found.second.username, "reason": found.second_reason, "at": found.second_at}
        if found.second is not None
        else None,
        "missing": list(releasing.missing(found)),
        "due_at": found.due_at,
    }


COMMANDS = (release, countersign)
