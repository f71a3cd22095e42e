"""Two states of an article side by side: which words, pictures and facts changed, in the order of the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from content.allowed import ASSET_PATH
from content.revisions import Fields
from content.tree import BLOCKS, Node, parse

Kind = Literal["same", "ins", "del"]
_NAMES = {
    "h1": "标题",
    "h2": "小标题",
    "h3": "次级标题",
    "h4": "次级标题",
    "li": "列表项",
    "td": "表格",
    "th": "表格",
}
_MOST_LINES = 3000
_MOST_PAIRS = 1_000_000
"""Characters times characters: two paragraphs beyond that are shown one after the other."""
_ALIKE = 0.5
"""Below that share of equal characters two paragraphs are two, not one that was changed."""
_CONTEXT = 24
"""Of what stayed the same, so many characters are shown at each side of a change."""


@dataclass(frozen=True)
class Piece:
    """Words that stayed, came or went; ``picture`` is the address of one, with its words as description."""

    kind: Kind
    text: str
    picture: str = ""


@dataclass(frozen=True)
class Change:
    """One place: ``where`` in words, and its pieces in order."""

    where: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class _Line:
    text: str
    role: str = ""
    picture: str = ""

    def piece(self, kind: Kind) -> Piece:
        return Piece(kind, self.text, self.picture)


def bodies(before: str, after: str) -> list[Change]:
    """What changed between two bodies."""
    old, new = _lines(before), _lines(after)
    if max(len(old), len(new)) > _MOST_LINES:
        return (
            [Change("正文", (Piece("same", "正文太长，无法逐句对比，请分别打开两个版本查看"),))]
            if old != new
            else []
        )
    changes: list[Change] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            changes += _changed(old[a:b], new[c:d], c)
    return changes


def facts(before: Fields, after: Fields, columns: Mapping[int, str]) -> list[Change]:
    """What changed of title, digest, author, column, link and cover."""
    found = []
    for name, old, new in (
        ("标题", before.title, after.title),
        ("摘要", before.digest, after.digest),
        ("作者", before.author, after.author),
        ("栏目", columns.get(before.column_id, ""), columns.get(after.column_id, "")),
        ("阅读原文", before.source_url, after.source_url),
    ):
        if old != new:
            found.append(Change(name, tuple(_words(old, new))))
    if before.cover_sha256 != after.cover_sha256:
        found.append(Change("封面", tuple(_covers(before.cover_sha256, after.cover_sha256))))
    if before.cover_square != after.cover_square:
        places = (square_place(before.cover_square), square_place(after.cover_square))
        found.append(Change("封面方图", tuple(_words(*places))))
    return found


def square_place(left: int | None) -> str:
    """Where the square of a cover lies, in words."""
    return "居中" if left is None else f"距左边 {left / 10:.0f}%"


def _covers(old: str | None, new: str | None) -> Iterator[Piece]:
    if old:
        yield Piece("del", "原封面", f"{ASSET_PATH}{old}")
    if new:
        yield Piece("ins", "新封面", f"{ASSET_PATH}{new}")


def _changed(old: Sequence[_Line], new: Sequence[_Line], first: int) -> Iterator[Change]:
    for at in range(max(len(old), len(new))):
        was = old[at] if at < len(old) else None
        now = new[at] if at < len(new) else None
        yield Change(_where(was, now, first + at), tuple(_between(was, now)))


def _where(was: _Line | None, now: _Line | None, at: int) -> str:
    place = f"第 {at + 1} 段"
    if was is None or now is None or was.role == now.role:
        return place
    return f"{place}，{was.role or '正文'}改为{now.role or '正文'}"


def _between(was: _Line | None, now: _Line | None) -> Iterator[Piece]:
    if was is None or now is None or was.picture or now.picture:
        if was is not None:
            yield was.piece("del")
        if now is not None:
            yield now.piece("ins")
        return
    yield from _words(was.text, now.text)


def _words(old: str, new: str) -> Iterator[Piece]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if len(old) * len(new) > _MOST_PAIRS or matcher.ratio() < _ALIKE:
        if old:
            yield Piece("del", old)
        if new:
            yield Piece("ins", new)
        return
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield Piece("same", _shortened(old[a:b]))
            continue
        if a < b:
            yield Piece("del", old[a:b])
        if c < d:
            yield Piece("ins", new[c:d])


def _shortened(text: str) -> str:
    return text if len(text) <= 2 * _CONTEXT + 1 else f"{text[:_CONTEXT]}…{text[-_CONTEXT:]}"


def _lines(html: str) -> list[_Line]:
    lines: list[_Line] = []
    _gather(parse(html), "", lines)
    return lines


def _gather(node: Node, role: str, lines: list[_Line]) -> None:
    loose: list[str] = []

    def end() -> None:
        if text := " ".join("".join(loose).split()):
            lines.append(_Line(text, role))
        loose.clear()

    def inline(one: Node | str) -> None:
        if isinstance(one, str):
            loose.append(one)
        elif one.tag == "br":
            end()
        elif one.tag == "img":
            end()
            lines.append(_Line(one.attrs.get("alt", "") or "图片", "", one.attrs.get("src", "")))
        elif one.tag in BLOCKS:
            end()
            _gather(one, _NAMES.get(one.tag, role), lines)
        else:
            for child in one.children:
                inline(child)

    for child in node.children:
        inline(child)
    end()
