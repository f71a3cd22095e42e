"""推送和投递的一生: the states of a push and of one call to WeChat, the words for them, and what leads where.

What people decide goes by :data:`PUSH`; the engine's own steps stand here as it takes them.
"""

from __future__ import annotations

from ground.life import Life, Step
from models import DeliveryStatus as D
from models import PushStatus as P

CONTROL, RELEASE = "push.control", "push.release"
_WAITING = {P.SENDING, P.AWAITING_RESULT, P.PAUSED}


def _push(
    name: str, label: str, sources: set[P], to: P, right: str | None, needs: str = "", refusal: str = ""
) -> Step[P]:
    return Step(name, label, frozenset(sources), to, right, needs, refusal)


def _call(name: str, label: str, sources: set[D], to: D, needs: str = "") -> Step[D]:
    return Step(name, label, frozenset(sources), to, None, needs)


PUSH: Life[P] = Life(
    P,
    noun="推送",
    labels={
        P.DRAFT: "草稿",
        P.SCHEDULED: "已排期",
        P.HELD: "待确认",
        P.SENDING: "发布中",
        P.AWAITING_RESULT: "等待微信结果",
        P.SENT: "已发布",
        P.PARTLY_FAILED: "部分失败",
        P.FAILED: "失败",
        P.UNKNOWN: "待核对",
        P.PAUSED: "已暂停",
        P.CANCELLED: "已取消",
        P.MISSED: "已错过",
    },
    steps=[
        # people
        _push("push.pause", "暂停", {P.SCHEDULED, P.SENDING}, P.PAUSED, CONTROL),
        _push("push.resume", "继续", {P.PAUSED, P.MISSED}, P.SCHEDULED, CONTROL,
              "not planned yet; its articles are what was approved when it was made"),
        _push("push.go_on", "继续", {P.PAUSED, P.MISSED}, P.SENDING, CONTROL, "the same, of one that is planned"),
        _push("push.reschedule", "改期", {P.SCHEDULED, P.HELD, P.PAUSED, P.MISSED}, P.SCHEDULED, CONTROL,
              "nothing of it was planned yet"),
        _push("push.release", "同意发送", {P.HELD}, P.SCHEDULED, RELEASE, "of an emergency: another person than who made it"),
        _push("push.cancel", "取消", {P.DRAFT, P.SCHEDULED, P.HELD, P.SENDING, P.PAUSED, P.MISSED}, P.CANCELLED, CONTROL),
        Step("push.again", "重发给失败的人", frozenset({P.PARTLY_FAILED, P.FAILED, P.UNKNOWN}), None, "push.create",
             "some certainly got nothing, for a cause that can pass"),
        # the clock
        _push("clock.release", "到点发布", {P.SCHEDULED}, P.SENDING, None, "its moment has come"),
        _push("clock.miss", "错过时间", {P.SCHEDULED}, P.MISSED, None, "its moment passed by more than the grace"),
        # the sender
        _push("sender.stop", "暂停", {P.SENDING}, P.PAUSED, None, "a person must mend something first"),
        _push("sender.nobody", "没有可以送达的人", {P.SENDING}, P.FAILED, None, "the plan holds no call"),
        _push("sender.hold", "等待确认", {P.SENDING}, P.HELD, None, "the plan is too far from what was confirmed"),
        _push("sender.wait", "等待结果", {P.SENDING, P.PAUSED}, P.AWAITING_RESULT, None,
              "every call was taken, some have no result yet"),
        # results; a late one may better what was said before
        _push("result.sent", "全部送达", _WAITING | {P.PARTLY_FAILED, P.FAILED, P.UNKNOWN}, P.SENT, None,
              "every call has arrived"),
        _push("result.partly", "部分送达", _WAITING | {P.FAILED, P.UNKNOWN}, P.PARTLY_FAILED, None,
              "every call is final, some failed"),
        _push("result.failed", "没有送达", _WAITING | {P.PARTLY_FAILED, P.UNKNOWN}, P.FAILED, None,
              "every call is final, none arrived"),
        _push("result.unknown", "结果不明", _WAITING | {P.PARTLY_FAILED, P.FAILED}, P.UNKNOWN, None,
              "every call is final, none failed, some were given up unknown"),
    ],
)  # fmt: skip

DELIVERY: Life[D] = Life(
    D,
    noun="投递",
    labels={
        D.PROMISED: "等待回复内容",
        D.PLANNED: "待发送",
        D.CLAIMED: "发送中",
        D.ACCEPTED: "微信已受理",
        D.DELIVERED: "已送达",
        D.FAILED: "失败",
        D.UNKNOWN: "待核对",
        D.CANCELLED: "已取消",
    },
    steps=[
        _call("inbound.fill", "回复已就绪", {D.PROMISED}, D.PLANNED, "the message that it answers has its reply"),
        _call("inbound.nothing", "没有回复", {D.PROMISED}, D.FAILED, "there is none, or it was waited for too long"),
        _call("sender.claim", "开始发送", {D.PLANNED, D.UNKNOWN}, D.CLAIMED, "due, and its push, if it is one's, is being sent"),
        _call("clock.free", "退回待发", {D.CLAIMED}, D.PLANNED, "its holder died before the call left"),
        _call("clock.doubt", "结果不明", {D.CLAIMED}, D.UNKNOWN, "its holder died after the call left"),
        _call("sender.accept", "微信受理", {D.CLAIMED, D.UNKNOWN}, D.ACCEPTED, "WeChat took the call"),
        _call("sender.wait", "稍后再发", {D.CLAIMED, D.UNKNOWN}, D.PLANNED, "neither this call nor an earlier one did anything"),
        _call("sender.doubt", "结果不明", {D.CLAIMED, D.UNKNOWN, D.ACCEPTED}, D.UNKNOWN,
              "no answer; repeated with its key while WeChat knows it, else given up"),
        _call("sender.retarget", "改用名单", {D.CLAIMED, D.UNKNOWN}, D.CANCELLED, "its tag is gone: other calls take its people"),
        _call("result.arrive", "送达", {D.CLAIMED, D.ACCEPTED, D.UNKNOWN}, D.DELIVERED,
              "WeChat's result says so, or it took a call of which it tells no more"),
        _call("result.fail", "失败", {D.PLANNED, D.CLAIMED, D.ACCEPTED, D.UNKNOWN}, D.FAILED,
              "refused for good, or one call of the push was and the rest would be"),
        _call("push.cancel", "取消", {D.PLANNED}, D.CANCELLED,
              "its push is cancelled, its people have left, or newer word of the article takes its place"),
    ],
)  # fmt: skip

OVER = frozenset({P.SENT, P.PARTLY_FAILED, P.FAILED, P.UNKNOWN, P.CANCELLED})
"""States in which nothing more happens of itself, but for a late result."""


__all__ = ["DELIVERY", "OVER", "PUSH"]
