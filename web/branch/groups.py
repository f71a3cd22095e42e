"""群: the groups of a branch, as its secretary keeps them on the phone."""

from __future__ import annotations

from typing import Any

from web import groups as shared
from web.access import action, page
from web.branch.face import blueprint
from web.once import once


def _face(branch_id: int) -> shared.Face:
    return shared.Face("branch", "branch", branch_id)


@blueprint.get("/<int:branch_id>/groups", endpoint="groups")
@page("group.view")
def groups_page(branch_id: int) -> str:
    """The branch's groups."""
    return shared.listing(_face(branch_id))


@blueprint.get("/<int:branch_id>/groups/new")
@page("group.change")
def group_new(branch_id: int) -> str:
    """The form for one more."""
    return shared.form(_face(branch_id))


@blueprint.post("/<int:branch_id>/groups/new", endpoint="group_new_post")
@once
@action("group.change", form=group_new)
def group_new_post(branch_id: int) -> Any:
    """Keep it."""
    return shared.make(_face(branch_id))


@blueprint.get("/<int:branch_id>/groups/<int:group_id>")
@page("group.change")
def group(branch_id: int, group_id: int) -> str:
    """One group: its form, and what can be done with it."""
    return shared.form(_face(branch_id), group_id)


@blueprint.post("/<int:branch_id>/groups/<int:group_id>", endpoint="group_post")
@action("group.change", form=group)
def group_post(branch_id: int, group_id: int) -> Any:
    """Keep what was changed."""
    return shared.keep(_face(branch_id), group_id)


@blueprint.post("/<int:branch_id>/groups/<int:group_id>/try", endpoint="group_try")
@once
@action("group.change", form=group)
def group_try(branch_id: int, group_id: int) -> Any:
    """发一条试试."""
    return shared.try_out(_face(branch_id), group_id)


@blueprint.post("/<int:branch_id>/groups/<int:group_id>/close", endpoint="group_close")
@action("group.change", form=group)
def group_close(branch_id: int, group_id: int) -> Any:
    """停用."""
    return shared.close(_face(branch_id), group_id)
