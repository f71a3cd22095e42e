"""What the platform's store makes of an article's HTML.

Source: https://developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_add

The page names only scripts and foreign pictures; the rest is what draft/get gave back for what draft/add was given.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Callable
from html.parser import HTMLParser

DROPPED = {
    "script", "noscript", "style", "link", "meta", "title", "base", "form", "input", "button", "select",
    "textarea", "label", "option", "object", "embed", "applet", "frame", "frameset", "canvas", "audio",
    "param",
}  # fmt: skip
UNWRAPPED = {"html", "head", "body"}
KEPT = {
    "section", "p", "span", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "b", "em", "i", "u", "s", "del",
    "blockquote", "ul", "ol", "li", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "col",
    "colgroup", "figure", "figcaption", "header", "footer", "aside", "article", "nav", "main", "mark",
    "small", "sub", "sup", "q", "abbr", "center", "big", "br", "hr", "font", "pre", "code", "div", "a",
    "img", "video", "iframe", "mp-common-profile", "mp-miniprogram", "mp-style-type", "strike", "dl", "dt",
    "dd", "ins", "cite",
}  # fmt: skip
SVG = {"svg", "path", "rect", "g", "circle", "ellipse", "line", "polygon", "polyline", "text", "tspan",
       "foreignobject", "image", "animate", "animatetransform", "set"}  # fmt: skip
SVG_NAMES = {
    "foreignobject": "foreignObject", "animatetransform": "animateTransform", "viewbox": "viewBox",
    "preserveaspectratio": "preserveAspectRatio", "attributename": "attributeName",
    "attributetype": "attributeType", "repeatcount": "repeatCount", "keytimes": "keyTimes",
    "keysplines": "keySplines", "calcmode": "calcMode",
}  # fmt: skip
VOID = {"br", "hr", "img", "col", "input", "link", "meta", "base", "embed", "param", "frame"}
BLOCKS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "img", "section", "div", "blockquote",
          "figure", "pre", "article", "header", "footer", "hr"}  # fmt: skip
ATTRIBUTES = {
    "style", "class", "title", "alt", "align", "valign", "width", "height", "border", "colspan", "rowspan",
    "cellpadding", "cellspacing", "start", "bgcolor", "type", "dir", "lang",
}  # fmt: skip
WECHAT_PICTURE = re.compile(r"^https?://(?:mmbiz\.qpic\.cn|mmbiz\.qlogo\.cn)/", re.IGNORECASE)
ARTICLE = re.compile(r"^https?://mp\.weixin\.qq\.com/", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

KnownPicture = Callable[[str], bool]


class Refused(Exception):
    """The whole article is refused (45166)."""


class _Node:
    __slots__ = ("attrs", "children", "name")

    def __init__(self, name: str, attrs: list[tuple[str, str]]) -> None:
        self.name = name
        self.attrs = attrs
        self.children: list[_Node | str] = []


class _Builder(HTMLParser):
    """A forgiving tree: closing tags without an opening one are ignored."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.root = _Node("", [])
        self.stack = [self.root]
        self.raw_attrs = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = _Node(tag, [(name, value or "") for name, value in attrs])
        # HTMLParser decodes attribute values; whether a style held an entity must be seen before
        raw = self.get_starttag_text() or ""
        style = re.search(r"""\sstyle\s*=\s*("[^"]*"|'[^']*')""", raw, re.IGNORECASE)
        if style and re.search(r"&(?:#\d+|#x[0-9a-f]+|[a-z]+);", style[1], re.IGNORECASE):
            node.attrs = [(n, "" if n == "style" else v) for n, v in node.attrs]
        self.stack[-1].children.append(node)
        if tag not in VOID:
            self.stack.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self.stack) - 1, 0, -1):
            if self.stack[depth].name == tag:
                del self.stack[depth:]
                return

    def handle_data(self, data: str) -> None:
        self.stack[-1].children.append(CONTROL.sub("", data).replace("<", "&lt;").replace(">", "&gt;"))

    def handle_entityref(self, name: str) -> None:
        self.stack[-1].children.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.stack[-1].children.append(f"&#{name};")


