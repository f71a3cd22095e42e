"""What a push carries, as roads see it: an activity and its notice, or articles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Occasion:
    """The activity that a notice is about, with its number where it has a page to open."""

    title: str
    starts_at: datetime
    place: str
    activity_id: int | None = None


@dataclass(frozen=True)
class Card:
    """One article of a push as those roads show it that do not need a draft: ``url`` is its page, ``picture`` its cover."""

    article_id: int
    title: str
    digest: str
    url: str
    picture: str = ""


@dataclass(frozen=True)
class Agreement:
    """To what a person must have agreed: the template of a notice; ``lasting``: one consent is enough for all of its notices."""

    template_id: str
    lasting: bool = False


class Notice(dict[str, str]):
    """What a notice says, by the names of its fields; ``path`` is the page of ours that it opens."""

    def __init__(self, lines: Mapping[str, str], path: str) -> None:
        super().__init__(lines)
        self.path = path


@dataclass(frozen=True)
class Hint:
    """What somebody is told who passes things on to a group, where WeChat lets them be written to just now."""

    openid: str
    text: str
