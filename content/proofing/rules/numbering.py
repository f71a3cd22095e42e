"""Numbers before paragraphs and points: one twice, one left out, one out of order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from content.proofing import numerals
from content.proofing.findings import Found, Severity
from content.proofing.text import Text

_MARKS = (
    ("第章", re.compile(r"第([一二三四五六七八九十百]{1,4})[章节]")),
    ("第条", re.compile(r"第([一二三四五六七八九十百]{1,4})条(?=[\s　：:])")),
    ("一、", re.compile(r"([一二三四五六七八九十百]{1,3})、")),
    ("（一）", re.compile(r"[（(]([一二三四五六七八九十百]{1,3})[）)]")),
    ("1.", re.compile(r"(\d{1,2})(?:[.．](?!\d)|、)")),
    ("（1）", re.compile(r"[（(]?(\d{1,2})[）)]")),
    ("①", re.compile("([①-⑳])")),
)
_POINTS = re.compile(r"(?:^|[：:。；;，,、\s])([一二三四五六七八九十]{1,2})是(?!否)")
_ORDINALS = re.compile(r"(?:^|[：:。；;，,\s])第([一二三四五六七八九十]{1,2})[，,、：:]")


def marked(text: str) -> tuple[str, int, int] | None:
    """(kind of number, its value, where it ends) before a paragraph."""
    for kind, pattern in _MARKS:
        if match := pattern.match(text):
            value = numerals.value(match[1])
            return (kind, value, match.end()) if value else None
    return None


def find(text: Text) -> Iterator[Found]:
    """Paragraphs of the body by their levels, and points inside of paragraphs."""
    last: dict[str, int] = {}
    cleared: dict[str, int] = {}
    levels = [kind for kind, _ in _MARKS]
    for line in text.body:
        mark = marked(line.half)
        if mark is not None:
            kind, value, end = mark
            yield from _step(kind, value, line.number, end, last, cleared)
            last[kind] = value
            for lower in levels[levels.index(kind) + 1 :]:
                if lower in last:
                    cleared[lower] = last.pop(lower)
    yield from _points(text)


def _step(
    kind: str, value: int, number: int, end: int, last: dict[str, int], cleared: dict[str, int]
) -> Iterator[Found]:
    before = last.get(kind)
    if (value == 1 and before != 1) or (before is not None and value == before + 1):
        return
    if before is None:
        if value != cleared.get(kind, 0) + 1:
            yield Found(
                "numbering", Severity.HINT, number, 0, end, f"序号从第 {value} 项开始", "请核对前面是否有遗漏"
            )
        return
    yield Found("numbering", Severity.HINT, number, 0, end, _why(before, value), "请核对序号")


def _why(before: int, value: int) -> str:
    if value == before:
        return f"序号重复，前面已有第 {value} 项"
    if value < before:
        return f"序号颠倒，前面已到第 {before} 项"
    return f"序号不连续，前面是第 {before} 项"


def _points(text: Text) -> Iterator[Found]:
    """一是 … 二是 …, inside of paragraphs and across them."""
    for pattern in (_POINTS, _ORDINALS):
        before = 0
        for line in text.body:
            for match in pattern.finditer(line.half):
                value = numerals.value(match[1]) or 0
                if value != 1 and before and value != before + 1:
                    yield Found(
                        "numbering",
                        Severity.HINT,
                        line.number,
                        match.start(1),
                        match.end(),
                        _why(before, value),
                        "请核对序号",
                    )
                before = value
