"""From stored HTML to what WeChat, the preview and the reader show: inline styles only, nothing that WeChat would drop.

Each step is a function over the tree that changes nothing when it is applied again; so is the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from content.allowed import ASSET_PATH, keep_allowed
from content.house import dress
from content.tree import Node, drop, parents, parse, render, replace

_ASSET = re.compile(r"^/m/asset/([0-9a-f]{64})(?:[?#].*)?$")
_WECHAT_PICTURE = re.compile(r"^https?://mmbiz\.q(?:pic|logo)\.cn/")
_WECHAT_ARTICLE = re.compile(r"^https?://mp\.weixin\.qq\.com/s[/?]")
_PX = re.compile(r"^(-?\d+(?:\.\d+)?)px$")
_ICON_PX = 100
_COLUMN_PX = 677
_PLACE_CHARS = 16


class Report(Protocol):
    """Takes a finding of the linter: field, message, and words by which its place is found."""

    def __call__(self, field: str, message: str, place: str = "") -> None: ...


class Urls(Protocol):
    """Gives the public address of a picture. Raises ``KeyError`` for an unknown one."""

    def __getitem__(self, sha256: str, /) -> str: ...


class StandInUrls:
    """Addresses as long as WeChat's, for measuring a body before its pictures are uploaded."""

    def __getitem__(self, sha256: str) -> str:
        return f"http://mmbiz.qpic.cn/mmbiz_png/{(sha256 * 2)[:100]}/0?wx_fmt=png"


class _LocalUrls:
    def __getitem__(self, sha256: str) -> str:
        return f"{ASSET_PATH}{sha256}"


@dataclass(frozen=True)
class Counts:
    """What a body holds, to compare it with what WeChat stored of it."""

    characters: int
    bytes: int
    styles: int
    sections: int
    pictures: int
    empty_styles: int


def for_wechat(html: str, urls: Urls | Mapping[str, str]) -> str:
    """The body for ``draft/add``: pictures under WeChat's addresses. Raises ``KeyError`` for a picture without one.

    What the store drops or rewrites without a word is known from page api_draft_add and from reading drafts back.
    """
    root = parse(html)
    keep_allowed(root)  # a body that was stored before a rule is no danger while it waits for its cleaning
    for step in (_sections_for_divs, _without_fonts, _links_as_notes, _plain_lists, _tight):
        step(root)
    _addressed(root, urls)
    dress(root)
    return render(root)


def for_page(html: str) -> str:
    """The same body for our own pages, with the pictures under our own addresses."""
    return for_wechat(html, _LocalUrls())


def cut_at(html: str, most: int) -> str:
    """The first words of the block in which a compiled body grows longer than ``most`` characters; empty if it does not.

    Measured block by block: what stands round the whole counts for the first.
    """
    frame = size = len(for_wechat("", StandInUrls()))
    for block in parse(html).children:
        size += len(for_wechat(render(Node("#root", {}, [block])), StandInUrls())) - frame
        if size >= most:
            text = block if isinstance(block, str) else block.text()
            return " ".join(text.split())[:_PLACE_CHARS]
    return ""


def counts(html: str) -> Counts:
    """Measure a compiled body."""
    return Counts(
        characters=len(html),
        bytes=len(html.encode()),
        styles=html.count("style="),
        sections=html.count("<section"),
        pictures=html.count("<img"),
        empty_styles=html.count('style=""'),
    )


def assets_in(root: Node) -> list[str]:
    """The sha256 of every own picture below, in order, each once."""
    found: dict[str, None] = {}
    for address in _addresses(root):
        if own := _ASSET.match(address):
            found[own[1]] = None
    return list(found)


def foreign_pictures(root: Node) -> int:
    """How many pictures below are neither ours nor WeChat's: WeChat drops them without a word."""
    return sum(
        1 for address in _addresses(root) if not _ASSET.match(address) and not _WECHAT_PICTURE.match(address)
    )


def _addresses(root: Node) -> Iterator[str]:
    for node in root.elements():
        if node.tag == "img":
            yield node.attrs.get("src", "")
        if "url(" in node.attrs.get("style", ""):
            yield from (address for _, _, address in style_urls(node.attrs["style"]))


