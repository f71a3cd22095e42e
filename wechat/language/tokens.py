"""A message cut into the words that the lexicon knows, and what is left between them.

The cut that leaves least unknown, in the fewest words, is taken: one pass from the end, no pattern that could run away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from wechat.language.lexicon import CHECKS_IN, Lexicon
from wechat.language.spelling import sound_is

UNKNOWN, DATE, CLOCK, BRANCH, SLIP, ACT, OWN, NICK, DIGITS = (
    "unknown", "date", "clock", "branch", "slip", "act", "own", "nick", "digits",
)  # fmt: skip
Extra = Callable[[str, int], list[tuple[int, str]]]
"""Of a text and a place in it: ``(end, mark)`` of the member's own words that begin there."""

_CLOCK = re.compile(
    r"[0-9零一二三四五六七八九十百]{1,3}点(?:钟|整|半|一刻|三刻|[0-9零一二三四五六七八九十]{1,3}分?)?"
)
_DATE = re.compile(
    r"[0-9一二三四五六七八九十]{1,3}月份?(?:[0-9一二三四五六七八九十]{1,3}[日号]?)?"
    r"|[0-9一二三四五六七八九十]{1,3}[日号]|(?:星期|周|礼拜)[一二三四五六日天]"
)
_BRANCH = re.compile(r"第?[0-9一二三四五六七八九十百]{1,4}(?:党?支部|党小组)")
_DIGITS = re.compile(r"[0-9]+")
_ASIDE = re.compile(
    r"[0-9一二两三四五六七八九十]{1,3}(?:来)?岁|[发等打试]了?[0-9一二两三四五六七八九十几好]{1,3}[遍次回]|第[一二三四五六七八九十]{1,2}排"
    r"|(?:迟到|晚|晚到|堵|排队|耽误|耽搁)了(?:[0-9一二两三四五六七八九十几半]{1,3}|十来)(?:分钟|个钟头|个小时|小时|个钟)"
    r"|(?:党龄|入党|工龄)(?:有|已|快)?[0-9一二两三四五六七八九十]{1,4}年"
    r"|[爬走]了?[0-9一二两三四五六七八九十]{1,2}层楼?"
)
"""七十八岁，迟到了十分钟，发了三遍，第三排: told beside a check-in, and never of later."""
_SPANS = ((CLOCK, _CLOCK), (DATE, _DATE), (BRANCH, _BRANCH), (DIGITS, _DIGITS), ("aside", _ASIDE))
_MAYBE_SPAN = re.compile(r"[0-9零一二两三四五六七八九十百几半周星礼]")
_LETTERS = re.compile(r"[a-z]+")
_TYPED = 6
_SLIPS = (("qian", "dao"), ("da", "ka"), ("bao", "dao"))
_COST_UNKNOWN, _COST_WORD, _COST_SHORT, _COST_BREAK, _COST_SLIP = 40, 10, 16, 15, 20


class Token(NamedTuple):
    """A piece of a message; ``clause`` counts the breaks before it."""

    text: str
    mark: str
    clause: int


def cut(spaced: str, lexicon: Lexicon, extra: Extra | None = None) -> list[Token]:
    """The tokens of a normalised text; unknown characters that stand together are one token."""
    text, clause_of = _joined(spaced)
    spans = _spans(text)
    size = len(text)
    cost, step = [0] * (size + 1), [(0, UNKNOWN)] * size
    words, longest = lexicon.words, lexicon.longest
    for start in range(size - 1, -1, -1):
        best, chosen = cost[start + 1] + _COST_UNKNOWN, (start + 1, UNKNOWN)
        if "a" <= text[start] <= "z":
            found = _latin(text, start, words)
        else:
            found = [
                (end, mark)
                for end in range(start + 1, min(size, start + longest.get(text[start], 0)) + 1)
                if (mark := words.get(text[start:end]))
            ]
        if start in spans:
            found.append(spans[start])
        if start + 2 <= size and not found and text[start] > "z":
            found += _slip(text, start)
        if extra is not None:
            found += extra(text, start)
        for end, mark in found:
            price = cost[end] + (_COST_SHORT if end - start == 1 else _COST_WORD)
            if mark in (ACT, OWN, NICK):
                price -= 1
            elif mark == SLIP:
                price += _COST_SLIP
            if clause_of[start] != clause_of[end - 1]:
                price += _COST_BREAK if mark in CHECKS_IN else _COST_UNKNOWN
            if price < best or (price == best and end > chosen[0]):
                best, chosen = price, (end, mark)
        cost[start], step[start] = best, chosen
    return _tokens(text, step, clause_of)


def _joined(spaced: str) -> tuple[str, list[int]]:
    """The text without its spaces, and the clause of each character. A break inside Latin letters is none."""
    clause_of = [number for number, piece in enumerate(spaced.split(" ")) for _ in piece]
    return spaced.replace(" ", ""), clause_of


def _spans(text: str) -> dict[int, tuple[int, str]]:
    """Times, dates and numbered branches by where they begin."""
    found: dict[int, tuple[int, str]] = {}
    if _MAYBE_SPAN.search(text):
        for mark, pattern in _SPANS:
            for one in pattern.finditer(text):
                known = found.get(one.start())
                if known is None or known[0] < one.end():
                    found[one.start()] = (one.end(), mark)
    return found


def _latin(text: str, start: int, words: Mapping[str, str]) -> list[tuple[int, str]]:
    """The run of letters that begins here, known or one key beside a check-in word; no word is inside another."""
    if start and "a" <= text[start - 1] <= "z":
        return []
    run = _LETTERS.match(text, start)
    if run is None:
        return []
    mark = words.get(run[0]) or ("checkin" if len(run[0]) >= _TYPED and beside(run[0], "qiandao") else None)
    mixed = [
        (end, words[text[start:end]])
        for end in range(run.end() + 1, min(len(text), start + 7) + 1)
        if text[start:end] in words
    ]
    return [*mixed, (run.end(), mark)] if mark else mixed


def beside(one: str, other: str) -> bool:
    """Whether one letter is wrong, missing, too many, or two have changed places."""
    if len(one) > len(other):
        one, other = other, one
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    if len(one) < len(other):
        return len(other) - len(one) == 1 and one[start:] == other[start + 1 :]
    left, right = one[start:], other[start:]
    return left[1:] == right[1:] or (left[:2] == right[1::-1] and left[2:] == right[2:])


def _slip(text: str, start: int) -> list[tuple[int, str]]:
    """Two characters that sound like 签到, 打卡 or 报到: a keyboard or a voice recognition missed them."""
    one, other = text[start], text[start + 1]
    heard = any(sound_is(one, first) and sound_is(other, second) for first, second in _SLIPS)
    return [(start + 2, SLIP)] if heard else []


def _tokens(text: str, step: list[tuple[int, str]], clause_of: list[int]) -> list[Token]:
    made: list[Token] = []
    start = 0
    while start < len(text):
        end, mark = step[start]
        if mark == UNKNOWN:
            while end < len(text) and step[end][1] == UNKNOWN and clause_of[end] == clause_of[start]:
                end += 1
        made.append(Token(text[start:end], mark, clause_of[start]))
        start = end
    return made
