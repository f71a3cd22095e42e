"""An article as the rules read it: fields cut into paragraphs of plain text, and its tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from content.tree import Node, parse

_SPACES = re.compile(r"[ \t\xa0]+")
_CELL, _ROW, _TABLE = "\ue000", "\ue001", "\ue002"
_MARKS = re.compile(r"[]")
_WIDE = {0xFF01 + n: 0x21 + n for n in range(0x5E)}
_HALF = str.maketrans(
    {chr(0xFF10 + n): str(n) for n in range(10)} | {"．": ".", "％": "%", "Ｘ": "X", "ｘ": "x"}
)


@dataclass(frozen=True)
class Line:
    """One paragraph. ``number`` counts lines of the whole text from 0, ``paragraph`` those of its field."""

    number: int
    field: str
    paragraph: int
    text: str

    @cached_property
    def half(self) -> str:
        """The same with digits half as wide, character for character."""
        return self.text.translate(_HALF)


@dataclass(frozen=True)
class Cell:
    """A cell of a table; ``line`` is the number of its line, -1 where it is empty or has several."""

    text: str
    line: int


@dataclass
class Text:
    """Title, digest and body as lines, the tables of the body, and how many pictures nobody has read."""

    lines: list[Line] = field(default_factory=list)
    tables: list[list[list[Cell]]] = field(default_factory=list)
    pictures: int = 0

    @property
    def body(self) -> list[Line]:
        """The paragraphs of the body."""
        return [line for line in self.lines if line.field == "body"]

    @cached_property
    def whole(self) -> str:
        """All lines, joined."""
        return "\n".join(line.text for line in self.lines)


def text_of(title: str, digest: str, html: str) -> Text:
    """Cut an article up. The paragraphs of the body are those of :func:`content.cleaning.text_of`, in the same order."""
    root = parse(html)
    made = Text(pictures=len(root.all("img")))
    for name, value in (("title", title), ("digest", digest)):
        for paragraph, line in enumerate(_lines(value)):
            made.lines.append(Line(len(made.lines), name, paragraph, line))
    _mark_tables(root)
    _take_body(root.text(), made)
    return made


def narrow(text: str) -> str:
    """Letters, digits and signs half as wide as they are."""
    return text.translate(_WIDE)


def _lines(text: str) -> list[str]:
    stripped = (_SPACES.sub(" ", line).strip() for line in text.splitlines())
    return [line for line in stripped if line]


def _mark_tables(root: Node) -> None:
    for node in root.all("table", "tr", "td", "th"):
        node.children.insert(0, {"table": _TABLE, "tr": _ROW}.get(node.tag, _CELL))
        if node.tag == "table":
            node.children.append(_TABLE)


def _take_body(text: str, made: Text) -> None:
    paragraph = 0
    inside: list[list[Cell]] | None = None
    for raw in text.splitlines():
        for mark in _MARKS.findall(raw):
            if mark == _TABLE:
                inside = None if inside is not None else []
                if inside is not None:
                    made.tables.append(inside)
            elif inside is not None and mark == _ROW:
                inside.append([])
            elif inside and mark == _CELL:
                inside[-1].append(Cell("", -1))
        line = _SPACES.sub(" ", _MARKS.sub("", raw)).strip()
        if not line:
            continue
        number = len(made.lines)
        made.lines.append(Line(number, "body", paragraph, line))
        paragraph += 1
        if inside and inside[-1]:
            last = inside[-1][-1]
            inside[-1][-1] = Cell(last.text + line, -1 if last.text else number)
