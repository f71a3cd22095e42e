"""A form of the office: what stands on a table that is printed, signed and filed, whatever it is printed on.

:mod:`community.form_sheet` writes forms into a workbook, :mod:`web.paper` lays them on A4.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ground import clock

PRODUCT = "时代先锋云"
Align = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Column:
    """A column by its heading, how wide it is on paper, and how its cells stand. ``number``: Excel may add it up."""

    name: str
    mm: float
    align: Align = "left"
    number: bool = False


@dataclass(frozen=True)
class Form:
    """One table with all that stands round it.

    ``rows`` hold a text for each column. ``left`` and ``right`` are lines under the title; ``signs`` are what somebody fills in
    by hand below; ``secret`` is the line that says why names are in clear (empty: they are not). ``sheet`` names it in a
    workbook, at most 24 characters. ``row_mm``: how high a row is at least. ``wide``: A4 lies on its side.
    """

    title: str
    sheet: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    left: Sequence[str]
    right: Sequence[str]
    signs: Sequence[str] = ("填表人（签字）", "负责人（签字）", "日期")
    notes: Sequence[str] = ()
    secret: str = ""
    empty: str = "无记录"
    wide: bool = True
    row_mm: float = 7.2
    total: Sequence[str] = field(default_factory=tuple)


def made(maker: str, at: datetime) -> str:
    """Who made a form, and on which day."""
    day = clock.to_shanghai(at)
    return f"制表人：{maker}    制表日期：{day.year}年{day.month}月{day.day}日"


def in_clear(maker: str, reason: str) -> str:
    """The line of a form on which names stand in clear; nothing where there is no reason."""
    return f"本表含未脱敏信息，由{maker}导出，事由：{reason}，请妥善保管，不得转发" if reason else ""


def in_file_name(text: str) -> str:
    """A text without what file systems refuse, and not too long for them."""
    return re.sub(r'[\\/:*?"<>|\s]', "", text)[:60]


__all__ = ["PRODUCT", "Align", "Column", "Form", "in_clear", "in_file_name", "made"]
