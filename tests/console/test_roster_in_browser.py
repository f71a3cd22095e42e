"""A roster as an office made it, in Chromium: checked, corrected, imported and taken back by clicks alone, on a phone.

Each page is measured at a desk's width, too.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.community.conftest import sheet_bytes
from tests.console.test_in_browser import _confirm, _enter, _furnish
from tests.console.test_in_browser import _fits as _fits_here
from tests.fixtures.browser import DESK, PHONE, Windows
from tests.fixtures.live import Live

pytestmark = pytest.mark.browser

KNOWN, OTHER_NAME, MISSING = "湖东社区党支部", "水墨老党支部", "高铁站流动党支部"


def _bad_roster() -> bytes:
    """Two phone columns, a branch column by another name, two unknown branches, and cells that cannot be right."""
    rows: list[list[Any]] = [
        ["湖东片区党员花名册"],
        ["序号", "姓名", "性别", "所在组织", "联系电话", "手机号码", "入党时间", "备注"],
        [1, "张小三", "女", KNOWN, "0512-62880000", "19900020001", "2001-03-26", ""],
        [2, "葛曾䮌", "男", KNOWN, "", "19900020002", "不详", ""],
        [3, "李四1", "男", KNOWN, "", "19900020003", "1998.7", ""],
        [4, "王小五", "男", KNOWN, "", "19900020004/19900020005", "1998.7", ""],
        *(
            [n, f"周小{chr(0x4E00 + n)}", "女", OTHER_NAME, "", f"199000300{n:02}", "1998-07", ""]
            for n in range(5, 45)
        ),
        *(
            [n, f"吴小{chr(0x4E00 + n)}", "男", MISSING, "", f"199000300{n:02}", "1998-07", ""]
            for n in range(45, 48)
        ),
    ]
    return sheet_bytes(rows)


def _fits(page: Page) -> None:
    for width in (DESK, PHONE):
        page.set_viewport_size(width)  # type: ignore[arg-type]
        _fits_here(page)


def _figure(page: Page, name: str, value: str) -> None:
    box = page.locator(".figure-box", has_text=name).locator(".value")
    expect(box).to_contain_text(value)


def _upload(page: Page, live: Live) -> None:
    page.goto(f"{live.url}/console/members/import")
    _fits(page)
    file = FilePayload(name="花名册.xlsx", mimeType="application/octet-stream", buffer=_bad_roster())
    page.get_by_label("名册文件").set_input_files(files=[file])
    page.get_by_role("button", name="上传并校验").click()


def _correct(page: Page) -> None:
    """Say which column is the branch, which branch is meant, and make the one that is missing."""
    expect(page.get_by_text("没有认出这些列：所在党支部")).to_be_visible()
    _fits(page)
    page.get_by_label("所在党支部").select_option(label="D 列 所在组织")
    page.get_by_role("button", name="重新校验").click()
    _figure(page, "错误", "45")
    _fits(page)
    line = page.locator("tr", has_text=f"没有“{OTHER_NAME}”这个党支部")
    expect(line).to_have_count(1)
    line.get_by_label("归入").select_option(label="水墨社区支部")
    line.get_by_role("button", name="确定归入").click()
    _figure(page, "错误", "5")
    page.locator("tr", has_text=MISSING).get_by_role("button", name="新建这个党支部").click()
    assert MISSING in _confirm(page, "新建党支部")
    _figure(page, "错误", "2")
    expect(
        page.get_by_text("优先采用 F 列“手机号码”，空着或不是手机号码的行采用 E 列“联系电话”")
    ).to_be_visible()
    _fits(page)


def test_a_bad_roster_is_checked_corrected_imported_and_taken_back(live: Live, windows: Windows) -> None:
    _furnish(live, {"admin": "admin"})
    live.start()
    page = windows.phone()
    _enter(page, live, "admin")
    _upload(page, live)
    _correct(page)
    page.get_by_role("button", name="仅导入正确行").click()
    _confirm(page, "仅导入正确行")
    expect(page.get_by_role("heading", name="党员名册")).to_be_visible()
    expect(page.get_by_text("共 45 条")).to_be_visible()
    page.goto(f"{live.url}/console/members/import")
    _fits(page)
    page.get_by_role("link", name="撤销本次导入").click()
    _figure(page, "移出名册", "45")
    _fits(page)
    page.get_by_role("button", name="撤销本次导入").click()
    assert "花名册.xlsx" in _confirm(page, "撤销本次导入")
    expect(page.get_by_text("已撤销 45 人")).to_be_visible()
    _fits(page)
    page.goto(f"{live.url}/console/members")
    expect(page.get_by_text("共 45 条")).to_have_count(0)
    assert not windows.faults
