"""Many words in one pass over a text: exactly, or with one slip of the pen.

Exact: every word is filed under its first two characters, so that a text costs one look-up a character whatever the number of
words. With a slip: one wrong, missing, needless or exchanged character leaves the first two or the last two characters of a
phrase of four or more as they are; they lead to the few phrases that are worth comparing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

from content.proofing import alike

T = TypeVar("T")
SHORTEST = 4
"""Phrases below are not looked for with slips: too many honest words are one character away."""


class Words(Generic[T]):
    """Finds all occurrences of words, each with what was filed under it."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._by_head: dict[str, list[tuple[str, T]]] = {}
        for word, payload in entries:
            self._by_head.setdefault(word[:2], []).append((word, payload))
        for filed in self._by_head.values():
            filed.sort(key=lambda one: -len(one[0]))

    def find(self, text: str) -> Iterator[tuple[int, int, T]]:
        """(start, end, payload) of every occurrence, from the left, at one place the longest first."""
        by_head = self._by_head
        for at in range(len(text) - 1):
            filed = by_head.get(text[at : at + 2])
            if filed:
                for word, payload in filed:
                    if text.startswith(word, at):
                        yield at, at + len(word), payload


class Slip(NamedTuple):
    """A phrase with one slip in a text: where, which phrase, and what is wrong (音近, 形近, 多字, 漏字, 颠倒, 错字)."""

    start: int
    end: int
    phrase: str
    kind: str


class Phrases:
    """Finds phrases that are written with one slip."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_head: dict[str, list[str]] = {}
        self._by_tail: dict[str, list[str]] = {}
        for phrase in phrases:
            if len(phrase) >= SHORTEST:
                self._by_head.setdefault(phrase[:2], []).append(phrase)
                self._by_tail.setdefault(phrase[-2:], []).append(phrase)

    def find(self, text: str) -> Iterator[Slip]:
        """Every slip; the same piece may be a slip of several phrases."""
        heads, tails = self._by_head, self._by_tail
        for at in range(len(text) - 1):
            pair = text[at : at + 2]
            for phrase in heads.get(pair, ()):
                yield from _from_head(text, at, phrase)
            for phrase in tails.get(pair, ()):
                yield from _from_tail(text, at + 2, phrase)


def _from_head(text: str, at: int, phrase: str) -> Iterator[Slip]:
    size = len(phrase)
    piece = text[at : at + size]
    if piece == phrase:
        return
    if len(piece) == size and (kind := _substituted(piece, phrase, 2, size)):
        yield Slip(at, at + size, phrase, kind)
    elif size > SHORTEST:
        longer, shorter = text[at : at + size + 1], piece[:-1]
        if longer.endswith(phrase[-2:]) and _with_one_more(longer, phrase):
            yield Slip(at, at + size + 1, phrase, "多字")
        elif shorter.endswith(phrase[-2:]) and _with_one_more(phrase, shorter):
            yield Slip(at, at + size - 1, phrase, "漏字")


def _from_tail(text: str, end: int, phrase: str) -> Iterator[Slip]:
    size = len(phrase)
    start = end - size
    if start < 0:
        return
    piece = text[start:end]
    if piece != phrase and piece[:2] != phrase[:2] and (kind := _substituted(piece, phrase, 0, size - 2)):
        yield Slip(start, end, phrase, kind)


def _substituted(piece: str, phrase: str, first: int, last: int) -> str:
    """What is wrong where exactly one character differs, or two neighbours are exchanged; empty otherwise."""
    wrong = [at for at in range(first, last) if piece[at] != phrase[at]]
    if len(wrong) == 1 and piece[:first] == phrase[:first] and piece[last:] == phrase[last:]:
        at = wrong[0]
        if kind := alike.why(piece[at], phrase[at]):
            return kind
        return "错字" if len(phrase) > SHORTEST + 2 and "\u4e00" <= piece[at] <= "\u9fff" else ""
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1 and len(phrase) > SHORTEST:
        at = wrong[0]
        if piece[at] == phrase[at + 1] and piece[at + 1] == phrase[at]:
            return "颠倒"
    return ""


def _with_one_more(longer: str, shorter: str) -> bool:
    """Whether the longer one is the shorter one with one needless character."""
    if len(longer) != len(shorter) + 1:
        return False
    at = next(
        (at for at, (one, other) in enumerate(zip(longer, shorter, strict=False)) if one != other),
        len(shorter),
    )
    return longer[at + 1 :] == shorter[at:]
