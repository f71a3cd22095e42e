"""Automatic numbering: what stands before a numbered paragraph, counted as Word counts it."""

from __future__ import annotations

from dataclasses import dataclass

from content.word import symbols
from content.word.names import Element, every, first, number, on, switch, val
from content.word.numerals import written
from content.word.styles import Styles, symbol_font

_LEVELS = 9
_MOST_CHARS = 60
_BULLETS = frozenset("•●○◦■▪▫◆◇❖➢➤►▶▸→–—-·∙*o§¤★☆◎⁃➔⇨✦❯Øl")
"""Marks that only say «an item»; any other (☐, ✓, ※) may mean something and stays as text."""
_MARK_ALONE = "•"


@dataclass(frozen=True)
class Label:
    """Before a paragraph: ``text`` with what separates it, or a plain bullet of this level (then ``text`` is empty)."""

    text: str = ""
    bullet: int | None = None


@dataclass(frozen=True)
class _Level:
    """How one level is written."""

    start: int
    form: str
    pattern: str
    text: str
    suffix: str
    legal: bool
    restart: int | None
    font: str
    pictured: bool
    hidden: bool


class Numbering:
    """The lists of a document with their counters: ask for each paragraph once, in the order of the document."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        self._styles = styles
        self._abstract = {one.get("w:abstractNumId", ""): one for one in every(root, "w:abstractNum")}
        self._nums = {one.get("w:numId", ""): one for one in every(root, "w:num")}
        self._levels: dict[tuple[str, int], _Level | None] = {}
        self._counters: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()

    def label(self, properties: Element | None, style: str) -> Label | None:
        """What stands before this paragraph; None where it has no number. Counts it."""
        num, level = self._place(properties, style)
        found = self._level(num, level) if num else None
        if found is None:
            return None
        counters = self._count(num, level)
        if found.hidden:
            return None
        if found.form == "bullet" or found.pictured:
            return _bullet(found, level)
        text = self._text(num, level, found, counters)
        if not text:
            return None
        return Label(text + _separator(text, found.suffix))

    def _place(self, properties: Element | None, style: str) -> tuple[str, int]:
        """The list and the level that a paragraph belongs to: its own word, else its style's. No list: empty."""
        direct = first(properties, "w:numPr")
        by_style, at = self._of_style(style)
        num = val(direct, "w:numId")
        own = val(direct, "w:ilvl")
        num = by_style if num is None else num
        level = number(own) if own is not None else (at if num == by_style else 0)
        return ("" if num == "0" else num), min(max(level, 0), _LEVELS - 1)

    def _of_style(self, style: str) -> tuple[str, int]:
        said = [first(first(one, "w:pPr"), "w:numPr") for one in self._styles.chain(style)]
        num = next((num for one in said if (num := val(one, "w:numId")) is not None), "")
        if num in ("", "0"):
            return "", 0
        for one in self._styles.chain(style):
            name = one.get("w:styleId", "")
            for level in range(_LEVELS):
                element = self._level_element(num, level)
                if element is not None and val(element, "w:pStyle") == name:
                    return num, level
        return num, number(next((at for one in said if (at := val(one, "w:ilvl")) is not None), None))

    def _definition(self, num: str) -> str:
        """The id of the list definition that a list follows, links by way of a style included."""
        definition = val(self._nums.get(num), "w:abstractNumId") or ""
        for _ in range(_LEVELS):
            link = val(self._abstract.get(definition), "w:numStyleLink")
            if not link:
                break
            there = val(self._styles.property(link, "w:numPr"), "w:numId") or ""
            following = val(self._nums.get(there), "w:abstractNumId") or next(
                (name for name, one in self._abstract.items() if val(one, "w:styleLink") == link), ""
            )
            if not following or following == definition:
                break
            definition = following
        return definition

    def _override(self, num: str, level: int) -> Element | None:
        for one in every(self._nums.get(num), "w:lvlOverride"):
            if number(one.get("w:ilvl")) == level:
                return one
        return None

    def _level_element(self, num: str, level: int) -> Element | None:
        own = first(self._override(num, level), "w:lvl")
        if own is not None:
            return own
        for one in every(self._abstract.get(self._definition(num)), "w:lvl"):
            if number(one.get("w:ilvl")) == level:
                return one
        return None

    def _level(self, num: str, level: int) -> _Level | None:
        if (num, level) not in self._levels:
            element = self._level_element(num, level)
            self._levels[num, level] = _read_level(element) if element is not None else None
        return self._levels[num, level]

    def _count(self, num: str, level: int) -> dict[int, int]:
        """One more on this level. Lists of one definition count on from each other unless one says where it begins."""
        counters = self._counters.setdefault(self._definition(num), {})
        begins = val(self._override(num, level), "w:startOverride")
        if begins is not None and (num, level) not in self._begun:
            counters[level] = number(begins, 1)
        elif level in counters:
            counters[level] += 1
        else:
            counters[level] = self._start(num, level)
        self._begun.add((num, level))
        for deeper in [one for one in counters if one > level]:
            found = self._level(num, deeper)
            restart = found.restart if found is not None else None
            if restart is None or (restart > 0 and level < restart):
                del counters[deeper]
        return counters

    def _start(self, num: str, level: int) -> int:
        begins = val(self._override(num, level), "w:startOverride")
        if begins is not None:
            return number(begins, 1)
        found = self._level(num, level)
        return found.start if found is not None else 1

    def _text(self, num: str, level: int, found: _Level, counters: dict[int, int]) -> str:
        made, at = [], 0
        while at < len(found.text):
            char, following = found.text[at], found.text[at + 1 : at + 2]
            if char == "%" and following.isdigit() and following != "0":
                made.append(self._number(num, int(following) - 1, found, counters))
                at += 2
            else:
                made.append(char)
                at += 1
        text, _ = symbols.translated(found.font, "".join(made))
        return text[:_MOST_CHARS].strip()

    def _number(self, num: str, level: int, found: _Level, counters: dict[int, int]) -> str:
        other = self._level(num, level)
        value = counters.get(level, self._start(num, level))
        if other is None:
            return str(value)
        if found.legal and other.form not in ("none", "bullet"):
            return str(value)
        return written(value, other.form, other.pattern)


