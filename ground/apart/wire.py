"""What goes over a job's socket.

To the child: the bounds, then the pickled call. Back: STARTED from the process that forks, one answer from the child (a kind and
plain values), and ENDED from the process that forks, with the child's exit status and what it took.
"""

from __future__ import annotations

import socket
import struct
import time

MODULE_BYTES = 120
"""Length of the record that asks for a job: the name of the module that holds the function, filled up with NUL."""
STARTED = b"S"
VALUE, REFUSED, BROKE, MEMORY, ENDED = b"V", b"R", b"B", b"M", b"E"
HEAD = struct.Struct("!cQ")
BOUNDS = struct.Struct("!QQQQ")
END = struct.Struct("!iQd")
_CHUNK = 1 << 20


class Gone(Exception):
    """The other side has closed, or what it sent is no frame."""


class Late(Exception):
    """The time is up."""


def receive(sock: socket.socket, size: int, until: float = 0.0) -> bytearray:
    """Exactly ``size`` bytes before ``until`` (by ``time.monotonic``; 0: no end). Raises :class:`Gone`, :class:`Late`."""
    got = bytearray(size)
    view = memoryview(got)
    at = 0
    while at < size:
        _patience(sock, until)
        try:
            more = sock.recv_into(view[at : at + _CHUNK])
        except TimeoutError:
            raise Late from None
        except OSError:
            raise Gone from None
        if not more:
            raise Gone
        at += more
    return got


def send(sock: socket.socket, data: bytes, until: float = 0.0) -> None:
    """All of ``data``. Raises as :func:`receive` does."""
    view = memoryview(data)
    at = 0
    while at < len(view):
        _patience(sock, until)
        try:
            at += sock.send(view[at : at + _CHUNK])
        except TimeoutError:
            raise Late from None
        except OSError:
            raise Gone from None


def _patience(sock: socket.socket, until: float) -> None:
    if until:
        left = until - time.monotonic()
        if left <= 0:
            raise Late
        sock.settimeout(left)
