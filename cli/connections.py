"""The server's open connections: which request came over which, and how one is ended whose sender has stopped.

granian reads a body in the request's thread and waits for it without end; nothing but the end of the connection sets that thread
free. It does not say which connection a request came over either. But it lets us answer before the body is there, and the kernel
counts what was written to each socket: the one that took exactly our answer, padded to a length of its own, is the one.
"""

from __future__ import annotations

import os
import random
import socket
import stat
import struct
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

PROTOCOL = "pioneer.protocol"
"""Where granian's end of a request stands in its environ."""

_TCP_INFO_BYTES = 216  # up to and including tcpi_bytes_retrans, which Linux has had since 4.19
_NOT_SENT, _SENT = 144, 200
_SETTLE_S = 0.05
_UNREAD_MS = 30_000
_LENGTHS = range(1000, 10_000)  # all of four digits
_HEAD = len(
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 1000\r\nserver: granian\r\n"
    b"date: Sat, 28 Nov 2026 18:47:03 GMT\r\n\r\n"
)

Peer = tuple[str, int]


class Stalled(NamedTuple):
    """A request whose body does not come: who sends it (an address without port), and how it is answered."""

    address: str
    answer: Callable[[int, list[tuple[str, str]], bytes], None]


def reveal() -> None:
    """Have granian put its end of each request into the environ; does nothing under another server."""
    server: Any = sys.modules.get("granian.server.mp")
    if server is None or hasattr(server, "_pioneer"):
        return
    server._pioneer = original = server._wsgi_call_wrap

    def wrap(*args: Any, **options: Any) -> Callable[[Any, dict[str, Any]], Any]:
        inner = original(*args, **options)

        def run(protocol: Any, scope: dict[str, Any]) -> Any:
            scope[PROTOCOL] = protocol
            return inner(protocol, scope)

        return run

    server._wsgi_call_wrap = wrap


def refuse_slow_readers() -> None:
    """Have the kernel end connections that take nothing of an answer for half a minute (Linux)."""
    if not hasattr(socket, "TCP_USER_TIMEOUT"):
        return
    for sock in _sockets():
        with sock:
            if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):  # what it accepts takes after it
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)


def end(stalled: Sequence[Stalled]) -> int:
    """Answer 408 to all of them and end their connections; how many were ended (elsewhere than on Linux: none)."""
    lengths = random.sample(_LENGTHS, min(len(stalled), len(_LENGTHS)))
    before = _written({one.address for one in stalled})
    marks: dict[tuple[str, int], Stalled] = {}
    for one, length in zip(stalled, lengths, strict=False):
        one.answer(408, [("Connection", "close"), ("Content-Length", str(length))], b" " * length)
        marks[one.address, _HEAD + length] = one
    time.sleep(_SETTLE_S)
    after = _written({one.address for one in stalled})
    found = [peer for peer in before.keys() & after.keys() if (peer[0], after[peer] - before[peer]) in marks]
    _shut(set(found))
    return len(found)


def _sockets() -> list[socket.socket]:
    """A second handle on every TCP socket of this process.

    Nothing but sockets is touched: to close a second handle on a file gives up every lock that the process holds on it, and
    SQLite would lose its write-ahead log to the next who opens the database.
    """
    found = []
    for path in Path("/dev/fd").iterdir():
        number = int(path.name)
        try:
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
            copy = os.dup(number)
        except OSError:
            continue
        try:
            sock = socket.socket(fileno=copy)
        except OSError:
            os.close(copy)
            continue
        if sock.family in (socket.AF_INET, socket.AF_INET6) and sock.type == socket.SOCK_STREAM:
            found.append(sock)
        else:
            sock.close()
    return found


def _written(addresses: set[str]) -> dict[Peer, int]:
    """Bytes that were written to each connection with one of these addresses, sent or not, by peer."""
    counts: dict[Peer, int] = {}
    if not hasattr(socket, "TCP_INFO"):
        return counts
    for sock in _sockets():
        with sock:
            try:
                peer = _peer(sock)
                info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
            except OSError:
                continue
            if peer[0] in addresses and len(info) >= _TCP_INFO_BYTES:
                sent, again = struct.unpack_from("QQ", info, _SENT)
                (waiting,) = struct.unpack_from("I", info, _NOT_SENT)
                counts[peer] = sent - again + waiting
    return counts


def _peer(sock: socket.socket) -> Peer:
    address = sock.getpeername()
    return address[0], address[1]


def _shut(peers: set[Peer]) -> None:
    for sock in _sockets():
        with sock:
            try:
                if _peer(sock) in peers:
                    sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
