"""群发: articles as a mass message, to all, to a tag or to lists of openids.

A 服务号 reaches each follower four times a calendar month, may send "to all" once a day, and has openid lists of 2 to 10,000. A
公众号 sends once a day, to all or to one tag.
Source: https://developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

from models import Target
from scheduler.roads.base import (
    Answer,
    Call,
    Carried,
    Content,
    Picture,
    Planned,
    Result,
    Road,
    Routed,
    even_batches,
)
from settings import Settings, WeChatLimits
from wechat.outbound.groups import Group
from wechat.wire import messages

if TYPE_CHECKING:
    from wechat.outbound.client import Client

_TRIED = 10
"""Among how many tags the best choice is looked for."""
_ASKED_SUCCESS = "SEND_SUCCESS"
_ASKED_FAILURES = ("SEND_FAIL", "DELETE")


class MassRoad(Road):
    """Mass message with the delivery's key as ``clientmsgid``."""

    name: ClassVar[str] = "mass"
    title: ClassVar[str] = "群发"
    order: ClassVar[int] = 10
    carries: ClassVar[frozenset[Content]] = frozenset({Content.ARTICLES})
    needs_draft: ClassVar[bool] = True
    costs_quota: ClassVar[bool] = True
    asks: ClassVar[bool] = True
    removes: ClassVar[bool] = True
    tells_total: ClassVar[bool] = True
    takes = messages.MassFinished
    successes: ClassVar[frozenset[str]] = frozenset({"send success", _ASKED_SUCCESS})
    passing: ClassVar[frozenset[str]] = frozenset(
        {"send fail", "SEND_FAIL", "err(30001)", "err(40001)", "err(40002)"}
    )
    group: ClassVar[Group] = Group.MASS
    refusals: ClassVar[Mapping[str, str]] = {
        "err(10001)": "涉嫌广告",
        "err(20001)": "涉嫌政治",
        "err(20002)": "涉嫌色情",
        "err(20004)": "涉嫌社会",
        "err(20006)": "涉嫌违法犯罪",
        "err(20008)": "涉嫌欺诈",
        "err(20013)": "涉嫌版权",
        "err(21000)": "涉嫌其他违规",
        "err(22000)": "涉嫌互推",
        "err(30001)": "原创校验出错",
        "err(30002)": "原创校验判定不能群发",
        "err(30003)": "原创校验判定为转载",
        "err(40001)": "管理员拒绝了群发",
        "err(40002)": "管理员 30 分钟内没有确认群发",
    }
    reasons: ClassVar[Mapping[str, str]] = {
        "quota_used": "本月已收满 4 条",
        "day_used": "公众号当天的群发次数已用完",
        "too_few": "只有一人，群发接口至少需要两人",
        "no_tag": "公众号没有按名单群发的接口",
    }

    def targets(self, settings: Settings) -> frozenset[Target]:
        if settings.wechat.account_type == "service":
            return frozenset({Target.EVERYONE, Target.TAG, Target.LIST})
        return frozenset({Target.EVERYONE, Target.TAG})

    def refusal(self, kind: str, settings: Settings) -> str:
        return "" if kind in self.carries else "群发只用于稿件，活动通知请改用自动选择（auto）"

    def cost(self, limits: WeChatLimits) -> str:
        month, day = limits.mass_per_follower_month, limits.mass_per_day
        return (
            f"群发占用额度：服务号每位收到者用去本月 {month} 条中的 1 条，公众号用去当天 {day} 次中的 1 次。"
        )

    def fewest(self, limits: WeChatLimits) -> int:
        return limits.mass_min_openids

    def largest(self, limits: WeChatLimits) -> int:
        return limits.mass_max_openids

    def key_window(self, limits: WeChatLimits) -> timedelta:
        return timedelta(hours=limits.mass_key_hours)

    def plan(self, picture: Picture) -> Routed:
        people = picture.openids
        if not people:
            return Routed(())
        if Target.LIST not in self.targets(picture.settings):
            return self._once_a_day(picture, people)
        if picture.audience.everyone and picture.complete and picture.to_all_left > 0:
            return Routed([Planned(people, picture.audience.label, Target.EVERYONE)])
        if whole := self._by_one_tag(picture, people):
            return Routed([whole])
        by_tag, rest = self._by_large_tags(picture, people)
        listed = self.relist(rest, picture.audience.label, picture.settings.wechat.limits)
        numbered = [
            replace(one, target=f"{one.target}（第 {number} 批）"[:120])
            for number, one in enumerate(listed.deliveries, start=1)
        ]
        return Routed([*by_tag, *numbered], listed.skipped)

    def relist(self, people: Sequence[str], target: str, limits: WeChatLimits) -> Routed:
        if len(people) < limits.mass_min_openids:
            return Routed((), {"too_few": len(people)} if people else {})
        batches = even_batches(people, self.largest(limits))
        return Routed([Planned(batch, target, Target.LIST, openids=batch) for batch in batches])

    def _once_a_day(self, picture: Picture, people: list[str]) -> Routed:
        if picture.account_left < 1:
            return Routed((), {"day_used": len(people)})
        if picture.audience.everyone:
            return Routed([Planned(people, picture.audience.label, Target.EVERYONE)])
        if whole := self._by_one_tag(picture, people):
            return Routed([whole])
        return Routed((), {"no_tag": len(people)})

    def _by_one_tag(self, picture: Picture, people: Sequence[str]) -> Planned | None:
        """One call, where a tag is on exactly these people."""
        for tag in picture.tags:
            if len(tag.openids) == len(people):
                return Planned(people, tag.name, Target.TAG, tag.tag_id)
        return None

    def _by_large_tags(self, picture: Picture, people: Sequence[str]) -> tuple[list[Planned], list[str]]:
        """A call each for tags on more people than a list may hold, and who is left for lists: the fewest calls in all.

        A smaller tag saves no call.
        """
        limits = picture.settings.wechat.limits
        large = [tag for tag in picture.tags if len(tag.openids) > self.largest(limits)]
        large.sort(key=lambda one: len(one.openids), reverse=True)
        chosen = _cheapest(large[:_TRIED], len(people), limits)
        by_tag = [
            Planned([one for one in people if one in tag.openids], tag.name, Target.TAG, tag.tag_id)
            for tag in chosen
        ]
        tagged = frozenset[str]().union(*(tag.openids for tag in chosen))
        return by_tag, [one for one in people if one not in tagged]

    def send(self, client: Client, call: Call) -> Answer:
        if call.kind is Target.EVERYONE:
            answer = client.mass_send_to_all(call.media_id, client_id=call.key)
        elif call.kind is Target.TAG and call.target_id is not None:
            answer = client.mass_send_to_tag(call.media_id, call.target_id, client_id=call.key)
        else:
            answer = client.mass_send_to_openids(call.media_id, list(call.openids), client_id=call.key)
        return Answer(str(answer.msg_id), str(answer.msg_data_id or ""), bool(answer.repeated))

    def ask(self, client: Client, msg_id: str) -> str:
        state = str(client.mass_get(msg_id))
        return state if state == _ASKED_SUCCESS or state in _ASKED_FAILURES else ""

    def remove(self, client: Client, msg_id: str, position: int) -> None:
        client.mass_delete(msg_id, position)

    def on_result(self, event: messages.MassFinished) -> Sequence[Result]:
        counts = {"total": event.total, "filter": event.filtered, "sent": event.sent, "error": event.errors}
        return [Result(event.msg_id, event.status, counts, dict(event.article_urls))]


def _cheapest(tags: Sequence[Carried], people: int, limits: WeChatLimits) -> Sequence[Carried]:
    """Those of the tags, nobody in two of them, with which and with lists for the rest so many people take the fewest calls.

    One person alone fits no list.
    """
    apart = {
        (one.tag_id, two.tag_id) for one, two in combinations(tags, 2) if one.openids.isdisjoint(two.openids)
    }
    best: Sequence[Carried] = ()
    fewest = float("inf")
    for count in range(len(tags) + 1):
        for chosen in combinations(tags, count):
            left = people - sum(len(tag.openids) for tag in chosen)
            calls = count + -(-left // limits.mass_max_openids)
            if calls >= fewest or 0 < left < limits.mass_min_openids:
                continue
            if all((one.tag_id, two.tag_id) in apart for one, two in combinations(chosen, 2)):
                best, fewest = chosen, calls
    return best


ROAD = MassRoad()
