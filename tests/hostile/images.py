"""Pictures that mean harm: large by what they say, by what they unpack to, or broken where a reader is careless."""

from __future__ import annotations

import io
import random
import struct
import zlib
from typing import Any

from PIL import Image


def png(width: int, height: int, *, rows: bytes = b"", chunks: bytes = b"", kind: int = 2) -> bytes:
    """A PNG that says it has this size; ``rows`` are packed as they are."""
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunks + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def plain(width: int, height: int, format: str = "PNG", mode: str = "RGB", **options: Any) -> bytes:
    """A picture of one colour."""
    return saved(Image.new(mode, (width, height)), format, **options)


def noisy(width: int, height: int, format: str, mode: str = "RGB", **options: Any) -> bytes:
    """A picture of noise, which no method packs."""
    return saved(Image.effect_noise((width, height), 90).convert(mode), format, **options)


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    """The bytes of a picture."""
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def frames(count: int, format: str, size: int = 8) -> bytes:
    """An animation of so many frames."""
    pictures = [Image.new("L", (size, size), number % 251) for number in range(count)]
    out = io.BytesIO()
    pictures[0].save(out, format, save_all=True, append_images=pictures[1:], duration=20)
    return out.getvalue()


def tiff(entries: list[tuple[int, int, int, int]], loop: bool = False) -> bytes:
    """A TIFF with these entries (tag, type, count, value); ``loop`` lets its directory lead to itself."""
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    after = struct.pack("<I", 8 if loop else 0)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries)) + packed + after


def with_exif(body: bytes) -> bytes:
    """A small JPEG with these bytes as its camera's notes."""
    return saved(Image.new("RGB", (64, 64)), "JPEG", exif=b"Exif\0\0" + body)


def with_profile(body: bytes) -> bytes:
    """A small JPEG with these bytes as its colour profile."""
    return saved(Image.new("RGB", (64, 64)), "JPEG", icc_profile=body)


def random_bytes(rng: random.Random, size: int) -> bytes:
    """Bytes of a seed."""
    return rng.randbytes(size)
