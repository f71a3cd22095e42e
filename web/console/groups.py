"""群: the groups of branches in the console."""

from __future__ import annotations

from typing import Any

from web import groups as shared
from web.access import action, page
from web.console.face import blueprint
from web.once import once

_FACE = shared.Face("console", "console/people")


@blueprint.get("/groups", endpoint="groups")
@page("group.view")
def groups_page() -> str:
    """All that this user may see."""
    return shared.listing(_FACE)


@blueprint.get("/groups/new")
@page("group.change")
def group_new() -> str:
    """The form for one more."""
    return shared.form(_FACE)


@blueprint.post("/groups/new", endpoint="group_new_post")
@once
@action("group.change", form=group_new)
def group_new_post() -> Any:
    """Keep it."""
    return shared.make(_FACE)


@blueprint.get("/groups/<int:group_id>")
@page("group.change")
def group(group_id: int) -> str:
    """One group: its form, and what can be done with it."""
    return shared.form(_FACE, group_id)


@blueprint.post("/groups/<int:group_id>", endpoint="group_post")
@action("group.change", form=group)
def group_post(group_id: int) -> Any:
    """Keep what was changed."""
    return shared.keep(_FACE, group_id)


@blueprint.post("/groups/<int:group_id>/try", endpoint="group_try")
@once
@action("group.change", form=group)
def group_try(group_id: int) -> Any:
    """发一条试试."""
    return shared.try_out(_FACE, group_id)


@blueprint.post("/groups/<int:group_id>/close", endpoint="group_close")
@action("group.change", form=group)
def group_close(group_id: int) -> Any:
    """停用."""
    return shared.close(_FACE, group_id)
