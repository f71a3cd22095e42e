"""What a file that calls itself a Word document really is, found out before anything is unpacked into memory.

This runs in a child with limits (:mod:`content.importing` takes care of that).
"""

from __future__ import annotations

from content.word.package import Package
from ground.errors import Refused
from ground.parcel import Caps, Damaged, Excess, Locked, Parcel, TooDeep, Unsafe

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CAPS = Caps(depth=160)
"""Word's own styles.xml packs 30:1; 150,000 elements are a text of some hundred pages."""
_DAMAGED = "文档已损坏，无法读取，请在 Word 中打开并另存一份再导入"
_TOO_LARGE = "文档解压后过大，疑似异常文件，已停止导入，请在 Word 中另存一份再试"
_TOO_DEEP = "文档里的表格、文本框或控件一层套一层，层数过多，已停止导入，请在 Word 中去掉多余的嵌套再试"
_UNSAFE = "文档含有不安全的内容，已停止导入，请在 Word 中另存一份再试"


class NotReadable(Exception):
    """No Word document, or none that can be read."""


def checked(data: bytes, *, max_bytes: int) -> Package:
    """The package of a whole ``.docx`` of a sane size; parts of it may be damaged, the document itself is not.

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
        package = opened(data)
    except (Excess, Unsafe) as error:
        raise Refused(reason(error)) from None
    except Locked:
        raise Refused("文档有打开密码，请取消密码并另存后再导入") from None
    except (Damaged, NotReadable):
        raise Refused(_DAMAGED) from None
    return package


def opened(data: bytes) -> Package:
    """The package of these bytes, every part unpacked and counted.

    Raises :class:`NotReadable`, :class:`errors.Refused` where it is something else, and what :mod:`ground.parcel` raises.
    """
    parcel = Parcel(data, _CAPS)
    parts, bad = {}, set()
    for name in parcel.names:
        try:
            parts[name] = parcel.read(name)
        except Damaged:
            bad.add(name)
    package = Package(parts, bad, _CAPS)
    _check_kind(package)
    return package


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
    if head.startswith(b"<?xml") and (b"wordDocument" in head or b"xmlPackage" in head):
        return "这是 Word 的 XML 文件，请在 Word 中另存为 .docx 后再导入"
    if head[:15].lower().startswith((b"<!doctype html", b"<html")) or head[:13].lower() == b"mime-version:":
        return "这是网页文件，请在 Word 中另存为 .docx 后再导入"
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8")):
        return "这是图片，不是 Word 文档，请重新选择"
    return (
        _DAMAGED
        if data.startswith(b"PK")
        else "这不是 Word 文档或文档已损坏，请选择 .docx 文件；如确是 Word 文档，请打开并另存一份再导入"
    )


def _check_kind(package: Package) -> None:
    names = [*package.parts, *package.broken]
    if "word/vbaProject.bin" in names:
        raise Refused("文档含有宏，请在 Word 中另存为不含宏的 .docx 后再导入")
    root = package.tree(package.main)
    if root is not None and root.tag == "w:document":
        return
    if any(name.startswith("xl/") for name in names):
        raise Refused("这是 Excel 表格，不是 Word 文档，请重新选择")
    if any(name.startswith("ppt/") for name in names):
        raise Refused("这是 PowerPoint 文件，不是 Word 文档，请重新选择")
    if "[Content_Types].xml" in names or package.main:
        raise NotReadable
    if package.parts.get("mimetype", b"").startswith(b"application/vnd.oasis.opendocument"):
        raise Refused("这是 OpenDocument 文件（.odt 一类），请另存为 .docx 后再导入")
    if any(name.lower().endswith(".iwa") for name in names):
        raise Refused("这是 Pages 文件，请在 Pages 中导出为 Word（.docx）后再导入")
    if any(name.lower().endswith(".docx") for name in names):
        raise Refused("这是压缩包，不是 Word 文档，请解压后导入其中的 Word 文档，或用批量导入")
    raise Refused("这是压缩包，不是 Word 文档，请重新选择")


def reason(error: Excess | Unsafe) -> str:
    """What to say where a part turns out to be a bomb, or unsafe, only as it is read."""
    if isinstance(error, Unsafe):
        return _UNSAFE
    return _TOO_DEEP if isinstance(error, TooDeep) else _TOO_LARGE
