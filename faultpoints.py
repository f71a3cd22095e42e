"""Named points at which a test may kill this process, to prove that nothing is lost or done twice.

``PIONEER_CRASH_AT=name`` (or ``name:3`` for the third time it is reached) is read once, at import. Unset, a
point costs one comparison. Exists so that crash safety is tested against the real process and not against a
model of it.
"""

from __future__ import annotations

import os
import signal

_name, _, _nth = os.environ.get("PIONEER_CRASH_AT", "").partition(":")
_left = int(_nth or 1)


def reach(point: str) -> None:
    """Die here by SIGKILL if this point was named by the environment."""
    global _left  # noqa: PLW0603 - one countdown a process
    if not _name or point != _name:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
