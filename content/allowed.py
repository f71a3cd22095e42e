"""What of a body may stay, element by element and value by value. Everything that is not named here goes.

The rules hold twice: when a body is saved (:func:`content.cleaning.clean`) and whenever a stored one is compiled
(:mod:`content.compiling`), so that a body from before a rule is no danger while it waits to be cleaned anew. Marks of the house
(``data-house`` and the like) are set after this and never taken from outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from content.tree import Node, write_style

RULES = 2
"""The edition of these rules. Whoever makes them stricter counts on: then every stored body is due for cleaning."""

ASSET_PATH = "/m/asset/"
_ASSET = re.compile(r"^/m/asset/[0-9a-f]{64}(?:[?#][\w=&%.-]{0,80})?$")
_WEB = re.compile(r"""^https?://[^\s/\\<>"'`?#][^\s\\<>"'`]{0,2000}$""", re.I)

# What WeChat's own store keeps of an article (page api_draft_add and round trips), less what we never need.
TAGS = frozenset(
    {
        "section", "p", "span", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "b", "em", "i", "u", "s", "del",
        "blockquote", "ul", "ol", "li", "table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td",
        "th", "figure", "figcaption", "header", "footer", "aside", "article", "nav", "main", "mark", "small", "sub",
        "sup", "q", "abbr", "center", "big", "br", "hr", "pre", "code", "div", "img", "a", "font",
    }
)  # fmt: skip
DROPPED_WHOLE = frozenset(
    {"script", "style", "noscript", "title", "template", "iframe", "object", "textarea", "select"}
)
"""Elements whose content is no text of the article."""

Check = Callable[[str], str]
"""Takes a value as it came, gives it as it may stay; empty: the attribute goes."""


def web_address(value: str) -> str:
    """An address on the web or of a picture of ours; what begins with ``//`` means https."""
    value = value.strip()
    if value.startswith("//"):
        value = f"https:{value}"
    return value if _WEB.match(value) or _ASSET.match(value) else ""


def _text(value: str) -> str:
    return value[:300]


def _one_of(*words: str) -> Check:
    return lambda value: value.strip().lower() if value.strip().lower() in words else ""


def _number(least: int, most: int) -> Check:
    def check(value: str) -> str:
        value = value.strip()
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 6):
            return ""
        return str(int(value)) if least <= int(value) <= most else ""

    return check


def _matching(allowed: re.Pattern[str]) -> Check:
    return lambda value: value.strip() if allowed.fullmatch(value.strip()) else ""


_SIZE = _matching(re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,3})?(?:px|%)?"))
_HORIZONTAL = _one_of("left", "center", "right", "justify")
_VERTICAL = _one_of("top", "middle", "bottom", "baseline")
_CELL: Mapping[str, Check] = {
    "colspan": _number(1, 100), "rowspan": _number(1, 500), "width": _SIZE, "valign": _VERTICAL,
}  # fmt: skip
_EVERYWHERE: Mapping[str, Check] = {"align": _HORIZONTAL, "title": _text}
_OWN: Mapping[str, Mapping[str, Check]] = {
    "a": {"href": web_address},
    "img": {"src": web_address, "alt": _text, "width": _SIZE, "height": _SIZE},
    "td": _CELL,
    "th": {**_CELL, "scope": _one_of("row", "col", "rowgroup", "colgroup")},
    "table": {
        "border": _number(0, 20), "cellpadding": _number(0, 50), "cellspacing": _number(0, 50), "width": _SIZE,
    },
    "col": {"span": _number(1, 100), "width": _SIZE},
    "colgroup": {"span": _number(1, 100)},
    "ol": {"start": _number(-99_999, 99_999), "type": _matching(re.compile("[1aAiI]"))},
    "font": {"color": _matching(re.compile(r"#?[0-9A-Za-z]{1,20}"))},
}  # fmt: skip
LAZY_SOURCE = "data-src"
"""Where WeChat's own pages keep a picture's address until it is scrolled to; read, then dropped."""
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"style", *_EVERYWHERE},
    **{tag: set(checks) for tag, checks in _OWN.items()},
    "img": {*_OWN["img"], LAZY_SOURCE},
}

