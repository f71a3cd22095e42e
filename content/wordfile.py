"""What a file that calls itself a Word document really is, found out before anything is unpacked into memory.

This runs in a child with limits (:mod:`content.importing` takes care of that).
"""

from __future__ import annotations

from dataclasses import dataclass

from ground.errors import Refused
from ground.parcel import Caps, Damaged, Excess, Locked, Parcel, Scanner, Unsafe, repacked

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CAPS = Caps(depth=160)
"""Word's own styles.xml packs 30:1; 150,000 elements are a text of some hundred pages."""
_DOCUMENT = "word/document.xml"
_DAMAGED = "文档已损坏，无法读取，请在 Word 中打开并另存一份再导入"
_TOO_LARGE = "文档解压后过大，疑似异常文件，已停止导入，请在 Word 中另存一份再试"


@dataclass(frozen=True)
class Parts:
    """What the conversion leaves out, counted, and the text of the page headers (marks of secrecy stand there)."""

    revisions: int
    comments: int
    formulas: int
    charts: int
    objects: int
    header_text: str


def checked(data: bytes, *, max_bytes: int) -> tuple[Parts, bytes]:
    """Make sure that ``data`` is a whole ``.docx`` of a sane size and count what will not be imported.

    Also gives the document with nothing in it but what was looked at.

    Raises :class:`errors.Refused`, each kind of wrong file with its own reason.
    """
    if not data:
        raise Refused("文件是空的（0 字节），请检查后重新选择")
    if len(data) > max_bytes:
        raise Refused(
            f"文件不能超过 {max_bytes // 1024 // 1024} MB，当前 {len(data) / 1024 / 1024:.1f} MB，请压缩图片后再导入"
        )
    if not data.startswith(b"PK\x03\x04"):
        raise Refused(_what_else(data))
    try:
        parcel = Parcel(data, _CAPS)
        _check_kind(parcel.names)
        counter = _Counter(_CAPS)
        parts = {}
        for name in parcel.names:
            if name.endswith((".xml", ".rels")):
                counter.begin(name)
                parts[name] = counter.read(parcel.chunks(name))
            elif not _may_be_xml(part := parcel.read(name)):
                parts[name] = part
    except Excess:
        raise Refused(_TOO_LARGE) from None
    except Unsafe:
        raise Refused("文档含有不安全的内容，已停止导入，请在 Word 中另存一份再试") from None
    except Locked:
        raise Refused("文档有打开密码，请取消密码并另存后再导入") from None
    except Damaged:
        raise Refused(_DAMAGED) from None
    return counter.parts(), repacked(parts)


def _what_else(data: bytes) -> str:
    head = data[:1024].lstrip(b"\xef\xbb\xbf \r\n\t")
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            return "文档有打开密码，请在 Word 中取消密码并另存后再导入"
        if "WordDocument".encode("utf-16-le") in data:
            return "这是旧版 .doc 文档，请在 Word 中另存为 .docx 后再导入"
        if "Workbook".encode("utf-16-le") in data:
            return "这是 Excel 表格，不是 Word 文档，请重新选择"
        return "这是旧版 Office 文件，请在 Word 中另存为 .docx 后再导入"
    if head.startswith(b"%PDF"):
        return "这是 PDF 文件，只是改了扩展名，请用原来的 Word 文档导入"
    if head.startswith(b"{\\rtf"):
        return "这是 RTF 文件，请在 Word 中另存为 .docx 后再导入"
    if head[:15].lower().startswith((b"<!doctype html", b"<html")):
        return "这是网页文件，请在 Word 中另存为 .docx 后再导入"
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8")):
        return "这是图片，不是 Word 文档，请重新选择"
    return (
        _DAMAGED
        if data.startswith(b"PK")
        else "这不是 Word 文档或文档已损坏，请选择 .docx 文件；如确是 Word 文档，请打开并另存一份再导入"
    )


def _check_kind(names: list[str]) -> None:
    if "[Content_Types].xml" not in names or _DOCUMENT not in names:
        if any(name.startswith("xl/") for name in names):
            raise Refused("这是 Excel 表格，不是 Word 文档，请重新选择")
        if any(name.startswith("ppt/") for name in names):
            raise Refused("这是 PowerPoint 文件，不是 Word 文档，请重新选择")
        raise Refused("这是压缩包，不是 Word 文档，请重新选择")
    if "word/vbaProject.bin" in names:
        raise Refused("文档含有宏，请在 Word 中另存为不含宏的 .docx 后再导入")


def _may_be_xml(part: bytes) -> bool:
    """Whether a part that has another name would be read as XML if a relation called it the document. Pictures never would."""
    return part[:64].lstrip(b"\xef\xbb\xbf\xfe\xff\0 \t\r\n").startswith(b"<")


class _Counter(Scanner):
    """Counts what the conversion leaves out, and keeps the text of the page headers."""

    def __init__(self, caps: Caps) -> None:
        super().__init__(caps)
        self._part = ""
        self._in_text = False
        self._counts = dict.fromkeys(("revisions", "comments", "formulas", "charts", "objects"), 0)
        self._header: list[str] = []

    def begin(self, part: str) -> None:
        """The next part is this one."""
        self._part = part
        self._in_text = False

    def parts(self) -> Parts:
        """What was counted."""
        return Parts(**self._counts, header_text="".join(self._header).strip())

    def started(self, name: str, attributes: dict[str, str]) -> None:
        if self._part == _DOCUMENT:
            kind = _LEFT_OUT.get(name)
            if kind == "revisions" and not any(key.endswith((":id", ":author")) for key in attributes):
                return
            if kind:
                self._counts[kind] += 1
        elif self._part == "word/comments.xml":
            self._counts["comments"] += name == "comment"
        elif self._part.startswith("word/header"):
            self._in_text = name == "t"

    def ended(self, name: str) -> None:
        if self._in_text and name == "t":
            self._in_text = False
            self._header.append("\n")

    def text(self, text: str) -> None:
        if self._in_text:
            self._header.append(text)


_LEFT_OUT = {
    **dict.fromkeys(("ins", "del", "moveFrom", "moveTo"), "revisions"),
    "oMath": "formulas",
    **dict.fromkeys(("chart", "relIds"), "charts"),
    "OLEObject": "objects",
}
"""Elements of the document by local name, and what they count as."""
