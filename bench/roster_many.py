"""A roster of 100,000: check, import and check again, with the most memory that the command and its child hold together.

    python -m bench.roster_many

On SQLite, with ``roster_rows`` raised. Memory is each process's fair share (PSS), looked at every 30 ms.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import xlsxwriter

from bench import frame
from tests.fixtures.configuration import write_config
from tests.fixtures.processes import ROOT, descendants, run_flask_anew

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
ROWS = 100_000
BUDGET_MB = 300
_HEAD = ("序号", "姓名", "性别", "所在党支部", "网格", "手机号码", "入党时间", "党内职务", "备注")


def main() -> int:
    """Print the figures."""
    with frame.folder() as inside:
        config = write_config(
            inside / "config.toml",
            database={"url": frame.fresh_sqlite(inside)},
            server={"data_dir": str(inside / "var")},
            limits={"roster_rows": ROWS},
        )
        env = {"PIONEER_CONFIG": str(config), "FLASK_APP": "app"}
        assert run_flask_anew("place", "import", DATA / "places.xlsx", "--json", env=env).returncode == 0
        path = inside / "roster.xlsx"
        path.write_bytes(_roster(json.loads(run_flask_anew("place", "list", "--json", env=env).stdout)))
        for what, more, created in (
            ("check", ["--dry-run"], ROWS),
            ("import", [], ROWS),
            ("the same again", [], 0),
        ):
            seconds, peak, answer = _watched(["member", "import", str(path), *more, "--json"], env)
            assert (answer["created"], answer["updated"]) == (created, 0), answer
            beside = f"{seconds:.1f} s"
            frame.line(f"{ROWS:,} people, {what}", peak, "MB", budget=BUDGET_MB, beside=beside)
    return 0


def _roster(branches: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("党员名册")
        sheet.write_row(0, 0, _HEAD)
        for number in range(ROWS):
            name = (
                f"{'赵钱孙李周吴郑王'[number % 8]}{chr(0x4E00 + number % 5000)}{chr(0x5000 + number // 5000)}"
            )
            branch = branches[number % len(branches)]["name"]
            row = (
                number + 1,
                name,
                "男女"[number % 2],
                branch,
                "",
                f"{13_000_000_000 + 7 * number}",
                "2001-03-26",
            )
            sheet.write_row(number + 1, 0, row)
    return out.getvalue()


def _watched(arguments: list[str], env: dict[str, str]) -> tuple[float, float, dict[str, Any]]:
    """Seconds, MB at the worst moment, and the command's answer."""
    begun, peak = time.monotonic(), 0.0
    command = [sys.executable, "-m", "flask", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **env}, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while process.poll() is None:
            peak = max(peak, sum(_share(pid) for pid in (process.pid, *descendants(process.pid))))
            time.sleep(0.03)
        answer: dict[str, Any] = json.loads(process.stdout.read())
    return time.monotonic() - begun, peak, answer


def _share(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
