"""Half- and full-width where the other is meant, signs that stand twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

from content.proofing.findings import Found, Severity
from content.proofing.text import Text, narrow

_HALF = re.compile(
    r"(?<=[一-鿿”）》])[,;:?!](?=[一-鿿“（《\s]|$)|(?<=[一-鿿”）》])\.(?=$)|(?<=[一-鿿])\((?=[一-鿿])|"
    r"(?<=[一-鿿])\)(?=[一-鿿，。；：]|$)"
)
_FULL = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！", ".": "。", "(": "（", ")": "）"}
_WIDE = re.compile(r"[０-９Ａ-Ｚａ-ｚ][０-９Ａ-Ｚａ-ｚ．％／－]{0,30}")
_TWICE = re.compile(r"([，。、；：,;])\1{1,5}|[，、；：][。，；：、]|。[，、；：]")
_DOTS = re.compile(r"。{3,12}|\.{3,12}(?=[\u4e00-\u9fff”]|$)|(?<![…])…(?![…])")


def find(text: Text) -> Iterator[Found]:
    """All of them; hints, because none changes what a text says."""
    for line in text.lines:
        for match in _HALF.finditer(line.text):
            full = _FULL[match[0]]
            yield Found(
                "width", Severity.HINT, line.number, *match.span(), "中文里的标点应为全角", replacement=full
            )
        for match in _WIDE.finditer(line.text):
            half = narrow(match[0])
            yield Found(
                "width", Severity.HINT, line.number, *match.span(), "数字和字母应为半角", replacement=half
            )
        dots = [match.span() for match in _DOTS.finditer(line.text)]
        for start, end in dots:
            yield Found("marks", Severity.HINT, line.number, start, end, "省略号应为六个点", replacement="……")
        for match in _TWICE.finditer(line.text):
            if not any(start < match.end() and match.start() < end for start, end in dots):
                only = _kept(match[0])
                yield Found("marks", Severity.HINT, line.number, *match.span(), "标点重复", replacement=only)


def _kept(signs: str) -> str:
    """The one of several signs that says most."""
    for sign in "。：；，、":
        if sign in signs:
            return sign
    return _FULL.get(signs[0], signs[0])
