"""审核: up to three stages by different people, each bound to the hash of what was read.

Every step is one conditional update, so of two reviewers at the same moment one succeeds, and an approval of something that
changed meanwhile never counts. Who may do which review is said by :mod:`content.reviewers`, how many there are by
:mod:`content.stages`; where it cannot wait, two persons sign in the place of those that are missing (:mod:`content.releasing`).
Nothing is approved otherwise.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import may, require
from content import alerts, corrections, life, revisions, stages, wording
from content.drafting import findings
from content.finding import get
from content.life import REVIEW, WRITE, stage_name
from content.lifecycle import take, void_release, void_reviews
from content.reviewers import NO_RIGHT, Bench, Seat, Seats, awaited
from content.trail import note
from ground.errors import Conflict, Forbidden, Refused
from models import Article, ArticleStatus, Review, User
from settings import Limits, WeChatLimits

STALE = "内容已更新，请重新审核"
NOTHING_CHANGED = (
    "更正稿和已发布的内容完全相同，请先改好标题、正文、图片等有误的地方再提交；如果不需要更正，请取消这次更正"
)
REASON_CHARS = 500


def submit(
    session: Session,
    article_id: int,
    user: User,
    *,
    limits: WeChatLimits,
    expected_hash: str | None = None,
    at: datetime,
) -> Article:
    """Hand a draft (or a returned article) to the first reviewer.

    Raises :class:`errors.Refused` with every reason for which WeChat or the office would not take it, and for a 更正 that changes
    nothing, :class:`errors.Conflict` for a wrong status or changed content, :class:`errors.Forbidden`.
    """
    require(user, WRITE)
    article = get(session, article_id)
    life.require(article, "article.submit")
    if expected_hash and expected_hash != article.hash:
        raise Conflict("该稿件已被修改，请刷新后再提交")
    if revisions.is_out_already(session, article.id, revisions.fields_of(article)):
        raise Refused(NOTHING_CHANGED)
    faults = [finding.message for finding in findings(article, limits) if finding.level == "error"]
    checked = wording.look_at(session, article, at=at)
    faults += checked.obstacles
    if faults:
        raise Refused("；".join(faults))
    first = stages.handed_in(session, article.column_id, at)
    if not take(session, article, "article.submit", submitted_at=at, **first):
        raise Conflict("该稿件已被修改，请刷新后再提交")
    wording.keep(session, article, user, checked, at=at)
    alerts.next_stage(session, article, at=at)
    note(session, user, "article.submit", article, at=at)
    return article


def withdraw(session: Session, article_id: int, user: User, *, at: datetime) -> Article:
    """Take an article back out of review, by somebody who may write; approvals so far fall."""
    require(user, WRITE)
    article = get(session, article_id)
    if not take(session, article, "article.withdraw", stage=0):
        raise Conflict("稿件的审核状态刚刚有变化，请刷新后再试")
    void_reviews(session, article_id, Review.decision == "approved")
    note(session, user, "article.withdraw", article, at=at)
    return article


def approve(
    session: Session,
    article_id: int,
    user: User,
    *,
    limits: Limits,
    opinion: str = "",
    expected_hash: str | None = None,
    expected_stage: int | None = None,
    at: datetime,
) -> Article:
    """Approve the stage that is awaited; after the last one the article is approved, or has corrected the one that is out.

    ``opinion`` is what the reviewer has to say. ``expected_hash`` and ``expected_stage`` are what the reviewer's page showed
    (None: what is stored now). Raises :class:`errors.Conflict` if the content changed or somebody else was faster,
    :class:`errors.Forbidden` for the author, for a person who did another stage, and for a reviewer of another stage,
    :class:`errors.Refused` for an opinion that is too long.
    """
    opinion = checked_opinion(opinion)
    article, seat = _awaiting(session, article_id, user, expected_hash, expected_stage, at)
    stage, content_hash = article.stage, article.hash
    last = stage >= stages.demanded(session, article, limits)
    done = (
        take(session, article, "article.approve")
        if last
        else take(session, article, "article.pass", stage=stage + 1, waits_since=at, reminded_at=None)
    )
    if not done:
        raise _overtaken(session, article_id, content_hash, stage)
    decide(session, article_id, stage, user, "approved", opinion, content_hash, seat=seat, at=at)
    corrected = None
    if last:
        void_release(session, article_id)  # somebody may have asked for one: it is needed no more
        corrected = corrections.folded(session, article, user, at=at)
    else:
        alerts.next_stage(session, article, at=at)
    note(session, user, "article.approve", article, stage=stage, at=at, **of_seat(seat))
    corrections.note_folded(session, corrected, article, user, at=at)
    return article


def send_back(
    session: Session,
    article_id: int,
    user: User,
    *,
    reason: str,
    expected_hash: str | None = None,
    expected_stage: int | None = None,
    at: datetime,
) -> Article:
    """Return an article to its author with a reason; approvals so far fall.

    Raises as :func:`approve`, and :class:`errors.Refused` without a reason.
    """
    reason = reason.strip()
    if not reason:
        raise Refused("请填写退回理由，让作者知道改哪里")
    if len(reason) > REASON_CHARS:
        raise Refused(f"退回理由不能超过 {REASON_CHARS} 个字，当前 {len(reason)} 个字")
    article, seat = _awaiting(session, article_id, user, expected_hash, expected_stage, at)
    stage, content_hash = article.stage, article.hash
    if not take(session, article, "article.return", stage=0):
        raise _overtaken(session, article_id, content_hash, stage)
    alerts.returned(session, article, user, stage, at=at)
    void_reviews(session, article_id, Review.decision == "approved")
    decide(session, article_id, stage, user, "returned", reason, content_hash, seat=seat, at=at)
    note(session, user, "article.return", article, stage=stage, at=at, **of_seat(seat))
    return article


def revoke(session: Session, article_id: int, user: User, *, reason: str, at: datetime) -> Article:
    """Return an article that is approved already but not queued, with a reason: a reviewer found something late."""
    if not reason.strip():
        raise Refused("请填写退回理由，让作者知道改哪里")
    require(user, REVIEW)
    article = get(session, article_id)
    life.require(article, "article.revoke")
    stage, content_hash = article.stage, article.hash
    if not take(session, article, "article.revoke", stage=0):
        raise _overtaken(session, article_id, content_hash, stage)
    alerts.returned(session, article, user, stage, at=at)
    void_reviews(session, article_id, Review.decision == "approved")
    decide(session, article_id, stage, user, "returned", reason.strip()[:REASON_CHARS], content_hash, at=at)
    note(session, user, "article.return", article, late=True, at=at)
    return article


def seats(session: Session, article: Article, user: User, *, at: datetime) -> Seats:
    """By what this user may do the review that is awaited, or in Chinese why not; and everybody who may."""
    if not life.ARTICLE.allows("article.pass", article.status):
        return Seats(life.not_in_review(article) if may(user, REVIEW) else NO_RIGHT)
    case = awaited(article)
    return Bench(session, [case], at=at).seats(case, user)


def checked_opinion(opinion: str) -> str:
    """What a reviewer says beside a decision. Raises :class:`errors.Refused` for more than fits."""
    opinion = opinion.strip()
    if len(opinion) > REASON_CHARS:
        raise Refused(f"审核意见不能超过 {REASON_CHARS} 个字，当前 {len(opinion)} 个字")
    return opinion


def _awaiting(
    session: Session,
    article_id: int,
    user: User,
    expected_hash: str | None,
    expected_stage: int | None,
    at: datetime,
) -> tuple[Article, Seat]:
    article = get(session, article_id)
    stages.hold(session, article.column_id)
    session.refresh(article)
    in_review = article.status == ArticleStatus.IN_REVIEW
    if in_review and expected_hash and expected_hash != article.hash:
        raise Conflict(STALE, article=article_id)
    if in_review and expected_stage and expected_stage != article.stage:
        raise _overtaken(session, article_id, article.hash, expected_stage)
    seat = seats(session, article, user, at=at).mine
    if isinstance(seat, str):
        if not in_review and may(user, REVIEW):
            raise Conflict(seat, article=article_id)
        raise Forbidden(seat, article=article_id, user=user.id)
    return article, seat


def _overtaken(session: Session, article_id: int, content_hash: str, stage: int) -> Conflict:
    """Why a conditional update found nothing: the content changed, or somebody decided this stage first."""
    now = session.execute(sa.select(Article.hash, Article.status).where(Article.id == article_id)).one()
    if now.hash != content_hash:
        return Conflict(STALE, article=article_id)
    who = session.execute(
        sa.select(User.display_name, User.username)
        .join(Review, Review.user_id == User.id)
        .where(Review.article_id == article_id, Review.stage == stage, Review.content_hash == content_hash)
        .order_by(Review.id.desc())
        .limit(1)
    ).first()
    name = (who.display_name or who.username) if who else "其他人"
    return Conflict(f"本稿的{stage_name(stage)}已由{name}完成，请刷新", article=article_id)


def of_seat(seat: Seat) -> dict[str, int]:
    """What the trail says of a review in another's place."""
    return {"instead_of": seat.instead_of.id} if seat.instead_of is not None else {}


def decide(
    session: Session,
    article_id: int,
    stage: int,
    user: User,
    decision: str,
    reason: str,
    content_hash: str,
    *,
    seat: Seat | None = None,
    release_id: int | None = None,
    at: datetime,
) -> None:
    """Write down what was decided; the step itself has been taken."""
    principal = seat.instead_of if seat is not None else None
    session.add(
        Review(
            article_id=article_id,
            stage=stage,
            user_id=user.id,
            decision=decision,
            reason=reason,
            content_hash=content_hash,
            at=at,
            void=False,
            instead_of=principal.id if principal is not None else None,
            release_id=release_id,
        )
    )
    session.flush()
