"""What a style says of a paragraph or a run, along the chain of styles that it is based on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from content.word.names import Element, every, first, number, switch, val

_CHAIN = 20
_HEADING = re.compile(r"^(?:heading|标题) ?([1-9])$")
_CONTENTS = re.compile(r"^(?:toc|目录) ?[1-9]$")
_ROLES = {
    "title": "title",
    "标题": "title",
    "subtitle": "subtitle",
    "副标题": "subtitle",
    "quote": "quote",
    "引用": "quote",
    "intense quote": "quote",
    "明显引用": "quote",
    "toc heading": "contents",
    "toc 标题": "contents",
    "table of figures": "contents",
    "图表目录": "contents",
    "placeholder text": "placeholder",
    "占位符文本": "placeholder",
}
_SYMBOL_FONTS = {
    "symbol": "Symbol",
    "wingdings": "Wingdings",
    "wingdings 2": "Wingdings 2",
    "wingdings 3": "Wingdings 3",
    "webdings": "Webdings",
}
_BY_ID = re.compile(r"^(?:Heading|heading)([1-9])$")
"""Where the table of styles is missing or does not know the style, its id says what it is."""


@dataclass(frozen=True)
class Look:
    """How a run looks, as far as the article keeps it. ``symbols`` names the font of symbols that it is set in."""

    bold: bool = False
    italic: bool = False
    underlined: bool = False
    struck: bool = False
    raised: str = ""
    hidden: bool = False
    symbols: str = ""
    size: int = 0


class Styles:
    """The table of styles; an empty one knows what ids alone say."""

    def __init__(self, root: Element | None) -> None:
        styles = every(root, "w:style")
        self._styles = {one.get("w:styleId", ""): one for one in styles}
        self._default = next(
            (
                one.get("w:styleId", "")
                for one in styles
                if one.get("w:type") == "paragraph" and one.get("w:default") in ("1", "true", "on")
            ),
            "",
        )
        defaults = first(first(first(root, "w:docDefaults"), "w:rPrDefault"), "w:rPr")
        self._hidden_by_default = bool(switch(defaults, "w:vanish"))
        self._size_by_default = number(val(defaults, "w:sz"), 20)
        self._roles: dict[str, str] = {}

    def chain(self, style: str) -> Iterator[Element]:
        """The style and those that it is based on, itself first."""
        seen: set[str] = set()
        while style in self._styles and style not in seen and len(seen) < _CHAIN:
            seen.add(style)
            yield self._styles[style]
            style = val(self._styles[style], "w:basedOn") or ""

    def of_paragraph(self, properties: Element | None) -> str:
        """The id of a paragraph's style."""
        return val(properties, "w:pStyle") or self._default

    def role(self, style: str) -> str:
        """``title``, ``subtitle``, ``1`` to ``9`` (a heading), ``quote``, ``contents``, ``placeholder`` or nothing."""
        if style not in self._roles:
            self._roles[style] = self._role(style)
        return self._roles[style]

    def _role(self, style: str) -> str:
        for one in self.chain(style):
            name = " ".join((val(one, "w:name") or "").lower().split())
            if found := _HEADING.match(name):
                return found[1]
            if _CONTENTS.match(name):
                return "contents"
            if name in _ROLES:
                return _ROLES[name]
            level = val(first(one, "w:pPr"), "w:outlineLvl")
            if level is not None:
                return str(number(level) + 1) if 0 <= number(level, 9) < 9 else ""
        if style not in self._styles:
            if found := _BY_ID.match(style):
                return found[1]
            return "title" if style == "Title" else ""
        return ""

    def property(self, style: str, name: str) -> Element | None:
        """A property of paragraphs from the first style of the chain that has it."""
        for one in self.chain(style):
            if (found := first(first(one, "w:pPr"), name)) is not None:
                return found
        return None

    def aligned(self, properties: Element | None, style: str) -> str:
        """``center``, ``right`` or nothing."""
        direct = first(properties, "w:jc")
        found = direct if direct is not None else self.property(style, "w:jc")
        kind = found.get("w:val", "") if found is not None else ""
        return {"center": "center", "right": "right", "end": "right"}.get(kind, "")

    def look(self, properties: Element | None, paragraph_style: str, table_style: str = "") -> Look:
        """How a run with these properties looks in a paragraph of this style, in a table of that one."""
        style = val(properties, "w:rStyle") or ""
        own = [properties] if properties is not None else []
        runs = [*own, *self._runs(style)]
        below = self._runs(paragraph_style)
        under = next((kind for one in runs if (kind := val(one, "w:u")) is not None), "none")
        raised = next((kind for one in runs if (kind := val(one, "w:vertAlign")) is not None), "")
        sizes = (number(size) for one in [*runs, *below] if (size := val(one, "w:sz")) is not None)
        return Look(
            bold=bool(_switched(runs, "w:b")),
            italic=bool(_switched(runs, "w:i")),
            underlined=under != "none",
            struck=bool(_switched(runs, "w:strike") or _switched(runs, "w:dstrike")),
            raised={"superscript": "sup", "subscript": "sub"}.get(raised, ""),
            hidden=self._hidden(properties, runs[len(own) :], below, self._runs(table_style)),
            symbols=_symbols([*runs, *below]),
            size=next(sizes, self._size_by_default),
        )

    def hidden(self, properties: Element | None, paragraph_style: str, table_style: str = "") -> bool:
        """Whether a run, or the mark at a paragraph's end, with these properties is hidden."""
        levels = (val(properties, "w:rStyle") or "", paragraph_style, table_style)
        return self._hidden(properties, *map(self._runs, levels))

    def _runs(self, style: str) -> list[Element | None]:
        """What a style says of runs, the styles that it is based on behind it."""
        return [first(one, "w:rPr") for one in self.chain(style)]

    def _hidden(self, direct: Element | None, *levels: list[Element | None]) -> bool:
        """Said directly it holds; of the styles of run, paragraph and table two undo each other, as in Word."""
        said = switch(direct, "w:vanish")
        if said is not None:
            return said
        return self._hidden_by_default or sum(bool(_switched(one, "w:vanish")) for one in levels) % 2 == 1


def _switched(properties: list[Element | None], name: str) -> bool | None:
    return next((said for one in properties if (said := switch(one, name)) is not None), None)


def symbol_font(name: str) -> str:
    """The name of a font of symbols as we know it; empty for other fonts."""
    return _SYMBOL_FONTS.get(" ".join(name.lower().split()), "")


def _symbols(properties: list[Element | None]) -> str:
    for one in properties:
        fonts = first(one, "w:rFonts")
        if fonts is not None and (name := fonts.get("w:ascii") or fonts.get("w:hAnsi")):
            return symbol_font(name)
    return ""
