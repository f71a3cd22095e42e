"""A small world on the platform: what most calls need before they can be made."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from localwechat.testing import SandboxControl

AMR = b"#!AMR\n" + b"\x3c" * 320
MP4 = b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 64


def png(width: int = 900, height: int = 383) -> bytes:
    """A picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 16, 46)).save(out, "PNG")
    return out.getvalue()


def jpeg(width: int = 100, height: int = 100) -> bytes:
    """Another picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (16, 200, 46)).save(out, "JPEG")
    return out.getvalue()


class World:
    """Makes things on the platform by its own API."""

    def __init__(self, sandbox: SandboxControl) -> None:
        self.sandbox = sandbox
        self.api = sandbox.api
        self._cover = ""

    def cover(self) -> str:
        """The media_id of a permanent picture."""
        if not self._cover:
            answer = self.sandbox.upload("/cgi-bin/material/add_material?type=image", png())
            self._cover = str(answer["media_id"])
        return self._cover

    def article(self, **changes: Any) -> dict[str, Any]:
        """An article that draft/add takes."""
        article: dict[str, Any] = {
            "title": "三月学习园地",
            "author": "编辑部",
            "digest": "摘要",
            "content": "<p>正文</p>",
            "thumb_media_id": self.cover(),
        }
        return article | changes

    def add_draft(self, **changes: Any) -> dict[str, Any]:
        """The answer of draft/add."""
        return self.api("/cgi-bin/draft/add", {"articles": [self.article(**changes)]})

    def draft(self, **changes: Any) -> str:
        """A draft's media_id."""
        return str(self.add_draft(**changes)["media_id"])

    def tag(self, name: str = "第一支部") -> int:
        """A tag's id."""
        return int(self.api("/cgi-bin/tags/create", {"tag": {"name": name}})["tag"]["id"])

    def tagged(self, name: str, openids: list[str]) -> int:
        """A new tag with these followers."""
        tag_id = self.tag(name)
        for start in range(0, len(openids), 50):
            self.api(
                "/cgi-bin/tags/members/batchtagging",
                {"openid_list": openids[start : start + 50], "tagid": tag_id},
            )
        return tag_id

    def send_all(self, key: str = "", tag_id: int | None = None, media_id: str = "") -> dict[str, Any]:
        """The answer of mass/sendall."""
        where: dict[str, Any] = (
            {"is_to_all": True} if tag_id is None else {"is_to_all": False, "tag_id": tag_id}
        )
        body = {"filter": where, "mpnews": {"media_id": media_id or self.draft()}, "msgtype": "mpnews"}
        return self.api("/cgi-bin/message/mass/sendall", body | ({"clientmsgid": key} if key else {}))

    def send_list(self, openids: list[str], key: str = "", media_id: str = "") -> dict[str, Any]:
        """The answer of mass/send."""
        body = {"touser": openids, "mpnews": {"media_id": media_id or self.draft()}, "msgtype": "mpnews"}
        return self.api("/cgi-bin/message/mass/send", body | ({"clientmsgid": key} if key else {}))

    def send_text(self, text: str, **where: Any) -> dict[str, Any]:
        """A plain text by mass/sendall."""
        body = {"filter": where or {"is_to_all": True}, "text": {"content": text}, "msgtype": "text"}
        return self.api("/cgi-bin/message/mass/sendall", body)

    def publish(self) -> dict[str, Any]:
        """A published article: the answer of freepublish/get when it is done."""
        publish_id = self.api("/cgi-bin/freepublish/submit", {"media_id": self.draft()})["publish_id"]

        def done() -> dict[str, Any] | None:
            answer = self.api("/cgi-bin/freepublish/get", {"publish_id": publish_id})
            return answer if answer["publish_status"] != 1 else None

        return dict(self.sandbox.wait_for(done))

    def template(self, openid: str, **changes: Any) -> dict[str, Any]:
        """The answer of template/send."""
        data = {"thing1": "主题党日", "time2": "2026年3月5日 14:30", "thing3": "会议室"}
        body: dict[str, Any] = {
            "touser": openid,
            "template_id": "SANDBOX_TEMPLATE_ACTIVITY",
            "data": {k: {"value": v} for k, v in data.items()},
        }
        return self.api("/cgi-bin/message/template/send", body | changes)

    def notice(self, openid: str, **changes: Any) -> dict[str, Any]:
        """The answer of bizsend."""
        data = {"thing1": "主题党日", "time2": "2026年3月5日 14:30", "thing3": "会议室"}
        body: dict[str, Any] = {
            "touser": openid,
            "template_id": "SANDBOX_NOTICE_ACTIVITY",
            "data": {k: {"value": v} for k, v in data.items()},
        }
        return self.api("/cgi-bin/message/subscribe/bizsend", body | changes)

    def custom(self, openid: str, text: str = "您好", **changes: Any) -> dict[str, Any]:
        """The answer of custom/send."""
        body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        return self.api("/cgi-bin/message/custom/send", body | changes)
