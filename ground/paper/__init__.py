"""Paper: A4 sheets in Chinese as PDF, in one font that has nearly every name. It is shipped; its licence is ``OFL.txt``.

Nothing here knows what is printed; who prints hands over words in tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import segno

if TYPE_CHECKING:
    from fpdf import FPDF

FONT = Path(__file__).with_name("NotoSerifCJKsc.otf")
_FAMILY = "serif"
_MARGIN_MM = 15.0
_CODE_MM = 24.0
_GREY = 242
_PADDING_MM = 1.6
_LINES = 24
"""A row of more lines is printed as several: one that is higher than a page cannot be printed at all."""


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, how many columns wide it is, and whether it only names what stands beside it."""

    text: str
    span: int = 1
    label: bool = False
    align: Literal["L", "C", "R"] = "L"


def name(text: str) -> Cell:
    """A cell that names what stands beside it."""
    return Cell(text, label=True, align="C")


class Sheets:
    """A document page by page: :meth:`page`, what stands on it from top to bottom, at last :meth:`bytes`."""

    def __init__(self, title: str, foot: str = "") -> None:
        self._foot = foot
        self._pdf = _document(title, self._below)

    def page(self, heading: str, under: str = "", code: str = "") -> None:
        """Begin a page with its heading, a line under it, and at its right upper corner a QR code of ``code``."""
        pdf = self._pdf
        pdf.add_page()
        if code:
            picture = BytesIO()
            segno.make(code, error="m").save(picture, kind="png", scale=6, border=1)
            pdf.image(picture, x=pdf.w - _MARGIN_MM - _CODE_MM, y=_MARGIN_MM - 5, w=_CODE_MM)
        pdf.set_font(_FAMILY, size=18)
        pdf.cell(text=heading, w=pdf.epw, align="C", new_x="LMARGIN", new_y="NEXT", h=11)
        pdf.set_font(_FAMILY, size=9)
        pdf.cell(text=under, w=pdf.epw, align="C", new_x="LMARGIN", new_y="NEXT", h=8)
        if code:
            pdf.set_y(max(pdf.get_y(), _MARGIN_MM + _CODE_MM - 3))

    def table(self, widths: Sequence[int], rows: Sequence[Sequence[Cell]], size: float = 10.5) -> None:
        """A table with lines around its cells; ``widths`` are shares of the page. What is too high goes on in rows of its own."""
        from fpdf.fonts import FontFace

        pdf = self._pdf
        pdf.set_font(_FAMILY, size=size)
        grey = FontFace(fill_color=_GREY)
        layout = {"col_widths": tuple(widths), "line_height": size * 0.6, "padding": _PADDING_MM}
        with pdf.table(first_row_as_headings=False, v_align="MIDDLE", **layout) as table:
            for row in (part for whole in rows for part in self._parts(widths, whole)):
                line = table.row()
                for cell in row:
                    line.cell(
                        cell.text, colspan=cell.span, align=cell.align, style=grey if cell.label else None
                    )

    def _parts(self, widths: Sequence[int], row: Sequence[Cell]) -> Iterator[Sequence[Cell]]:
        """The row in pieces of at most so many lines; its names stand before each."""
        at, cut = 0, []
        for cell in row:
            share = sum(widths[at : at + cell.span]) / sum(widths)
            at += cell.span
            cut.append([cell.text] if cell.label else self._cut(cell.text, self._pdf.epw * share))
        if max(map(len, cut)) == 1:
            yield row
            return
        for number, texts in enumerate(zip_longest(*cut, fillvalue="")):
            yield [
                replace(cell, text=f"{cell.text}（续）" if number else cell.text)
                if cell.label
                else replace(cell, text=text)
                for cell, text in zip(row, texts, strict=True)
            ]

    def _cut(self, text: str, width: float) -> list[str]:
        """A cell's text in pieces of whole lines."""
        if len(text) < _LINES:  # it cannot have more lines than that
            return [text]
        from fpdf.util import Padding

        lines: list[str] = self._pdf.multi_cell(  # type: ignore[assignment]
            w=width, text=text, padding=Padding.new(_PADDING_MM), align="L", dry_run=True, output="LINES"
        )
        return ["\n".join(lines[first : first + _LINES]) for first in range(0, len(lines), _LINES)]

    def line(self, text: str, size: float = 9) -> None:
        """A line of text of its own."""
        self._pdf.set_font(_FAMILY, size=size)
        self._pdf.multi_cell(text=text, w=self._pdf.epw, h=size * 0.6, new_x="LMARGIN", new_y="NEXT")

    def bytes(self) -> bytes:
        """The PDF."""
        return bytes(self._pdf.output())

    def _below(self, pdf: FPDF) -> None:
        pdf.set_y(-12)
        pdf.set_font(_FAMILY, size=8)
        pdf.cell(text=self._foot, w=pdf.epw / 2, align="L")
        pdf.cell(text=f"第 {pdf.page_no()} 页，共 {{nb}} 页", w=pdf.epw / 2, align="R")


def _document(title: str, below: Callable[[FPDF], None]) -> FPDF:
    # Imported where it is needed: most processes never print, and its fonts' reader takes a third of a second.
    from fpdf import FPDF

    class Document(FPDF):
        def footer(self) -> None:
            below(self)

    pdf = Document(format="A4")
    pdf.set_margins(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    pdf.set_auto_page_break(auto=True, margin=18)
    pdf.set_title(title)
    pdf.set_lang("zh-CN")
    pdf.add_font(_FAMILY, fname=FONT)
    pdf.set_font(_FAMILY, size=10.5)
    return pdf