def style_urls(text: str) -> Iterator[tuple[int, int, str]]:
    """Each ``url(...)`` of a style: where it begins and ends, and its address without quotes."""
    at = 0
    while (begin := text.find("url(", at)) >= 0 and (end := text.find(")", begin)) >= 0:
        at = end + 1
        yield begin, at, text[begin + 4 : end].strip().strip("'\"").strip()


def _sections_for_divs(root: Node) -> None:
    """WeChat dissolves a ``div`` that holds a block and loses its style; a ``section`` stays."""
    for node in root.elements():
        if node.tag in ("div", "center"):
            if node.tag == "center":
                node.set_style({"text-align": "center", **node.style()})
            node.tag = "section"


def _without_fonts(root: Node) -> None:
    """Phones have their own fonts only, and quoted names are the usual way to lose a whole style."""
    for node in root.elements():
        style = node.style()
        for name in ("font-family", "list-style", "list-style-type", "float" if node.tag == "img" else ""):
            style.pop(name, None)
        if "font" in style:
            del style["font"]
        for name in ("width", "min-width"):
            if (px := _PX.match(style.get(name, ""))) and float(px[1]) > _COLUMN_PX:
                style[name] = "100%"
        style = {
            name: value.replace("! important", "!important").replace("!important", "").strip()
            for name, value in style.items()
        }
        if node.tag == "code" and style:
            style = {}
        node.set_style(style)
        if "style" in node.attrs and not node.attrs["style"]:
            del node.attrs["style"]


def _links_as_notes(root: Node) -> None:
    """Links to sent WeChat articles stay; of others WeChat keeps only the text, so their address becomes a note."""
    notes: list[tuple[str, str]] = []
    numbers: dict[int, int] = {}
    links = [link for link in root.all("a") if not _stays(link)]
    for link in links:
        address, text = link.attrs.get("href", "").strip(), link.text().strip()
        if re.match(r"^https?://", address) and text and address.rstrip("/") != text.rstrip("/"):
            notes.append((" ".join(text.split()), address))
            numbers[id(link)] = len(notes)
    for parent, link in list(parents(root)):
        if link.tag == "a" and not _stays(link):
            kept = list(link.children)
            if number := numbers.get(id(link)):
                kept.append(Node("sup", {"style": "color:#737373"}, [f"[{number}]"]))
            replace(parent, link, kept)
    if notes:
        lines: list[Node | str] = [
            Node(
                "p",
                {"style": "margin:0 0 4px;text-indent:0;word-break:break-all"},
                [f"[{number}] {text}：{address}"],
            )
            for number, (text, address) in enumerate(notes, 1)
        ]
        heading = Node("p", {"style": "margin:0 0 4px;text-indent:0"}, ["文中链接"])
        root.children.append(
            Node(
                "section",
                {
                    "style": "margin:24px 0 0;padding:12px 0 0;border-top:1px solid #e6e6e6;font-size:13px;color:#737373"
                },
                [heading, *lines],
            )
        )


def _stays(link: Node) -> bool:
    address = link.attrs.get("href", "").strip()
    return bool(_WECHAT_ARTICLE.match(address)) and "tempkey=" not in address


_STRAY = "data-stray"
_BULLETS = ("•", "◦", "▪")


def _plain_lists(root: Node) -> None:
    """One paragraph an item with a real mark: the only form of a list that looks the same on every client."""
    for holder in [root, *root.elements()]:
        if holder.tag not in ("ul", "ol"):
            _gather_strays(holder)
    for parent, node in list(parents(root)):
        if node.tag in ("ul", "ol") and not _inside_list(root, parent):
            replace(parent, node, list(_items(node, 0)))


def _gather_strays(holder: Node) -> None:
    """Items without a list, as pasting leaves them, get one."""
    gathered: list[Node | str] = []
    for child in holder.children:
        if isinstance(child, Node) and child.tag == "li":
            last = gathered[-1] if gathered else None
            if not (isinstance(last, Node) and last.tag == "ul" and last.attrs.get(_STRAY)):
                gathered.append(Node("ul", {_STRAY: "1"}))
            home = gathered[-1]
            assert isinstance(home, Node)
            home.children.append(child)
        else:
            gathered.append(child)
    holder.children = gathered


def _inside_list(root: Node, parent: Node) -> bool:
    return parent.tag in ("li", "ul", "ol")


