"""Who may do what: one table, asked by every face before it acts.

A secretary acts for the own branch only. Lists are narrowed in the query (:func:`branch_scope`), never in the template.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ground.errors import Forbidden
from models import ROLE_NAMES, User

_ALL = frozenset({"admin", "editor", "reviewer", "secretary", "auditor"})

RIGHTS: dict[str, frozenset[str]] = {
    # content
    "article.view": frozenset({"admin", "editor", "reviewer", "auditor"}),
    "article.write": frozenset({"admin", "editor"}),
    "article.review": frozenset({"admin", "reviewer"}),
    "article.preview": frozenset({"admin", "editor", "reviewer"}),
    "article.queue": frozenset({"admin", "editor"}),
    "column.manage": frozenset({"admin"}),
    "lexicon.view": frozenset({"admin", "editor", "reviewer", "auditor"}),
    "lexicon.change": frozenset({"admin"}),
    # pushing
    "push.view": frozenset({"admin", "editor", "reviewer", "auditor"}),
    "push.create": frozenset({"admin", "editor"}),
    "push.control": frozenset({"admin", "editor"}),
    "push.release": frozenset({"admin", "editor", "reviewer"}),
    # activities and check-in
    "activity.view": frozenset({"admin", "editor", "secretary", "auditor"}),
    "activity.create": frozenset({"admin", "editor", "secretary"}),
    "activity.change": frozenset({"admin", "editor", "secretary"}),
    "activity.remind": frozenset({"admin", "editor", "secretary"}),
    "activity.template": frozenset({"admin", "editor"}),
    "activity.export": frozenset({"admin", "secretary", "auditor"}),
    "checkin.record": frozenset({"admin", "secretary"}),
    # groups of branches
    "group.view": frozenset({"admin", "editor", "secretary", "auditor"}),
    "group.change": frozenset({"admin", "editor", "secretary"}),
    # people and places
    "place.view": _ALL,
    "place.import": frozenset({"admin"}),
    "member.view": frozenset({"admin", "secretary", "auditor"}),
    "member.import": frozenset({"admin"}),
    "member.change": frozenset({"admin", "secretary"}),
    "member.transfer": frozenset({"admin"}),
    "member.merge": frozenset({"admin"}),
    "member.unmask": frozenset({"admin", "secretary"}),
    "member.unbind": frozenset({"admin", "secretary"}),
    "member.erase": frozenset({"admin"}),
    "member.answer": frozenset({"admin", "secretary"}),
    "member.export": frozenset({"admin"}),
    "privacy.view": frozenset({"admin", "auditor"}),
    "follower.view": frozenset({"admin", "auditor"}),
    "follower.sync": frozenset({"admin"}),
    # the account and the house
    "message.view": frozenset({"admin", "auditor"}),
    "menu.manage": frozenset({"admin"}),
    "reply.manage": frozenset({"admin", "editor"}),
    "user.manage": frozenset({"admin"}),
    "audit.view": frozenset({"admin", "auditor"}),
    "system.manage": frozenset({"admin"}),
    "workdays.change": frozenset({"admin", "editor"}),
}
"""Action → roles. An action that is not here is a mistake of ours and raises ``KeyError``."""

_NOBODY = -1


def may(user: User, action: str, branch_id: int | None = None) -> bool:
    """Whether an active user may do this; for a secretary with ``branch_id`` only if it is the own branch.

    Without ``branch_id`` the answer is "somewhere": narrow the query with :func:`branch_scope`.
    """
    if not user.active or user.role not in RIGHTS[action]:
        return False
    own = own_branch(user)
    return own is None or branch_id is None or own == branch_id


def require(user: User, action: str, branch_id: int | None = None) -> None:
    """Raise :class:`Forbidden` where :func:`may` says no."""
    if may(user, action, branch_id):
        return
    if may(user, action):
        raise Forbidden("您只能查看和办理本支部的数据，如需开通请联系管理员", action=action, user=user.id)
    raise Forbidden(
        f"您的角色是{ROLE_NAMES.get(user.role, user.role)}，没有此项权限，如需开通请联系管理员",
        action=action,
        user=user.id,
    )


def own_branch(user: User) -> int | None:
    """The one branch whose data a user sees, or None for all. A secretary without a branch sees none (an impossible id)."""
    if user.role != "secretary":
        return None
    return _NOBODY if user.branch_id is None else user.branch_id


def branch_scope(user: User, column: Any) -> sa.ColumnElement[bool]:
    """The condition that keeps a query inside what the user may see: ``where(branch_scope(user, Member.branch_id))``."""
    own = own_branch(user)
    return sa.true() if own is None else column == own
