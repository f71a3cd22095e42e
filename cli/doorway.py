"""Before everything else: WeChat's pushes to their own callable, all others counted, so that they cannot take its threads.

Of the server's threads, other requests get :data:`OTHERS` at the most, in whatever state; :data:`READING` of these may wait for a
body, :data:`WORKING` may be at work. What is beyond is refused at once.
"""

from __future__ import annotations

import queue
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

from cli import connections
from cli.patience import Body, Patience

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS = 192
OTHERS, READING, WORKING = 64, 32, 12
PUSHES_READ = 96
"""So many pushes may wait for their bodies."""

_PUSH_S = 3.0  # WeChat itself gives up after five
_PIECE_S = 10.0
_WHOLE_S = 900.0
_PIECE, _IN_MEMORY = 64 * 1024, 1024 * 1024
_WORK_S = 30.0
_AT_ONCE = 256 * 1024
_BUSY = "服务器正忙，请过一会儿再试\n".encode()
_TOO_LARGE = "上传的内容太大，请压缩或分开后再上传\n".encode()
_CUT_OFF = "上传没有完成，请检查网络后重新提交\n".encode()
_FREE = ("/healthz",)


class Doorway:
    """The WSGI application that the server is given. ``most_bytes``: the largest body of another request."""

    def __init__(self, path: str, callback: WSGIApplication, rest: WSGIApplication, most_bytes: int) -> None:
        self._path = path
        self._callback = callback
        self._rest = rest
        self._most_bytes = most_bytes
        self._guard = threading.Lock()
        self._patience: Patience | None = None
        self._others = 0
        self._desks: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(WORKING):
            self._desks.put(None)
        connections.reveal()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        if environ.get("PATH_INFO") != self._path:
            return self._other(environ, start)
        if connections.PROTOCOL in environ and environ["REQUEST_METHOD"] == "POST":
            patience = self._patience or self._watch()
            if len(patience.reads) >= PUSHES_READ and patience.reading("push") >= PUSHES_READ:
                return _refuse(start, "503 Service Unavailable", b"")
            environ["wsgi.input"] = Body(environ, patience, "push", _PUSH_S)
        return self._callback(environ, start)

    def _watch(self) -> Patience:
        with self._guard:
            if self._patience is None:
                self._patience = Patience()
            return self._patience

    def _other(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in _FREE:
            return self._rest(environ, start)
        with self._guard:
            full = self._others >= OTHERS
            self._others += not full
        if full:
            return _refuse(start, "503 Service Unavailable", _BUSY)
        answer: Iterable[bytes] = ()
        try:
            answer = self._admitted(environ, start)
        finally:
            if not isinstance(answer, _Counted):
                self._leave()
        return answer

    def _leave(self) -> None:
        with self._guard:
            self._others -= 1

    def _admitted(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if _announces_body(environ) and connections.PROTOCOL in environ:
            fault = self._receive(environ)
            if fault is not None:
                return _refuse(start, *fault)
        try:
            self._desks.get(timeout=_WORK_S)
        except queue.Empty:
            return _refuse(start, "503 Service Unavailable", _BUSY)
        try:
            headers: list[tuple[str, str]] = []

            def note(status: str, given: list[tuple[str, str]], *rest: Any) -> Any:
                headers[:] = given
                return start(status, given, *rest)

            answer = self._rest(environ, cast("StartResponse", note))
            if _length(headers) <= _AT_ONCE:  # the server sends it by itself, no thread waits for the reader
                try:
                    return [b"".join(answer)]
                finally:
                    getattr(answer, "close", lambda: None)()
        finally:
            self._desks.put(None)
        return _Counted(answer, self._leave)

    def _receive(self, environ: WSGIEnvironment) -> tuple[str, bytes] | None:
        """Read the body to its end before anything works on it; what to refuse the request with, or None."""
        patience = self._patience or self._watch()
        length = int(environ.get("CONTENT_LENGTH") or -1)  # the server has refused what is no number
        if length > self._most_bytes:
            return "413 Content Too Large", _TOO_LARGE
        if patience.reading("other") >= READING:
            return "503 Service Unavailable", _BUSY
        body = Body(environ, patience, "other", _PIECE_S)
        kept = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - it goes with the request
        deadline, size = time.monotonic() + _WHOLE_S, 0
        while piece := body.read(_PIECE if length < 0 else min(_PIECE, length - size)):
            size += len(piece)
            kept.write(piece)
            if size > self._most_bytes:
                return "413 Content Too Large", _TOO_LARGE
            if size == length:
                break
            if time.monotonic() > deadline:
                return "408 Request Timeout", _CUT_OFF
        if size < length:
            return "400 Bad Request", _CUT_OFF
        kept.seek(0)
        environ["wsgi.input"] = kept
        environ["CONTENT_LENGTH"] = str(size)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return None


class _Counted:
    """An answer that is sent piece by piece; its request is counted until that is over."""

    def __init__(self, answer: Iterable[bytes], leave: Callable[[], None]) -> None:
        self._answer = answer
        self._leave: Callable[[], None] | None = leave

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        """As WSGI has it; also where the reader has left."""
        leave, self._leave = self._leave, None
        try:
            getattr(self._answer, "close", lambda: None)()
        finally:
            if leave is not None:
                leave()

    __del__ = close  # the server drops it unclosed where the request was answered without it


def _announces_body(environ: WSGIEnvironment) -> bool:
    return environ.get("CONTENT_LENGTH", "") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ


def _length(headers: list[tuple[str, str]]) -> float:
    given = next((value for name, value in headers if name.lower() == "content-length"), "")
    return int(given) if given.isdigit() else float("inf")


def _refuse(start: StartResponse, status: str, body: bytes) -> Iterable[bytes]:
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start(status, [*headers, ("Retry-After", "5")])
    return [body]
