"""What stands in a paragraph: runs with their texts, breaks and symbols, links, fields, readings, and all that holds runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from content.tree import Node
from content.word import controls, drawings, formulas, symbols
from content.word.fields import Drawn
from content.word.lines import PLAIN, Line
from content.word.names import Element, every, first, on, val
from content.word.report import opening
from content.word.story import Note, Story
from content.word.styles import Look, symbol_font

_NO_TEXT = frozenset(
    {
        "w:pPr", "w:rPr", "w:del", "w:moveFrom", "w:delText", "w:delInstrText", "w:sdtPr", "w:sdtEndPr", "w:smartTagPr",
        "w:customXmlPr", "w:fldData", "w:rubyPr", "w:rt", "w:sectPr", "w:pgNum", "w:softHyphen", "w:annotationRef",
        "w:footnoteRef", "w:endnoteRef", "w:separator", "w:continuationSeparator", "w:lastRenderedPageBreak", "w:ffData",
    }
)  # fmt: skip
TAB = "\u2003"
_MARKS = dict.fromkeys(
    map(ord, "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069\u202e\ufeff\u00ad")
)
_OVERRIDES = "\u202d\u202e"
HIDDEN = "文档含 {n} 处隐藏文字，没有导入"
_CONTENTS = "文档的目录没有导入，文章里没有页码"
_READINGS = "{n} 处拼音或注音没有导入，正文的字已保留"
_UNKNOWN_SYMBOL = "有 {n} 处符号无法识别，没有导入，请对照原文补上"
_OWN_CHARACTER = "有 {n} 处自造字，手机上可能显示为方框，请核对"


def walk(story: Story, line: Line, parent: Element, style: str, link: str = "") -> None:
    """Everything below ``parent`` in its order. ``style`` is the paragraph's."""
    for child in parent:
        handler = _HANDLERS.get(child.tag)
        if handler is not None:
            handler(story, line, child, style, link)
        elif child.tag in ("w:t", "m:t"):
            say(story, line, child.text or "", PLAIN, link)
        elif child.tag not in _NO_TEXT:
            walk(story, line, child, style, link)


def say(story: Story, line: Line, text: str, look: Look, link: str = "") -> None:
    """A text of this look, where it shows."""
    if not story.fields.visible:
        if story.fields.contents and text.strip():
            story.report.note(_CONTENTS)
        return
    if any(one in text for one in _OVERRIDES):
        story.report.note("有 {n} 处文字强制改变了方向，已按输入的次序导入，请核对", text)
    text, unknown = symbols.translated(look.symbols, text.translate(_MARKS))
    if unknown:
        story.report.note(_UNKNOWN_SYMBOL, where=True)
    if any("\ue000" <= char <= "\uf8ff" or char >= "\U000f0000" for char in text):
        story.report.note(_OWN_CHARACTER, text)
    story.fields.say()
    line.add(text, look, story.fields.link or link)


def _run(story: Story, line: Line, run: Element, style: str, link: str) -> None:
    properties = first(run, "w:rPr")
    look = story.document.styles.look(properties, style, story.table_style)
    if look.hidden:
        _hidden(story, line, run, style)
        return
    if story.document.styles.role(val(properties, "w:rStyle") or "") == "placeholder":
        _prompt(story, _texts(run))
        return
    for child in run:
        writer = _IN_RUN.get(child.tag)
        if writer is not None:
            writer(story, line, child, look, link)
        elif child.tag in _HANDLERS:
            _HANDLERS[child.tag](story, line, child, style, link)
        elif child.tag not in _NO_TEXT:
            walk(story, line, child, style, link)


def _hidden(story: Story, line: Line, run: Element, style: str) -> None:
    """Only the marks of fields count; what would show is named."""
    _name_hidden(story, _texts(run))
    for child in run:
        if child.tag == "w:fldChar":
            _field(story, line, child, Look(hidden=True), "")
        elif child.tag == "w:instrText":
            story.fields.instruct(child.text or "")
        elif child.tag in ("w:drawing", "w:pict", "w:object"):
            story.report.note("有 {n} 处图形被设为隐藏，没有导入", where=True)
        elif child.tag in ("w:footnoteReference", "w:endnoteReference"):
            story.report.note("有 {n} 处注释的标记被设为隐藏，注释没有导入", where=True)


