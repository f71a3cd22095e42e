"""订阅通知: a notice to a follower who agreed to it, one consent for one notice. There is no key, and no number in the answer.

A template has its own fields; which of them hold title, time and place the office says in the configuration, in this order.
Source: https://developers.weixin.qq.com/doc/service/guide/product/subscription_messages/push.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from community import invitation
from ground import clock
from models import Target
from scheduler.roads.base import Answer, Call, Content, Picture, Result, Road, Routed, Singly
from scheduler.roads.load import Agreement, Notice, Occasion
from settings import Settings, WeChatLimits
from wechat.outbound.groups import Group
from wechat.wire import messages

if TYPE_CHECKING:
    from wechat.outbound.client import Client

_LONGEST = 20
_SECONDS_LATE = timedelta(minutes=10)


class SubscribeRoad(Road):
    """A notice of an activity, or of new articles by title and link, to those who agreed."""

    name: ClassVar[str] = "subscribe"
    title: ClassVar[str] = "订阅通知"
    order: ClassVar[int] = 35
    carries: ClassVar[frozenset[Content]] = frozenset({Content.ANSWER, Content.ARTICLES, Content.ACTIVITY})
    serial: ClassVar[bool] = False
    fills: ClassVar[bool] = True
    links: ClassVar[bool] = True
    takes = messages.SubscriptionSent
    group: ClassVar[Group] = Group.NOTICE
    refusals: ClassVar[Mapping[str, str]] = {
        "failed(43101)": "用户已拒收这类通知，或订阅次数已用完",
    }
    unsaid: ClassVar[str] = "微信没有给出结果，无法确认是否送达，这次订阅次数已算用掉，请不要重发"
    reasons: ClassVar[Mapping[str, str]] = {
        "no_consent": "没有在手机页面上订阅这类通知",
        "consent_used": "订阅次数已用完，再次订阅后才能发",
        "consent_refused": "已拒收这类通知",
        "consent_over": "订阅时间过长，已不再有效",
    }

    def targets(self, settings: Settings) -> frozenset[Target]:
        return frozenset({Target.FOLLOWER})

    def refusal(self, kind: str, settings: Settings) -> str:
        if kind not in self.carries:
            return "订阅通知不能用于这类推送，请改用自动选择（auto）"
        if settings.wechat.account_type != "service":
            return "公众号（订阅号）没有订阅通知，请改用自动选择（auto）"
        if self.agreement(kind, settings) is None:
            name = f"wechat.notice_{'article' if kind == Content.ARTICLES else 'activity'}_template"
            return f"还没有配置订阅通知，请管理员在公众平台选用订阅通知模板后填写 {name}"
        if not settings.server.base_url:
            return "还没有设置服务的网址，订阅通知里无法给出链接，请先在配置文件里填写 [server] base_url"
        return ""

    def agreement(self, kind: str, settings: Settings) -> Agreement | None:
        """What one person is told by it is always of an activity: that it was changed, or called off."""
        wechat = settings.wechat
        chosen, lasting = wechat.notice_activity_template, wechat.notice_activity_long_term
        if kind == Content.ARTICLES:
            chosen, lasting = wechat.notice_article_template, wechat.notice_article_long_term
        return Agreement(chosen, lasting) if chosen and kind in self.carries else None

    def cost(self, limits: WeChatLimits) -> str:
        return "订阅通知不占群发额度，只发给在手机页面上订阅过的人；一次性订阅每同意一次只能发一条。"

    def result_after(self, limits: WeChatLimits) -> timedelta:
        """It cannot be asked for; the event comes within seconds, or as late as WeChat repeats it."""
        return _SECONDS_LATE

    def plan(self, picture: Picture) -> Routed:
        return Routed(Singly(picture.openids))

    def told(self, title: str, occasion: Occasion, page: str) -> Mapping[str, str]:
        return {**self.fields(occasion), "title": title, "page": page}

    def fields(self, occasion: Occasion) -> Mapping[str, str]:
        path = "" if occasion.activity_id is None else invitation.path(occasion.activity_id)
        lines = {"title": occasion.title, "time": _moment(occasion.starts_at), "place": occasion.place}
        return Notice(lines, path)

    def send(self, client: Client, call: Call) -> Answer:
        wechat, root = call.settings.wechat, call.settings.server.base_url
        if call.occasion is not None or call.payload:
            said = call.payload or {**call.fields, "page": call.url}
            keys = wechat.notice_activity_fields.split()
            values = [said["title"], said["time"], said["place"] or "详见活动页面"]
            template, page = wechat.notice_activity_template, said["page"]
        else:
            keys = wechat.notice_article_fields.split()
            values = [_titles([card.title for card in call.cards]), _moment(clock.now())]
            template = wechat.notice_article_template
            page = call.cards[0].url if len(call.cards) == 1 else f"{root}/m/"
        fields = {key: fitting(key, value) for key, value in zip(keys, values, strict=True)}
        client.subscribe_send(call.openids[0], template, fields, page=page)
        return Answer("")

    def on_result(self, event: messages.SubscriptionSent) -> Sequence[Result]:
        at = datetime.fromtimestamp(event.at, UTC)
        return [
            Result(
                one.msg_id,
                "success" if one.code == 0 else f"failed({one.code})",
                openid=event.openid,
                sent_at=at,
            )
            for one in event.results
        ]


def fitting(key: str, value: str) -> str:
    """A value as the field takes it: ``thing…`` is one line of at most 20 characters and never empty; a time stays as it is.

    Source: https://developers.weixin.qq.com/doc/service/guide/product/subscription_messages/push.html
    """
    line = " ".join(value.split()) or "详见页面"
    if not key.startswith("thing") or len(line) <= _LONGEST:
        return line
    return f"{line[: _LONGEST - 1]}…"


def _titles(titles: Sequence[str]) -> str:
    """The first title; of several, that there are more: so many characters less are left for it."""
    more = f"等{len(titles)}篇" if len(titles) > 1 else ""
    first = " ".join(titles[0].split())
    room = _LONGEST - len(more)
    return (first if len(first) <= room else f"{first[: room - 1]}…") + more


def _moment(at: datetime) -> str:
    local = clock.to_shanghai(at)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


ROAD = SubscribeRoad()
