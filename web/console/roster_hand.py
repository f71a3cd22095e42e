"""One member by hand: the page of one, 新增, 更正, 移出名册 and 恢复在册."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import flash, g, redirect, request, url_for

from accounts import users
from community import members, moves, places, privacy, upkeep
from community.upkeep import AlreadyListed, Overtaken, Typed
from ground import clock
from web.access import acting, action, looking, page
from web.console.face import blueprint, draw
from web.moments import day_from_input
from web.once import once


@blueprint.get("/members/<int:member_id>")
@page("member.view")
def member_page(member_id: int) -> str:
    """Who it is, masked, where they were, and what can be done."""
    with looking() as (session, me):
        one = upkeep.page_of(session, me, member_id)
        return draw(
            "people/member.html", member=one, whom=privacy.glimpse(one), history=moves.history(session, member_id),
            bound=bool(members.following(session, [member_id])), today=clock.shanghai_day(clock.now()),
            branches=places.branches(session), mask_numbers=privacy.mask_numbers,
        )  # fmt: skip


@blueprint.get("/members/new")
@page("member.change")
def member_new() -> str:
    """The form for one person."""
    with looking() as (session, me):
        own = users.own_branch(me)
        branches = [one for one in places.branches(session) if own in (None, one.id)]
        home = branches[0].community_id if len(branches) == 1 else None
        return draw("people/member_new.html", branches=branches, grids=places.grids(session, first=home))


@blueprint.post("/members/new", endpoint="member_new_post")
@once
@action("member.change", form=member_new)
def member_new_post() -> Any:
    """Put them on the roster."""
    branch_id = request.form.get("branch", 0, type=int)
    with _known_is_told(), acting() as (session, me):
        kept = upkeep.add(session, me, branch_id, _typed(whole=True), at=clock.now())
        member_id = kept.member.id
    _tell("已新增", kept.remarks)
    return redirect(url_for("console.member_page", member_id=member_id), 303)


@blueprint.get("/members/<int:member_id>/correct")
@page("member.change")
def member_correct(member_id: int) -> str:
    """The form with what is known; name and phone stay masked, and are typed anew to be changed.

    Where somebody else was faster it shows what is there now, and what was typed beside: nothing is overwritten unseen.
    """
    typed: dict[str, str] = {}
    if g.get("overtaken"):
        typed, g.filled = {name: g.filled.get(name, "").strip() for name in upkeep.FREE}, None
    with looking() as (session, me):
        one = upkeep.page_of(session, me, member_id)
        return draw(
            "people/member_correct.html", member=one, whom=privacy.glimpse(one), as_of=upkeep.mark(one),
            mask_phone=privacy.mask_phone, grids=places.grids(session, first=one.branch.community_id),
            lost=[(upkeep.FIELDS[name], text) for name, text in typed.items() if text != str(getattr(one, name) or "")],
        )  # fmt: skip


@blueprint.post("/members/<int:member_id>/correct", endpoint="member_correct_post")
@action("member.change", form=member_correct)
def member_correct_post(member_id: int) -> Any:
    """Keep it."""
    as_of = request.form.get("as_of", "")
    with _known_is_told(), _present_is_shown(), acting() as (session, me):
        kept = upkeep.correct(session, me, member_id, _typed(), at=clock.now(), as_of=as_of)
    _tell("已保存", kept.remarks)
    return redirect(url_for("console.member_page", member_id=member_id), 303)


@blueprint.post("/members/<int:member_id>/leave")
@action("member.change", form=member_page)
def member_leave(member_id: int) -> Any:
    """移出名册."""
    on, reason = day_from_input(request.form.get("on", "")), request.form.get("reason", "")
    with acting() as (session, me):
        upkeep.leave(session, me, member_id, on=on, reason=reason, at=clock.now())
    flash(
        "已移出名册，以前的签到记录和应到人数不变。请同时修改单位的名册文件，否则下次导入会恢复在册",
        "warning",
    )
    return redirect(url_for("console.member_page", member_id=member_id), 303)


@blueprint.post("/members/<int:member_id>/return")
@action("member.change", form=member_page)
def member_return(member_id: int) -> Any:
    """恢复在册."""
    on, reason = day_from_input(request.form.get("on", "")), request.form.get("reason", "")
    with acting() as (session, me):
        target = request.form.get("target", type=int)
        upkeep.come_back(session, me, member_id, on=on, reason=reason, at=clock.now(), branch_id=target)
    flash("已恢复在册，请本人重新绑定微信", "success")
    return redirect(url_for("console.member_page", member_id=member_id), 303)


@contextmanager
def _known_is_told() -> Iterator[None]:
    """Leave the way to somebody who is on the roster already beside the refusal."""
    try:
        yield
    except AlreadyListed as error:
        g.known = error.member_id
        raise


@contextmanager
def _present_is_shown() -> Iterator[None]:
    """Mark that the form must not show what was typed as if it were there."""
    try:
        yield
    except Overtaken:
        g.overtaken = True
        raise


def _typed(*, whole: bool = False) -> Typed:
    """What the form says. Correcting, an empty name or phone is one that stays; ``whole``: of somebody new."""
    form = request.form
    name, phone = form.get("name", "").strip(), form.get("phone", "").strip()
    return Typed(
        name=name if name or whole else None,
        phone=phone if phone or whole else None,
        gender=form.get("gender", ""),
        grid_id=form.get("grid", 0, type=int),
        joined_on=form.get("joined_on", ""),
        duty=form.get("duty", ""),
        note=form.get("note", ""),
    )


def _tell(done: str, remarks: list[str]) -> None:
    if remarks:
        flash(f"{done}。{'；'.join(remarks)}", "warning")
    else:
        flash(done, "success")