def _name_hidden(story: Story, text: str) -> None:
    if story.fields.visible and text.strip():
        story.report.note(HIDDEN, text)
        story.document.unseen.append(("隐藏文字", text))


def _texts(parent: Element) -> str:
    return "".join(one.text or "" for one in parent.iter() if one.tag == "w:t")


def _prompt(story: Story, text: str) -> None:
    if story.fields.visible and text.strip():
        story.report.note("有 {n} 处待填写的占位文字，没有导入", text)


def _text(story: Story, line: Line, element: Element, look: Look, link: str) -> None:
    say(story, line, element.text or "", look, link)


def _tab(story: Story, line: Line, element: Element, look: Look, link: str) -> None:
    say(story, line, TAB, look, link)


def _hyphen(story: Story, line: Line, element: Element, look: Look, link: str) -> None:
    say(story, line, "-", look, link)


def _break(story: Story, line: Line, element: Element, look: Look, link: str) -> None:
    if not story.fields.visible:
        return
    if element.get("w:type") in ("page", "column"):
        line.split()
    else:
        line.add(Node("br"), look, link)


def _symbol(story: Story, line: Line, element: Element, look: Look, link: str) -> None:
    try:
        code = int(element.get("w:char") or element.get("w16se:char") or "", 16)
    except ValueError:
        code = 0
    named = element.get("w:font") or element.get("w16se:font") or ""
    font = symbol_font(named)
    # Without a name it is nearly always Wingdings; a font that is named and that we do not know may show anything there.
    text = symbols.shown(font or ("" if named.strip() else "Wingdings"), code)
    if not text:
        story.report.note(_UNKNOWN_SYMBOL, where=True)
    say(story, line, text, Look(look.bold, look.italic, look.underlined, look.struck, look.raised), link)


def _field(story: Story, line: Line, element: Element, look: Look, link: str) -> None:
    kind = element.get("w:fldCharType")
    if kind == "begin":
        story.fields.begin(element)
    elif kind == "separate":
        story.fields.separate()
    elif kind == "end":
        _drawn(story, line, story.fields.end(), look, link)


def _drawn(story: Story, line: Line, drawn: Drawn, look: Look, link: str) -> None:
    if look.hidden:
        return
    say(story, line, drawn.text, look, link)
    if drawn.reading:
        story.report.note(_READINGS, f"{drawn.text}（{drawn.reading}）")
    if drawn.prompt:
        _prompt(story, drawn.prompt)
    if drawn.unknown:
        story.report.note("有 {n} 处域没有结果，没有导入，请对照原文补上", drawn.unknown)


def _instruct(story: Story, line: Line, element: Element, look: Look, link: str) -> None:
    story.fields.instruct(element.text or "")


def _simple_field(story: Story, line: Line, element: Element, style: str, link: str) -> None:
    story.fields.begin(element, element.get("w:instr", "") or " ")
    walk(story, line, element, style, link)
    _drawn(story, line, story.fields.end(), PLAIN, link)


def _link(story: Story, line: Line, element: Element, style: str, link: str) -> None:
    relation = story.document.package.relations(story.part).get(element.get("r:id", ""))
    walk(story, line, element, style, relation.target if relation is not None and relation.outside else link)


def _ruby(story: Story, line: Line, element: Element, style: str, link: str) -> None:
    base, reading = first(element, "w:rubyBase"), first(element, "w:rt")
    if base is not None:
        walk(story, line, base, style, link)
    if story.fields.visible and reading is not None and (said := _texts(reading).strip()):
        shown = opening(_texts(base) if base is not None else "", 6)
        story.report.note(_READINGS, f"{shown}（{said}）")


