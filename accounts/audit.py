"""操作日志: an append-only chain of who did what, each entry carrying the hash of the one before.

An entry that is changed, removed from the middle or slipped in breaks the chain, and :func:`verify` says where. Entries hold no
personal data: subjects are ids (``member:12``), details are counts, reasons and names of columns.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import AuditEntry, User

GENESIS = "0" * 64
_LOCK = 0x50494F4E45455201  # names the chain among PostgreSQL's advisory locks
_PAGE = 500

ACTION_NAMES = {
    "user.create": "新建账号",
    "user.change": "修改账号",
    "user.login": "登录",
    "user.locked": "登录锁定",
    "place.import": "导入片区网格",
    "member.import": "导入党员名册",
    "member.change": "修改党员信息",
    "member.unmask": "查看未脱敏信息",
    "member.bind": "绑定党员",
    "member.unbind": "解除绑定",
    "follower.sync": "同步粉丝",
    "activity.create": "新建活动",
    "activity.change": "修改活动",
    "activity.export": "导出台账",
    "checkin.record": "补录签到",
    "checkin.make_up": "审批补签",
    "checkin.undo": "撤销签到",
}
"""Chinese names of the actions that this package records; other packages bring their own."""


def record(
    session: Session,
    action: str,
    *,
    at: datetime,
    user: User | None = None,
    actor: str = "",
    subject: str = "",
    detail: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Append one entry in the session's transaction.

    ``user`` is who acted; without one ``actor`` says what did ("命令行", "系统", "粉丝"). Call it last in a transaction: on
    PostgreSQL it holds the chain's lock until the commit.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    session.flush()
    prev = session.scalar(sa.select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)) or GENESIS
    entry = AuditEntry(
        at=at.astimezone(UTC),
        user_id=user.id if user else None,
        actor=(user.label if user else actor or "系统")[:60],
        action=action,
        subject=subject[:120],
        detail=json.loads(_canonical(dict(detail or {}))),
        prev_hash=prev,
        hash="",
    )
    entry.hash = _hash_of(entry)
    session.add(entry)
    session.flush()
    return entry


@dataclass(frozen=True)
class ChainReport:
    """What :func:`verify` found. ``broken_at`` is the id of the first entry that does not fit, None if all do."""

    entries: int
    broken_at: int | None

    @property
    def intact(self) -> bool:
        """Whether every entry fits to the one before."""
        return self.broken_at is None


def verify(session: Session) -> ChainReport:
    """Walk the whole chain from its first entry."""
    prev, count = GENESIS, 0
    for entry in _in_order(session):
        count += 1
        if entry.prev_hash != prev or entry.hash != _hash_of(entry):
            return ChainReport(count, entry.id)
        prev = entry.hash
    return ChainReport(count, None)


@dataclass(frozen=True)
class AuditPage:
    """A page of entries, the newest first, and how many there are in all."""

    entries: list[AuditEntry]
    total: int


def page(
    session: Session, *, action: str = "", user_id: int | None = None, number: int = 1, size: int = 20
) -> AuditPage:
    """Entries of one action (a prefix such as ``member`` counts) and one user, newest first; ``number`` counts from 1."""
    where: list[sa.ColumnElement[bool]] = []
    if action:
        where.append(sa.or_(AuditEntry.action == action, AuditEntry.action.startswith(f"{action}.")))
    if user_id is not None:
        where.append(AuditEntry.user_id == user_id)
    total = session.scalar(sa.select(sa.func.count()).select_from(AuditEntry).where(*where)) or 0
    found = session.scalars(
        sa.select(AuditEntry)
        .where(*where)
        .order_by(AuditEntry.id.desc())
        .offset((max(number, 1) - 1) * size)
        .limit(size)
    )
    return AuditPage(list(found), total)


def _in_order(session: Session) -> Iterator[AuditEntry]:
    last = 0
    while entries := list(
        session.scalars(
            sa.select(AuditEntry).where(AuditEntry.id > last).order_by(AuditEntry.id).limit(_PAGE)
        )
    ):
        yield from entries
        last = entries[-1].id
        for entry in entries:
            session.expunge(entry)


def _hash_of(entry: AuditEntry) -> str:
    content = [
        entry.prev_hash,
        entry.at.astimezone(UTC).isoformat(),
        entry.user_id,
        entry.actor,
        entry.action,
        entry.subject,
        entry.detail,
    ]
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
