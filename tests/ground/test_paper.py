"""Printed pages: every name has its letters, long texts go on overleaf, pages are counted."""

from __future__ import annotations

import io
import re

from fontTools.ttLib import TTFont
from pypdf import PdfReader

from ground.paper import FONT, Cell, Sheets, name

RARE = "䮌㐂𬭎〇喆玥昇·•・"


def _printed(sheets: Sheets) -> list[str]:
    """The words of each page, without what a reader of PDF puts between letters."""
    pages = PdfReader(io.BytesIO(sheets.bytes())).pages
    return [re.sub(r"[\s\0]", "", page.extract_text()) for page in pages]


def test_names_of_all_kinds_are_printed() -> None:
    sheets = Sheets("登记表", foot="时代先锋云")
    sheets.page("登记表", "编号 2026-7")
    sheets.table((1, 3), [[name("姓名"), Cell(f"买买提·{RARE} Zhang")]])
    (page,) = _printed(sheets)
    assert f"买买提·{RARE}Zhang" in page
    assert "编号2026-7" in page
    assert "第1页，共1页" in page


def test_the_font_has_all_that_the_roster_takes_and_its_licence_lies_beside_it() -> None:
    letters = TTFont(FONT, lazy=True).getBestCmap()
    assert [chr(code) for code in range(0x4E00, 0x9FA6) if code not in letters] == []
    assert "SIL OPEN FONT LICENSE Version 1.1" in FONT.with_name("OFL.txt").read_text(encoding="utf-8")


def test_a_long_text_goes_on_overleaf_and_nothing_of_it_is_lost() -> None:
    sheets = Sheets("登记表")
    sheets.page("登记表", code="https://xianfeng.example.gov.cn/m/a/12/check/0123456789abcdef")
    opinions = [f"第{number}条意见，写得很长。" * 12 for number in range(40)]
    sheets.table((1, 4), [[name("意见"), Cell(text)] for text in opinions])
    pages = _printed(sheets)
    assert len(pages) > 2
    assert f"第2页，共{len(pages)}页" in pages[1]
    whole = re.sub(r"第\d+页，共\d+页|意见(?=第)", "", "".join(pages))
    for number in range(40):
        assert whole.count(f"第{number}条意见，写得很长。") == 12, number


def test_a_row_that_is_higher_than_a_page_goes_on_in_rows_overleaf() -> None:
    sheets = Sheets("登记表")
    sheets.page("登记表")
    lines = "\n".join(f"第{number}行。" for number in range(95))
    sheets.table(
        (1, 2, 1, 2), [[name("意见"), Cell(lines, span=3)], [name("左"), Cell("短"), name("右"), Cell(lines)]]
    )
    pages = _printed(sheets)
    assert len(pages) > 4
    whole = "".join(pages)
    for number in range(95):
        assert whole.count(f"第{number}行。") == 2, number
    assert "意见（续）" in whole
    assert whole.count("短") == 1


def test_what_the_font_lacks_leaves_a_box_and_the_rest() -> None:
    sheets = Sheets("登记表")
    sheets.page("登记表")
    sheets.table((1,), [[Cell("开会🎉了")]])
    (page,) = _printed(sheets)
    assert "开会" in page
    assert "了" in page
