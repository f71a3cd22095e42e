"""操作日志: an append-only chain of who did what, each entry carrying the hash of the one before.

The hashes are made under a key that is not in the database, so that whoever writes into the tables cannot write a chain that
fits. An entry that is changed, removed, moved or slipped in breaks it; the head, under the key as well, shows that the last
ones are there; heads that were noted elsewhere show that the whole was not put back to an earlier state. Entries hold no personal
data: subjects are ids (``member:12``), details are counts, reasons and names of columns.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database import locks
from database.locks import Lock
from database.once import upsert
from database.sealed import keyring
from models import AuditEntry, Setting, User

GENESIS = "0" * 64
_PAGE = 500
_HEAD = "audit.head"
_KEY, _HEAD_KEY = b"audit.chain", b"audit.head"
RESTORED = "backup.restore"

ACTION_NAMES = {
    "user.create": "新建账号",
    "user.change": "修改账号",
    "user.login": "登录",
    "user.locked": "登录锁定",
    "place.import": "导入片区网格",
    "member.import": "导入党员名册",
    "member.undo": "撤销名册导入",
    "branch.create": "新建党支部",
    "branch.change": "修改党支部简称",
    "member.create": "新增党员",
    "branch.name": "记住党支部的其他名称",
    "branch.name_gone": "删除党支部的其他名称",
    "member.change": "修改党员信息",
    "member.leave": "移出名册",
    "member.return": "恢复在册",
    "member.transfer": "转移党员",
    "member.transfer_undo": "撤回转移",
    "member.merge": "合并党员记录",
    "member.unmask": "查看未脱敏信息",
    "member.bind": "绑定党员",
    "member.consent": "同意新版说明",
    "member.lapse": "逾期解除绑定",
    "member.unbind": "解除绑定",
    "member.replace": "更换绑定的微信",
    "member.erase": "清除个人信息",
    "follower.erase": "清除微信资料",
    "member.request": "提交信息申请",
    "member.answer": "办理信息申请",
    "member.export": "导出个人信息",
    "privacy.rotate": "更换数据密钥",
    "follower.sync": "同步关注者",
    "activity.create": "新建活动",
    "activity.change": "修改活动",
    "activity.template": "修改活动模板",
    "activity.export": "导出台账",
    "checkin.record": "补录签到",
    "checkin.make_up": "审批补签",
    "checkin.undo": "撤销签到",
    "group.create": "新建群",
    "group.change": "修改群",
    "group.close": "停用群",
    "group.try": "向群试发",
    "checkin.list": "登记签到",
    "checkin.take_back": "撤回登记",
    "activity.screen": "设置签到屏",
    RESTORED: "恢复备份",
    "audit.seal": "日志改用密钥校验",
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

    ``user`` is who acted; without one ``actor`` says what did ("命令行", "系统", "关注者"). Call it last in a transaction: on
    PostgreSQL it holds the chain's lock until the commit.
    """
    locks.hold(session, Lock.AUDIT_CHAIN)
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
        keyed=True,
    )
    entry.hash = _hash_of(entry)
    session.add(entry)
    session.flush()
    _set_head(session, entry)
    return entry


@dataclass(frozen=True)
class Head:
    """The last entry at some moment."""

    id: int
    hash: str
    at: datetime


def head(session: Session) -> Head | None:
    """The last entry, as the chain itself remembers it; None without entries, or where the memory was tampered with."""
    row = session.execute(
        sa.select(Setting.value, Setting.updated_at).where(Setting.name == _HEAD)
    ).one_or_none()
    if row is None:
        return None
    number, _, rest = row.value.partition(":")
    digest, _, mark = rest.partition(":")
    if not number.isdecimal() or not hmac.compare_digest(mark, _mark(int(number), digest)):
        return None
    return Head(int(number), digest, row.updated_at)


def _set_head(session: Session, entry: AuditEntry) -> None:
    value = f"{entry.id}:{entry.hash}:{_mark(entry.id, entry.hash)}"
    upsert(session, Setting, name=_HEAD, value=value, updated_at=entry.at)


