"""发布（不群发）: articles at a permanent link, in the account's list of publications; nobody is told, and no quota is used.

Source: https://developers.weixin.qq.com/doc/service/api/public/api_freepublish_submit
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from models import Target
from scheduler.roads.base import Answer, Call, Content, Picture, Planned, Result, Road, Routed
from settings import Settings, WeChatLimits
from wechat.outbound.groups import Group
from wechat.wire import messages

if TYPE_CHECKING:
    from wechat.outbound.client import Client

_DONE, _RUNNING = 0, 1
_SUCCESS = "success"
_TO_NOBODY = "公众号的发表记录，不通知任何人"


class PublishRoad(Road):
    """Publication by ``freepublish``; WeChat knows no key, so one that was not answered is looked after by a person."""

    name: ClassVar[str] = "publish"
    title: ClassVar[str] = "发布（不群发）"
    order: ClassVar[int] = 40
    carries: ClassVar[frozenset[Content]] = frozenset({Content.ARTICLES})
    needs_draft: ClassVar[bool] = True
    reaches: ClassVar[bool] = False
    asks: ClassVar[bool] = True
    removes: ClassVar[bool] = True
    group: ClassVar[Group] = Group.PUBLISH
    takes = messages.PublishFinished
    refusals: ClassVar[Mapping[str, str]] = {
        "publish_status(2)": "原创校验未通过",
        "publish_status(3)": "发布失败",
        "publish_status(4)": "审核未通过",
        "publish_status(5)": "发布后被删除",
        "publish_status(6)": "发布后被封禁",
    }

    def targets(self, settings: Settings) -> frozenset[Target]:
        return frozenset({Target.EVERYONE})

    def refusal(self, kind: str, settings: Settings) -> str:
        return "" if kind in self.carries else "发布只用于稿件，活动通知请改用自动选择（auto）"

    def cost(self, limits: WeChatLimits) -> str:
        return "只进入公众号的发表记录和栏目，不给任何人发消息，不占群发额度；以后还可以再推送。"

    def plan(self, picture: Picture) -> Routed:
        return Routed([Planned((), _TO_NOBODY, Target.EVERYONE)])

    def send(self, client: Client, call: Call) -> Answer:
        task = client.publish_submit(call.media_id)
        return Answer(task.publish_id, task.msg_data_id)

    def ask(self, client: Client, msg_id: str) -> str:
        return _said(client.publish_get(msg_id).publish_status)

    def remove(self, client: Client, msg_id: str, position: int) -> None:
        if article_id := client.publish_get(msg_id).article_id:
            client.publish_delete(article_id, position)

    def on_result(self, event: messages.PublishFinished) -> Sequence[Result]:
        return [Result(event.publish_id, _said(event.status), urls=dict(event.article_urls))]


def _said(status: int) -> str:
    """A publication's status as a word; empty while it is under way."""
    if status == _RUNNING:
        return ""
    return _SUCCESS if status == _DONE else f"publish_status({status})"


ROAD = PublishRoad()
