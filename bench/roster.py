"""A roster of 2,279: dry run and import, and an activity's ledger of as many rows; beside reading the sheet with calamine alone.

    python -m bench.roster

On SQLite. The figures of the commands hold everything: starting Python, configuration, the work.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from python_calamine import CalamineWorkbook

import runtime as parts
from bench import frame
from community import ledger, roster, roster_file
from ground import clock
from models import Member
from runtime import Runtime
from settings import load_settings
from tests.fixtures.configuration import write_config
from tests.fixtures.processes import run_flask_anew
from tests.world import activities, many

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
BUDGET_S = 3.0


def main() -> int:
    """Print the figures."""
    data = (DATA / "roster.xlsx").read_bytes()
    bare = frame.median_s(lambda: _calamine(data))
    frame.line("read the sheet with calamine alone", bare, "s")
    with frame.folder() as inside:
        url = frame.fresh_sqlite(inside)
        config = write_config(
            inside / "config.toml", database={"url": url}, server={"data_dir": str(inside / "var")}
        )
        env = {"PIONEER_CONFIG": str(config), "FLASK_APP": "app"}
        done = run_flask_anew("place", "import", DATA / "places.xlsx", "--json", env=env)
        assert done.returncode == 0, done.stderr
        runtime = parts.build(load_settings(config, env={}))
        try:
            _import(runtime, data, bare, env)
            _export(runtime, inside, bare, env)
        finally:
            runtime.close()
    return 0


def _calamine(data: bytes) -> int:
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
        return sum(
            len(workbook.get_sheet_by_index(index).to_python()) for index in range(len(workbook.sheet_names))
        )


def _plan(runtime: Runtime, data: bytes) -> roster.Plan:
    found = roster_file.parse(
        data, max_rows=runtime.settings.limits.roster_rows, today=clock.shanghai_day(clock.now())
    )
    with runtime.db.read_scope() as session:
        return roster.plan(session, found)


def _import(runtime: Runtime, data: bytes, bare: float, env: dict[str, str]) -> None:
    plan = _plan(runtime, data)
    rows = plan.created + plan.unchanged + plan.updated
    _figure(f"check {rows:,} people, nothing there yet", frame.median_s(lambda: _plan(runtime, data)), bare)
    _command(
        "flask member import --dry-run",
        lambda: run_flask_anew("member", "import", DATA / "roster.xlsx", "--dry-run", "--json", env=env),
    )
    shown = json.loads(
        run_flask_anew("member", "import", DATA / "roster.xlsx", "--dry-run", "--json", env=env).stdout
    )
    assert shown["created"] == plan.created, shown
    seconds = frame.timed(lambda: roster.carry_out(runtime.db, plan, file_name="roster.xlsx"))
    frame.line(f"write {plan.created:,} people", seconds, "s")
    _figure("check again, everybody there", frame.median_s(lambda: _plan(runtime, data)), bare)


def _export(runtime: Runtime, inside: Path, bare: float, env: dict[str, str]) -> None:
    with runtime.db.session_scope() as session:
        people = session.execute(sa.select(Member.id, Member.branch_id)).all()
        activity = activities.activity(session)
        many.check_ins(session, activity.id, [(person, branch) for person, branch in people])
        activity_id = activity.id

    def export() -> int:
        with runtime.db.read_scope() as session:
            loaded = ledger.load(session, activity_id, at=clock.now())
        return ledger.carry_out(runtime.db, loaded, inside / "made.xlsx")

    _figure(f"ledger of {len(people):,} check-ins as Excel", frame.median_s(export), bare)
    out = inside / "ledger.xlsx"

    def command() -> None:
        out.unlink(missing_ok=True)
        done = run_flask_anew("activity", "export", str(activity_id), out, env=env)
        assert done.returncode == 0, done.stderr

    _command("flask activity export", command)
    assert _calamine(out.read_bytes()) > len(people)


def _figure(what: str, seconds: float, bare: float) -> None:
    frame.line(what, seconds, "s", budget=BUDGET_S, beside=f"{seconds / bare:.1f} x calamine alone")


def _command(what: str, work: Callable[[], object]) -> None:
    seconds, cpu = frame.timed_child(work)
    frame.line(what, seconds, "s", budget=BUDGET_S, beside=f"{cpu:.2f} s of CPU")


if __name__ == "__main__":
    sys.exit(main())
