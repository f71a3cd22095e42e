"""Whether a name is meant by what somebody types to find it: characters of it, its pinyin, or the initials."""

from __future__ import annotations

from itertools import islice, product

from ground.sounds import readings

_MOST_READINGS = 16
_SURNAMES = {
    char: sound
    for sound, chars in (
        ("shan", "单"), ("zeng", "曾"), ("qiu", "仇"), ("xie", "解"), ("ren", "任"), ("ou", "区"), ("zha", "查"), ("piao", "朴"),
        ("yu", "尉"), ("zhai", "翟"), ("ge", "盖"), ("miao", "缪"), ("shao", "召"), ("tan", "覃"), ("yue", "乐"), ("yun", "员"),
        ("chong", "种"), ("he", "黑"), ("bi", "秘"), ("po", "繁"), ("mu", "牟"), ("wei", "隗"), ("she", "折"), ("na", "那"),
    )
    for char in chars
}  # fmt: skip
"""How characters are read as a surname, beside their other readings."""


def is_meant(name: str, words: str) -> bool:
    """``张小三`` by 小三, ``zhangxiaosan``, ``zhangxs``, ``zxs`` or ``zx``; every reading of a character counts (单 shan, dan).

    ``words`` in any case and width, with or without spaces between; nothing means everybody.
    """
    said = "".join(words.split()).lower().replace("'", "")
    if not said:
        return True
    if not said.isascii():
        return said in name
    return any(_begins(syllables, said) for syllables in _readings(name))


def begins(name: str, words: str) -> bool:
    """Whether it is the beginning of the name, as most people look for one."""
    said = "".join(words.split()).lower().replace("'", "")
    return name.startswith(said) or (said.isascii() and any(_taken(one, said) for one in _readings(name)))


def _readings(name: str) -> list[tuple[str, ...]]:
    known = [sorted(_sounds(char, first=not at)) for at, char in enumerate(name) if char.isalpha()]
    return list(islice(product(*known), _MOST_READINGS))


def _sounds(char: str, *, first: bool) -> set[str]:
    """What a character may be typed as; one whose sound we do not know (喆) as nothing, or as any letter (:func:`_taken`)."""
    if char.isascii():
        return {char.lower()}
    found = set(readings().get(char, ("",)))
    return found | {_SURNAMES[char]} if first and char in _SURNAMES else found


def _begins(syllables: tuple[str, ...], said: str) -> bool:
    """Whether ``said`` is made of beginnings of these syllables, one after the other, from any of them on."""
    return any(_taken(syllables[start:], said) for start in range(len(syllables)))


def _taken(syllables: tuple[str, ...], said: str) -> bool:
    if not said:
        return True
    if not syllables:
        return False
    first = syllables[0]
    if not first:
        return _taken(syllables[1:], said) or _taken(syllables[1:], said[1:])
    return any(
        said.startswith(first[:length]) and _taken(syllables[1:], said[length:])
        for length in range(len(first), 0, -1)
    )
