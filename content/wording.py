"""错敏检查: offline, explains every hit, helps people and does not replace them.

The lexicon is a small table of our own beside this file; personal data and marks of secrecy are found by form.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from content import secrecy
from content.html import text_of

LEXICON = Path(__file__).parent / "lexicon.toml"
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_ID_NUMBER = re.compile(
    r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Hit:
    """One finding. ``serious`` ones stop the submission. ``shown`` is what was found, personal data masked."""

    rule: str
    shown: str
    reason: str
    suggestion: str
    serious: bool
    count: int = 1

    @property
    def message(self) -> str:
        """One sentence with cause and next step."""
        times = f"（{self.count} 处）" if self.count > 1 else ""
        advice = (
            f"，建议改为“{self.suggestion}”"
            if self.rule == "lexicon" and self.suggestion
            else f"，{self.suggestion}"
            if self.suggestion
            else ""
        )
        return f"“{self.shown}”{times}：{self.reason}{advice}"


@dataclass(frozen=True)
class Entry:
    """A row of the lexicon: the wrong wording, the right one, and why."""

    wrong: str
    right: str
    reason: str
    serious: bool = False


@cache
def lexicon() -> tuple[Entry, ...]:
    """The rows of ``lexicon.toml``."""
    with LEXICON.open("rb") as file:
        return tuple(Entry(**row) for row in tomllib.load(file)["entry"])


def check(title: str, digest: str, html: str) -> list[Hit]:
    """Everything worth a look in title, digest and body, the serious first. Text inside pictures is not seen."""
    text = "\n".join((title, digest, text_of(html)))
    hits: list[Hit] = []
    for number in dict.fromkeys(_ID_NUMBER.findall(text)):
        if _is_id_number(number):
            shown = f"{number[:3]}***********{number[-4:]}"
            hits.append(
                Hit(
                    "id_number",
                    shown,
                    "疑似身份证号码，属于个人敏感信息",
                    "请删除后再提交",
                    True,
                    text.count(number),
                )
            )
    for found in secrecy.marks_in(text):
        mark = found.mark
        rule = "secret" if mark.secret else "internal"
        hits.append(Hit(rule, found.text, mark.reason, mark.suggestion, mark.certain, found.count))
    for number in dict.fromkeys(_PHONE.findall(text)):
        shown = f"{number[:3]}****{number[-4:]}"
        hits.append(
            Hit(
                "phone",
                shown,
                "疑似个人手机号码",
                "请确认本人同意公开，或改为办公电话",
                False,
                text.count(number),
            )
        )
    for entry in lexicon():
        if count := text.count(entry.wrong):
            hits.append(Hit("lexicon", entry.wrong, entry.reason, entry.right, entry.serious, count))
    return sorted(hits, key=lambda hit: not hit.serious)


def _is_id_number(number: str) -> bool:
    """Whether the check digit fits (GB 11643)."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == number[17].upper()
