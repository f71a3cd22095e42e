"""What somebody agreed to who confirmed a push: it is made as it was shown, or shown once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ground.errors import Conflict
from models import Article


@dataclass(frozen=True)
class Agreed:
    """That so many people get an article a second time (``twice``; None: however many), and these texts.

    ``hashes`` are those of the articles as they were shown, in their order; empty where no text was.
    """

    twice: int | None = 0
    hashes: Sequence[str] = ()


NOBODY_TWICE = Agreed()
"""What may be taken for granted where nobody was asked."""


class Changed(Conflict):
    """A push would not be what was agreed to."""


def require_texts(articles: Sequence[Article], agreed: Agreed) -> None:
    """Raise :class:`Changed` where one of these articles, in their order, is not the text that was shown."""
    for article, seen in zip(articles, agreed.hashes, strict=False):
        if article.hash != seen:
            raise Changed(
                f"稿件《{article.title}》在您确认之后改动过，请看过现在的内容再确认", article=article.id
            )


def require_twice(twice: int, agreed: Agreed) -> None:
    """Raise :class:`Changed` where more people get an article a second time than was agreed to."""
    if agreed.twice is None or twice <= agreed.twice:
        return
    then = f"（确认时是 {agreed.twice:,} 人）" if agreed.twice else ""
    raise Changed(f"其中 {twice:,} 人已经收到或将收到同一篇稿件{then}，仍要再发给他们的，请再确认一次")


def require_people(before: int, now: int, fewest: int | None, moment: str) -> None:
    """Raise :class:`Changed` where a push reaches fewer than before at this moment, and nobody has agreed to so few."""
    if now < before and (fewest is None or now < fewest):
        raise Changed(
            f"改到 {moment} 预计只有 {now:,} 人收到，原来是 {before:,} 人，仍要改的请再确认一次", people=now
        )


__all__ = ["NOBODY_TWICE", "Agreed", "Changed", "require_people", "require_texts", "require_twice"]
