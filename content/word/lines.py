"""A paragraph in the making: pieces of one look each, which become the fewest elements that show the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from content.tree import Node
from content.word.styles import Look

PLAIN = Look()


@dataclass
class Block(Node):
    """A block of the article, with what only a reader of the Word file knows of it.

    ``role`` as :meth:`content.word.styles.Styles.role` says it, ``size`` in half points, ``bullet`` the level of a plain list.
    """

    role: str = ""
    aligned: str = ""
    size: int = 0
    bold: bool = False
    numbered: bool = False
    bullet: int | None = None


@dataclass(frozen=True)
class Piece:
    """A text, a picture or a line break."""

    content: str | Node
    look: Look = PLAIN
    link: str = ""


@dataclass
class Line:
    """What a paragraph holds: pieces in one or more segments (a page or column break parts them), and blocks that follow it."""

    segments: list[list[Piece]] = field(default_factory=lambda: [[]])
    asides: list[Node] = field(default_factory=list)

    def add(self, content: str | Node, look: Look = PLAIN, link: str = "") -> None:
        """The next piece."""
        if content != "":
            self.segments[-1].append(Piece(content, look, link))

    def split(self) -> None:
        """What follows is a paragraph of its own."""
        self.segments.append([])

    @property
    def text(self) -> str:
        """All text, the segments one after the other."""
        return "".join(text_of(segment) for segment in self.segments)


def text_of(pieces: Sequence[Piece]) -> str:
    """The text of pieces."""
    return "".join(
        one.content
        if isinstance(one.content, str)
        else "\n"
        if one.content.tag == "br"
        else one.content.text()
        for one in pieces
    )


def built(pieces: Sequence[Piece]) -> list[Node | str]:
    """The pieces as elements. A link goes round everything, then bold, italic, underline, strike, raised."""
    made: list[Node | str] = []
    for link, linked in groupby(pieces, lambda one: one.link):
        inner = _looked(list(linked), 0)
        if link:
            made.append(Node("a", {"href": link}, inner))
        else:
            made.extend(inner)
    return made


_ORDER = ("strong", "em", "u", "s", "raised")


def _kind(piece: Piece, depth: int) -> str:
    if isinstance(piece.content, Node) and piece.content.tag in ("img", "br"):
        return ""
    look = piece.look
    return (
        "strong" if look.bold else "",
        "em" if look.italic else "",
        "u" if look.underlined else "",
        "s" if look.struck else "",
        look.raised,
    )[depth]


def _looked(pieces: list[Piece], depth: int) -> list[Node | str]:
    if depth == len(_ORDER):
        made: list[Node | str] = []
        for one in pieces:
            if isinstance(one.content, str) and made and isinstance(made[-1], str):
                made[-1] += one.content
            else:
                made.append(one.content)
        return made
    made = []
    for kind, same in groupby(pieces, lambda one: _kind(one, depth)):
        alike = list(same)
        if kind == "u" and not text_of(alike).strip() and all(isinstance(one.content, str) for one in alike):
            made.append("_" * max(2, len(text_of(alike))))  # a gap to write in
            continue
        inner = _looked(alike, depth + 1)
        if kind:
            made.append(Node(kind, {}, inner))
        else:
            made.extend(inner)
    return made


def listed(blocks: list[Node]) -> list[Node]:
    """The same blocks with neighbouring bullets gathered to lists, deeper ones inside of those above them."""
    made: list[Node] = []
    open_lists: list[tuple[int, Node]] = []
    for block in blocks:
        level = block.bullet if isinstance(block, Block) else None
        if level is None:
            open_lists.clear()
            made.append(block)
            continue
        while open_lists and open_lists[-1][0] > level:
            open_lists.pop()
        if not open_lists or open_lists[-1][0] < level:
            listing = Node("ul")
            if open_lists:
                item = open_lists[-1][1].children[-1]
                assert isinstance(item, Node)
                item.children.append(listing)
            else:
                made.append(listing)
            open_lists.append((level, listing))
        open_lists[-1][1].children.append(block)
    return made
