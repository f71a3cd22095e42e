"""What an account may do and who it is: role, branch, stage, and the member whose account it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit, persons
from accounts.rights import require
from ground.errors import Conflict, NotFound, Refused
from models import ROLE_NAMES, ROLES, Branch, Member, User


def check(role: str, branch: Branch | None, stage: int | None) -> None:
    """Raise :class:`Refused` for a role, branch and stage that do not belong together."""
    if role not in ROLES:
        names = "、".join(f"{key}（{ROLE_NAMES[key]}）" for key in ROLES)
        raise Refused(f"没有“{role}”这个角色，可选：{names}")
    if role == "secretary" and branch is None:
        raise Refused("支部书记账号须指定所在党支部，请用 --branch 写明支部名称")
    if role != "secretary" and branch is not None:
        raise Refused("只有支部书记账号可以指定党支部，请去掉支部后重试")
    if stage is not None and (role != "reviewer" or stage not in (1, 2, 3)):
        raise Refused("审核环节只能为审核员设置，取值为 1、2、3")


def keep_an_administrator(session: Session, user: User, done: str) -> None:
    """Raise :class:`Refused` where ``user`` is the last active administrator and would be one no more.

    The administrators are held until the commit: of two who take the role from each other, the second waits and is refused.
    """
    if user.role != "admin" or not user.active:
        return
    admins = sa.select(User.id).where(User.role == "admin", User.active.is_(True)).order_by(User.id)
    if set(session.scalars(admins.with_for_update())) <= {user.id}:
        raise Refused(f"这是最后一个管理员账号，不能{done}，请先新建另一个管理员")


def change_role(
    session: Session,
    user: User,
    role: str,
    *,
    at: datetime,
    branch: Branch | None = None,
    stage: int | None = None,
    by: User | None = None,
) -> None:
    """Give another role, branch or stage; every page that the person opens from now on goes by it.

    Raises :class:`Refused` for what does not belong together, one's own role and the last administrator.
    """
    if by is not None:
        require(by, "user.manage")
        if by.id == user.id:
            raise Refused("不能修改自己的角色，请由其他管理员办理")
    check(role, branch, stage)
    wanted: dict[str, Any] = {"role": role, "branch_id": branch.id if branch else None, "stage": stage}
    if all(getattr(user, column) == value for column, value in wanted.items()):
        raise Refused("没有改动任何内容，请修改后再保存")
    if role != "admin":
        keep_an_administrator(session, user, "改为其他角色")
    for column, value in wanted.items():
        setattr(user, column, value)
    session.flush()
    session.expire(user, ["branch"])
    detail: dict[str, Any] = {"role": role}
    if branch is not None:
        detail["branch"] = branch.id
    if stage is not None:
        detail["stage"] = stage
    audit.record(
        session, "user.change", user=by, actor="命令行", subject=f"user:{user.id}", detail=detail, at=at
    )


def tie(
    session: Session, user: User, member_id: int | None, *, at: datetime, by: User | None = None
) -> list[str]:
    """Say which member an account belongs to; None: nobody on the roster. Gives the member's other accounts in use, by label.

    By it the product knows what is somebody's own affair, so nobody says it of the own account. Raises
    :class:`NotFound` for no member, :class:`Refused`, :class:`Conflict` where it is so already.
    """
    if by is not None:
        require(by, "user.manage")
        if persons.same(session, by.id, user.id):
            raise Refused("不能指定自己的账号对应哪位党员，请由其他管理员办理")
    if user.member_id == member_id:
        raise Conflict("这个账号已经是这样关联的，无需再次办理")
    if member_id is not None:
        member = session.get(Member, member_id)
        if member is None or member.erased_at is not None:
            raise NotFound("没有这位党员，请重新查询")
    follow(session, user, member_id, by=by, at=at)
    if member_id is None:
        return []
    session.flush()
    return [one.label for one in of_member(session, member_id) if one.id != user.id and one.active]


def of_member(session: Session, member_id: int) -> list[User]:
    """The accounts that belong to a member."""
    return list(session.scalars(sa.select(User).where(User.member_id == member_id).order_by(User.id)))


def follow(session: Session, user: User, member_id: int | None, *, by: User | None, at: datetime) -> None:
    """Write down whose an account is: as somebody says, or because the member's record was merged or erased."""
    user.member_id = member_id
    detail = {"member": member_id or 0}
    audit.record(
        session, "user.change", user=by, actor="命令行", subject=f"user:{user.id}", detail=detail, at=at
    )
