"""Pictures that an editor pasted come inside the HTML as ``data:`` addresses; here they become pictures of our own."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from content.html import asset_url
from content.pictures import Picture, prepare
from ground.errors import Refused
from settings import Limits

_DATA = re.compile(r"""(<img\b[^>]*?\bsrc\s*=\s*)(["'])data:image/[\w.+-]+;base64,([^"']*)\2""", re.I)


@dataclass(frozen=True)
class Pasted:
    """The HTML with addresses of our own, the pictures to store first, and what could not be taken."""

    html: str
    pictures: tuple[Picture, ...]
    warnings: tuple[str, ...]


def adopt(html: str, limits: Limits) -> Pasted:
    """Take the pictures out of ``data:`` addresses. Store them, then save the HTML; without ``data:`` it is returned as it is."""
    pictures: list[Picture] = []
    warnings: list[str] = []

    def taken(match: re.Match[str]) -> str:
        try:
            picture = prepare(base64.b64decode(match[3], validate=False), limits)
        except binascii.Error:
            warnings.append("一张粘贴的图片不完整，没有保存，请改用上传")
            return f"{match[1]}{match[2]}{match[2]}"
        except Refused as error:
            warnings.append(f"一张粘贴的图片没有保存：{error.message}")
            return f"{match[1]}{match[2]}{match[2]}"
        pictures.append(picture)
        quote = match[2]
        size = f" width={quote}{picture.width}{quote} height={quote}{picture.height}{quote}"
        return f"{match[1]}{quote}{asset_url(picture.sha256)}{quote}{'' if re.search(r'width', match[1]) else size}"

    return Pasted(_DATA.sub(taken, html), tuple(pictures), tuple(warnings))