def _directed(story: Story, line: Line, element: Element, style: str, link: str) -> None:
    if element.get("w:val") == "rtl" and (text := _texts(element)).strip():
        story.report.note("有 {n} 处文字设为从右向左，已按输入的次序导入，请核对", text)
    walk(story, line, element, style, link)


def _control(story: Story, line: Line, element: Element, style: str, link: str) -> None:
    prompt = controls.prompt(element)
    if prompt is not None:
        _prompt(story, prompt)
        return
    if controls.is_contents(element):
        story.report.note(_CONTENTS)
        return
    before = len(line.segments[-1]), len(line.segments)
    for content in every(element, "w:sdtContent"):
        walk(story, line, content, style, link)
    if before == (len(line.segments[-1]), len(line.segments)):
        say(story, line, controls.tick(element), PLAIN, link)


def _note(story: Story, line: Line, element: Element, look: Look, link: str) -> None:
    if not story.fields.visible:
        return
    document = story.document
    note = Note(element.tag[2:].removesuffix("Reference"), element.get("w:id", ""))
    if note not in document.note_marks:  # a note that refers to itself is still one
        document.notes.append(note)
        is_own = on(element.get("w:customMarkFollows", "0"))
        document.notes_numbered += not is_own
        document.note_marks[note] = "" if is_own else f"[{document.notes_numbered}]"
    line.add(document.note_marks[note], Look(raised="sup"), link)


def _drawing(story: Story, line: Line, element: Element, look: Look, link: str) -> None:
    if story.fields.visible:
        drawings.read(story, line, element)


def _formula(story: Story, line: Line, element: Element, style: str, link: str) -> None:
    for content, raised in formulas.read(element):
        say(story, line, content, Look(raised=raised), link)
    if shown := formulas.plain(element):
        story.report.note("{n} 个公式按文字导入，请核对", shown)
    _name_hidden(story, formulas.hidden(element))


def _foreign(story: Story, line: Line, element: Element, style: str, link: str) -> None:
    what = "手写墨迹" if element.tag == "w:contentPart" else "子文档"
    story.report.note(f"有 {{n}} 处{what}，没有导入，请另存为普通文档再导入", where=True)


def _date(story: Story, line: Line, element: Element, look: Look, link: str) -> None:
    """The day on which somebody looks: the file does not hold it."""
    if story.fields.visible:
        story.report.note("有 {n} 处自动更新的日期没有导入，请对照原文补上", where=True)


def _box(story: Story, line: Line, element: Element, style: str, link: str) -> None:
    """A block where none should be."""
    if story.fields.visible:
        holder = Element("w:body")
        holder.append(element)
        line.asides += story.document.read(story.inside(), holder)


Writer = Callable[[Story, Line, Element, Look, str], None]
Handler = Callable[[Story, Line, Element, str, str], None]
_IN_RUN: Final[dict[str, Writer]] = {
    "w:t": _text,
    "w:tab": _tab,
    "w:ptab": _tab,
    "w:noBreakHyphen": _hyphen,
    "w:br": _break,
    "w:cr": _break,
    "w:sym": _symbol,
    "w16se:symEx": _symbol,
    "w:fldChar": _field,
    "w:instrText": _instruct,
    **dict.fromkeys(
        (f"w:{unit}{size}" for unit in ("day", "month", "year") for size in ("Short", "Long")), _date
    ),
    "w:footnoteReference": _note,
    "w:endnoteReference": _note,
    "w:drawing": _drawing,
    "w:pict": _drawing,
    "w:object": _drawing,
}
_HANDLERS: Final[dict[str, Handler]] = {
    "w:r": _run,
    "w:fldSimple": _simple_field,
    "w:hyperlink": _link,
    "w:ruby": _ruby,
    "w:bdo": _directed,
    "w:dir": _directed,
    "w:sdt": _control,
    "m:oMath": _formula,
    "m:oMathPara": _formula,
    "w:subDoc": _foreign,
    "w:contentPart": _foreign,
    "w:p": _box,
    "w:tbl": _box,
    "w:txbxContent": _box,
}
