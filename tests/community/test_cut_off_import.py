"""An import that is killed leaves no row without an entry in the audit trail; a repeat finishes it."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
import sqlalchemy as sa

from database.session import Database
from models import AuditEntry, ImportRun, Member
from tests.fixtures.commands import run_flask
from tests.fixtures.configuration import write_config

DATA = Path(__file__).parents[1] / "data"
KILLED = -signal.SIGKILL


def numbers(url: str) -> tuple[int, int, list[int]]:
    """Members, entries about the import, and what each attempt has left unwritten."""
    db = Database(url)
    try:
        with db.read_scope() as session:
            members = session.scalar(sa.select(sa.func.count()).select_from(Member)) or 0
            entries = session.scalar(
                sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == "member.import")
            )
            return (
                members,
                entries or 0,
                list(session.scalars(sa.select(ImportRun.unwritten).order_by(ImportRun.id))),
            )
    finally:
        db.close()


@pytest.mark.torture
@pytest.mark.parametrize(
    "point", ["roster.chunk_written", "roster.chunk_committed", "roster.chunk_written:2"]
)
def test_a_killed_import_leaves_no_row_without_an_entry_and_a_repeat_finishes_it(
    database_url: str, tmp_path: Path, point: str
) -> None:
    config = write_config(
        tmp_path / "config.toml", database={"url": database_url}, server={"data_dir": str(tmp_path / "var")}
    )
    env = {"PIONEER_CONFIG": str(config), "FLASK_APP": "app"}
    assert run_flask("place", "import", DATA / "places.xlsx", env=env).returncode == 0
    order = ("member", "import", DATA / "roster.xlsx", "--only-valid")
    assert run_flask(*order, env={**env, "PIONEER_CRASH_AT": point}).returncode == KILLED
    members, entries, left = numbers(database_url)
    assert (members > 0) is (entries > 0) is (point != "roster.chunk_written")
    if members:
        assert entries == 1
        assert left[0] > 0

    assert run_flask(*order, env=env).returncode == 0
    whole, entries, left = numbers(database_url)
    assert whole > members
    assert set(left) == {0}
    assert entries == (2 if members else 1)


@pytest.mark.torture
@pytest.mark.parametrize("point", ["roster.undo_begun", "roster.undo_step:2"])
def test_a_killed_undoing_is_finished_by_asking_again(database_url: str, tmp_path: Path, point: str) -> None:
    config = write_config(
        tmp_path / "config.toml", database={"url": database_url}, server={"data_dir": str(tmp_path / "var")}
    )
    env = {"PIONEER_CONFIG": str(config), "FLASK_APP": "app"}
    assert run_flask("place", "import", DATA / "places.xlsx", env=env).returncode == 0
    made = ("user", "create", "admin", "--role", "admin", "--password-stdin")
    assert run_flask(*made, env=env, text="a-long-password-of-tests-1").returncode == 0
    imported = run_flask("member", "import", DATA / "roster.xlsx", "--only-valid", "--json", env=env)
    run = str(json.loads(imported.stdout)["run"])
    undo = ("member", "undo", run, "--as", "admin")
    killed = run_flask(*undo, env={**env, "PIONEER_CRASH_AT": point})
    assert killed.returncode == KILLED
    members, _, _ = numbers(database_url)
    assert members > 0
    done = run_flask(*undo, "--json", env=env)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["added"] == members
    assert numbers(database_url)[0] == 0
