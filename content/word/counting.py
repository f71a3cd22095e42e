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
    missing, count = _missing(found.paragraphs, arrived.translate(_LETTERS))
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
    rest, far = _in_order(paragraphs, arrived)
    if len(far) > _MOST_SOUGHT:
        return _by_letters(far, rest)
    missing = []
    for pieces in far:
        whole = "".join(pieces).translate(_LETTERS)
        if (taken := _taken(rest, whole)) is not None:
            rest = taken
            continue
        for piece in pieces:
            letters = piece.translate(_LETTERS)
            if (taken := _taken(rest, letters)) is not None:
                rest = taken
            else:
                missing.append(piece)
    return missing, sum(len(one.translate(_LETTERS)) for one in missing)


def _in_order(paragraphs: list[list[str]], arrived: str) -> tuple[str, list[list[str]]]:
    """What is left when all paragraphs that stand near where they should are taken out, and the paragraphs that do not."""
    left, far, at = [], [], 0
    for pieces in paragraphs:
        letters = "".join(pieces).translate(_LETTERS)
        if not letters:
            continue
        found = arrived.find(letters, at, at + len(letters) + _NEAR)
        if found < 0:
            far.append(pieces)
            continue
        left.append(arrived[at:found])
        at = found + len(letters)
    left.append(arrived[at:])
    return "\0".join(left), far


def _taken(rest: str, letters: str) -> str | None:
    if not letters:
        return rest
    at = rest.find(letters)
    return None if at < 0 else f"{rest[:at]}\0{rest[at + len(letters) :]}"


def _by_letters(far: list[list[str]], rest: str) -> tuple[list[str], int]:
    """Where very much is in another order: how many letters of each kind are short."""
    texts = ["".join(pieces) for pieces in far]
    short = Counter("".join(texts).translate(_LETTERS))
    short.subtract(Counter(rest))
    count = sum(number for number in short.values() if number > 0)
    return (texts[:1] if count else []), count
