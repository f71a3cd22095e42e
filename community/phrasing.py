"""减负护栏 of words: what smells of compulsion, ranking or shaming is not announced without a reason that is recorded.

The wordings are data (``phrases.txt``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ground import reasons
from ground.cells import folded
from ground.errors import Refused

FILE = Path(__file__).with_name("phrases.txt")
LEAST = 5
_GAP = 8


@dataclass(frozen=True)
class Group:
    """Alternatives, of which one stands right after the group before, or up to ``gap`` characters later."""

    words: tuple[str, ...]
    gap: int = 0


@dataclass(frozen=True)
class Phrase:
    """One wording: its groups, what it is not meant by, what is wrong with it, and what to write instead."""

    groups: tuple[Group, ...]
    unless: tuple[str, ...]
    wrong: str
    instead: str


@dataclass(frozen=True)
class Pressing:
    """A place in a text: where (事由), what stands there, what is wrong with it, and what to write instead."""

    where: str
    words: str
    wrong: str
    instead: str

    def __str__(self) -> str:
        return f"{self.where}里的“{self.words}”属于{self.wrong}，{self.instead}"


@cache
def phrases() -> tuple[Phrase, ...]:
    """All of them, in the order of the file."""
    made: list[Phrase] = []
    wrong = instead = ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            wrong, _, instead = line.strip("[]").partition("|")
        elif line and not line.startswith("#"):
            said, _, unless = line.partition(" | ")
            made.append(
                Phrase(_groups(said), tuple(word for word in unless.split("/") if word), wrong, instead)
            )
    return tuple(made)


def _groups(said: str) -> tuple[Group, ...]:
    made: list[Group] = []
    gap = 0
    for part in said.split():
        if part == "…":
            gap = _GAP
        else:
            made.append(Group(tuple(folded(word) for word in part.split("/")), gap))
            gap = 0
    return tuple(made)


def found(texts: Mapping[str, str]) -> list[Pressing]:
    """What smells in these texts, each wording once; ``texts`` are by what they are (活动名称)."""
    seen: dict[tuple[str, str], Pressing] = {}
    for where, text in texts.items():
        plain = folded(text)
        for phrase in phrases():
            for start in range(len(plain)):
                end = _end(plain, start, phrase.groups)
                if end and not any(_stands(plain, word, start, end) for word in phrase.unless):
                    words = plain[start:end]
                    seen.setdefault((where, words), Pressing(where, words, phrase.wrong, phrase.instead))
    return list(seen.values())


def _end(text: str, start: int, groups: Sequence[Group]) -> int:
    """Where a wording that begins at ``start`` ends; 0 where none does."""
    if not groups:
        return start
    for place in range(start, start + groups[0].gap + 1):
        for word in groups[0].words:
            if text.startswith(word, place) and (end := _end(text, place + len(word), groups[1:])):
                return end
    return 0


def _stands(text: str, word: str, start: int, end: int) -> bool:
    """Whether the harmless word stands where something was found."""
    at = text.find(word, max(0, end - len(word)), start + len(word))
    return at >= 0


def checked(texts: Mapping[str, str], override: str | None) -> dict[str, Any]:
    """What the audit trail keeps of an override: nothing where nothing smells. ``override`` None: there is none to be had.

    Raises :class:`errors.Refused` with what to write instead, where something does and there is no reason for it.
    """
    smells = found(texts)
    if not smells:
        return {}
    more = f"（另有 {len(smells) - 1} 处）" if len(smells) > 1 else ""
    asked = f"{smells[0]}{more}。不符合减负要求，请修改"
    if override is None:
        raise Refused(asked)
    asked = f"{asked}；确需保留的，请填写保留的理由"
    why = reasons.given(override, asked, least=LEAST)
    return {"phrases": "、".join(dict.fromkeys(one.words for one in smells)), "override": why}


__all__ = ["LEAST", "Pressing", "checked", "found", "phrases"]
