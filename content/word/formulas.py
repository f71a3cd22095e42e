"""Office's formulas as a line of text: x², (a+b)/c, √2."""

from __future__ import annotations

from collections.abc import Iterator

from content.word.names import Element, first, switch, val


def plain(element: Element) -> str:
    """The formula's text alone."""
    return "".join(text for text, _ in read(element))


def hidden(element: Element) -> str:
    """What of its text is formatted as hidden."""
    return "".join(
        one.text or "" for run in element.iter() if _is_hidden(run) for one in run if one.tag == "m:t"
    )


def read(element: Element) -> Iterator[tuple[str, str]]:
    """Pieces of text, each ``sup``, ``sub`` or plain."""
    for child in element:
        if not _is_hidden(child):
            yield from _one(child)


def _is_hidden(element: Element) -> bool:
    return element.tag == "m:r" and bool(switch(first(element, "w:rPr"), "w:vanish"))


def _one(element: Element) -> Iterator[tuple[str, str]]:
    kind = element.tag
    if kind in ("m:t", "w:t"):
        yield element.text or "", ""
    elif kind == "m:f":
        yield from _grouped(first(element, "m:num"))
        yield "/", ""
        yield from _grouped(first(element, "m:den"))
    elif kind in ("m:sSup", "m:sSub", "m:sSubSup", "m:sPre"):
        yield from _inside(first(element, "m:e"))
        yield _flat(first(element, "m:sub")), "sub"
        yield _flat(first(element, "m:sup")), "sup"
    elif kind == "m:rad":
        yield _flat(first(element, "m:deg")), "sup"
        yield "√", ""
        yield from _grouped(first(element, "m:e"))
    elif kind == "m:nary":
        yield val(first(element, "m:naryPr"), "m:chr", "m:val") or "∫", ""
        yield _flat(first(element, "m:sub")), "sub"
        yield _flat(first(element, "m:sup")), "sup"
        yield from _inside(first(element, "m:e"))
    elif kind == "m:d":
        properties = first(element, "m:dPr")
        opens, closes = val(properties, "m:begChr", "m:val"), val(properties, "m:endChr", "m:val")
        yield "(" if opens is None else opens, ""
        yield from _inside(element)
        yield ")" if closes is None else closes, ""
    elif kind not in ("w:del", "w:moveFrom", "w:rPr", "m:rPr"):
        yield from read(element)


def _inside(element: Element | None) -> Iterator[tuple[str, str]]:
    if element is not None:
        yield from read(element)


def _flat(element: Element | None) -> str:
    return plain(element) if element is not None else ""


def _grouped(element: Element | None) -> Iterator[tuple[str, str]]:
    """In brackets where it is more than one sign."""
    pieces = list(_inside(element))
    many = len("".join(text for text, _ in pieces)) > 1
    if many:
        yield "(", ""
    yield from pieces
    if many:
        yield ")", ""
