"""Marks of secrecy (密级标志) in what is to be published: one list, for what a file brings and for what an editor writes.

A mark that cannot be anything else stops a submission; words that may be one are shown to a person, who decides. Ordinary talk
about secrets (保守国家秘密) is no mark.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """One kind of mark. ``certain`` ones are marks and nothing else; ``secret`` ones name a level of secrecy."""

    pattern: re.Pattern[str]
    reason: str
    suggestion: str
    certain: bool
    secret: bool


@dataclass(frozen=True)
class Found:
    """A mark as it stands in a text, and how often."""

    text: str
    mark: Mark
    count: int


MARKS = (
    Mark(
        re.compile(
            r"(?:绝密|机密|秘密)[ \t\u3000]{0,4}[★☆＊*]|密级[ \t\u3000]{0,4}[:：][ \t\u3000]{0,4}(?:绝密|机密|秘密)"
        ),
        "密级标志，涉密内容不得上网", "请立即核对来源", certain=True, secret=True,
    ),
    Mark(
        re.compile(r"^[ \t\u3000]{0,40}(?:绝密|机密|秘密)[ \t\u3000]{0,40}$", re.M),
        "单独成行，疑似密级标志，涉密内容不得上网", "请立即核对来源", certain=False, secret=True,
    ),
    Mark(
        re.compile(r"(?:绝密|机密|秘密)[ \t\u3000]{0,4}(?:\d{1,3}[ \t\u3000]{0,4}|[一二三四五六七八九十]{1,4})年"),
        "疑似密级和保密期限，涉密内容不得上网", "请立即核对来源", certain=False, secret=True,
    ),
    Mark(
        re.compile(r"内部(?:资料|文件|材料)|不得外传|注意保存|仅供内部"),
        "通常只在内部使用的资料上出现", "请确认可以公开", certain=False, secret=False,
    ),
)  # fmt: skip


def places_in(text: str) -> list[tuple[Mark, int, int]]:
    """Every mark in a text with where it begins and ends, the certain kinds first."""
    found = []
    for mark in MARKS:
        for match in mark.pattern.finditer(text):
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            found.append((mark, start, start + len(match[0].strip())))
    return found


def marks_in(text: str) -> list[Found]:
    """Every mark in a text, each wording once, the certain ones first."""
    found: list[Found] = []
    for mark in MARKS:
        counted = Counter(match[0].strip() for match in mark.pattern.finditer(text))
        found += [Found(shown, mark, count) for shown, count in counted.items()]
    return found


__all__ = ["MARKS", "Found", "Mark", "marks_in", "places_in"]
