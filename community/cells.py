"""What stands in a cell of an office's table, brought into one form: names, phones, remarks, as people really write them.

Pure functions. A value that cannot be right raises ``ValueError`` with a Chinese reason that says what to change.
"""

from __future__ import annotations

import re

from ground.cells import as_typed, compact, looks_like_formula, text_of
from ground.spreadsheet import Cell
from wechat.language import names

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,2}")
NOTHING = (
    "无",
    "/",
    "\\",
    "-",
    "--",
    "—",
    "——",
    "不详",
    "未知",
    "不明",
    "暂无",
    "待补",
    "待查",
    "空",
    "无手机",
    "没有",
    "?",
)
"""What people write into a cell that they leave open."""


_GONE = re.compile(
    r"(?<![未没不拟待])(?:已经?)?(转出|转走|迁出|调出|去世|逝世|病故|亡故|死亡|停止党籍|除名|开除|退党|出党|脱党)"
)


def gone(note: str) -> str:
    """What to ask about somebody whose remark says that they left or died; empty for other remarks."""
    found = _GONE.search(note)
    if found is None:
        return ""
    return f"备注写着“{found[1]}”，仍按在册导入，请核对；已经离开的请先从文件中删去"


def person_name(cell: Cell) -> str:
    """A name as :mod:`wechat.language.names` spells it; a refusal names the character that cannot be part of one."""
    if looks_like_formula(cell):
        raise ValueError("姓名像是公式，请改为文字")
    return names.checked(cell if isinstance(cell, str) else text_of(cell))


def mobile_number(cell: Cell) -> str:
    """Eleven digits, from ``+86``, dashes, spaces, full-width digits, a leading apostrophe or a number cell."""
    if looks_like_formula(cell):
        raise ValueError("手机号码像是公式，请改为数字")
    shown = re.sub(r"\s+", " ", text_of(cell)).lstrip("'‘’`").strip()
    if shown in ("", *NOTHING):
        raise ValueError("未填写手机号码，请补上")
    if _SCIENTIFIC.fullmatch(shown):
        raise ValueError("手机号码成了科学计数法，原来的数字已丢失，请把该列设为文本格式后重新填写")
    bare = re.sub(r"[ \-—–‐−.·()]", "", shown.removesuffix(".0"))
    text = re.sub(r"^(?:\+86|0086|(?:86|0)(?=1[3-9][0-9]{9}$))", "", bare)
    if _MOBILE.fullmatch(text):
        return text
    raise ValueError(_no_mobile(text))


def _no_mobile(text: str) -> str:
    """Why this is no number of a mobile phone, and what to write instead."""
    if len(re.findall(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])", text)) > 1 or (
        text.isdigit() and len(text) == 22
    ):
        return "单元格里有两个手机号码，请只保留一个本人常用的"
    if not text.isdigit():
        if "*" in text:
            return "手机号码有几位被星号遮住，请填写完整的 11 位数字"
        if re.search(r"1[3-9][0-9]{9}", text):
            return "手机号码前后还有别的文字，请只留 11 位数字，说明写到“备注”列"
        return "手机号码含有不是数字的字符，请改为 11 位数字"
    if len(text) == 11 and not text.startswith("0"):
        return "手机号码的号段不存在，应以 13 到 19 开头，请核对"
    if text.startswith("0"):
        return "这是固定电话，绑定微信需要 11 位手机号码，请改填"
    return f"手机号码应为 11 位数字，现在是 {len(text)} 位，请核对"


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
