"""The console's blueprint, and what all its pages are drawn with."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from flask import Blueprint, g, request

from accounts import users
from community import places
from database.session import Session
from ground import clock
from models import User
from scheduler import audience
from web import access
from web.console import hints, todo
from web.console.menu_bar import menu_for
from web.console.todo import Todo

blueprint = Blueprint("console", __name__, url_prefix="/console")
access.guard(blueprint)


def to_do(session: Session, me: User) -> Todo:
    """What waits for this user, asked once a request: the frame tells it on every page, some pages tell more of it."""
    if "to_do" not in g:
        g.to_do = todo.counts(session, access.settings(), me, at=clock.now())
    return cast(Todo, g.to_do)


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
            waiting = to_do(session, me)
            values["audience_label"] = partial(audience.label_of, called=places.called(session))
            values["hints"] = hints.for_user(session, me, access.parts())
        values["todo"] = waiting
        values["menu"] = menu_for(user, waiting.by_name)
    return values


@blueprint.app_context_processor
def _framed() -> dict[str, Any]:
    """Also for pages that belong to no view: an unknown address under ``/console`` keeps its menu."""
    return frame() if request.path.startswith(blueprint.url_prefix or "") else {}
