"""WeChat's XML: nested dictionaries out, flat or nested dictionaries in."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any


def cdata(text: str) -> str:
    """`text` as a CDATA section; a `]]>` inside is split."""
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def build(fields: dict[str, Any]) -> str:
    """`<xml>…</xml>`; numbers bare, text as CDATA, a list repeats its element."""
    return "<xml>" + _inner(fields) + "</xml>"


def _inner(fields: dict[str, Any]) -> str:
    parts: list[str] = []
    for name, value in fields.items():
        values = value if isinstance(value, list) else [value]
        for item in values:
            if isinstance(item, dict):
                text = _inner(item)
            elif isinstance(item, bool):
                text = str(int(item))
            elif isinstance(item, int | float):
                text = str(item)
            else:
                text = cdata(str(item))
            parts.append(f"<{name}>{text}</{name}>")
    return "".join(parts)


def parse(text: str) -> dict[str, Any]:
    """The fields below the root; nested elements as dictionaries, repeated ones as lists.

    Raises ValueError when it is not XML or its root is not `xml`.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("a document type is not allowed")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError("not well-formed XML") from error
    if root.tag != "xml":
        raise ValueError("the root element is not xml")
    value = _value(root)
    return value if isinstance(value, dict) else {}


def _value(element: ElementTree.Element) -> Any:
    if len(element) == 0:
        return element.text or ""
    fields: dict[str, Any] = {}
    for child in element:
        value = _value(child)
        if child.tag in fields:
            before = fields[child.tag]
            fields[child.tag] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            fields[child.tag] = value
    return fields
