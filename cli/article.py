"""``flask article``: import Word files, submit, review, queue and show articles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from cli import afterwards, papers, signing
from cli.output import (
    Group,
    acting_user,
    as_option,
    emit_json,
    emit_rows,
    json_option,
    readable_file,
    runtime,
)
from cli.reclean import reclean
from content import (
    assets,
    columns,
    comments,
    drafting,
    finding,
    importing,
    queue,
    releasing,
    review,
    wording,
)
from content.life import stage_name, status_name
from content.proofing.findings import SEVERITY_NAMES
from database.session import Session
from ground import clock
from ground.errors import Refused
from models import Article, User

group = Group("article", help="稿件：导入、提交、审核、查看")
group.add_command(reclean)
for command in (*afterwards.COMMANDS, *papers.COMMANDS, *signing.COMMANDS):
    group.add_command(command)


@group.command("import")
@click.argument("file", metavar="FILE.docx")
@click.option(
    "--column",
    "column_key",
    required=True,
    metavar="栏目",
    help="栏目代号：study（学习园地）或 news（先锋动态）",
)
@click.option("--author", "author", required=True, metavar="用户名", help="以哪个用户的名义建稿")
@json_option
def import_(file: str, column_key: str, author: str, as_json: bool) -> None:
    """把一个 Word 文件（.docx）导入为草稿。"""
    parts, path = runtime(), readable_file(file)
    most_mb, wechat_limits = parts.settings.limits.upload_mb, parts.settings.wechat.limits
    with parts.db.session_scope() as session:
        columns.ensure_defaults(session)
        column_id = drafting.column_for_new(session, acting_user(session, author), column_key).id
    if path.stat().st_size > most_mb * 1024 * 1024:
        raise Refused(f"文件不能超过 {most_mb} MB，请压缩图片后再导入")
    draft = importing.read_word(
        path.read_bytes(), path.name, wechat_limits, upload_mb=most_mb, column_key=column_key
    )
    assets.AssetStore(parts.settings.data_dir).put_all(draft.all_pictures)
    with parts.db.session_scope() as session:
        user = acting_user(session, author)
        assets.remember(session, draft.all_pictures, at=clock.now())
        article = drafting.create(
            session,
            user,
            importing.fields_of(draft, column_id),
            warnings=draft.warnings,
            imported_pictures=len(draft.pictures),
            at=clock.now(),
        )
        warnings = [
            *draft.warnings,
            *(one.message for one in drafting.findings(article, wechat_limits)),
        ]
        result = {"id": article.id, "title": article.title, "warnings": warnings}
    if as_json:
        emit_json(result)
        return
    click.echo(f"已导入稿件 {result['id']}：{result['title']}")
    for warning in warnings:
        click.echo(f"  提醒：{warning}")


@group.command("list")
@click.option("--column", "column_key", metavar="栏目", help="只列出这个栏目")
@click.option(
    "--status", "status", metavar="状态", help="只列出这个状态，如 draft、in_review、approved、published"
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="最多列出多少篇")
@json_option
def list_(column_key: str | None, status: str | None, limit: int, as_json: bool) -> None:
    """列出稿件，新的在前。"""
    with runtime().db.read_scope() as session:
        column_id = columns.by_key(session, column_key).id if column_key else None
        page = finding.listing(session, column_id=column_id, statuses=[status] if status else (), size=limit)
        rows = [_summary(article) for article in page.articles]
    if as_json:
        emit_json(rows)
    else:
        emit_rows(
            ("编号", "标题", "栏目", "状态", "编稿人", "修改时间"),
            [
                (
                    row["id"],
                    row["title"],
                    row["column_name"],
                    row["status_name"],
                    row["creator"],
                    row["updated_at"],
                )
                for row in rows
            ],
        )


@group.command("show")
@click.argument("article_id", metavar="编号", type=int)
@json_option
def show(article_id: int, as_json: bool) -> None:
    """显示一篇稿件：内容、状态、审核记录和发布结果。"""
    with runtime().db.read_scope() as session:
        article = finding.get(session, article_id, full=True)
        shown = _summary(article) | _details(article) | _signed(session, article)
    if as_json:
        emit_json(shown)
        return
    click.echo(f"{shown['id']}  {shown['title']}")
    click.echo(
        f"栏目 {shown['column_name']}  状态 {shown['status_name']}  作者 {shown['author'] or '（未填）'}"
    )
    click.echo(f"摘要 {shown['digest'] or '（未填）'}")
    for decision in shown["reviews"]:
        void = "（已失效）" if decision["void"] else ""
        whose = f"（受{decision['instead_of']}委托）" if decision["instead_of"] else ""
        words = decision["reason"] or decision["opinion"]
        click.echo(
            f"{decision['stage_name']} {decision['user']}{whose} {decision['decision_name']}{void} {words}".rstrip()
        )
    for one in shown["releases"]:
        missing = f"，待补{'、'.join(one['missing'])}" if one["missing"] else ""
        click.echo(f"紧急签发 {one['release_name']}{missing}")
    for one in shown["comments"]:
        settled = "已处理" if one["settled"] else "未处理"
        click.echo(f"批注（{settled}）“{one['quote']}” {one['text']}")
    if shown["published"]["url"]:
        click.echo(f"链接 {shown['published']['url']}")


@group.command("check")
@click.argument("article_id", metavar="编号", type=int)
@json_option
def check(article_id: int, as_json: bool) -> None:
    """错敏检查：列出必须修改、须核实和提醒的地方，以及已填写的核实理由。"""
    with runtime().db.read_scope() as session:
        checked = wording.look_at(session, finding.get(session, article_id), at=clock.now())
        rows = [_found(checked, hit) for hit in checked.hits]
        result = {"lexicon": checked.lexicon, "unread_pictures": checked.pictures, "findings": rows}
    if as_json:
        emit_json(result)
        return
    emit_rows(
        ("处理方式", "规则", "内容", "位置", "理由", "已核实"),
        [
            (
                row["severity_name"],
                row["rule_name"],
                row["text"],
                row["places"][0]["name"],
                row["reason"],
                row["confirmed"] or "",
            )
            for row in rows
        ],
    )
    if checked.pictures:
        click.echo(f"正文有 {checked.pictures} 张图片，图片中的文字没有检查，请人工核对")


def _found(checked: wording.Checked, hit: wording.Hit) -> dict[str, Any]:
    kept = checked.confirmation(hit)
    return {
        "severity": hit.severity.value,
        "severity_name": SEVERITY_NAMES[hit.severity],
        "rule": hit.rule,
        "rule_name": hit.name,
        "text": hit.shown,
        "reason": f"{hit.reason}{hit.next_step}",
        "replacement": hit.replacement,
        "places": [
            {
                "field": one.field,
                "paragraph": one.paragraph + 1,
                "start": one.start,
                "end": one.end,
                "name": one.name,
            }
            for one in hit.places
        ],
        "confirmed": kept.reason if kept else None,
    }


@group.command("confirm")
@click.argument("article_id", metavar="编号", type=int)
@click.option("--reason", required=True, metavar="理由", help="怎样核实的；对全部须核实的内容都用这一条理由")
@as_option
@json_option
def confirm(article_id: int, reason: str, acting: str, as_json: bool) -> None:
    """核实：逐项看过“须核实”的内容以后，写明理由，之后才能提交。"""
    with runtime().db.session_scope() as session:
        count = wording.confirm_all(session, article_id, acting_user(session, acting), reason, at=clock.now())
    if as_json:
        emit_json({"id": article_id, "confirmed": count})
    else:
        click.echo(f"已记录 {count} 条核实理由")


@group.command("submit")
@click.argument("article_id", metavar="编号", type=int)
@as_option
@json_option
def submit(article_id: int, acting: str, as_json: bool) -> None:
    """提交审核。"""
    limits = runtime().settings.wechat.limits
    _act(acting, lambda s, u: review.submit(s, article_id, u, limits=limits, at=clock.now()), as_json)


@group.command("approve")
@click.argument("article_id", metavar="编号", type=int)
@click.option("--hash", "expected_hash", metavar="摘要值", help="审核人看到的内容的 hash，内容已变则拒绝")
@click.option("--opinion", default="", metavar="意见", help="审核意见，选填")
@as_option
@json_option
def approve(article_id: int, expected_hash: str | None, opinion: str, acting: str, as_json: bool) -> None:
    """通过当前这一级审核。"""
    limits = runtime().settings.limits
    _act(
        acting,
        lambda s, u: review.approve(
            s,
            article_id,
            u,
            limits=limits,
            opinion=opinion,
            expected_hash=expected_hash,
            at=clock.now(),
        ),
        as_json,
    )


@group.command("return")
@click.argument("article_id", metavar="编号", type=int)
@click.option("--reason", required=True, metavar="理由", help="退回的理由，作者会看到")
@as_option
@json_option
def return_(article_id: int, reason: str, acting: str, as_json: bool) -> None:
    """退回修改，必须写明理由。"""
    _act(acting, lambda s, u: review.send_back(s, article_id, u, reason=reason, at=clock.now()), as_json)


@group.command("preview")
@click.argument("article_id", type=int)
@click.option("--to", "names", required=True, metavar="微信号[,微信号]", help="本人须已关注公众号")
@as_option
@json_option
def preview(article_id: int, names: str, acting: str, as_json: bool) -> None:
    """发到手机预览：不占群发额度，公众号每天共 100 次。"""
    from scheduler import previewing

    parts = runtime()
    with parts.db.read_scope() as session:
        user_id = acting_user(session, acting).id
    shown = previewing.show(parts, user_id, article_id, previewing.names_in(names))
    if as_json:
        emit_json({"id": article_id, "shown": shown.to, "failed": list(shown.failed)})
        return
    for failed in shown.failed:
        click.echo(failed)
    click.echo(f"已发到 {shown.to} 个微信")


@group.command("queue")
@click.argument("article_id", metavar="编号", type=int)
@as_option
@json_option
def queue_(article_id: int, acting: str, as_json: bool) -> None:
    """把审核通过的稿件排入栏目的待发队列。"""
    _act(acting, lambda s, u: queue.enqueue(s, article_id, u, at=clock.now()), as_json)


def _act(acting: str, service: Callable[[Session, User], Article], as_json: bool) -> None:
    with runtime().db.session_scope() as session:
        article = service(session, acting_user(session, acting))
        result = {"id": article.id, "title": article.title, "status": article.status, "hash": article.hash}
        name = status_name(article)
    if as_json:
        emit_json(result)
    else:
        click.echo(f"稿件 {result['id']}《{result['title']}》现在是：{name}")


def _summary(article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "title": article.title,
        "author": article.author,
        "column": article.column.key,
        "column_name": article.column.name,
        "status": article.status,
        "status_name": status_name(article),
        "stage": article.stage,
        "creator": article.creator.label,
        "updated_at": article.updated_at,
    }


def _signed(session: Session, article: Article) -> dict[str, Any]:
    """Its 紧急签发 and 批注."""
    return {
        "releases": [
            {"status": one.status, **signing.details(one)}
            for one in releasing.of_article(session, article.id)
        ],
        "comments": [
            {
                "quote": one.comment.quote,
                "stands": one.place is not None,
                "text": one.comment.text,
                "user": one.comment.user.username,
                "at": one.comment.at,
                "answer": one.comment.answer,
                "settled": not one.open,
            }
            for one in comments.shown(session, article)
        ],
    }


def _details(article: Article) -> dict[str, Any]:
    return {
        "digest": article.digest,
        "hash": article.hash,
        "version": article.version,
        "html": article.html,
        "source_url": article.source_url,
        "cover": article.cover_sha256,
        "warnings": article.warnings,
        "reviews": [
            {
                "stage": decision.stage,
                "stage_name": stage_name(decision.stage),
                "user": decision.user.username,
                "decision": decision.decision,
                "decision_name": "通过" if decision.decision == "approved" else "退回",
                "reason": decision.reason if decision.decision == "returned" else "",
                "opinion": decision.reason if decision.decision == "approved" else "",
                "instead_of": decision.principal.username if decision.principal else None,
                "made_up": decision.release_id is not None,
                "hash": decision.content_hash,
                "at": decision.at,
                "void": decision.void,
            }
            for decision in article.reviews
        ],
        "published": {
            "url": article.published_url,
            "at": article.published_at,
            "msg_data_id": article.msg_data_id,
        },
    }
