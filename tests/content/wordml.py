"""Pieces of WordprocessingML, and what the import makes of a document of them."""

from __future__ import annotations

from content import cleaning
from content.importing import WordDraft, read_here
from settings import WeChatLimits
from tests.content.words import NAMESPACES, paragraph, word

MORE = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:wpg="http://schemas.microsoft.com/office/word/2010/wordprocessingGroup" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
)
END = paragraph("到此为止。")


def read(body: str, *, styles: str = "", **parts: str | bytes) -> WordDraft:
    """A draft of a document with this body between its title and its last line."""
    given = {f"word/{name}.xml": part for name, part in parts.items()}
    if styles:
        given["word/styles.xml"] = f"<w:styles {NAMESPACES}>{styles}</w:styles>"
    data = word(paragraph("关于走访的通知") + f"<w:customXml {MORE}>{body}</w:customXml>" + END, parts=given)
    return read_here(data, "稿件.docx", WeChatLimits(), 10, "")


def lines(draft: WordDraft) -> list[str]:
    """Its lines without white space and without the last."""
    found = ["".join(line.split()) for line in cleaning.text_of(draft.html).splitlines()]
    return [line for line in found if line != "到此为止。"]


def said(draft: WordDraft) -> str:
    """What its warnings say, the one about the cover aside."""
    return "\n".join(draft.warnings[:-1])


def run(text: str, look: str = "") -> str:
    """A run of this look."""
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def p(*runs: str, properties: str = "") -> str:
    """A paragraph of these runs."""
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def field(code: str, result: str | None = None, data: str = "") -> str:
    """A complex field; without a result where that is None."""
    shown = "" if result is None else f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{result}'
    return (
        f'<w:r><w:fldChar w:fldCharType="begin">{data}</w:fldChar></w:r>'
        f'<w:r><w:instrText xml:space="preserve">{code}</w:instrText></w:r>'
        f'{shown}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def box(inner: str, *, old: bool = False) -> str:
    """A run with a box of text, of today or of old."""
    if old:
        return f"<w:r><w:pict><v:shape><v:textbox><w:txbxContent>{inner}</w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
    return (
        "<w:r><w:drawing><wp:anchor><a:graphic><a:graphicData><wps:wsp><wps:spPr/><wps:txbx><w:txbxContent>"
        f"{inner}</w:txbxContent></wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></w:r>"
    )
