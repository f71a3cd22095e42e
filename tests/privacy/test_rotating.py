"""Keys are rotated over every sealed column; a run that is killed goes on, and nothing is lost on the way."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

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


def test_the_sealed_columns_are_found_in_the_tables_themselves() -> None:
    found = {one.name for one in rotation.sealed_columns()}
    assert {"member.phone", "inbound_message.body", "delivery.payload", "shared_token.value"} <= found
    moved = {one.name: one.context for one in rotation.sealed_columns() if one.context != one.name}
    assert moved == {"delivery.payload": "outbox_message.payload"}, "what another table had sealed opens here"
