"""How much a job may take, and how a child is bound to it before it sees a byte of the job."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

_NICE = 10
_OPEN_FILES = 64
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


@dataclass(frozen=True)
class About:
    """What a job is about, for the sentence that says why it was ended: the thing's name, and what to do about it, in Chinese."""

    what: str
    advice: str


@dataclass(frozen=True)
class Bounds:
    """What one job may take. On a quiet machine the processor's seconds end it, on a busy one it has some patience.

    ``seconds`` by the clock on the wall, ``cpu_seconds`` of the processor, ``memory_bytes`` of address space (where the system
    can limit it: not on macOS), ``file_bytes`` for each file that it writes, ``answer_bytes`` for what it gives back.
    """

    seconds: float = 40.0
    cpu_seconds: int = 8
    memory_bytes: int = 480_000_000
    file_bytes: int = 0
    answer_bytes: int = 64_000_000


def confine(bounds: Bounds) -> None:
    """Bind this process; nothing can loosen it again. Each limit that this system lacks is left out."""
    _limit(
        resource.RLIMIT_CPU, bounds.cpu_seconds, bounds.cpu_seconds + 1
    )  # the first says why, the second kills
    _limit(resource.RLIMIT_FSIZE, bounds.file_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    if sys.platform == "linux":
        _limit(resource.RLIMIT_AS, bounds.memory_bytes)


def step_back() -> None:
    """Leave the processor to the one who waits, be the first to go when memory runs out, and end with the process above."""
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _limit(kind: int, most: int, at_last: int | None = None) -> None:
    _, hard = resource.getrlimit(kind)
    end = most if at_last is None else at_last
    if hard != resource.RLIM_INFINITY:
        end = min(end, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (min(most, end), end))
