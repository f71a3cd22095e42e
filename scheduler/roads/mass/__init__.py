"""群发: articles as a mass message, to all, to a tag or to lists of openids.

A 服务号 reaches each follower four times a calendar month, may send "to all" once a day, and has openid lists of 2 to 10,000. A
公众号 sends once a day, to all or to one tag.
Source: https://developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from scheduler.roads.base import Answer, Call, Picture, Planned, Routed
from settings import Settings, WeChatLimits

if TYPE_CHECKING:
    from wechat.outbound.client import Client


class MassRoad:
    """Mass message with the delivery's key as ``clientmsgid``."""

    name: ClassVar[str] = "mass"
    title: ClassVar[str] = "群发"
    carries: ClassVar[frozenset[str]] = frozenset({"articles"})
    serial: ClassVar[bool] = True
    needs_draft: ClassVar[bool] = True
    counts: ClassVar[bool] = True
    job: ClassVar[str] = "mass"

    def refusal(self, kind: str, settings: Settings) -> str:
        return "" if kind in self.carries else "群发只用于稿件，活动通知请用 auto 或 template 渠道"

    def key_window(self, limits: WeChatLimits) -> timedelta:
        return timedelta(hours=limits.mass_key_hours)

    def repeat_gap(self, limits: WeChatLimits) -> timedelta:
        return timedelta(seconds=limits.mass_repeat_gap_s)

    def route(self, picture: Picture) -> Routed:
        people = [person.openid for person in picture.reachable]
        if not people:
            return Routed(())
        if picture.settings.wechat.account_type == "subscription":
            return self._once_a_day(picture, people)
        if picture.audience.everyone and picture.complete and picture.to_all_left > 0:
            return Routed([Planned(people, picture.audience.label, to_all=True)])
        if by_tag := self._by_tags(picture):
            return Routed(by_tag)
        limits = picture.settings.wechat.limits
        if len(people) < limits.mass_min_openids:
            return Routed((), {"too_few": len(people)})
        return Routed(
            [
                Planned(batch, f"{picture.audience.label}（第 {number} 批）"[:120], openids=batch)
                for number, batch in enumerate(even_batches(people, limits.mass_max_openids), start=1)
            ]
        )

    def _once_a_day(self, picture: Picture, people: list[str]) -> Routed:
        if picture.account_left < 1:
            return Routed((), {"quota_used": len(people)})
        if picture.audience.everyone:
            return Routed([Planned(people, picture.audience.label, to_all=True)])
        by_tag = self._by_tags(picture)
        if len(by_tag) == 1:
            return Routed(by_tag)
        return Routed((), {"no_tag": len(people)})

    def _by_tags(self, picture: Picture) -> list[Planned]:
        """One call a place, where the tags hold exactly the audience and nobody twice; else nothing."""
        parts = picture.audience.parts
        if not parts or len(picture.exact_tags) != len(parts):
            return []
        planned: list[Planned] = []
        seen: set[str] = set()
        for part in picture.exact_tags:
            members = [person.openid for person in picture.reachable if person.belongs_to(part)]
            if seen.intersection(members):
                return []
            seen.update(members)
            if members:
                planned.append(Planned(members, part.name, tag_id=part.tag_id))
        return planned if len(seen) == len(picture.reachable) else []

    def send(self, client: Client, call: Call) -> Answer:
        if call.to_all:
            answer = client.mass_send_to_all(call.media_id, client_id=call.key)
        elif call.tag_id is not None:
            answer = client.mass_send_to_tag(call.media_id, call.tag_id, client_id=call.key)
        else:
            answer = client.mass_send_to_openids(call.media_id, list(call.openids), client_id=call.key)
        return Answer(str(answer.msg_id), str(answer.msg_data_id or ""), bool(answer.repeated))


def even_batches(people: list[str], largest: int) -> list[list[str]]:
    """As few batches as possible, of nearly the same size, so that the last one is never a single person."""
    count = -(-len(people) // largest)
    size, more = divmod(len(people), count)
    batches: list[list[str]] = []
    start = 0
    for number in range(count):
        end = start + size + (number < more)
        batches.append(people[start:end])
        start = end
    return batches
