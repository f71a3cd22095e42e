"""A process that restores again and again, each time in a child of its own that a test may kill.

``python -m tests.house.restoring CONFIG FILE``: each line on standard input is the name of a fault point (empty: none); answered
by ``started PID`` and, when the child has ended, ``ended STATUS``.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from pathlib import Path

import runtime as parts
from ground import faultpoints, logs
from operations import restore
from settings import load_settings


def attempt(config: Path, file: Path, point: str) -> None:
    """Restore once, to be killed at ``point``."""
    os.environ["PIONEER_CRASH_AT"] = point
    importlib.reload(faultpoints)
    restore.restore(parts.build(load_settings(config)), file)


def main(config: Path, file: Path) -> None:
    """Take one attempt after the other."""
    logs.configure(logging.WARNING)  # to standard error: standard output is the test's
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            try:
                attempt(config, file, line.strip())
            finally:
                os._exit(0 if sys.exc_info()[0] is None else 1)
        _say(f"started {pid}")
        _say(f"ended {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
