"""What personal data is kept, why, for how long, and what removes it: one table for the job, the report, the office's document.

Every column of the database stands here or in :mod:`operations.impersonal`, which names those that hold none; a test fails for a
new one that nobody has classified.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from community import forgetting
from models import (
    Activity,
    Article,
    ArticleDraft,
    ArticleHold,
    ArticleRevision,
    AuditEntry,
    BatchFile,
    ChatGroup,
    CheckIn,
    Conversation,
    Delivery,
    ExpectedMember,
    Follower,
    FollowerTag,
    ImportBatch,
    ImportChange,
    ImportRun,
    InboundMessage,
    InstanceLease,
    KeywordReply,
    LexiconEntry,
    LexiconVersion,
    LoginSession,
    MakeUpRequest,
    Member,
    MemberMove,
    Menu,
    Push,
    QuotaUse,
    RecoveryCode,
    Review,
    ReviewAlert,
    SecondFactor,
    SignInDelay,
    SpoolFailure,
    TagChange,
    User,
    WordingCheck,
    WordingConfirmation,
)
from operations import leavers
from operations.activity_kinds import ACTIVITIES
from operations.arriving_kinds import ARRIVING
from operations.kept import DUTY as _DUTY
from operations.kept import LEFT as _LEFT
from operations.kept import MEMBERSHIP as _MEMBERSHIP
from operations.kept import SERVICE as _SERVICE
from operations.kept import Kind
from operations.kept import of as _of
from operations.own_kinds import OWN
from operations.sweeps import Held, Moment, Rows, SpoolLines, Uploads, Work

_ANSWERED = ("delivered", "failed", "unknown")
_RETRIES = timedelta(hours=1)
"""WeChat gives a message three times within some 20 seconds; a claim outlives that, and a signature's freshness, by far."""


def _too_old(at: Moment, column: InstrumentedAttribute[datetime]) -> sa.ColumnElement[bool]:
    return column < at.days_ago(at.settings.limits.inbound_keep_days)


def _bodies(at: Moment) -> Sequence[sa.ColumnElement[bool]]:
    full = sa.or_(InboundMessage.body.is_not(None), InboundMessage.reply.is_not(None))
    return [_too_old(at, InboundMessage.received_at), full]


def _claims(at: Moment) -> Sequence[sa.ColumnElement[bool]]:
    """Empty claims; the configured time never undercuts the time in which a repeat can come."""
    system = at.settings.system
    keep = max(
        timedelta(hours=system.dedupe_keep_hours),
        _RETRIES,
        timedelta(seconds=2 * system.callback_freshness_s),
    )
    return [InboundMessage.body.is_(None), InboundMessage.received_at < at.now - keep]


def _answers(at: Moment) -> Sequence[sa.ColumnElement[bool]]:
    over = sa.or_(Delivery.status.in_(_ANSWERED), Delivery.expires_at < at.now)
    return [Delivery.push_id.is_(None), over, _too_old(at, Delivery.due_at)]


def _undo_over(at: Moment) -> Sequence[sa.ColumnElement[bool]]:
    return [ImportChange.written_at < at.now - timedelta(hours=at.settings.limits.roster_undo_hours)]


def _aside(at: Moment) -> Sequence[sa.ColumnElement[bool]]:
    return [SpoolFailure.body.is_not(None), _too_old(at, SpoolFailure.at)]


def _aside_over(at: Moment) -> Sequence[sa.ColumnElement[bool]]:
    settled = SpoolFailure.settled_at.is_not(None)
    return [SpoolFailure.body.is_(None), settled, _too_old(at, SpoolFailure.at)]


def _gone_but_known(_: Moment) -> Sequence[sa.ColumnElement[bool]]:
    more = sa.or_(
        Follower.unionid.is_not(None),
        Follower.last_seen_at.is_not(None),
        Follower.scene != "",
        Follower.scene_branch_id.is_not(None),
        Follower.muted_columns != "",
        Follower.large_text.is_(True),
        Follower.visits_over_at.is_not(None),
        Follower.member_id.is_not(None),
    )
    return [Follower.gone.is_(True), more]


