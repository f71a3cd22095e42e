"""One request to an address that a person entered, with its redirects; see :mod:`ground.fetching`."""

from __future__ import annotations

import http.client
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

import certifi

from ground.errors import Refused
from ground.fetching.addresses import Address, BadAddress, Target, is_public, parse
from ground.fetching.body import TooLarge, Undecodable, read

Resolve = Callable[[str], Sequence[str]]

_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; link check)",
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "close",
}


class NotFetched(Refused):
    """The address was not asked, or what it answered is not taken. ``kind`` names the reason for logs and tests."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message, kind=kind)
        self.kind = kind


@dataclass(frozen=True)
class Fetched:
    """An answer with status 200: ``url`` after all redirects, ``content_type`` as the server says (believe the bytes)."""

    url: str
    content_type: str
    data: bytes


class _Line:
    """A connection that another thread may cut, also in the middle of its handshake."""

    def __init__(self, plain: socket.socket) -> None:
        self.socket = plain

    def secure(self, tls: ssl.SSLContext, host: str) -> None:
        """Speak TLS from here on; the certificate must be for ``host``."""
        wrapped = tls.wrap_socket(self.socket, server_hostname=host, do_handshake_on_connect=False)
        self.socket = wrapped
        wrapped.do_handshake()

    def cut(self) -> None:
        """Whoever reads from it is told that it has ended."""
        try:
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)
        except OSError:
            pass  # it is over already


class Fetcher:
    """Fetches with these limits; holds no state, so one may serve all threads.

    ``total_s`` covers look-up, redirects and body. ``resolve``, ``may_connect`` and ``tls`` are seams for tests.
    """

    def __init__(
        self,
        *,
        max_bytes: int,
        total_s: float = 20.0,
        ports: frozenset[int] = frozenset({80, 443}),
        resolve: Resolve | None = None,
        may_connect: Callable[[Address], bool] = is_public,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._max_bytes = max_bytes
        self._total_s = total_s
        self._ports = ports
        self._resolve = resolve or _look_up
        self._may_connect = may_connect
        self._tls = tls or ssl.create_default_context(cafile=certifi.where())

    def get(self, url: str) -> Fetched:
        """The body at ``url``. Raises :class:`NotFetched` with a Chinese sentence for the person who entered it."""
        deadline = time.monotonic() + self._total_s
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                target = parse(url, self._ports)
                found = self._ask(target, deadline)
                if isinstance(found, Fetched):
                    return found
                url = urljoin(target.url, found)
        except BadAddress as bad:
            raise NotFetched(bad.kind, bad.message) from None
        raise NotFetched("redirects", "网址跳转次数太多，请直接填写最终的网址")

    def _ask(self, target: Target, deadline: float) -> Fetched | str:
        """The answer, or where it sends us."""
        line = _Line(self._connected(target, self._addresses(target, deadline), deadline))
        # Each byte that drips in would begin a new time-out, so that the line is cut from outside at the deadline.
        cutter = threading.Timer(max(0.0, deadline - time.monotonic()), line.cut)
        cutter.daemon = True
        cutter.start()
        try:
            return self._talked(target, line, deadline)
        except TooLarge:
            raise NotFetched("size", f"文件太大，最多 {self._max_bytes // 1000} KB") from None
        except Undecodable:
            raise NotFetched("encoding", "对方返回的内容无法解压，请换一个网址") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            if time.monotonic() >= deadline:
                raise _too_slow() from None
            if isinstance(error, ssl.SSLError):
                raise NotFetched("tls", "对方网站的证书无法验证，请核对网址") from None
            raise NotFetched("answer", "对方网站的应答不完整或不合规，请稍后再试") from None
        finally:
            cutter.cancel()
            line.socket.close()

    def _addresses(self, target: Target, deadline: float) -> list[Address]:
        """What the target's name stands for, once all of it is judged."""
        literal = target.literal
        found = [literal] if literal is not None else self._resolved(target.host, deadline)
        if not found:
            raise NotFetched("name", "找不到这个域名，请核对网址")
        if not all(self._may_connect(address) for address in found):
            raise NotFetched("inside", "这个网址指向内部网络，不能访问，请填写公开的网址")
        return found

    def _resolved(self, host: str, deadline: float) -> list[Address]:
        answers: queue.Queue[list[str] | OSError] = queue.Queue()

        def look() -> None:
            try:
                answers.put(list(self._resolve(host)))
            except (OSError, UnicodeError) as error:
                answers.put(error if isinstance(error, OSError) else OSError(str(error)))

        threading.Thread(
            target=look, name="look-up", daemon=True
        ).start()  # the system's look-up knows no deadline
        try:
            answer = answers.get(timeout=_left(deadline))
        except queue.Empty:
            raise _too_slow() from None
        if isinstance(answer, OSError):
            return []
        try:
            return [ipaddress.ip_address(text) for text in dict.fromkeys(answer)]
        except ValueError:
            return []

    def _connected(self, target: Target, addresses: list[Address], deadline: float) -> socket.socket:
        for address in addresses:
            try:
                return socket.create_connection((str(address), target.port), timeout=_left(deadline))
            except OSError:
                continue
        if time.monotonic() >= deadline:
            raise _too_slow()
        raise NotFetched("connect", "连接不上对方网站，请核对网址或稍后再试")

    def _talked(self, target: Target, line: _Line, deadline: float) -> Fetched | str:
        line.socket.settimeout(_left(deadline))
        if target.scheme == "https":
            line.secure(self._tls, target.host)
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = line.socket
        try:
            connection.putrequest("GET", target.path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", target.authority)
            for name, value in _HEADERS.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            if answer.status in _REDIRECTS and (location := answer.getheader("Location")):
                return _readable(location)
            if answer.status != 200:
                raise NotFetched("status", f"对方网站没有给出内容（状态码 {answer.status}），请核对网址")
            data = read(answer, answer.getheader("Content-Encoding", ""), self._max_bytes)
            if time.monotonic() >= deadline:
                raise _too_slow()
            if answer.length:  # http.client says nothing when a body ends early
                raise http.client.IncompleteRead(data, answer.length)
            return Fetched(target.url, answer.getheader("Content-Type", ""), data)
        finally:
            connection.close()


def _readable(location: str) -> str:
    """http.client reads headers as Latin-1; servers send UTF-8."""
    try:
        return location.encode("latin-1").decode()
    except UnicodeError:
        return location


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise _too_slow()
    return left


def _too_slow() -> NotFetched:
    return NotFetched("slow", "对方网站太慢，没有在规定时间内传完，请稍后再试或换一个网址")


def _look_up(host: str) -> Sequence[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(where[0]) for *_, where in found]
