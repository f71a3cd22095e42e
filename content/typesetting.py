"""排版 by one click: punctuation, spaces, numbering and heading levels as an office writes them. Words are never touched.

What it did is shown as a comparison (:mod:`content.comparing`) before anybody takes it. Applied again it changes nothing.
"""

from __future__ import annotations

import re

from content.tree import BLOCKS, Node, parse, render

_FULL = str.maketrans({",": "，", ";": "；", ":": "：", "!": "！", "?": "？"})
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff〇]")
_AFTER_HAN = re.compile("(?<=[\u3400-\u9fff\uf900-\ufaff〇”’）》])(?:[!?]{1,9}|[,;:])(?!/)")
_STOP = re.compile("(?<=[\u3400-\u9fff\uf900-\ufaff〇”’）》])\\.(?=$|[\u3400-\u9fff\uf900-\ufaff〇“”\\s])")
_BRACKETS = re.compile("\\(([^()]{0,60})\\)")
_QUOTES = re.compile('"([^"<>]{1,200})"')
_DOTS = re.compile("[.。]{3,9}|…{1,9}")
_DASHES = re.compile("(?<=[\u3400-\u9fff\uf900-\ufaff〇])-{2,6}")
_AGAIN = re.compile("([！？])\\1{1,9}")
_SPACES = re.compile(
    "(?<=[\u3400-\u9fff\uf900-\ufaff〇，。；：！？、）》”])[ \u3000\xa0]{1,30}"
    "(?=[\u3400-\u9fff\uf900-\ufaff〇，。；：！？、（《“])"
)
_WIDE = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_LEADING = " \t\u3000\xa0"
_NUMBERS = (
    (re.compile("^([一二三四五六七八九十]{1,3})[.．,，]\\s{0,9}"), r"\1、"),
    (re.compile("^[(（]([一二三四五六七八九十]{1,3})[)）][、.．]?\\s{0,9}"), r"（\1）"),
    (re.compile("^(\\d{1,2})[、．]\\s{0,9}"), r"\1. "),
    (re.compile("^[(（](\\d{1,2})[)）][、.．]?\\s{0,9}"), r"（\1）"),
)
_FIRST = re.compile("^[一二三四五六七八九十]{1,3}、")
_SECOND = re.compile("^（[一二三四五六七八九十]{1,3}）")
_HEADING_CHARS = 32
_KEPT = ("pre", "code")


def typeset(html: str) -> str:
    """The body with the office's punctuation, spacing, numbering and levels."""
    root = parse(html)
    _blocks(root)  # first: 「一.」 at the beginning of a line is a number, in the middle a full stop
    _texts(root)
    return render(root)


def _texts(node: Node) -> None:
    for at, child in enumerate(node.children):
        if isinstance(child, str):
            node.children[at] = punctuated(child)
        elif child.tag not in _KEPT:
            _texts(child)


def punctuated(text: str) -> str:
    """One run of text with Chinese punctuation among Chinese characters."""
    if "://" in text or "@" in text:
        return text
    text = text.translate(_WIDE)
    if _HAN.search(text):
        text = _QUOTES.sub(r"“\1”", text)
    text = _BRACKETS.sub(lambda found: f"（{found[1]}）" if _HAN.search(found[1]) else found[0], text)
    text = _DASHES.sub("——", _DOTS.sub("……", text))
    text = _AFTER_HAN.sub(lambda found: found[0].translate(_FULL), text)
    text = _STOP.sub("。", _AGAIN.sub(r"\1", text))
    return _SPACES.sub("", text)


def _blocks(root: Node) -> None:
    kept: list[Node | str] = []
    for child in root.children:
        if not isinstance(child, Node) or child.tag not in BLOCKS:
            kept.append(child)
            continue
        if child.tag in ("p", "h1", "h2", "h3", "h4", "h5", "h6"):
            if not child.text().strip(_LEADING + "\n") and not child.all("img"):
                continue
            _strip(child)
            _numbered(child)
            _levelled(child)
        elif "style" not in child.attrs and child.tag in ("section", "div", "article", "main"):
            _blocks(child)
        kept.append(child)
    root.children = kept


def _first_text(block: Node) -> tuple[Node, str] | None:
    """The element that holds the first text of a block, and that text."""
    for child in block.children:
        if isinstance(child, str):
            return block, child
        if child.tag == "img":
            return None
        if found := _first_text(child):
            return found
    return None


def _strip(block: Node) -> None:
    if found := _first_text(block):
        _put(found[0], found[1].lstrip(_LEADING))


def _numbered(block: Node) -> None:
    if not (found := _first_text(block)):
        return
    for pattern, form in _NUMBERS:
        if pattern.match(found[1]):
            _put(found[0], pattern.sub(form, found[1]))
            return


def _put(holder: Node, text: str) -> None:
    at = next(index for index, child in enumerate(holder.children) if isinstance(child, str))
    holder.children[at] = text


def _levelled(block: Node) -> None:
    text = block.text().strip()
    short = (
        len(text) <= _HEADING_CHARS and not text.endswith(("。", "；", "，", "：")) and not block.all("img")
    )
    if block.tag == "h1" or (block.tag in ("p", "h3", "h4") and short and _FIRST.match(text)):
        level = "h2"
    elif block.tag in ("h4", "h5", "h6") or (block.tag in ("p", "h2") and short and _SECOND.match(text)):
        level = "h3"
    else:
        return
    block.tag = level
    style = block.style()
    for name in ("text-indent", "font-size", "margin"):
        style.pop(name, None)
    block.set_style(style)
