"""The numbers of automatic numbering, written as Word writes them: 一, 甲, ①, iv, 壹 and their like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_DIGITS = "〇一二三四五六七八九"
_LEGAL = "零壹贰叁肆伍陆柒捌玖"
_LEGAL_TRADITIONAL = "零壹貳參肆伍陸柒捌玖"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
    (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_MOST = 1_000_000
_HIGH = 100_000
"""Above it a number is written in digits: letters or Roman numerals of that size say nothing."""


def written(value: int, form: str, pattern: str = "") -> str:
    """``value`` in the form that Word calls ``form``; in plain digits where the form has none for it.

    ``pattern`` goes with the form ``custom``: ``001, 002, 003, ...``.
    """
    if form in ("none", "bullet"):
        return ""
    if form == "custom":
        return _custom(value, pattern)
    if form in _FORMS and 0 < value < _HIGH:
        return _FORMS[form](value)
    if value == 0 and form in _FROM_NOTHING:
        return _FROM_NOTHING[form]
    return str(min(value, _MOST))


def _custom(value: int, pattern: str) -> str:
    one = pattern.partition(",")[0].strip()
    if one.isascii() and one.isdigit():
        return str(value).zfill(min(len(one), 10))
    return str(value)


def counted(value: int, digits: str, units: str, *, bare_ten: bool) -> str:
    """A number as it is spoken: 一百二十三, 壹佰贰拾叁. ``bare_ten``: 十二, not 一十二."""
    if value >= 10_000:
        high, low = divmod(value, 10_000)
        rest = counted(low, digits, units, bare_ten=False) if low else ""
        between = digits[0] if low and low < 1000 else ""
        return f"{counted(high, digits, units, bare_ten=bare_ten)}{units[3]}{between}{rest}"
    made = ""
    gap = False
    for place in (3, 2, 1, 0):
        digit = value // 10**place % 10
        if digit:
            if gap and made:
                made += digits[0]
            made += digits[digit] + (units[place - 1] if place else "")
            gap = False
        else:
            gap = True
    if bare_ten and made.startswith(digits[1] + units[0]):
        made = made[1:]
    return made


def _by_digits(value: int, digits: str = _DIGITS) -> str:
    return "".join(digits[int(digit)] for digit in str(value))


def _chinese(value: int) -> str:
    return counted(value, "零一二三四五六七八九", "十百千万", bare_ten=True)


def _up_to_ninety_nine(value: int) -> str:
    return _chinese(value) if value < 100 else _by_digits(value, "○一二三四五六七八九")


def _letters(value: int, first: str) -> str:
    """A to Z, then AA, BB, CC."""
    times, letter = divmod(value - 1, 26)
    return chr(ord(first) + letter) * (times + 1) if times < 40 else str(value)


def _roman(value: int) -> str:
    if value >= 10_000:
        return str(value)
    made = ""
    for worth, letters in _ROMAN:
        made += letters * (value // worth)
        value %= worth
    return made


def _enclosed(*runs: tuple[int, int, int]) -> Callable[[int], str]:
    """From ``first`` to ``last`` the characters from ``begin`` on."""

    def one(value: int) -> str:
        for first, last, begin in runs:
            if first <= value <= last:
                return chr(begin + value - first)
        return str(value)

    return one


def _cycle(characters: str) -> Callable[[int], str]:
    return lambda value: characters[(value - 1) % len(characters)]


def _within(characters: str) -> Callable[[int], str]:
    """One character a number, digits beyond them."""
    return lambda value: characters[value - 1] if value <= len(characters) else str(value)


def _stem_and_branch(value: int) -> str:
    return _STEMS[(value - 1) % 10] + _BRANCHES[(value - 1) % 12]


def _ordinal(value: int) -> str:
    end = "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value}{end}"


def _in_words(value: int) -> str:
    if value >= 1000:
        return str(value)
    if value >= 100:
        rest = f" {_in_words(value % 100)}" if value % 100 else ""
        return f"{_ONES[value // 100]} hundred{rest}"
    if value < 20:
        return _ONES[value]
    return _TENS[value // 10] + (f"-{_ONES[value % 10]}" if value % 10 else "")


def _ordinal_in_words(value: int) -> str:
    words = _in_words(value)
    if words.isdigit():
        return _ordinal(value)
    at = max(words.rfind("-"), words.rfind(" ")) + 1
    last = words[at:]
    ending = last[:-1] + "ieth" if last.endswith("y") else f"{last}th"
    return words[:at] + _ORDINALS.get(last, ending)


def _full_width(value: int) -> str:
    return "".join(chr(ord(digit) + 0xFEE0) for digit in str(value))


_CIRCLED = _enclosed((1, 20, 0x2460), (21, 35, 0x3251), (36, 50, 0x32B1))
_FORMS: Final[dict[str, Callable[[int], str]]] = {
    "decimalZero": lambda value: f"{value:02d}",
    "upperRoman": _roman,
    "lowerRoman": lambda value: _roman(value).lower(),
    "upperLetter": lambda value: _letters(value, "A"),
    "lowerLetter": lambda value: _letters(value, "a"),
    "ordinal": _ordinal,
    "cardinalText": lambda value: _in_words(value).capitalize(),
    "ordinalText": lambda value: _ordinal_in_words(value).capitalize(),
    "hex": lambda value: f"{value:X}",
    "numberInDash": lambda value: f"- {value} -",
    "decimalFullWidth": _full_width,
    "decimalFullWidth2": _full_width,
    "decimalEnclosedCircle": _CIRCLED,
    "decimalEnclosedCircleChinese": _CIRCLED,
    "decimalEnclosedParen": _enclosed((1, 20, 0x2474)),
    "decimalEnclosedFullstop": _enclosed((1, 20, 0x2488)),
    "ideographEnclosedCircle": _enclosed((1, 10, 0x3280)),
    "chineseCounting": _up_to_ninety_nine,
    "taiwaneseCounting": _up_to_ninety_nine,
    "japaneseCounting": _chinese,
    "koreanCounting": _chinese,
    "chineseCountingThousand": _chinese,
    "taiwaneseCountingThousand": _chinese,
    "japaneseDigitalTenThousand": _by_digits,
    "ideographDigital": _by_digits,
    "taiwaneseDigital": lambda value: _by_digits(value, "○一二三四五六七八九"),
    "chineseLegalSimplified": lambda value: counted(value, _LEGAL, "拾佰仟万", bare_ten=False),
    "ideographLegalTraditional": lambda value: counted(value, _LEGAL_TRADITIONAL, "拾佰仟萬", bare_ten=False),
    "japaneseLegal": lambda value: counted(value, "零壱弐参四伍六七八九", "拾百阡萬", bare_ten=False),
    "ideographTraditional": _within(_STEMS),
    "ideographZodiac": _within(_BRANCHES),
    "ideographZodiacTraditional": _stem_and_branch,
    "chicago": lambda value: "*†‡§"[(value - 1) % 4] * ((value - 1) // 4 + 1) if value < 40 else str(value),
    "ganada": _cycle("가나다라마바사아자차카타파하"),
    "chosung": _cycle("ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ"),
    "aiueo": _cycle(
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
    ),
    "aiueoFullWidth": _cycle(
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
    ),
    "iroha": _cycle(
        "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス"
    ),
    "russianLower": _cycle("абвгдежзиклмнопрстуфхцчшщыэюя"),
    "russianUpper": _cycle("АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯ"),
}
_FROM_NOTHING = {
    "decimalZero": "00",
    "ideographDigital": "〇",
    "chineseCounting": "〇",
    "decimalFullWidth": "０",
}
