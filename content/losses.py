"""What a piece of foreign markup holds that cleaning would take away: kept in another form, else named in its place.

A picture that lies on somebody's own computer, a film, a text drawn by a layout tool: the cleaner would drop them without a word,
and the check after it would never see them. So each leaves a mark in the text, where it stood; the mark stops the submission
until somebody has put the thing there or taken the mark away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from urllib.parse import unquote, urlsplit

from content import mathml
from content.allowed import web_address
from content.compiling import style_urls
from content.tree import Node, parse, render

_OPENS = re.compile(
    r"<(img|input|svg|math|video|audio|iframe|embed|object|mpvideo|mpvoice|v:imagedata)(?=[\s/>])", re.I
)
_OPENS_DRAWN = re.compile(r"<(svg|math)(?=[\s/>])", re.I)
_ANY = re.compile(r"<(/?)([a-z][a-z0-9]{0,15})(?=[\s/>])", re.I)
_DRAWN = {"svg", "math"}
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-actualsrc", "data-original-src", "data-lazyload")
"""Where pages keep a picture's address until it is scrolled to."""
_NAMES = {
    "video": "视频", "mpvideo": "视频", "audio": "音频", "mpvoice": "音频", "iframe": "网页", "embed": "附件", "object": "附件",
}  # fmt: skip
_FILMS = re.compile(r"v\.qq\.com|video|youku|bilibili", re.I)
_NAME_CHARS = 60


def drawn(html: str) -> str:
    """The same markup with SVG and formulas as their texts and pictures, and nothing else touched."""
    return _replaced(html, _OPENS_DRAWN)


def named(html: str) -> str:
    """The same markup with lazy pictures found, SVG as its texts and pictures, and everything else that would go marked."""
    return _replaced(without_comments(html), _OPENS)


def _replaced(html: str, wanted: re.Pattern[str]) -> str:
    made: list[str] = []
    at = 0
    while opens := wanted.search(html, at):
        end = tag_end(html, opens.end())
        if not end:
            break
        made.append(html[at : opens.start()])
        kind = opens[1].lower()
        if kind in _DRAWN:
            end = _end_of(html, end, kind)
            tree = parse(html[opens.start() : end])
            made.append("".join(_pieces(tree)) if kind == "svg" else mathml.line(tree))
        elif kind == "img":
            made.append(_picture(html[opens.start() : end]))
        elif kind == "input":
            made.append(_entered(html[opens.start() : end]))
        elif kind != "v:imagedata":
            made.append(_embedded(kind, html[opens.start() : end]))
            if kind in ("video", "audio"):  # what they hold is for old browsers
                end = _end_of(html, end, kind)
        at = end
    return "".join((*made, html[at:])) if at else html


def without_comments(html: str) -> str:
    """One pass; what a comment opens and never closes goes to the end, as browsers read it."""
    kept: list[str] = []
    at = 0
    while (begin := html.find("<!--", at)) >= 0:
        kept.append(html[at:begin])
        end = html.find("-->", begin + 4)
        if end < 0:
            return "".join((*kept, html[begin:]))
        at = end + 3
    return "".join((*kept, html[at:])) if at else html


def tag_end(html: str, at: int) -> int:
    """Behind the ``>`` of a tag, quotes respected; 0 where it never ends."""
    while True:
        close = html.find(">", at)
        if close < 0:
            return 0
        quotes = [place for mark in "\"'" if (place := html.find(mark, at, close)) >= 0]
        if not quotes:
            return close + 1
        opened = min(quotes)
        at = html.find(html[opened], opened + 1) + 1
        if not at:
            return close + 1


def closing(html: str, at: int, tag: str) -> int:
    """Behind the end of an element whose tag has been read, 0 where it has none; elements of its own kind inside it count."""
    depth = 1
    for found in _ANY.finditer(html, at):
        if found[2].lower() != tag:
            continue
        if tag == "p" and not found[1]:  # a paragraph ends where the next one begins
            return found.start()
        depth += -1 if found[1] else 1
        if not depth:
            return html.find(">", found.end()) + 1 or len(html)
    return 0


