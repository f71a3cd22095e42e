"""Servers that mean no good: each answers every connection with one trick."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Trick = Callable[[socket.socket, bytes], None]


@dataclass
class Hostile:
    """Where it listens and what it was asked: the heads of all requests."""

    port: int
    asked: list[bytes] = field(default_factory=list)


@contextmanager
def serving(trick: Trick, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Hostile]:
    """A server on a free port of loopback that plays ``trick`` to everybody."""
    with socket.create_server((host, 0)) as listener:
        made = Hostile(listener.getsockname()[1])

        def answer(line: socket.socket) -> None:
            with suppress(OSError), line:
                talk = tls.wrap_socket(line, server_side=True) if tls else line
                with talk:
                    head = b""
                    while b"\r\n\r\n" not in head and (piece := talk.recv(4096)):
                        head += piece
                    made.asked.append(head)
                    trick(talk, head)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    line, _ = listener.accept()
                    threading.Thread(target=answer, args=[line], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield made


def page(body: bytes, *headers: str, status: str = "200 OK") -> Trick:
    """An ordinary answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: text/plain", *headers]
    return lambda line, _: line.sendall("\r\n".join([*lines, "", ""]).encode() + body)


def redirect(to: str) -> Trick:
    """Sends everybody to ``to``."""
    return page(b"", f"Location: {to}", status="302 Found")


def bomb(size: int) -> Trick:
    """``size`` zeros in a few bytes of gzip."""
    return page(gzip.compress(bytes(size)), "Content-Encoding: gzip")


def drip_body(line: socket.socket, _: bytes) -> None:
    """A byte now and then, for ever."""
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    _drip(line, b"x")


def drip_headers(line: socket.socket, _: bytes) -> None:
    """The same before the head is over."""
    line.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(line, b"x")


def silence(line: socket.socket, _: bytes) -> None:
    """Nothing, for ever."""
    line.recv(1)


def endless_headers(line: socket.socket, _: bytes) -> None:
    """Headers without end."""
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        line.sendall(b"X-More: " + b"y" * 1000 + b"\r\n")


def endless_body(line: socket.socket, _: bytes) -> None:
    """A body without end, of which no length is told."""
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        line.sendall(b"z" * 65536)


def endless_continue(line: socket.socket, _: bytes) -> None:
    """Interim answers without end."""
    while True:
        line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def cut_short(line: socket.socket, _: bytes) -> None:
    """Less than was announced."""
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")


def _drip(line: socket.socket, byte: bytes) -> None:
    while True:
        line.sendall(byte)
        time.sleep(0.05)


def own_certificate(folder: Path, name: str) -> ssl.SSLContext:
    """A server's context with a certificate for ``name`` that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


def trusting(folder: Path) -> ssl.SSLContext:
    """A client's context that trusts it."""
    return ssl.create_default_context(cafile=str(folder / "certificate.pem"))
