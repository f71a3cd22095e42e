"""What is shared while a document is read: its parts, styles, lists and pictures, and where in it we are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from content.tree import Node
from content.word.fields import Fields
from content.word.lines import Piece
from content.word.names import Element
from content.word.numbering import Numbering
from content.word.package import Package
from content.word.report import Report
from content.word.styles import Styles


@dataclass(frozen=True)
class Shape:
    """How a picture is shown: cut off at the four sides (shares of its size: left, top, right, bottom), mirrored, turned.

    ``turned`` in degrees clockwise, after cutting and mirroring.
    """

    cut: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    mirrored: bool = False
    flipped: bool = False
    turned: float = 0.0

    @property
    def changes(self) -> bool:
        """Whether it shows something else than the file."""
        return any(self.cut) or self.mirrored or self.flipped or self.turned % 360 != 0


class Camera(Protocol):
    """Takes pictures: the file, what it calls itself, how it is shown, what it is said to show. None where it cannot be taken."""

    def __call__(self, data: bytes | None, name: str, shape: Shape, alt: str) -> Node | None: ...


@dataclass(frozen=True)
class Note:
    """A footnote or endnote that the text refers to."""

    kind: str
    id: str


@dataclass
class Document:
    """The whole: one for a package."""

    package: Package
    styles: Styles
    numbering: Numbering
    report: Report
    camera: Camera
    read: Callable[[Story, Element], list[Node]]
    """Reads the blocks below an element: text boxes and notes hold blocks again."""
    embed: Callable[[Document, bytes], list[Node] | None]
    """The blocks of a whole document that lies in this one; None where it cannot be read."""
    notes: list[Note] = field(default_factory=list)
    """Each once, in the order in which they are met first."""
    note_marks: dict[Note, str] = field(default_factory=dict)
    """What stands in the text for a note: ``[1]``; empty where the author wrote a mark of their own (＊)."""
    notes_numbered: int = 0
    unseen: list[tuple[str, str]] = field(default_factory=list)
    """Texts that the article does not hold, with their place: marks of secrecy may stand there."""
    nested: int = 0
    """How many documents this one lies in."""


@dataclass
class Story:
    """One flow of text in one part."""

    document: Document
    part: str
    fields: Fields = field(default_factory=Fields)
    carried: list[Piece] = field(default_factory=list)
    """Belongs to the beginning of the next paragraph."""
    in_cell: bool = False
    """Whether it fills a cell of a table: there a number alone is meant."""
    table_style: str = ""
    """The style of the table that it stands in."""

    @property
    def report(self) -> Report:
        """Where to say what could not be taken."""
        return self.document.report

    def inside(self, *, in_cell: bool = False, table_style: str = "") -> Story:
        """The flow of a box or a cell that stands in this one."""
        fields = Fields(self.fields.endless)
        return Story(self.document, self.part, fields, in_cell=in_cell, table_style=table_style)
