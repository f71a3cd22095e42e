"""The file of an activity's ledger: rows go from a connection of its own into the workbook as they are read.

Runs in a child (:func:`community.ledger.carry_out`): 65,000 rows are a million cells, over which the interpreter's lock would be
held for seconds. Nothing is kept in memory but the row at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from community import form_sheet
from community.form import Column, Form, in_clear, made
from community.privacy import mask_name
from ground import clock

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from community.ledger import Ledger

_COLUMNS = (
    Column("序号", 12, "center", number=True),
    Column("姓名", 26),
    Column("党支部", 62),
    Column("网格", 36),
    Column("签到时间", 36, "center"),
    Column("签到方式", 26, "center"),
    Column("是否补签", 20, "center"),
    Column("说明", 58),
)
HEADER = tuple(column.name for column in _COLUMNS)
_AT_ONCE = 1_000


def written(url: str, ledger: Ledger, path: str) -> int:
    """Write the .xlsx; how many records it holds. Raises :class:`errors.Unavailable` where there is no room for it."""
    return form_sheet.written([form(ledger)], ledger.made_at, path, read=_rows(url, ledger))


def form(ledger: Ledger, rows: Sequence[Sequence[str]] = ()) -> Form:
    """The office's form, with its ``rows`` where they are to be held."""
    totals = ledger.counts
    return Form(
        title=f"{ledger.title}签到台账",
        sheet="签到台账",
        columns=_COLUMNS,
        rows=rows,
        left=(f"单位：{ledger.unit}", f"签到时间：{ledger.window}"),
        right=(
            made(ledger.maker, ledger.made_at),
            f"应到 {totals.expected:,} 人，签到 {totals.checked_in:,} 人，其中补签 {totals.made_up:,} 人",
        ),
        secret=in_clear(ledger.maker, ledger.unmasked_for),
    )


def _rows(url: str, ledger: Ledger) -> Iterator[list[str]]:
    from database.session import (
        Database,
    )  # not above: the process that holds the parsers ready needs no database

    database = Database(url)
    with database.read_scope() as session:
        yield from records(session, ledger)
    database.close()


def records(session: Session, ledger: Ledger) -> Iterator[list[str]]:
    """The rows of the form, by branch and then by the roster, as they are read."""
    import sqlalchemy as sa

    from community.lives import CHECK_IN, WAYS, CheckInState
    from models import Branch, CheckIn, CheckInWay, Grid, Member

    query = (
        sa.select(
            Member.name, Branch.name, Grid.name, CheckIn.at, CheckIn.via, CheckIn.made_up, CheckIn.reason
        )
        .join(Member, Member.id == CheckIn.member_id)
        .join(Branch, Branch.id == CheckIn.branch_id)
        .outerjoin(Grid, Grid.id == Member.grid_id)
        .where(CheckIn.activity_id == ledger.activity_id)
        .order_by(Branch.sort, Branch.id, Member.id)
    )
    if ledger.branch_id is not None:
        query = query.where(CheckIn.branch_id == ledger.branch_id)
    made_up_word = CHECK_IN.label(CheckInState.MADE_UP)
    found = session.execute(query, execution_options={"yield_per": _AT_ONCE})
    for number, (name, branch, grid, at, via, made_up, reason) in enumerate(found, start=1):
        shown = name if ledger.unmasked_for else mask_name(name)
        when = clock.to_shanghai(at).strftime("%Y-%m-%d %H:%M")
        way = WAYS[CheckInWay(via)]
        yield [str(number), shown, branch, grid or "", when, way, made_up_word if made_up else "", reason]
