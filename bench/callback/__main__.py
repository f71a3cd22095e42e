"""What a push costs: codec, mutations, steady load, and our callback beside other people's.

``python -m bench.callback [--rounds 3] [--seconds 6]``; ``--against FOLDER`` compares with another checkout, such as an older
commit's worktree, and measures nothing else. The peers run in an environment of their own (``var/bench``).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PEERS = HERE / "peers"
CONTESTANTS = ("pioneer-echo", "pioneer-full", "wechatpy-flask", "co-wechat-koa", "granian-bare")


def peers_python() -> Path:
    """The interpreter of the peers' environment, made when it is first needed."""
    folder = ROOT / "var" / "bench" / "venv"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", PEERS / "requirements.txt"], check=True)
        (folder / "ready").touch()
    if not (PEERS / "node_modules").exists():
        command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]
        subprocess.run(command, cwd=PEERS, check=True)
    return python


def main() -> int:
    """Run all parts; 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--only", choices=("codec", "mutations", "latency", "throughput"))
    parser.add_argument(
        "--against", type=Path, metavar="FOLDER", help="compare with another checkout, nothing else"
    )
    arguments = parser.parse_args()
    if arguments.against is not None:
        command = [sys.executable, "-m", "bench.callback.against", str(arguments.against), "--rounds"]
        return subprocess.run([*command, str(max(10, arguments.rounds))], cwd=ROOT, check=False).returncode
    failed = 0
    for part in ("codec", "latency", "mutations"):
        if arguments.only in (None, part):
            failed += subprocess.run(
                [sys.executable, "-m", f"bench.callback.{part}"], cwd=ROOT, check=False
            ).returncode
    if arguments.only in (None, "throughput"):
        env = {**os.environ, "PIONEER_ROOT": str(ROOT), "PIONEER_PYTHON": sys.executable}
        contest: list[str | Path] = [peers_python(), "run.py", *CONTESTANTS, "--base", "wechatpy-flask"]
        contest += ["--rounds", str(arguments.rounds), "--seconds", str(arguments.seconds)]
        failed += subprocess.run(contest, cwd=PEERS, env=env, check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