_NOTHING_ELSE = {
    "unionid": None, "last_seen_at": None, "scene": "", "scene_branch_id": None, "muted_columns": "", "large_text": False,
    "member_id": None, "visits_over_at": None,
}  # fmt: skip
_FOLLOWER = (
    "openid", "unionid", "last_seen_at", "scene", "scene_branch_id", "member_id", "bound_at", "consent_version",
    "consent_at", "bind_failures", "bind_locked_at", "bind_locked_until", "muted_columns", "large_text",
    "visits_over_at",
)  # fmt: skip
_MEMBER = (
    "name", "gender", "branch_id", "grid_id", "phone", "phone_index", "tail_index", "joined_on", "duty", "note",
    "merged_into",
)  # fmt: skip

_ON_THE_ROSTER = "在册期间；移出名册后仍保留，用于恢复在册和核对台账，直到管理员清除其个人信息"
"""Leaving takes the binding alone: who comes back has the same record."""


PEOPLE = (
    Kind(
        "member", _of("member", *_MEMBER), "党员名册：姓名、性别、党支部、网格、手机号码（加密）、入党时间、职务、备注",
        "核对身份、通知活动、登记签到", _MEMBERSHIP, _ON_THE_ROSTER, "由管理员更正，或清除个人信息，只留无名的台账记录",
        held=Held([Member], [Member.erased_at.is_(None)]),
    ),
    Kind(
        "import_change", _of("import_change", "member_id", "before"), "名册导入前各人原来的内容（加密）",
        "导入有误时撤销", _MEMBERSHIP, "{undo} 小时；撤销或清除本人信息时立即删除", "删除",
        Rows(ImportChange.id, _undo_over, since=ImportChange.written_at),
    ),
    Kind(
        "move",
        _of("member_move", "member_id", "from_branch_id", "to_branch_id", "moved_on", "reason", "user_id"),
        "转移、退出和恢复在册的记录：谁、哪天、从哪个党支部到哪个党支部、事由", "说明党支部人数的变化", _MEMBERSHIP,
        _ON_THE_ROSTER, "清除本人信息时删除", held=Held([MemberMove]),
    ),
    Kind(
        "forwarder", _of("chat_group", "forwarder_id"), "群的转发人：哪位党员自愿把消息转到这个群", "知道转群包交给谁",
        _MEMBERSHIP, "本人愿意转发期间", "换人或清除本人信息时改掉",
        held=Held([ChatGroup], [ChatGroup.forwarder_id.is_not(None)]),
    ),
    Kind(
        "follower", _of("follower", *_FOLLOWER), "关注者：微信号标识、与党员的绑定、同意记录、阅读设置",
        "接收消息、识别本人", _SERVICE, "关注期间", "取消关注时立即改为化名并解除绑定",
        Rows(Follower.id, _gone_but_known, [Follower.gone.is_(False)], Follower.subscribed_at, _NOTHING_ELSE),
    ),
    Kind(
        "follower.tries", _of("follower", "openid", "bind_failures", "bind_locked_at", "bind_locked_until"),
        "已取消关注者绑定时输错的次数和锁定", "取消关注再关注不能解开锁定", _SERVICE,
        "取消关注后 1 天，微信号标识改为只有本系统能算出的代码", "归零，代码改为化名",
        Rows(
            Follower.id, lambda at: forgetting.tries_over(at.now), forgetting.TRIED, Follower.unsubscribed_at,
            forgetting.TRIES_FORGOTTEN,
        ),
    ),
    Kind(
        "tag", _of("follower_tag", "openid", "tag_id"), "关注者在微信的标签（党支部、社区）",
        "按党支部推送", _SERVICE, "关注期间", "取消关注时立即删除",
        Rows(FollowerTag.openid, lambda _: [leavers.not_following(FollowerTag.openid)]),
    ),
    Kind(
        "tag_change", _of("tag_change", "openid", "target_id", "add"), "等待同步到微信的标签变更",
        "按党支部推送", _SERVICE, "同步成功为止，通常几秒", "同步后或取消关注时删除",
        Rows(
            TagChange.id,
            lambda _: [leavers.not_following(TagChange.openid), sa.or_(TagChange.add, TagChange.attempts >= 3)],
            since=TagChange.due_at,
        ),
    ),
)  # fmt: skip

