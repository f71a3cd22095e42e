"""Sixty hostile files and bodies, from a seed: ``python -m tests.hostile.files FOLDER [SEED]`` writes them.

Each says by which door it would come in. A new kind is one more line in the table of its door.
"""

from __future__ import annotations

import random
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.content.words import NAMESPACES, picture, word
from tests.hostile import images as im
from tests.hostile import packages as pk

SEED = 2026
_ENDINGS = {"article": "docx", "picture": "png", "markup": "html"}
_MERGE = '<mergeCell ref="A1:XFD1048576"/>'
Make = Callable[[random.Random], bytes]


@dataclass(frozen=True)
class Hostile:
    """One of them. ``door``: ``roster``, ``places``, ``article``, ``picture`` or ``markup``."""

    name: str
    door: str
    make: Make

    def data(self, seed: int = SEED) -> bytes:
        """Its bytes."""
        return self.make(random.Random(f"{seed} {self.name}"))

    @property
    def filename(self) -> str:
        """A name that its door accepts."""
        return f"{self.name}.{_ENDINGS.get(self.door, 'xlsx')}"


_BIG = "<row>" + '<c t="inlineStr"><is><t>字</t></is></c>' * 150 + "</row>"
_SHEETS: dict[str, Make] = {
    "cells-unclosed": lambda _: pk.workbook('<c r="A1" ' * 1500),
    "cells-unclosed-long": lambda _: pk.workbook('<c r="A1" ' * 400_000),
    "rows-unclosed": lambda _: pk.workbook('<row r="1" ' * 20_000),
    "far-cell": lambda _: pk.workbook(pk.cell('r="XFD1048576"')),
    "far-cell-single-quotes": lambda _: pk.workbook(pk.cell("r='XFD1048576'")),
    "far-cell-spaces": lambda _: pk.workbook(pk.cell('r  =  "XFD1048576"')),
    "far-cell-newlines": lambda _: pk.workbook(pk.cell("\n\tr\n=\n'XFD1048576'\n")),
    "far-cell-entities": lambda _: pk.workbook(pk.cell('r="&#88;FD10485&#x37;6"')),
    "far-cell-lower-case": lambda _: pk.workbook(pk.cell('r="xfd1048576"')),
    "far-cell-by-row": lambda _: pk.workbook(pk.rows("<row r='1048576'><c><v>1</v></c></row>")),
    "far-cell-prefix": lambda _: pk.workbook(
        "<x:worksheet xmlns:x='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><x:sheetData><x:row>"
        "<x:c r='XFD1048576'><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    ),
    "far-cell-utf16": lambda _: pk.workbook(
        ('<?xml version="1.0" encoding="UTF-16"?>' + pk.cell("r='XFD1048576'")).encode("utf-16")
    ),
    "far-cell-second-row": lambda _: pk.workbook(
        pk.rows("<row><c r='A1'><v>1</v></c></row><row><c r='GR5900'><v>1</v></c></row>")
    ),
    "dimension-lies": lambda _: pk.workbook(
        pk.cell('r="A1"').replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
    ),
    "million-cells": lambda _: pk.workbook(pk.rows("<row>" + "<c><v>1</v></c>" * 1_000_000 + "</row>")),
    "million-rows": lambda _: pk.workbook(pk.rows("<row/>" * 1_000_000)),
    "full-sheet": lambda _: pk.workbook(pk.rows(_BIG * 5500)),
    "million-merges": lambda _: pk.workbook(
        pk.cell('r="A1"').replace("</sheetData>", f"</sheetData><mergeCells>{_MERGE * 500_000}</mergeCells>")
    ),
    "shared-strings-long": lambda _: pk.workbook(
        pk.cell('r="A1" t="s"'), sharedStrings_xml="<sst><si><t>" + "字" * 30_000_000 + "</t></si></sst>"
    ),
    "shared-strings-many": lambda _: pk.workbook(
        pk.cell('r="A1" t="s"'), sharedStrings_xml="<sst>" + "<si><t>a</t></si>" * 1_000_000 + "</sst>"
    ),
    "entity-bomb-sheet": lambda _: pk.workbook(pk.entities() + "<x>&a8;</x>"),
    "deep-sheet": lambda _: pk.workbook(pk.nested("a", 200_000)),
    "many-attributes-sheet": lambda _: pk.workbook("<c " + " ".join(f'a{n}="1"' for n in range(60_000)) + "/>"),
    "long-attribute-sheet": lambda _: pk.workbook('<c r="' + "A" * 20_000_000 + '"/>'),
    "comment-sheet": lambda _: pk.workbook("<x><!--" + "-a" * 10_000_000 + "--></x>"),
    "zip-overlapping": lambda _: pk.overlapping("xl/workbook.xml", 10_000_000, 300),
    "zip-lying-small": lambda _: pk.lying(pk.workbook(b"<a>" + b" " * 39_999_997), 40_000_000, 1000),
    "zip-lying-large": lambda _: pk.lying(pk.workbook(b"<a/>" + b" " * 9_996), 10_000, 2**31),
    "zip-many-parts": lambda _: pk.packed({"xl/workbook.xml": "<a/>", **{f"xl/{n}.xml": "<a/>" for n in range(30_000)}}),
    "zip-bzip2": lambda _: pk.packed({"xl/workbook.xml": b"<a>" + b" " * 200_000_000}, zipfile.ZIP_BZIP2),
    "zip-in-zip": lambda _: pk.packed({"xl/workbook.xml": "<a/>", "xl/b.zip": pk.packed({"c": bytes(50_000_000)})}),
    "zip-noise": lambda rng: pk.noise(pk.workbook(pk.cell('r="A1"')), rng, 40),
    "zip-cut": lambda _: pk.workbook(pk.cell('r="A1"'))[:-30],
}  # fmt: skip

_WORDS: dict[str, Make] = {
    "insertions-unclosed": lambda _: pk.bare_document("<w:ins " * 36_000),
    "empty-paragraphs": lambda _: pk.document("<w:p/>" * 830_000),
    "empty-paragraphs-more": lambda _: pk.document("<w:p/>" * 1_660_000),
    "paragraphs-at-the-limit": lambda _: pk.wide_document(149_000),
    "paragraphs-empty-at-the-limit": lambda _: pk.document("<w:p/>" * 149_000),
    "deep-tables": lambda _: pk.document(
        "<w:tbl><w:tr><w:tc>" * 5_000 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 5_000
    ),
    "deep-at-the-limit": lambda _: pk.document("<w:tbl><w:tr><w:tc>" * 50 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 50),
    "entity-bomb-word": lambda _: pk.bare_document(pk.entities() + "<w:document>&a8;</w:document>"),
    "entity-bomb-utf16": lambda _: pk.bare_document((pk.entities() + "<x>&a8;</x>").encode("utf-16")),
    "many-attributes-word": lambda _: pk.document("<w:p " + " ".join(f'a{n}="1"' for n in range(60_000)) + "/>"),
    "one-long-text": lambda _: pk.document("<w:p><w:r><w:t>" + "字" * 30_000_000 + "</w:t></w:r></w:p>"),
    "many-runs": lambda _: pk.document("<w:p>" + "<w:r><w:t>a</w:t></w:r>" * 70_000 + "</w:p>"),
    "many-styles": lambda _: pk.document(
        "<w:p/>", styles_xml=f"<w:styles {NAMESPACES}>" + '<w:style w:styleId="a"/>' * 1_000_000 + "</w:styles>"
    ),
    "headers-unclosed": lambda _: pk.document("<w:p/>", header1_xml="<w:t " * 100_000),
    "word-lying": lambda _: pk.lying(pk.bare_document(b"<a>" + b" " * 29_999_997), 30_000_000, 900),
    "word-overlapping": lambda _: pk.overlapping("word/document.xml", 10_000_000, 300),
    "word-noise": lambda rng: pk.noise(pk.document("<w:p><w:r><w:t>字</w:t></w:r></w:p>"), rng, 30),
    "same-picture-often": lambda _: word(
        "".join(picture(1) for _ in range(900)), pictures={"a.jpg": im.noisy(1500, 1500, "JPEG")}
    ),
    "huge-picture-in-word": lambda _: word(picture(1), pictures={"a.png": im.png(65_000, 65_000)}),
}  # fmt: skip

_PICTURES: dict[str, Make] = {
    "png-65000": lambda _: im.png(65_000, 65_000),
    "png-bomb": lambda _: im.plain(12_000, 12_000, mode="L"),
    "png-thin": lambda _: im.png(39_000_000, 1, rows=bytes(117_000_001)),
    "png-text-bomb": lambda _: im.png(8, 8, chunks=im.chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(90_000_000), 9))),
    "png-icc-bomb": lambda _: im.png(8, 8, chunks=im.chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(90_000_000), 9))),
    "png-cut": lambda _: im.noisy(800, 800, "PNG")[:90_000],
    "apng-frames": lambda _: im.frames(3_000, "PNG"),
    "gif-frames": lambda _: im.frames(5_000, "GIF"),
    "gif-65000": lambda _: b"GIF89a" + struct.pack("<HHBBB", 65_000, 65_000, 0, 0, 0) + b";",
    "jpeg-65000": lambda _: im.plain(64, 64, "JPEG").replace(b"\0\x40\0\x40", b"\xfd\xe8\xfd\xe8", 1),
    "jpeg-cut": lambda _: im.noisy(2_000, 2_000, "JPEG")[:200_000],
    "jpeg-exif-noise": lambda rng: im.with_exif(im.random_bytes(rng, 60_000)),
    "jpeg-exif-loop": lambda _: im.with_exif(im.tiff([(0x8769, 4, 1, 8), (0x0112, 3, 2**31, 8)], loop=True)),
    "jpeg-icc-noise": lambda rng: im.with_profile(im.random_bytes(rng, 60_000)),
    "tiff-loop": lambda _: im.tiff([(256, 4, 1, 10), (257, 4, 1, 10)], loop=True),
    "tiff-counts": lambda _: im.tiff([(256, 4, 1, 6_000), (257, 4, 1, 6_000), (258, 3, 2**31 - 1, 8), (273, 4, 2**30, 8)]),
    "tiff-noise": lambda rng: pk.noise(im.noisy(400, 400, "TIFF"), rng, 60),
    "webp-noise": lambda rng: pk.noise(im.noisy(600, 600, "WEBP"), rng, 60),
    "photo-6000": lambda _: im.noisy(6_000, 4_000, "PNG", compress_level=1),
}  # fmt: skip


