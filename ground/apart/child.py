"""What a forked child does: bind itself, read one job, do it, answer, end."""

from __future__ import annotations

import importlib
import os
import pickle
import socket
from typing import Any

import msgspec

from ground.apart import wire
from ground.apart.limits import Bounds, confine
from ground.errors import PioneerError

_MESSAGE_CHARS = 500


def attend(sock: socket.socket) -> None:
    """Do the job that comes over ``sock``. Standard error goes nowhere: what a parser says may quote the file."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 2)
    cpu_seconds, memory, files, size = wire.BOUNDS.unpack(wire.receive(sock, wire.BOUNDS.size))
    confine(Bounds(cpu_seconds=cpu_seconds, memory_bytes=memory, file_bytes=files))
    try:
        kind, body = _done(*pickle.loads(wire.receive(sock, size)))  # noqa: S301 - from our own parent
        wire.send(sock, wire.HEAD.pack(kind, len(body)) + body)
    except MemoryError:
        wire.send(sock, wire.HEAD.pack(wire.MEMORY, 0))


def _done(module: str, name: str, arguments: tuple[Any, ...]) -> tuple[bytes, bytes]:
    try:
        value = getattr(importlib.import_module(module), name)(*arguments)
        return wire.VALUE, msgspec.msgpack.encode(value)
    except MemoryError:
        raise
    except PioneerError as error:
        said = (type(error).__name__, error.message[:_MESSAGE_CHARS])
        return wire.REFUSED, msgspec.msgpack.encode(said)
    except BaseException as error:  # whatever a parser stumbles over; where, but never over what
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        at = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else ""  # noqa: PTH119
        return wire.BROKE, msgspec.msgpack.encode((type(error).__name__, at))
