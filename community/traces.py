"""Where something of a person stands, table by table: what an export of a whole file reads, and what an erasure must have done.

A table that points to a member or a follower, or holds an openid, stands here; a test fails for one that does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from models import (
    Arrival,
    ChatGroup,
    CheckIn,
    CodeTry,
    Consent,
    Conversation,
    DataRequest,
    Delivery,
    ExpectedMember,
    Follower,
    FollowerTag,
    ImportChange,
    InboundMessage,
    Leave,
    ListedFollower,
    MakeUpRequest,
    Member,
    MemberMove,
    NoticeConsent,
    OwnLink,
    QuotaUse,
    SignUp,
    SpoolFailure,
    TagChange,
    Telling,
    User,
)


class Of(StrEnum):
    """By what a row belongs to a person."""

    MEMBER = "member"
    FOLLOWER = "follower"
    OPENID = "openid"


class Erased(StrEnum):
    """What an erasure does with the rows."""

    GONE = "gone"
    """Nothing leads to the person any more: deleted, or another's name stands in its place."""
    NAMELESS = "nameless"
    """They stay for the ledger, on a member without a name, and hold nothing else of the person."""


@dataclass(frozen=True)
class Trace:
    """One table: its sheet's title, the column by which its rows belong to a person, and the columns that are shown.

    ``columns``: name in the table → heading. ``erased`` is what becomes of the rows when the person is erased.
    """

    title: str
    table: Any
    of: Of
    by: Any
    columns: Mapping[str, str]
    erased: Erased

    @property
    def name(self) -> str:
        """The table's name."""
        return str(self.table.__tablename__)


