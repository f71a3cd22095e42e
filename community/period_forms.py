"""The ledgers of a month or a year as forms of the office: what :mod:`community.period_ledger` says, in rows and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from accounts.rights import require
from community import hand_list
from community.announcing import KINDS
from community.form import Column, Form, in_clear, in_file_name, made
from community.lives import CHECK_IN, WAYS, CheckInState, check_in_state
from community.period import Period
from community.period_ledger import (
    BranchLedger,
    CommitteeLedger,
    Figures,
    Line,
    branch_ledger,
    committee_ledger,
)
from community.privacy import check_reason, mask_name
from ground import clock
from models import Activity, CheckIn, CheckInWay, ExpectedMember, Leave, Member, User

UNSAID = "—"
_NAMED = "组织生活台账"
_COMMITTEE = "各党支部"
_FEW = "标“—”的是自愿参加的活动中人数较少、或能推算出它们的党支部，不显示人数"
_BRANCH_COLUMNS = (
    Column("序号", 12, "center", number=True),
    Column("时间", 49, "center"),
    Column("活动", 58),
    Column("类别", 24, "center"),
    Column("地点", 34),
    Column("应到", 14, "right", number=True),
    Column("签到", 14, "right", number=True),
    Column("其中补签", 18, "right", number=True),
    Column("请假", 14, "right", number=True),
    Column("未到", 14, "right", number=True),
    Column("到会比例", 24, "center"),
)
_PEOPLE_COLUMNS = (
    Column("序号", 12, "center", number=True),
    Column("日期", 28, "center"),
    Column("活动", 66),
    Column("姓名", 28),
    Column("到会情况", 22, "center"),
    Column("签到时间", 36, "center"),
    Column("签到方式", 26, "center"),
    Column("说明", 56),
)
_COMMITTEE_COLUMNS = (
    Column("序号", 12, "center", number=True),
    Column("党支部", 62),
    Column("会议与活动（次）", 22, "right", number=True),
    Column("应到（人次）", 24, "right", number=True),
    Column("签到（人次）", 24, "right", number=True),
    Column("其中补签", 22, "right", number=True),
    Column("请假（人次）", 24, "right", number=True),
    Column("到会比例", 30, "center"),
    Column("学习、志愿服务等（次）", 28, "right", number=True),
    Column("参加（人次）", 26, "right", number=True),
)


@dataclass(frozen=True)
class Book:
    """Forms that are filed together, under one name.

    ``subject`` and ``period`` are what the audit trail says of it; ``unmasked_for`` the reason why names are in clear, or empty.
    """

    name: str
    forms: Sequence[Form]
    subject: str
    period: str
    made_at: datetime
    unmasked_for: str = ""

    @property
    def rows(self) -> int:
        """How many rows its forms have."""
        return sum(len(form.rows) for form in self.forms)


def branch_book(
    session: Session,
    user: User | None,
    branch_id: int,
    period: Period,
    *,
    at: datetime,
    unmask_reason: str = "",
) -> Book:
    """A branch's ledger; for its own secretary with who came, where attendance is kept. The names are masked.

    ``unmask_reason`` puts them in clear for who has the right; where there are none it changes nothing. Raises
    :class:`errors.Forbidden`, :class:`errors.NotFound`, and :class:`errors.Refused` for a reason that is none.
    """
    if user is not None:
        require(user, "activity.export")
    if unmask_reason:
        assert user is not None
        require(user, "member.unmask", branch_id)
        unmask_reason = check_reason(unmask_reason)
    ledger = branch_ledger(session, user, branch_id, period, at=at)
    maker = user.label if user else "管理员"
    forms = [_of_branch(ledger, maker, at)]
    named = [one.activity for one in ledger.lines if user and hand_list.knows(user, one.activity, branch_id)]
    if named:
        rows = _people(session, named, branch_id, clear=bool(unmask_reason))
        forms.append(_of_people(ledger, rows, maker, at, unmask_reason))
    else:
        unmask_reason = ""
    name = f"{in_file_name(ledger.branch.name)}{period.label}{_NAMED}"
    return Book(name, forms, f"branch:{branch_id}", period.key, at, unmask_reason)


def committee_book(session: Session, user: User | None, period: Period, *, at: datetime) -> Book:
    """The ledger of all branches, nobody by name. Raises :class:`errors.Forbidden`."""
    if user is not None:
        require(user, "activity.export")
    ledger = committee_ledger(session, user, period, at=at)
    form = _of_committee(ledger, user.label if user else "管理员", at)
    return Book(f"{_COMMITTEE}{period.label}{_NAMED}", [form], "", period.key, at)


def note(session: Session, book: Book, *, user: User | None) -> None:
    """The entry of an export in the audit trail, in the session's transaction: of a file, or of a page with names in clear."""
    detail: dict[str, Any] = {"period": book.period, "rows": book.rows, "masked": not book.unmasked_for}
    if book.unmasked_for:
        detail["reason"] = book.unmasked_for
    audit.record(
        session, "activity.export", user=user, actor="命令行", subject=book.subject, detail=detail, at=book.made_at
    )  # fmt: skip


# --- Forms -----------------------------------------------------------------------------------------------------


def _of_branch(ledger: BranchLedger, maker: str, at: datetime) -> Form:
    return Form(
        title=f"{ledger.period.label}{_NAMED}",
        sheet="组织生活台账",
        columns=_BRANCH_COLUMNS,
        rows=[[str(number), *_line(one)] for number, one in enumerate(ledger.lines, start=1)],
        left=(f"单位：{ledger.branch.name}", _said("会议与活动", ledger.attended)),
        right=(made(maker, at), _said("学习、志愿服务等", ledger.others)),
        notes=() if all(one.count for one in ledger.lines) else (_FEW,),
    )


