"""A table that was saved as text: CSV with commas, semicolons or tabs, in UTF-8, GBK (GB18030) or Excel's «Unicode text».

Who types a table with a Chinese keyboard separates by ，: that is one too, where nothing else separates.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from functools import partial

from ground.spreadsheet import MAX_BYTES, MAX_COLUMNS, Cell, Sheet, check_size

_SEPARATORS = ",\t;|"
_CHINESE = "，；、"
_BROKEN = "\ufffd"
_HEAD = 4000


def table_in(data: bytes) -> str | None:
    """The text of a table, or None where these bytes are none: no text, a web page, or no separator in its first lines."""
    if len(data) > MAX_BYTES or not data.strip() or data.startswith((b"PK\x03\x04", b"%PDF")):
        return None
    text = _decoded(data)
    head = text[:_HEAD].lower()
    if (
        any(char < " " and char not in "\r\n\t\x0b\x0c" for char in head)
        or head.count(_BROKEN) > len(head) // 20
    ):
        return None
    if "<html" in head or "<table" in head or "<?xml" in head:
        return None
    return text if any(mark in head for mark in _SEPARATORS) or _in_chinese(_first_lines(text)) else None


def _first_lines(text: str) -> list[str]:
    return [line for line in text[:_HEAD].splitlines() if line.strip()][:20]


def _in_chinese(lines: list[str]) -> str:
    """The Chinese mark that cuts the first line into three pieces or more, and nearly all others into as many; else empty."""
    whole = lines[:-1] if len(lines) > 2 else lines
    for mark in _CHINESE if len(whole) > 1 else "":
        wanted = whole[0].count(mark)
        if wanted > 1 and sum(line.count(mark) >= wanted for line in whole) * 5 >= len(whole) * 4:
            return mark
    return ""


def _decoded(data: bytes) -> str:
    """UTF-8 where it is, even with a few broken bytes; else what Chinese Windows writes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    text = data.decode("utf-8-sig", errors="replace")
    beyond = sum(char > "\x7f" for char in text[: 10 * _HEAD])
    if text[: 10 * _HEAD].count(_BROKEN) * 20 <= beyond:
        return text
    return data.decode("gb18030", errors="replace")


def read(text: str, *, max_rows: int, counted: str) -> Sheet:
    """The table as one sheet, its rows counted as a spreadsheet that opened it would. Raises what :func:`check_size` does."""
    first, ended, rest = text.partition("\n")
    separator = _separator(text)
    if first.strip().lower().startswith("sep=") and ended:
        separator, text = first.strip(" \r")[4:5] or ",", rest
    rows: list[list[Cell]] = []
    for row in _rows(text, separator):
        check_size(len(rows) + 1 if any(row) else 0, len(row), max_rows, counted)
        rows.append([_unwrapped(value) for value in row])
    while rows and not any(rows[-1]):
        rows.pop()
    return Sheet("CSV 文件", rows)


def _rows(text: str, separator: str) -> Iterable[list[str]]:
    """The rows as they are quoted; where a quote that nobody closes would swallow rows, every line by itself."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        return map(partial(_line, separator), io.StringIO(text, newline=None))
    usual = max((line.count(separator) for line in text[:_HEAD].splitlines()), default=0)
    cells = (cell for row in rows for cell in row if "\n" in cell or "\r" in cell)
    if any(line.count(separator) >= max(usual, 2) for cell in cells for line in cell.splitlines()):
        return map(partial(_line, separator), io.StringIO(text, newline=None))
    return rows


def _line(separator: str, line: str) -> list[str]:
    """One line; a quote in it that has no partner is a character like any other."""
    line = line.rstrip("\n")
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        return line.split(separator)


def _separator(text: str) -> str:
    """The mark that cuts the first lines into most pieces."""
    lines = _first_lines(text)
    if not any(mark in line for line in lines for mark in _SEPARATORS) and (chinese := _in_chinese(lines)):
        return chinese
    return max(
        _SEPARATORS, key=lambda mark: (sum(min(line.count(mark), MAX_COLUMNS) for line in lines), mark == ",")
    )


def _unwrapped(value: str) -> str:
    """``="13900000000"`` is how a text is kept from becoming a number."""
    if value.startswith('="') and value.endswith('"') and len(value) > 2:
        return value[2:-1]
    return value
