"""Looking through the lexicon and changing it: every change is a version, and no row is ever written over."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from accounts.rights import require
from content.lexicon import current, shipped
from content.proofing.entries import KIND_NAMES, Entry, EntryKind
from content.proofing.findings import SEVERITY_NAMES, Severity
from database import locks
from database.listing import Listing
from database.locks import Lock
from ground import clock
from ground.errors import Conflict, NotFound, Refused
from models import LexiconEntry, LexiconVersion, User

CHANGE = "lexicon.change"
TEXT_CHARS, RIGHT_CHARS, REASON_CHARS, APART_CHARS = 40, 80, 120, 300
MOST_DAYS = 366
ACTION_NAMES = {CHANGE: "修改错敏词库", "lexicon.import": "导入错敏词库"}
_STALE = "这个词条刚刚被别人修改过，请回到列表重新打开"
_SPACES = re.compile(r"\s{1,40}")


@dataclass(frozen=True)
class Written:
    """An entry as somebody writes it; ``active``: whether it is in force, ``row``: where it stands in a file (Excel's count)."""

    entry: Entry
    active: bool = True
    row: int = field(default=0, compare=False)


def listed(
    session: Session, *, words: str = "", kind: str = "", severity: str = "", state: str = "", at: datetime
) -> Listing[LexiconEntry]:
    """The present entries, by kind and text; ``state`` is ``on``, ``off`` or ``expired``."""
    where: list[sa.ColumnElement[bool]] = [LexiconEntry.gone.is_(None)]
    if words:
        where.append(
            sa.or_(
                *(
                    field.contains(words, autoescape=True)
                    for field in (LexiconEntry.text, LexiconEntry.suggestion)
                )
            )
        )
    if kind in KIND_NAMES:
        where.append(LexiconEntry.kind == kind)
    if severity in SEVERITY_NAMES:
        where.append(LexiconEntry.severity == severity)
    today = clock.shanghai_day(at)
    if state == "expired":
        where.append(LexiconEntry.until < today)
    elif state:
        where.append(LexiconEntry.active.is_(state == "on"))
    changed_first = (LexiconEntry.shipped, LexiconEntry.changed_at.desc(), LexiconEntry.id)
    return Listing(session, sa.select(LexiconEntry).where(*where).order_by(*changed_first))


def get(session: Session, entry_id: int) -> LexiconEntry:
    """A present entry. Raises :class:`errors.NotFound` for one that is not there, or not any more."""
    row = session.get(LexiconEntry, entry_id) if 0 < entry_id < 2**63 else None
    if row is None or row.gone is not None:
        raise NotFound("没有这个词条，可能刚刚被修改过，请回到列表重新打开")
    return row


def versions(session: Session) -> Listing[LexiconVersion]:
    """All versions, the newest first."""
    return Listing(session, sa.select(LexiconVersion).order_by(LexiconVersion.number.desc()))


def changes(session: Session, number: int, *, limit: int) -> tuple[list[LexiconEntry], list[LexiconEntry]]:
    """What one version brought and what it ended, at most ``limit`` of each."""
    query = sa.select(LexiconEntry).order_by(LexiconEntry.kind, LexiconEntry.text).limit(limit)
    return (
        list(session.scalars(query.where(LexiconEntry.since == number))),
        list(session.scalars(query.where(LexiconEntry.gone == number))),
    )


def version(session: Session, number: int) -> LexiconVersion:
    """One version. Raises :class:`errors.NotFound`."""
    row = session.get(LexiconVersion, number) if 0 < number < 2**31 else None
    if row is None:
        raise NotFound("词库没有这一版")
    return row


def ensure_shipped(session: Session, *, at: datetime) -> int:
    """Bring in what came with the product and was never here, also what the office has removed or changed; how many."""
    locks.hold(session, Lock.LEXICON)
    known = {(row.kind, row.text) for row in session.execute(sa.select(LexiconEntry.kind, LexiconEntry.text))}
    fresh = [one for one in shipped.entries() if (one.kind.value, one.text) not in known]
    if fresh:
        number = _next(session)
        session.add_all(_row(Written(one), number, None, at, is_shipped=True) for one in fresh)
        _close(session, number, None, "随程序提供的词条", at)
    return len(fresh)


def save(
    session: Session, user: User, written: Written, *, at: datetime, entry_id: int | None = None
) -> LexiconEntry:
    """A new entry, or another state of one.

    Raises :class:`errors.Refused` for what cannot be an entry, :class:`errors.Conflict` where another has the same text or
    somebody was faster, :class:`errors.NotFound`, :class:`errors.Forbidden`.
    """
    require(user, CHANGE)
    written = checked(written, clock.shanghai_day(at))
    ensure_shipped(session, at=at)
    before = get(session, entry_id) if entry_id is not None else None
    same = _present(session, [written.entry]).get((written.entry.kind.value, written.entry.text))
    if same is not None and same.id != entry_id:
        raise Conflict(
            f"“{written.entry.text}”已在词库的“{KIND_NAMES[written.entry.kind]}”中，请修改原有的词条"
        )
    number = _next(session)
    if before is not None:
        _end(session, before.id, number)
    row = _row(written, number, user, at, is_shipped=before is not None and before.shipped)
    session.add(row)
    session.flush()
    verb = "修改" if before is not None else "新增"
    _close(session, number, user, f"{verb}{_told(written.entry)}", at)
    audit.record(
        session,
        CHANGE,
        at=at,
        user=user,
        subject=f"lexicon:{row.id}",
        detail={"version": number, "active": row.active},
    )
    return row


def switch(session: Session, user: User, entry_id: int, *, active: bool, at: datetime) -> LexiconEntry:
    """停用 or 启用."""
    row = get(session, entry_id)
    return save(session, user, Written(current.entry_of(row), active), at=at, entry_id=entry_id)


@dataclass(frozen=True)
class Plan:
    """What a file would do: entries that are new, those that are changed (as they are, as they will be), how many stay."""

    created: list[Written]
    updated: list[tuple[Written, Written]]
    unchanged: int


@dataclass(frozen=True)
class Taken:
    """What a file did."""

    created: int
    updated: int
    unchanged: int


def plan(session: Session, rows: Sequence[Written]) -> Plan:
    """What :func:`take` would do with these entries; nothing is written."""
    known = {(row.kind, row.text) for row in session.execute(sa.select(LexiconEntry.kind, LexiconEntry.text))}
    held = {_key(one): Written(one) for one in shipped.entries() if _key(one) not in known}
    for key, row in _present(session, [one.entry for one in rows]).items():
        held[key] = Written(current.entry_of(row), row.active)
    found = Plan([one for one in rows if _key(one.entry) not in held], [], 0)
    there = [(held[_key(one.entry)], one) for one in rows if _key(one.entry) in held]
    changed = [(before, one) for before, one in there if before != one]
    return replace(found, updated=changed, unchanged=len(there) - len(changed))


def _key(entry: Entry) -> tuple[str, str]:
    return entry.kind.value, entry.text


def take(session: Session, user: User, rows: Sequence[Written], *, at: datetime) -> Taken:
    """Bring in many entries as one version: by kind and text new ones are made, others changed; what is not named stays.

    Raises :class:`errors.Refused`, :class:`errors.Forbidden`.
    """
    require(user, CHANGE)
    ensure_shipped(session, at=at)
    todo = plan(session, rows)
    present = _present(session, [one.entry for one in rows])
    number = _next(session)
    session.add_all(_row(one, number, user, at, is_shipped=False) for one in todo.created)
    for _, one in todo.updated:
        before = present[_key(one.entry)]
        _end(session, before.id, number)
        session.add(_row(one, number, user, at, is_shipped=before.shipped))
    created, updated = len(todo.created), len(todo.updated)
    taken = Taken(created, updated, todo.unchanged)
    if created or updated:
        _close(session, number, user, f"从 Excel 导入：新增 {created} 条，修改 {updated} 条", at)
        detail = {"version": number, "created": created, "updated": updated, "unchanged": taken.unchanged}
        audit.record(session, "lexicon.import", at=at, user=user, subject="lexicon", detail=detail)
    return taken


def checked(written: Written, today: date) -> Written:
    """An entry in its normal form. Raises :class:`errors.Refused` with what is wrong with it."""
    entry = written.entry
    text, right, reason = (_plain(value) for value in (entry.text, entry.suggestion, entry.reason))
    if not 2 <= len(text) <= TEXT_CHARS:
        raise Refused(f"词语应为 2 到 {TEXT_CHARS} 个字，现在是 {len(text)} 个字")
    if len(right) > RIGHT_CHARS or len(reason) > REASON_CHARS:
        raise Refused(f"建议最多 {RIGHT_CHARS} 个字，理由最多 {REASON_CHARS} 个字")
    apart = tuple(dict.fromkeys(word for word in map(_plain, entry.unless) if word))
    if len("/".join(apart)) > APART_CHARS:
        raise Refused(f"不算的语境合计最多 {APART_CHARS} 个字，请只留必要的")
    if odd := [word for word in apart if text not in word]:
        raise Refused(f"不算的语境应当包含词语本身，“{odd[0]}”里没有“{text}”")
    made = replace(entry, text=text, suggestion=right, reason=reason, unless=apart)
    _check_kind(made, today)
    if not 0 <= made.order <= 999:
        raise Refused("排序应为 1 到 999 的数字，不排序的留空")
    if made.kind is not EntryKind.EXCEPTION:
        made = replace(made, until=None)
    return replace(written, entry=made)


def _check_kind(entry: Entry, today: date) -> None:
    if entry.kind is EntryKind.EXCEPTION:
        if not entry.reason:
            raise Refused("例外须写明理由")
        if entry.until is None or (entry.until - today).days > MOST_DAYS:
            raise Refused("例外须有到期日，最长一年，到期后可以再续")
    elif entry.kind is EntryKind.PERSON and not entry.suggestion:
        raise Refused("领导职务须在“建议”中填写现任职务")
    elif entry.kind is EntryKind.WRONG and entry.text in entry.suggestion:
        where = entry.suggestion
        if not any(entry.text in word and word in where for word in entry.unless):
            raise Refused("建议写法里不能再含有易错写法本身，否则改过以后还会提示")
    elif entry.kind is EntryKind.PHRASE and len(entry.text) < 4:
        raise Refused("固定提法至少 4 个字，太短的提法会误报")


def _plain(text: str) -> str:
    return _SPACES.sub(" ", "".join(char for char in text if char >= " " or char in "\t\n")).strip()


def _told(entry: Entry) -> str:
    """An entry in a note; names of people and numbers that are let pass do not stand there."""
    if entry.kind in (EntryKind.WRONG, EntryKind.PHRASE):
        return f"“{entry.text}”"
    return f"一条{KIND_NAMES[entry.kind]}"


def _present(session: Session, entries: Iterable[Entry]) -> Mapping[tuple[str, str], LexiconEntry]:
    texts = {entry.text for entry in entries}
    query = sa.select(LexiconEntry).where(LexiconEntry.gone.is_(None))
    if len(texts) < 100:
        query = query.where(LexiconEntry.text.in_(texts))
    return {(row.kind, row.text): row for row in session.scalars(query)}


def _next(session: Session) -> int:
    locks.hold(session, Lock.LEXICON)
    return (session.scalar(sa.select(sa.func.max(LexiconVersion.number))) or 0) + 1


def _end(session: Session, entry_id: int, number: int) -> None:
    ended = session.execute(
        sa.update(LexiconEntry)
        .where(LexiconEntry.id == entry_id, LexiconEntry.gone.is_(None))
        .values(gone=number)
        .returning(LexiconEntry.id)
    ).all()
    if not ended:
        raise Conflict(_STALE)


def _row(written: Written, number: int, user: User | None, at: datetime, *, is_shipped: bool) -> LexiconEntry:
    entry = written.entry
    values: dict[str, Any] = {
        "kind": entry.kind.value,
        "text": entry.text,
        "suggestion": entry.suggestion,
        "reason": entry.reason,
        "severity": Severity(entry.severity).value,
        "apart": "/".join(entry.unless),
        "rank": entry.order,
        "until": entry.until,
    }
    return LexiconEntry(
        **values, active=written.active, shipped=is_shipped, since=number, changed_at=at,
        changed_by=user.id if user else None,
    )  # fmt: skip


def _close(session: Session, number: int, user: User | None, note: str, at: datetime) -> None:
    """Write down the version that was made."""
    session.flush()
    held = current.entries_of(session, number)
    digest = hashlib.sha256(repr(held).encode()).hexdigest()
    row = LexiconVersion(
        number=number, made_at=at, note=note[:REASON_CHARS], entries=len(held), digest=digest
    )
    row.made_by = user.id if user else None
    session.add(row)
    session.flush()
