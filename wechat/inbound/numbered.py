"""Whether a text shows a numbered list, whoever wrote it: an editor's reply may hold one."""

from __future__ import annotations

_NUMBERS = "123456789一二三四五六七八九"
_BY_THEMSELVES = "①②③④⑤⑥⑦⑧⑨"
_MARKS = ".．、)）:："


def is_numbered(text: str) -> bool:
    """``1. 签到``, ``（一）签到``, ``① 签到``; ``1 签到`` where a line with 2 follows, for ``5 分钟内`` is no list."""
    lines = [line.lstrip(" （(") for line in text.splitlines()]
    if any(_is_item(line) for line in lines):
        return True
    heads = [line[:2] for line in lines]
    return "1 " in heads and "2 " in heads[heads.index("1 ") :]


def _is_item(line: str) -> bool:
    first, behind = line[:1], line[1:2]
    return first != "" and (
        first in _BY_THEMSELVES or (first in _NUMBERS and behind != "" and behind in _MARKS)
    )
