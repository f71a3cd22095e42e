"""客服消息: an answer to a person who wrote, within the time and the number of messages that WeChat allows. There is no key.

Source: https://developers.weixin.qq.com/doc/offiaccount/Customer_Service/Customer_Service_Messages.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from models import Target
from scheduler.roads.base import Answer, Call, Content, Road, Window
from settings import Settings, WeChatLimits
from wechat.outbound.groups import Group

if TYPE_CHECKING:
    from wechat.outbound.client import Client


class CustomRoad(Road):
    """Customer-service message; what may have been shown is not sent again."""

    name: ClassVar[str] = "custom"
    title: ClassVar[str] = "客服消息"
    order: ClassVar[int] = 30
    carries: ClassVar[frozenset[Content]] = frozenset({Content.ANSWER})
    serial: ClassVar[bool] = False
    reports: ClassVar[bool] = False
    group: ClassVar[Group] = Group.CUSTOM
    too_late: ClassVar[str] = "对方 48 小时内没有发来消息，或已超过可回复的条数"

    def targets(self, settings: Settings) -> frozenset[Target]:
        return frozenset({Target.FOLLOWER})

    def refusal(self, kind: str, settings: Settings) -> str:
        return "" if kind in self.carries else "客服消息只用于答复来信的人，推送请改用自动选择（auto）"

    def window(self, limits: WeChatLimits) -> Window:
        return Window(timedelta(hours=limits.customer_service_hours), limits.customer_service_count)

    def send(self, client: Client, call: Call) -> Answer:
        client.custom_send(call.openids[0], call.payload)
        return Answer("")


ROAD = CustomRoad()
