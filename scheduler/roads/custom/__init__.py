"""客服消息: to a person who wrote, within the time and the number of messages that WeChat allows. There is no key.

It carries answers, and pushes to those whose window is open: one article as a card, several as a text with links, an activity as
a menu message. Source: https://developers.weixin.qq.com/doc/offiaccount/Customer_Service/Customer_Service_Messages.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from community import invitation
from ground import clock
from models import Target
from scheduler.roads.base import Answer, Call, Content, Picture, Road, Routed, Singly, Window
from scheduler.roads.load import Card, Notice, Occasion
from settings import Settings, WeChatLimits
from wechat.outbound.groups import Group

if TYPE_CHECKING:
    from wechat.outbound.client import Client

_DESCRIPTION = 120
_TEXT_BYTES = 2048
_CHECK_IN = "签到"


class CustomRoad(Road):
    """Customer-service message; what may have been shown is not sent again."""

    name: ClassVar[str] = "custom"
    title: ClassVar[str] = "客服消息"
    called: ClassVar[str] = "服务窗口（客服消息）"
    order: ClassVar[int] = 30
    carries: ClassVar[frozenset[Content]] = frozenset({Content.ANSWER, Content.ARTICLES, Content.ACTIVITY})
    serial: ClassVar[bool] = False
    reports: ClassVar[bool] = False
    fills: ClassVar[bool] = True
    links: ClassVar[bool] = True
    group: ClassVar[Group] = Group.CUSTOM
    too_late: ClassVar[str] = "对方 48 小时内没有发来消息，或已超过可回复的条数"
    reasons: ClassVar[Mapping[str, str]] = {
        "window": "48 小时内没有给公众号发过消息",
        "window_used": "已收满微信允许的客服消息条数",
    }

    def targets(self, settings: Settings) -> frozenset[Target]:
        return frozenset({Target.FOLLOWER})

    def refusal(self, kind: str, settings: Settings) -> str:
        if kind != Content.ANSWER and not settings.server.base_url:
            return "还没有设置服务的网址，客服消息里无法给出链接，请先在配置文件里填写 [server] base_url"
        return "" if kind in self.carries else "客服消息不能用于这类推送，请改用自动选择（auto）"

    def cost(self, limits: WeChatLimits) -> str:
        hours, count = limits.customer_service_hours, limits.customer_service_count
        return f"客服消息不占群发额度，但只能发给 {hours} 小时内给公众号发过消息的人，每人最多 {count} 条（包括对来信的答复）。"

    def window(self, limits: WeChatLimits) -> Window:
        return Window(timedelta(hours=limits.customer_service_hours), limits.customer_service_count)

    def plan(self, picture: Picture) -> Routed:
        return Routed(Singly(picture.openids, until=picture.until))

    def fields(self, occasion: Occasion) -> Mapping[str, str]:
        begins = clock.to_shanghai(occasion.starts_at)
        lines = {
            "活动": occasion.title,
            "时间": f"{begins.year}年{begins.month}月{begins.day}日 {begins:%H:%M}",
            "地点": occasion.place or "详见活动通知",
        }
        return Notice(lines, "" if occasion.activity_id is None else invitation.path(occasion.activity_id))

    def send(self, client: Client, call: Call) -> Answer:
        client.custom_send(call.openids[0], _body(call))
        return Answer("")


def _body(call: Call) -> Mapping[str, Any]:
    if call.payload:
        return call.payload
    if call.occasion is not None:
        return _notice(call)
    return _card(call.cards[0]) if len(call.cards) == 1 else _links(call.cards)


def _card(card: Card) -> Mapping[str, Any]:
    """WeChat takes exactly one."""
    one = {
        "title": card.title,
        "description": card.digest[:_DESCRIPTION],
        "url": card.url,
        "picurl": card.picture,
    }
    return {"msgtype": "news", "news": {"articles": [one]}}


def _links(cards: Sequence[Card]) -> Mapping[str, Any]:
    """Eight titles of 64 characters and their addresses are more than WeChat's 2,048 bytes: long titles are cut."""
    for most in (64, 40, 24, 12, 6):
        lines = [
            f'{number}. <a href="{card.url}">{_plain(card.title, most)}</a>'
            for number, card in enumerate(cards, 1)
        ]
        text = "\n".join(["为您送上这几篇文章，点标题阅读：", *lines])
        if len(text.encode()) <= _TEXT_BYTES:
            break
    return _text(text)


def _notice(call: Call) -> Mapping[str, Any]:
    """A menu message with 签到 in it, which stays in the chat until then; a text where the account has no such messages."""
    said = "\n".join(["活动通知", *(f"{name}：{line}" for name, line in call.fields.items())])
    if call.url:
        said += f'\n<a href="{call.url}">查看活动</a>'
    if call.settings.wechat.account_type != "service":
        return _text(said)
    items = [{"id": "1", "content": _CHECK_IN}]
    menu = {"head_content": said, "list": items, "tail_content": f"到活动现场后点“{_CHECK_IN}”"}
    return {"msgtype": "msgmenu", "msgmenu": menu}


def _text(content: str) -> Mapping[str, Any]:
    return {"msgtype": "text", "text": {"content": content}}


def _plain(title: str, most: int) -> str:
    """Nothing of a title is taken for a link."""
    title = title.replace("<", "＜").replace(">", "＞")
    return title if len(title) <= most else f"{title[: most - 1]}…"


ROAD = CustomRoad()
