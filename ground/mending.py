"""Cells that a parser of sheets would stumble over, made harmless before it sees them: one bad cell never costs the file."""

from __future__ import annotations

import re

_ERROR = re.compile(r"#(?:[A-Z0-9/_]{2,20}[!?]|N/A|GETTING_DATA)|Err:[0-9]{3}|#[\u4e00-\u9fff]{2,6}[!?！？]")
_CELL = re.compile(rb"(?=<(?:[A-Za-z0-9]{1,20}:)?c[ />])")
_TYPE = re.compile(rb"""\st=["']([A-Za-z]{1,20})["']""")
_VALUE = re.compile(rb"<(?:[A-Za-z0-9]{1,20}:)?v(?: [^<>]{0,40})?>([^<]{0,60})")


def is_error(text: str) -> bool:
    """Whether a cell shows that its formula failed, in whatever program: ``#N/A``, ``#SPILL!``, ``Err:502``."""
    return bool(_ERROR.fullmatch(text))


def errors_as_text(part: bytes, strings: int) -> bytes:
    """The same sheet, with its errors as texts: a parser knows seven of them and gives up over the eighth."""
    return part.replace(b' t="e"', b' t="str"').replace(b" t='e'", b" t='str'")


def mended(part: bytes, strings: int) -> bytes:
    """The same sheet, with every value that does not fit its cell's type as a text; ``strings`` is how many are shared."""
    pieces = _CELL.split(part)
    for place, piece in enumerate(pieces):
        head, closed, rest = piece.partition(b">")
        found = _TYPE.search(head)
        if place and closed and found and not _fits(found[1], _VALUE.search(rest[:200]), strings):
            pieces[place] = head[: found.start(1)] + b"str" + head[found.end(1) :] + closed + rest
    return b"".join(pieces)


def _fits(kind: bytes, value: re.Match[bytes] | None, strings: int) -> bool:
    if kind in (b"str", b"inlineStr", b"n", b"d"):
        return True
    if value is None:
        return kind in (b"s", b"b", b"e")
    if kind == b"s":
        return value[1].strip().isdigit() and int(value[1]) < strings
    return kind == b"b" and value[1].strip() in (b"0", b"1", b"true", b"false")
