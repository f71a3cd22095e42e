"""What the check says: how grave it is, where it stands, why, and what to write instead."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How grave a finding is: it must be mended, or explained by a person, or is worth a look."""

    BLOCK = "block"
    CONFIRM = "confirm"
    HINT = "hint"


SEVERITY_NAMES: Mapping[str, str] = {
    Severity.BLOCK: "必须修改",
    Severity.CONFIRM: "须核实",
    Severity.HINT: "提醒",
}
GRAVITY = {severity: rank for rank, severity in enumerate(Severity)}

RULES: Mapping[str, str] = {
    "id_number": "身份证号码",
    "bank_card": "银行卡号",
    "phone": "手机号码",
    "address": "住址",
    "secret": "密级标志",
    "internal": "内部资料字样",
    "lexicon": "词库",
    "phrase": "固定提法",
    "person": "姓名职务",
    "order": "排序",
    "place": "地名隐去",
    "weekday": "日期星期",
    "date": "日期",
    "total": "合计",
    "percent": "百分比",
    "count": "条数",
    "numbering": "序号",
    "pairs": "成对符号",
    "width": "全角半角",
    "marks": "标点",
    "burden": "减负",
}
"""Rule → what users call it."""

FIELD_NAMES: Mapping[str, str] = {"title": "标题", "digest": "摘要", "body": "正文"}


class Found(NamedTuple):
    """What one rule found at one place; ``line`` counts paragraphs of the whole text, ``start`` and ``end`` characters in it.

    ``shown`` masks personal data (None: as it stands there); ``replacement`` is what one click writes instead (None: nothing
    that a machine could know).
    """

    rule: str
    severity: Severity
    line: int
    start: int
    end: int
    reason: str
    advice: str = ""
    replacement: str | None = None
    shown: str | None = None


@dataclass(frozen=True)
class Place:
    """Where it stands: ``paragraph`` counts from 0 inside the field, ``start`` and ``end`` characters of its plain text."""

    field: str
    paragraph: int
    start: int
    end: int

    @property
    def name(self) -> str:
        """标题, or 正文第 3 段."""
        name = FIELD_NAMES[self.field]
        return f"{name}第 {self.paragraph + 1} 段" if self.field == "body" else name


@dataclass(frozen=True)
class Hit:
    """One finding with all its places. ``shown`` is what was found, personal data masked."""

    rule: str
    severity: Severity
    text: str
    shown: str
    reason: str
    advice: str
    replacement: str | None
    places: tuple[Place, ...]

    @property
    def serious(self) -> bool:
        """Whether it stops the submission."""
        return self.severity is Severity.BLOCK

    @property
    def count(self) -> int:
        """In how many places it stands."""
        return len(self.places)

    @property
    def name(self) -> str:
        """The rule, as users call it."""
        return RULES[self.rule]

    @property
    def key(self) -> str:
        """What it is recognised by when the article is checked again: rule, words and reason, wherever it stands by then."""
        return hashlib.sha256(
            "\n".join((self.rule, self.text, self.shown, self.reason)).encode()
        ).hexdigest()[:32]

    @property
    def message(self) -> str:
        """One sentence with cause and next step."""
        times = f"（{self.count} 处）" if self.count > 1 else ""
        return f"“{self.shown}”{times}：{self.reason}{self.next_step}"

    @property
    def next_step(self) -> str:
        """What to do about it, to be set behind the reason."""
        if self.advice:
            return f"，{self.advice}"
        if self.replacement is None:
            return ""
        return f"，建议改为“{self.replacement}”" if self.replacement else "，建议删去"


def _order(hit: Hit) -> tuple[int, int, int, int]:
    first = hit.places[0]
    return (GRAVITY[hit.severity], list(FIELD_NAMES).index(first.field), first.paragraph, first.start)


def in_order(hits: list[Hit]) -> list[Hit]:
    """The gravest first, then as they stand in the text."""
    return sorted(hits, key=_order)
