"""A formula of a web page as a line of text: x², (a+b)/c, √2."""

from __future__ import annotations

from html import escape

from content.tree import Node

_SILENT = frozenset({"annotation", "annotation-xml", "mphantom", "none", "mprescripts"})
_RAISED = {
    "msup": ("sup",), "mover": ("sup",), "msub": ("sub",), "munder": ("sub",),
    "msubsup": ("sub", "sup"), "munderover": ("sub", "sup"),
}  # fmt: skip


def line(node: Node) -> str:
    """The markup of a formula, all of its signs in their order; raised and lowered ones stay so."""
    return "".join(_one(child) for child in node.children)


def _one(node: Node | str) -> str:
    if isinstance(node, str):
        return escape(node.strip(), quote=False)
    parts = [child for child in node.children if isinstance(child, Node)]
    if node.tag in _SILENT:
        return ""
    if node.tag == "mfrac" and len(parts) == 2:
        return f"{_grouped(parts[0])}/{_grouped(parts[1])}"
    if node.tag == "msqrt":
        return f"√{_grouped(node)}"
    if node.tag == "mroot" and len(parts) == 2:
        return f"<sup>{_one(parts[1])}</sup>√{_grouped(parts[0])}"
    if node.tag in _RAISED and len(parts) > 1:
        beside = zip(_RAISED[node.tag], parts[1:], strict=False)
        return _one(parts[0]) + "".join(f"<{how}>{_one(one)}</{how}>" for how, one in beside)
    if node.tag == "mfenced":
        inner = node.attrs.get("separators", ",")[:1].join(_one(one) for one in parts)
        return (
            escape(node.attrs.get("open", "("), quote=False)
            + inner
            + escape(node.attrs.get("close", ")"), quote=False)
        )
    if node.tag in ("mtr", "mtd"):
        return f"{line(node)} "
    return line(node)


def _grouped(node: Node) -> str:
    """In brackets where it is more than one sign."""
    made = line(node) if node.tag in ("msqrt", "mrow") else _one(node)
    many = sum(len(one.strip()) for one in node.text().splitlines()) > 1
    return f"({made})" if many and not node.text().strip().isdigit() else made
