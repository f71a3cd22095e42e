"""The console's blueprint, and what all its pages are drawn with."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, request

from accounts import users
from web import access
from web.console import hints, todo
from web.console.menu_bar import menu_for

blueprint = Blueprint("console", __name__, url_prefix="/console")
access.guard(blueprint)


def draw(template: str, **values: Any) -> str:
    """Render one of the console's templates."""
    return access.draw(f"console/{template}", **values)


def frame() -> dict[str, Any]:
    """What the layout shows round a page: the user, the menu with what waits, notes about the system's health."""
    user = g.get("user")
    settings = access.settings()
    values: dict[str, Any] = {
        "me": user,
        "on_trial": hints.on_trial(settings),
        "may": lambda right, branch_id=None: users.may(user, right, branch_id),
        "limits": settings.numbers,
    }
    if user is not None:
        with access.looking() as (session, me):
            waiting = todo.counts(session, me)
            values["hints"] = hints.for_user(session, me, access.parts())
        values["todo"] = waiting
        values["menu"] = menu_for(user, waiting.by_name)
    return values


@blueprint.app_context_processor
def _framed() -> dict[str, Any]:
    """Also for pages that belong to no view: an unknown address under ``/console`` keeps its menu."""
    return frame() if request.path.startswith(blueprint.url_prefix or "") else {}
