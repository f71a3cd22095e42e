"""The lives of what members do: activities, check-ins and the requests to make up for one, bindings.

An activity's row says what people decided; whether one can check in is its window's (:mod:`community.window`). A check-in and a
binding have no status column: what they are is whether a row, or a member's number in it, is there.
"""

from __future__ import annotations

from enum import StrEnum

from ground.life import Life, Step
from models import (
    ActivityStatus,
    CheckIn,
    CheckInWay,
    ConsentEnd,
    ConsentWay,
    Follower,
    LeaveWay,
    MakeUpStatus,
    RequestKind,
    RequestStatus,
)


class CheckInState(StrEnum):
    """What a member's record for an activity is."""

    NONE = "none"
    RECORDED = "recorded"
    MADE_UP = "made_up"


class BindingState(StrEnum):
    """What a follower is to the roster."""

    FREE = "free"
    BOUND = "bound"
    LEFT = "left"


ACTIVITY: Life[ActivityStatus] = Life(
    ActivityStatus,
    noun="活动",
    labels={
        ActivityStatus.OPEN: "进行中",
        ActivityStatus.CANCELLED: "已取消",
        ActivityStatus.CLOSED: "已结束",
    },
    steps=[
        Step(
            "activity.edit", "修改活动", frozenset({ActivityStatus.OPEN}), None,
            "activity.change", "the own branch's, for a secretary; its window is not over",
            "活动{label}，不能再修改",
        ),
        Step(
            "activity.cancel", "取消活动", frozenset({ActivityStatus.OPEN}), ActivityStatus.CANCELLED,
            "activity.change", "a reason; the own branch's, for a secretary; what was recorded stays",
            "活动{label}，请刷新后查看",
        ),
    ],
    later={ActivityStatus.CLOSED},
)  # fmt: skip

CHECK_IN: Life[CheckInState] = Life(
    CheckInState,
    noun="签到",
    labels={CheckInState.NONE: "未签到", CheckInState.RECORDED: "已签到", CheckInState.MADE_UP: "补签"},
    steps=[
        Step("checkin.reply", "签到", frozenset({CheckInState.NONE}), CheckInState.RECORDED, None,
             "a member of an invited branch, inside the window"),
        Step("checkin.code", "现场签到", frozenset({CheckInState.NONE}), CheckInState.RECORDED, None,
             "a member of an invited branch, inside the window, with the code that the screen shows"),
        Step("checkin.list", "登记签到", frozenset({CheckInState.NONE}), CheckInState.RECORDED, "checkin.record",
             "inside the window; the secretary saw the member there"),
        Step("checkin.take_back", "撤回登记", frozenset({CheckInState.RECORDED, CheckInState.MADE_UP}), CheckInState.NONE,
             "checkin.record", "a reason, unless it is the own entry; who and when stays in the trail"),
        Step("checkin.undo", "撤销签到", frozenset({CheckInState.RECORDED}), CheckInState.NONE, None,
             "the member, within minutes"),
        Step("checkin.record", "补录签到", frozenset({CheckInState.NONE}), CheckInState.MADE_UP, "checkin.record",
             "a reason, and an activity that has begun and was not cancelled"),
        Step("checkin.make_up", "审批补签", frozenset({CheckInState.NONE}), CheckInState.MADE_UP, "checkin.record",
             "the member's request, approved"),
    ],
)  # fmt: skip

MAKE_UP: Life[MakeUpStatus] = Life(
    MakeUpStatus,
    noun="补签申请",
    labels={MakeUpStatus.PENDING: "待审批", MakeUpStatus.APPROVED: "已通过", MakeUpStatus.REFUSED: "未通过"},
    steps=[
        Step(name, label, frozenset({MakeUpStatus.PENDING}), to, "checkin.record",
             "somebody of the branch, not the member", "这条补签申请已经审批过，请刷新后查看")
        for name, label, to in (
            ("checkin.approve", "通过", MakeUpStatus.APPROVED),
            ("checkin.refuse", "不通过", MakeUpStatus.REFUSED),
        )
    ],
)  # fmt: skip

