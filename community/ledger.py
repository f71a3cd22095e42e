"""台账: an activity's records as an Excel file that can be printed, signed, filed, and read by a machine.

:func:`load` reads inside a transaction, :func:`workbook` writes outside of one. Sheet 1 is the office's form on A4 landscape,
sheet 2 the plain data. Names are masked unless a right, a reason and an entry in the audit trail say otherwise.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import xlsxwriter
from sqlalchemy.orm import Session

from accounts import audit
from accounts.rights import branch_scope, own_branch, require
from community.activities import Counts, counts, get
from community.cells import harmless
from community.moments import span
from community.privacy import check_reason, mask_name
from ground import clock
from models import Branch, CheckIn, Grid, Member, User

PRODUCT = "时代先锋云"
WAYS = {
    "reply": "微信回复",
    "menu": "微信菜单",
    "secretary": "支部审批",
    "console": "后台登记",
    "paper": "纸质补录",
}
HEADER = ("序号", "姓名", "党支部", "网格", "签到时间", "签到方式", "是否补签", "说明")
_WIDTHS = (6, 12, 26, 16, 20, 12, 10, 34)


@dataclass(frozen=True)
class LedgerRow:
    """One record."""

    name: str
    branch: str
    grid: str
    at: datetime
    way: str
    made_up: bool
    reason: str


@dataclass(frozen=True)
class Ledger:
    """All that goes into the file; ``unmasked_for`` is the reason why names are in clear, or empty."""

    title: str
    unit: str
    window: str
    maker: str
    made_at: datetime
    starts_at: datetime
    ends_at: datetime
    counts: Counts
    rows: list[LedgerRow] = field(default_factory=list)
    unmasked_for: str = ""


def load(
    session: Session, activity_id: int, *, at: datetime, user: User | None = None, unmask_reason: str = ""
) -> Ledger:
    """Read an activity's records inside the user's scope and note the export in the audit trail (so: a writing session).

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
    query = (
        sa.select(
            Member.name,
            Branch.name,
            Grid.name,
            CheckIn.at,
            CheckIn.via,
            CheckIn.made_up,
            CheckIn.reason,
        )
        .join(Member, Member.id == CheckIn.member_id)
        .join(Branch, Branch.id == CheckIn.branch_id)
        .outerjoin(Grid, Grid.id == Member.grid_id)
        .where(CheckIn.activity_id == activity.id)
        .order_by(Branch.sort, Branch.id, Member.id)
    )
    if user is not None:
        query = query.where(branch_scope(user, CheckIn.branch_id))
    rows = [
        LedgerRow(
            name if unmask_reason else mask_name(name),
            branch,
            grid or "",
            checked_at,
            WAYS.get(via, via),
            made_up,
            reason,
        )
        for name, branch, grid, checked_at, via, made_up, reason in session.execute(query)
    ]
    ledger = Ledger(
        title=activity.title,
        unit=_unit(user, activity.for_all, [branch.name for branch in activity.branches]),
        window=span(activity.starts_at, activity.ends_at),
        maker=user.label if user else "管理员",
        made_at=at,
        starts_at=activity.starts_at,
        ends_at=activity.ends_at,
        counts=counts(session, activity, user=user),
        rows=rows,
        unmasked_for=unmask_reason,
    )
    detail: dict[str, Any] = {"rows": len(rows), "masked": not unmask_reason}
    if unmask_reason:
        detail["reason"] = unmask_reason
    audit.record(
        session,
        "activity.export",
        user=user,
        actor="命令行",
        subject=f"activity:{activity.id}",
        detail=detail,
        at=at,
    )
    return ledger


def _unit(user: User | None, for_all: bool, names: list[str]) -> str:
    if user is not None and own_branch(user) is not None and user.branch is not None:
        return user.branch.name
    if for_all:
        return "全部党支部"
    return "、".join(names) if len(names) <= 3 else f"{names[0]}等 {len(names)} 个党支部"


def file_name(ledger: Ledger) -> str:
    """``时代先锋云_签到台账_第三党支部_20260901-20260930.xlsx``."""
    unit = re.sub(r'[\\/:*?"<>|\s]', "", ledger.unit)[:40]
    first, last = clock.shanghai_day(ledger.starts_at), clock.shanghai_day(ledger.ends_at)
    return f"{PRODUCT}_签到台账_{unit}_{first:%Y%m%d}-{last:%Y%m%d}.xlsx"


