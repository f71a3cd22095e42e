"""The values: a set of followers, its parts, and a follower in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

EVERYONE = "all"


@dataclass(frozen=True)
class Part:
    """One set that can be named, such as a place or who got a push.

    ``id`` is its number, ``name`` what is written, ``label`` what a person reads.
    """

    kind: str
    id: int
    name: str
    label: str = ""

    @property
    def text(self) -> str:
        """As it is written and stored: ``branch:第一党支部``."""
        return f"{self.kind}:{self.name}"


def labels(union: Iterable[Part]) -> str:
    """What a person reads for sets that are joined."""
    return "、".join(part.label for part in union)


@dataclass(frozen=True)
class Audience:
    """Who is meant: the union of ``parts`` (none: all who follow), limited and diminished.

    Of them, who is in each of the unions ``within`` and in none of ``without``.
    ``text`` is the normalised form that is stored, ``label`` what a person reads.
    """

    text: str
    parts: tuple[Part, ...]
    within: tuple[tuple[Part, ...], ...] = ()
    without: tuple[Part, ...] = ()
    label: str = "全部关注者"

    @property
    def everyone(self) -> bool:
        """Whether all followers are meant."""
        return not (self.parts or self.within or self.without)

    @property
    def meant(self) -> dict[str, int]:
        """Which set each written name stands for, by its number: kept beside the text, it holds when a name changes."""
        return {part.text: part.id for part in self.every_part}

    @property
    def every_part(self) -> tuple[Part, ...]:
        """All sets that it names, in whatever role."""
        return (*self.parts, *(part for union in self.within for part in union), *self.without)


@dataclass(frozen=True, slots=True)
class Person:
    """A follower inside an audience, as far as planning asks."""

    openid: str
    muted: str = ""

    def muted_columns(self) -> set[str]:
        """Keys of the columns of which this one wants nothing."""
        return {key.strip() for key in self.muted.split(",") if key.strip()} if self.muted else set()
