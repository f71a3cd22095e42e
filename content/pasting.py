"""Bodies as browsers send them: cleaned in a child with limits, and pictures taken out of ``data:`` addresses."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from content import cleaning
from content.cleaning import asset_url
from content.pictures import Picture, prepare
from ground import apart
from ground.errors import Refused
from settings import WeChatLimits

MAX_CHARS = 2_000_000
MAX_KEPT = 400_000
"""Of a cleaned body, tags and styles counted: twenty times what WeChat takes. It is cleaned once more where it is saved."""
_ABOUT = apart.About("正文", "请清除格式后重新粘贴，或拆成几篇")
_BOUNDS = apart.Bounds(seconds=9, cpu_seconds=4, answer_bytes=16_000_000)
_DATA = re.compile(r"""["']data:image/[\w.+-]{1,30};base64,""", re.I)
_SOURCE = re.compile(r"\bsrc\s{0,9}=\s{0,9}\Z", re.I)


def cleaned(html: str) -> str:
    """:func:`content.cleaning.clean` of what somebody sent, in a child: call it before a transaction begins.

    A page of other people's styles may keep the cleaner busy for minutes. Raises :class:`errors.Refused`.
    """
    if len(html) > MAX_CHARS:
        raise Refused(f"正文（含格式）有 {len(html):,} 个字符，太长，请清除格式后重新粘贴，或拆成几篇")
    if not html.strip():
        return ""
    return bounded(apart.run(cleaning.clean, html, gives=str, about=_ABOUT, bounds=_BOUNDS))


def bounded(html: str) -> str:
    """The same body, if it is no longer than anybody needs. Raises :class:`errors.Refused`."""
    if len(html) > MAX_KEPT:
        raise Refused(f"正文（含格式）有 {len(html):,} 个字符，太长，请清除格式，或拆成几篇")
    return html


@dataclass(frozen=True)
class Pasted:
    """The HTML with addresses of our own, the pictures to store first, and what could not be taken."""

    html: str
    pictures: tuple[Picture, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    """A ``data:`` address in its quotes: where it begins and ends, its picture in base64, and the tag before it."""

    begin: int
    end: int
    encoded: str
    tag: str


def adopt(html: str, limits: WeChatLimits) -> Pasted:
    """Take the pictures out of ``data:`` addresses. Store them, then save the HTML; without ``data:`` it is returned as it is."""
    pictures: list[Picture] = []
    warnings: list[str] = []
    made: list[str] = []
    last = 0
    for found in _inside(html):
        quote = html[found.begin]
        made.append(html[last : found.begin])
        last = found.end
        address, size = "", ""
        try:
            picture = prepare(base64.b64decode(found.encoded, validate=False), limits)
        except binascii.Error:
            warnings.append("一张粘贴的图片不完整，没有保存，请改用上传")
        except Refused as error:
            warnings.append(f"一张粘贴的图片没有保存：{error.message}")
        else:
            pictures.append(picture)
            address = asset_url(picture.sha256)
            if "width" not in found.tag:
                size = f" width={quote}{picture.width}{quote} height={quote}{picture.height}{quote}"
        made.append(f"{quote}{address}{quote}{size}")
    return Pasted("".join((*made, html[last:])), tuple(pictures), tuple(warnings))


def _inside(html: str) -> Iterator[_Found]:
    """One pass: what was looked at is never looked at again."""
    at = 0
    while opens := _DATA.search(html, at):
        end = html.find(opens[0][0], opens.end())
        if end < 0:
            return
        tag = html[max(html.rfind("<", at, opens.start()), at) : opens.start()]
        if tag[:4].lower() == "<img" and ">" not in tag and _SOURCE.search(tag[-24:]):
            yield _Found(opens.start(), end + 1, html[opens.end() : end], tag)
        at = end + 1
