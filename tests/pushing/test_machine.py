"""Which machine sends: a copied one does not, and what changes by itself stops nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from database.session import Database
from models import InstanceLease, Setting
from scheduler import instance
from scheduler.instance import Fingerprint
from scheduler.machine import Marks, read_marks

NOW = datetime(2026, 9, 1, tzinfo=UTC)
OURS = "4c4c4544-0042-3510-8054-b7c04f4e4d32"


def machine(
    root: Path, *, uuid: str = OURS, cards: dict[str, str] | None = None, virtual: str = "02:42:ac:11:00:02"
) -> Marks:
    """The marks of a machine made of files."""
    dmi = root / "sys/class/dmi/id"
    dmi.mkdir(parents=True)
    if uuid:
        (dmi / "product_uuid").write_text(uuid + "\n")
    for name, address in {"eth0": "52:54:00:12:34:56", **(cards or {})}.items():
        (root / "sys/class/net" / name / "device").mkdir(parents=True)
        (root / "sys/class/net" / name / "address").write_text(address + "\n")
    (root / "sys/class/net/docker0").mkdir(parents=True)
    (root / "sys/class/net/docker0/address").write_text(virtual + "\n")
    return read_marks(root)


@pytest.fixture
def db(database_url: str) -> Database:
    return Database(database_url)


def may_send(db: Database, own: Fingerprint) -> bool:
    with db.session_scope() as session:
        taken = instance.take(session, own, NOW)
    with db.read_scope() as session:
        assert instance.registered(session, own) is taken
    return taken


def test_a_copied_virtual_machine_does_not_send(db: Database, tmp_path: Path) -> None:
    ours = machine(tmp_path / "ours")
    assert may_send(db, Fingerprint("place", ours))
    copies = [
        machine(tmp_path / "uuid", uuid="99999999-0042-3510-8054-b7c04f4e4d32"),
        machine(tmp_path / "card", cards={"eth0": "52:54:00:ff:ff:ff"}),
        machine(
            tmp_path / "both",
            uuid="99999999-0042-3510-8054-b7c04f4e4d32",
            cards={"eth0": "52:54:00:ff:ff:ff"},
        ),
    ]
    for copy in copies:
        assert not may_send(db, Fingerprint("place", copy))
    assert not may_send(db, Fingerprint("another folder", ours))
    assert may_send(db, Fingerprint("place", ours))


def test_what_changes_by_itself_stops_nobody(db: Database, tmp_path: Path) -> None:
    assert may_send(db, Fingerprint("place", machine(tmp_path / "ours")))
    assert may_send(db, Fingerprint("place", machine(tmp_path / "container", virtual="02:42:ac:11:00:09")))
    assert may_send(
        db, Fingerprint("place", machine(tmp_path / "second", cards={"eth1": "52:54:00:aa:aa:aa"}))
    )
    assert may_send(db, Fingerprint("place", machine(tmp_path / "no-root", uuid="")))
    assert may_send(db, Fingerprint("place", Marks()))
    # what was not to be read for a while is still held
    other = machine(tmp_path / "other", uuid="99999999-0042-3510-8054-b7c04f4e4d32")
    assert not may_send(db, Fingerprint("place", other))


def test_an_installation_from_before_the_marks_keeps_its_right_and_gets_them(
    db: Database, tmp_path: Path
) -> None:
    with db.session_scope() as session:
        session.add(InstanceLease(id=1, fingerprint="place", confirmed_at=NOW))
    assert may_send(db, Fingerprint("place", machine(tmp_path / "ours")))
    assert not may_send(
        db, Fingerprint("place", machine(tmp_path / "copy", uuid="99999999-0042-3510-8054-b7c04f4e4d32"))
    )
    with db.read_scope() as session:
        held = session.scalar(sa.select(Setting.value).where(Setting.name == "instance_marks"))
    assert held
    assert OURS not in held


@pytest.mark.parametrize(
    "nothing", ["", "To be filled by O.E.M.", "00000000-0000-0000-0000-000000000000", "None"]
)
def test_a_firmware_that_says_nothing_tells_nobody_apart(tmp_path: Path, nothing: str) -> None:
    assert machine(tmp_path / "one", uuid=nothing).hardware == ""