MESSAGES = (
    Kind(
        "inbound.body", _of("inbound_message", "openid", "body", "reply", "kind", "handler"),
        "收到的消息和自动回复（加密）", "办理请求、排查故障", _SERVICE, "{days} 天；取消关注时立即清空", "清空",
        Rows(
            InboundMessage.id, _bodies, [InboundMessage.body.is_not(None)], InboundMessage.received_at,
            {"body": None, "reply": None},
        ),
    ),
    Kind(
        "inbound.claim", _of("inbound_message", "key", "request", "sent_at", "received_at"),
        "消息的去重编号和时间", "微信重复推送时不重复办理", _SERVICE, "正文清空后满 {hours} 小时（至少 1 小时）", "删除",
        Rows(InboundMessage.id, _claims, [InboundMessage.body.is_(None)], InboundMessage.received_at),
    ),
    Kind(
        "conversation", _of("conversation", "openid", "topic", "state", "expires_at"),
        "没有说完的对话（绑定、选择活动等，加密）", "接着上一句办理", _SERVICE,
        "{minutes} 分钟有效，过期满 1 天", "删除",
        Rows(
            Conversation.openid, lambda at: [Conversation.expires_at < at.days_ago(1)],
            since=Conversation.expires_at,
        ),
    ),
    Kind(
        "outbox", _of("delivery", "openid", "payload", "reply_to"),
        "客服消息（加密）", "补发没能当场给出的回复，告知收到过的文章已更正或撤回", _SERVICE,
        "{days} 天；取消关注时立即清空", "删除",
        Rows(Delivery.id, _answers, [Delivery.push_id.is_(None)], Delivery.due_at),
    ),
    Kind(
        "outbox.left", _of("delivery", "openid"), "发给已取消关注者的客服消息和通知", "—", _LEFT, "不保留",
        "清空并去掉微信号标识",
        Rows(Delivery.id, leavers.answered, leavers.addressed(), values={"openid": "gone", "payload": None}),
    ),
    Kind(
        "aside.body", _of("spool_failure", "body", "key"), "多次处理失败、搁置待查的消息（加密）",
        "由人决定怎么处理", _SERVICE, "{days} 天，不论是否处理；取消关注时立即清空", "清空",
        Rows(SpoolFailure.id, _aside, [SpoolFailure.body.is_not(None)], SpoolFailure.at, {"body": None}),
    ),
    Kind(
        "aside", _of("spool_failure", "at", "settled_at"), "搁置消息的处理记录", "统计故障", _SERVICE,
        "处理完毕并满 {days} 天", "删除",
        Rows(SpoolFailure.id, _aside_over, [SpoolFailure.body.is_(None)], SpoolFailure.at),
    ),
    Kind(
        "spool", ("spool/",), "数据库不可用时暂存在磁盘上的消息（加密）", "恢复后补办", _SERVICE,
        "办完为止，最多 {days} 天，无法读取的也一样", "删除", SpoolLines(),
    ),
)  # fmt: skip

