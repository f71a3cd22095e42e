"""What is kept of what people do about their own data: part of the table of :mod:`operations.retention`."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import lapsing
from models import Consent, DataRequest, Follower, ListedFollower, NoticeConsent, OwnLink, SyncRun, Telling
from operations.kept import MEMBERSHIP, SERVICE, Kind, of
from operations.sweeps import BATCH, Moment, Rows, Standing, Work

_ANSWERED = sa.func.coalesce(
    sa.case((NoticeConsent.refused_at > NoticeConsent.granted_at, NoticeConsent.refused_at), else_=NoticeConsent.granted_at),
    NoticeConsent.refused_at,
)  # fmt: skip
"""SQL: when somebody last answered about a notice."""


def _reading(at: Moment) -> sa.ColumnElement[bool]:
    """SQL: the list is being read, or was left unread not long ago."""
    return sa.exists().where(SyncRun.finished_at.is_(None), SyncRun.started_at > at.days_ago(1))


def _lapsed(session: Session, at: Moment) -> list[int]:
    due = lapsing.lapsed(at.now, at.settings.limits)
    return list(session.scalars(sa.select(Follower.id).where(*due).limit(BATCH)))


def _lapsed_standing(session: Session, at: Moment) -> Standing:
    """Who was asked and has not agreed, and for whom the time is over."""
    asked = sa.select(sa.func.count(), sa.func.min(Follower.consent_asked_at))
    rows, first = session.execute(asked.where(Follower.consent_asked_at.is_not(None))).one()
    due = sa.select(sa.func.count()).select_from(Follower).where(*lapsing.lapsed(at.now, at.settings.limits))
    return Standing(rows, first, session.scalar(due) or 0)


def _told_too_late(at: Moment) -> list[sa.ColumnElement[bool]]:
    """Results that were not sent within days, and changes of activities of which nobody wants to hear any more."""
    result = sa.and_(Telling.until.is_(None), Telling.at < at.days_ago(3))
    return [sa.or_(result, Telling.until < at.now)]


OWN = (
    Kind(
        "own_link", of("own_link", "token_hash", "follower_id", "expires_at"), "打开“我的资料”的一次性链接（只存摘要）",
        "本人查看自己的资料", SERVICE, "10 分钟有效，打开一次即失效，过期满 1 天", "删除",
        Rows(OwnLink.token_hash, lambda at: [OwnLink.expires_at < at.days_ago(1)], since=OwnLink.expires_at),
    ),
    Kind(
        "data_request",
        of("data_request", "kind", "status", "follower_id", "member_id", "branch_id", "asked", "consent_version",
           "open_key", "at", "decided_by", "decided_at", "answer"),
        "更正、清除、更换微信、协助绑定的申请和答复（加密）", "办理本人的申请", MEMBERSHIP,
        "办理后满 180 天；取消关注或清除党员个人信息时立即清空内容", "删除",
        Rows(DataRequest.id, lambda at: [DataRequest.decided_at < at.days_ago(180)], since=DataRequest.at),
    ),
    Kind(
        "telling", of("telling", "openid", "text", "at", "until"),
        "等待告知本人的办理结果、活动变更（加密）", "告知办理结果和活动变更", SERVICE,
        "发出为止，最多 3 天；活动变更最多到活动结束后 3 天；取消关注时立即删除", "删除",
        Rows(Telling.id, _told_too_late, since=Telling.at),
    ),
    Kind(
        "consent", of("consent", "follower_id", "member_id", "version", "at", "how", "ended_at", "ended_by"),
        "同意和撤回的记录：版本、时间、方式", "证明经过本人同意", "个人信息保护法：敏感个人信息须单独同意",
        "绑定期间，结束后满 3 年", "删除",
        Rows(Consent.id, lambda at: [Consent.ended_at < at.days_ago(3 * 365)], since=Consent.at),
    ),
    Kind(
        "notice_consent",
        of("notice_consent", "follower_id", "template_id", "told", "seen", "spent", "granted_at", "refused_at"),
        "对订阅通知的同意次数、已用次数和拒收", "只给同意的人发订阅通知", SERVICE,
        "关注期间，最近一次同意或拒收后满 2 年；取消关注时立即删除", "删除",
        Rows(NoticeConsent.id, lambda at: [sa.or_(_ANSWERED.is_(None), at.days_ago(730) > _ANSWERED)], since=_ANSWERED),
    ),
    Kind(
        "consent.lapsed", of("follower", "consent_asked_at"), "请本人同意新版说明的时间", "说明更新后重新取得同意", SERVICE,
        "请求后 {grace} 天内照常使用", "没有同意的解除绑定",
        Work(_lapsed_standing, _lapsed, lambda session, at, found: lapsing.lapse(
            session, found, at=at.now, limits=at.settings.limits
        )),
    ),
    Kind(
        "listed", (*of("listed_follower", "openid"), "sync_run.cursor"), "从微信同步关注者时暂存的名单", "核对谁还在关注",
        SERVICE, "同步完成为止，最多 1 天；取消关注时立即删除", "删除",
        Rows(ListedFollower.openid, lambda at: [~_reading(at)]),
    ),
)  # fmt: skip
"""In the order in which the job works."""
