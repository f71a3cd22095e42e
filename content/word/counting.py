"""An independent count: what stands in the package against what arrived, by code that shares nothing with the reader.

It goes over the raw parts with a streaming parser and a few rules of its own (:mod:`content.word.raw`). What it finds missing is
said by its first words. Where the document itself told the reader to leave something out (hidden, deleted, contents), this count
knows it by other means; where the two disagree, somebody is told.
"""

from __future__ import annotations

import unicodedata
from collections import Counter

from content.word.raw import counted

_SHOWN = 3
_WORDS = 16
_NEAR = 2_000
_SURE = 8
_MOST_SOUGHT = 400
_NO_LETTERS = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cs", "So", "Sk"})


class _Letters(dict[int, str | None]):
    """What counts of a text: neither white space nor marks that a phone shows otherwise."""

    def __missing__(self, code: int) -> str | None:
        kept = None if unicodedata.category(chr(code)) in _NO_LETTERS else chr(code)
        self[code] = kept
        return kept


_LETTERS = _Letters()


def shortfalls(parts: dict[str, bytes], arrived: str, pictures: int, named: int) -> list[str]:
    """Sentences about what did not arrive.

    ``arrived`` is the article's text, ``pictures`` how many it has, ``named`` how many others are spoken of already.
    """
    found = counted(parts)
    missing, count = _missing(found.paragraphs, _letters(arrived))
    said = []
    if count:
        words = "、".join(f"“{_opening(text)}”" for text in missing[:_SHOWN])
        more = " 等" if len(missing) > _SHOWN else ""
        said.append(f"核对发现有 {count} 个字没有导入，请对照原文补上：{words}{more}")
    if (lost := found.pictures - pictures - named) > 0:
        said.append(f"核对发现文档有 {found.pictures} 张图片，其中 {lost} 张没有导入，请对照原文补上")
    return said


def _opening(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _WORDS else f"{text[:_WORDS]}……"


def _missing(paragraphs: list[list[str]], arrived: str) -> tuple[list[str], int]:
    """The texts that are nowhere in ``arrived``, and how many letters they have. Each place of it is taken for one text only."""
    used, far = _in_order([one for one in paragraphs if _letters("".join(one))], arrived)
    rest = _without(arrived, used)
    if len(far) > _MOST_SOUGHT:
        return _by_letters(far, rest)
    missing = []
    for piece in sorted(far, key=len, reverse=True):
        if (taken := _taken(rest, _letters(piece))) is not None:
            rest = taken
        else:
            missing.append(piece)
    shown = [piece for piece in far if piece in missing]
    return shown, sum(len(_letters(one)) for one in missing)


Span = tuple[int, int]


def _in_order(paragraphs: list[list[str]], arrived: str) -> tuple[list[Span], list[str]]:
    """The places where paragraphs stand, or their pieces, and the pieces that do not stand where they should.

    Long paragraphs are found first; between them there is little that a short one could be taken for.
    """
    letters = [_letters("".join(one)) for one in paragraphs]
    spans: list[Span | None] = [None] * len(letters)
    at = 0
    for place, text in enumerate(letters):
        if len(text) >= _SURE and (found := arrived.find(text, at, at + len(text) + _NEAR)) >= 0:
            at = found + len(text)
            spans[place] = found, at
    ends = [len(arrived)] * (len(spans) + 1)
    for place in range(len(spans) - 1, -1, -1):
        span = spans[place]
        ends[place] = span[0] if span else ends[place + 1]
    used: list[Span] = []
    far: list[str] = []
    at = 0
    for place, span in enumerate(spans):
        if span is None:
            at = _between(paragraphs[place], arrived, (at, ends[place]), used, far)
        else:
            used.append(span)
            at = span[1]
    return used, far


def _between(pieces: list[str], arrived: str, within: Span, used: list[Span], far: list[str]) -> int:
    """Find a paragraph, or else each of its pieces, in a stretch of the text; where it ends there."""
    at, end = within
    whole = ["".join(pieces)]
    for tried in (whole, pieces):
        missed: list[str] = []
        for piece in tried:
            text = _letters(piece)
            found = arrived.find(text, at, min(end, at + len(text) + _NEAR))
            if not text or found < 0:
                missed += [piece] if text else []
                continue
            used.append((found, found + len(text)))
            at = found + len(text)
        if not missed:
            return at
    far += missed
    return at


def _without(arrived: str, used: list[Span]) -> str:
    left, at = [], 0
    for begin, end in used:
        left.append(arrived[at:begin])
        at = end
    return "\0".join([*left, arrived[at:]])


def _letters(text: str) -> str:
    return text.translate(_LETTERS)


def _taken(rest: str, letters: str) -> str | None:
    if not letters:
        return rest
    at = rest.find(letters)
    return None if at < 0 else f"{rest[:at]}\0{rest[at + len(letters) :]}"


def _by_letters(far: list[str], rest: str) -> tuple[list[str], int]:
    """Where very much is in another order: how many letters of each kind are short."""
    short = Counter(_letters("".join(far)))
    short.subtract(Counter(rest))
    count = sum(number for number in short.values() if number > 0)
    return (far[:1] if count else []), count
