"""Announcing an activity, changing it, calling it off, as both faces do it: the console, and a branch's pages on the phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import flash, request

from accounts import users
from community import activities, asking, changing, copying, places, templates
from community.announcing import Draft
from community.templates import Template
from database.session import Session
from ground import clock
from ground.errors import Refused
from ground.numbers import numbers_in
from models import Branch, User
from scheduler import changes
from web.access import acting, looking, settings
from web.activities import Face
from web.moments import from_input

_TEXTS = ("title", "keyword", "purpose", "place", "voluntary", "question", "expects")


# --- New ---------------------------------------------------------------------------------------------------


def new_form(face: Face) -> str:
    """The form: empty, filled in by a template (``template``), or the same activity once more (``copy``, ``shift``)."""
    key, now = request.values.get("template", ""), clock.now()
    copied = request.args.get("copy", type=int)
    with looking() as (session, me):
        branch = face.branch(session, me)
        chosen = templates.get(session, key) if key else None
        shown: Draft | None
        if copied is not None:
            shown = copying.draft(session, me, copied, request.args.get("shift", ""), at=now)
        else:
            shown = _from_template(chosen, now)
        branches = _offered(session, me)
        meant = [branch] if branch else (branches if _limited(me) else [])
        return face.draw(
            "new", branch=branch, branches=branches, limited=_limited(me), shown=shown, chosen=chosen, copied=copied,
            templates=templates.listing(session), often=_often(session, meant, shown.starts_at if shown else now), fixed={},
        )  # fmt: skip


def _from_template(chosen: Template | None, now: datetime) -> Draft | None:
    """What a template fills in, for tomorrow evening."""
    if chosen is None:
        return None
    local = clock.to_shanghai(now + timedelta(days=1)).replace(hour=19, minute=0, second=0, microsecond=0)
    return chosen.fill(Draft(title="", starts_at=local, ends_at=local + chosen.length))


def _offered(session: Session, me: User) -> list[Branch]:
    own = users.own_branch(me)
    return [one for one in places.branches(session) if own is None or one.id == own]


def _limited(me: User) -> bool:
    return users.own_branch(me) is not None


def _often(session: Session, branches: Sequence[Branch], now: datetime) -> asking.Asked | None:
    return asking.asked(session, branches, now, ceiling=settings().limits.activities_per_month)


def announce(face: Face) -> Any:
    """Take a filled form for a new activity."""
    with acting() as (session, me):
        draft = _filled(session, me, face)
        made = activities.create(session, me, draft, at=clock.now(), limits=settings().limits)
    for remark in made.warnings:
        flash(remark, "warning")
    flash("活动已新建", "success")
    return face.back_to("activity", activity_id=made.activity.id)


def _filled(session: Session, me: User, face: Face) -> Draft:
    """The form as a draft. Raises :class:`errors.Refused` for times that are missing."""
    form = request.form
    starts_at, ends_at = from_input(form.get("starts_at", "")), from_input(form.get("ends_at", ""))
    if starts_at is None or ends_at is None:
        raise Refused("请选择签到的开始时间和结束时间")
    branch = face.branch(session, me)
    return Draft(
        **{name: form.get(name, "") for name in _TEXTS},
        starts_at=starts_at, ends_at=ends_at, branches=_chosen(session, me) if branch is None else [branch],
        kind=form.get("kind", "event"), template=form.get("template", ""), sign_up=form.get("sign_up") == "yes",
        places=_number("places", "报名名额"), keep_months=_number("keep_months", "保留期") or 0,
        override=form.get("override", ""),
    )  # fmt: skip


def _number(name: str, word: str) -> int | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        raise Refused(f"{word}应为数字")
    return int(text)


def _chosen(session: Session, user: User) -> list[Branch]:
    """The branches of the form; none means all. A secretary's form has the own one only."""
    if users.own_branch(user) is None and request.form.get("scope") != "chosen":
        return []
    ids = numbers_in(request.form.getlist("branch"))
    found = [branch for branch in places.branches(session) if branch.id in ids]
    if not found:
        raise Refused("请至少选择一个党支部")
    return found


# --- Changing ----------------------------------------------------------------------------------------------


def edit_form(face: Face, activity_id: int) -> str:
    """The form of one that is open, with what can no longer be changed, and why."""
    with looking() as (session, me):
        branch = face.branch(session, me)
        found = activities.get(session, activity_id, user=me)
        return face.draw(
            "edit", branch=branch, branches=_offered(session, me), limited=_limited(me), activity=found,
            shown=changing.draft_of(found), fixed=changing.held(session, found, clock.now()).fixed,
        )  # fmt: skip


def edit(face: Face, activity_id: int) -> Any:
    """Save over the version that the form showed."""
    version = request.form.get("version", 0, type=int)
    with acting() as (session, me):
        wanted = _filled(session, me, face)
        if face.branch_id is not None:  # the page of a branch knows no other: they stay as they are
            found = activities.get(session, activity_id, user=me)
            wanted = replace(wanted, branches=changing.draft_of(found).branches)
        made = changes.edit(
            session, settings(), me, activity_id, wanted, version=version, note=request.form.get("note", ""), at=clock.now()
        )  # fmt: skip
        told = changes.said(made.change) if made.change is not None else ""
    for remark in made.warnings:
        flash(remark, "warning")
    flash(f"已保存，{told}" if told else "没有改动", "success")
    return face.back_to("activity", activity_id=activity_id)


def cancel(face: Face, activity_id: int) -> Any:
    """Call it off; what was recorded stays."""
    with acting() as (session, me):
        face.branch(session, me)
        reason = request.form.get("reason", "")
        made = changes.cancel(session, settings(), me, activity_id, reason=reason, at=clock.now())
        told = changes.said(made.change) if made.change is not None else ""
    flash(f"活动已取消，已有的签到记录保留；{told}", "success")
    return face.back_to("activity", activity_id=activity_id)


__all__ = ["announce", "cancel", "edit", "edit_form", "new_form"]
