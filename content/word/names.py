"""Names of elements and attributes by the usual prefixes: ``w:p``, ``r:id``, whatever prefixes a file itself uses.

Office writes each name in one of two namespaces (transitional and strict); here both are one.
"""

from __future__ import annotations

from typing import TypeAlias
from xml.etree import ElementTree as ET

Element: TypeAlias = ET.Element

_OPEN = "http://schemas.openxmlformats.org/"
_STRICT = "http://purl.oclc.org/ooxml/"
_MICROSOFT = "http://schemas.microsoft.com/office/"
_PREFIXES = {
    f"{_OPEN}wordprocessingml/2006/main": "w",
    f"{_STRICT}wordprocessingml/main": "w",
    f"{_OPEN}officeDocument/2006/relationships": "r",
    f"{_STRICT}officeDocument/relationships": "r",
    f"{_OPEN}package/2006/relationships": "pr",
    f"{_OPEN}package/2006/content-types": "ct",
    f"{_OPEN}markup-compatibility/2006": "mc",
    f"{_OPEN}drawingml/2006/main": "a",
    f"{_STRICT}drawingml/main": "a",
    f"{_OPEN}drawingml/2006/picture": "pic",
    f"{_STRICT}drawingml/picture": "pic",
    f"{_OPEN}drawingml/2006/wordprocessingDrawing": "wp",
    f"{_STRICT}drawingml/wordprocessingDrawing": "wp",
    f"{_OPEN}drawingml/2006/chart": "c",
    f"{_STRICT}drawingml/chart": "c",
    f"{_OPEN}drawingml/2006/diagram": "dgm",
    f"{_STRICT}drawingml/diagram": "dgm",
    f"{_OPEN}drawingml/2006/lockedCanvas": "lc",
    f"{_OPEN}officeDocument/2006/math": "m",
    f"{_STRICT}officeDocument/math": "m",
    f"{_MICROSOFT}word/2010/wordml": "w14",
    f"{_MICROSOFT}word/2015/wordml/symex": "w16se",
    f"{_MICROSOFT}word/2010/wordprocessingShape": "wps",
    f"{_MICROSOFT}word/2010/wordprocessingGroup": "wpg",
    f"{_MICROSOFT}word/2010/wordprocessingCanvas": "wpc",
    f"{_MICROSOFT}drawing/2014/chartex": "cx",
    f"{_MICROSOFT}drawing/2016/SVG/main": "asvg",
    "urn:schemas-microsoft-com:vml": "v",
    "urn:schemas-microsoft-com:office:office": "o",
    "http://www.w3.org/XML/1998/namespace": "xml",
}
_OFF = frozenset({"0", "false", "off", "no", "none"})


def parsed(data: bytes) -> Element:
    """The part as a tree with the usual names, alternatives chosen. Raises ``ET.ParseError``.

    Only for what :class:`ground.parcel.Scanner` has let through: no document type, no depth without end.
    """
    root = ET.fromstring(data)  # noqa: S314 - looked through by our own scanner before
    known: dict[str, str] = {}
    for element in root.iter():
        element.tag = _name(element.tag, known)
        if element.attrib:
            element.attrib = {_name(name, known): value for name, value in element.attrib.items()}
    _choose(root)
    return root


def _name(name: str, known: dict[str, str]) -> str:
    if name not in known:
        uri, closed, local = name[1:].partition("}") if name.startswith("{") else ("", "", "")
        known[name] = f"{_PREFIXES[uri]}:{local}" if closed and uri in _PREFIXES else name
    return known[name]


def _choose(element: Element) -> None:
    """Put in the place of alternatives the first that says or shows anything: what a program writes twice is meant once."""
    if not any(child.tag == "mc:AlternateContent" for child in element):
        for child in element:
            _choose(child)
        return
    chosen: list[Element] = []
    for child in element:
        _choose(child)
        if child.tag == "mc:AlternateContent":
            branches = [one for one in child if one.tag in ("mc:Choice", "mc:Fallback")]
            best = next((one for one in branches if _shows(one)), branches[0] if branches else None)
            chosen.extend(best if best is not None else ())
        else:
            chosen.append(child)
    element[:] = chosen


_SHOWING = frozenset({"a:blip", "v:imagedata", "v:textpath", "m:t", "a:t", "w:sym", "c:chart", "dgm:relIds"})


def _shows(branch: Element) -> bool:
    return any(one.tag in _SHOWING or (one.tag == "w:t" and one.text) for one in branch.iter())


def first(parent: Element | None, name: str) -> Element | None:
    """The first child of this name."""
    if parent is not None:
        for child in parent:
            if child.tag == name:
                return child
    return None


def every(parent: Element | None, name: str) -> list[Element]:
    """All children of this name."""
    return [child for child in parent if child.tag == name] if parent is not None else []


def val(parent: Element | None, name: str, attribute: str = "w:val") -> str | None:
    """The attribute of the child of this name; None without one."""
    child = first(parent, name)
    return child.get(attribute) if child is not None else None


def number(text: str | None, otherwise: int = 0) -> int:
    """A whole number as Office writes it."""
    text = (text or "").strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 10 else otherwise


def switch(parent: Element | None, name: str) -> bool | None:
    """A property that is on by being there, unless it says off; None where it is not there."""
    child = first(parent, name)
    if child is None:
        return None
    return (child.get("w:val") or "1").strip().lower() not in _OFF


def on(text: str | None) -> bool:
    """Whether an attribute says yes."""
    return text is not None and text.strip().lower() not in _OFF
