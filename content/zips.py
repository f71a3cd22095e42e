"""A zip of Word files, taken apart in a child with limits: each file by its name, and what is none with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from ground import apart
from ground.errors import Refused
from ground.parcel import Caps, Damaged, Excess, Locked, Parcel

MOST_FILES = 300
_CAPS = Caps(parts=2_000, unpacked_bytes=110_000_000)
_ABOUT = apart.About("压缩包", "请拆成几个较小的压缩包，或直接选择多个 Word 文件")
_BOUNDS = apart.Bounds(seconds=40, cpu_seconds=8, answer_bytes=128_000_000)
_NO_FILES = ("__MACOSX/", ".DS_Store", "Thumbs.db", "~$", "._")
"""What systems and open documents leave in a folder."""


@dataclass(frozen=True)
class Member:
    """One file of a zip; without ``data``, ``reason`` says why it is not taken."""

    name: str
    data: bytes
    reason: str = ""


def members(data: bytes) -> tuple[Member, ...]:
    """All files in a zip, those that are left over by systems excepted. Raises :class:`errors.Refused` for a zip that is none."""
    return apart.run(_members, data, gives=tuple[Member, ...], about=_ABOUT, bounds=_BOUNDS)


def _members(data: bytes) -> tuple[Member, ...]:
    try:
        parcel = Parcel(data, _CAPS)
        found = []
        for raw in parcel.names:
            name = _readable(raw)
            last = name.rsplit("/", 1)[-1]
            if not last or any(name.startswith(left) or last.startswith(left) for left in _NO_FILES):
                continue
            if not last.lower().endswith(".docx"):
                found.append(Member(last, b"", "不是 .docx 文件，没有导入"))
            else:
                found.append(_member(parcel, raw, last))
    except Excess:
        raise Refused("压缩包解开后太大，请拆成几个较小的压缩包，或直接选择多个 Word 文件") from None
    except Locked:
        raise Refused("压缩包有密码，请解压后直接选择 Word 文件") from None
    except Damaged:
        raise Refused("压缩包已损坏或不是 zip 格式，请解压后直接选择 Word 文件") from None
    if not found:
        raise Refused("压缩包里没有文件，请检查是否选错了")
    if len(found) > MOST_FILES:
        raise Refused(f"压缩包里有 {len(found)} 个文件，一次最多 {MOST_FILES} 个，请分几次导入")
    return tuple(found)


def _member(parcel: Parcel, raw: str, name: str) -> Member:
    """A Word file; that one is damaged costs the others nothing."""
    if raw in parcel.doubled:
        return Member(name, b"", "压缩包里有两个文件同名，没有导入，请改名后单独导入")
    try:
        return Member(name, parcel.read(raw))
    except Damaged:
        return Member(name, b"", "在压缩包里已损坏，没有导入，请从原处重新取得后单独导入")


def _readable(name: str) -> str:
    """Chinese systems write names in GBK and say nothing of it; the zip module reads them as cp437."""
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name
