"""What we may answer within the same request, and its rendering, which nothing typed by a follower can break.

Source: developers.weixin.qq.com/doc/subscription/guide/product/message/Passive_user_reply_message.html
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import msgspec

from wechat.wire.codec import cdata, clean_text, read_xml

TEXT_BYTES = 2048
"""WeChat's limit of a text reply in UTF-8 (checked 2026-11-23)."""
TITLE_CHARS = 64
DESCRIPTION_CHARS = 120
MORE = "\n……回复 更多 继续"

_MORE_BYTES = len(MORE.encode())
_OPEN_LINK = re.compile(r"<a\b(?:(?!</a>).)*\Z", re.DOTALL)
_JOINERS = "\u200d\ufe0e\ufe0f"


class TextReply(msgspec.Struct, frozen=True):
    """A text; longer than :data:`TEXT_BYTES` it is shown page by page (:func:`page`)."""

    content: str


class ImageReply(msgspec.Struct, frozen=True):
    """A picture by its material id."""

    media_id: str


class VoiceReply(msgspec.Struct, frozen=True):
    """A voice message by its material id."""

    media_id: str


class VideoReply(msgspec.Struct, frozen=True):
    """A video by its material id."""

    media_id: str
    title: str = ""
    description: str = ""


class MusicReply(msgspec.Struct, frozen=True):
    """Music; WeChat insists on the thumbnail."""

    thumb_media_id: str
    title: str = ""
    description: str = ""
    url: str = ""
    hq_url: str = ""


class NewsReply(msgspec.Struct, frozen=True):
    """One article card: present clients show no more than one, whatever it answers."""

    title: str
    description: str
    picture_url: str
    url: str


class TransferReply(msgspec.Struct, frozen=True):
    """Hand the message to WeChat's own customer-service tool, to ``agent`` if one is named."""

    agent: str = ""


class Silence(msgspec.Struct, frozen=True):
    """Say nothing: WeChat gets ``success``."""


Reply = TextReply | ImageReply | VoiceReply | VideoReply | MusicReply | NewsReply | TransferReply | Silence

SILENCE = Silence()
SUCCESS = b"success"


def render(reply: Reply, to: str, sender: str, at: int) -> bytes:
    """The reply XML (``success`` for silence). ``to``: openid, ``sender``: the account's 原始ID, ``at``: Unix
    seconds.
    """
    inner = _inner(reply)
    if not inner:
        return SUCCESS
    return (
        f"<xml><ToUserName>{cdata(to)}</ToUserName><FromUserName>{cdata(sender)}</FromUserName>"
        f"<CreateTime>{at}</CreateTime>{inner}</xml>"
    ).encode()


def _inner(reply: Reply) -> str:
    """Type and own elements; empty where there is nothing to say (WeChat punishes an empty text)."""
    if isinstance(reply, TextReply):
        text = clean_text(page(reply.content)[0])
        return f"<MsgType><![CDATA[text]]></MsgType><Content>{cdata(text)}</Content>" if text.strip() else ""
    if isinstance(reply, NewsReply):
        return (
            "<MsgType><![CDATA[news]]></MsgType><ArticleCount>1</ArticleCount><Articles><item>"
            f"<Title>{cdata(reply.title[:TITLE_CHARS])}</Title>"
            f"<Description>{cdata(reply.description[:DESCRIPTION_CHARS])}</Description>"
            f"<PicUrl>{cdata(reply.picture_url)}</PicUrl><Url>{cdata(reply.url)}</Url></item></Articles>"
        )
    if isinstance(reply, ImageReply):
        return (
            f"<MsgType><![CDATA[image]]></MsgType><Image><MediaId>{cdata(reply.media_id)}</MediaId></Image>"
        )
    if isinstance(reply, VoiceReply):
        return (
            f"<MsgType><![CDATA[voice]]></MsgType><Voice><MediaId>{cdata(reply.media_id)}</MediaId></Voice>"
        )
    if isinstance(reply, VideoReply):
        return (
            f"<MsgType><![CDATA[video]]></MsgType><Video><MediaId>{cdata(reply.media_id)}</MediaId>"
            f"<Title>{cdata(reply.title)}</Title><Description>{cdata(reply.description)}</Description></Video>"
        )
    if isinstance(reply, MusicReply):
        return (
            f"<MsgType><![CDATA[music]]></MsgType><Music><Title>{cdata(reply.title)}</Title>"
            f"<Description>{cdata(reply.description)}</Description><MusicUrl>{cdata(reply.url)}</MusicUrl>"
            f"<HQMusicUrl>{cdata(reply.hq_url)}</HQMusicUrl>"
            f"<ThumbMediaId>{cdata(reply.thumb_media_id)}</ThumbMediaId></Music>"
        )
    if isinstance(reply, TransferReply):
        agent = f"<TransInfo><KfAccount>{cdata(reply.agent)}</KfAccount></TransInfo>" if reply.agent else ""
        return f"<MsgType><![CDATA[transfer_customer_service]]></MsgType>{agent}"
    return ""


def customer_message(reply: bytes) -> dict[str, Any] | None:
    """A rendered reply as the body of a customer-service message, without ``touser``; None where nothing is
    said.
    """
    if not reply:
        return None
    fields: Any = read_xml(reply)
    kind = fields["MsgType"]
    if kind == "text":
        return {"msgtype": "text", "text": {"content": fields["Content"]}}
    if kind in ("image", "voice"):
        return {"msgtype": kind, kind: {"media_id": fields[kind.capitalize()]["MediaId"]}}
    if kind == "news":
        item = fields["Articles"]["item"][0]
        names = {"title": "Title", "description": "Description", "url": "Url", "picurl": "PicUrl"}
        return {"msgtype": "news", "news": {"articles": [{to: item[name] for to, name in names.items()}]}}
    return None


def page(text: str, limit: int = TEXT_BYTES) -> tuple[str, str]:
    """``(what fits, the rest)``: what fits ends with :data:`MORE` when there is a rest.

    ``limit`` is in bytes of UTF-8. Cut at a character, never inside an emoji sequence or a link, and at the
    end of a line if one ends in the last fifth.
    """
    if len(text) * 4 <= limit:
        return text, ""
    text = clean_text(text)
    if len(text.encode()) <= limit:
        return text, ""
    room = limit - _MORE_BYTES
    head = text.encode()[:room].decode("utf-8", "ignore")
    line = head.rfind("\n", len(head) * 4 // 5)
    if line > 0:
        head = head[:line]
    elif (link := _OPEN_LINK.search(head)) and link.start() > 0:
        head = head[: link.start()]
    else:
        head = _whole(text, head)
    return head.rstrip() + MORE, text[len(head) :].lstrip("\n")


def _whole(text: str, head: str) -> str:
    """``head`` without a trailing piece of what a reader sees as one character with the text after it."""
    end = len(head)
    for _ in range(16):  # the longest family emoji has eleven code points
        after = text[end]
        joined = after in _JOINERS or unicodedata.combining(after) or _is_skin(after)
        if not joined and text[end - 1] != "\u200d":
            return text[:end]
        end -= 1
        if end <= 0:
            return head
    return head


def _is_skin(character: str) -> bool:
    return "\U0001f3fb" <= character <= "\U0001f3ff"
