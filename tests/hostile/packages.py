"""Word and Excel files that mean harm, made from a seed. Each is small; what it unpacks to, or asks a parser for, is not."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Mapping

from tests.content.words import word

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORKBOOK = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>'
    '<sheet name="党员名册" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
)
_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def packed(parts: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as package:
        for name, part in parts.items():
            package.writestr(zipfile.ZipInfo(name), part, compress_type=method)
    return out.getvalue()


def workbook(sheet: str | bytes, **parts: str | bytes) -> bytes:
    """An .xlsx with one sheet as given; ``parts`` by the names of files under ``xl/``, with ``_`` for the dot."""
    whole: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "xl/workbook.xml": _WORKBOOK,
        "xl/_rels/workbook.xml.rels": _RELS,
        "xl/worksheets/sheet1.xml": sheet,
    }
    whole.update({f"xl/{name.replace('_', '.')}": part for name, part in parts.items()})
    return packed(whole)


def rows(inside: str) -> str:
    """A worksheet with these rows."""
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{inside}</sheetData></worksheet>'


def cell(reference: str, more: str = "") -> str:
    """A sheet with one number in one cell; ``reference`` is everything that stands in the tag."""
    return rows(f"<row><c {reference}{more}><v>1</v></c></row>")


def document(body: str, **parts: str | bytes) -> bytes:
    """A .docx; ``parts`` by their names under ``word/``, with ``_`` for the dot."""
    return word(body, parts={f"word/{name.replace('_', '.')}": part for name, part in parts.items()})


def bare_document(xml: str | bytes) -> bytes:
    """A .docx whose document is exactly this."""
    with zipfile.ZipFile(io.BytesIO(word("<w:p/>"))) as package:
        parts: dict[str, str | bytes] = {name: package.read(name) for name in package.namelist()}
    return packed({**parts, "word/document.xml": xml})


def nested(name: str, depth: int) -> str:
    """An element in itself."""
    return f"<{name}>" * depth + f"</{name}>" * depth


def entities(levels: int = 9, width: int = 10) -> str:
    """A document type whose last entity is ``width`` to the power of ``levels`` letters long."""
    lines = ['<!ENTITY a0 "aaaaaaaaaa">']
    for level in range(1, levels):
        inside = f"&a{level - 1};" * width
        lines.append(f'<!ENTITY a{level} "{inside}">')
    return f"<!DOCTYPE x [{''.join(lines)}]>"


def overlapping(name: str, size: int, copies: int) -> bytes:
    """A zip in which many entries of the directory share the bytes of one part."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = squeeze.compress(bytes(size)) + squeeze.flush()
    crc = zlib.crc32(bytes(size))
    sizes = struct.pack("<III", crc, len(body), size)
    head = struct.pack("<4sHHHHH", b"PK\3\4", 20, 0, 8, 0, 33) + sizes
    local = head + struct.pack("<HH", len(name), 0) + name.encode() + body
    entries = b""
    for number in range(copies):
        label = name if not number else f"{name}{number}"
        entry = struct.pack("<4sHHHHHH", b"PK\1\2", 20, 20, 0, 8, 0, 33) + sizes
        entries += entry + struct.pack("<HHHHHII", len(label), 0, 0, 0, 0, 0, 0) + label.encode()
    return (
        local
        + entries
        + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, copies, copies, len(entries), len(local), 0)
    )


def lying(data: bytes, real: int, said: int) -> bytes:
    """The same zip, with another unpacked size said wherever the real one stood."""
    return data.replace(struct.pack("<I", real), struct.pack("<I", said))


def noise(data: bytes, rng: random.Random, places: int) -> bytes:
    """The same bytes, some of them changed."""
    changed = bytearray(data)
    for _ in range(places):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def wide_document(elements: int) -> bytes:
    """A document of so many elements, each with namespaces to look up."""
    return document("<w:p><w:r><w:t>字</w:t></w:r></w:p>" * (elements // 4))
