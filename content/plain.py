"""A pasted piece in the house style: what a text editor or a web page adds goes, what a layout tool made stays.

Word, WPS and web pages bring their own fonts, sizes, margins and boxes; in an article they look like a patch. What they mean
stays: headings, bold, centred lines, lists, tables, pictures. A layout of 秀米, 135 or a WeChat article is meant as it looks.
"""

from __future__ import annotations

import re
from typing import Literal

from content.tree import BLOCKS, Node, parents, parse, render, replace
from content.word.numerals import written

Kind = Literal["word", "layout", "page"]
_WORD = re.compile(r"mso-|class=.?Mso|urn:schemas-microsoft-com|ProgId|Generator[^>]{0,40}(?:Word|WPS)", re.I)
_LAYOUT = re.compile(
    r"powered-by|135editor|xiumi|rich_media|js_darkmode|data-tools|mmbiz\.q(?:pic|logo)\.cn|<section[^>]{0,200}\sstyle=",
    re.I,
)
_HEAD_CHARS = 300_000
_MEANT = {
    "text-align": frozenset({"center", "right", "end"}),
    "font-weight": frozenset({"bold", "bolder", "600", "700", "800", "900"}),
    "font-style": frozenset({"italic"}),
    "text-decoration": frozenset({"underline", "line-through"}),
}
_WRAPS = {"font-weight": "strong", "font-style": "em"}
_TYPES = {
    "upper-roman": "I", "lower-roman": "i", "upper-alpha": "A", "upper-latin": "A", "lower-alpha": "a", "lower-latin": "a",
}  # fmt: skip
_FORMS = {
    "cjk-ideographic": "chineseCounting", "simp-chinese-informal": "chineseCounting", "cjk-decimal": "chineseCounting",
    "trad-chinese-informal": "chineseCounting", "simp-chinese-formal": "chineseLegalSimplified",
    "cjk-heavenly-stem": "ideographTraditional", "cjk-earthly-branch": "ideographZodiac",
    "decimal-leading-zero": "decimalZero",
}  # fmt: skip
"""Numbers that HTML can only ask a style for, as Office calls them."""
_SOFT = ("span", "font", "big", "small", "mark", "abbr", "q")


def kind_of(html: str) -> Kind:
    """Where a pasted piece comes from, by what only such a source writes."""
    head = html[:_HEAD_CHARS]
    if _WORD.search(head):
        return "word"
    return "layout" if _LAYOUT.search(head) else "page"


def in_house_style(html: str) -> str:
    """A cleaned piece without the looks that are not meant. Applied again it changes nothing."""
    root = parse(html)
    for parent, node in list(parents(root)):
        if node.tag == "ol":
            _numbered(parent, node)
    for parent, node in list(parents(root)):
        _plainly(parent, node)
    for parent, node in list(parents(root)):
        if node.tag == "p" and not node.text().strip() and not node.all("img"):
            replace(parent, node, [])
    _stand_alone(root)
    return render(root)


def _numbered(parent: Node, listing: Node) -> None:
    """A list keeps its kind of number: by an attribute where HTML has one, else written out, each item a paragraph."""
    items = [one for one in listing.children if isinstance(one, Node) and one.tag == "li"]
    said = (one.style().get("list-style-type") for one in (*items[:1], listing))
    kind = next((one.lower() for one in said if one), "")
    if kind in _TYPES:
        listing.attrs["type"] = _TYPES[kind]
    form = _FORMS.get(kind)
    if form is None:
        return
    start = listing.attrs.get("start", "")
    mark = ". " if form == "decimalZero" else "、"
    made: list[Node | str] = []
    for at, item in enumerate(items, int(start) if start.isdigit() else 1):
        made += _written_out(f"{written(at, form)}{mark}", item.children)
    replace(parent, listing, made)


def _written_out(number: str, children: list[Node | str]) -> list[Node | str]:
    """What an item holds, its number before its first words; a list or a table in it follows as it is."""
    blocks = [at for at, one in enumerate(children) if isinstance(one, Node) and one.tag in BLOCKS]
    first = blocks[0] if blocks else len(children)
    lead = children[:first]
    opening = children[first] if blocks else None
    if isinstance(opening, Node) and opening.tag == "p" and not any(map(_says, lead)):
        opening.children.insert(0, number)
        return children[first:]
    return [Node("p", {}, [number, *lead]), *children[first:]]


def _says(one: Node | str) -> bool:
    return isinstance(one, Node) or bool(one.strip())


def _plainly(parent: Node, node: Node) -> None:
    style = node.style()
    meant = {name: style[name].lower() for name in _MEANT if style.get(name, "").lower() in _MEANT[name]}
    for name in ("style", "align", "title", "border", "cellpadding", "cellspacing"):
        aligned = node.attrs.pop(name, "")
        if name == "align" and aligned in ("center", "right"):
            meant.setdefault("text-align", aligned)
    if node.tag in _SOFT:
        kept: list[Node | str] = node.children
        for name, tag in _WRAPS.items():
            if name in meant and node.text().strip():
                kept = [Node(tag, {}, kept)]
        if "text-decoration" in meant and node.text().strip():
            kept = [Node("u" if meant["text-decoration"] == "underline" else "s", {}, kept)]
        replace(parent, node, kept)
        return
    if node.tag in ("div", "center", "section", "article", "main", "header", "footer", "aside", "nav"):
        if node.has_blocks or parent.tag in ("p", "td", "th", "li", "figure"):
            replace(parent, node, node.children)
            return
        if node.tag == "center":
            meant["text-align"] = "center"
        node.tag = "p"
    if "text-align" in meant and node.tag in ("p", "h1", "h2", "h3", "h4", "h5", "h6", "figcaption"):
        node.set_style({"text-align": meant["text-align"]})


def _stand_alone(root: Node) -> None:
    """Loose text between blocks becomes paragraphs, if there are blocks at all."""
    if not root.has_blocks:
        return
    children: list[Node | str] = []
    loose: list[Node | str] = []

    def gather() -> None:
        if any(isinstance(one, Node) or one.strip() for one in loose):
            children.append(Node("p", {}, list(loose)))
        loose.clear()

    for child in root.children:
        if isinstance(child, Node) and child.tag in BLOCKS:
            gather()
            children.append(child)
        elif isinstance(child, Node) and child.tag == "br":
            gather()
        else:
            loose.append(child)
    gather()
    root.children = children
