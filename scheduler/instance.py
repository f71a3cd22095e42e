"""Which server may send. A restored backup or a second server finds another fingerprint and stays read-only until confirmed.

Otherwise a clone of the database would send every scheduled push a second time, with keys that WeChat has long forgotten.

Two things are held. The *place* must be exactly the same: the system's id and the very folder of the data (a copy of a folder
gets another number). The *marks* of the machine (firmware's UUID, addresses of physical network cards) must not contradict:
what both sides know has to agree, for cards one in common is enough, and what cannot be read says nothing. So a lease of
DHCP, a container started anew, a card added or a service that is no longer root stop nothing; a virtual machine that was
copied with its disk gets another UUID and other cards from its host, and is read-only. A new mainboard, or all cards
exchanged, asks for one confirmation.

What evades this: a copy with the same UUID *and* the same card addresses and disk (a snapshot started again by hand with both
forced), or a copied container without DMI and cards on a host that shows the same folder number. There only the rule helps
that a restored backup is read-only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit, rights
from database.once import insert_once, upsert
from models import InstanceLease, Setting, User
from scheduler.machine import Marks, read_marks
from settings import Settings

READ_ONLY = (
    "本机不是登记的发送方（数据可能来自备份或另一台服务器），不会发送任何消息。"
    "确认其他服务器已停用后，请管理员运行：./pioneer flask push takeover --as 用户名"
)
_ONLY = 1
_MARKS = "instance_marks"
_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


@dataclass(frozen=True)
class Fingerprint:
    """What tells this server from a copy of it: ``place``, a hash, and the machine's marks."""

    place: str
    marks: Marks = field(default_factory=Marks)


def fingerprint(settings: Settings) -> Fingerprint:
    """This server's fingerprint.

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
    place = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]
    return Fingerprint(place, read_marks() if settings.embedded else Marks())


def _machine() -> str:
    for path in _MACHINE_IDS:
        try:
            if found := path.read_text().strip():
                return found
        except OSError:
            continue
    return ""


def take(session: Session, own: Fingerprint, now: datetime) -> bool:
    """Whether the server with the fingerprint ``own`` may send. The first that asks is registered, later only a person.

    Marks that were not known yet (an older version did not keep them, a card is new) are added for the one who may.
    """
    first = {"id": _ONLY, "fingerprint": own.place, "confirmed_at": now}
    insert_once(session, InstanceLease, [first])  # several processes may start in the same moment
    if not registered(session, own):
        return False
    _keep(session, own.marks.with_known_of(_held(session)), now)
    return True


def may_send(session: Session, settings: Settings) -> bool:
    """Whether this server is the registered one; also where none is registered yet."""
    return registered(session, fingerprint(settings))


def registered(session: Session, own: Fingerprint) -> bool:
    """The same for a fingerprint that is known already."""
    place = session.scalar(sa.select(InstanceLease.fingerprint).where(InstanceLease.id == _ONLY))
    return place is None or (place == own.place and own.marks.agree(_held(session)))


def _held(session: Session) -> Marks:
    text = session.scalar(sa.select(Setting.value).where(Setting.name == _MARKS))
    return msgspec.json.decode(text, type=Marks) if text else Marks()


def _keep(session: Session, marks: Marks, now: datetime) -> None:
    if marks != _held(session):
        upsert(session, Setting, name=_MARKS, value=msgspec.json.encode(marks).decode(), updated_at=now)


def confirm(session: Session, settings: Settings, user: User, now: datetime) -> None:
    """An administrator says that this server is the only one; from now on it sends, and the former one does not.

    Raises :class:`errors.Forbidden`.
    """
    rights.require(user, "system.manage")
    lease = session.get(InstanceLease, _ONLY)
    if lease is None:
        lease = InstanceLease(id=_ONLY)
        session.add(lease)
    own = fingerprint(settings)
    lease.fingerprint, lease.confirmed_by, lease.confirmed_at = own.place, user.id, now
    _keep(session, own.marks, now)
    audit.record(session, "instance.confirm", at=now, user=user)


def taken_over_at(session: Session) -> datetime | None:
    """When a person said that this server is the only one: until then another may have sent. None where nobody had to."""
    confirmed = sa.select(InstanceLease.confirmed_at).where(InstanceLease.confirmed_by.is_not(None))
    return session.scalar(confirmed)


def is_read_only(session: Session, settings: Settings) -> bool:
    """Whether somebody else holds the right to send: the database comes from a backup or from another server."""
    return session.get(InstanceLease, 1) is not None and not may_send(session, settings)
