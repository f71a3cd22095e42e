"""The package: parts by their names, how one leads to another, and each XML part as a tree.

Which part is the document is said by a relation, not by its name. A part that cannot be read is reported and the others go on;
only without the document itself there is none.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from content.word.names import Element, every, parsed
from ground.parcel import Caps, Damaged, Scanner

_STEP = 1 << 18
_BY_NAME = {
    "styles": "styles.xml",
    "numbering": "numbering.xml",
    "settings": "settings.xml",
    "footnotes": "footnotes.xml",
    "endnotes": "endnotes.xml",
    "comments": "comments.xml",
}
"""Where a part stands that no relation leads to: careless programs leave them out, and Word's own names are always these."""


@dataclass(frozen=True)
class Relation:
    """From one part to another, or out of the package. ``kind`` is the last word of its type."""

    kind: str
    target: str
    outside: bool = False


class Package:
    """The parts of one document. ``bad`` names those that were damaged already when they were unpacked."""

    def __init__(self, parts: dict[str, bytes], bad: set[str], caps: Caps) -> None:
        self.parts = parts
        self.broken: list[str] = sorted(bad)
        self._scanner = Scanner(caps)
        self._folded = {name.lower(): name for name in parts}
        self._trees: dict[str, Element | None] = {}
        self._relations: dict[str, dict[str, Relation]] = {}
        self.main = self._main()

    def tree(self, name: str) -> Element | None:
        """A part as a tree; None where it is not there or cannot be read (then it stands in ``broken``).

        Raises :class:`ground.parcel.Excess` and :class:`ground.parcel.Unsafe`.
        """
        if name not in self._trees:
            self._trees[name] = self._read(name)
        return self._trees[name]

    def _read(self, name: str) -> Element | None:
        data = self.parts.get(name)
        if data is None:
            return None
        try:
            self._scanner.read(data[at : at + _STEP] for at in range(0, len(data), _STEP))
            return parsed(data)
        except (Damaged, ET.ParseError, ValueError, LookupError):
            self.broken.append(name)
            return None

    def relations(self, part: str) -> dict[str, Relation]:
        """Where a part leads to, by id."""
        if part not in self._relations:
            folder, _, file = part.rpartition("/")
            name = self._folded.get(f"{folder}/_rels/{file}.rels".lower().lstrip("/"), "")
            tree = self.tree(name)
            self._relations[part] = (
                {one.get("Id", ""): self._relation(one, folder) for one in every(tree, "pr:Relationship")}
                if tree is not None
                else {}
            )
        return self._relations[part]

    def _relation(self, element: Element, folder: str) -> Relation:
        kind = element.get("Type", "").rstrip("/").rpartition("/")[2]
        target = element.get("Target", "")
        if element.get("TargetMode", "").lower() == "external":
            return Relation(kind, target, outside=True)
        return Relation(kind, self._resolved(target, folder))

    def _resolved(self, target: str, folder: str) -> str:
        target = target.replace("\\", "/").partition("#")[0]
        path = target if target.startswith("/") else f"{folder}/{target}"
        path = posixpath.normpath(path).lstrip("/")
        for one in (path, unquote(path)):
            if one in self.parts:
                return one
            if found := self._folded.get(one.lower()):
                return found
        return path

    def related(self, part: str, *kinds: str) -> Iterator[str]:
        """The names of the parts of these kinds that a part leads to, those at their usual places included."""
        named = [one.target for one in self.relations(part).values() if one.kind in kinds and not one.outside]
        folder = posixpath.dirname(part)
        for kind in kinds:
            if kind in ("header", "footer"):
                named += sorted(
                    name
                    for name in self.parts
                    if name.startswith(f"{folder}/{kind}") and name.endswith(".xml")
                )
            elif kind in _BY_NAME:
                named.append(f"{folder}/{_BY_NAME[kind]}".lstrip("/"))
        yield from (name for name in dict.fromkeys(named) if name in self.parts)

    def only(self, part: str, kind: str) -> Element | None:
        """The tree of the one part of this kind."""
        name = next(self.related(part, kind), None)
        return self.tree(name) if name else None

    def _main(self) -> str:
        """Where the relation says; else what the list of types calls the document; else its usual name. Empty: nowhere."""
        for relation in self.relations("").values():
            if relation.kind == "officeDocument" and relation.target in self.parts:
                return relation.target
        types = self.tree("[Content_Types].xml")
        for one in every(types, "ct:Override"):
            name = one.get("PartName", "").lstrip("/")
            if (
                name in self.parts
                and one.get("ContentType", "").endswith(".main+xml")
                and "glossary" not in name
            ):
                return name
        return "word/document.xml" if "word/document.xml" in self.parts else ""
