"""The article without what only Word needs: empty paragraphs, indents that were typed, the document's own anchors."""

from __future__ import annotations

from content.tree import Node, drop

_LINES = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "li"})
_SPACES = " \t\u3000\xa0\u2003"


def tidy(root: Node) -> None:
    """Remove all of that; cells keep an empty paragraph so as to stay cells."""
    for node in [root, *root.elements()]:
        for child in list(node.children):
            if not (isinstance(child, Node) and child.tag in _LINES):
                continue
            if child.text().strip() or child.all("img"):
                _strip_indent(child)
            elif node.tag not in ("td", "th") or len(node.children) > 1:
                drop(node, child)
    for node in root.elements():
        if node.tag == "a" and not node.attrs.get("href", "").startswith("http"):
            node.tag = "span"
            node.attrs.clear()


def _strip_indent(block: Node) -> None:
    """Authors indent with full-width spaces; the house style indents already."""
    holder: Node = block
    while (
        holder.children
        and isinstance(holder.children[0], Node)
        and holder.children[0].tag in ("span", "strong", "b", "em", "u", "a")
    ):
        holder = holder.children[0]
    if holder.children and isinstance(holder.children[0], str):
        holder.children[0] = holder.children[0].lstrip(_SPACES)