def workbook(ledger: Ledger) -> bytes:
    """The .xlsx file. Knows no database."""
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties(
            {"title": f"{ledger.title}签到台账", "author": PRODUCT, "created": _local(ledger.made_at)}
        )
        _form(book, ledger)
        _data(book, ledger)
    return out.getvalue()


def _form(book: Any, ledger: Ledger) -> None:
    sheet = book.add_worksheet("签到台账")
    last = len(HEADER) - 1
    font = {"font_name": "宋体", "valign": "vcenter"}
    title = book.add_format({**font, "font_name": "黑体", "font_size": 18, "align": "center"})
    plain = book.add_format({**font, "font_size": 11})
    right = book.add_format({**font, "font_size": 11, "align": "right"})
    head = book.add_format(
        {**font, "bold": True, "border": 1, "align": "center", "text_wrap": True, "bg_color": "#F2F2F2"}
    )
    cell = book.add_format({**font, "font_size": 10, "border": 1, "text_wrap": True})
    middle = book.add_format({**font, "font_size": 10, "border": 1, "align": "center"})
    sheet.merge_range(0, 0, 0, last, harmless(f"{ledger.title}签到台账"), title)
    sheet.set_row(0, 32)
    day = clock.to_shanghai(ledger.made_at)
    made_on = f"{day.year}年{day.month}月{day.day}日"
    sheet.merge_range(1, 0, 1, 3, f"单位：{ledger.unit}", plain)
    sheet.merge_range(1, 4, 1, last, f"制表人：{ledger.maker}    制表日期：{made_on}", right)
    totals = ledger.counts
    numbers = f"应到 {totals.expected:,} 人，签到 {totals.checked_in:,} 人，其中补签 {totals.made_up:,} 人"
    sheet.merge_range(2, 0, 2, 3, f"签到时间：{ledger.window}", plain)
    sheet.merge_range(2, 4, 2, last, numbers, right)
    for column, (name, width) in enumerate(zip(HEADER, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(3, column, name, head)
    sheet.set_row(3, 22)
    at = 4
    for number, row in enumerate(ledger.rows, start=1):
        sheet.write_number(at, 0, number, middle)
        for column, text in enumerate(_texts(row), start=1):
            sheet.write_string(at, column, text, middle if column in (4, 5, 6) else cell)
        at += 1
    if not ledger.rows:
        sheet.merge_range(at, 0, at, last, "无记录", middle)
        at += 1
    sheet.merge_range(
        at,
        0,
        at,
        last,
        "填表人（签字）：                    负责人（签字）：                    日期：",
        plain,
    )
    sheet.set_row(at, 30)
    if ledger.unmasked_for:
        note = f"本表含未脱敏信息，由{ledger.maker}导出，事由：{ledger.unmasked_for}，请妥善保管，不得转发"
        sheet.merge_range(at + 1, 0, at + 1, last, note, plain)
        sheet.set_header(f"&C含未脱敏信息  {ledger.maker.replace('&', '&&')}  {made_on}")
    sheet.freeze_panes(4, 2)
    sheet.repeat_rows(3)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.7, bottom=0.7)
    sheet.center_horizontally()
    sheet.set_footer("&C第 &P 页 共 &N 页")


def _data(book: Any, ledger: Ledger) -> None:
    sheet = book.add_worksheet("数据")
    bold = book.add_format({"bold": True})
    for column, (name, width) in enumerate(zip(HEADER, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, bold)
    for number, row in enumerate(ledger.rows, start=1):
        sheet.write_number(number, 0, number)
        for column, text in enumerate(_texts(row), start=1):
            sheet.write_string(number, column, text)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(ledger.rows), 1), len(HEADER) - 1)


def _texts(row: LedgerRow) -> list[str]:
    at = clock.to_shanghai(row.at).strftime("%Y-%m-%d %H:%M")
    texts = [row.name, row.branch, row.grid, at, row.way, "补签" if row.made_up else "", row.reason]
    return [harmless(text) for text in texts]


def _local(at: datetime) -> datetime:
    return clock.to_shanghai(at).replace(tzinfo=None)
