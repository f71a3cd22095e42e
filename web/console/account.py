"""公众号设置: the replies that an editor keeps with a box to try them, and the custom menu."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from sqlalchemy.orm import Session

from accounts import audit
from content import columns
from ground import clock
from ground.errors import NotFound, Refused
from ground.numbers import numbers_in
from models import Article, ArticleStatus, KeywordReply, Menu
from web.access import acting, action, looking, only_looks, page, parts, settings
from web.console.face import blueprint, draw
from web.wording import in_table
from wechat.inbound.handlers import keywords
from wechat.outbound import menu as menus

KINDS = {"text": "文字", "article": "稿件", "column": "栏目列表", "image": "图片"}
TYPES = {"view": "打开网页", "click": "回复内容"}
COMMANDS = {
    "CHECKIN": "签到",
    "ACTIVITIES": "近期活动",
    "MINE": "我的记录",
    "BIND": "绑定",
    "STUDY": "学习园地",
    "NEWS": "先锋动态",
    "LARGE": "大字版",
    "HELP": "帮助",
}


@blueprint.get("/replies", endpoint="replies")
@page("reply.manage")
def replies_page() -> str:
    """The replies in the order in which they are tried, and the box."""
    with looking() as (session, _):
        found = list(session.scalars(sa.select(KeywordReply).order_by(KeywordReply.sort, KeywordReply.id)))
        titles = _titles(session, found)
        names = {column.key: column.name for column in columns.listing(session, with_inactive=True)}
        return draw("account/replies.html", found=found, kinds=KINDS, titles=titles, names=names)


def _titles(session: Session, found: list[KeywordReply]) -> dict[str, str]:
    ids = numbers_in(one.content for one in found if one.kind == "article")
    rows = session.execute(sa.select(Article.id, Article.title).where(Article.id.in_(ids)))
    return {str(article_id): title for article_id, title in rows}


@blueprint.post("/replies/try")
@only_looks
@page("reply.manage")
def reply_try() -> str:
    """What a follower would get for this text: a fragment."""
    text = request.form.get("text", "").strip()
    with looking() as (session, _):
        trial = keywords.try_it(session, text) if text else None
    return draw("account/trial.html", trial=trial, text=text)


@blueprint.get("/replies/new")
@blueprint.get("/replies/<int:reply_id>", endpoint="reply")
@page("reply.manage")
def reply_new(reply_id: int | None = None) -> str:
    """The form for one reply."""
    with looking() as (session, _):
        published = session.scalars(
            sa.select(Article)
            .where(Article.status == ArticleStatus.PUBLISHED.value)
            .order_by(Article.published_at.desc())
            .limit(50)
        )
        return draw(
            "account/reply.html", reply=_reply(session, reply_id) if reply_id else None, kinds=KINDS,
            articles=[(str(one.id), one.title) for one in published],
            columns=[(column.key, column.name) for column in columns.listing(session)],
        )  # fmt: skip


@blueprint.post("/replies/new", endpoint="reply_new_post")
@blueprint.post("/replies/<int:reply_id>", endpoint="reply_post")
@action("reply.manage", form=reply_new)
def reply_post(reply_id: int | None = None) -> Any:
    """Save it."""
    values = _reply_values()
    with acting() as (session, me):
        if reply_id:
            row = _reply(session, reply_id)
        else:
            last = session.scalar(sa.select(sa.func.max(KeywordReply.sort))) or 0
            row = KeywordReply(sort=last + 1)
            session.add(row)
        for name, value in values.items():
            setattr(row, name, value)
        row.updated_by, row.updated_at = me.id, clock.now()
        session.flush()
        audit.record(session, "reply.change", at=clock.now(), user=me, subject=f"reply:{row.id}")
    flash("已保存，立即生效", "success")
    return redirect(url_for("console.replies"), 303)


def _reply_values() -> dict[str, Any]:
    form = request.form
    kind, pattern = form.get("kind", "text"), " ".join(form.get("pattern", "").split())
    content = form.get(f"content_{kind}", "").strip()
    if not 1 <= len(pattern) <= 40:
        raise Refused("关键词应为 1 到 40 个字")
    if kind not in KINDS or not content:
        raise Refused("请填写回复内容")
    most = settings().wechat.limits.text_reply_bytes
    if len(content.encode()) > most:
        raise Refused(f"回复内容太长，微信最多 {most // 3} 个汉字，现在是 {len(content)} 个字")
    return {
        "pattern": pattern, "kind": kind, "content": content, "whole": form.get("whole") != "no",
        "active": form.get("active") == "yes",
    }  # fmt: skip


@blueprint.post("/replies/<int:reply_id>/delete")
@action("reply.manage")
def reply_delete(reply_id: int) -> Any:
    """Remove one."""
    with acting() as (session, me):
        session.delete(_reply(session, reply_id))
        detail = {"deleted": True}
        audit.record(
            session, "reply.change", at=clock.now(), user=me, subject=f"reply:{reply_id}", detail=detail
        )
    flash("已删除", "success")
    return redirect(url_for("console.replies"), 303)


def _reply(session: Session, reply_id: int) -> KeywordReply:
    row = session.get(KeywordReply, reply_id)
    if row is None:
        raise NotFound("这条自动回复不存在，可能已被删除")
    return row


# --- The menu ----------------------------------------------------------------------------------------------


@blueprint.get("/menu", endpoint="menu")
@page("menu.manage")
def menu_page() -> str:
    """自定义菜单: three by five, with a picture of how a phone shows it."""
    with looking() as (session, _):
        base = settings().server.base_url
        row = session.scalar(
            sa.select(Menu).where(Menu.published_at.is_(None)).order_by(Menu.id.desc()).limit(1)
        )
        last = menus.published(session)
        buttons = row.buttons if row else last.buttons if last else menus.default(base)
        changed = last is None or buttons != last.buttons
        return draw(
            "account/menu.html", buttons=buttons, last=last, changed=changed, types=TYPES, commands=COMMANDS,
            faults=menus.faults(buttons),
        )  # fmt: skip


@blueprint.post("/menu", endpoint="menu_post")
@action("menu.manage", form=menu_page)
def menu_post() -> Any:
    """Save the draft and, if that is the button that was pressed, publish it."""
    with acting() as (session, me):
        row = menus.save(session, me, _buttons(), settings().server.base_url)
        audit.record(session, "menu.change", at=clock.now(), user=me, subject=f"menu:{row.id}")
        menu_id, buttons = row.id, row.buttons
    if request.form.get("then") != "publish":
        flash("草稿已保存，尚未发布到微信", "success")
        return redirect(url_for("console.menu"), 303)
    menus.publish(parts().client, buttons)
    with acting() as (session, me):
        menus.mark_published(session, menu_id)
        audit.record(session, "menu.publish", at=clock.now(), user=me, subject=f"menu:{menu_id}")
    flash(f"已于 {in_table(clock.now())} 发布到微信，手机上最迟 5 分钟后显示", "success")
    return redirect(url_for("console.menu"), 303)


def _buttons() -> list[dict[str, Any]]:
    found = []
    for top in range(menus.TOP):
        button = _button(str(top))
        subs = [sub for n in range(menus.SUB) if (sub := _button(f"{top}-{n}"))]
        if button and subs:
            found.append({"name": button["name"], "sub_button": subs})
        elif button:
            found.append(button)
        elif subs:
            raise Refused(f"第 {top + 1} 个一级菜单有子菜单但没有名称，请补上名称")
    return found


def _button(at: str) -> dict[str, Any]:
    form = request.form
    name = form.get(f"name-{at}", "").strip()
    if not name:
        return {}
    kind = form.get(f"type-{at}", "view")
    field = "url" if kind == "view" else "key"
    return {"name": name, "type": kind, field: form.get(f"{field}-{at}", "").strip()}
