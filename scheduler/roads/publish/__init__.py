"""发布: articles at a permanent link, of which nobody is told. Nothing is published from here yet; the results are kept.

Source: https://developers.weixin.qq.com/doc/service/api/public/api_freepublish_submit
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from scheduler.roads.base import Result, Road
from wechat.wire import messages

_DONE = 0


class PublishRoad(Road):
    """What became of publications, by their ``publish_id``."""

    name: ClassVar[str] = "publish"
    title: ClassVar[str] = "发布（不群发）"
    order: ClassVar[int] = 40
    takes = messages.PublishFinished
    refusals: ClassVar[Mapping[str, str]] = {
        "publish_status(2)": "原创校验未通过",
        "publish_status(3)": "发布失败",
        "publish_status(4)": "审核未通过",
        "publish_status(5)": "发布后被删除",
        "publish_status(6)": "发布后被封禁",
    }

    def on_result(self, event: messages.PublishFinished) -> Sequence[Result]:
        status = "success" if event.status == _DONE else f"publish_status({event.status})"
        return [Result(event.publish_id, status, urls=dict(event.article_urls))]


ROAD = PublishRoad()
