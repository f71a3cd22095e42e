"""转群包: text, poster and link for an ordinary WeChat group, which a person passes on: no interface of WeChat reaches it.

What is to be passed on lies ready here before the call, which only tells its forwarder, once at most and where WeChat lets
them be written to; without it they find it on their own page, or by 「待转发」.
Source: https://developers.weixin.qq.com/doc/offiaccount/Customer_Service/Customer_Service_Messages.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import structlog

from ground.errors import PioneerError
from models import Target
from scheduler.roads.base import Answer, Call, Content, Picture, Planned, Road, Routed
from settings import Settings, WeChatLimits
from wechat.outbound.groups import Group

if TYPE_CHECKING:
    from wechat.outbound.client import Client

log = structlog.get_logger(__name__)


class KitRoad(Road):
    """Forward kit: one for each group in which no robot may speak and that somebody passes things on to."""

    name: ClassVar[str] = "kit"
    title: ClassVar[str] = "转群包"
    order: ClassVar[int] = 60
    carries: ClassVar[frozenset[Content]] = frozenset({Content.ARTICLES, Content.ACTIVITY})
    reports: ClassVar[bool] = False
    fills: ClassVar[bool] = True
    links: ClassVar[bool] = True
    lies_ready: ClassVar[bool] = True
    group: ClassVar[Group] = Group.CUSTOM
    nobody: ClassVar[str] = "没有可以转发的群，请先在“党员与组织 → 群”里登记群和转发人"
    reasons: ClassVar[Mapping[str, str]] = {"no_forwarder": "没有转发人，或转发人没有关注公众号"}

    def targets(self, settings: Settings) -> frozenset[Target]:
        return frozenset({Target.FORWARDER})

    def refusal(self, kind: str, settings: Settings) -> str:
        if kind not in self.carries:
            return "转群包只用于稿件和活动通知"
        if not settings.server.base_url:
            return "还没有填写平台的网址，群里的链接打不开，请管理员填写 server.base_url"
        return ""

    def cost(self, limits: WeChatLimits) -> str:
        return "转群包由转发人自愿转到微信群，不占群发额度。"

    def plan(self, picture: Picture) -> Routed:
        silent = [chat for chat in picture.chats if not chat.robot]
        calls = [
            Planned((), chat.label, Target.FORWARDER, target_id=chat.id, branch_id=chat.branch_id)
            for chat in silent
            if chat.forwarder
        ]
        return Routed(calls, missed={chat.label: "no_forwarder" for chat in silent if not chat.forwarder})

    def send(self, client: Client, call: Call) -> Answer:
        if call.hint is not None:
            try:
                client.custom_send(call.hint.openid, {"msgtype": "text", "text": {"content": call.hint.text}})
            except PioneerError as error:
                log.info("hint_lost", key=call.key, error=type(error).__name__)
        return Answer("")


ROAD = KitRoad()
