"""群机器人: what a robot of WeCom says in a branch's group: links to articles, and notices of activities.

WeCom knows no key and tells no results: a call that was taken has been shown, one without an answer may have been, and is never
made again. Source: https://developer.work.weixin.qq.com/document/path/91770
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from community import invitation
from ground import clock
from models import Target
from scheduler.roads.base import Answer, Call, Content, Picture, Planned, Road, Routed
from scheduler.roads.load import Notice, Occasion
from scheduler.roads.robot import bodies
from settings import Settings, WeChatLimits
from wechat.outbound.groups import Group

if TYPE_CHECKING:
    from wechat.outbound.client import Client

_WEEKDAYS = "一二三四五六日"


class RobotRoad(Road):
    """One message into each group that has a robot; so many a minute, by which WeCom counts each robot for itself."""

    name: ClassVar[str] = "robot"
    title: ClassVar[str] = "群机器人"
    order: ClassVar[int] = 50
    carries: ClassVar[frozenset[Content]] = frozenset({Content.ARTICLES, Content.ACTIVITY})
    serial: ClassVar[bool] = False
    reports: ClassVar[bool] = False
    fills: ClassVar[bool] = True
    links: ClassVar[bool] = True
    group: ClassVar[Group] = Group.ROBOT
    unsaid: ClassVar[str] = "企业微信没有回应，可能已经发到群里，请到群里看一看，不要重发"
    nobody: ClassVar[str] = "没有可用的群机器人，请先在“党员与组织 → 群”里登记群和机器人"

    def targets(self, settings: Settings) -> frozenset[Target]:
        return frozenset({Target.GROUP})

    def refusal(self, kind: str, settings: Settings) -> str:
        if kind not in self.carries:
            return super().refusal(kind, settings)
        if not settings.server.base_url:
            return "还没有设置服务的网址，群里的链接打不开，请管理员先在配置文件里填写 [server] base_url"
        return ""

    def cost(self, limits: WeChatLimits) -> str:
        return f"群机器人不占群发额度，每个机器人每分钟最多 {limits.robot_per_minute} 条。"

    def per_minute(self, limits: WeChatLimits) -> int:
        return limits.robot_per_minute

    def plan(self, picture: Picture) -> Routed:
        return Routed(
            [
                Planned((), chat.label, Target.GROUP, target_id=chat.id, branch_id=chat.branch_id)
                for chat in picture.chats
                if chat.robot
            ]
        )

    def fields(self, occasion: Occasion) -> Mapping[str, str]:
        begins = clock.to_shanghai(occasion.starts_at)
        weekday = _WEEKDAYS[begins.weekday()]
        lines = {
            "活动": occasion.title,
            "时间": f"{begins.year}年{begins.month}月{begins.day}日（周{weekday}）{begins:%H:%M}",
            "地点": occasion.place or "详见活动通知",
        }
        path = "" if occasion.activity_id is None else invitation.path(occasion.activity_id)
        return Notice(lines, path)

    def send(self, client: Client, call: Call) -> Answer:
        body = bodies.of_articles(call.cards) if call.cards else bodies.of_notice(call.fields, call.url)
        client.robot_send(call.address, body)
        return Answer("")

    def try_out(self, client: Client, address: str) -> None:
        client.robot_text(address, "这是群机器人的试发消息。看到它说明机器人可以用，推送会发到这个群。")


ROAD = RobotRoad()
