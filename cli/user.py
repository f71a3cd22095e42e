"""``flask user``: accounts of the console."""

from __future__ import annotations

import sys

import click

from accounts import factor, users
from cli.output import Group, acting_if_any, as_if_any, emit_json, emit_rows, json_option, runtime
from community import places
from ground import clock
from ground.errors import Refused
from models import ROLE_NAMES, ROLES

group = Group("user", help="用户：新建、列出、停用、改角色、改密码、重置动态码")


def _password(from_stdin: bool, *words: str) -> str:
    if from_stdin:
        text = sys.stdin.readline().rstrip("\r\n")
    else:
        text = click.prompt("密码", hide_input=True, confirmation_prompt="再输入一次", err=True)
    if not text:
        raise Refused("密码不能为空")
    users.check_strength(text, *words)
    return users.hash_password(text)


@group.command("create")
@click.argument("name")
@click.option("--role", required=True, help="、".join(f"{role}（{ROLE_NAMES[role]}）" for role in ROLES))
@click.option("--branch", "branch_name", metavar="党支部", help="支部书记所在的党支部")
@click.option("--stage", type=int, help="审核员只负责哪一级审核（1 到 3），不填则各级都可以")
@click.option("--display-name", default="", metavar="姓名", help="显示的姓名")
@click.option("--password-stdin", is_flag=True, help="从标准输入读取密码")
@json_option
def create(
    name: str,
    role: str,
    branch_name: str | None,
    stage: int | None,
    display_name: str,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """新建用户。密码从标准输入读取，或在提示后输入。"""
    hashed = _password(password_stdin, name, display_name)
    with runtime().db.session_scope() as session:
        branch = None
        if branch_name:
            branch = places.branch_named(session, branch_name)
        user = users.create(
            session,
            username=name,
            password_hash=hashed,
            role=role,
            at=clock.now(),
            branch=branch,
            stage=stage,
            display_name=display_name,
        )
        made = {"id": user.id, "username": user.username, "role": user.role}
    if as_json:
        emit_json(made)
    else:
        click.echo(f"已新建用户 {made['username']}（{ROLE_NAMES[role]}）")


@group.command("list")
@json_option
def list_users(as_json: bool) -> None:
    """列出用户。"""
    with runtime().db.read_scope() as session:
        rows = [
            {
                "id": user.id,
                "username": user.username,
                "name": user.display_name,
                "role": user.role,
                "stage": user.stage,
                "branch": user.branch.name if user.branch else None,
                "active": user.active,
            }
            for user in users.listing(session)
        ]
    if as_json:
        emit_json(rows)
        return
    emit_rows(
        ["用户名", "姓名", "角色", "党支部", "状态"],
        [
            [
                row["username"],
                row["name"],
                ROLE_NAMES[str(row["role"])],
                row["branch"],
                "正常" if row["active"] else "停用",
            ]
            for row in rows
        ],
    )


@group.command("password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="从标准输入读取密码")
def password(name: str, password_stdin: bool) -> None:
    """重设一个用户的密码，并让其已登录的浏览器全部退出。"""
    hashed = _password(password_stdin, name)
    with runtime().db.session_scope() as session:
        users.set_password(session, users.by_name(session, name), hashed, at=clock.now())
    click.echo(f"已重设 {name} 的密码")


@group.command("disable")
@click.argument("name")
def disable(name: str) -> None:
    """停用一个用户，其已登录的浏览器随之退出。"""
    with runtime().db.session_scope() as session:
        users.set_active(session, users.by_name(session, name), False, at=clock.now())
    click.echo(f"已停用 {name}")


@group.command("reset-totp")
@click.argument("name")
@click.option("--reason", required=True, metavar="原因", help="写进操作日志，例如：手机遗失，已当面核对本人")
def reset_totp(name: str, reason: str) -> None:
    """取消一个用户的动态码和恢复码（手机遗失时用），其已登录的浏览器全部退出。"""
    with runtime().db.session_scope() as session:
        factor.remove(session, users.by_name(session, name), at=clock.now(), by=None, reason=reason)
    click.echo(f"已重置 {name} 的动态码，请本人用密码登录后重新设置")


@group.command("role")
@click.argument("name")
@click.option("--role", required=True, help="、".join(f"{role}（{ROLE_NAMES[role]}）" for role in ROLES))
@click.option("--branch", "branch_name", metavar="党支部", help="支部书记所在的党支部")
@click.option("--stage", type=int, help="审核员只负责哪一级审核（1 到 3），不填则各级都可以")
@as_if_any
def role_(name: str, role: str, branch_name: str | None, stage: int | None, acting: str) -> None:
    """修改一个用户的角色，立即生效；最后一个管理员不能改。"""
    with runtime().db.session_scope() as session:
        branch = places.branch_named(session, branch_name) if branch_name else None
        user = users.by_name(session, name)
        by = acting_if_any(session, acting)
        users.change_role(session, user, role, at=clock.now(), branch=branch, stage=stage, by=by)
    click.echo(f"{name} 的角色已改为{ROLE_NAMES[role]}")


@group.command("tie")
@click.argument("name")
@click.argument("member", type=int, metavar="党员编号")
@as_if_any
def tie_(name: str, member: int, acting: str) -> None:
    """说明一个用户是名册里的哪一位党员（编号写在党员信息页上），0 为取消关联。"""
    with runtime().db.session_scope() as session:
        by = acting_if_any(session, acting)
        others = users.tie(session, users.by_name(session, name), member or None, at=clock.now(), by=by)
    click.echo(f"{name} 已关联 {member} 号党员" if member else f"{name} 已取消关联")
    if others:
        click.echo(f"注意：这位党员还关联着账号：{'、'.join(others)}，请核对是不是同一个人", err=True)
