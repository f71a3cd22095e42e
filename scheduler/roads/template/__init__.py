"""模板消息: the notice of an activity, one call for each follower. Never for articles.

WeChat lets template messages follow only from what a user did or agreed to; carrying articles by them costs the interface.
Source: https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Template_Message_Operation_Specifications.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from community import invitation
from ground import clock
from models import Target
from scheduler.roads.base import Answer, Call, Content, Picture, Result, Road, Routed, Singly
from scheduler.roads.load import Notice, Occasion
from settings import Settings, WeChatLimits
from wechat.outbound.groups import Group
from wechat.wire import messages

if TYPE_CHECKING:
    from wechat.outbound.client import Client

NO_NEWS = "模板消息只能用于活动通知，用来推送稿件会被微信处罚（封禁模板或收回接口），请改用自动选择（auto）"


class TemplateRoad(Road):
    """Template message with the delivery's key as ``client_msg_id``, which WeChat remembers for ten minutes."""

    name: ClassVar[str] = "template"
    title: ClassVar[str] = "模板消息"
    order: ClassVar[int] = 20
    carries: ClassVar[frozenset[Content]] = frozenset({Content.ACTIVITY})
    serial: ClassVar[bool] = False
    takes = messages.TemplateFinished
    passing: ClassVar[frozenset[str]] = frozenset({"failed: system failed", "failed:freq limit"})
    group: ClassVar[Group] = Group.TEMPLATE
    refusals: ClassVar[Mapping[str, str]] = {
        "failed:user block": "用户拒收",
        "failed: system failed": "微信系统失败",
        "failed:freq limit": "给该用户发送过于频繁",
    }

    def targets(self, settings: Settings) -> frozenset[Target]:
        return frozenset({Target.FOLLOWER})

    def refusal(self, kind: str, settings: Settings) -> str:
        if kind not in self.carries:
            return NO_NEWS
        if settings.wechat.account_type != "service":
            return "公众号（订阅号）没有模板消息，活动通知请由党支部转发"
        if not settings.wechat.template_id:
            return "还没有配置模板消息，请管理员在公众平台选用模板后填写 wechat.template_id"
        return ""

    def cost(self, limits: WeChatLimits) -> str:
        return f"活动通知使用模板消息，不占每月 {limits.mass_per_follower_month} 条的群发额度。"

    def key_window(self, limits: WeChatLimits) -> timedelta:
        return timedelta(minutes=limits.template_key_minutes)

    def result_after(self, limits: WeChatLimits) -> timedelta:
        """It cannot be asked for: as long as a repeat would be known, the event may come."""
        return self.key_window(limits)

    def plan(self, picture: Picture) -> Routed:
        return Routed(Singly(picture.openids))

    def fields(self, occasion: Occasion) -> Mapping[str, str]:
        begins = clock.to_shanghai(occasion.starts_at)
        lines = {
            "thing1": occasion.title,
            "time2": f"{begins.year}年{begins.month}月{begins.day}日 {begins:%H:%M}",
            "thing3": occasion.place or "详见活动通知",
        }
        path = "" if occasion.activity_id is None else invitation.path(occasion.activity_id)
        return Notice(notice_of(lines), path)

    def send(self, client: Client, call: Call) -> Answer:
        template_id = call.settings.wechat.template_id
        msg_id = client.template_send(
            call.openids[0], template_id, dict(call.fields), url=call.url, client_id=call.key
        )
        return Answer(str(msg_id))

    def on_result(self, event: messages.TemplateFinished) -> Sequence[Result]:
        return [Result(event.msg_id, event.status)]


def notice_of(values: Mapping[str, Any]) -> dict[str, str]:
    """A notice's values as WeChat takes them: one line of at most 20 characters, never empty.

    Source: https://developers.weixin.qq.com/doc/service/guide/product/subscription_messages/push.html
    """
    longest = 20
    lines = {key: " ".join(str(value).split()) for key, value in values.items()}
    return {key: line if len(line) <= longest else line[: longest - 1] + "…" for key, line in lines.items()}


ROAD = TemplateRoad()
