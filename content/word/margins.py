"""Headers, footers, watermarks and notes of reviewers: none of them comes in, all of them are read."""

from __future__ import annotations

import re

from content.word.names import Element
from content.word.story import Document

_PLACES = {"header": "页眉", "footer": "页脚"}
_PAGES = re.compile(r"[\d\s第页共/／\-—–－~·.,，。|]|of|page|total", re.I)
_PICTURES = frozenset({"a:blip", "v:imagedata"})


def look(document: Document) -> None:
    """Note what stands in headers, footers and watermarks, and keep their texts for the search for marks of secrecy."""
    package = document.package
    for kind, place in _PLACES.items():
        texts: list[str] = []
        pictures = 0
        for part in package.related(package.main, kind):
            tree = package.tree(part)
            if tree is None:
                continue
            for text, is_watermark in lines(tree):
                if is_watermark:
                    document.unseen.append(("水印", text))
                    document.report.note("水印没有导入", text)
                else:
                    document.unseen.append((place, text))
                    texts.append(text)
            pictures += sum(1 for one in tree.iter() if one.tag in _PICTURES)
        said = [text for text in dict.fromkeys(texts) if _PAGES.sub("", text)]
        for text in said:
            document.report.note(f"{place}的文字没有导入", text)
        if pictures:
            document.report.note(f"{place}里的 {pictures} 张图片没有导入")


def comments(document: Document) -> None:
    """Note the comments."""
    package = document.package
    root = package.only(package.main, "comments")
    for comment in root if root is not None else ():
        if comment.tag == "w:comment":
            text = " ".join(text for text, _ in lines(comment))
            document.unseen.append(("批注", text))
            document.report.note("文档含 {n} 条批注，批注没有导入", text)


def properties(document: Document) -> None:
    """Keep what the file says of itself (keywords, class, properties of the office): some mark secrecy only there."""
    for name in ("docProps/core.xml", "docProps/custom.xml"):
        tree = document.package.tree(name)
        for one in tree.iter() if tree is not None else ():
            if one.text and one.text.strip():
                document.unseen.append(("文档属性", one.text))


def lines(parent: Element) -> list[tuple[str, bool]]:
    """Each paragraph's text, its runs joined, and whether it is a watermark's (WordArt)."""
    found: list[tuple[str, bool]] = []
    rest: list[str] = []
    _visit(parent, rest, found)
    _end(rest, found)
    return found


def _visit(parent: Element, line: list[str], found: list[tuple[str, bool]]) -> None:
    for child in parent:
        if child.tag == "w:p":
            own: list[str] = []
            _visit(child, own, found)
            _end(own, found)
        elif child.tag == "v:textpath":
            _end([child.get("string", "")], found, is_watermark=True)
        elif child.tag == "w:t":
            line.append(child.text or "")
        elif child.tag in ("w:tab", "w:br", "w:ptab"):
            line.append(" ")
        elif child.tag not in ("w:del", "w:moveFrom"):
            _visit(child, line, found)


def _end(line: list[str], found: list[tuple[str, bool]], *, is_watermark: bool = False) -> None:
    if text := "".join(line).strip():
        found.append((text, is_watermark))
