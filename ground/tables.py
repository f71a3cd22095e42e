"""Open whatever table an office has: .xlsx, the older .xls, or a CSV text in any of the encodings that are in use."""

from __future__ import annotations

from ground import textsheets, xls
from ground.spreadsheet import MAX_BYTES, Sheet, is_locked, is_old, read_workbook


def read_tables(data: bytes, *, max_rows: int, counted: str = "人", hidden: bool = False) -> list[Sheet]:
    """All visible sheets (``hidden``: the others too) with at most ``max_rows`` rows of data each; a CSV file is one sheet.

    Runs in a child as :func:`ground.spreadsheet.read_workbook` does, and raises :class:`Refused` as that does.
    """
    if is_old(data) and not is_locked(data) and len(data) <= MAX_BYTES:
        return xls.read(data, max_rows=max_rows, counted=counted, hidden=hidden)
    if (text := textsheets.table_in(data)) is not None:
        return [textsheets.read(text, max_rows=max_rows, counted=counted)]
    return read_workbook(data, max_rows=max_rows, counted=counted, hidden=hidden)
