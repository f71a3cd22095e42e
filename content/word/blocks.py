"""The blocks of a document: paragraphs, tables, controls and embedded parts, in their order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

from content.tree import Node
from content.word import chunks, controls, runs, tables
from content.word.lines import Block, Line, Piece, built, listed, text_of
from content.word.names import Element, every, first
from content.word.numbering import Label
from content.word.story import Story

_NOT_BLOCKS = frozenset(
    {
        "w:sectPr", "w:tcPr", "w:tblPr", "w:tblGrid", "w:trPr", "w:sdtPr", "w:sdtEndPr", "w:customXmlPr", "w:del",
        "w:moveFrom", "w:pPr", "w:rPr", "w:smartTagPr",
    }
)  # fmt: skip
_CONTENTS = "文档的目录没有导入，文章里没有页码"
_HEADLINES = frozenset({"目录", "目次", "contents", "tableofcontents"})
_TAGS = {"title": "h1", "quote": "blockquote", **{str(level): f"h{min(level, 6)}" for level in range(1, 10)}}
_IN_RUN = frozenset({"w:t", "w:pict", "w:drawing", "w:object"})
_INLINE = frozenset(
    _IN_RUN
    | {"w:r", "w:hyperlink", "w:fldSimple", "w:t", "w:ruby", "m:oMath", "m:oMathPara", "w:bdo", "w:dir"}
    | {"w:subDoc", "w:contentPart"}
)


@dataclass(frozen=True)
class _Stand:
    """How a paragraph stands: its role, its side, its number."""

    role: str = ""
    aligned: str = ""
    label: Label | None = None


def read(story: Story, parent: Element) -> list[Node]:
    """All blocks below ``parent``, bullets gathered to lists."""
    found: list[Node] = []
    _gather(story, parent, found)
    _set_down(story, found)
    return listed(found)


def _gather(story: Story, parent: Element, found: list[Node]) -> None:
    for child in parent:
        kind = child.tag
        if kind == "w:p":
            _paragraph(story, child, found)
        elif kind == "w:tbl":
            _set_down(story, found)
            if story.fields.visible:
                found += tables.read(story, child)
        elif kind == "w:sdt":
            _control(story, child, found)
        elif kind == "w:altChunk":
            _set_down(story, found)
            found += chunks.read(story, child.get("r:id", ""))
        elif kind in _INLINE:
            line = Line()
            holder = Element("w:p")
            if kind in _IN_RUN:
                ET.SubElement(holder, "w:r").append(child)
            else:
                holder.append(child)
            runs.walk(story, line, holder, "")
            _put(story, found, line, _Stand())
        elif kind not in _NOT_BLOCKS:
            _gather(story, child, found)


def _control(story: Story, control: Element, found: list[Node]) -> None:
    if controls.is_contents(control):
        _note_contents(story, found)
        return
    prompt = controls.prompt(control)
    if prompt is not None:
        if prompt.strip():
            story.report.note("有 {n} 处待填写的占位文字，没有导入", prompt)
        return
    for content in every(control, "w:sdtContent"):
        _gather(story, content, found)


def _note_contents(story: Story, found: list[Node]) -> None:
    story.report.note(_CONTENTS)
    if found and "".join(found[-1].text().split()).lower() in _HEADLINES:
        found.pop()


def _paragraph(story: Story, element: Element, found: list[Node]) -> None:
    styles = story.document.styles
    properties = first(element, "w:pPr")
    style = styles.of_paragraph(properties)
    role = styles.role(style)
    in_contents = story.fields.contents
    line = Line()
    if story.carried:
        line.segments[0] += story.carried
        story.carried = []
    runs.walk(story, line, element, style)
    if (role == "contents" and line.text.strip()) or _is_line_of_contents(element):
        _note_contents(story, found)
        return
    if not in_contents and story.fields.contents and found:
        _note_contents(story, found)
    mark = first(properties, "w:rPr")
    is_gone = styles.hidden(mark, style, story.table_style) or any(
        first(mark, name) is not None for name in ("w:del", "w:moveFrom")
    )
    if is_gone and not line.text.strip():
        _put(story, found, line, _Stand())
        return
    label = None if story.fields.contents else story.document.numbering.label(properties, style)
    frame = first(properties, "w:framePr")
    starts_next = frame is not None and frame.get("w:dropCap", "none") != "none"
    if starts_next or is_gone:
        if label is not None and label.text:
            line.segments[0].insert(0, Piece(label.text))
        story.carried = line.segments.pop()
        line.segments = line.segments or [[]]
        label = None
    _put(story, found, line, _Stand(role, styles.aligned(properties, style), label))
    if line.text.strip():
        story.report.place = line.text


def _is_line_of_contents(element: Element) -> bool:
    """Whether it ends in the number of the page of a heading: only contents say that, whoever has made them."""
    code = "".join(one.text or "" for one in element.iter() if one.tag == "w:instrText")
    code += "".join(one.get("w:instr", "") for one in element.iter() if one.tag == "w:fldSimple")
    return "PAGEREF _Toc" in " ".join(code.split())


def _put(story: Story, found: list[Node], line: Line, how: _Stand) -> None:
    """The segments of a line as blocks, and what stood in its boxes behind them."""
    label = how.label
    shows_alone = story.in_cell and label is not None and bool(label.text)
    for segment in line.segments:
        if not segment and not shows_alone:
            continue
        pieces = [Piece(label.text), *segment] if label is not None and label.text else segment
        block = _block(pieces, how, label)
        label = None
        found.append(block)
    found += line.asides


def _block(pieces: list[Piece], how: _Stand, label: Label | None) -> Block:
    texts = [one for one in pieces if isinstance(one.content, str) and one.content.strip()]
    bullet = label.bullet if label is not None else None
    tag = _TAGS.get(how.role, "p")
    if bullet is not None and tag == "p":
        tag = "li"
    if tag.startswith("h"):  # a heading is bold by itself
        pieces = [replace(one, look=replace(one.look, bold=False)) for one in pieces]
    block = Block(
        tag,
        {},
        built(pieces),
        role=how.role,
        aligned=how.aligned,
        size=max((one.look.size for one in texts), default=0),
        bold=bool(texts) and all(one.look.bold for one in texts),
        numbered=label is not None and bool(label.text),
        bullet=bullet if tag == "li" else None,
    )
    if how.aligned and tag == "p":
        block.attrs["style"] = f"text-align:{how.aligned}"
    return block


def _set_down(story: Story, found: list[Node]) -> None:
    """What was kept for a next paragraph that does not come."""
    if text_of(story.carried).strip() or any(isinstance(one.content, Node) for one in story.carried):
        found.append(_block(story.carried, _Stand(), None))
    story.carried = []
