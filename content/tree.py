"""A small tree of clean HTML, so that the steps of the compiler are plain functions over nodes.

It reads what :func:`content.cleaning.clean` gives (well-formed, every tag closed); it is no parser for HTML from the wild.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

MAX_DEPTH = 100
"""Elements nested deeper are unwrapped: no honest layout needs it, and trees are walked by recursion."""
VOID = frozenset({"br", "hr", "img", "col", "wbr"})
BLOCKS = frozenset(
    {
        "section", "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "table", "thead", "tbody",
        "tfoot", "tr", "td", "th", "figure", "figcaption", "header", "footer", "aside", "article", "nav", "main", "pre",
        "div", "hr", "center",
    }
)  # fmt: skip


@dataclass
class Node:
    """An element; ``children`` are nodes and texts (unescaped)."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    def elements(self) -> Iterator[Node]:
        """All elements below this one, in the order of the document. The list of children may be changed meanwhile."""
        for child in list(self.children):
            if isinstance(child, Node):
                yield child
                yield from child.elements()

    def all(self, *tags: str) -> list[Node]:
        """All elements below with one of these names."""
        return [node for node in self.elements() if node.tag in tags]

    def text(self) -> str:
        """The text below, with a line break where a block or ``br`` ends a line."""
        parts: list[str] = []
        for child in self.children:
            if isinstance(child, str):
                parts.append(child)
            elif child.tag == "br":
                parts.append("\n")
            else:
                inner = child.text()
                parts.append(f"{inner}\n" if child.tag in BLOCKS and inner else inner)
        return "".join(parts)

    @property
    def has_blocks(self) -> bool:
        """Whether a block element stands directly below."""
        return any(isinstance(child, Node) and child.tag in BLOCKS for child in self.children)

    def style(self) -> dict[str, str]:
        """The inline style as property → value, in its order."""
        return read_style(self.attrs.get("style", ""))

    def set_style(self, style: dict[str, str]) -> None:
        """Replace the inline style; an empty one removes the attribute."""
        if style:
            self.attrs["style"] = write_style(style)
        else:
            self.attrs.pop("style", None)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("#root")
        self._open = [self.root]
        self._too_deep: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(self._open) > MAX_DEPTH and tag not in VOID:
            self._too_deep[tag] += 1
            return
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if self._too_deep[tag]:
            self._too_deep[tag] -= 1
            return
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth].tag == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        siblings = self._open[-1].children
        if siblings and isinstance(siblings[-1], str):
            siblings[-1] += data
        else:
            siblings.append(data)


def parse(html: str) -> Node:
    """The tree of a fragment under a node named ``#root``."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root


def render(node: Node) -> str:
    """HTML of a node; of the root, its children. Styles carry no entities (WeChat empties a style that does)."""
    parts: list[str] = []
    _render(node, parts)
    return "".join(parts)


def _render(node: Node, parts: list[str]) -> None:
    if node.tag != "#root":
        attrs = "".join(f' {name}="{_attribute(name, value)}"' for name, value in node.attrs.items())
        parts.append(f"<{node.tag}{attrs}>")
        if node.tag in VOID:
            return
    for child in node.children:
        if isinstance(child, str):
            parts.append(escape(child, quote=False).replace("\xa0", "&nbsp;"))
        else:
            _render(child, parts)
    if node.tag != "#root":
        parts.append(f"</{node.tag}>")


def _attribute(name: str, value: str) -> str:
    if name == "style":
        return value.replace('"', "'").replace("<", "").replace(">", "").replace("&", "")
    return escape(value, quote=True)


def read_style(text: str) -> dict[str, str]:
    """``"color:red;margin:0"`` → ``{"color": "red", "margin": "0"}``; names in lower case, the last of equals wins."""
    style: dict[str, str] = {}
    for declaration in _declarations(text):
        name, colon, value = declaration.partition(":")
        if colon and name.strip() and value.strip():
            style[name.strip().lower()] = value.strip()
    return style


def _declarations(text: str) -> Iterator[str]:
    """The parts between semicolons, but not those in quotes and parentheses. What opens and never closes separates, too."""
    if not any(mark in text for mark in "\"'("):
        yield from text.split(";")
        return
    closes = _closings(text)
    start = at = 0
    while at < len(text):
        if at in closes:
            at = closes[at]
        elif text[at] in ";\"'(":
            yield text[start:at]
            start = at + 1
        at += 1
    yield text[start:]


def _closings(text: str) -> dict[int, int]:
    """Where each quote and parenthesis that is closed opens and closes."""
    closes: dict[int, int] = {}
    opened: list[int] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char in "\"'" and (end := text.find(char, at + 1)) >= 0:
            closes[at] = at = end
        elif char == "(":
            opened.append(at)
        elif char == ")" and opened:
            closes[opened.pop()] = at
        at += 1
    return closes


def write_style(style: dict[str, str]) -> str:
    """The inverse of :func:`read_style`."""
    return ";".join(f"{name}:{value}" for name, value in style.items())


def drop(parent: Node, unwanted: Node) -> None:
    """Remove a child with all below it."""
    parent.children = [child for child in parent.children if child is not unwanted]


def replace(parent: Node, old: Node, new: list[Node | str]) -> None:
    """Put other children in the place of one."""
    position = next(index for index, child in enumerate(parent.children) if child is old)
    parent.children[position : position + 1] = new


def parents(root: Node) -> Iterator[tuple[Node, Node]]:
    """Every element with its parent, deepest first, so that a parent may be changed after its children."""
    for child in list(root.children):
        if isinstance(child, Node):
            yield from parents(child)
            yield root, child