TRACES = (
    Trace("党员名册", Member, Of.MEMBER, Member.id, {
        "name": "姓名", "gender": "性别", "branch_id": "党支部", "grid_id": "网格", "phone": "手机号码", "joined_on": "入党时间",
        "duty": "党内职务", "note": "备注", "active": "在册", "created_at": "登记时间", "updated_at": "最近更改",
    }, Erased.NAMELESS),
    Trace("微信", Follower, Of.FOLLOWER, Follower.id, {
        "openid": "微信号标识", "unionid": "微信开放平台标识", "subscribed_at": "关注时间", "last_seen_at": "最近互动",
        "scene": "来源二维码", "scene_branch_id": "来源党支部", "bound_at": "绑定时间",
        "consent_version": "同意的说明版本", "consent_at": "同意时间",
        "bind_failures": "绑定输错次数", "bind_locked_until": "绑定锁定至", "muted_columns": "退订的栏目", "large_text": "大字版",
    }, Erased.GONE),
    Trace("签到", CheckIn, Of.MEMBER, CheckIn.member_id, {
        "activity_id": "活动", "branch_id": "党支部", "at": "时间", "via": "签到方式", "made_up": "是否补签",
        "reason": "补签原因", "answer": "思考题的回答",
    }, Erased.NAMELESS),
    Trace("应到名单", ExpectedMember, Of.MEMBER, ExpectedMember.member_id, {
        "activity_id": "活动", "branch_id": "党支部", "added_at": "列入时间", "reason": "补入原因",
    }, Erased.NAMELESS),
    Trace("请假", Leave, Of.MEMBER, Leave.member_id, {
        "activity_id": "活动", "reason": "原因", "via": "请假方式", "at": "时间",
    }, Erased.NAMELESS),
    Trace("到场痕迹", Arrival, Of.MEMBER, Arrival.member_id, {"activity_id": "活动", "at": "时间"}, Erased.GONE),
    Trace("补签申请", MakeUpRequest, Of.MEMBER, MakeUpRequest.member_id, {
        "activity_id": "活动", "reason": "原因", "status": "状态", "at": "申请时间", "decided_at": "审批时间",
    }, Erased.NAMELESS),
    Trace("报名", SignUp, Of.MEMBER, SignUp.member_id, {"activity_id": "活动", "at": "报名时间"}, Erased.GONE),
    Trace("信息申请", DataRequest, Of.MEMBER, DataRequest.member_id, {
        "kind": "申请", "status": "状态", "asked": "内容", "at": "申请时间", "decided_at": "办理时间", "answer": "答复",
    }, Erased.NAMELESS),
    Trace("转移记录", MemberMove, Of.MEMBER, MemberMove.member_id, {
        "from_branch_id": "原党支部", "to_branch_id": "新党支部", "moved_on": "日期", "reason": "事由",
    }, Erased.GONE),
    Trace("后台账号", User, Of.MEMBER, User.member_id, {
        "username": "用户名", "display_name": "显示姓名", "role": "角色", "active": "启用", "last_login_at": "最近登录",
    }, Erased.NAMELESS),
    Trace("转发的群", ChatGroup, Of.MEMBER, ChatGroup.forwarder_id, {
        "name": "群", "branch_id": "党支部",
    }, Erased.GONE),
    Trace("同意记录", Consent, Of.MEMBER, Consent.member_id, {
        "version": "说明版本", "at": "同意时间", "how": "方式", "ended_at": "结束时间", "ended_by": "结束原因",
    }, Erased.NAMELESS),
    Trace("导入前的内容", ImportChange, Of.MEMBER, ImportChange.member_id, {
        "written_at": "导入时间", "before": "原来的内容",
    }, Erased.GONE),
    Trace("消息", InboundMessage, Of.OPENID, InboundMessage.openid, {
        "received_at": "收到时间", "kind": "种类", "body": "消息", "reply": "自动回复",
    }, Erased.GONE),
    Trace("搁置的消息", SpoolFailure, Of.OPENID, SpoolFailure.key, {"at": "时间", "body": "消息"}, Erased.GONE),
    Trace("没有说完的对话", Conversation, Of.OPENID, Conversation.openid, {
        "state": "说到哪里", "expires_at": "有效至",
    }, Erased.GONE),
    Trace("客服消息和通知", Delivery, Of.OPENID, Delivery.openid, {
        "payload": "内容", "due_at": "时间", "finished_at": "结束时间",
    }, Erased.GONE),
    Trace("等待告知", Telling, Of.OPENID, Telling.openid, {
        "text": "内容", "at": "时间", "until": "最迟告知",
    }, Erased.GONE),
    Trace("群发次数", QuotaUse, Of.OPENID, QuotaUse.subject, {"period": "月份", "state": "状态", "at": "时间"}, Erased.GONE),
    Trace("同步名单", ListedFollower, Of.OPENID, ListedFollower.openid, {"openid": "微信号标识"}, Erased.GONE),
    Trace("微信标签", FollowerTag, Of.OPENID, FollowerTag.openid, {"tag_id": "标签编号"}, Erased.GONE),
    Trace("等待更新的标签", TagChange, Of.OPENID, TagChange.openid, {
        "add": "加上", "due_at": "时间",
    }, Erased.GONE),
    Trace("签到码输错", CodeTry, Of.FOLLOWER, CodeTry.follower_id, {
        "failures": "次数", "first_at": "时间",
    }, Erased.GONE),
    Trace("同意的通知", NoticeConsent, Of.FOLLOWER, NoticeConsent.follower_id, {
        "template_id": "通知模板", "told": "同意次数（微信告知）", "seen": "同意次数（页面看到）", "spent": "已用次数",
        "granted_at": "最近同意", "refused_at": "最近拒收",
    }, Erased.GONE),
    Trace("资料链接", OwnLink, Of.FOLLOWER, OwnLink.follower_id, {"expires_at": "有效至"}, Erased.GONE),
)  # fmt: skip
"""In the order of the sheets."""


def rows_of(
    trace: Trace,
    *,
    member_id: int | None,
    follower_id: int | None,
    openid: str | None,
    by_oneself: bool = False,
) -> sa.Select[Any]:
    """The query for a person's rows of one table, its columns in the trace's order.

    ``by_oneself``: for the follower alone, who may not read what another WeChat asked about the same member.
    """
    key = {Of.MEMBER: member_id, Of.FOLLOWER: follower_id, Of.OPENID: openid}[trace.of]
    mine = trace.by == key if key is not None else sa.false()
    if trace.table is SpoolFailure:  # it hangs on a message of theirs
        mine = trace.by.in_(sa.select(InboundMessage.key).where(InboundMessage.openid == openid))
    if (
        trace.table in (DataRequest, Consent) and follower_id is not None
    ):  # some ask before they are bound, or were it once
        own = trace.table.follower_id == follower_id
        mine = own if by_oneself and trace.table is DataRequest else sa.or_(mine, own)
    return sa.select(*(getattr(trace.table, name) for name in trace.columns)).where(mine)
