"""A package becomes the blocks of an article, with everything to be said about it."""

from __future__ import annotations

from content import wordfile
from content.tree import Node
from content.word import blocks, margins
from content.word.fields import Fields, endless
from content.word.lines import Block
from content.word.names import Element, first
from content.word.numbering import Numbering
from content.word.package import Package
from content.word.report import Report
from content.word.story import Camera, Document, Story
from content.word.styles import Styles
from ground.errors import Refused
from ground.parcel import Damaged, Locked

_PARTS = {
    "styles": "样式",
    "numbering": "编号",
    "footnotes": "脚注",
    "endnotes": "尾注",
    "comments": "批注",
    "header": "页眉",
    "footer": "页脚",
    "media": "图片",
}
_DEEPEST = 3
_NOTES = {"footnote": "footnotes", "endnote": "endnotes"}
_CHANGES = frozenset({"w:ins", "w:del", "w:moveFrom", "w:moveTo"})


def begun(package: Package, report: Report, camera: Camera, *, nested: int = 0) -> Document:
    """A document with its tables of styles and numbers read."""
    styles = Styles(package.only(package.main, "styles"))
    numbering = Numbering(package.only(package.main, "numbering"), styles)
    return Document(package, styles, numbering, report, camera, blocks.read, _embedded, nested=nested)


def _embedded(outer: Document, data: bytes) -> list[Node] | None:
    if outer.nested >= _DEEPEST:
        return None
    try:
        package = wordfile.opened(data)
    except (wordfile.NotReadable, Refused, Damaged, Locked):
        return None
    inner = begun(package, outer.report, outer.camera, nested=outer.nested + 1)
    found = body(inner)
    outer.unseen += inner.unseen
    return found


def body(document: Document) -> list[Node]:
    """Everything that the text holds, its notes last. Headers, footers and comments are noted."""
    package = document.package
    root = package.tree(package.main)
    story = Story(document, package.main, Fields(endless(root)) if root is not None else Fields())
    found = blocks.read(story, root) if root is not None else []
    found += _notes(document)
    if root is not None and (changes := sum(1 for one in root.iter() if _is_change(one))):
        document.report.note(f"文档含 {changes} 处修订，已按最终稿导入")
    margins.comments(document)
    margins.look(document)
    margins.properties(document)
    _background(document, root)
    for part in package.broken:
        what = next((word for key, word in _PARTS.items() if key in part), "")
        document.report.note("文档有 {n} 个部件已损坏，没有导入，请对照原文核对", what or part)
    return found


def _is_change(element: Element) -> bool:
    return element.tag in _CHANGES and ("w:id" in element.attrib or "w:author" in element.attrib)


def _notes(document: Document) -> list[Node]:
    """The notes that the text refers to, numbered as it does. A note may refer to others."""
    made: list[Node] = []
    stories: dict[str, tuple[dict[str, Element], str]] = {}
    at = 0
    while at < len(document.notes):  # grows while notes are read
        note = document.notes[at]
        at += 1
        if note.kind not in stories:
            stories[note.kind] = _all_notes(document, note.kind)
        known, part = stories[note.kind]
        element = known.get(note.id)
        read = blocks.read(Story(document, part), element) if element is not None else []
        if not any(one.text().strip() for one in read):
            document.report.note("有 {n} 处脚注或尾注是空的或已损坏，没有导入")
            read = [Block("p")]
        if mark := document.note_marks[note]:
            _number(read[0], f"{mark} ")
        made += read
    if made:
        made.insert(0, Node("hr"))
    return made


def _number(block: Node, number: str) -> None:
    if block.children and isinstance(block.children[0], str):
        block.children[0] = block.children[0].lstrip()
    block.children.insert(0, number)


def _all_notes(document: Document, kind: str) -> tuple[dict[str, Element], str]:
    package = document.package
    part = next(package.related(package.main, _NOTES[kind]), "")
    tree = package.tree(part) if part else None
    notes = [one for one in tree if one.tag == f"w:{kind}"] if tree is not None else []
    return {one.get("w:id", ""): one for one in notes}, part


def _background(document: Document, root: Element | None) -> None:
    holder = first(root, "w:background")
    if holder is not None and any(one.tag in ("v:fill", "a:blip", "v:imagedata") for one in holder.iter()):
        document.report.note("页面的背景图没有导入")
