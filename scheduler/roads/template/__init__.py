"""模板消息: the notice of an activity, one call for each follower. Never for articles.

WeChat lets template messages follow only from what a user did or agreed to; carrying articles by them costs the interface.
Source: https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Template_Message_Operation_Specifications.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from scheduler.roads.base import Answer, Call, Picture, Planned, Routed
from settings import Settings, WeChatLimits

if TYPE_CHECKING:
    from wechat.outbound.client import Client

NO_NEWS = (
    "模板消息只能用于活动通知，用来推送稿件会被微信处罚（封禁模板或收回接口），请改用群发（mass）或 auto"
)


class TemplateRoad:
    """Template message with the delivery's key as ``client_msg_id``, which WeChat remembers for ten minutes."""

    name: ClassVar[str] = "template"
    title: ClassVar[str] = "模板消息"
    carries: ClassVar[frozenset[str]] = frozenset({"activity"})
    serial: ClassVar[bool] = False
    needs_draft: ClassVar[bool] = False
    counts: ClassVar[bool] = False
    job: ClassVar[str] = "template"

    def refusal(self, kind: str, settings: Settings) -> str:
        if kind not in self.carries:
            return NO_NEWS
        if settings.wechat.account_type != "service":
            return "公众号（订阅号）没有模板消息，活动通知请由党支部转发"
        if not settings.wechat.template_id:
            return "还没有配置模板消息，请管理员在公众平台选用模板后填写 wechat.template_id"
        return ""

    def key_window(self, limits: WeChatLimits) -> timedelta:
        return timedelta(minutes=limits.template_key_minutes)

    def repeat_gap(self, limits: WeChatLimits) -> timedelta:
        return timedelta(seconds=limits.mass_repeat_gap_s)

    def route(self, picture: Picture) -> Routed:
        return Routed([Planned([one.openid], "关注者", openids=[one.openid]) for one in picture.reachable])

    def send(self, client: Client, call: Call) -> Answer:
        msg_id = client.template_send(
            call.openids[0], call.template_id, dict(call.notice), url=call.url, client_id=call.key
        )
        return Answer(str(msg_id))
