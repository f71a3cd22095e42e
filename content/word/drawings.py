"""Drawings, new and old (DrawingML, VML): pictures with their cuts and turns, text boxes, WordArt; charts and objects by name."""

from __future__ import annotations

from dataclasses import dataclass, replace

from content.tree import Node
from content.word import charts
from content.word.lines import Block, Line
from content.word.names import Element, every, first, number, on
from content.word.story import Shape, Story

_NO_PICTURES = frozenset({"a:buBlip", "v:stroke", "a:ln", "o:OLEObject", "w:numPicBullet", "a:extLst"})
_PER_CENT = 100_000


@dataclass(frozen=True)
class _Inside:
    """What the elements around say of what stands in them."""

    turned: float = 0.0
    mirrored: bool = False
    flipped: bool = False
    alt: str = ""
    vml: bool = False


def read(story: Story, line: Line, element: Element) -> None:
    """Pictures go into the line, boxes of text behind it."""
    properties = next((one for one in element.iter() if one.tag == "wp:docPr"), None)
    if properties is not None and on(properties.get("hidden")):
        story.report.note("有 {n} 处图形被设为隐藏，没有导入", where=True)
        return
    alt = (properties.get("descr") or properties.get("title") or "") if properties is not None else ""
    _visit(story, line, element, _Inside(alt=alt))


def _visit(story: Story, line: Line, parent: Element, inside: _Inside) -> None:
    for child in parent:
        kind = child.tag
        if kind in ("pic:pic", "a:pic", "wps:wsp", "wpg:grpSp", "wpg:wgp", "a:grpSp", "a:sp"):
            _visit(story, line, child, _transformed(child, inside))
        elif kind in ("pic:blipFill", "a:blipFill", "wps:blipFill"):
            _blip(story, line, child, inside)
        elif kind == "a:blip":  # without anything around it that could cut
            _take(story, line, child.get("r:embed"), child.get("r:link"), Shape(), inside.alt)
        elif kind == "v:imagedata":
            _image_data(story, line, child, inside)
        elif kind == "v:fill":
            _fill(story, line, child, inside)
        elif kind == "w:txbxContent":
            line.asides += story.document.read(story.inside(), child)
        elif kind == "a:txBody":
            _drawn_text(story, line, child)
        elif kind == "v:textpath":
            _word_art(story, line, child)
        elif kind in ("c:chart", "cx:chart", "dgm:relIds"):
            charts.name(story, child)
        elif kind == "o:OLEObject":
            story.report.note(
                "{n} 个嵌入对象没有导入，请截图后以图片插入", child.get("ProgID", ""), where=True
            )
        elif kind == "w:control":
            story.report.note("{n} 个表单控件没有导入，请对照原文补上", child.get("w:name", ""), where=True)
        elif kind == "w:contentPart":
            story.report.note("有 {n} 处手写墨迹，没有导入，请截图后以图片插入", where=True)
        elif kind.startswith("v:"):
            if _is_invisible(child):
                story.report.note("有 {n} 处图形被设为隐藏，没有导入", where=True)
            else:
                _visit(story, line, child, _styled(child, inside))
        elif kind not in _NO_PICTURES:
            _visit(story, line, child, inside)


def _transformed(element: Element, inside: _Inside) -> _Inside:
    """The turn of a shape or group, on top of those of the groups around it."""
    holder = next(
        (one for one in element if one.tag.endswith((":spPr", ":grpSpPr"))),
        None,
    )
    transform = first(holder, "a:xfrm")
    if transform is None:
        return inside
    return replace(
        inside,
        turned=inside.turned + number(transform.get("rot")) / 60_000,
        mirrored=inside.mirrored != on(transform.get("flipH")),
        flipped=inside.flipped != on(transform.get("flipV")),
    )


