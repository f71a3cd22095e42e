"""A small threaded WSGI server that owns its sockets, so that it can really cut a connection.

One process, one thread a connection, keep-alive. The local WeChat needs no more, and what a
bigger server would add (a master process, workers) would have to be killed as well.
"""

from __future__ import annotations

import io
import socket
import socketserver
import struct
import sys
import traceback
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from .errcodes import CutConnection

MAX_BODY = 64 * 1024 * 1024
IDLE_S = 75.0

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Server(socketserver.ThreadingTCPServer):
    """Serves one WSGI application on one address."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 512
    block_on_close = False

    def __init__(self, address: tuple[str, int], app: WsgiApp) -> None:
        self.app = app
        super().__init__(address, Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()


class Handler(socketserver.StreamRequestHandler):
    """Reads requests off one connection until it is closed."""

    timeout = IDLE_S
    disable_nagle_algorithm = True
    rbufsize = 64 * 1024

    def handle(self) -> None:
        """Serve requests one after the other."""
        try:
            while self._one():
                pass
        except CutConnection:
            self._cut()
        except (TimeoutError, ConnectionError):
            pass

    def _cut(self) -> None:
        # SO_LINGER 0: the peer sees a reset, as from a host that fell over
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def finish(self) -> None:
        """Flush what can be flushed; a cut connection is closed already."""
        try:
            super().finish()
        except (OSError, ValueError):
            pass

    def _one(self) -> bool:
        line = self.rfile.readline(65537)
        if not line:
            return False
        if line in (b"\r\n", b"\n"):
            return True
        try:
            method, target, version = line.decode("latin-1").split()
        except ValueError:
            self._plain(HTTPStatus.BAD_REQUEST)
            return False
        headers: dict[str, str] = {}
        while True:
            line = self.rfile.readline(65537)
            if line in (b"\r\n", b"\n", b""):
                break
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        if "transfer-encoding" in headers:
            # WeChat's gateway wants a Content-Length
            self._plain(HTTPStatus.PRECONDITION_FAILED)
            return False
        length = int(headers.get("content-length") or 0)
        if length > MAX_BODY:
            self._plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return False
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.rfile.read(length) if length else b""
        if len(body) < length:
            return False
        keep = (
            headers.get("connection", "keep-alive" if version == "HTTP/1.1" else "close").lower() != "close"
        )
        self._answer(self._environ(method, target, version, headers, body), method, keep)
        return keep

    def _environ(
        self, method: str, target: str, version: str, headers: dict[str, str], body: bytes
    ) -> dict[str, Any]:
        if target.startswith("http://"):
            target = "/" + target.split("/", 3)[-1]
        path, _, query = target.partition("#")[0].partition("?")
        host, port = cast(tuple[str, int], self.server.server_address)[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in headers.items():
            if name not in ("content-type", "content-length"):
                environ["HTTP_" + name.upper().replace("-", "_")] = value
        return environ

    def _plain(self, status: HTTPStatus) -> None:
        page = f"<html><body><h1>{status.value} {status.phrase}</h1></body></html>".encode()
        self.wfile.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/html\r\n"
            f"Content-Length: {len(page)}\r\nConnection: close\r\n\r\n".encode()
            + page
        )

    def _answer(self, environ: dict[str, Any], method: str, keep: bool) -> None:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
            started[:] = [status, headers]
            return None

        try:
            result = cast(Server, self.server).app(environ, start_response)
            try:
                body = b"".join(result)
            finally:
                close = getattr(result, "close", None)
                if close:
                    close()
        except CutConnection:
            raise
        except Exception:
            traceback.print_exc()
            self._plain(HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        status, headers = started
        names = {name.lower() for name, _ in headers}
        lines = [f"HTTP/1.1 {status}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if "content-length" not in names:
            lines.append(f"Content-Length: {len(body)}")
        lines.append(f"Connection: {'keep-alive' if keep else 'close'}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if "x-sandbox-truncate" in names:
            self.wfile.write(head + body[: len(body) // 2])
            raise CutConnection
        self.wfile.write(head if method == "HEAD" else head + body)
