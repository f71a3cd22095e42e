"""Content controls: prompts that nobody has answered, boxes to tick, and tables of contents that live in one."""

from __future__ import annotations

from content.word.names import Element, first, on, switch, val

_CONTENTS = frozenset({"table of contents", "table of figures", "目录"})


def prompt(control: Element) -> str | None:
    """The words that ask somebody to fill in, where nobody has; None for a control with an answer."""
    properties = first(control, "w:sdtPr")
    if not switch(properties, "w:showingPlcHdr"):
        return None
    return "".join(one.text or "" for one in control.iter() if one.tag == "w:t")


def is_contents(control: Element) -> bool:
    """Whether it holds a table of contents."""
    properties = first(control, "w:sdtPr")
    for kind in ("w:docPartObj", "w:docPartList"):
        gallery = val(first(properties, kind), "w:docPartGallery") or ""
        if gallery.strip().lower() in _CONTENTS:
            return True
    return False


def tick(control: Element) -> str:
    """☑ or ☐ for a box without a sign of its own."""
    box = first(first(control, "w:sdtPr"), "w14:checkbox")
    if box is None:
        return ""
    checked = first(box, "w14:checked")
    return "☑" if checked is not None and on(checked.get("w14:val", "1")) else "☐"
