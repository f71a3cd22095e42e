"""Takes the pictures of a document as they are met: cut, turned and mirrored as Word shows them, fit for WeChat."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from content import cleaning
from content.pictures import Picture, prepare_here, reshaped_here
from content.tree import Node
from content.word.report import Report
from content.word.story import Shape
from ground.errors import Refused
from settings import WeChatLimits

MOST = 280
"""As many as WeChat is known to take in one article."""
_DRAWN = ("EMF", "WMF", "EMZ", "WMZ")


@dataclass
class Camera:
    """The pictures taken so far: as they will be stored, and the bytes that a cover can be cut from."""

    limits: WeChatLimits
    report: Report
    taken: list[Picture] = field(default_factory=list)
    sources: list[bytes] = field(default_factory=list)
    scaled: int = 0
    _met: int = 0
    _known: dict[bytes, tuple[Picture, bytes]] = field(default_factory=dict)

    def __call__(self, data: bytes | None, name: str, shape: Shape, alt: str) -> Node | None:
        """The picture as an element; None and a note where it cannot be taken."""
        self._met += 1
        reason = self._missing(data, name)
        if data is not None and not reason:
            try:
                picture, source = self._prepared(data, shape)
            except Refused as error:
                reason = error.message
            else:
                return self._shown(picture, source, alt)
        self.report.lost_picture(self._met, reason)
        return None

    def _missing(self, data: bytes | None, name: str) -> str:
        if name == "outside:":
            return "它只是一个链接，图片不在文档里，请在 Word 中重新插入"
        if not data:
            return "图片不在文档里，请在 Word 中重新插入"
        kind = name.rpartition(".")[2].upper()
        if kind in _DRAWN or data[:4] == b"\xd7\xcd\xc6\x9a" or data[40:44] == b" EMF":
            return "是 Word 专用的矢量图，请另存为图片后重新插入"
        if kind == "SVG":
            return "是矢量图，请另存为图片后重新插入"
        return f"一篇最多导入 {MOST} 张图片" if len(self.taken) >= MOST else ""

    def _prepared(self, data: bytes, shape: Shape) -> tuple[Picture, bytes]:
        """One picture may stand in a document a thousand times."""
        mark = hashlib.sha256(data + repr(shape).encode()).digest()
        if mark not in self._known:
            source = data
            if shape.changes:
                source = reshaped_here(
                    data, cut=shape.cut, mirrored=shape.mirrored, flipped=shape.flipped, turned=shape.turned
                )
            self._known[mark] = prepare_here(source, self.limits), source
        return self._known[mark]

    def _shown(self, picture: Picture, source: bytes, alt: str) -> Node:
        self.scaled += picture.was_scaled
        self.taken.append(picture)
        self.sources.append(source)
        size = {"width": str(picture.width), "height": str(picture.height)}
        return Node("img", {"src": cleaning.asset_url(picture.sha256), "alt": alt, **size})
