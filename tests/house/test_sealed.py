"""Personal data at rest: encrypted, bound to their column, found by a blind index, open to rotation."""

from __future__ import annotations

import os

import pytest
import sqlalchemy as sa

from database import sealed
from database.sealed import Keyring
from database.session import Database
from models import Member
from tests.world import members

OLD, NEW, INDEX = os.urandom(32), os.urandom(32), os.urandom(32)


def test_a_value_opens_only_in_its_own_column() -> None:
    ring = Keyring({"k1": OLD}, INDEX)
    value = ring.seal(b"19900010000", b"member.phone")
    assert ring.open(value, b"member.phone") == b"19900010000"
    with pytest.raises(ValueError, match="does not open"):
        ring.open(value, b"other.column")


def test_a_changed_byte_is_noticed() -> None:
    ring = Keyring({"k1": OLD}, INDEX)
    value = bytearray(ring.seal(b"19900010000", b"member.phone"))
    value[-1] ^= 1
    with pytest.raises(ValueError, match="does not open"):
        ring.open(bytes(value), b"member.phone")


def test_after_a_rotation_old_values_open_and_new_ones_use_the_new_key() -> None:
    before = Keyring({"k1": OLD}, INDEX).seal(b"19900010000", b"member.phone")
    ring = Keyring({"k2": NEW, "k1": OLD}, INDEX)
    assert ring.open(before, b"member.phone") == b"19900010000"
    assert not ring.sealed_with(before)
    assert ring.sealed_with(ring.seal(b"19900010000", b"member.phone"))


def test_equal_numbers_have_equal_indexes_and_different_cipher_texts() -> None:
    ring = Keyring({"k1": OLD}, INDEX)
    assert ring.index("phone:1") == ring.index("phone:1") != ring.index("phone:2")
    assert ring.seal(b"1", b"c") != ring.seal(b"1", b"c")


def test_no_phone_number_lies_in_the_database_in_clear(database_url: str) -> None:
    sealed.use(Keyring({"k1": OLD}, INDEX))
    database = Database(database_url)
    with database.session_scope() as session:
        members.member(session, phone_number="19900010000")
    with database.read_scope() as session:
        assert session.scalar(sa.select(Member.phone)) == "19900010000"
        raw = session.execute(sa.text("SELECT phone FROM member")).scalar_one()
        assert b"19900010000" not in bytes(raw)
    database.close()
