"""The raw parts, counted: paragraphs and pictures as a streaming parser meets them. Shares nothing with the reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

_OFF = ("0", "false", "off", "no", "none")
_SYMBOLS = re.compile(r"^(?:symbol|wingdings|webdings)", re.I)
_CONTENTS_STYLE = re.compile(
    r"^(?:toc|目录) ?[1-9]$|^(?:toc heading|toc 标题|table of figures|图表目录)$", re.I
)
_PROMPT_STYLE = ("placeholder text", "占位符文本")
_CONTENTS_PART = ("table of contents", "table of figures", "目录")
_CONTENTS_HEAD = ("目录", "目次", "contents", "tableofcontents")
_GONE = frozenset({"del", "moveFrom", "rt", "delText", "background", "numPicBullet", "buBlip"})
_BEGINS, _ENDS = re.compile(rb"fldCharType=.begin"), re.compile(rb"fldCharType=.end")
_TEXT_PART = re.compile(r"(?:^|/)(?:document|footnotes|endnotes)\d{0,3}\.xml$", re.I)


@dataclass
class Counted:
    """Paragraphs, each the texts that follow each other in it, and how many pictures stand among them."""

    paragraphs: list[list[str]] = field(default_factory=list)
    pictures: int = 0


@dataclass
class _Styles:
    hidden: set[str] = field(default_factory=set)
    contents: set[str] = field(default_factory=set)
    prompts: set[str] = field(default_factory=set)


def counted(parts: dict[str, bytes]) -> Counted:
    """Everything that the document, its footnotes and its endnotes show."""
    made = Counted()
    styles = _Styles()
    for name, part in parts.items():
        if name.lower().endswith("/styles.xml"):
            _parse(part, _StyleNames(styles).started)
    for name in sorted(_text_parts(parts)):
        begun, ended = len(_BEGINS.findall(parts[name])), len(_ENDS.findall(parts[name]))
        one = _Part(made, styles, with_fields=begun == ended)
        _parse(parts[name], one.started, one.ended, one.text)
    return made


def _text_parts(parts: dict[str, bytes]) -> set[str]:
    found: set[str] = set()

    def main(name: str, attributes: dict[str, str]) -> None:
        if attributes.get("Type", "").endswith("/officeDocument"):
            found.add(attributes.get("Target", "").lstrip("/"))

    _parse(parts.get("_rels/.rels", b""), main)
    found |= {name for name in parts if _TEXT_PART.search(name) and "glossary" not in name}
    return {name for name in found if name in parts}


Start = Callable[[str, dict[str, str]], None]


def _parse(
    part: bytes,
    started: Start,
    ended: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.CharacterDataHandler = text
    try:
        parser.Parse(part, True)
    except (expat.ExpatError, ValueError, LookupError):
        return  # what cannot be read was refused or named already


def _value(attributes: dict[str, str], name: str = "val") -> str:
    for key, value in attributes.items():
        if key.rpartition(":")[2] == name:
            return value
    return ""


def _is_on(attributes: dict[str, str]) -> bool:
    return _value(attributes).lower() not in _OFF


class _StyleNames:
    """Which styles hide their text, which are those of contents and of prompts."""

    def __init__(self, styles: _Styles) -> None:
        self._styles = styles
        self._now = ""

    def started(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(":")[2]
        if kind == "style":
            self._now = _value(attributes, "styleId")
        elif kind == "basedOn":
            for one in (self._styles.hidden, self._styles.contents):
                if _value(attributes) in one:
                    one.add(self._now)
        elif kind == "vanish" and _is_on(attributes):
            self._styles.hidden.add(self._now)
        elif kind == "name" and self._now:
            said = _value(attributes).lower()
            if _CONTENTS_STYLE.match(said):
                self._styles.contents.add(self._now)
            elif said in _PROMPT_STYLE:
                self._styles.prompts.add(self._now)


@dataclass
class _Paragraph:
    texts: list[str] = field(default_factory=list)
    style: str = ""
    code: str = ""


@dataclass
class _Run:
    hidden: bool | None = None
    style: str = ""
    symbols: bool = False
    texts: list[str] = field(default_factory=list)
    pictures: int = 0


class _Part:
    """One part as it comes."""

    def __init__(self, made: Counted, styles: _Styles, *, with_fields: bool) -> None:
        self._made, self._styles = made, styles
        self._with_fields = with_fields
        self._paragraphs: list[_Paragraph] = []
        self._runs: list[_Run] = []
        self._tables: list[str] = []
        self._fields: list[list[str]] = []
        self._choices: list[tuple[int, int]] = []
        self._controls: list[bool] = []
        self._gone = 0
        self._letters = 0
        self._path: list[str] = []
        self._in_text = False

    def started(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        kind = name.rpartition(":")[2]
        self._path.append(kind)
        if self._gone or self._goes(kind, attributes):
            self._gone += 1
            return
        if kind == "p":
            self._paragraphs.append(_Paragraph())
        elif kind == "r":
            self._runs.append(_Run())
        elif kind == "AlternateContent":
            self._choices.append((self._letters, self._made.pictures + self._drawn()))
        elif kind == "sdt":
            self._controls.append(False)
        elif kind == "tbl":
            self._tables.append("")
        elif kind in ("t", "instrText"):
            self._in_text = kind == "t"
        elif kind == "fldChar":
            self._field(_value(attributes, "fldCharType"))
        elif kind == "fldSimple":
            self._fields.append(["", _value(attributes, "instr"), "result"])
            if self._paragraphs:
                self._paragraphs[-1].code += _value(attributes, "instr")
        elif kind in ("blip", "imagedata", "fill"):
            self._picture(kind, attributes)
        elif kind == "textpath" and _value(attributes, "string").strip():
            self._made.paragraphs.append([_value(attributes, "string")])
        else:
            self._property(kind, attributes)

    def _goes(self, kind: str, attributes: dict[str, str]) -> bool:
        """Whether what begins here shows nothing."""
        above = self._path[-2] if len(self._path) > 1 else ""
        if kind in ("Choice", "Fallback") and self._choices:
            return self._choices[-1] != (self._letters, self._made.pictures + self._drawn())
        if kind == "sdtContent":
            return bool(self._controls and self._controls[-1])
        if kind == "del" and above in ("rPr", "trPr", "numPr"):
            return False
        return kind in _GONE

    def _property(self, kind: str, attributes: dict[str, str]) -> None:
        above = self._path[-2] if len(self._path) > 1 else ""
        run = self._runs[-1] if self._runs and above == "rPr" and "pPr" not in self._path[-3:] else None
        if kind == "pStyle" and self._paragraphs:
            self._paragraphs[-1].style = _value(attributes)
        elif kind == "tblStyle" and self._tables:
            self._tables[-1] = _value(attributes)
        elif kind == "vanish" and run:
            run.hidden = _is_on(attributes)
        elif kind == "rStyle" and run:
            run.style = _value(attributes)
        elif kind == "rFonts" and run:
            run.symbols = bool(_SYMBOLS.match(_value(attributes, "ascii") or _value(attributes, "hAnsi")))
        elif kind in ("showingPlcHdr", "docPartGallery") and self._controls:
            said = _value(attributes).lower()
            is_contents = kind == "docPartGallery" and said in _CONTENTS_PART
            self._controls[-1] |= is_contents or (kind == "showingPlcHdr" and said not in _OFF)
        elif above == "trPr" and (kind == "del" or (kind == "hidden" and _is_on(attributes))):
            self._skip_rest("tr")
        elif kind == "cellDel":
            self._skip_rest("tc")
        elif kind == "docPr" and _value(attributes, "hidden") in ("1", "true"):
            self._skip_rest("drawing")

    def _skip_rest(self, kind: str) -> None:
        """Nothing more shows until the nearest element of this kind that is open ends."""
        place = len(self._path) - self._path[::-1].index(kind) if kind in self._path else 0
        if place:
            self._gone = len(self._path) - place + 1

    def _field(self, kind: str) -> None:
        if kind == "begin":
            self._fields.append(["", ""])
        elif kind == "separate" and self._fields:
            self._fields[-1].append("result")
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _shows(self) -> bool:
        return not self._with_fields or all(
            len(one) > 2 and one[1].split()[:1] not in (["TOC"], ["INDEX"]) for one in self._fields
        )

    def _drawn(self) -> int:
        return sum(run.pictures for run in self._runs)

    def _picture(self, kind: str, attributes: dict[str, str]) -> None:
        if kind == "fill" and not (_value(attributes, "id") or _value(attributes, "relid")):
            return
        if kind == "fill" and self._path[-2] in ("ln", "textFill"):
            return
        if self._shows():
            if self._runs:
                self._runs[-1].pictures += 1
            else:
                self._made.pictures += 1

    def text(self, text: str) -> None:
        """A piece of text."""
        if self._gone:
            return
        if self._path and self._path[-1] == "instrText" and self._fields:
            self._fields[-1][1] += text
            if self._paragraphs:
                self._paragraphs[-1].code += text
        elif self._in_text and self._path[-1] == "t" and self._shows():
            self._letters += len(text.strip())
            if self._runs:
                self._runs[-1].texts.append(text)
            elif self._paragraphs:
                self._paragraphs[-1].texts.append(text)

    def ended(self, name: str) -> None:
        """An element ends."""
        kind = self._path.pop()
        if self._gone:
            self._gone -= 1
            return
        if kind == "r" and self._runs:
            self._end_run(self._runs.pop())
        elif kind == "p" and self._paragraphs:
            self._end_paragraph(self._paragraphs.pop())
        elif kind == "AlternateContent":
            self._choices.pop()
        elif kind == "sdt":
            self._controls.pop()
        elif kind == "tbl" and self._tables:
            self._tables.pop()
        elif kind == "fldSimple" and self._fields:
            self._fields.pop()

    def _end_run(self, run: _Run) -> None:
        style = self._paragraphs[-1].style if self._paragraphs else ""
        hidden = run.hidden
        if hidden is None:
            styles = (run.style, style, *self._tables[-1:])
            hidden = sum(one in self._styles.hidden for one in styles) % 2 == 1
        if hidden or run.style in self._styles.prompts:
            return
        self._made.pictures += run.pictures
        text = [
            "".join(char for char in one if ord(char) > 0xFF) if run.symbols else one for one in run.texts
        ]
        if self._paragraphs:
            self._paragraphs[-1].texts += text
        elif any(text):
            self._made.paragraphs.append(text)

    def _end_paragraph(self, paragraph: _Paragraph) -> None:
        whole = "".join("".join(paragraph.texts).split())
        if "_Toc" in paragraph.code and "PAGEREF" in paragraph.code:
            return
        if whole and paragraph.style not in self._styles.contents and whole.lower() not in _CONTENTS_HEAD:
            self._made.paragraphs.append(paragraph.texts)
