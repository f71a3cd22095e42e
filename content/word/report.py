"""What could not be taken or was taken otherwise: kept as it is met, said at the end with its place and first words."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

_WORDS = 16
_SHOWN = 3
_PICTURES_SHOWN = 5
_DIRECTIONS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
"""Marks that would turn round the sentence which quotes them."""


def opening(text: str, most: int = _WORDS) -> str:
    """The first words of a text, on one line."""
    text = " ".join(_DIRECTIONS.sub("", text).split())
    return text if len(text) <= most else f"{text[:most]}……"


@dataclass
class _Noted:
    count: int = 0
    words: list[str] = field(default_factory=list)


@dataclass
class Report:
    """Notes by their sentence. ``place`` is the last text that was read: what is lost is named by what stands before it."""

    place: str = ""
    _notes: dict[str, _Noted] = field(default_factory=dict)
    pictures_lost: int = 0
    _reasons: Counter[str] = field(default_factory=Counter)

    def note(self, sentence: str, words: str = "", *, where: bool = False) -> None:
        """Something of this kind. ``sentence`` holds ``{n}`` for how many; ``words`` are the first of them.

        ``where``: without words of its own it is named by what stands before it.
        """
        noted = self._notes.setdefault(sentence, _Noted())
        noted.count += 1
        words = opening(words)
        if words:
            shown = f"“{words}”"
        elif where:
            shown = self.after()
        else:
            return
        if shown not in noted.words:
            noted.words.append(shown)

    def after(self) -> str:
        """Where we are: after which words."""
        return f"在“{opening(self.place, 10)}”之后" if self.place.strip() else "在文档开头"

    def lost_picture(self, number: int, reason: str) -> None:
        """A picture that did not come in; of many for one reason the first are named and the others counted."""
        self.pictures_lost += 1
        self._reasons[reason] += 1
        if self._reasons[reason] <= _PICTURES_SHOWN:
            self.note(f"第 {number} 张图片没有导入：{reason}（{self.after()}）")
        else:
            self.note(f"另有 {{n}} 张图片没有导入：{reason}")

    def sentences(self) -> list[str]:
        """One sentence a kind, in the order in which they were met."""
        made = []
        for sentence, noted in self._notes.items():
            said = sentence.replace("{n}", str(noted.count))
            if noted.words:
                more = " 等" if len(noted.words) > _SHOWN else ""
                said = f"{said}：{'、'.join(noted.words[:_SHOWN])}{more}"
            made.append(said)
        return made