def _end_of(html: str, at: int, tag: str) -> int:
    """Behind an element whose tag ends at ``at``; what is never closed goes to the end."""
    return at if html[at - 2] == "/" else closing(html, at, tag) or len(html)


def _picture(tag: str) -> str:
    attrs = _attrs(tag)
    sets = [attrs.get(name, "").split(maxsplit=1)[:1] for name in ("srcset", "data-srcset")]
    for given in (
        *(attrs.get(name, "") for name in (*_LAZY, "src")),
        *(one.rstrip(",") for some in sets for one in some),
    ):
        if address := web_address(given):
            kept = {"src": address}
            kept |= {key: attrs[key] for key in ("alt", "title", "width", "height", "style") if key in attrs}
            return render(Node("#root", {}, [Node("img", kept)]))
    if _is_speck(attrs):
        return ""
    return mark("图片", _called(attrs.get("src", ""), attrs.get("alt", "")))


def _entered(tag: str) -> str:
    """A box of a list of things to do is a tick or none; other fields stay for the cleaner."""
    attrs = _attrs(tag)
    kind = attrs.get("type", "").strip().lower()
    if kind in ("checkbox", "radio"):
        return "☑" if "checked" in attrs else "☐"
    return _picture(tag) if kind == "image" else tag


def _is_speck(attrs: dict[str, str]) -> bool:
    """A point that counts readers, or a box that is filled by a script and was empty."""
    sizes = {attrs.get("width", "").strip(), attrs.get("height", "").strip()}
    return bool(sizes & {"0", "1", "0px", "1px"}) or not attrs.get("src", "").strip()


def _embedded(kind: str, tag: str) -> str:
    attrs = _attrs(tag)
    address = attrs.get("data-src") or attrs.get("src") or attrs.get("data") or ""
    what = "视频" if kind == "iframe" and _FILMS.search(address[:300]) else _NAMES[kind]
    return mark(what, attrs.get("title", "") or attrs.get("name", ""))


def mark(what: str, name: str = "") -> str:
    """What stands where a thing stood, as markup."""
    name = re.sub(r"[［］<>\s]+", " ", name).strip()[:_NAME_CHARS]
    return f"<span>{escape(f'［{what}未能粘贴：{name}］' if name else f'［{what}未能粘贴］', quote=False)}</span>"


def _called(address: str, alt: str) -> str:
    """The name by which somebody finds the file again; data in the address is no name."""
    if re.match(r"(?:file|cid|content):", address, re.I) or "://" not in address[:12]:
        path = "" if address[:5].lower() in ("data:", "blob:") else address
        last = re.split(r"[\\/]", unquote(path))[-1]
    else:
        last = urlsplit(address[:2000]).path.rsplit("/", 1)[-1]
    return last or alt


def _pieces(node: Node) -> Iterator[str]:
    for child in node.children:
        if isinstance(child, str) or child.tag in ("style", "script", "defs", "title", "desc", "metadata"):
            continue
        for _, _, address in style_urls(child.attrs.get("style", "")):
            if web_address(address):
                yield render(Node("#root", {}, [Node("img", {"src": web_address(address)})]))
        if child.tag == "foreignobject":
            yield named(render(Node("#root", {}, child.children)))
        elif child.tag == "image":
            address = child.attrs.get("href") or child.attrs.get("xlink:href") or ""
            yield _picture(render(Node("#root", {}, [Node("img", {**child.attrs, "src": address})])))
        elif child.tag == "text":
            text = " ".join(child.text().split())
            yield f"<span>{escape(text, quote=False)}</span><br>" if text else ""
        else:
            yield from _pieces(child)


def _attrs(tag: str) -> dict[str, str]:
    found = parse(tag).all(
        "img", "input", "video", "audio", "iframe", "embed", "object", "mpvideo", "mpvoice"
    )
    return found[0].attrs if found else {}


__all__ = ["closing", "drawn", "mark", "named", "tag_end", "without_comments"]
