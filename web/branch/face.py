"""The blueprint of the branch's pages, and what all of them are drawn with."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, request

from accounts import users
from web import access
from web.console import hints

blueprint = Blueprint("branch", __name__, url_prefix="/branch")
access.guard(blueprint)


def draw(template: str, **values: Any) -> str:
    """Render one of the branch's templates."""
    return access.draw(f"branch/{template}", **values)


def frame() -> dict[str, Any]:
    """What the layout shows round a page."""
    settings = access.settings()
    return {
        "me": g.get("user"),
        "on_trial": hints.on_trial(settings),
        "may": lambda right: g.user is not None and users.may(g.user, right),
        "limits": settings.numbers,
        "here": (request.view_args or {}).get("branch_id"),
    }


@blueprint.app_context_processor
def _framed() -> dict[str, Any]:
    return frame() if request.path.startswith(blueprint.url_prefix or "") else {}