_SIDES = ("top", "right", "bottom", "left")
STYLES = frozenset(
    {
        "color", "opacity", "display", "flex", "flex-direction", "flex-wrap", "flex-grow", "flex-shrink", "flex-basis",
        "flex-flow", "align-items", "align-self", "justify-content", "gap", "float", "clear", "box-sizing",
        "margin", "padding", "width", "height", "max-width", "min-width", "max-height", "min-height",
        "overflow", "overflow-x", "overflow-y", "overflow-wrap", "word-break", "word-wrap", "white-space",
        "scroll-snap-type", "scroll-snap-align", "vertical-align", "z-index",
        "border", "border-color", "border-style", "border-width", "border-radius", "border-collapse", "border-spacing",
        "border-top-left-radius", "border-top-right-radius", "border-bottom-left-radius", "border-bottom-right-radius",
        "box-shadow", "text-shadow", "outline",
        "background", "background-color", "background-image", "background-size", "background-position",
        "background-repeat",
        "font", "font-family", "font-size", "font-weight", "font-style", "line-height", "letter-spacing",
        "text-align", "text-indent", "text-decoration", "text-transform", "transform", "transform-origin",
        "list-style", "list-style-type", "table-layout",
        *(f"{kind}-{side}" for kind in ("margin", "padding", "border") for side in _SIDES),
        *(f"border-{side}-{what}" for side in _SIDES for what in ("color", "style", "width")),
    }
)  # fmt: skip
_FUNCTIONS = frozenset(
    {
        "rgb", "rgba", "hsl", "hsla", "calc", "min", "max", "clamp", "linear-gradient", "radial-gradient",
        "repeating-linear-gradient", "repeating-radial-gradient", "conic-gradient", "cubic-bezier",
        "rotate", "rotatex", "rotatey", "rotatez", "rotate3d", "scale", "scalex", "scaley", "scale3d", "skew", "skewx",
        "skewy", "translate", "translatex", "translatey", "translatez", "translate3d", "matrix", "matrix3d",
        "perspective",
    }
)  # fmt: skip
_ARITHMETIC = frozenset({"calc", "min", "max", "clamp"})
_STYLE_CHARS = 600
_FORBIDDEN = re.compile(r"[\\{}@;\x00-\x1f\x7f]|/\*")
_URL = re.compile(r"""url\(\s*('?)([^'"()\s]*)\1\s*\)""", re.I)


def keep_allowed(root: Node) -> None:
    """Take out of the tree what these rules do not name. Applied again it changes nothing."""
    kept: list[Node | str] = []
    for child in root.children:
        if isinstance(child, str):
            kept.append(child)
            continue
        if child.tag in DROPPED_WHOLE:
            continue
        keep_allowed(child)
        if child.tag not in TAGS:
            kept.extend(child.children)
            continue
        child.attrs = _attributes(child)
        if child.tag != "img" or "src" in child.attrs:
            kept.append(child)
    root.children = kept


def _attributes(node: Node) -> dict[str, str]:
    checks = {**_EVERYWHERE, **_OWN.get(node.tag, {})}
    kept = {}
    for name, value in node.attrs.items():
        if name == "style":
            value = write_style(allowed_style(node.style()))
        elif name in checks:
            value = checks[name](value)
        else:
            continue
        if value or name == "alt":
            kept[name] = value
    if node.tag == "img" and "src" not in kept and (lazy := web_address(node.attrs.get(LAZY_SOURCE, ""))):
        kept = {"src": lazy, **kept}
    return kept


def allowed_style(style: Mapping[str, str]) -> dict[str, str]:
    """Of an inline style the properties and values that may stay."""
    kept = {}
    for name, value in style.items():
        if name in STYLES and (good := _style_value(value)):
            kept[name] = good
    return kept


def _style_value(value: str) -> str:
    """The value, if all its functions and addresses are known ones and its quotes and brackets fit; else empty.

    Quotes are single ones and no entity is needed afterwards, since WeChat empties a style that has one.
    """
    value = re.sub(r"[\t\n\f\r]", " ", re.sub("[<>&]", "", value)).strip()
    if '"' in value and "'" not in value:
        value = value.replace('"', "'")
    if len(value) > _STYLE_CHARS or '"' in value or value.count("'") % 2 or _FORBIDDEN.search(value):
        return ""
    if not all(web_address(found[1]) for found in _URL.findall(value)):
        return ""
    if not _calls_are_known(_URL.sub("", value)):
        return ""
    return value


def _calls_are_known(value: str) -> bool:
    pieces = value.lower().split("(")
    depth = 0
    for place, piece in enumerate(pieces):
        depth -= piece.count(")")
        if depth < 0:
            return False
        if place == len(pieces) - 1:
            break
        name = re.split(r"[^\w-]", piece.rstrip())[-1]
        if name not in _FUNCTIONS and not (name == "" and any(one in value.lower() for one in _ARITHMETIC)):
            return False
        depth += 1
    return depth == 0
