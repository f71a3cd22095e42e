"""What stands in a cell of an office's table, brought into one form: names, phones, dates, as people really write them.

Pure functions. A value that cannot be right raises ``ValueError`` with a Chinese reason that says what to change.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from ground.cells import as_typed, compact, looks_like_formula, text_of
from ground.spreadsheet import Cell

FOUNDED = date(1921, 7, 1)
_EXCEL_EPOCH = date(1899, 12, 30)
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_LATIN_NAME = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ .'\-·]{1,58}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,2}")
_DATE = re.compile(r"([0-9]{4})(?:年|[-./、])([0-9]{1,2})(?:月|[-./、])([0-9]{1,2})日?(?:00:00(?::00)?)?")
_MONTH = re.compile(r"([0-9]{4})(?:年|[-./、])([0-9]{1,2})月?")


def person_name(cell: Cell) -> str:
    """``"郝　倩"`` → ``"郝倩"``; one middle dot for all of its look-alikes."""
    text = text_of(cell)
    if not text:
        raise ValueError("未填写姓名，请补上")
    if looks_like_formula(text):
        raise ValueError("姓名像是公式，请改为文字")
    joined = re.sub(r"[·••‧∙・･.．]", "·", compact(cell))
    if all(_HAN.fullmatch(part) for part in joined.split("·")):
        if not 2 <= len(joined) <= 30:
            raise ValueError(f"姓名应为 2 到 30 个字，现在是 {len(joined)} 个字，请核对")
        return joined
    latin = re.sub(r"\s+", " ", text)
    if _LATIN_NAME.fullmatch(latin):
        return latin
    raise ValueError("姓名含有数字或符号，请改为本人姓名")


def mobile_number(cell: Cell) -> str:
    """Eleven digits, from ``+86``, dashes, spaces, full-width digits or a number cell."""
    text = re.sub(r"[\s\-—–‐−.·()]", "", compact(cell))
    if not text:
        raise ValueError("未填写手机号码，请补上")
    if looks_like_formula(cell):
        raise ValueError("手机号码像是公式，请改为数字")
    if _SCIENTIFIC.fullmatch(compact(cell)):
        raise ValueError("手机号码成了科学计数法，原来的数字已丢失，请把该列设为文本格式后重新填写")
    text = re.sub(r"^(?:\+86|0086|86(?=1[3-9][0-9]{9}$))", "", text)
    if _MOBILE.fullmatch(text):
        return text
    if text.isdigit():
        if len(text) == 11 and not text.startswith("0"):
            raise ValueError("手机号码的号段不存在，应以 13 到 19 开头，请核对")
        if text.startswith("0"):
            raise ValueError("这是固定电话，绑定微信需要 11 位手机号码，请改填")
        raise ValueError(f"手机号码应为 11 位数字，现在是 {len(text)} 位，请核对")
    raise ValueError("手机号码含有不是数字的字符，请改为 11 位数字")


def day(cell: Cell, *, today: date) -> tuple[date | None, str]:
    """A date in any of the ways offices write it, or None where the cell is empty; with a remark, usually empty.

    Takes Excel's dates and serial numbers, 19990414, 1960.10.28, 2001/03/26, 1978年6月8日, and year with month (first of it).
    """
    if isinstance(cell, datetime):
        return _plausible(cell.date(), today), ""
    if isinstance(cell, date):
        return _plausible(cell, today), ""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _plausible(_day_from_number(float(cell)), today), ""
    text = compact(cell)
    if not text:
        return None, ""
    if re.fullmatch(r"[0-9]{8}(?:\.0)?", text):
        return _plausible(_made(text[:4], text[4:6], text[6:8]), today), ""
    if match := _DATE.fullmatch(text):
        return _plausible(_made(*match.groups()), today), ""
    if match := _MONTH.fullmatch(text):
        return _plausible(_made(match[1], match[2], "1"), today), "只写了年月，按当月 1 日记录"
    raise ValueError("日期看不懂，请写成 2001-03-26 的样子")


def _day_from_number(number: float) -> date:
    if number.is_integer() and 19_000_000 <= number <= 21_001_231:
        digits = str(int(number))
        return _made(digits[:4], digits[4:6], digits[6:8])
    if 4_000 <= number < 60_000:  # 1910 to 2064, counted in days by Excel
        return _EXCEL_EPOCH + timedelta(days=int(number))
    raise ValueError("日期看不懂，请写成 2001-03-26 的样子")


def _made(year: str, month: str, day_of_month: str) -> date:
    try:
        return date(int(year), int(month), int(day_of_month))
    except ValueError:
        raise ValueError("没有这一天，请核对年月日") from None


def _plausible(value: date, today: date) -> date:
    if value < FOUNDED:
        raise ValueError("早于 1921 年 7 月 1 日，请核对年份")
    if value > today:
        raise ValueError("晚于今天，请核对年份")
    return value


def gender(cell: Cell) -> tuple[str, str]:
    """``"男"``, ``"女"`` or empty, with a remark where the cell says something else."""
    text = compact(cell).removesuffix("性")
    if text in ("男", "女", ""):
        return text, ""
    return "", f"性别“{text[:6]}”不是男或女，按未填写导入"


def remark(cell: Cell, limit: int) -> str:
    """A free remark of at most ``limit`` characters on one line, as it was typed. What leaves for a spreadsheet is made
    harmless there (:func:`community.ledger.harmless`), so that nobody's ``@`` is refused here."""
    return as_typed(cell)[:limit]


def plain_text(cell: Cell, limit: int) -> str:
    """The same from a table's cell; what would run as a formula elsewhere is refused with a ``ValueError``."""
    if looks_like_formula(cell):
        raise ValueError("内容像是公式，请改为文字")
    return remark(cell, limit)
