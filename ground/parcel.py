"""An Office file from outside, taken apart with counts from its first byte.

Word and Excel files are zips of XML parts. Nothing that such a file says of itself is believed: sizes and ratio are counted while
it unpacks, and each part is read by a streaming XML parser that counts elements, depth and attributes as they come. What was
looked at can be packed anew (:func:`repacked`), so that the parser behind sees those bytes and no others.

This belongs into a child with limits (:mod:`ground.apart`); the counts are there so that a bomb is named within milliseconds.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

_CHUNK = 1 << 18
_TOKEN_BYTES = 1 << 20
_LOCAL_HEADER = 30


class Excess(Exception):
    """It unpacks to more than anybody needs; the text says of what, for the log."""


class TooDeep(Excess):
    """Elements lie in elements as no author nests them."""


class Damaged(Exception):
    """It is no whole file of its kind."""


class Unsafe(Exception):
    """A part declares a document type. Entities that hold each other fill the memory, and no office program writes one."""


class Locked(Exception):
    """Parts are encrypted."""


@dataclass(frozen=True)
class Caps:
    """How much a file may unpack to. ``ratio`` counts from ``ratio_from`` bytes on; a small part may be as even as it likes."""

    parts: int = 4_000
    unpacked_bytes: int = 120_000_000
    elements: int = 150_000
    depth: int = 200
    attributes: int = 200
    ratio: int = 150
    ratio_from: int = 2_000_000


class Scanner:
    """Reads parts one after the other and counts over all of them; subclasses look at elements, too."""

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        self._elements = 0
        self._depth = 0

    def read(self, chunks: Iterator[bytes]) -> bytes:
        """The whole part, after it was looked through. Raises :class:`Excess`, :class:`Unsafe`, :class:`Damaged`."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        self._depth = 0
        kept = []
        fed = 0
        try:
            for chunk in chunks:
                parser.Parse(chunk, False)
                kept.append(chunk)
                fed += len(chunk)
                # A tag or comment that never ends would be read again with each chunk.
                if fed - max(parser.CurrentByteIndex, 0) > _TOKEN_BYTES + len(chunk):
                    raise Excess("token")
            parser.Parse(b"", True)
        except (expat.ExpatError, ValueError, LookupError):
            raise Damaged from None
        return b"".join(kept)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        self._depth += 1
        if self._elements > self._caps.elements:
            raise Excess("elements")
        if self._depth > self._caps.depth:
            raise TooDeep("depth")
        if len(attributes) > self._caps.attributes:
            raise Excess("attributes")
        self.started(name.rpartition(":")[2], attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self.ended(name.rpartition(":")[2])

    def started(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins; ``name`` without its prefix."""

    def ended(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """A piece of text, in no particular size."""


def _refuse_doctype(*_: object) -> None:
    raise Unsafe


class Parcel:
    """The zip. Raises :class:`Damaged`, :class:`Locked` or :class:`Excess` when opened, and when a part is read."""

    def __init__(self, data: bytes, caps: Caps) -> None:
        self._caps = caps
        self._unpacked = 0
        self._packed = 0
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, NotImplementedError):
            raise Damaged from None
        infos = self._zip.infolist()
        if len(infos) > caps.parts:
            raise Excess("parts")
        self._infos = {info.filename: info for info in infos}
        self.doubled = _said_twice(infos)
        """Names under which different contents lie; such a part counts as damaged."""
        _check_places(infos, len(data))
        if any(info.flag_bits & 0x1 for info in infos):
            raise Locked
        # Other methods unpack a whole block at once, however large it is.
        if any(info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in infos):
            raise Damaged

    @property
    def names(self) -> list[str]:
        """Names of the parts in the order of the directory, each once."""
        return list(self._infos)

    def chunks(self, name: str) -> Iterator[bytes]:
        """A part as it unpacks, counted."""
        info = self._infos[name]
        if name in self.doubled:
            raise Damaged
        self._packed += info.compress_size
        try:
            with self._zip.open(info) as part:
                while chunk := part.read(_CHUNK):
                    self._count(len(chunk))
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError):
            raise Damaged from None

    def read(self, name: str) -> bytes:
        """A part that is no XML."""
        return b"".join(self.chunks(name))

    def _count(self, more: int) -> None:
        self._unpacked += more
        if self._unpacked > self._caps.unpacked_bytes:
            raise Excess("bytes")
        if self._unpacked > self._caps.ratio_from and self._unpacked > self._caps.ratio * (self._packed + 1):
            raise Excess("ratio")


def _check_places(infos: list[zipfile.ZipInfo], size: int) -> None:
    """Parts that share their bytes make a small file unpack to any size."""
    end = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset < end:
            raise Excess("overlap")
        end = info.header_offset + _LOCAL_HEADER + info.compress_size
    if end > size:
        raise Damaged


def _said_twice(infos: list[zipfile.ZipInfo]) -> set[str]:
    """Names under which different contents lie: which of them is meant nobody knows, and other readers may take another."""
    contents: dict[str, set[tuple[int, int]]] = {}
    for info in infos:
        contents.setdefault(info.filename, set()).add((info.CRC, info.file_size))
    return {name for name, found in contents.items() if len(found) > 1}


def repacked(parts: dict[str, bytes]) -> bytes:
    """A zip of these parts, not compressed, for the parser behind."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name, part in parts.items():
            package.writestr(zipfile.ZipInfo(name), part)
    return out.getvalue()