def clean(text: str, known: KnownPicture, own: tuple[str, ...] = ()) -> str:
    """The stored form. `known` tells whether a picture's address is one of ours; `own` are the
    beginnings of addresses of our own sent articles. Raises Refused (45166)."""
    builder = _Builder()
    builder.feed(text)
    builder.close()
    out: list[str] = []
    for child in builder.root.children:
        _write(child, out, known, own)
    return "".join(out).strip()


def _write(node: _Node | str, out: list[str], known: KnownPicture, own: tuple[str, ...]) -> None:
    if isinstance(node, str):
        out.append(node)
        return
    name = node.name
    if name in DROPPED:
        return
    if name == "mpvoice":
        raise Refused("mpvoice")
    if name in SVG:
        _element(SVG_NAMES.get(name, name), _svg_attributes(node), node, out, known, own)
    elif name == "a":
        _link(node, out, known, own)
    elif name == "img":
        _picture(node, out, known)
    elif name == "div" and _has_block(node):
        # A div around blocks is dissolved: its style is lost, loose text becomes paragraphs
        _dissolve(node, out, known, own)
    elif name in UNWRAPPED or name not in KEPT:
        for child in node.children:
            _write(child, out, known, own)
    elif name == "iframe":
        _element(name, _iframe_attributes(node), node, out, known, own)
    elif name == "video":
        out.append("<video></video>")
    elif name == "br":
        out.append("<br  />")
    else:
        attrs = _attributes(node, known)
        if name == "font":
            attrs = [(n, v) for n, v in node.attrs if n == "color"]
        elif name == "code":
            attrs = [(n, v) for n, v in attrs if n != "style"]
        if name in VOID:
            out.append(f"<{name}{_written(attrs)}  />" if name == "hr" else f"<{name}{_written(attrs)}/>")
            return
        _element(name, attrs, node, out, known, own)


def _element(
    name: str,
    attrs: list[tuple[str, str]],
    node: _Node,
    out: list[str],
    known: KnownPicture,
    own: tuple[str, ...],
) -> None:
    out.append(f"<{name}{_written(attrs)}>")
    for child in node.children:
        _write(child, out, known, own)
    out.append(f"</{name}>")


def _written(attrs: list[tuple[str, str]]) -> str:
    def value(name: str, text: str) -> str:
        text = text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
        return text.replace("'", "&#39;") if name == "style" else text

    return "".join(f' {name}="{value(name, text)}"' for name, text in attrs)


def _has_block(node: _Node) -> bool:
    return any(isinstance(child, _Node) and child.name in BLOCKS for child in node.children)


def _dissolve(node: _Node, out: list[str], known: KnownPicture, own: tuple[str, ...]) -> None:
    loose: list[str] = []

    def flush() -> None:
        text = "".join(loose)
        loose.clear()
        if text.strip():
            out.append(f"<p>{text}</p>")

    for child in node.children:
        if isinstance(child, _Node) and child.name in BLOCKS:
            flush()
            _write(child, out, known, own)
        else:
            _write(child, loose, known, own)
    flush()


def _attributes(node: _Node, known: KnownPicture) -> list[tuple[str, str]]:
    kept = []
    for name, value in node.attrs:
        if name == "style":
            kept.append((name, _style(value, known)))
        elif name in ATTRIBUTES or name.startswith("data-"):
            kept.append((name, value))
    return kept


def _declarations(value: str) -> list[str]:
    """The parts between semicolons; a semicolon with a closing parenthesis before the next opening one belongs to an address."""
    parts: list[str] = []
    for part in value.split(";"):
        if parts and ")" in part.partition("(")[0]:
            parts[-1] += f";{part}"
        else:
            parts.append(part)
    return parts