REQUEST: Life[RequestStatus] = Life(
    RequestStatus,
    noun="信息申请",
    labels={RequestStatus.OPEN: "待办理", RequestStatus.DONE: "已办理", RequestStatus.REFUSED: "未办理"},
    steps=[
        Step("request.done", "办理", frozenset({RequestStatus.OPEN}), RequestStatus.DONE, "member.answer",
             "somebody of the branch, or an administrator; the follower is told", "这条申请已经办理过，请刷新后查看"),
        Step("request.refuse", "不办理", frozenset({RequestStatus.OPEN}), RequestStatus.REFUSED, "member.answer",
             "a reason, which the follower is told", "这条申请已经办理过，请刷新后查看"),
        Step("request.over", "无需办理", frozenset({RequestStatus.OPEN}), RequestStatus.REFUSED, None,
             "who asked has left the account, or was unbound by the branch"),
        Step("request.met", "随清除办结", frozenset({RequestStatus.OPEN}), RequestStatus.DONE, None,
             "the member was erased, which is what was asked for"),
    ],
)  # fmt: skip

REQUESTS: dict[RequestKind, str] = {
    RequestKind.CORRECTION: "更正信息",
    RequestKind.ERASURE: "清除个人信息",
    RequestKind.REPLACE: "更换微信",
    RequestKind.BINDING: "协助绑定",
}
"""What a follower may ask of the office."""

BINDING: Life[BindingState] = Life(
    BindingState,
    noun="微信",
    labels={BindingState.FREE: "未绑定", BindingState.BOUND: "已绑定", BindingState.LEFT: "已取消关注"},
    steps=[
        Step("member.bind", "绑定党员", frozenset({BindingState.FREE}), BindingState.BOUND, None,
             "name, last digits and consent of the follower; the member is bound to nobody else"),
        Step("member.unbind", "解除绑定", frozenset({BindingState.BOUND}), BindingState.FREE, None, "the follower's own wish"),
        Step("member.replace", "更换绑定", frozenset({BindingState.FREE}), BindingState.BOUND, "member.answer",
             "the follower's request and consent; the member's former WeChat is released in the same moment"),
        Step("member.release", "解除绑定", frozenset({BindingState.BOUND}), BindingState.FREE, "member.unbind",
             "the branch's secretary or an administrator, with a reason"),
        Step("member.lapse", "逾期解除绑定", frozenset({BindingState.BOUND}), BindingState.FREE, None,
             "a changed text was not agreed to in the time that was said"),
        Step("follower.leave", "取消关注", frozenset({BindingState.FREE, BindingState.BOUND}), BindingState.LEFT, None,
             "unbound and made nameless; also when the person is erased"),
        Step("follower.return", "重新关注", frozenset({BindingState.LEFT}), BindingState.FREE, None),
    ],
)  # fmt: skip

CONSENT_WAYS: dict[ConsentWay, str] = {
    ConsentWay.REPLY: "公众号回复",
    ConsentWay.PAGE: "“我的资料”页",
}
CONSENT_ENDS: dict[ConsentEnd, str] = {
    ConsentEnd.OWN: "本人撤回",
    ConsentEnd.BRANCH: "党支部解除",
    ConsentEnd.REPLACED: "更换微信",
    ConsentEnd.LAPSED: "逾期未同意新版说明",
    ConsentEnd.LEFT: "取消关注",
    ConsentEnd.ERASED: "清除个人信息",
}
"""How a consent was given, and why it ended."""

WAYS: dict[CheckInWay, str] = {
    CheckInWay.REPLY: "微信回复",
    CheckInWay.MENU: "公众号菜单",
    CheckInWay.SECRETARY: "支部审批",
    CheckInWay.CONSOLE: "后台登记",
    CheckInWay.PAPER: "纸质补录",
    CheckInWay.CODE: "现场签到码",
    CheckInWay.LIST: "书记登记",
}
"""How a check-in came to be recorded; 支部审批 is a request to make up that the branch approved."""

LEAVE_WAYS: dict[LeaveWay, str] = {
    LeaveWay.REPLY: "公众号回复",
    LeaveWay.PAGE: "“我的活动”页",
}
"""How a member asked for leave."""


def check_in_state(check_in: CheckIn | None) -> CheckInState:
    """What a record is, or that there is none."""
    if check_in is None:
        return CheckInState.NONE
    return CheckInState.MADE_UP if check_in.made_up else CheckInState.RECORDED


def binding_state(follower: Follower) -> BindingState:
    """What a follower is to the roster now."""
    if follower.gone:
        return BindingState.LEFT
    return BindingState.FREE if follower.member_id is None else BindingState.BOUND


__all__ = [
    "ACTIVITY",
    "BINDING",
    "CHECK_IN",
    "CONSENT_ENDS",
    "CONSENT_WAYS",
    "LEAVE_WAYS",
    "MAKE_UP",
    "REQUEST",
    "REQUESTS",
    "WAYS",
    "BindingState",
    "CheckInState",
    "binding_state",
    "check_in_state",
]
