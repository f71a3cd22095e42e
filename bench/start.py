"""How long ``./pioneer run`` takes until it can serve, and how much memory the server holds when nothing happens.

    python -m bench.start

``flask demo`` with a data folder of its own: the first start makes the demo's data, the later one finds it there. The packages
are installed already; what their installation takes is not measured here.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from bench import frame
from tests.fixtures.configuration import write_config
from tests.fixtures.processes import Process, Spawn, free_port

BUDGET_FIRST_S = 180
BUDGET_LATER_S = 10
BUDGET_MB = 200
IDLE_S = 8


def start(spawn: Spawn, config: Path, port: int, sandbox_port: int) -> tuple[Process, float]:
    """The demo, and the seconds until it could serve."""
    began = time.monotonic()
    env = {"PIONEER_CONFIG": str(config), "FLASK_APP": "app"}
    process = spawn.flask("demo", "--port", str(port), "--sandbox-port", str(sandbox_port), env=env)
    process.wait_for_http(f"http://127.0.0.1:{port}/readyz", timeout_s=BUDGET_FIRST_S)
    return process, time.monotonic() - began


def memory(pid: int) -> dict[str, float]:
    """MB of a process: ``rss`` holds what it shares with others, ``pss`` its fair share of that."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    fields = dict(line.split(":", 1) for line in text.splitlines()[1:])
    return {name.lower(): int(fields[name].split()[0]) / 1024 for name in ("Rss", "Pss")}


def command_of(pid: int) -> str:
    """Its command line."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def cpu_ticks(pid: int) -> int:
    """CPU that it has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def show_memory(process: Process) -> None:
    """Print what each process holds; the server's worker is the largest below granian's master."""
    held = {pid: memory(pid) for pid in process.children()}
    server = {pid: held[pid] for pid in held if "localwechat" not in command_of(pid)}
    worker = max(server, key=lambda pid: server[pid]["rss"])
    before = cpu_ticks(worker)
    began = time.monotonic()
    time.sleep(3)
    busy = (cpu_ticks(worker) - before) / 100 / (time.monotonic() - began)
    beside = f"its own share {held[worker]['pss']:.0f} MB"
    frame.line("the server's worker, idle", held[worker]["rss"], "MB", budget=BUDGET_MB, beside=beside)
    frame.line("the server's worker, idle: CPU", busy * 100, "%")
    frame.line("everything together, shared pages once", sum(one["pss"] for one in held.values()), "MB")


def main() -> int:
    """Print the figures."""
    with frame.folder() as inside, frame.spawning(inside) as spawn:
        port, sandbox_port = free_port(), free_port()
        ours, wechat = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
        config = write_config(
            inside / "config.toml",
            server={
                "base_url": ours,
                "data_dir": str(inside / "var"),
                "clock_url": f"{wechat}/_sandbox/clock",
            },
            database={"url": f"sqlite:///{inside / 'demo.db'}"},
            wechat={"api_base_url": wechat, "mp_base_url": wechat, "open_base_url": wechat},
            wecom={"api_base_url": wechat},
        )
        process, first = start(spawn, config, port, sandbox_port)
        frame.line("first start, with the demo's data", first, "s", budget=BUDGET_FIRST_S)
        process.stop()
        process, later = start(spawn, config, port, sandbox_port)
        frame.line("later start", later, "s", budget=BUDGET_LATER_S)
        time.sleep(IDLE_S)
        show_memory(process)
        process.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