def _mark(number: int, digest: str) -> str:
    key = keyring().derived(_HEAD_KEY)
    return hmac.new(key, f"{number}:{digest}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class ChainReport:
    """What :func:`verify` found.

    ``broken_at`` is the id of the first entry that does not fit, None if all do; ``fault`` says in Chinese what is wrong there.
    ``superseded``: how many heads noted elsewhere belong to data that a restored backup has replaced.
    """

    entries: int
    broken_at: int | None
    fault: str = field(default="", compare=False)
    superseded: int = 0

    @property
    def intact(self) -> bool:
        """Whether every entry fits to the one before, and none is missing."""
        return self.broken_at is None


def verify(session: Session, noted: Sequence[Head] = ()) -> ChainReport:
    """Walk the whole chain from its first entry to its head, and hold it against the heads ``noted`` outside the database."""
    present = head(session)  # before the entries: what is written meanwhile comes behind it
    wanted = {one.id for one in noted} | ({present.id} if present else set())
    seen: dict[int, str] = {}
    restored: list[datetime] = []
    prev, count, last = GENESIS, 0, 0
    for entry in _in_order(session):
        count += 1
        if fault := _fault(entry, prev):
            return ChainReport(count, entry.id, fault)
        prev, last = entry.hash, entry.id
        if entry.id in wanted:
            seen[entry.id] = entry.hash
        if entry.action == RESTORED:
            restored.append(entry.at)
    if present is None and count:
        return ChainReport(count, last, f"第 {last} 条是现在的最后一条，但日志末尾的印记缺失或被改动")
    if present and seen.get(present.id) != present.hash:
        return ChainReport(count, present.id, _cut(last, present.id))
    superseded = 0
    for one in noted:
        if seen.get(one.id) == one.hash:
            continue
        if not any(moment >= one.at for moment in restored):
            return ChainReport(count, one.id, _cut(last, one.id))
        superseded += 1
    return ChainReport(count, None, superseded=superseded)


def _fault(entry: AuditEntry, prev: str) -> str:
    if not entry.keyed:
        return f"第 {entry.id} 条记录没有用密钥校验，可能是绕过系统写入的"
    if not hmac.compare_digest(entry.hash, _hash_of(entry)):
        return f"第 {entry.id} 条记录的内容或校验值被改动过"
    if entry.prev_hash != prev:
        return f"第 {entry.id} 条记录与前一条对不上，它之前有记录被删除、插入或调换了次序"
    return ""


def _cut(last: int, wanted: int) -> str:
    if last < wanted:
        return f"第 {last} 条之后的记录被删除，应当一直到第 {wanted} 条"
    return f"第 {wanted} 条记录与另外保存的记录不同，日志从那里起被换掉了"


def unkeyed(session: Session) -> bool:
    """Whether there are entries of the first version, whose hashes anybody can make."""
    return bool(session.scalar(sa.select(sa.exists().where(AuditEntry.keyed.is_(False)))))


def seal(session: Session, *, at: datetime) -> ChainReport:
    """Chain the entries of the first version anew under the key, once; what their old chain was worth becomes an entry.

    All in the caller's transaction: it is done, or it can be begun again.
    """
    locks.hold(session, Lock.AUDIT_CHAIN)
    report = _verify_first(session)
    # No two may have the same predecessor, not even on the way.
    apart = sa.literal("~").concat(sa.cast(AuditEntry.id, sa.String))
    change = sa.update(AuditEntry).values(prev_hash=apart)
    session.execute(change.execution_options(synchronize_session=False))
    prev = GENESIS
    for entry in _in_order(session):
        entry.prev_hash, entry.keyed = prev, True
        prev = entry.hash = _hash_of(entry)
    found = {"entries": report.entries, "broken_at": report.broken_at or 0}
    record(session, "audit.seal", actor="系统", detail=found, at=at)
    return report


def _verify_first(session: Session) -> ChainReport:
    prev, count = GENESIS, session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) or 0
    for entry in _in_order(session):
        expected = _hash_of(entry) if entry.keyed else hashlib.sha256(_content(entry)).hexdigest()
        if entry.prev_hash != prev or entry.hash != expected:
            return ChainReport(count, entry.id, f"第 {entry.id} 条记录与前一条对不上")
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
    """All entries; what the caller changed of them is written before the next page is read."""
    last = 0
    query = sa.select(AuditEntry).execution_options(populate_existing=True)
    while entries := list(
        session.scalars(query.where(AuditEntry.id > last).order_by(AuditEntry.id).limit(_PAGE))
    ):
        yield from entries
        last = entries[-1].id
        session.flush()
        for entry in entries:
            session.expunge(entry)


def _hash_of(entry: AuditEntry) -> str:
    return hmac.new(keyring().derived(_KEY), _content(entry), hashlib.sha256).hexdigest()


def _content(entry: AuditEntry) -> bytes:
    content = [
        entry.prev_hash,
        entry.at.astimezone(UTC).isoformat(),
        entry.user_id,
        entry.actor,
        entry.action,
        entry.subject,
        entry.detail,
    ]
    return _canonical(content).encode()


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
