"""Ledgers of 1, 40 and 2,279 rows out of Chromium's printer: each page with its head and number, no column and no row lost.

A row that did not fit would make one page more than were counted.
"""

from __future__ import annotations

import io
import re
import unicodedata

import pytest
from flask import render_template
from playwright.sync_api import Browser
from pypdf import PdfReader

from community.form import Column, Form, in_clear, made
from community.ledger import HEADER
from ground import clock
from tests.console.conftest import Office
from web import paper

pytestmark = pytest.mark.browser
_MM = (12, 26, 62, 36, 36, 26, 20, 58)
_A4 = (842, 595)
_FEW = 6


def _form(rows: int, *, wide: bool = True, reason: str = "") -> Form:
    """A ledger whose cells are now short, now as long as they can be."""
    now = clock.now()
    records = [
        [
            str(number), "欧**远", "两新组织联合党支部" if number % 3 else "第一片区两新组织暨商圈联合流动党员党支部",
            "望湖台2网格", "2026-11-26 13:21", "纸质补录", "补签" if number % 2 else "",
            "纸质签到表补录，" * (number % 7) + f"末{number}尾",
        ]
        for number in range(1, rows + 1)
    ]  # fmt: skip
    return Form(
        title="社区党员大会暨宣讲报告会签到台账", sheet="签到台账",
        columns=[Column(name, mm, "center" if mm < 30 else "left") for name, mm in zip(HEADER, _MM, strict=True)],
        rows=records, left=("单位：全部党支部", "签到时间：11月26日 13:01–15:01"),
        right=(made("系统管理员", now), f"应到 {rows:,} 人"), secret=in_clear("系统管理员", reason), wide=wide,
    )  # fmt: skip


def _printed(office: Office, site: str, browser: Browser, form: Form) -> dict[int, str]:
    """The words of the first, second and last page that come out of the printer, by number: to read two hundred takes minutes."""
    context = browser.new_context()
    try:
        page = context.new_page()
        with office.app.test_request_context(base_url=site):
            drawn = render_template(
                "paper/forms.html",
                title=form.title,
                leaves=[paper.leaves(form)],
                back="/",
                clear="",
                on_trial=True,
            )
        page.route(f"{site}/to-print", lambda route: route.fulfill(body=drawn, content_type="text/html"))
        page.goto(f"{site}/to-print")
        pdf = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    finally:
        context.close()
    sides = {tuple(round(float(side)) for side in one.mediabox[2:]) for one in pdf.pages}
    assert sides == {_A4 if form.wide else _A4[::-1]}
    assert len(pdf.pages) == len(paper.leaves(form))
    read = {1, 2, len(pdf.pages)} if len(pdf.pages) > _FEW else range(1, len(pdf.pages) + 1)
    return {number: _plain(pdf.pages[number - 1].extract_text()) for number in sorted(read)}


def _plain(text: str) -> str:
    """Words as one compares them: a PDF knows some characters by the radical that looks alike, with spaces between letters."""
    return re.sub(r"[\s\0]", "", unicodedata.normalize("NFKC", text).replace("\u2eda", "页"))


@pytest.mark.parametrize("rows", [0, 1, 40, 2279])
def test_every_page_has_its_head_its_number_and_whole_rows(
    office: Office, site: str, chromium: Browser, rows: int
) -> None:
    form = _form(rows, reason="上级检查需要实名签到表" * 9 if rows == 40 else "")
    pages, leaves = _printed(office, site, chromium, form), paper.leaves(form)
    for number, words in pages.items():
        assert "".join(HEADER) in words
        assert words.endswith(f"第{number}页共{len(leaves)}页")
        assert (_plain("填表人（签字）：负责人（签字）：日期：") in words) == (number == len(leaves))
        assert bool(form.secret) == (_plain("请妥善保管，不得转发") in words)
        ends = [f"末{row[0]}尾" for row in leaves[number - 1].rows]
        assert re.findall(r"末\d+尾", words) == ends
    assert sum(len(leaf.rows) for leaf in leaves) == rows
    assert ("无记录" in pages[1]) == (rows == 0)
