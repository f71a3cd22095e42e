"""用户管理: accounts, roles, passwords. People are deactivated, never deleted."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from accounts import factor, sessions, users
from community import members, places, privacy
from ground import clock
from ground.errors import Refused
from models import ROLE_NAMES
from web.access import acting, action, looking, page, settings, signed_in
from web.console.face import blueprint, draw
from web.once import once


@blueprint.get("/users", endpoint="accounts")
@page("user.manage")
def accounts_page() -> str:
    """All accounts."""
    with looking() as (session, _):
        return draw("system/users.html", found=users.listing(session))


@blueprint.get("/users/new")
@page("user.manage")
def account_new() -> str:
    """The form for a new account."""
    with looking() as (session, _):
        return draw("system/user_new.html", branches=places.branches(session), roles=list(ROLE_NAMES.items()))


@blueprint.post("/users/new", endpoint="account_new_post")
@once
@action("user.manage", form=account_new)
def account_new_post() -> Any:
    """Add it; the password is hashed before the transaction."""
    form = request.form
    users.check_strength(form.get("password", ""), form.get("username", ""), form.get("display_name", ""))
    hashed = users.hash_password(form.get("password", ""))
    role = form.get("role", "")
    with acting() as (session, me):
        branch = places.branch(session, form.get("branch", 0, type=int)) if role == "secretary" else None
        user = users.create(
            session, username=form.get("username", ""), password_hash=hashed, role=role, at=clock.now(), branch=branch,
            stage=form.get("stage", type=int) if role == "reviewer" else None,
            display_name=form.get("display_name", ""), by=me,
        )  # fmt: skip
    flash(f"账号“{user.username}”已新建", "success")
    return redirect(url_for("console.accounts"), 303)


@blueprint.get("/users/<int:user_id>")
@page("user.manage")
def account(user_id: int) -> str:
    """One account: where it is signed in; reset the password or the second factor, 停用 or 启用."""
    with looking() as (session, me):
        user = users.get(session, user_id)
        words = request.args.get("q", "").strip()
        found = members.listed(session, me, words=words).slice(0, 20) if words else []
        tied = privacy.glimpse(privacy.seen(session, me, user.member_id)) if user.member_id else None
        return draw(
            "system/user.html",
            user=user,
            tied=tied,
            alike=[(one.id, privacy.glimpse(one)) for one in found],
            branches=places.branches(session),
            roles=list(ROLE_NAMES.items()),
            handle=sessions.handle,
            factor=factor.confirmed(session, user.id),
            found=sessions.listing(session, user.id, at=clock.now(), limits=settings().limits),
        )


@blueprint.post("/users/<int:user_id>/password")
@action("user.manage", form=account)
def account_password(user_id: int) -> Any:
    """Reset the password; all sessions of that user end and its delays are lifted."""
    with looking() as (session, _):
        user = users.get(session, user_id)
    users.check_strength(request.form.get("password", ""), user.username, user.display_name)
    hashed = users.hash_password(request.form.get("password", ""))
    with acting() as (session, me):
        users.set_password(session, users.get(session, user_id), hashed, at=clock.now(), by=me)
    flash("密码已重置，请告知本人登录后修改", "success")
    return redirect(url_for("console.account", user_id=user_id), 303)


@blueprint.post("/users/<int:user_id>/two-step")
@action("user.manage", form=account)
def account_two_step(user_id: int) -> Any:
    """Take the second factor away from somebody who lost the phone; the reason goes into the audit."""
    reason = request.form.get("reason", "")
    if user_id == signed_in().id:
        raise Refused("不能重置自己的动态码，请到“动态码”页面停用，或由其他管理员重置")
    with acting() as (session, me):
        factor.remove(session, users.get(session, user_id), at=clock.now(), by=me, reason=reason)
    flash("动态码已重置，该账号的登录已全部结束，请本人重新登录后设置", "success")
    return redirect(url_for("console.account", user_id=user_id), 303)


@blueprint.post("/users/<int:user_id>/sessions")
@action("user.manage", form=account)
def account_sessions(user_id: int) -> Any:
    """End one session of somebody, or all."""
    called, at = request.form.get("which", ""), clock.now()
    with acting() as (session, me):
        users.end_sessions(session, users.get(session, user_id), called, at=at, by=me)
    flash("已结束", "success")
    return redirect(url_for("console.account", user_id=user_id), 303)


@blueprint.post("/users/<int:user_id>/active")
@action("user.manage", form=account)
def account_active(user_id: int) -> Any:
    """停用 or 启用."""
    active = request.form.get("active") == "yes"
    if user_id == signed_in().id and not active:
        raise Refused("不能停用自己的账号，请由其他管理员操作")
    with acting() as (session, me):
        users.set_active(session, users.get(session, user_id), active, at=clock.now(), by=me)
    flash("已启用" if active else "已停用，该账号的登录已全部失效", "success")
    return redirect(url_for("console.account", user_id=user_id), 303)


@blueprint.post("/users/<int:user_id>/name")
@action("user.manage", form=account)
def account_name(user_id: int) -> Any:
    """Change the name that is shown."""
    with acting() as (session, me):
        name = request.form.get("display_name", "")
        users.rename(session, users.get(session, user_id), name, at=clock.now(), by=me)
    flash("已保存", "success")
    return redirect(url_for("console.account", user_id=user_id), 303)


@blueprint.post("/users/<int:user_id>/role")
@action("user.manage", form=account)
def account_role(user_id: int) -> Any:
    """Another role, branch or stage."""
    form = request.form
    role = form.get("role", "")
    stage = form.get("stage", type=int) if role == "reviewer" else None
    with acting() as (session, me):
        branch = places.branch(session, form.get("branch", 0, type=int)) if role == "secretary" else None
        user = users.get(session, user_id)
        users.change_role(session, user, role, at=clock.now(), branch=branch, stage=stage, by=me)
    flash("角色已修改，本人打开下一个页面时生效", "success")
    return redirect(url_for("console.account", user_id=user_id), 303)


@blueprint.post("/users/<int:user_id>/member")
@action("user.manage", form=account)
def account_member(user_id: int) -> Any:
    """Say which member it belongs to, or none."""
    member_id = request.form.get("member", 0, type=int) or None
    with acting() as (session, me):
        others = users.tie(session, users.get(session, user_id), member_id, at=clock.now(), by=me)
    if others:
        flash(f"已关联。这位党员还关联着账号：{'、'.join(others)}，请核对是不是同一个人", "warning")
    else:
        flash("已关联" if member_id else "已取消关联", "success")
    return redirect(url_for("console.account", user_id=user_id), 303)
