"""订阅通知: a notice to a follower who agreed to it once. None is sent from here yet; the results are kept.

Source: https://developers.weixin.qq.com/doc/service/guide/product/subscription_messages/push.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from scheduler.roads.base import Result, Road
from wechat.wire import messages


class SubscribeRoad(Road):
    """What became of subscription notices, by their numbers."""

    name: ClassVar[str] = "subscribe"
    title: ClassVar[str] = "订阅通知"
    order: ClassVar[int] = 50
    takes = messages.SubscriptionSent

    def on_result(self, event: messages.SubscriptionSent) -> Sequence[Result]:
        return [
            Result(one.msg_id, "success" if one.code == 0 else f"failed({one.code})") for one in event.results
        ]


ROAD = SubscribeRoad()
