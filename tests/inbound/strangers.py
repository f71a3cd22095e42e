"""Clients that do not keep to their part: they announce and do not send, send by the byte, or never end."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator

from tests.inbound.platform import Account

HEAD = "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"


class Stranger:
    """One connection that has sent ``first`` and then ``drip`` once a second, until it is closed from either side."""

    def __init__(self, port: int, first: bytes, drip: bytes = b"", *, tls: bool = False) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 5)
        if tls:
            self._socket = ssl._create_unverified_context().wrap_socket(self._socket)
        self._socket.sendall(first)
        self._drip = drip
        self.got = b""
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def _talk(self) -> None:
        self._socket.settimeout(1.0)
        while not self.ended.is_set():
            try:
                data = self._socket.recv(4096)
                if not data:
                    break
                self.got += data
            except TimeoutError:
                pass
            except OSError:
                break
            if self._drip:
                with contextlib.suppress(OSError):
                    self._socket.sendall(self._drip)
        self.ended.set()

    @property
    def status(self) -> int:
        """Of the answer that came; 0 for none."""
        return int(self.got.split()[1]) if self.got else 0

    def leave(self) -> None:
        """Close it."""
        self.ended.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()


def post(path: str, length: str) -> bytes:
    """The head of a POST with a header that says how long it is, and the first two bytes."""
    return (HEAD.format(method="POST", path=path) + f"{length}\r\n\r\n").encode()


def push_path(account: Account, *, valid: bool = True) -> str:
    """Where a push goes, signed or not."""
    query, _ = account.sealed("<xml/>")
    if not valid:
        query = query.replace("signature=", "signature=" + "0" * 40 + "&was=", 1)
    return f"/wechat/callback?{query}"


@contextlib.contextmanager
def crowd(
    port: int, kind: tuple[bytes, bytes], number: int = 20, *, tls: bool = False
) -> Iterator[list[Stranger]]:
    """So many of a kind, gone at the end."""
    strangers = [Stranger(port, *kind, tls=tls) for _ in range(number)]
    time.sleep(0.5)
    try:
        yield strangers
    finally:
        for one in strangers:
            one.leave()
