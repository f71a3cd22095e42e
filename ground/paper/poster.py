"""A poster for phones: one picture with a title, a few lines and a QR code, drawn in the font that is shipped.

Nothing here knows what it is about; who wants one hands over words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

import segno

from ground.paper import FONT

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

WIDTH = 750
_MARGIN = 60
_BAND = 132
_CODE = 252
"""How wide the code may be, with nothing around it."""
_RED, _PAPER, _INK, _GREY, _LINE = "#a61b1b", "#ffffff", "#1f1f1f", "#4d4d4d", "#e3dccf"
_TITLE_SIZES = (62, 56, 50, 44, 38)
_TITLE_LINES = (3, 3, 4, 5, 6)
"""Of a title that is set in each of these sizes; what is longer even in the smallest is cut."""
_TEXT_LINES = 4
_COLOURS = 64
_GETA = "〓"
"""What printers set for a character that they have not got."""
_JOINED = re.compile("\u200d[\u2190-\u2bff\U0001f000-\U0001faff]")
"""A sign that is part of the one before it: of a runner, that it is a man."""
_UNSEEN = re.compile(
    "[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff\U000e0000-\U000e007f]"
)
_SIGNS = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff]")
_WORDS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.,:/@%+_'’\-]*|\s+|.", re.DOTALL)
_NEVER_FIRST = frozenset("、，。；：？！,.;:?!）】》〉」』”’)]}…—～·%")
_NEVER_LAST = frozenset("（【《〈「『“‘([{")


@dataclass(frozen=True)
class Words:
    """What stands on a poster, from top to bottom; ``code`` is what its QR code says, ``hint`` the lines beside it."""

    head: str
    label: str
    title: str
    date: str
    text: str
    hint: str
    foot: str
    code: str


@lru_cache(maxsize=48)
def png(words: Words) -> bytes:
    """The picture. Drawn once for the same words while it is in use; a tenth of a second otherwise."""
    from PIL import Image, ImageDraw  # most processes never draw

    title_size, title = _title(known(words.title))
    text = _lines(known(words.text), _font(30), WIDTH - 2 * _MARGIN, _TEXT_LINES)
    code = _code(words.code)
    below_title = _BAND + 118 + len(title) * round(title_size * 1.38)
    below_text = below_title + 72 + len(text) * 48
    top_of_code = below_text + (44 if text else 20)
    height = top_of_code + 44 + _CODE + 96

    picture = Image.new("RGB", (WIDTH, height), _PAPER)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, WIDTH, _BAND), fill=_RED)
    head = "".join(_lines(known(words.head), _font(46), WIDTH - 2 * _MARGIN, 1))
    pen.text((WIDTH / 2, _BAND / 2), head, _PAPER, _font(46), "mm", stroke_width=1, stroke_fill=_PAPER)
    pen.text((_MARGIN, _BAND + 40), known(words.label), font=_font(32), fill=_RED)
    pen.text((WIDTH - _MARGIN, _BAND + 42), words.date, font=_font(28), fill=_GREY, anchor="ra")
    _column(pen, title, _BAND + 108, title_size, _INK, 1.38, stroke=1)
    if text:
        pen.rectangle((_MARGIN, below_title + 14, _MARGIN + 72, below_title + 19), fill=_RED)
    _column(pen, text, below_title + 50, 30, _GREY, 1.6)

    pen.rectangle((_MARGIN, top_of_code, WIDTH - _MARGIN, top_of_code + 2), fill=_LINE)
    left = _MARGIN
    picture.paste(code, (left, top_of_code + 40))
    beside = left + _CODE + 36
    room = WIDTH - _MARGIN - beside
    hint = [line for part in words.hint.split("\n") for line in _lines(known(part), _font(34), room, 2)]
    _column(pen, hint, top_of_code + 40 + (_CODE - len(hint) * 54) // 2, 34, _INK, 1.6, left=beside)
    pen.text((WIDTH / 2, height - 50), known(words.foot), font=_font(28), fill=_GREY, anchor="mm")
    return _packed(picture)


def known(text: str) -> str:
    """The text as the font can show it: pictures and marks that nobody sees are left out, other strange characters marked."""
    seen = " ".join(_UNSEEN.sub("", _JOINED.sub("", text)).split())
    made = "".join(one if _has(one) else "" if _SIGNS.match(one) else _GETA for one in seen)
    return " ".join(made.split())


@cache
def _has(character: str) -> bool:
    return character.isspace() or bytes(_font(24).getmask(character)) != _missing()


@cache
def _missing() -> bytes:
    return bytes(_font(24).getmask("\U0010fffd"))


@cache
def _font(size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(FONT), size, layout_engine=ImageFont.Layout.BASIC)


def _title(text: str) -> tuple[int, list[str]]:
    """The largest size in which it has few lines, and these."""
    for size, most in zip(_TITLE_SIZES, _TITLE_LINES, strict=True):
        lines = _lines(text, _font(size), WIDTH - 2 * _MARGIN, most + 1)
        if len(lines) <= most:
            return size, lines
    return _TITLE_SIZES[-1], _lines(text, _font(_TITLE_SIZES[-1]), WIDTH - 2 * _MARGIN, _TITLE_LINES[-1])


def _lines(text: str, font: FreeTypeFont, width: int, most: int) -> list[str]:
    """The text in lines of this width, at most so many; an ellipsis says that there was more."""
    lines, line = [], ""
    for part in _parts(text, font, width):
        if font.getlength((line + part).rstrip()) <= width or not line:
            line += part
            continue
        line, part = _kept_together(line, part)
        lines.append(line.strip())
        line = part.lstrip()
    if line.strip():
        lines.append(line.strip())
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and font.getlength(f"{last}…") > width:
        last = last[:-1]
    return [*lines[: most - 1], f"{last}…"]


def _parts(text: str, font: FreeTypeFont, width: int) -> list[str]:
    """What is not broken between lines: a word of letters and digits, one Chinese character. What is too wide is cut."""
    found: list[str] = []
    for part in _WORDS.findall(text):
        found += list(part) if font.getlength(part) > width else [part]
    return found


def _kept_together(line: str, part: str) -> tuple[str, str]:
    """No line begins with a closing mark or ends with an opening one: the character before it comes along."""
    while len(line) > 2 and (part[0] in _NEVER_FIRST or line[-1] in _NEVER_LAST):
        line, part = line[:-1], line[-1] + part
    return line, part


def _column(
    pen: ImageDraw,
    lines: list[str],
    top: float,
    size: int,
    ink: str,
    leading: float,
    *,
    left: int = _MARGIN,
    stroke: int = 0,
) -> None:
    for number, line in enumerate(lines):
        where = (left, top + number * round(size * leading))
        pen.text(where, line, font=_font(size), fill=ink, stroke_width=stroke, stroke_fill=ink)


def _code(text: str) -> Image:
    """The QR code, its modules of whole pixels, as wide as it may be."""
    from PIL import Image

    made = segno.make(text, error="m", micro=False)
    scale = max(1, _CODE // made.symbol_size(border=0)[0])
    drawn = BytesIO()
    made.save(drawn, kind="png", scale=scale, border=0)
    square = Image.new("RGB", (_CODE, _CODE), _PAPER)
    inside = Image.open(drawn).convert("RGB")
    square.paste(inside, ((_CODE - inside.width) // 2, (_CODE - inside.height) // 2))
    return square


def _packed(picture: Image) -> bytes:
    """A PNG of few colours: a third of the size, and nobody sees it."""
    out = BytesIO()
    picture.quantize(_COLOURS).save(out, "PNG", optimize=True)
    return out.getvalue()