def _line(one: Line) -> list[str]:
    activity, count = one.activity, one.count
    words = [_span(activity), activity.title, KINDS.get(activity.kind, activity.kind), activity.place]
    if count is None:
        return [*words, *[UNSAID] * 5, ""]
    numbers = [
        str(count.expected) if one.whole else "",
        str(count.checked_in),
        str(count.made_up),
        str(count.on_leave),
        str(count.open) if one.whole else "",
    ]
    share = Figures(1, count.expected, count.checked_in, people=count.expected).band
    return [*words, *numbers, share if one.whole else activity.expects]


def _of_people(
    ledger: BranchLedger, rows: Sequence[Sequence[str]], maker: str, at: datetime, reason: str
) -> Form:
    return Form(
        title=f"{ledger.period.label}会议与活动到会情况",
        sheet="到会情况",
        columns=_PEOPLE_COLUMNS,
        rows=rows,
        left=(f"单位：{ledger.branch.name}", "按活动时间和党员名册的顺序排列，只供本支部使用"),
        right=(made(maker, at), _said("会议与活动", ledger.attended)),
        secret=in_clear(maker, reason),
    )


def _of_committee(ledger: CommitteeLedger, maker: str, at: datetime) -> Form:
    rows = [
        [str(number), one.branch, *_numbers(one.attended, one.others)]
        for number, one in enumerate(ledger.lines, start=1)
    ]
    hides = any(figures.checked_in is None for one in ledger.lines for figures in (one.attended, one.others))
    return Form(
        title=f"{_COMMITTEE}{ledger.period.label}{_NAMED}",
        sheet="组织生活台账",
        columns=_COMMITTEE_COLUMNS,
        rows=rows,
        left=("单位：全部党支部", "每次活动各党支部分别计数，合计中每次活动计一次"),
        right=(made(maker, at), "按党支部的固定顺序排列"),
        total=("", "合计", *_numbers(ledger.attended, ledger.others)),
        notes=(_FEW,) if hides else (),
    )


def _numbers(attended: Figures, others: Figures) -> list[str]:
    """The figures of one row; a number that stays unsaid is a dash."""
    shown = (attended.checked_in, attended.made_up, attended.on_leave)
    return [
        str(attended.times),
        str(attended.expected),
        *(UNSAID if one is None else str(one) for one in shown),
        attended.band,
        str(others.times),
        UNSAID if others.checked_in is None else str(others.checked_in),
    ]


def _said(kind: str, figures: Figures) -> str:
    if figures.checked_in is None:
        return f"{kind} {figures.times} 次，人数较少，不显示"
    return f"{kind} {figures.times} 次，签到 {figures.checked_in:,} 人次，其中补签 {figures.made_up:,} 人次"


def _span(activity: Activity) -> str:
    """``2026-11-05 19:00–20:30``; without the hours where it takes days."""
    first, last = clock.to_shanghai(activity.starts_at), clock.to_shanghai(activity.ends_at)
    if first.date() == last.date():
        return f"{first:%Y-%m-%d %H:%M}–{last:%H:%M}"
    return f"{first:%Y-%m-%d} 至 {last:%Y-%m-%d}"


# --- Who came, for the branch's own secretary ----------------------------------------------------------------------


def _people(
    session: Session, named: Sequence[Activity], branch_id: int, *, clear: bool
) -> list[Sequence[str]]:
    """A row for each whom these activities expected of the branch: by activity, then by the roster, never by anybody's zeal.

    Of one that has begun this minute, and whose list the clock has not written down yet, there are none.
    """
    titles = {one.id: one for one in named}
    query = (
        sa.select(ExpectedMember.activity_id, Member.name, CheckIn, Leave.id)
        .select_from(ExpectedMember)
        .join(Member, Member.id == ExpectedMember.member_id)
        .outerjoin(CheckIn, _same(CheckIn))
        .outerjoin(Leave, _same(Leave))
        .where(ExpectedMember.activity_id.in_(titles), ExpectedMember.branch_id == branch_id)
        .order_by(ExpectedMember.activity_id, Member.id)
    )
    by_activity: dict[int, list[list[str]]] = {ident: [] for ident in titles}
    for activity_id, name, record, leave_id in session.execute(query):
        activity = titles[activity_id]
        by_activity[activity_id].append(
            [
                f"{clock.to_shanghai(activity.starts_at):%Y-%m-%d}",
                activity.title,
                name if clear else mask_name(name),
                *_how(record, on_leave=leave_id is not None),
            ]
        )
    rows = [row for ident in titles for row in by_activity[ident]]
    return [[str(number), *row] for number, row in enumerate(rows, start=1)]


def _how(record: CheckIn | None, *, on_leave: bool) -> tuple[str, str, str, str]:
    """How somebody's line ends: the state, when, by which way, and why it was made up."""
    if record is None:
        return "请假" if on_leave else CHECK_IN.label(CheckInState.NONE), "", "", ""
    at = f"{clock.to_shanghai(record.at):%Y-%m-%d %H:%M}"
    return CHECK_IN.label(check_in_state(record)), at, WAYS[CheckInWay(record.via)], record.reason


def _same(table: Any) -> sa.ColumnElement[bool]:
    return sa.and_(
        table.activity_id == ExpectedMember.activity_id, table.member_id == ExpectedMember.member_id
    )


__all__ = ["UNSAID", "Book", "branch_book", "committee_book", "note"]