def _blip(story: Story, line: Line, fill: Element, inside: _Inside) -> None:
    blip = first(fill, "a:blip")
    if blip is None:
        return
    rectangle = first(fill, "a:srcRect")
    sides = [_share(rectangle.get(side)) if rectangle is not None else 0.0 for side in ("l", "t", "r", "b")]
    shape = Shape((sides[0], sides[1], sides[2], sides[3]), inside.mirrored, inside.flipped, inside.turned)
    if any(one.tag.endswith("}webVideoPr") for one in blip.iter()):
        story.report.note("有 {n} 个联机视频没有导入，只导入了它的封面图", where=True)
    _take(story, line, blip.get("r:embed"), blip.get("r:link"), shape, inside.alt)


def _share(text: str | None) -> float:
    """``50000`` and ``50%`` are a half. Below nothing it would be a margin: that is none of the picture."""
    text = (text or "").strip()
    try:
        value = float(text[:-1]) / 100 if text.endswith("%") else float(text or 0) / _PER_CENT
    except ValueError:
        return 0.0
    return min(max(value, 0.0), 0.99)


def _fraction(text: str | None) -> float:
    """VML's ``32768f`` and ``0.5`` are a half."""
    text = (text or "").strip()
    try:
        value = float(text[:-1]) / 65_536 if text.endswith("f") else float(text or 0)
    except ValueError:
        return 0.0
    return min(max(value, 0.0), 0.99)


def _image_data(story: Story, line: Line, element: Element, inside: _Inside) -> None:
    cut = tuple(_fraction(element.get(f"crop{side}")) for side in ("left", "top", "right", "bottom"))
    shape = Shape((cut[0], cut[1], cut[2], cut[3]), inside.mirrored, inside.flipped, inside.turned)
    embedded = element.get("r:id") or element.get("o:relid") or element.get("r:pict")
    alt = inside.alt or element.get("o:title", "")
    _take(story, line, embedded, element.get("r:href") if not embedded else None, shape, alt)


def _fill(story: Story, line: Line, element: Element, inside: _Inside) -> None:
    if named := element.get("r:id") or element.get("o:relid"):
        shape = Shape((0.0, 0.0, 0.0, 0.0), inside.mirrored, inside.flipped, inside.turned)
        _take(story, line, named, None, shape, inside.alt)


def _take(story: Story, line: Line, embedded: str | None, linked: str | None, shape: Shape, alt: str) -> None:
    package = story.document.package
    relation = package.relations(story.part).get(embedded or linked or "")
    data, name = None, ""
    if relation is not None:
        name = relation.target
        data = None if relation.outside else package.parts.get(relation.target)
        if relation.outside:
            name = "outside:"
    picture = story.document.camera(data, name, shape, alt)
    if picture is not None:
        story.fields.say()
        line.add(picture, link="")


def _styled(element: Element, inside: _Inside) -> _Inside:
    """The turn that a VML shape's style says, and what it is said to show."""
    style = _style(element)
    turned = style.get("rotation", "0").removesuffix("deg")
    try:
        degrees = float(turned[:-2]) / 65_536 if turned.endswith("fd") else float(turned)
    except ValueError:
        degrees = 0.0
    flip = style.get("flip", "")
    return replace(
        inside,
        turned=inside.turned + degrees,
        mirrored=inside.mirrored != ("x" in flip),
        flipped=inside.flipped != ("y" in flip),
        alt=element.get("alt") or inside.alt,
        vml=True,
    )


def _is_invisible(element: Element) -> bool:
    return _style(element).get("visibility") == "hidden"


def _style(element: Element) -> dict[str, str]:
    pairs = (one.partition(":") for one in element.get("style", "").split(";"))
    return {name.strip().lower(): value.strip().lower() for name, _, value in pairs}


def _word_art(story: Story, line: Line, element: Element) -> None:
    text = element.get("string", "").strip()
    if text:
        line.asides += [Block("p", children=[one.strip()]) for one in text.splitlines() if one.strip()]
        story.report.note("{n} 处艺术字按文字导入", text)


def _drawn_text(story: Story, line: Line, body: Element) -> None:
    """Text of a drawing that is not Word's own."""
    for paragraph in every(body, "a:p"):
        text = "".join(one.text or "" for one in paragraph.iter() if one.tag == "a:t")
        if text.strip():
            children: list[Node | str] = [text]
            line.asides.append(Block("p", children=children))