def _items(listing: Node, depth: int) -> Iterator[Node]:
    ordered = listing.tag == "ol"
    start = listing.attrs.get("start", "1")
    number = int(start) if start.isascii() and start.removeprefix("-").isdigit() and len(start) < 6 else 1
    items = [
        child if isinstance(child, Node) else Node("li", {}, [child])
        for child in listing.children
        if isinstance(child, Node) or child.strip()
    ]
    wide = ordered and number + len(items) > 10
    width = 2.2 if wide else 1.6
    for item in items:
        if item.tag in ("ul", "ol"):
            yield from _items(item, depth + 1)
            continue
        if item.tag != "li":
            item = Node("li", {}, [item])
        mark = f"{number}." if ordered else _BULLETS[min(depth, 2)]
        number += 1
        for index, piece in enumerate(_pieces(item, depth)):
            if piece.tag == "p" and index == 0:
                own = {**item.style(), **piece.style()}
                indent = f"{round((depth + 1) * width, 1)}em"
                piece.set_style(
                    {"margin": "0 0 8px", **own, "padding-left": indent, "text-indent": f"-{width}em"}
                )
                style = f"display:inline-block;width:{width}em;text-indent:0"
                piece.children.insert(0, Node("span", {"style": style}, [mark]))
            elif piece.tag == "p" and "padding-left" not in piece.style():
                piece.set_style(
                    {"margin": "0 0 8px", **piece.style(), "padding-left": f"{width}em", "text-indent": "0"}
                )
            yield piece


def _pieces(item: Node, depth: int) -> Iterator[Node]:
    """The blocks of one list item: loose texts gathered to a paragraph, nested lists already flattened."""
    loose: list[Node | str] = []
    empty = True

    def gathered() -> Iterator[Node]:
        nonlocal empty
        if any(isinstance(child, Node) or child.strip() for child in loose) or (empty and loose):
            empty = False
            yield Node("p", {}, list(loose))
        loose.clear()

    for child in item.children:
        if isinstance(child, Node) and child.tag in ("ul", "ol"):
            yield from gathered()
            yield from _items(child, depth + 1)
        elif isinstance(child, Node) and child.tag in ("p", "section"):
            yield from gathered()
            empty = False
            yield Node("p", dict(child.attrs), child.children) if not child.has_blocks else child
        elif isinstance(child, Node) and child.tag in ("table", "blockquote", "figure", "pre"):
            yield from gathered()
            empty = False
            yield child
        else:
            loose.append(child)
    yield from gathered()


def _tight(root: Node) -> None:
    """No white space between blocks, no empty paragraph twice in a row."""
    for node in [root, *root.elements()]:
        if node is root or node.has_blocks:
            node.children = [
                child for child in node.children if not isinstance(child, str) or child.strip(" \t\r\n")
            ]


def _addressed(root: Node, urls: Urls | Mapping[str, str]) -> None:
    """Give every own picture its public address; foreign ones go, as they would in WeChat's store."""
    for parent, node in list(parents(root)):
        if "url(" in node.attrs.get("style", ""):
            node.set_style(
                {name: fixed for name, value in node.style().items() if (fixed := _with_urls(value, urls))}
            )
        if node.tag != "img":
            continue
        address = node.attrs.get("src", "")
        if own := _ASSET.match(address):
            node.attrs["src"] = urls[own[1]]
        elif not _WECHAT_PICTURE.match(address):
            drop(parent, node)
            continue
        style = node.style()
        width = style.pop("width", "auto")
        px = _PX.match(width)
        if px and float(px[1]) <= _ICON_PX:
            sized = {"width": width, "height": style.pop("height", "auto")}
        else:
            style.pop("height", None)
            sized = {"height": "auto"} if px or width == "auto" else {"width": width, "height": "auto"}
        style.pop("max-width", None)
        node.set_style({"max-width": "100%", **sized, **style})


def _with_urls(value: str, urls: Urls | Mapping[str, str]) -> str:
    made, last = [], 0
    for begin, end, address in style_urls(value):
        own = _ASSET.match(address)
        if not own and not _WECHAT_PICTURE.match(address):
            return ""
        made += [value[last:begin], f"url({urls[own[1]] if own else address})"]
        last = end
    return "".join(made) + value[last:]
