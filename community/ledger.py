"""台账: an activity's records as an Excel file that can be printed, signed, filed, and read by a machine.

:func:`load` looks what it will hold, :func:`carry_out` makes the file in a child (:mod:`community.ledger_sheet`). Sheet 1 is the
office's form on A4 landscape, sheet 2 the plain data. Names are masked unless a right, a reason and an entry in the audit trail
say otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from accounts import audit
from accounts.rights import own_branch, require
from community.activities import get
from community.counting import Counts, counts
from community.form import PRODUCT, Form, in_file_name
from community.ledger_sheet import HEADER, form, records, written
from community.moments import span
from community.privacy import check_reason
from database.session import Database
from ground import apart, clock
from ground.errors import Refused
from models import User

__all__ = ["HEADER", "MOST_PRINTED", "Ledger", "carry_out", "file_name", "load", "printed"]

MOST_PRINTED = 5_000
"""More records than these are printed from the file: no browser lays out a hundred thousand rows while somebody waits."""

_ABOUT = apart.About("台账", "请稍后再试，或按党支部分别导出")
_BOUNDS = apart.Bounds(seconds=180, cpu_seconds=120, file_bytes=400_000_000)


@dataclass(frozen=True)
class Ledger:
    """All that goes into the file but its records, which are those of ``branch_id``, or of all where that is None.

    ``unmasked_for`` is the reason why names are in clear, or empty.
    """

    activity_id: int
    branch_id: int | None
    title: str
    unit: str
    window: str
    maker: str
    made_at: datetime
    starts_at: datetime
    ends_at: datetime
    counts: Counts
    unmasked_for: str = ""


def load(
    session: Session, activity_id: int, *, at: datetime, user: User | None = None, unmask_reason: str = ""
) -> Ledger:
    """What a ledger will hold, inside the user's scope. Reads only; :func:`carry_out` makes the file.

    ``user`` None is the operator at the command line, who gets masked names. Raises :class:`errors.NotFound`,
    :class:`errors.Forbidden`, and :class:`errors.Refused` where names are wanted in clear without a reason.
    """
    if user is not None:
        require(user, "activity.export")
    if unmask_reason:
        assert user is not None
        require(user, "member.unmask")
        unmask_reason = check_reason(unmask_reason)
    activity = get(session, activity_id, user=user)
    return Ledger(
        activity_id=activity.id,
        branch_id=own_branch(user) if user is not None else None,
        title=activity.title,
        unit=_unit(user, activity.for_all, [branch.name for branch in activity.branches]),
        window=span(activity.starts_at, activity.ends_at),
        maker=user.label if user else "管理员",
        made_at=at,
        starts_at=activity.starts_at,
        ends_at=activity.ends_at,
        counts=counts(session, activity, user=user),
        unmasked_for=unmask_reason,
    )


def carry_out(db: Database, ledger: Ledger, path: Path, *, user: User | None = None) -> int:
    """Write the .xlsx to ``path`` and note the export in the audit trail; how many records it holds.

    A child reads and writes, one export at a time; only the entry is a transaction of ours. Raises :class:`errors.Unavailable`.
    """
    url = db.url.render_as_string(hide_password=False)
    arguments = (url, ledger, str(path))
    rows = apart.run(written, *arguments, gives=int, about=_ABOUT, bounds=_BOUNDS, lane=apart.EXPORTS)
    with db.session_scope() as session:
        _note(session, ledger, rows, user)
    return rows


def _note(session: Session, ledger: Ledger, rows: int, user: User | None) -> None:
    detail: dict[str, Any] = {"rows": rows, "masked": not ledger.unmasked_for}
    if ledger.unmasked_for:
        detail["reason"] = ledger.unmasked_for
    subject = f"activity:{ledger.activity_id}"
    audit.record(
        session,
        "activity.export",
        user=user,
        actor="命令行",
        subject=subject,
        detail=detail,
        at=ledger.made_at,
    )


def printed(session: Session, activity_id: int, *, user: User, at: datetime, unmask_reason: str = "") -> Form:
    """The same ledger as a page to be printed. With names in clear that is an export too, and noted in the audit trail.

    Raises what :func:`load` does, and :class:`errors.Refused` for more than :data:`MOST_PRINTED` records.
    """
    ledger = load(session, activity_id, at=at, user=user, unmask_reason=unmask_reason)
    totals = ledger.counts
    if totals.checked_in > MOST_PRINTED:
        raise Refused(f"签到记录超过 {MOST_PRINTED:,} 条，请导出 Excel 后打印")
    rows = list(records(session, ledger))
    if ledger.unmasked_for:
        _note(session, ledger, len(rows), user)
    return form(ledger, rows)


def _unit(user: User | None, for_all: bool, names: list[str]) -> str:
    if user is not None and own_branch(user) is not None and user.branch is not None:
        return user.branch.name
    if for_all:
        return "全部党支部"
    return "、".join(names) if len(names) <= 3 else f"{names[0]}等 {len(names)} 个党支部"


def file_name(ledger: Ledger) -> str:
    """``时代先锋云_签到台账_第三党支部_20260901-20260930.xlsx``."""
    unit = in_file_name(ledger.unit)[:40]
    first, last = clock.shanghai_day(ledger.starts_at), clock.shanghai_day(ledger.ends_at)
    return f"{PRODUCT}_签到台账_{unit}_{first:%Y%m%d}-{last:%Y%m%d}.xlsx"
