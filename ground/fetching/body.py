"""A body read with a limit on both sides of its compression."""

from __future__ import annotations

import zlib
from typing import Protocol

_PIECE = 64 * 1024
_KINDS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class TooLarge(Exception):
    """More bytes than allowed, as sent or unpacked."""


class Undecodable(Exception):
    """Packed in a way that we do not know, or cut short."""


class _Readable(Protocol):
    def read(self, amount: int, /) -> bytes: ...


def read(stream: _Readable, encoding: str, max_bytes: int) -> bytes:
    """All of ``stream``, unpacked. Raises :class:`TooLarge` at the first byte too many, and :class:`Undecodable`."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return _plain(stream, max_bytes)
    if encoding not in _KINDS:
        raise Undecodable
    return _unpacked(stream, zlib.decompressobj(_KINDS[encoding]), max_bytes)


def _plain(stream: _Readable, max_bytes: int) -> bytes:
    out = bytearray()
    while piece := stream.read(min(_PIECE, max_bytes + 1 - len(out))):
        out += piece
        if len(out) > max_bytes:
            raise TooLarge
    return bytes(out)


def _unpacked(stream: _Readable, unpacker: zlib._Decompress, max_bytes: int) -> bytes:
    out, sent = bytearray(), 0
    try:
        while piece := stream.read(_PIECE):
            sent += len(piece)
            while piece and not unpacker.eof:
                out += unpacker.decompress(piece, max_bytes + 1 - len(out))
                piece = unpacker.unconsumed_tail
                if len(out) > max_bytes:
                    raise TooLarge
            if sent > max_bytes + _PIECE:
                raise TooLarge
    except zlib.error:
        raise Undecodable from None
    if not unpacker.eof:
        raise Undecodable
    return bytes(out)
