"""The blueprint of the branch's pages, and the branch whose pages they are."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template, request

from accounts import users
from community import places
from database.session import Session
from ground.errors import Forbidden, NotFound
from models import Branch, User
from web import access, once
from web.console import hints

blueprint = Blueprint("branch", __name__, url_prefix="/branch")
access.guard(blueprint)


def draw(template: str, **values: Any) -> str:
    """Render one of the branch's templates."""
    return render_template(f"branch/{template}", **values)


def branch_of(session: Session, user: User, branch_id: int) -> Branch:
    """The branch of the address. Raises :class:`errors.Forbidden` for another one's secretary."""
    branch = places.branch(session, branch_id)
    if not branch.active:
        raise NotFound("没有这个党支部")
    if not users.may(user, "activity.view", branch_id):
        raise Forbidden(f"您没有查看{branch.label}数据的权限，如需开通请联系管理员")
    return branch


def frame() -> dict[str, Any]:
    """What the layout shows round a page."""
    settings = access.settings()
    return {
        "me": g.get("user"),
        "on_trial": hints.on_trial(settings),
        "once_mark": once.mark,
        "may": lambda right: g.user is not None and users.may(g.user, right),
        "limits": settings.numbers,
        "here": (request.view_args or {}).get("branch_id"),
    }


@blueprint.app_context_processor
def _framed() -> dict[str, Any]:
    return frame() if request.path.startswith(blueprint.url_prefix or "") else {}