SENDING = (
    Kind(
        "quota", _of("quota_use", "subject"), "每位关注者本月已收几条群发", "不超过微信每月 4 条的限制", _SERVICE,
        "当月和下月；取消关注后改为只有本系统能算出的代码，到当月月底", "删除",
        Rows(QuotaUse.id, leavers.quota_over, since=QuotaUse.at),
    ),
    Kind(
        "quota.left", _of("quota_use", "subject"), "已取消关注者在额度台账中的微信号标识", "—", _LEFT, "不保留",
        "改为代码，当月再关注时仍能认出已用的额度",
        Work(leavers.quota_standing, leavers.quota_of_leavers, leavers.hide_quota),
    ),
    Kind(
        "delivery", _of("delivery", "openids"), "一次发送的接收名单", "发出这一次", _SERVICE,
        "微信受理或发送结束为止（只留人数）", "清空",
        Rows(
            Delivery.id, lambda _: leavers.settled(), [leavers.has_list()], Delivery.due_at, {"openids": None}
        ),
    ),
    Kind(
        "delivery.left", _of("delivery", "openids"), "等待发送的名单中已取消关注的人", "—", _LEFT, "不保留", "从名单中去掉",
        Work(leavers.lists_standing, leavers.lists_with_leavers, leavers.shorten_lists),
    ),
    Kind(
        "notice", _of("delivery", "openid"), "每条通知发给了谁", "统计每人当月被联系的次数，不重复通知", _SERVICE,
        "当月和下月；取消关注时立即去掉", "去掉微信号标识",
        Rows(
            Delivery.id, leavers.told_long_ago, [Delivery.push_id.is_not(None), Delivery.openid.is_not(None)],
            Delivery.due_at, {"openid": None},
        ),
    ),
)  # fmt: skip

LEDGERS = (
    Kind(
        "check_in",
        _of("check_in", "activity_id", "member_id", "branch_id", "at", "via", "made_up", "reason", "answer", "recorded_by"),
        "签到台账：谁、哪次活动、何时、补签原因、思考题的回答（加密）", "党支部台账", _MEMBERSHIP, "按党务档案规定长期保存",
        "回答可由本人删除；清除党员个人信息时去掉姓名、原因和回答，记录保留", held=Held([CheckIn]),
    ),
    Kind(
        "expected", _of("expected_member", "activity_id", "member_id", "branch_id", "added_at", "added_by", "reason"),
        "应到名单：活动开始时应到的党员和党支部，以及后来由谁、为什么补入", "党支部台账", _MEMBERSHIP, "与台账相同",
        "清除党员个人信息时去掉姓名和原因，人数保留", held=Held([ExpectedMember]),
    ),
    Kind(
        "check_in.message", _of("check_in", "message_key"), "签到由哪条消息产生", "核对有争议的签到", _MEMBERSHIP,
        "{days} 天", "清空",
        Rows(
            CheckIn.id, lambda at: [CheckIn.message_key.is_not(None), _too_old(at, CheckIn.at)],
            [CheckIn.message_key.is_not(None)], CheckIn.at, {"message_key": None},
        ),
    ),
    Kind(
        "make_up", _of("make_up_request", "activity_id", "member_id", "reason", "status", "at", "decided_by", "decided_at"),
        "补签申请和原因", "党支部审批", _MEMBERSHIP, "与台账相同", "清除党员个人信息时去掉原因",
        held=Held([MakeUpRequest]),
    ),
)  # fmt: skip

