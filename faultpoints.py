"""Named points at which a test may kill this process, to prove that nothing is lost or done twice.

``PIONEER_CRASH_AT=name`` (or ``name:3`` for the third time it is reached) is read once, at import. Unset, a point costs one
comparison. ``PIONEER_CRASH_WHO`` says whom SIGKILL hits: this process (default), its ``group``, or the group's ``leader`` alone.
``PIONEER_CRASH_ONCE`` names a file that remembers the crash, so that the process that is started next lives.

Exists so that crash safety is tested against the real processes and not against a model of them.
"""

from __future__ import annotations

import os
import signal
import time

_name, _, _nth = os.environ.get("PIONEER_CRASH_AT", "").partition(":")
_left = int(_nth or 1)
_STALL_S = 60


def reach(point: str) -> None:
    """Kill here by SIGKILL if this point was named by the environment."""
    global _left  # noqa: PLW0603 - one countdown a process
    if not _name or point != _name:
        return
    _left -= 1
    if _left <= 0 and _first_time():
        _kill()


def _first_time() -> bool:
    once = os.environ.get("PIONEER_CRASH_ONCE", "")
    if not once:
        return True
    try:
        os.close(os.open(once, os.O_CREAT | os.O_EXCL, 0o600))
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
