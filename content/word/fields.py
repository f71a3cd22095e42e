"""Fields: only their results show, and where there is none, what the instruction itself draws (①, ☑, a symbol, a fraction)."""

from __future__ import annotations

from dataclasses import dataclass, field

from content.word import equations, symbols
from content.word.names import Element, every, first, number, switch, val
from content.word.styles import symbol_font

_PROMPTS = ("MACROBUTTON", "GOTOBUTTON")
_SILENT = frozenset(
    {
        "",
        "XE",
        "TC",
        "RD",
        "SET",
        "ASK",
        "TA",
        "BOOKMARK",
        "NEXT",
        "NEXTIF",
        "SKIPIF",
        "PRIVATE",
        "ADDIN",
        "FORMTEXT",
        "PAGE",
    }
)
"""Fields that show nothing, or nothing that an article has."""


@dataclass
class _Open:
    code: str = ""
    in_result: bool = False
    said: bool = False
    data: Element | None = None

    @property
    def word(self) -> str:
        return (self.code.split(maxsplit=1) or [""])[0].upper()


@dataclass(frozen=True)
class Drawn:
    """What a field without a result draws. ``prompt``: words that ask somebody to fill in; ``unknown``: nobody can know it."""

    text: str = ""
    reading: str = ""
    prompt: str = ""
    unknown: str = ""


def endless(root: Element) -> frozenset[int]:
    """The ``id`` of every mark that begins a field which nothing ends: what follows is text, not the field's."""
    begun: list[int] = []
    _match(root, begun)
    return frozenset(begun)


def _match(parent: Element, begun: list[int]) -> None:
    for child in parent:
        if child.tag == "w:fldChar":
            kind = child.get("w:fldCharType")
            if kind == "begin":
                begun.append(id(child))
            elif kind == "end" and begun:
                begun.pop()
        elif child.tag not in ("w:del", "w:moveFrom"):
            _match(child, begun)


@dataclass
class Fields:
    """Those that are open just now, the innermost last. ``endless`` as :func:`endless` gives it."""

    endless: frozenset[int] = frozenset()
    _open: list[_Open] = field(default_factory=list)

    @property
    def visible(self) -> bool:
        """Whether text that comes now is part of a result."""
        return all(one.in_result for one in self._open) and not self.contents

    @property
    def contents(self) -> bool:
        """Whether we stand in a table of contents."""
        return any(one.in_result and one.word in ("TOC", "INDEX") for one in self._open)

    @property
    def link(self) -> str:
        """The address that the result leads to."""
        for one in reversed(self._open):
            if one.word == "HYPERLINK" and (address := _first_argument(one.code)):
                return address
        return ""

    def begin(self, element: Element | None, code: str = "") -> None:
        """A field begins; with ``code`` its instruction is known and its result follows."""
        if id(element) in self.endless:
            return
        data = first(element, "w:ffData") if element is not None else None
        self._open.append(_Open(code, bool(code), data=data))

    def instruct(self, text: str) -> None:
        """A piece of the instruction."""
        if self._open and not self._open[-1].in_result:
            self._open[-1].code += text

    def separate(self) -> None:
        """The result begins."""
        if self._open:
            self._open[-1].in_result = True

    def say(self) -> None:
        """Something of a result showed."""
        for one in self._open:
            one.said = True

    def end(self) -> Drawn:
        """The innermost one ends."""
        if not self._open:
            return Drawn()
        closed = self._open.pop()
        if closed.said or not self.visible:
            return Drawn()
        return _drawn(closed)


def _drawn(closed: _Open) -> Drawn:
    word = closed.word
    if word == "FORMCHECKBOX":
        return Drawn("☑" if _is_ticked(closed.data) else "☐")
    if word == "FORMDROPDOWN":
        return Drawn(_chosen(closed.data))
    if word == "SYMBOL":
        return _symbol(closed.code)
    if word == "EQ":
        text, reading = equations.read(closed.code.strip()[2:])
        return Drawn(text, reading) if text else Drawn(unknown=closed.code.strip())
    if word in _PROMPTS:
        return Drawn(prompt=" ".join(closed.code.split(maxsplit=2)[2:]))
    if closed.in_result or word in _SILENT or not (word.isalpha() or word.startswith("=")):
        return Drawn()
    return Drawn(unknown=closed.code.strip())


def _is_ticked(data: Element | None) -> bool:
    box = first(data, "w:checkBox")
    said = switch(box, "w:checked")
    return bool(switch(box, "w:default") if said is None else said)


def _chosen(data: Element | None) -> str:
    listing = first(data, "w:ddList")
    entries = [one.get("w:val", "") for one in every(listing, "w:listEntry")]
    at = number(val(listing, "w:result"), number(val(listing, "w:default")))
    return entries[at] if 0 <= at < len(entries) else ""


def _symbol(code: str) -> Drawn:
    words = code.replace('"', " ").split()
    if len(words) < 2:
        return Drawn()
    said = words[1].lower()
    try:
        char = int(said, 16) if said.startswith("0x") else int(said)
    except ValueError:
        return Drawn(words[1][:1])
    after = code.partition("\\f")[2].strip()
    font = (
        after.split('"')[1] if after.startswith('"') and after.count('"') > 1 else (after.split() or [""])[0]
    )
    text = symbols.shown(symbol_font(font), char)
    return Drawn(text) if text else Drawn(unknown=code.strip())


def _first_argument(code: str) -> str:
    rest = code.strip()[len("HYPERLINK") :].strip()
    if rest.startswith('"'):
        return rest[1:].partition('"')[0]
    return "" if rest.startswith("\\") else (rest.split() or [""])[0]
