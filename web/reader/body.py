"""The compiled body of an article, made ready for reading: scalable text, lazy pictures, tables that scroll in themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from content.assets import WIDTHS
from content.cleaning import ASSET_URL
from content.compiling import for_page
from content.tree import Node, parents, parse, render, replace
from ground.numbers import number_in

_PX = re.compile(r"^(\d+(?:\.\d+)?)px$")
_SCALED = ("font-size", "line-height", "letter-spacing")
_ROOT_PX = 16
_SCROLLS = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": "表格，可左右滑动查看"}
Size = tuple[int, int]


def readable(html: str, sizes: Mapping[str, Size]) -> str:
    """HTML for the reader's page. ``sizes`` maps sha256 → width and height of the pictures that the body names."""
    return _readable(html, tuple(sorted(sizes.items())))


@lru_cache(maxsize=256)
def _readable(html: str, sizes: tuple[tuple[str, Size], ...]) -> str:
    root = parse(for_page(html))
    known = dict(sizes)
    for node in root.elements():
        if node.tag == "h1":
            node.tag = "h2"  # the page has its own
        _scale(node)
    for index, picture in enumerate(root.all("img")):
        _lazy(picture, known, index)
    for parent, node in list(parents(root)):
        if node.tag == "table" and "overflow-x" in parent.style():
            parent.attrs |= _SCROLLS
        elif node.tag == "table":
            replace(parent, node, [Node("div", dict(_SCROLLS), [node])])
    return render(root)


def _scale(node: Node) -> None:
    """Sizes in px become relative to the reader's text size; in large text nothing stays small."""
    style = node.style()
    for name in _SCALED:
        if px := _PX.match(style.get(name, "")):
            rem = f"{float(px[1]) / _ROOT_PX:g}rem"
            style[name] = f"max(var(--least),{rem})" if name == "font-size" else rem
    node.set_style(style)


def _lazy(picture: Node, sizes: Mapping[str, Size], index: int) -> None:
    attrs = picture.attrs
    own = ASSET_URL.match(attrs.get("src", ""))
    if own and own[1] in sizes:
        attrs["width"], attrs["height"] = (str(pixels) for pixels in sizes[own[1]])
    if own:
        width = number_in(attrs.get("width", "")) or 0
        base = f"/m/asset/{own[1]}"
        attrs["src"] = f"{base}?w=750"
        steps = [step for step in WIDTHS if 240 < step < width]
        if steps:
            attrs["srcset"] = ", ".join(f"{base}?w={step} {step}w" for step in steps)
            attrs["sizes"] = "(max-width: 720px) 92vw, 677px"
    attrs["alt"] = attrs.get("alt", "").strip() or "文中图片"
    attrs["decoding"] = "async"
    if index:
        attrs["loading"] = "lazy"
