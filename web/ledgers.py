"""台账 of a month or a year, trends, and what is printed, as two faces show them: the console, and a branch's pages on the phone.

As in :mod:`web.activities`, a view of either names its right and its address, and calls one of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request, url_for

from accounts import users
from community import form_sheet, hand_list, ledger, period, period_forms, period_ledger, places, sign_sheet
from community.form import Form
from community.period import Period
from database.session import Session
from ground import clock
from ground.errors import Refused
from models import User
from web import access, paper
from web.access import acting, looking, parts, signed_in
from web.activities import Face
from web.downloads import excel, export_folder

_YEARS = 5
_NO_REASON = "{}未脱敏的{}须填写事由"


def asked_period(text: str | None = None) -> Period:
    """The month or year that the address or the form names, this month if none. Raises :class:`errors.Refused`."""
    return period.read(request.values.get("period", "") if text is None else text, at=clock.now())


def asked_or_now() -> tuple[Period, str]:
    """The same for a page, which shows this month and says what was wrong rather than being refused."""
    try:
        return asked_period(), ""
    except Refused as error:
        return period.month_of(clock.now()), error.message


def periods(chosen: Period) -> dict[str, Any]:
    """What a page needs to choose another: the years that are offered, and the neighbours of the one that is shown."""
    now = period.month_of(clock.now())
    later = chosen.moved(1)
    years = sorted({*range(now.year - _YEARS + 1, now.year + 1), chosen.year}, reverse=True)
    coming = later.starts_at > now.starts_at if chosen.month else later.year > now.year
    return {"period": chosen, "years": years, "earlier": chosen.moved(-1), "later": None if coming else later}


def branch_page(face: Face, branch_id: int) -> str:
    """A branch's ledger of a month or a year."""
    chosen, problem = asked_or_now()
    with looking() as (session, me):
        at = clock.now()
        found = period_ledger.branch_ledger(session, me, branch_id, chosen, at=at)
        named = any(hand_list.knows(me, one.activity, branch_id) for one in found.lines)
        return access.draw(
            f"{face.name}/ledgers/branch.html", branch=found.branch, ledger=found, named=named, problem=problem,
            branches=branches(session, me), **periods(chosen),
        )  # fmt: skip


# --- Files ---------------------------------------------------------------------------------------------------------


def export(branch_id: int | None) -> Any:
    """Excel of a branch, or of all of them where None: masked, or in clear with a right and a reason."""
    chosen, reason = asked_period(), _reason("导出", "台账")
    with looking() as (session, me):
        book = _book(session, me, branch_id, chosen, reason)
    with export_folder() as folder:
        path = folder / "ledger.xlsx"
        form_sheet.carry_out(parts().db, book, path, user=signed_in())
        return excel(path.open("rb"), f"{book.name}.xlsx")


def _book(
    session: Session, me: User, branch_id: int | None, chosen: Period, reason: str = ""
) -> period_forms.Book:
    at = clock.now()
    if branch_id is None:
        return period_forms.committee_book(session, me, chosen, at=at)
    return period_forms.branch_book(session, me, branch_id, chosen, at=at, unmask_reason=reason)


def _reason(verb: str, what: str) -> str:
    """The reason for names in clear, empty where they are masked. Raises :class:`errors.Refused` where it is missing."""
    if request.form.get("unmask") != "yes":
        return ""
    reason = request.form.get("reason", "").strip()
    if not reason:
        raise Refused(_NO_REASON.format(verb, what))
    return reason


# --- Paper ---------------------------------------------------------------------------------------------------------


def printed(branch_id: int | None, back: str) -> str:
    """The ledger of a period on A4; asked with ``people``, who came, where that is kept and for who may know it: masked."""
    chosen = asked_period()
    with looking() as (session, me):
        book = _book(session, me, branch_id, chosen)
    if request.values.get("people"):
        return _drawn(book.name, book.forms[1:], back, clear=request.full_path)
    return _drawn(book.name, book.forms[:1], back)


def printed_clear(branch_id: int, back: str) -> str:
    """Who came, with the names in clear, for a reason that goes into the audit trail."""
    chosen, reason = asked_period(), _reason("打印", "台账")
    with acting() as (session, me):
        book = _book(session, me, branch_id, chosen, reason)
        period_forms.note(session, book, user=me)
    return _drawn(book.name, book.forms[1:], back)


def activity_printed(face: Face, activity_id: int) -> str:
    """The ledger of one activity on A4, masked; posted with a reason, in clear."""
    reason = _reason("打印", "台账")
    scope = acting() if reason else looking()
    with scope as (session, me):
        face.branch(session, me)
        form = ledger.printed(session, activity_id, user=me, at=clock.now(), unmask_reason=reason)
    return _drawn(form.title, [form], _back(face, activity_id), clear="" if reason else request.path)


def sheet(face: Face, activity_id: int) -> str:
    """签到表 to be signed with a pen; posted with a reason, with the names in clear."""
    reason = _reason("打印", "签到表")
    scope = acting() if reason else looking()
    with scope as (session, me):
        face.branch(session, me)
        forms = sign_sheet.sheets(
            session, me, activity_id, at=clock.now(), branch_id=face.branch_id, unmask_reason=reason
        )
    named = any(row[1] for form in forms for row in form.rows)
    title = forms[0].title if forms else "签到表"
    return _drawn(title, forms, _back(face, activity_id), clear=request.path if named and not reason else "")


def _back(face: Face, activity_id: int) -> str:
    if face.branch_id is None:
        return url_for(f"{face.name}.activity", activity_id=activity_id)
    return url_for(f"{face.name}.activity", activity_id=activity_id, branch_id=face.branch_id)


def _drawn(title: str, forms: Sequence[Form], back: str, clear: str = "") -> str:
    may_clear = clear if users.may(signed_in(), "member.unmask") else ""
    return access.draw(
        "paper/forms.html",
        title=title,
        leaves=[paper.leaves(form) for form in forms],
        back=back,
        clear=may_clear,
    )


def branches(session: Session, me: User) -> list[Any]:
    """The branches among which somebody may choose."""
    own = users.own_branch(me)
    return [one for one in places.branches(session) if own is None or one.id == own]
