"""Personal data by its form: ID numbers, bank cards, phones, home addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from content.proofing.findings import Found, Severity
from content.proofing.text import Line, Text

_ID_NUMBER = re.compile(
    r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CARD = re.compile(r"(?<![\d.])(?:[3-6]\d{15,18}|[3-6]\d{3}(?:[ -]\d{4}){3}(?:[ -]\d{1,3})?)(?![\d.])")
_PHONE = re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d(?:\d{8}|[ -]\d{4}[ -]\d{4})(?!\d)")
_ROOM = re.compile(
    r"(?:\d{1,4}|[一二三四五六七八九十]{1,3})(?:号楼|栋|幢|座|号院)(?:(?:\d{1,2}|[一二三四五六七八九十]{1,2})单元)?"
    r"(?:\d{1,2}层)?\d{3,4}(?:室|号|房)?"
)
_HOME = re.compile(r"(?:家?住|住址|住在|家庭地址|家在|户籍地?)[^。；\n]{0,24}$")


def find(text: Text) -> Iterator[Found]:
    """All of them, line by line."""
    for line in text.lines:
        if any(char.isdigit() for char in line.half):
            yield from _numbers(line)
            yield from _addresses(line)


def _numbers(line: Line) -> Iterator[Found]:
    taken: list[tuple[int, int]] = []
    for match in _ID_NUMBER.finditer(line.half):
        if _is_id_number(match[0]):
            taken.append(match.span())
            yield Found(
                "id_number", Severity.BLOCK, line.number, *match.span(), "疑似身份证号码，属于个人敏感信息", "请删除后再提交",
                shown=f"{match[0][:3]}***********{match[0][-4:]}",
            )  # fmt: skip
    for match in _CARD.finditer(line.half):
        digits = re.sub(r"[ -]", "", match[0])
        if not _overlaps(match.span(), taken) and _is_card(digits):
            taken.append(match.span())
            yield Found(
                "bank_card", Severity.BLOCK, line.number, *match.span(), "疑似银行卡号，属于个人敏感信息", "请删除后再提交",
                shown=f"{digits[:4]}********{digits[-4:]}",
            )  # fmt: skip
    for match in _PHONE.finditer(line.half):
        if not _overlaps(match.span(), taken):
            digits = re.sub(r"[ -]", "", match[0])[-11:]
            yield Found(
                "phone", Severity.CONFIRM, line.number, *match.span(), "疑似个人手机号码",
                "请确认本人同意公开，或改为办公电话", shown=f"{digits[:3]}****{digits[-4:]}",
            )  # fmt: skip


def _addresses(line: Line) -> Iterator[Found]:
    for match in _ROOM.finditer(line.half):
        at_home = _HOME.search(line.half[max(0, match.start() - 30) : match.start()])
        shown = re.sub(r"\d", "*", match[0])
        if at_home or "单元" in match[0]:
            yield Found(
                "address", Severity.CONFIRM, line.number, *match.span(), "疑似个人住址，具体到门牌",
                "请确认可以公开，或只写到小区", shown=shown,
            )  # fmt: skip
        else:
            yield Found(
                "address",
                Severity.HINT,
                line.number,
                *match.span(),
                "具体到门牌的地址",
                "如是个人住址请删去",
                shown=shown,
            )


def _overlaps(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in taken)


def _is_id_number(number: str) -> bool:
    """Whether the check digit fits (GB 11643)."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == number[17].upper()


def _is_card(digits: str) -> bool:
    """Whether the check digit fits (Luhn), and it is no number of one digit."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        digit = int(char) * (2 if place % 2 else 1)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0 and len(set(digits)) > 2
