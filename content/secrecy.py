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
            r"(?:绝[ \t\u3000]{0,4}密|机[ \t\u3000]{0,4}密|秘[ \t\u3000]{0,4}密)[ \t\u3000]{0,4}[★☆＊*]"
            r"|密[ \t\u3000]{0,4}级[ \t\u3000]{0,4}[:：][ \t\u3000]{0,4}(?:绝密|机密|秘密)"
        ),
        "密级标志，涉密内容不得上网", "请立即核对来源", certain=True, secret=True,
    ),
    Mark(
        re.compile(
            r"^[ \t\u3000]{0,40}(?:绝[ \t\u3000]{0,4}密|机[ \t\u3000]{0,4}密|秘[ \t\u3000]{0,4}密)"
            r"(?:级|文件|资料|材料)?[ \t\u3000]{0,40}$",
            re.M,
        ),
        "单独成行，疑似密级标志，涉密内容不得上网", "请立即核对来源", certain=False, secret=True,
    ),
    Mark(
        re.compile(
            r"(?:绝[ \t\u3000]{0,4}密|机[ \t\u3000]{0,4}密|秘[ \t\u3000]{0,4}密)[ \t\u3000]{0,4}"
            r"(?:\d{1,3}[ \t\u3000]{0,4}|[一二三四五六七八九十]{1,4})年"
        ),
        "疑似密级和保密期限，涉密内容不得上网", "请立即核对来源", certain=False, secret=True,
    ),
    Mark(
        re.compile(
            r"内部[ \t\u3000]{0,4}(?:资料|文件|材料|刊物|参考|传阅|使用)|(?:不得|严禁|请勿|切勿|禁止|勿)(?:外传|外泄|扩散)"
            r"|注意保存|注意保密|仅供内部|不宜公开|不予公开"
        ),
        "通常只在内部使用的资料上出现", "请确认可以公开", certain=False, secret=False,
    ),
)  # fmt: skip
_BESIDE = Mark(
    re.compile(r"绝密|机密|秘密|涉密|保密期限|密级"), "疑似密级标志，涉密内容不得上网", "请立即核对来源",
    certain=False, secret=True,
)  # fmt: skip
_MOST_BESIDE = 24
"""A header or a watermark is short; what is longer is ordinary text about secrets."""


DOCUMENT = "文档"
"""The place of what stands in the text itself, where every later check sees it again."""
_TOLD = re.compile(r"^(?P<place>[^“”]{1,20})含密级标志“(?P<text>[^”]{1,60})”")


def told(place: str, text: str) -> str:
    """What an import says of a mark of secrecy in its file."""
    return f"{place}含密级标志“{text}”，涉密内容不得上网，请立即核对来源"


def left_behind(warning: str) -> tuple[str, str] | None:
    """Place and mark of a warning that :func:`told` made, where the mark did not come along with the text; else None."""
    match = _TOLD.match(warning)
    return None if match is None or match["place"] == DOCUMENT else (match["place"], match["text"])


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


def downwards(text: str) -> list[str]:
    """What stands in ``text`` one character a line, each such column as a line."""
    found, column = [], ""
    for line in [*text.splitlines(), "--"]:
        line = "".join(line.split())
        if len(line) == 1:
            column += line
        elif line:
            found += [column] if len(column) > 1 else []
            column = ""
    return found


def marks_beside(text: str) -> list[Found]:
    """The same for what stands beside a text (headers, watermarks, hidden words): there a level's name alone is a mark.

    What is written downwards, one character a line, is read as one line.
    """
    lines = ["".join(line.split()) for line in text.splitlines()]
    lines += downwards(text)
    found = marks_in("\n".join(lines))
    if not any(one.mark.secret for one in found):
        short = [line for line in lines if len(line) <= _MOST_BESIDE]
        found = [Found(line, _BESIDE, 1) for line in short if _BESIDE.pattern.search(line)] + found
    return found


__all__ = ["MARKS", "Found", "Mark", "marks_beside", "marks_in", "places_in"]
