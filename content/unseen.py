"""What a pasted piece holds and its own page did not show: hidden text, remarks of reviewers, words that a change has deleted.

The markup on a clipboard is the whole of a document, not what somebody saw of it. What nobody meant to publish is cut out before
anything else looks at the piece, and named, so that nobody misses it either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

import nh3

from content.allowed import DROPPED_WHOLE, TAGS
from content.cleaning import sheets
from content.losses import closing, tag_end, without_comments
from content.tree import VOID, Node, parse
from content.word.report import opening

_TAG = re.compile(r"<([a-z][a-z0-9]{0,15})(?=[\s/>])", re.I)
_CLASS = re.compile(r"\.([A-Za-z][\w-]{0,80})")
_TELLING = re.compile(r"hidden|display|mso-hide|mso-element|msocom|MsoComment", re.I)
_REMARKS = frozenset({"msocomanchor", "msocomtxt", "msocommentreference"})
_BOXES = (TAGS | {"ins", "form", "label", "dl", "dt", "dd", "details", "summary", "ruby"}) - VOID
_SHOWN = 3
_HIDDEN, _REMARK, _DELETED = "隐藏的内容", "批注", "修订中删去的文字"


@dataclass(frozen=True)
class Seen:
    """A piece as its page showed it, and what was cut out: what each was (in Chinese), and its text."""

    html: str
    cut: tuple[tuple[str, str], ...] = ()

    @property
    def notices(self) -> list[str]:
        """One sentence a kind."""
        return [
            _said(kind, [words for what, words in self.cut if what == kind])
            for kind in dict.fromkeys(what for what, _ in self.cut)
        ]


def shown(html: str) -> Seen:
    """The piece without what its page hides. One pass; a hidden element that nothing closes stays."""
    by_style = _hidden_by_style(html)
    html = without_comments(html)
    kept: list[str] = []
    cut: list[tuple[str, str]] = []
    unclosed: set[str] = set()
    at = begin = 0
    while opens := _TAG.search(html, at):
        end = tag_end(html, opens.end())
        if not end:
            break
        at = end
        tag = opens[1].lower()
        if tag in DROPPED_WHOLE:
            at = closing(html, end, tag) or len(html)
        if tag in unclosed or tag not in _BOXES:
            continue
        if not (kind := _kind(tag, html[opens.start() : end], by_style)):
            continue
        closes = closing(html, end, tag)
        if not closes:
            unclosed.add(tag)
            continue
        kept.append(html[begin : opens.start()])
        words = unescape(nh3.clean(html[end:closes], tags=set())).strip()
        if words or "<img" in html[end:closes].lower():
            cut.append((kind, words))
        at = begin = closes
    return Seen("".join((*kept, html[begin:])), tuple(cut))


def _hidden_by_style(html: str) -> frozenset[str]:
    """The classes that Word's own sheet says are hidden text (sheets of pages hide much that is shown all the same)."""
    if "mso-hide" not in html:
        return frozenset()
    found: set[str] = set()
    for rule in sheets(html).split("}"):
        names, _, said = rule.partition("{")
        if "mso-hide:all" in "".join(said.split()).lower():
            found |= {one.lower() for one in _CLASS.findall(names)}
    return frozenset(found)


def _kind(tag: str, written: str, by_style: frozenset[str]) -> str:
    """Why the element that opens here is not seen; empty where it is."""
    if tag != "del" and not by_style and not _TELLING.search(written):
        return ""
    node = next((one for one in parse(written).children if isinstance(one, Node)), None)
    if node is None:
        return ""
    if tag == "del":  # of a page it is a line through words; only a tracked change says by whom or when
        return _DELETED if "cite" in node.attrs or "datetime" in node.attrs else ""
    style = node.style()
    classes = set(node.attrs.get("class", "").lower().split())
    if _REMARKS & classes or style.get("mso-element") == "comment-list":
        return _REMARK
    hides = "hidden" in node.attrs or style.get("display", "").lower().startswith("none")
    hides = hides or not by_style.isdisjoint(classes)
    return _HIDDEN if hides or style.get("mso-hide", "").lower() == "all" else ""


def _said(what: str, texts: Sequence[str]) -> str:
    words = list(dict.fromkeys(f"“{opening(one)}”" for one in texts if one))
    said = f"有 {len(texts)} 处{what}没有粘贴进来"
    return f"{said}：{'、'.join(words[:_SHOWN])}{' 等' if len(words) > _SHOWN else ''}" if words else said
