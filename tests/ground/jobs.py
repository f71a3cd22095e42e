"""Jobs that behave badly, for the tests of what happens to them."""

from __future__ import annotations

import os
import pickle
import signal
import time
from pathlib import Path
from typing import Any

from ground.apart import wire
from ground.errors import Conflict, Refused


def length(data: bytes, extra: int) -> int:
    """A plain one."""
    return len(data) + extra


def refuse(kind: str) -> int:
    """Raises what it is told to."""
    raise {"refused": Refused, "conflict": Conflict}[kind]("原因写在这里，请修改")


def stumble() -> int:
    """What a parser does over a damaged file."""
    raise KeyError("something personal")


def spin() -> int:
    """Takes for ever, and the processor with it."""
    while True:
        pass


def sleep(seconds: float) -> int:
    """Takes its time."""
    time.sleep(seconds)
    return os.getpid()


def hoard(size: int) -> int:
    """Wants memory."""
    return len(bytearray(size))


def abort() -> int:
    """What a library in another language does when it cannot go on."""
    os.abort()


def write(path: str) -> int:
    """Writes a file."""
    return Path(path).write_bytes(b"x" * 1000)


def secrets() -> list[str]:
    """Names of the environment."""
    return sorted(os.environ)


class _Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.kill, (os.getppid(), signal.SIGTERM)


def take_over(kind: str) -> Any:
    """What a child does that a file has taken over: it answers by itself."""
    import gc
    import socket

    job = next(one for one in gc.get_objects() if isinstance(one, socket.socket) and one.fileno() >= 0)
    job.setblocking(True)
    body = {"pickle": pickle.dumps(_Evil()), "noise": os.urandom(64), "other": b"\xa3abc"}.get(kind, b"")
    size = 2**60 if kind == "huge" else len(body)
    job.sendall(wire.HEAD.pack(wire.VALUE, size) + body)
    os._exit(0)
