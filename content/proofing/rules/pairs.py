"""Quotes and brackets that open and do not close, or the other way round."""

from __future__ import annotations

import re
from collections.abc import Iterator

from content.proofing.findings import Found, Severity
from content.proofing.text import Line, Text

_OPENS = dict(zip("“‘《〈（(【「『〔[", "”’》〉））】」』〕]", strict=True))
_CLOSES = {**{closing: closing for closing in _OPENS.values()}, ")": "）"}
_ITEM = re.compile(r"(?:^|[；;。：:，,、\s])(?:\d{1,2}|[a-zA-Z]|[一二三四五六七八九十]{1,2})$")
_NAMES = {"”": "引号", "’": "引号", "》": "书名号", "〉": "书名号"}


def find(text: Text) -> Iterator[Found]:
    """Quotes may run over several paragraphs, brackets may not."""
    open_quote: tuple[Line, int] | None = None
    for line in text.lines:
        if open_quote is not None and open_quote[0].field != line.field:
            yield _alone(*open_quote)
            open_quote = None
        stack: list[int] = []
        for at, char in enumerate(line.text):
            if char == "“":
                if open_quote is not None and (at != 0 or open_quote[0] is line):
                    yield _alone(*open_quote)
                open_quote = (line, at)
            elif char == "”":
                if open_quote is None:
                    yield _alone(line, at)
                open_quote = None
            elif char in _OPENS:
                stack.append(at)
            elif char in _CLOSES:
                yield from _close(line, at, stack)
        for at in stack:
            yield _alone(line, at)
        if line.text.count('"') % 2:
            yield _alone(line, line.text.rindex('"'))
    if open_quote is not None:
        yield _alone(*open_quote)


def _close(line: Line, at: int, stack: list[int]) -> Iterator[Found]:
    wanted = _CLOSES[line.text[at]]
    if stack and _OPENS[line.text[stack[-1]]] == wanted:
        stack.pop()
        return
    if wanted == "）" and (
        _ITEM.search(line.text[max(0, at - 4) : at]) or line.text[max(0, at - 1) : at] in (":", "：", ";")
    ):
        return
    if wanted == "’" and line.text[max(0, at - 1) : at].isascii():
        return  # an apostrophe
    if len(stack) > 1 and _OPENS[line.text[stack[-2]]] == wanted:
        yield _alone(line, stack.pop())
        stack.pop()
        return
    yield _alone(line, at)


def _alone(line: Line, at: int) -> Found:
    char = line.text[at]
    name = _NAMES.get(_OPENS.get(char, _CLOSES.get(char, "”")), "括号")
    around = line.text[max(0, at - 5) : at + 6]
    return Found(
        "pairs",
        Severity.CONFIRM,
        line.number,
        at,
        at + 1,
        f"{name}只有一半",
        "请补上或删去",
        shown=around,
    )
