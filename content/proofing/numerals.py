"""Numbers as Chinese texts write them."""

from __future__ import annotations

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
HAN = "零〇一二两三四五六七八九十百"


def value(text: str) -> int | None:
    """``十二`` → 12, ``二〇二六`` → 2026, ``③`` → 3, ``15`` → 15; None for what is no number."""
    if text.isascii() and text.isdigit():
        return int(text)
    if text in _CIRCLED and len(text) == 1:
        return _CIRCLED.index(text) + 1
    if not text or any(char not in HAN for char in text):
        return None
    if "十" not in text and "百" not in text:
        number = 0
        for char in text:
            number = number * 10 + _DIGITS[char]
        return number
    total = pending = 0
    for char in text:
        if char in "十百":
            total += (pending or 1) * (10 if char == "十" else 100)
            pending = 0
        else:
            pending = _DIGITS[char]
    return total + pending


def han(number: int) -> str:
    """3 → ``三``, 12 → ``十二``; for 0 to 99."""
    ones = "零一二三四五六七八九"
    if number < 10:
        return ones[number]
    tens, rest = divmod(number, 10)
    return (ones[tens] if tens > 1 else "") + "十" + (ones[rest] if rest else "")


def alike(number: int, written: str) -> str:
    """The number in the kind of digits in which another one was written."""
    if written.isascii():
        return str(number)
    return "两" if number == 2 and "两" in written else han(number)
