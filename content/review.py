"""审核: up to three stages by different people, each bound to the hash of what was read.

Every step is one conditional update, so of two reviewers at the same moment one succeeds, and an approval of something that
changed meanwhile never counts.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload

from accounts.rights import may, require
from content import life, wording
from content.drafting import findings
from content.finding import get
from content.life import REVIEW, WRITE, stage_name
from content.lifecycle import in_push, take, void_reviews
from content.trail import note
from ground import clock
from ground.errors import Conflict, Forbidden, Refused
from models import Article, ArticleRevision, ArticleStatus, Review, User
from settings import Limits, WeChatLimits

_STALE = "内容已更新，请重新审核"
REASON_CHARS = 500


def stages(limits: Limits) -> int:
    """How many stages the office uses: one to three."""
    return min(max(limits.review_stages, 1), 3)


def submit(
    session: Session, article_id: int, user: User, *, limits: WeChatLimits, expected_hash: str | None = None
) -> Article:
    """Hand a draft (or a returned article) to the first reviewer.

    Raises :class:`errors.Refused` with every reason for which WeChat or the office would not take it,
    :class:`errors.Conflict` for a wrong status or changed content, :class:`errors.Forbidden`.
    """
    require(user, WRITE)
    article = get(session, article_id)
    life.require(article, "article.submit")
    if expected_hash and expected_hash != article.hash:
        raise Conflict("该稿件已被修改，请刷新后再提交")
    faults = [finding.message for finding in findings(article, limits) if finding.level == "error"]
    checked = wording.look_at(session, article)
    faults += checked.obstacles
    if faults:
        raise Refused("；".join(faults))
    if not take(session, article, "article.submit", stage=1, submitted_at=clock.now()):
        raise Conflict("该稿件已被修改，请刷新后再提交")
    wording.keep(session, article, user, checked)
    note(session, user, "article.submit", article)
    return article


def withdraw(session: Session, article_id: int, user: User) -> Article:
    """Take an article back out of review, by somebody who may write; approvals so far fall."""
    require(user, WRITE)
    article = get(session, article_id)
    if not take(session, article, "article.withdraw", stage=0):
        raise Conflict("稿件的审核状态刚刚有变化，请刷新后再试")
    void_reviews(session, article_id, Review.decision == "approved")
    note(session, user, "article.withdraw", article)
    return article


def approve(
    session: Session,
    article_id: int,
    user: User,
    *,
    limits: Limits,
    expected_hash: str | None = None,
    expected_stage: int | None = None,
) -> Article:
    """Approve the stage that is awaited; after the last one the article is approved.

    ``expected_hash`` and ``expected_stage`` are what the reviewer's page showed (None: what is stored now). Raises
    :class:`errors.Conflict` if the content changed or somebody else was faster, :class:`errors.Forbidden` for the author, for
    a person who did another stage, and for a reviewer of another stage.
    """
    article = _awaiting(session, article_id, user, expected_hash, expected_stage)
    stage, content_hash = article.stage, article.hash
    last = stage >= stages(limits)
    done = (
        take(session, article, "article.approve")
        if last
        else take(session, article, "article.pass", stage=stage + 1)
    )
    if not done:
        raise _overtaken(session, article_id, content_hash, stage)
    _decide(session, article_id, stage, user, "approved", "", content_hash)
    note(session, user, "article.approve", article, stage=stage)
    return article


def send_back(
    session: Session,
    article_id: int,
    user: User,
    *,
    reason: str,
    expected_hash: str | None = None,
    expected_stage: int | None = None,
) -> Article:
    """Return an article to its author with a reason; approvals so far fall.

    Raises as :func:`approve`, and :class:`errors.Refused` without a reason.
    """
    reason = reason.strip()
    if not reason:
        raise Refused("请填写退回理由，让作者知道改哪里")
    if len(reason) > REASON_CHARS:
        raise Refused(f"退回理由不能超过 {REASON_CHARS} 个字，当前 {len(reason)} 个字")
    article = _awaiting(session, article_id, user, expected_hash, expected_stage)
    stage, content_hash = article.stage, article.hash
    if not take(session, article, "article.return", stage=0):
        raise _overtaken(session, article_id, content_hash, stage)
    void_reviews(session, article_id, Review.decision == "approved")
    _decide(session, article_id, stage, user, "returned", reason, content_hash)
    note(session, user, "article.return", article, stage=stage)
    return article


def revoke(session: Session, article_id: int, user: User, *, reason: str) -> Article:
    """Return an article that is approved already but not queued, with a reason: a reviewer found something late."""
    if not reason.strip():
        raise Refused("请填写退回理由，让作者知道改哪里")
    require(user, REVIEW)
    article = get(session, article_id)
    life.require(article, "article.revoke")
    if in_push(session, article_id):
        raise Conflict(f"稿件当前为“{life.status_name(article)}”，已排入推送，不能退回，请先取消推送")
    stage, content_hash = article.stage, article.hash
    if not take(session, article, "article.revoke", stage=0):
        raise _overtaken(session, article_id, content_hash, stage)
    void_reviews(session, article_id, Review.decision == "approved")
    _decide(session, article_id, stage, user, "returned", reason.strip()[:REASON_CHARS], content_hash)
    note(session, user, "article.return", article, late=True)
    return article


def obstacle(session: Session, article: Article, user: User) -> str:
    """Why this user may not review the article now, in Chinese; empty if nothing stands against it."""
    if not may(user, REVIEW):
        return "您没有审核权限，如需开通请联系管理员"
    if not life.ARTICLE.allows("article.pass", article.status):
        return life.not_in_review(article)
    if user.stage is not None and user.stage != article.stage:
        return f"您负责{stage_name(user.stage)}，本稿当前待{stage_name(article.stage)}"
    if article.created_by == user.id:
        return "不能审核自己的稿件，请由其他审核员审核"
    wrote = sa.select(ArticleRevision.id).where(
        ArticleRevision.article_id == article.id, ArticleRevision.saved_by == user.id
    )
    if session.scalar(wrote.limit(1)) is not None:
        return "您修改过本稿，请由其他审核员审核"
    earlier = session.scalar(
        sa.select(Review.stage)
        .where(
            Review.article_id == article.id,
            Review.user_id == user.id,
            Review.decision == "approved",
            Review.void.is_(False),
        )
        .limit(1)
    )
    if earlier is not None:
        return f"您已完成本稿的{stage_name(earlier)}，同一人不能审两级，请由其他审核员审核"
    return ""


def awaiting(session: Session, user: User, *, limit: int = 50) -> list[Article]:
    """Articles that wait for a decision which this user may take, with column and writer, the longest waiting first."""
    if not may(user, REVIEW):
        return []
    beside = (defer(Article.html), joinedload(Article.column), joinedload(Article.creator))
    query = sa.select(Article).options(*beside).where(*_waits_for(user))
    return list(session.scalars(query.order_by(Article.submitted_at, Article.id).limit(limit)))


def awaiting_count(session: Session, user: User, *, limit: int = 100) -> int:
    """How many they are, counted up to ``limit``."""
    if not may(user, REVIEW):
        return 0
    found = sa.select(Article.id).where(*_waits_for(user)).limit(limit).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(found)) or 0


def _waits_for(user: User) -> list[sa.ColumnElement[bool]]:
    where = [Article.status == ArticleStatus.IN_REVIEW.value, Article.created_by != user.id]
    if user.stage is not None:
        where.append(Article.stage == user.stage)
    wrote = sa.select(ArticleRevision.id).where(
        ArticleRevision.article_id == Article.id, ArticleRevision.saved_by == user.id
    )
    reviewed = sa.select(Review.id).where(
        Review.article_id == Article.id,
        Review.user_id == user.id,
        Review.decision == "approved",
        Review.void.is_(False),
    )
    return [*where, ~wrote.exists(), ~reviewed.exists()]


def _awaiting(
    session: Session, article_id: int, user: User, expected_hash: str | None, expected_stage: int | None
) -> Article:
    article = get(session, article_id)
    session.refresh(article)
    in_review = article.status == ArticleStatus.IN_REVIEW
    if in_review and expected_hash and expected_hash != article.hash:
        raise Conflict(_STALE, article=article_id)
    if in_review and expected_stage and expected_stage != article.stage:
        raise _overtaken(session, article_id, article.hash, expected_stage)
    if reason := obstacle(session, article, user):
        if not in_review and may(user, REVIEW):
            raise Conflict(reason, article=article_id)
        raise Forbidden(reason, article=article_id, user=user.id)
    return article


def _overtaken(session: Session, article_id: int, content_hash: str, stage: int) -> Conflict:
    """Why a conditional update found nothing: the content changed, or somebody decided this stage first."""
    now = session.execute(sa.select(Article.hash, Article.status).where(Article.id == article_id)).one()
    if now.hash != content_hash:
        return Conflict(_STALE, article=article_id)
    who = session.execute(
        sa.select(User.display_name, User.username)
        .join(Review, Review.user_id == User.id)
        .where(Review.article_id == article_id, Review.stage == stage, Review.content_hash == content_hash)
        .order_by(Review.id.desc())
        .limit(1)
    ).first()
    name = (who.display_name or who.username) if who else "其他人"
    return Conflict(f"本稿的{stage_name(stage)}已由{name}完成，请刷新", article=article_id)


def _decide(
    session: Session, article_id: int, stage: int, user: User, decision: str, reason: str, content_hash: str
) -> None:
    session.add(
        Review(
            article_id=article_id,
            stage=stage,
            user_id=user.id,
            decision=decision,
            reason=reason,
            content_hash=content_hash,
            at=clock.now(),
            void=False,
        )
    )
    session.flush()
