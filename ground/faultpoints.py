"""Named points at which a test may kill this process, to prove that nothing is lost or done twice.

``PIONEER_CRASH_AT=name`` (or ``name:3`` for the third time it is reached; several with commas between) is read once, at import.
Unset, a point costs one comparison. ``PIONEER_CRASH_WHO`` says whom SIGKILL hits: this process (default), its ``group``, or the
group's ``leader`` alone. ``PIONEER_CRASH_ONCE`` names a folder that remembers the crashes, so that each point kills only once
however often the process is started again.

Exists so that crash safety is tested against the real processes and not against a model of them.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

_left = {
    name: int(times or 1)
    for name, _, times in (
        point.partition(":") for point in os.environ.get("PIONEER_CRASH_AT", "").split(",") if point
    )
}
_STALL_S = 60


def reach(point: str) -> None:
    """Kill here by SIGKILL if this point was named by the environment."""
    if not _left or point not in _left:
        return
    _left[point] -= 1
    if _left[point] <= 0 and _first_time(point):
        _kill()


def _first_time(point: str) -> bool:
    folder = os.environ.get("PIONEER_CRASH_ONCE", "")
    if not folder:
        return True
    try:
        os.close(os.open(Path(folder) / point, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    return True


def _kill() -> None:
    who = os.environ.get("PIONEER_CRASH_WHO", "")
    if who == "group":
        os.killpg(os.getpgrp(), signal.SIGKILL)
    elif who == "leader":
        os.kill(os.getpgrp(), signal.SIGKILL)
        time.sleep(_STALL_S)  # what follows from the leader's death must end us, at this very point
    os.kill(os.getpid(), signal.SIGKILL)