def _read_level(element: Element) -> _Level:
    text = first(element, "w:lvlText")
    form = first(element, "w:numFmt")
    fonts = first(first(element, "w:rPr"), "w:rFonts")
    restart = val(element, "w:lvlRestart")
    nothing = text is None or on(text.get("w:null"))
    return _Level(
        start=number(val(element, "w:start"), 1),
        form=(form.get("w:val") or "decimal") if form is not None else "decimal",
        pattern=form.get("w:format", "") if form is not None else "",
        text="" if nothing or text is None else text.get("w:val", ""),
        suffix=val(element, "w:suff") or "tab",
        legal=bool(switch(element, "w:isLgl")),
        restart=number(restart) if restart is not None else None,
        font=symbol_font(fonts.get("w:ascii") or fonts.get("w:hAnsi") or "") if fonts is not None else "",
        pictured=first(element, "w:lvlPicBulletId") is not None,
        hidden=bool(switch(first(element, "w:rPr"), "w:vanish")),
    )


def _bullet(found: _Level, level: int) -> Label | None:
    text = found.text.strip()
    if found.pictured:
        return Label(bullet=level)
    if not text:
        return None
    mark, unknown = symbols.translated(found.font, text)
    if unknown or not mark.strip() or mark in _BULLETS:
        return Label(bullet=level)
    return Label(mark.strip() + _separator(mark, found.suffix))


def _separator(text: str, suffix: str) -> str:
    """What stands between number and text: nothing behind 、 or ）, a wide space behind 第一条, else a space."""
    if suffix == "nothing":
        return ""
    last = text[-1]
    if last in "、．。，：）】〕》」』":
        return ""
    return "\u3000" if "\u4e00" <= last <= "\u9fff" else " "