def _style(value: str, known: KnownPicture) -> str:
    kept = []
    for declaration in _declarations(value):
        name, _, text = declaration.partition(":")
        name, text = name.strip().lower(), text.strip()
        if not name or not text:
            continue
        bare = text.replace("!important", "").strip().lower()
        if name == "position" and bare != "static":
            continue
        if name == "-webkit-overflow-scrolling" or "javascript:" in bare or "expression(" in bare:
            continue
        _, begins, rest = text.partition("url(")
        inside, ends, _ = rest.partition(")")
        if begins and ends and (address := inside.strip().strip("'\"")):
            if not known(address):
                continue
            text = text.replace(address, _sized(address))
        kept.append(f"{name}: {text};")
    return " ".join(kept)


def _sized(url: str) -> str:
    return re.sub(r"/(?:0|640)(\?|$)", r"/640\1", entities.unescape(url))


def _picture(node: _Node, out: list[str], known: KnownPicture) -> None:
    attrs = dict(node.attrs)
    source = entities.unescape(attrs.get("src") or attrs.get("data-src") or "")
    if not known(source):
        return
    kept = [(n, v) for n, v in _attributes(node, known) if n != "data-src"]
    out.append(f"<img{_written([('data-src', _sized(source)), *kept])}/>")


def _link(node: _Node, out: list[str], known: KnownPicture, own: tuple[str, ...]) -> None:
    attrs = dict(node.attrs)
    address = entities.unescape(attrs.get("href", "")).strip()
    mini = [(n, v) for n, v in node.attrs if n.startswith("data-miniprogram-")]
    sent = ARTICLE.match(address) or (own and address.startswith(own))
    if sent and "tempkey=" in address:
        raise Refused("a link to an article that was not sent")
    if sent or mini:
        kept = [(n, v) for n, v in _attributes(node, known) if not n.startswith("data-miniprogram-")]
        _element("a", [("href", address if sent else ""), *kept, *mini], node, out, known, own)
        return
    for child in node.children:
        _write(child, out, known, own)


def _iframe_attributes(node: _Node) -> list[tuple[str, str]]:
    attrs = dict(node.attrs)
    source = attrs.get("data-src", "")
    video = "video_iframe" in attrs.get("class", "") and bool(attrs.get("data-mpvid"))
    if video and re.match(r"^https?://(mp\.weixin\.qq\.com|v\.qq\.com)/", source):
        return [(n, v) for n, v in node.attrs if n == "class" or n.startswith("data-")]
    return []


def _svg_attributes(node: _Node) -> list[tuple[str, str]]:
    return [
        (SVG_NAMES.get(n, n), v)
        for n, v in node.attrs
        if n not in ("id", "href", "xlink:href") and not n.startswith("on") and "javascript:" not in v.lower()
    ]


def text_of(content: str) -> str:
    """The text without tags."""
    return entities.unescape(re.sub(r"<[^<>]+>", " ", content))


def is_empty(content: str) -> bool:
    """Nothing to read and nothing to see."""
    seen = re.search(r"<(?:img|svg|iframe|mp-|video)", content)
    return not seen and not text_of(content).replace("\u200b", "").strip()


def edited_on_site(content: str) -> str:
    """What the site's own editor makes of a stored body."""

    def rgb(found: re.Match[str]) -> str:
        digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
        return f"rgb({int(digits[:2], 16)}, {int(digits[2:4], 16)}, {int(digits[4:], 16)})"

    def coloured(found: re.Match[str]) -> str:
        return re.sub(r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b", rgb, found[0])

    text = re.sub(r' style="[^"]*"', coloured, content)
    text = re.sub(r"<code[^<>]*>", lambda tag: re.sub(r' style="[^"]*"', "", tag[0], count=1), text)
    text = re.sub(
        r">([^<>]+)<", lambda run: f'><span leaf="">{run[1]}</span><' if run[1].strip() else run[0], text
    )
    hidden = '<p style="display: none;"><mp-style-type data-value="3"></mp-style-type></p>'
    return text if text.endswith(hidden) else text + hidden
