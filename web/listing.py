"""Lists: which page was asked for, and the links to the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request
from markupsafe import Markup, escape

from database.listing import Listing

T = TypeVar("T")

SIZES = (10, 20, 50)
_MOST_PAGES = 100_000


@dataclass
class Paging:
    """Where in a list one is. ``page`` counts from 1; set ``total`` before drawing."""

    page: int
    size: int
    total: int = 0
    sizes: tuple[int, ...] = SIZES

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def offset(self) -> int:
        """Rows before this page."""
        return (self.page - 1) * self.size

    @property
    def shown(self) -> list[int | None]:
        """The page numbers to draw; None is a gap."""
        near = {1, self.pages, *range(self.page - 2, self.page + 3)}
        numbers: list[int | None] = []
        last = 0
        for number in sorted(n for n in near if 1 <= n <= self.pages):
            if number - last > 1:
                numbers.append(None)
            numbers.append(number)
            last = number
        return numbers

    def url(self, page: int) -> str:
        """Address of another page of the same list."""
        arguments = [(key, value) for key, value in _arguments() if key != "page"]
        return f"{request.path}?{urlencode([*arguments, ('page', str(page))])}"

    def with_(self, name: str, value: str) -> str:
        """Address of the first page of the same list with another argument."""
        arguments = [(key, one) for key, one in _arguments() if key not in ("page", name)]
        return f"{request.path}?{urlencode([*arguments, (name, value)])}"

    def hidden(self, *but: str) -> Markup:
        """The present query as hidden fields, without those in ``but``."""
        fields = (
            f'<input type="hidden" name="{escape(key)}" value="{escape(value)}">'
            for key, value in _arguments()
            if key not in but
        )
        return Markup("").join(map(Markup, fields))


def _arguments() -> list[tuple[str, str]]:
    return [(key, value) for key, value in request.args.items(multi=True) if value]


def paging(size: int = 10) -> Paging:
    """The page that the query asks for; nonsense becomes the first page."""
    asked = request.args.get("size", type=int) or size
    page = request.args.get("page", type=int) or 1
    return Paging(min(max(1, page), _MOST_PAGES), asked if asked in SIZES else size)


def rows(found: Listing[T], place: Paging) -> list[T]:
    """The rows of one page of what a service found; sets ``total`` and never stands behind the last page."""
    place.total = found.count()
    place.page = min(place.page, place.pages)
    return found.slice(place.offset, place.size)


def sliced(everything: Iterable[Any], place: Paging) -> list[Any]:
    """The same for a list that is in memory already."""
    items = list(everything)
    place.total = len(items)
    place.page = min(place.page, place.pages)
    return items[place.offset : place.offset + place.size]
