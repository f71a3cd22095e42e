"""Keys are rotated over every sealed column; a run that is killed goes on, and nothing is lost on the way."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from database import sealed
from database.base import UtcDateTime
from database.session import Database
from ground import clock
from models import Conversation, Delivery, Member, SharedToken, SpoolFailure
from operations import rotation
from runtime import Runtime, build
from settings import ROOT, load_settings
from tests.fixtures.commands import run_flask
from tests.fixtures.configuration import RAW, write_config
from tests.inbound.conftest import Office
from tests.inbound.platform import Phone
from tests.privacy.conftest import NAME, NUMBER, live

NEW = "t2:" + base64.urlsafe_b64encode(bytes(range(64, 96))).decode()


def config(runtime: Runtime, folder: Path, keys: str) -> Path:
    return write_config(
        folder / "rotated.toml",
        database={"url": runtime.settings.database.url},
        server={"data_dir": str(runtime.settings.data_dir)},
        privacy={"field_keys": keys},
    )


def fill(runtime: Runtime, office: Office, phone: Phone) -> None:
    live(runtime, office, phone)
    with runtime.db.session_scope() as session:
        now = clock.now()
        session.add(SpoolFailure(key="k", body="<xml/>", error="E", attempts=3, at=now))
        session.add(SharedToken(name="t", value="secret"))
        session.add(Conversation(openid="o1", topic="bind", state="{}", expires_at=now))


def test_after_a_rotation_everything_opens_with_the_new_key_alone(
    runtime: Runtime, office: Office, phone: Phone, tmp_path: Path
) -> None:
    fill(runtime, office, phone)
    both = config(runtime, tmp_path, f"{NEW},{RAW['privacy']['field_keys']}")
    columns = {one.name for one in rotation.sealed_columns()}
    program = (
        "import runtime\nfrom ground import clock\nfrom operations import rotation\n"
        "from settings import load_settings\nparts = runtime.build(load_settings())\n"
        "rotation.BATCH = 2\nrotation.rotate(parts.db, clock.now())\n"
    )
    env = {**os.environ, "PIONEER_CONFIG": str(both), "PIONEER_CRASH_AT": "rotation.batch:3"}
    killed = subprocess.run([sys.executable, "-c", program], env=env, cwd=ROOT, capture_output=True)
    assert killed.returncode == -signal.SIGKILL

    done = run_flask("privacy", "rotate", "--json", env={"PIONEER_CONFIG": str(both)})
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["remaining"] == 0
    assert set(told["sealed"]) <= columns
    assert (
        json.loads(run_flask("privacy", "rotate", "--json", env={"PIONEER_CONFIG": str(both)}).stdout)[
            "sealed"
        ]
        == {}
    )

    alone = build(load_settings(config(runtime, tmp_path, NEW), env={}))
    with alone.db.read_scope() as session:
        assert session.scalar(sa.select(Member.phone).where(Member.name == NAME)) == NUMBER
        assert NAME in str(
            session.scalars(sa.select(Delivery.payload).where(Delivery.payload.is_not(None))).one()
        )
        assert session.scalars(sa.select(SharedToken.value)).one() == "secret"
    alone.close()


def test_a_value_that_no_key_opens_is_told_and_left_as_it_is(
    runtime: Runtime, office: Office, phone: Phone, tmp_path: Path
) -> None:
    fill(runtime, office, phone)
    done = run_flask("privacy", "rotate", env={"PIONEER_CONFIG": str(config(runtime, tmp_path, NEW))})
    assert done.returncode == 2
    assert "打不开" in done.stderr
    with runtime.db.read_scope() as session:
        assert session.scalar(sa.select(Member.phone).where(Member.name == NAME)) == NUMBER


def test_one_key_alone_is_no_rotation_and_keys_are_named_where_one_may_go(
    runtime: Runtime, office: Office, phone: Phone, tmp_path: Path
) -> None:
    fill(runtime, office, phone)
    own = RAW["privacy"]["field_keys"]
    done = run_flask("privacy", "rotate", env={"PIONEER_CONFIG": str(config(runtime, tmp_path, own))})
    assert done.returncode == 0
    assert "只有一把密钥（t1）" in done.stdout
    assert "删去" not in done.stdout
    wrong_order = config(runtime, tmp_path, f"{own},{NEW}")
    done = run_flask("privacy", "rotate", env={"PIONEER_CONFIG": str(wrong_order)})
    assert "如果 t1 是旧密钥，请把新密钥移到最前面" in done.stdout


def test_another_key_under_an_old_id_is_found_told_and_mended(
    runtime: Runtime, office: Office, phone: Phone, tmp_path: Path
) -> None:
    fill(runtime, office, phone)
    other = NEW.replace("t2:", "t1:")
    env = {"PIONEER_CONFIG": str(config(runtime, tmp_path, other))}
    done = run_flask("privacy", "rotate", env=env)
    assert done.returncode == 2
    assert "加密它们的密钥编号是 t1，现在配置的不是那一把" in done.stderr
    for words in (("doctor", "--offline"), ("doctor",)):
        done = run_flask(*words, env=env)
        assert done.returncode == 1
        assert "［错误］加密密钥" in done.stdout
        assert "Traceback" not in done.stderr
    member = str(office.members[NAME])
    done = run_flask("member", "correct", member, "--duty", "组长", "--as", "admin", env=env)
    assert done.returncode == 1
    assert "flask doctor" in done.stderr
    assert "Traceback" not in done.stderr

    _, _, old = RAW["privacy"]["field_keys"].partition(":")
    third = "t3:" + base64.urlsafe_b64encode(bytes(range(96, 128))).decode()
    env = {"PIONEER_CONFIG": str(config(runtime, tmp_path, f"{third},{other},t0:{old}"))}
    done = run_flask("privacy", "rotate", env=env)
    assert done.returncode == 0, done.stderr
    alone = build(load_settings(config(runtime, tmp_path, third), env={}))
    with alone.db.read_scope() as session:
        assert session.scalar(sa.select(Member.phone).where(Member.name == NAME)) == NUMBER
    alone.close()


def test_keys_offers_an_id_that_is_free(runtime: Runtime, tmp_path: Path) -> None:
    key = NEW.partition(":")[2].rstrip("=")
    for configured, offered in ((f"k7:{key},k2:{key[:-1]}A", "k8"), ("t1:请生成", "k1")):
        written = config(runtime, tmp_path, configured)
        done = run_flask("keys", env={"PIONEER_CONFIG": str(written)})
        assert done.returncode == 0, done.stderr
        assert f'field_keys = "{offered}:' in done.stdout


def test_the_sealed_columns_are_found_in_the_tables_themselves() -> None:
    found = {one.name for one in rotation.sealed_columns()}
    assert {"member.phone", "inbound_message.body", "delivery.payload", "shared_token.value"} <= found
    moved = {one.name: one.context for one in rotation.sealed_columns() if one.context != one.name}
    assert moved == {"delivery.payload": "outbox_message.payload"}, "what another table had sealed opens here"


def _value(column: sa.Column[Any]) -> Any:
    """Something that fits into a column of this kind, whatever it means there."""
    match column.type:
        case sa.Boolean():
            return False
        case sa.Integer() | sa.BigInteger():
            return 1
        case sa.JSON():
            return []
        case _ if isinstance(column.type, UtcDateTime):
            return clock.now()
        case sa.Date():
            return clock.now().date()
        case sa.LargeBinary():
            return b"x"
        case _:
            return "1"


def test_no_sealed_column_of_any_table_is_left_behind(sqlite_url: str, tmp_path: Path) -> None:
    old, new = bytes(range(32)), bytes(range(32, 64))
    db = Database(sqlite_url)
    sealed.use(sealed.Keyring({"old": old}, bytes(32)))
    try:
        columns = rotation.sealed_columns()
        with db.engine.connect() as connection:
            bare: Any = connection.connection.driver_connection
            for pragma in ("foreign_keys = OFF", "ignore_check_constraints = ON"):
                bare.execute(f"PRAGMA {pragma}")  # what else stands in these rows does not matter here
            for table in {one.table for one in columns}:
                row = {column.name: _value(column) for column in table.columns}
                row |= {one.column.name: f"of {one.name}" for one in columns if one.table is table}
                connection.execute(sa.insert(table), row)
            connection.commit()
            connection.invalidate()
        sealed.use(sealed.Keyring({"new": new, "old": old}, bytes(32)))
        assert set(rotation.remaining(db).values()) == {1}, "one value in every sealed column"
        assert rotation.standing(db) == rotation.Standing(("new", "old"), len(columns))
        heard: list[str] = []
        rotation.rotate(db, clock.now(), lambda column, _: heard.append(column))
        assert set(heard) == {one.name for one in columns}
        sealed.use(sealed.Keyring({"new": new}, bytes(32)))
        with db.engine.connect() as connection:
            for one in columns:
                assert connection.scalar(sa.select(one.column)) == f"of {one.name}"
    finally:
        db.close()
