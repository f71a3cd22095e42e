"""Which server may send. A restored backup or a second server finds another fingerprint and stays read-only until confirmed.

Otherwise a clone of the database would send every scheduled push a second time, with keys that WeChat has long forgotten.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from accounts import rights
from models import InstanceLease, User
from settings import Settings

READ_ONLY = (
    "本机不是登记的发送方（数据可能来自备份或另一台服务器），不会发送任何消息。"
    "确认其他服务器已停用后，请管理员运行：flask push takeover --as 用户名"
)
_ONLY = 1
_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def fingerprint(settings: Settings) -> str:
    """What tells this server from a copy of it.

    The machine and the very folder of its data (a folder keeps its number when it is moved, a copy gets another one); with a
    database server, that server; scaled out, the shared database and Redis alone, whatever the machine.
    """
    url = sa.make_url(settings.database.url)
    shared = "" if settings.on_sqlite else f"{url.host}:{url.port}/{url.database}"
    if settings.embedded:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        parts = ["embedded", _machine(), str(settings.data_dir.stat().st_ino), shared]
    else:
        parts = ["scaled", shared, settings.redis.url.rpartition("@")[2]]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]


def _machine() -> str:
    for path in _MACHINE_IDS:
        try:
            if found := path.read_text().strip():
                return found
        except OSError:
            continue
    return ""


def take(session: Session, own: str, now: datetime) -> bool:
    """Whether the server with the fingerprint ``own`` may send. The first that asks is registered, later only a person."""
    on_postgres = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if on_postgres else sqlite.insert
    first = insert(InstanceLease).values(id=_ONLY, fingerprint=own, confirmed_at=now)
    session.execute(first.on_conflict_do_nothing())  # several processes may start in the same moment
    return registered(session, own)


def may_send(session: Session, settings: Settings) -> bool:
    """Whether this server is the registered one; also where none is registered yet."""
    return registered(session, fingerprint(settings))


def registered(session: Session, own: str) -> bool:
    """The same for a fingerprint that is known already."""
    held = session.scalar(sa.select(InstanceLease.fingerprint).where(InstanceLease.id == _ONLY))
    return held is None or held == own


def confirm(session: Session, settings: Settings, user: User, now: datetime) -> None:
    """An administrator says that this server is the only one; from now on it sends, and the former one does not.

    Raises :class:`errors.Forbidden`.
    """
    rights.require(user, "system.manage")
    lease = session.get(InstanceLease, _ONLY)
    if lease is None:
        lease = InstanceLease(id=_ONLY)
        session.add(lease)
    lease.fingerprint, lease.confirmed_by, lease.confirmed_at = fingerprint(settings), user.id, now