def _text(text: str) -> Make:
    return lambda _: text.encode()


_BODIES: dict[str, Make] = {
    "style-sheets-open": _text("<style>" * 28_000),
    "style-tags-unclosed": _text("<style " * 28_000),
    "selectors-times-elements": _text(
        "<style>"
        + "".join(f"p b.c{n} i~i{{color:red}}" for n in range(7_000))
        + "</style>"
        + "<p><b><i>a" * 12_000
    ),
    "formatting-reopened": _text("".join(f'<b title="{n}">' for n in range(3_000)) + "<p>a" * 20_000),
    "nested-tables": _text("<table><tr><td>" * 20_000),
    "deep-sections": _text("<section>" * 50_000),
    "one-long-style": _text('<p style="' + "color:url((" * 40_000 + '">a</p>'),
    "data-addresses": _text('<img src="data:image/png;base64,' * 12_000),
}


FILES: tuple[Hostile, ...] = tuple(
    Hostile(name, door, make)
    for door, table in (("roster", _SHEETS), ("article", _WORDS), ("picture", _PICTURES), ("markup", _BODIES))
    for name, make in table.items()
) + tuple(
    Hostile(f"places-{name}", "places", _SHEETS[name]) for name in ("far-cell-newlines", "million-merges")
)
"""All of them."""

QUARTER: tuple[Hostile, ...] = FILES[::4]
"""Those that every run of the tests tries."""


def main() -> None:
    """Write them."""
    folder, seed = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else SEED
    folder.mkdir(parents=True, exist_ok=True)
    for one in FILES:
        data = one.data(seed)
        (folder / one.filename).write_bytes(data)
        sys.stdout.write(f"{one.door:<8} {one.name:<32} {len(data):>12,} bytes\n")


if __name__ == "__main__":
    main()