OFFICE = (
    Kind(
        "user",
        _of("user", "username", "display_name", "password_hash", "role", "stage", "branch_id", "member_id", "active",
            "last_login_at"),
        "工作人员的账号", "登录后台、分清责任", _DUTY, "任职期间，停用后随操作日志保留", "由管理员停用", held=Held([User]),
    ),
    Kind(
        "session",
        _of("login_session", "token_hash", "user_id", "created_at", "expires_at", "revoked_at", "last_seen_at",
            "awaits_code", "browser", "network"),
        "登录状态（只存摘要）、浏览器种类和来源网段", "保持登录", _DUTY, "到期满 7 天", "删除",
        Rows(LoginSession.token_hash, lambda at: [LoginSession.expires_at < at.days_ago(7)], since=LoginSession.created_at),
    ),
    Kind(
        "second_factor",
        (*_of("second_factor", "user_id", "secret", "created_at", "confirmed_at", "last_counter"),
         *_of("recovery_code", "user_id", "code_hash", "used_at")),
        "动态码的密钥（加密）和恢复码（只存代码）", "确认是本人登录", _DUTY, "启用期间", "关闭或重置动态码时删除",
        held=Held([SecondFactor, RecoveryCode]),
    ),
    Kind(
        "sign_in", _of("sign_in_delay", "key", "name_key", "failures", "since", "until"),
        "登录出错的次数（用户名和来源地址只存代码）", "阻止猜密码", _DUTY, "最后一次出错后 1 天", "删除",
        Rows(SignInDelay.key, lambda at: [SignInDelay.since < at.days_ago(1)], since=SignInDelay.since),
    ),
    Kind(
        "audit", _of("audit_entry", "user_id", "actor", "subject", "detail", "action", "at"),
        "操作日志：工作人员做了什么（对象只记编号）", "查明责任",
        "网络安全法：日志留存不少于六个月", "长期保存", "不删除，前后相连防改动", held=Held([AuditEntry]),
    ),
    Kind(
        "content",
        (*_of("article", "author", "created_by"), "article_text.author", *_of("article_revision", "author", "saved_by"),
         *_of("review", "user_id", "reason", "instead_of"),
         "column_reviewer.user_id", *_of("handover", "user_id", "deputy_id", "reason", "made_by", "ended_by"),
         *_of("emergency_release", "first_by", "first_reason", "second_by", "second_reason"),
         *_of("review_comment", "user_id", "text", "answer", "answered_by", "settled_by"),
         *_of("correction", "reason", "asked_by", "decided_by", "reworded_by"), "removal.done_by",
         "activity.created_by", "activity_change.by", "activity_template.updated_by", "check_in_screen.started_by",
         "push.created_by", "saved_audience.created_by", "chat_group.created_by",
         "holiday_year.changed_by", "sync_run.user_id", *_of("member_transfer", "user_id", "taken_back_by"),
         "push.released_by", "keyword_reply.updated_by",
         "menu.updated_by", "import_run.user_id", "import_run.file_name", "instance_lease.confirmed_by",
         "lexicon_version.made_by", "lexicon_entry.changed_by", "wording_check.checked_by",
         *_of("wording_confirmation", "user_id", "reason"),
         "article_hold.user_id", "import_batch.user_id", "batch_file.name"),
        "稿件作者，以及谁编写、审核、推送、设置", "署名、分清责任", _DUTY, "随所属内容", "随所属内容",
        held=Held(
            [Article, ArticleRevision, Review, Activity, Push, KeywordReply, Menu, ImportRun, InstanceLease, LexiconVersion,
             WordingCheck, WordingConfirmation, ArticleHold, ImportBatch, BatchFile]
        ),
    ),
    Kind(
        "lexicon", _of("lexicon_entry", "text", "suggestion"),
        "错敏词库中领导的姓名和职务", "核对稿件中的姓名、职务和排序", _DUTY, "随词库各版本保留，用来说明每篇稿件是按哪一版检查的",
        "停用后不再用于检查", held=Held([LexiconEntry]),
    ),
    Kind(
        "draft", _of("article_draft", "key", "user_id", "fields", "html"),
        "写稿时自动暂存、还没有保存的内容", "断网、退出后接着写", _DUTY, "保存后立即删除，未保存的留 90 天", "删除",
        Rows(ArticleDraft.key, lambda at: [ArticleDraft.saved_at < at.days_ago(90)], since=ArticleDraft.saved_at),
    ),
    Kind(
        "review_alert", _of("review_alert", "user_id", "text", "at"),
        "等待告诉审核人和作者的审核提醒", "提醒本人办理审核", _DUTY, "发出为止，最多 3 天", "删除",
        Rows(ReviewAlert.id, lambda at: [ReviewAlert.at < at.days_ago(3)], since=ReviewAlert.at),
    ),
    Kind(
        "upload", ("uploads/",), "导入确认前暂存的名册和词库文件（加密）", "检查后确认导入", _MEMBERSHIP,
        "1 小时，确认后立即删除", "删除", Uploads(),
    ),
)  # fmt: skip

KINDS: tuple[Kind, ...] = (*PEOPLE, *OWN, *MESSAGES, *SENDING, *LEDGERS, *ACTIVITIES, *ARRIVING, *OFFICE)
"""The whole table, in the order in which the job works."""
