"""放假安排: which days are holidays and which weekends are worked, a year at a time, read from the notice or typed in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import flash, redirect, request, url_for

import workdays
from ground import clock
from ground.errors import Refused
from models import YearState
from web.access import acting, action, looking, only_looks, page
from web.console.face import blueprint, draw
from web.wording import WEEKDAYS
from workdays import Holiday, keeping, notice
from workdays.days import YEAR_NAMES

_ROWS = 20


@blueprint.get("/workdays", endpoint="workdays")
@blueprint.get("/workdays/<int:number>", endpoint="workdays_year")
@page("push.view")
def workdays_page(number: int | None = None) -> str:
    """The holidays of a year; this one where none is asked for."""
    with looking() as (session, _):
        shown = keeping.year(session, number or clock.shanghai_day(clock.now()).year)
        calendar = workdays.load(session)
        return draw(
            "workdays/year.html", year=shown, remark=calendar.remark(shown.year), names=YEAR_NAMES,
            years=_years(calendar.years, shown.year),
            written=notice.written, weekdays=WEEKDAYS,
        )  # fmt: skip


@blueprint.get("/workdays/<int:number>/edit", endpoint="workdays_edit")
@page("workdays.change")
def workdays_form(number: int) -> str:
    """The form for a year, with what is there or what was typed."""
    with looking() as (session, _):
        shown = keeping.year(session, number)
    rows = [row for row in _typed() if any(row)]
    cleared = "name" in request.form and not rows
    if not rows and not cleared:
        rows = _shown(shown.holidays, number)
    said = (
        request.form.get("announced") == "yes"
        if "name" in request.form
        else shown.state is YearState.ANNOUNCED
    )
    return _form(number, rows, announced=said, cleared=cleared)


@blueprint.post("/workdays/<int:number>/read", endpoint="workdays_read")
@only_looks
@action("workdays.change", form=workdays_form)
def workdays_read(number: int) -> str:
    """Take the notice apart and fill the form with it; nothing is kept yet."""
    found = notice.read(request.form.get("notice", ""), number)
    return _form(number, _shown(found, number), announced=True, came=len(found))


@blueprint.post("/workdays/<int:number>", endpoint="workdays_save")
@action("workdays.change", form=workdays_form)
def workdays_save(number: int) -> Any:
    """Keep the year as the form says."""
    holidays = [
        _holiday(name, off, made_up, number) for name, off, made_up in _typed() if name or off or made_up
    ]
    state = YearState.ANNOUNCED if request.form.get("announced") == "yes" else YearState.PROVISIONAL
    with acting() as (session, me):
        keeping.replace(
            session, me, number, holidays, state, empty=request.form.get("empty") == "yes", at=clock.now()
        )
    flash(f"已保存 {number} 年的放假安排，推送时段和日历马上按它计算", "success")
    return redirect(url_for("console.workdays_year", number=number), 303)


def _form(
    number: int, rows: list[tuple[str, str, str]], *, announced: bool, came: int = 0, cleared: bool = False
) -> str:
    blank = [("", "", "")] * (2 if rows else 4)
    return draw(
        "workdays/edit.html",
        number=number,
        rows=rows + blank,
        announced=announced,
        came=came,
        cleared=cleared,
    )


def _years(known: Iterable[int], shown: int) -> list[int]:
    this = clock.shanghai_day(clock.now()).year
    return sorted({*known, this, this + 1, shown})


def _typed() -> list[tuple[str, str, str]]:
    form = request.form
    columns = (form.getlist("name"), form.getlist("off"), form.getlist("made_up"))
    return [
        (name.strip(), off.strip(), made_up.strip())
        for name, off, made_up in zip(*(column[:_ROWS] for column in columns), strict=False)
    ]


def _shown(holidays: Any, number: int) -> list[tuple[str, str, str]]:
    return [
        (one.name, notice.written(one.off, number), notice.written(one.made_up, number)) for one in holidays
    ]


def _holiday(name: str, off: str, made_up: str, number: int) -> Holiday:
    if not name:
        raise Refused(f"“{off or made_up}”没有写节日名称")
    if not off:
        raise Refused(f"“{name}”没有写放假日期")
    return Holiday(name[:20], notice.dates(off, number), notice.dates(made_up, number))
