"""A person's whole file: everything that is kept of them, as a workbook to read and as JSON for a machine.

The person takes it on 我的资料; an administrator takes it for them, with a reason that goes into the audit trail.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import xlsxwriter
from sqlalchemy.orm import Session

from accounts import audit
from accounts.audit import ACTION_NAMES
from accounts.rights import require
from community import followers, own_data, own_words
from community.lives import CONSENT_ENDS, CONSENT_WAYS, LEAVE_WAYS, MAKE_UP, REQUEST, REQUESTS, WAYS
from community.privacy import MIN_REASON, seen, without_the_person
from community.traces import TRACES, rows_of
from ground import clock, reasons
from ground.cells import harmless
from ground.errors import Conflict, TooMany
from models import (
    ROLE_NAMES,
    Activity,
    AuditEntry,
    Branch,
    CheckInWay,
    Consent,
    ConsentEnd,
    ConsentWay,
    Follower,
    Grid,
    LeaveWay,
    MakeUpStatus,
    Member,
    RequestKind,
    RequestStatus,
    User,
)

_OPTIONS = {
    "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
}  # fmt: skip
_TRAIL = "操作记录"
_ONESELF = "本人"
_AT_MOST, _WITHIN = 2, timedelta(minutes=5)
"""So often may one person take the own file in so long a time: in both its forms, and not by a program."""
_WORDS: dict[tuple[str, str], dict[str, str]] = {
    ("check_in", "via"): {one.value: WAYS[one] for one in CheckInWay},
    ("activity_leave", "via"): {one.value: LEAVE_WAYS[one] for one in LeaveWay},
    ("user", "role"): ROLE_NAMES,
    ("consent", "how"): {one.value: CONSENT_WAYS[one] for one in ConsentWay},
    ("consent", "ended_by"): {one.value: CONSENT_ENDS[one] for one in ConsentEnd},
    ("quota_use", "state"): {"held": "预留", "used": "已用", "released": "已退回"},
    ("make_up_request", "status"): {one.value: MAKE_UP.label(one) for one in MakeUpStatus},
    ("data_request", "status"): {one.value: REQUEST.label(one) for one in RequestStatus},
    ("data_request", "kind"): {one.value: REQUESTS[one] for one in RequestKind},
}
_IN_WORDS = {
    ("inbound_message", "body"): own_words.of_message,
    ("inbound_message", "reply"): own_words.of_message,
    ("spool_failure", "body"): own_words.of_message,
    ("delivery", "payload"): own_words.of_answer,
}
_NAMED: dict[str, Any] = {
    "activity_id": Activity.title,
    "branch_id": Branch.name,
    "scene_branch_id": Branch.name,
    "from_branch_id": Branch.name,
    "to_branch_id": Branch.name,
    "grid_id": Grid.name,
}


@dataclass(frozen=True)
class Sheet:
    """One table's part of the file: its title, its headings, and the rows as texts."""

    title: str
    headings: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class WholeFile:
    """All of it. ``made_at`` is when it was read."""

    sheets: list[Sheet]
    made_at: datetime

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(len(sheet.rows) for sheet in self.sheets)

    def as_json(self) -> bytes:
        """``{"made_at", "data": {title: [{heading: text}]}}``, UTF-8."""
        data = {
            sheet.title: [dict(zip(sheet.headings, row, strict=True)) for row in sheet.rows]
            for sheet in self.sheets
        }
        return json.dumps(
            {"made_at": _text(self.made_at), "data": data}, ensure_ascii=False, indent=1
        ).encode()

    def as_workbook(self) -> bytes:
        """A sheet for each table in which there is something, and one before them that names all."""
        out = io.BytesIO()
        with xlsxwriter.Workbook(out, _OPTIONS) as book:
            bold = book.add_format({"bold": True, "bg_color": "#F2F2F2", "border": 1})
            wrapped = book.add_format({"text_wrap": True, "valign": "top"})
            first = [[sheet.title, f"{len(sheet.rows):,} 条"] for sheet in self.sheets]
            head = Sheet("说明", ["内容", f"截至 {_text(self.made_at)}"], first)
            for sheet in (head, *(one for one in self.sheets if one.rows)):
                page = book.add_worksheet(sheet.title)
                for column, heading in enumerate(sheet.headings):
                    page.write_string(0, column, heading, bold)
                    page.set_column(column, column, 22)
                for number, row in enumerate(sheet.rows, start=1):
                    for column, text in enumerate(row):
                        page.write_string(number, column, harmless(text)[:32_000], wrapped)
                page.freeze_panes(1, 0)
        return out.getvalue()


def of_oneself(session: Session, follower_id: int, *, at: datetime) -> WholeFile:
    """What is kept of a follower, and of the member to whom they are bound, for themselves; recorded.

    Raises :class:`errors.NotFound` for one who left, :class:`errors.TooMany` for one who takes it again and again: every file
    is read from all tables, and leaves an entry that is kept for good.
    """
    own_data.hold(session, follower_id)
    follower = own_data.of(session, follower_id)
    _not_again(session, follower, at=at)
    found = _gather(session, follower.member, follower, by_oneself=True, at=at)
    audit.record(
        session,
        "member.export",
        actor=_ONESELF,
        subject=_subject(follower),
        detail={"rows": found.rows},
        at=at,
    )
    return found


