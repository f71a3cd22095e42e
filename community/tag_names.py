"""What the tag of a branch or a community is called at WeChat: by its short name, within the bytes that a tag may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models import Branch, Community
from wechat.outbound.failures import CallFailed

if TYPE_CHECKING:
    from wechat.outbound.client import Client

_BYTES = 30
"""developers.weixin.qq.com/doc/service/api/usermanage/tag/api_createtag"""


def tag_name(place: Branch | Community) -> str:
    """The tag's name: the short name; cut to 30 bytes with the id behind it, so that two long names stay apart."""
    name = place.label if isinstance(place, Branch) else place.name
    if len(name.encode()) <= _BYTES:
        return name
    suffix = f"{'b' if isinstance(place, Branch) else 'c'}{place.id}"
    room = _BYTES - len(suffix)
    return name.encode()[:room].decode(errors="ignore") + suffix


def call_anew(client: Client, tag_id: int | None, before: str, tag: str) -> str:
    """Give a branch's tag at WeChat its new name; what is to be said where that failed, else nothing.

    To be called outside of any transaction.
    """
    if tag_id is None or tag == before:
        return ""
    try:
        client.tag_rename(tag_id, tag)
    except CallFailed as error:
        return f"微信公众平台上的标签没有改名，仍是“{before}”，不影响推送：{error.message}"
    return ""
