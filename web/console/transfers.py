"""转移党员 in three steps (choose, say where to, check), and what was done: its list, one of it, taking it back.

Who is chosen travels in the form from page to page, so that the way back and a second window show what they showed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, g, redirect, request, url_for

from community import members, places, privacy, transfers
from ground import clock
from ground.errors import Refused
from ground.numbers import number_in
from web import listing
from web.access import acting, action, looking, only_looks, page
from web.console.face import blueprint, draw
from web.listing import Paging
from web.moments import day_from_input
from web.once import once

_SIZE = 50


@dataclass
class Choice:
    """The query above the list, its page, and who is ticked."""

    words: str
    branch_id: int | None
    page: int
    ids: set[int]

    @classmethod
    def asked(cls) -> Choice:
        """That of the form, or of the address."""
        given = request.values
        texts = [*given.getlist("chosen"), *given.getlist("member")]
        ids = {number for text in texts if (number := number_in(text)) is not None}
        go = given.get("go", "")
        turned = go.removeprefix("page-") if go.startswith("page-") else given.get("page", "")
        shown = number_in(turned) if go != "search" else 1
        return cls(given.get("q", "").strip(), given.get("branch", type=int) or None, shown or 1, ids)


@blueprint.get("/members/transfer")
@page("member.transfer")
def transfer_choose() -> str:
    """Step one. With ``member`` in the address and ``go=next`` somebody is chosen already."""
    choice = Choice.asked()
    return transfer_where() if choice.ids and request.args.get("go") == "next" else _list(choice)


@blueprint.post("/members/transfer", endpoint="transfer_choose_post")
@only_looks
@action("member.transfer", form=transfer_choose)
def transfer_choose_post() -> str:
    """The list again with another query or page, a pasted list looked up, or on to step two."""
    choice, go = Choice.asked(), request.form.get("go", "")
    if go == "next":
        return transfer_where()
    if go == "clear":
        choice.ids.clear()
    if go == "paste":
        with looking() as (session, me):
            named = transfers.named(session, me, request.form.get("pasted", ""))
        choice.ids.update(named.ids)
        return _list(choice, named=named)
    return _list(choice, all_of_page=go == "all")


def _list(choice: Choice, *, named: transfers.Named | None = None, all_of_page: bool = False) -> str:
    with looking() as (session, me):
        place = Paging(choice.page, _SIZE)
        asked = members.listed(session, me, words=choice.words, branch_id=choice.branch_id)
        found = listing.rows(asked, place)
        here = {one.id for one in found}
        if all_of_page:
            choice.ids |= here
        return draw(
            "people/transfer_choose.html", found=found, paging=place, choice=choice, elsewhere=sorted(choice.ids - here),
            named=named, mask_name=privacy.mask_name, mask_phone=privacy.mask_phone, branches=places.branches(session),
            most=transfers.MOST,
        )  # fmt: skip


def transfer_where() -> str:
    """Step two: where to, when and why."""
    with looking() as (session, me):
        chosen = transfers.chosen(session, me, Choice.asked().ids)
        return draw(
            "people/transfer_where.html", people=[(one.id, privacy.glimpse(one)) for one in chosen],
            branches=places.branches(session), today=clock.shanghai_day(clock.now()),
        )  # fmt: skip


@blueprint.post("/members/transfer/check", endpoint="transfer_check")
@only_looks
@action("member.transfer", form=transfer_where)
def transfer_check() -> str:
    """Step three: what it would come to. Nothing is written."""
    if request.form.get("go") == "back":
        return _list(Choice.asked())
    if request.form.get("go") == "where":
        g.filled = request.form
        return transfer_where()
    ids, target, on, reason = _said()
    with looking() as (session, me):
        preview = transfers.look(session, me, ids, target, on=on, reason=reason, at=clock.now())
        return draw("people/transfer_check.html", preview=preview, on=on, reason=reason)


@blueprint.post("/members/transfer/do", endpoint="transfer_do")
@once
@action("member.transfer", form=transfer_where)
def transfer_do() -> Any:
    """Move them."""
    ids, target, on, reason = _said()
    with acting() as (session, me):
        made = transfers.carry_out(session, me, ids, target, on=on, reason=reason, at=clock.now())
        number, people = made.id, made.people
    flash(f"已转移 {people:,} 人，需要时可以在本页整批撤回。请同时修改单位的名册文件", "warning")
    return redirect(url_for("console.transfer", transfer_id=number), 303)


def _said() -> tuple[set[int], int, Any, str]:
    form = request.form
    target = form.get("target", type=int)
    if not target:
        raise Refused("请选择转入的党支部")
    return Choice.asked().ids, target, day_from_input(form.get("on", "")), form.get("reason", "")


@blueprint.get("/members/transfers", endpoint="transfers")
@page("member.transfer")
def transfers_page() -> str:
    """What was done, the latest first."""
    with looking() as (session, me):
        place = listing.paging(20)
        found = listing.rows(transfers.listed(session, me), place)
        return draw("people/transfers.html", found=found, paging=place)


@blueprint.get("/members/transfers/<int:transfer_id>")
@page("member.transfer")
def transfer(transfer_id: int) -> str:
    """One transfer: who, from where, and whether it can be taken back."""
    with looking() as (session, me):
        return draw("people/transfer.html", done=transfers.get(session, me, transfer_id))


@blueprint.post("/members/transfers/<int:transfer_id>/back")
@action("member.transfer", form=transfer)
def transfer_back(transfer_id: int) -> Any:
    """Everybody goes back."""
    with acting() as (session, me):
        back = transfers.take_back(session, me, transfer_id, at=clock.now())
    flash(f"已撤回，{back:,} 人回到原来的党支部", "success")
    return redirect(url_for("console.transfer", transfer_id=transfer_id), 303)
