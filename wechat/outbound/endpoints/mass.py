"""Mass sends (群发).

A 服务号 reaches each follower at most 4 times a calendar month (Shanghai), and all at once only once a day; a 公众号 sends once
a day. At most 60 calls a minute. The answer says only that the job was taken; its end comes as MASSSENDJOBFINISH.
Pages: https://developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html ,
https://developers.weixin.qq.com/doc/service/api/notify/message/api_sendall , …/api_masssend , …/api_preview ,
…/api_deletemassmsg , …/api_massmsgget , …/api_getspeed , …/api_setspeed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from wechat.outbound.endpoints.base import Caller
from wechat.outbound.endpoints.table import (
    MASS_DELETE,
    MASS_GET,
    MASS_PREVIEW,
    MASS_SEND,
    MASS_SEND_ALL,
    MASS_SPEED_GET,
    MASS_SPEED_SET,
    Endpoint,
)
from wechat.outbound.failures import CallFailed
from wechat.outbound.reactions import Kind


class MassAnswer(msgspec.Struct, frozen=True):
    """A mass send that WeChat has taken.

    ``msg_data_id`` is the key of statistics and comments. ``repeated``: the key was known (45065), so the send was taken before;
    then ``msg_data_id`` is empty, and for batches of one article ``msg_id`` may belong to another batch: compare.
    """

    msg_id: str
    msg_data_id: str = ""
    repeated: bool = False


class MassSpeed(msgspec.Struct, frozen=True):
    """Speed 0 (fastest) to 4; ``realspeed`` in 万 messages a minute, as WeChat shows it."""

    speed: int
    realspeed: int = 0


class _Status(msgspec.Struct):
    msg_status: str


class _MsgId(msgspec.Struct):
    msg_id: str = ""


class MassCalls(Caller):
    """``client_id`` is the idempotency key: at most 32 bytes of ASCII. The same key within 24 hours sends once (45065); within
    60 s it is refused (45066, ``back-off-and-retry`` with ``wait_s`` 61). A lost answer is ``unknown-reconcile``: repeat with
    the same key after 61 s, or ask :meth:`mass_get`.
    """

    def mass_send_to_tag(
        self, media_id: str, tag_id: int, *, client_id: str, ignore_reprint: bool = True
    ) -> MassAnswer:
        """Send a draft to the followers with a tag. A missing tag gives -1 or 40152. Page: …/message/api_sendall"""
        return self._mass(
            MASS_SEND_ALL,
            {"filter": {"is_to_all": False, "tag_id": tag_id}},
            media_id,
            client_id,
            ignore_reprint,
        )

    def mass_send_to_all(self, media_id: str, *, client_id: str, ignore_reprint: bool = True) -> MassAnswer:
        """Send a draft to everybody; once a day. With 群发保护 it waits up to 30 minutes for the administrator.

        Page: …/message/api_sendall
        """
        return self._mass(MASS_SEND_ALL, {"filter": {"is_to_all": True}}, media_id, client_id, ignore_reprint)

    def mass_send_to_openids(
        self, media_id: str, openids: Sequence[str], *, client_id: str, ignore_reprint: bool = True
    ) -> MassAnswer:
        """Send a draft to 2–10,000 openids; 服务号 only. One batch at a time, 60 s apart (42010).

        Fewer than two left after WeChat dropped duplicates and non-followers: 40130. Page: …/message/api_masssend
        """
        return self._mass(MASS_SEND, {"touser": list(openids)}, media_id, client_id, ignore_reprint)

    def mass_preview(self, media_id: str, openid: str) -> None:
        """Show a draft to one follower; no quota, no event. 100 a day. Not repeatable. Page: …/message/api_preview"""
        self.call(
            MASS_PREVIEW, body={"touser": openid, "msgtype": "mpnews", "mpnews": {"media_id": media_id}}
        )

    def mass_preview_to_name(self, media_id: str, wechat_name: str) -> None:
        """The same to a 微信号, whose owner follows the account, else 40132. Page: …/message/api_preview"""
        self.call(
            MASS_PREVIEW,
            body={"towxname": wechat_name, "msgtype": "mpnews", "mpnews": {"media_id": media_id}},
        )

    def mass_get(self, msg_id: str) -> str:
        """``SEND_SUCCESS``, ``SENDING``, ``SEND_FAIL`` or ``DELETE``: the job, not each follower; no counts.

        40059 in the first seconds after the call. Page: …/message/api_massmsgget
        """
        return self.ask(MASS_GET, _Status, body={"msg_id": msg_id}).msg_status

    def mass_delete(self, msg_id: str, article_idx: int = 0) -> None:
        """Withdraw the article page of a finished send (``article_idx`` from 1, 0 for all); the card stays in the chats.

        The quota is not given back. 10 a day. Page: …/message/api_deletemassmsg
        """
        self.call(MASS_DELETE, body={"msg_id": int(msg_id), "article_idx": article_idx})

    def mass_speed_get(self) -> MassSpeed:
        """The speed of mass sends."""
        return self.ask(MASS_SPEED_GET, MassSpeed, body={})

    def mass_speed_set(self, speed: int) -> None:
        """Set the speed, 0 (80 万 a minute) to 4 (10 万). May wait for the administrator (89504, 89505)."""
        self.call(MASS_SPEED_SET, body={"speed": speed})

    def _mass(
        self,
        endpoint: Endpoint,
        audience: Mapping[str, Any],
        media_id: str,
        client_id: str,
        ignore_reprint: bool,
    ) -> MassAnswer:
        body = {
            **audience, "mpnews": {"media_id": media_id}, "msgtype": "mpnews",
            "send_ignore_reprint": int(ignore_reprint), "clientmsgid": client_id,
        }  # fmt: skip
        try:
            return self.ask(endpoint, MassAnswer, body=body)
        except CallFailed as failed:
            if failed.kind is not Kind.ALREADY_DONE:
                raise
            known = self._typed(endpoint, _MsgId, failed.answer)
        return MassAnswer(known.msg_id, repeated=True)
