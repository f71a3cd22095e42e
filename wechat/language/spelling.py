"""One spelling for what people type, and how it sounds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice, product

from ground.simplified import SIMPLIFIED
from ground.sounds import folded_readings, readings

_FACES = re.compile(
    r"/:(?:showlove|handclap|basketb|circle|coffee|hiphot|strong|break|heart|kotow|shake|share|bome|cake|fade|gift|jump|kiss"
    r"|love|moon|rose|skip|turn|weak|wipe|beer|bad|bye|dig|eat|hug|lvu|pig|sun|jj|li|no|ok|oo|pd|xx|v"
    r"|[BPX8]?[^\s\w\u4e00-\u9fff]{1,3}[A-Za-z0-9]?[)(|*>]?)"
    r"|\[(?![签打报到])[\u4e00-\u9fffa-zA-Z]{1,4}\]"
)
"""WeChat's own faces as they come in a text; [签到] is none."""
_SPACES = re.compile(r"\s+")
_QUOTES = frozenset('"“”„‟「」『』')
"""They break nothing: in 群里都在刷“签到” it is no clause of its own."""
_COLON = re.compile(r"(\d):(\d)")
_DAY = re.compile(r"(?<!\d)(\d{1,2})[./](\d{1,2})(?!\d)")
_MOST_READINGS = 8


def normalise(text: str) -> str:
    """Half width, simplified, lower case, no emoji or faces, single spaces; 19:00 is 19点00, 11.24 is 11月24."""
    text = (
        _FACES.sub(" ", unicodedata.normalize("NFKC", text)).replace("➕", "+").lower().translate(SIMPLIFIED)
    )
    if text.isalnum():
        return text
    text = _DAY.sub(r"\1月\2", _COLON.sub(r"\1点\2", text))
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if category[0] in "LN" or character in "+·":
            kept.append(character)
        elif character not in _QUOTES and category not in ("Cf", "Mn", "Me", "Sk"):
            kept.append(" ")
    return _SPACES.sub(" ", "".join(kept)).strip()


def compact(text: str) -> str:
    """The same without any space: for names and titles that are looked for in a message."""
    return normalise(text).replace(" ", "")


def sounds_of(text: str) -> Iterator[str]:
    """How a text may sound, one key a reading; nothing where a character is none that we know the sound of."""
    heard = folded_readings() if len(text) > 2 else readings()
    known = [heard.get(char) for char in text]
    if all(known):
        for number, syllables in enumerate(product(*(sorted(one) for one in known if one))):
            if number == _MOST_READINGS:
                return
            yield " ".join(syllables)


def typed_sounds(text: str) -> set[str]:
    """What somebody types who knows no other way to write a text: ``党日`` → ``{"dangri"}``."""
    known = [readings().get(char) for char in text]
    ways = product(*(sorted(one) for one in known if one)) if all(known) else ()
    return {"".join(syllables) for syllables in islice(ways, _MOST_READINGS)}


def sound_is(one: str, syllable: str) -> bool:
    """Whether a character may be read so."""
    return syllable in readings().get(one, ())