def _subject(follower: Follower) -> str:
    return f"member:{follower.member_id}" if follower.member_id else f"follower:{follower.id}"


def _not_again(session: Session, follower: Follower, *, at: datetime) -> None:
    taken = sa.select(sa.func.count()).where(
        AuditEntry.action == "member.export",
        AuditEntry.actor == _ONESELF,
        AuditEntry.subject == _subject(follower),
        AuditEntry.at > at - _WITHIN,
    )
    if (session.scalar(taken) or 0) >= _AT_MOST:
        minutes = int(_WITHIN.total_seconds() // 60)
        raise TooMany(f"您刚刚已经下载过，请 {minutes} 分钟后再下载；表格和数据（JSON）的内容相同")


def of_member(session: Session, user: User, member_id: int, reason: str, *, at: datetime) -> WholeFile:
    """The same for a member who asked the office for it; recorded with the reason.

    Raises :class:`errors.Forbidden`, :class:`errors.NotFound`, :class:`errors.Refused` without a reason or with the person's name
    in it, :class:`errors.Conflict` for one erased.
    """
    require(user, "member.export")
    member = seen(session, user, member_id)
    if member.erased_at is not None:
        raise Conflict("这位党员的个人信息已经清除，没有可以导出的内容")
    reason = reasons.given(reason, "请写明导出个人信息的事由", least=MIN_REASON, such_as="本人书面申请")
    without_the_person(reason, member)
    follower = session.scalar(sa.select(Follower).where(Follower.member_id == member_id))
    found = _gather(session, member, follower, at=at)
    detail = {"reason": reason, "rows": found.rows}
    audit.record(session, "member.export", user=user, subject=f"member:{member_id}", detail=detail, at=at)
    return found


def _gather(
    session: Session,
    member: Member | None,
    follower: Follower | None,
    *,
    by_oneself: bool = False,
    at: datetime,
) -> WholeFile:
    member_id = member.id if member else None
    follower_id, openid = (follower.id, follower.openid) if follower else (None, None)
    heard = followers.heard_of(session, [follower])[follower.id] if follower else None
    sheets = []
    for trace in TRACES:
        query = rows_of(
            trace, member_id=member_id, follower_id=follower_id, openid=openid, by_oneself=by_oneself
        )
        rows: list[Any] = list(session.execute(query))
        if trace.table is Follower:
            place = list(trace.columns).index("last_seen_at")
            rows = [(*row[:place], heard, *row[place + 1 :]) for row in rows]
        names = {
            name: _names(session, name, {row[place] for row in rows})
            for place, name in enumerate(trace.columns)
        }
        said = [
            [
                _said(trace.name, name, value, names[name])
                for name, value in zip(trace.columns, row, strict=True)
            ]
            for row in rows
        ]
        sheets.append(Sheet(trace.title, list(trace.columns.values()), said))
    sheets.append(_trail(session, member_id, follower_id))
    return WholeFile(sheets, at)


def _trail(session: Session, member_id: int | None, follower_id: int | None) -> Sheet:
    """What was done about this person, and by whom: an office, not a name, for the name is another's."""
    subjects = [f"{kind}:{key}" for kind, key in (("member", member_id), ("follower", follower_id)) if key]
    entries = session.execute(
        sa.select(AuditEntry.at, AuditEntry.action, AuditEntry.user_id)
        .where(sa.or_(AuditEntry.subject.in_(subjects), AuditEntry.id.in_(_former(session, follower_id))))
        .order_by(AuditEntry.id)
    ).all()
    rows = [
        [
            _text(entry.at),
            ACTION_NAMES.get(entry.action, entry.action),
            "工作人员" if entry.user_id else "本人或系统",
        ]
        for entry in entries
    ]
    return Sheet(_TRAIL, ["时间", "操作", "谁"], rows)


def _former(session: Session, follower_id: int | None) -> list[int]:
    """Entries of bindings that ended: they stand under the member, and name the follower or have the moment of a consent."""
    agreed = session.scalars(sa.select(Consent).where(Consent.follower_id == follower_id)).all()
    if not agreed:
        return []
    moments = {moment for one in agreed for moment in (one.at, one.ended_at)}
    entries = session.execute(
        sa.select(AuditEntry.id, AuditEntry.at, AuditEntry.detail).where(
            AuditEntry.subject.in_([f"member:{one.member_id}" for one in agreed])
        )
    )
    return [
        entry.id for entry in entries if entry.detail.get("follower") == follower_id or entry.at in moments
    ]


def _names(session: Session, column: str, ids: set[Any]) -> dict[Any, str]:
    name = _NAMED.get(column)
    wanted = ids - {None}
    if name is None or not wanted:
        return {}
    rows = session.execute(sa.select(name.class_.id, name).where(name.class_.id.in_(wanted))).all()
    return {row[0]: row[1] for row in rows}


def _said(table: str, column: str, value: Any, names: dict[Any, str]) -> str:
    if value is not None and column in _NAMED:
        return names.get(value, str(value))
    if (how := _IN_WORDS.get((table, column))) is not None and value:
        return how(str(value))
    return _WORDS.get((table, column), {}).get(str(value)) or _text(value)


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case datetime():
            return clock.to_shanghai(value).strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return value.isoformat()
        case _:
            return str(value)
