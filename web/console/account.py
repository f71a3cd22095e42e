"""公众号设置: the replies that an editor keeps with a box to try them, and the custom menu."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from accounts import audit
from content import columns, finding, on_menu, replies
from database.session import Session
from ground import clock
from ground.errors import Refused
from web.access import acting, action, looking, only_looks, page, parts, settings
from web.console.face import blueprint, draw
from web.wording import in_table
from wechat.inbound.handlers import keywords
from wechat.outbound import menu as menus

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
        found = replies.listing(session)
        titles = replies.titles(session, found)
        names = {column.key: column.name for column in columns.listing(session, with_inactive=True)}
        return draw("account/replies.html", found=found, kinds=replies.KINDS, titles=titles, names=names)


@blueprint.post("/replies/try")
@only_looks
@page("reply.manage")
def reply_try() -> str:
    """What a follower would get for this text: a fragment."""
    text = request.form.get("text", "").strip()
    with looking() as (session, _):
        trial = keywords.try_it(session, text, at=clock.now()) if text else None
    return draw("account/trial.html", trial=trial, text=text)


@blueprint.get("/replies/new")
@blueprint.get("/replies/<int:reply_id>", endpoint="reply")
@page("reply.manage")
def reply_new(reply_id: int | None = None) -> str:
    """The form for one reply."""
    with looking() as (session, _):
        return draw(
            "account/reply.html", reply=replies.get(session, reply_id) if reply_id else None, kinds=replies.KINDS,
            articles=[(str(number), title) for number, title in finding.published(session, limit=50)],
            columns=[(column.key, column.name) for column in columns.listing(session)],
        )  # fmt: skip


@blueprint.post("/replies/new", endpoint="reply_new_post")
@blueprint.post("/replies/<int:reply_id>", endpoint="reply_post")
@action("reply.manage", form=reply_new)
def reply_post(reply_id: int | None = None) -> Any:
    """Save it."""
    form = request.form
    kind = form.get("kind", "text")
    words = replies.Words(
        pattern=form.get("pattern", ""), kind=kind, content=form.get(f"content_{kind}", ""), whole=form.get("whole") != "no",
        active=form.get("active") == "yes",
    )  # fmt: skip
    with acting() as (session, me):
        replies.save(session, me, words, limits=settings().wechat.limits, at=clock.now(), reply_id=reply_id)
    flash("已保存，立即生效", "success")
    return redirect(url_for("console.replies"), 303)


@blueprint.post("/replies/<int:reply_id>/delete")
@action("reply.manage")
def reply_delete(reply_id: int) -> Any:
    """Remove one."""
    with acting() as (session, me):
        replies.delete(session, me, reply_id, at=clock.now())
    flash("已删除", "success")
    return redirect(url_for("console.replies"), 303)


# --- The menu ----------------------------------------------------------------------------------------------


@blueprint.get("/menu", endpoint="menu")
@page("menu.manage")
def menu_page() -> str:
    """自定义菜单: three by five, with a picture of how a phone shows it."""
    with looking() as (session, _):
        base = settings().server.base_url
        row = menus.unpublished(session)
        last = menus.published(session)
        buttons = row.buttons if row else last.buttons if last else menus.default(base)
        changed = last is None or buttons != last.buttons
        return draw(
            "account/menu.html", buttons=buttons, last=last, changed=changed, types=TYPES, commands=COMMANDS,
            faults=menus.faults(buttons), outdated=outdated_menu(session),
        )  # fmt: skip


def outdated_menu(session: Session) -> list[str]:
    """What the menu that is out says of the columns though it is not so any more."""
    last = menus.published(session)
    if last is None or last.published_at is None:
        return []
    return on_menu.outdated(session, last.buttons, last.published_at)


@blueprint.post("/menu", endpoint="menu_post")
@action("menu.manage", form=menu_page)
def menu_post() -> Any:
    """Save the draft and, if that is the button that was pressed, publish it."""
    with acting() as (session, me):
        row = menus.save(session, me, _buttons(), settings().server.base_url, at=clock.now())
        audit.record(session, "menu.change", at=clock.now(), user=me, subject=f"menu:{row.id}")
        menu_id, buttons = row.id, row.buttons
    if request.form.get("then") != "publish":
        flash("草稿已保存，尚未发布到微信", "success")
        return redirect(url_for("console.menu"), 303)
    menus.publish(parts().client, buttons)
    with acting() as (session, me):
        menus.mark_published(session, menu_id, at=clock.now())
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
