"""What a file that calls itself a Word document really is, found out before anything is unpacked into memory."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass

from ground.errors import Refused

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAX_TOTAL = 400_000_000
_MAX_XML = 20_000_000
_MAX_PARTS = 4_000
_BOMB_FROM = 20_000_000
_BOMB_RATIO = 150  # Word's own styles.xml packs 30:1, a plain-coloured photo 360:1 but small
_DOCUMENT = "word/document.xml"
_DAMAGED = "文档已损坏，无法读取，请在 Word 中打开并另存一份再导入"
_TEXT = re.compile(rb"<w:t(?: [^>]*)?>([^<]*)</w:t>")


@dataclass(frozen=True)
class Parts:
    """What the conversion leaves out, counted, and the text of the page headers (marks of secrecy stand there)."""

    revisions: int
    comments: int
    formulas: int
    charts: int
    objects: int
    header_text: str


def checked(data: bytes, *, max_bytes: int) -> Parts:
    """Make sure that ``data`` is a whole ``.docx`` of a sane size and count what will not be imported.

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
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_archive(archive)
            return _count(archive)
    except (
        zipfile.BadZipFile,
        EOFError,
        KeyError,
        NotImplementedError,
        OSError,
        ValueError,
        zlib.error,
    ) as error:
        raise Refused(_DAMAGED, reason=type(error).__name__) from error


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


def _check_archive(archive: zipfile.ZipFile) -> None:
    infos = archive.infolist()
    names = {info.filename for info in infos}
    total = sum(info.file_size for info in infos)
    packed = max(1, sum(info.compress_size for info in infos))
    xml = [info for info in infos if info.filename.endswith((".xml", ".rels"))]
    if (
        len(infos) > _MAX_PARTS
        or total > _MAX_TOTAL
        or (total > _BOMB_FROM and total / packed > _BOMB_RATIO)
        or any(info.file_size > _MAX_XML for info in xml)
    ):
        raise Refused("文档解压后过大，疑似异常文件，已停止导入，请在 Word 中另存一份再试")
    if any(info.flag_bits & 0x1 for info in infos):
        raise Refused("文档有打开密码，请取消密码并另存后再导入")
    if "[Content_Types].xml" not in names or _DOCUMENT not in names:
        if any(name.startswith("xl/") for name in names):
            raise Refused("这是 Excel 表格，不是 Word 文档，请重新选择")
        if any(name.startswith("ppt/") for name in names):
            raise Refused("这是 PowerPoint 文件，不是 Word 文档，请重新选择")
        raise Refused("这是压缩包，不是 Word 文档，请重新选择")
    if "word/vbaProject.bin" in names:
        raise Refused("文档含有宏，请在 Word 中另存为不含宏的 .docx 后再导入")
    for info in xml:
        with archive.open(info) as part:
            head = part.read(4096)
        # A document type declares entities, and entities that hold each other fill the memory; Word never writes one.
        if (
            b"<!DOCTYPE" in head
            or "<!DOCTYPE".encode("utf-16-le") in head
            or "<!DOCTYPE".encode("utf-16-be") in head
        ):
            raise Refused("文档含有不安全的内容，已停止导入，请在 Word 中另存一份再试")


def _count(archive: zipfile.ZipFile) -> Parts:
    document = archive.read(_DOCUMENT)
    names = archive.namelist()
    comments = archive.read("word/comments.xml") if "word/comments.xml" in names else b""
    headers = b"\n".join(archive.read(name) for name in names if re.fullmatch(r"word/header\d*\.xml", name))
    return Parts(
        revisions=len(re.findall(rb"<w:(?:ins|del|moveFrom|moveTo)\s[^>]*w:(?:id|author)=", document)),
        comments=len(re.findall(rb"<w:comment\s", comments)),
        formulas=len(re.findall(rb"<m:oMath[\s>]", document)),
        charts=len(re.findall(rb"<(?:c:chart|dgm:relIds)[\s>]", document)),
        objects=len(re.findall(rb"<o:OLEObject\s", document)),
        header_text="\n".join(text.decode("utf-8", "replace") for text in _TEXT.findall(headers)),
    )
