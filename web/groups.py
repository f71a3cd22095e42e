"""群 as two faces show them: the console, and a branch's pages on the phone.

The faces differ in their templates and in where their links lead; what is looked up, asked and done stands here, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request, url_for

from accounts import users
from community import groups, places
from community.groups import Shown, Typed
from database.session import Session
from ground import clock
from ground.errors import NotFound, Refused
from models import GroupKind, User
from scheduler import trying
from web import access
from web.access import acting, looking, parts, signed_in


@dataclass(frozen=True)
class Face:
    """Where groups are shown: the blueprint's ``name``, the ``folder`` of its templates, and the one branch of its pages.

    ``branch_id`` None: all that the user may see.
    """

    name: str
    folder: str
    branch_id: int | None = None

    def draw(self, session: Session, me: User, template: str, **values: Any) -> str:
        """Render one of its templates."""
        branch = None if self.branch_id is None else places.shown(session, me, self.branch_id)
        return access.draw(f"{self.folder}/{template}.html", branch=branch, **values)

    def to(self, view: str, **values: Any) -> str:
        """The address of one of its views."""
        if self.branch_id is not None:
            values["branch_id"] = self.branch_id
        return url_for(f"{self.name}.{view}", **values)

    def group(self, session: Session, me: User, group_id: int) -> Shown:
        """One group of this face. Raises :class:`NotFound` for another branch's."""
        found = groups.get(session, me, group_id)
        if self.branch_id not in (None, found.branch_id):
            raise NotFound("这个支部没有这个群，请从列表里重新选择")
        return found


def listing(face: Face) -> str:
    """The groups, and how something gets to each."""
    with looking() as (session, me):
        found = groups.listed(session, me, branch_id=face.branch_id)
        return face.draw(session, me, "groups", found=found, to=face.to)


def form(face: Face, group_id: int | None = None) -> str:
    """The form for a new group, or for one that is there."""
    with looking() as (session, me):
        found = None if group_id is None else face.group(session, me, group_id)
        own = users.own_branch(me)
        whose = found.branch_id if found else face.branch_id if face.branch_id is not None else own
        return face.draw(
            session, me, "group", one=found, to=face.to, kinds=[(kind.value, name) for kind, name in groups.KIND_NAMES.items()],
            names_people=groups.may_name(me, whose), street=groups.STREET if own is None else "",
            branches=[one for one in places.branches(session) if own in (None, one.id)],
        )  # fmt: skip


def make(face: Face) -> Any:
    """Keep a new one."""
    chosen = face.branch_id if face.branch_id is not None else request.form.get("branch", type=int)
    if chosen is None:
        raise Refused("请选择这是哪个党支部的群")
    branch_id = chosen or None  # 0 stands for the whole street
    with acting() as (session, me):
        made = groups.add(session, me, branch_id, _typed(), at=clock.now())
        name, group_id, robot = made.name, made.id, made.robot
    flash(f"已登记“{name}”" + ("，请点“发一条试试”看看机器人能不能用" if robot else ""), "success")
    return redirect(face.to("group", group_id=group_id), 303)


def keep(face: Face, group_id: int) -> Any:
    """Keep what was changed of one."""
    version = request.form.get("version", type=int)
    with acting() as (session, me):
        face.group(session, me, group_id)
        groups.change(session, me, group_id, _typed(changes=True), version=version, at=clock.now())
    flash("已保存", "success")
    return redirect(face.to("groups"), 303)


def close(face: Face, group_id: int) -> Any:
    """停用."""
    with acting() as (session, me):
        face.group(session, me, group_id)
        version = request.form.get("version", type=int)
        name = groups.give_up(session, me, group_id, version=version, at=clock.now())
    flash(f"已停用“{name}”，以后的推送不再发到这个群", "success")
    return redirect(face.to("groups"), 303)


def try_out(face: Face, group_id: int) -> Any:
    """发一条试试, and what came back."""
    with looking() as (session, me):
        face.group(session, me, group_id)
    tried = trying.group(parts(), signed_in().id, group_id)
    flash(tried.said, "success" if tried.through else "danger")
    return redirect(face.to("group", group_id=group_id), 303)


def _typed(*, changes: bool = False) -> Typed:
    """What the form says. Of a group that is there, an address or a name that is left empty stays, unless it is taken away."""
    said = request.form
    given: dict[str, str | None] = {}
    for field in ("webhook", "forwarder"):
        text = said.get(field, "").strip()
        stays = changes and not text and said.get(f"{field}_off") != "yes"
        given[field] = None if stays else text
    kind = said.get("kind", "")
    if kind and kind != GroupKind.WECOM:
        given["webhook"] = ""  # its field is not there then
    return Typed(said.get("name", ""), kind, given["webhook"], given["forwarder"])
