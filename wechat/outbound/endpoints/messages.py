"""Messages to one follower: template messages, subscription notices, customer-service messages.

Pages: https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage.md ,
https://developers.weixin.qq.com/doc/service/api/notify/notify/api_sendnewsubscribemsg.html ,
https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from wechat.outbound.endpoints.base import Caller
from wechat.outbound.endpoints.table import (
    CUSTOM_SEND,
    CUSTOM_TYPING,
    NOTICE_SEND,
    NOTICE_TEMPLATES,
    TEMPLATE_ADD,
    TEMPLATE_LIST,
    TEMPLATE_SEND,
)
from wechat.outbound.failures import CallFailed
from wechat.outbound.reactions import Kind


class Template(msgspec.Struct, frozen=True):
    """A template of this account. ``content`` shows its keys as ``{{thing1.DATA}}``."""

    template_id: str
    title: str = ""
    content: str = ""
    example: str = ""


class NoticeTemplate(msgspec.Struct, frozen=True):
    """A subscription template. ``kind`` 2 one-time, 3 long-term."""

    template_id: str = msgspec.field(name="priTmplId")
    title: str = ""
    content: str = ""
    example: str = ""
    kind: int = msgspec.field(name="type", default=0)


class _Templates(msgspec.Struct):
    template_list: list[Template]


class _NoticeTemplates(msgspec.Struct):
    data: list[NoticeTemplate] = []


class _MsgId(msgspec.Struct):
    msgid: str = ""


class _TemplateId(msgspec.Struct):
    template_id: str


class MessageCalls(Caller):
    """One call, one follower. None of them may be repeated blindly after a lost answer (``unknown-reconcile``)."""

    def template_send(
        self, openid: str, template_id: str, data: Mapping[str, str], *, url: str = "", client_id: str = "",
        mini_program: Mapping[str, str] | None = None,
    ) -> str:  # fmt: skip
        """Send a template message to one follower; its ``msgid`` (up to 19 digits), which TEMPLATESENDJOBFINISH carries.

        ``data`` maps the template's keys to their texts (``{"thing1": "主题党日"}``: thing ≤ 20 characters, no line break; a
        field that does not fit: 47003, ``fix-content``). ``client_id`` (≤ 32 bytes) sends once within 10 minutes; a repeat
        that WeChat recognises (40241) counts as sent and gives an empty ``msgid``. 100,000 a day, at most 50–100 a second.
        Only for notices that follow from what the person did or agreed to; news is punished.
        """
        body: dict[str, Any] = {
            "touser": openid, "template_id": template_id, "data": {key: {"value": text} for key, text in data.items()},
        }  # fmt: skip
        if url:
            body["url"] = url
        if mini_program:
            body["miniprogram"] = dict(mini_program)
        if client_id:
            body["client_msg_id"] = client_id
        return self.ask(TEMPLATE_SEND, _MsgId, body=body).msgid

    def template_list(self) -> list[Template]:
        """All templates in use, at most 25."""
        return self._typed(
            TEMPLATE_LIST, _Templates, self._sdk.template.get_all_private_template()
        ).template_list

    def template_add(self, short_id: str, keywords: Sequence[str]) -> str:
        """Take a template from the library, with its keywords in order; its ``template_id``. Not repeatable."""
        body = {"template_id_short": short_id, "keyword_name_list": list(keywords)}
        return self.ask(TEMPLATE_ADD, _TemplateId, body=body).template_id

    def template_delete(self, template_id: str) -> None:
        """Remove a template from the account."""
        self._sdk.template.del_private_template(template_id)

    def subscribe_send(
        self, openid: str, template_id: str, data: Mapping[str, str], *, page: str = "",
        mini_program: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Send a subscription notice (订阅通知) to one who agreed; a one-time consent is used up by it.

        ``page`` is an http page. No key against repeats, no id: the result comes as ``subscribe_msg_sent_event``. 43101: never
        agreed, or used up. Never two calls at once for one openid (43108). Verified 服务号 only.
        """
        body: dict[str, Any] = {
            "touser": openid, "template_id": template_id, "data": {key: {"value": text} for key, text in data.items()},
        }  # fmt: skip
        if page:
            body["page"] = page
        if mini_program:
            body["miniprogram"] = dict(mini_program)
        self.call(NOTICE_SEND, body=body)

    def subscribe_templates(self) -> list[NoticeTemplate]:
        """The account's subscription templates. Page: https://developers.weixin.qq.com/doc/service/Subscription_Messages/intro.html"""
        return self.ask(NOTICE_TEMPLATES, _NoticeTemplates).data

    def custom_send(self, openid: str, payload: Mapping[str, Any]) -> None:
        """Send a customer-service message; ``payload`` is all but ``touser``: ``{"msgtype": "text", "text": {"content": ...}}``.

        Window: 5 messages within 48 h of a follower's message; 3 within a minute of a menu click, a follow, a scan or a tap on
        a msgmenu item. Closed: 45015; used up: 45047. Text ≤ 2,048 bytes; ``news`` exactly one; ids of ``msgmenu`` whole numbers
        as strings. No key against repeats, no id, no receipt. 500,000 a day.
        """
        self.call(CUSTOM_SEND, body={"touser": openid, **payload})

    def custom_text(self, openid: str, text: str) -> None:
        """Send a text as customer-service message; see :meth:`custom_send`."""
        self.custom_send(openid, {"msgtype": "text", "text": {"content": text}})

    def custom_typing(self, openid: str, typing: bool = True) -> None:
        """Show or hide 对方正在输入; without a conversation in the last 30 s WeChat shows nothing."""
        try:
            self.call(
                CUSTOM_TYPING, body={"touser": openid, "command": "Typing" if typing else "CancelTyping"}
            )
        except CallFailed as failed:
            if failed.kind is not Kind.IGNORE:
                raise
