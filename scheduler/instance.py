"""Which server may send. A restored backup or a second server finds another fingerprint and stays read-only until confirmed.

Otherwise a clone of the database would send every scheduled push a second time, with keys that WeChat has long forgotten.
"""

from __future__ import annotations

import hashlib
import socket
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import InstanceLease, User
from settings import Settings

ONLY = 1
_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def fingerprint(settings: Settings) -> str:
    """What tells this server from a copy of it: machine and data folder; scaled out, the shared database and Redis."""
    shown = sa.make_url(settings.database.url).render_as_string(hide_password=True)
    if settings.embedded:
        parts = ["embedded", _machine(), str(settings.data_dir.resolve()), shown]
    else:
        parts = ["scaled", shown, settings.redis.url.rpartition("@")[2]]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]


def _machine() -> str:
    for path in _MACHINE_IDS:
        try:
            if found := path.read_text().strip():
                return found
        except OSError:
            continue
    return socket.gethostname()


def take(session: Session, settings: Settings, now: datetime) -> bool:
    """Whether this server may send. The first one that ever asks is taken; afterwards only a person changes it."""
    own = fingerprint(settings)
    lease = session.get(InstanceLease, ONLY)
    if lease is None:
        session.add(InstanceLease(id=ONLY, fingerprint=own, confirmed_at=now))
        session.flush()
        return True
    return lease.fingerprint == own


def may_send(session: Session, settings: Settings) -> bool:
    """The same without taking anything."""
    held = session.scalar(sa.select(InstanceLease.fingerprint).where(InstanceLease.id == ONLY))
    return held == fingerprint(settings)


def confirm(session: Session, settings: Settings, user: User, now: datetime) -> None:
    """An administrator says that this server is the only one; from now on it sends, and the former one does not."""
    lease = session.get(InstanceLease, ONLY)
    if lease is None:
        lease = InstanceLease(id=ONLY)
        session.add(lease)
    lease.fingerprint, lease.confirmed_by, lease.confirmed_at = fingerprint(settings), user.id, now
