"""紧急签发: what cannot wait for its reviews goes out on the word of two persons, who stand for the reviews that are missing.

Neither of them has a part in the text; each gives a reason, both for exactly this content. From the second signature on the
article counts as approved, and the reviews that were left out are made up for (补审) by those whose reviews they are. Whatever
lets approvals fall lets the 紧急签发 fall with them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import persons
from accounts.rights import may, require
from content import alerts, corrections, life, owing, review, stages
from content.life import ARTICLE, RELEASE, REVIEW, stage_name
from content.lifecycle import locked, take
from content.review import REASON_CHARS, STALE, checked_opinion, decide, of_seat
from content.reviewers import Bench, Case, Seat, Seats, awaited
from content.trail import note
from content.waiting import JOINED_WITHIN
from database.moving import move
from ground.errors import Conflict, Forbidden, Refused
from models import Article, Correction, Release, ReleaseStatus, Review, User
from settings import Limits

DEADLINE = timedelta(hours=24)
"""Within which the reviews that were left out are made up for."""
_LEAST = 4
_MOVED = "这次紧急签发刚刚有变化，请刷新后再试"


def release(
    session: Session,
    article_id: int,
    user: User,
    *,
    reason: str,
    limits: Limits,
    expected_hash: str | None = None,
    at: datetime,
) -> Release:
    """Sign for an article that waits for its reviews: the first person asks, with the second it is approved.

    ``expected_hash`` is what the page showed (None: what is stored now). Raises :class:`errors.Conflict` for one that is not in
    review or has changed, :class:`errors.Forbidden` for who wrote in it or has signed already, :class:`errors.Refused` without a
    reason.
    """
    require(user, REVIEW)
    reason = " ".join(reason.split())
    if not _LEAST <= len(reason) <= REASON_CHARS:
        raise Refused(f"请写明紧急签发的理由，{_LEAST} 到 {REASON_CHARS} 个字")
    article = locked(session, article_id)
    life.require(article, "article.release")
    if expected_hash and expected_hash != article.hash:
        raise Conflict(STALE, article=article_id)
    bench = Bench(session, [awaited(article)], at=at)
    if bench.barred(awaited(article), user):
        raise Forbidden("您写过或修改过本稿，不能签发，请由其他审核员签发", article=article_id, user=user.id)
    asked = open_of(session, article_id)
    if asked is not None and (expired(asked, at) or not may(session.get_one(User, asked.first_by), REVIEW)):
        # nobody joined, or who signed first may not do so any more
        move(session, Release, asked.id, RELEASE.step("release.void"))
        asked = None
    if asked is None:
        return _ask(session, article, user, reason, at)
    if bench.are_same(asked.first_by, user.id):
        raise Forbidden("您已经签发，须由另一位审核员签第二次，不能由同一人签两次（另一个账号也算同一人）")
    return _agree(session, article, asked, user, reason, limits, at)


def _ask(session: Session, article: Article, user: User, reason: str, at: datetime) -> Release:
    made = Release(
        article_id=article.id,
        content_hash=article.hash,
        version=article.version,
        first_by=user.id,
        first_reason=reason,
        first_at=at,
    )
    session.add(made)  # the article's row is ours: nobody else asks meanwhile
    session.flush()
    alerts.to_second(session, article, made, at=at)
    note(session, user, "article.release.ask", article, reason=reason, at=at)
    return made


def _agree(
    session: Session, article: Article, asked: Release, user: User, reason: str, limits: Limits, at: datetime
) -> Release:
    if asked.content_hash != article.hash:
        raise Conflict(STALE, article=article.id)
    stages.hold(session, article.column_id)
    stage = article.stage
    last = max(stages.demanded(session, article, limits), stage)
    agreed = move(
        session,
        Release,
        asked.id,
        RELEASE.step("release.agree"),
        Release.content_hash == article.hash,
        second_by=user.id,
        second_reason=reason,
        second_at=at,
        stage=stage,
        last_stage=last,
        due_at=at + DEADLINE,
    )
    if not agreed or not take(session, article, "article.release"):
        raise Conflict(_MOVED)
    alerts.to_make_up(session, article, case_of(article, asked), asked, at=at)
    corrected = corrections.folded(session, article, user, at=at)
    note(session, user, "article.release", article, stage=stage, reason=reason, at=at)
    corrections.note_folded(session, corrected, article, user, at=at)
    return asked


def drop(session: Session, article_id: int, user: User, *, at: datetime) -> None:
    """取消: it is not needed any more, before the second person has signed.

    By who asked, or an administrator. Raises :class:`errors.Forbidden`, :class:`errors.Conflict` where there is none.
    """
    require(user, REVIEW)
    article = locked(session, article_id)
    asked = open_of(session, article_id)
    if asked is None or asked.status != ReleaseStatus.ASKED:
        raise Conflict("这篇稿件没有等待签发的紧急签发，或刚刚已经签发")
    if asked.first_by != user.id and user.role != "admin":
        raise Forbidden("只有申请的人或管理员可以取消")
    if not move(session, Release, asked.id, RELEASE.step("release.drop")):
        raise Conflict(_MOVED)
    note(session, user, "article.release.drop", article, at=at)


def countersign(
    session: Session,
    article_id: int,
    user: User,
    *,
    opinion: str = "",
    expected_hash: str | None = None,
    expected_stage: int | None = None,
    at: datetime,
) -> Release:
    """补审: do the next review that a 紧急签发 has left out, for the text that was released, by who might have done it before.

    ``expected_hash`` and ``expected_stage`` are what the page showed. Raises :class:`errors.Conflict` where nothing is to be
    made up for or somebody was faster, :class:`errors.Forbidden` as a review does.
    """
    opinion = checked_opinion(opinion)
    article, found, seat = _owed(session, article_id, user, expected_hash, expected_stage, at)
    stage = found.stage
    last = stage >= found.last_stage
    done = (
        move(
            session, Release, found.id, RELEASE.step("release.settle"), Release.stage == stage, settled_at=at
        )
        if last
        else move(
            session, Release, found.id, RELEASE.step("release.sign"), Release.stage == stage, stage=stage + 1
        )
    )
    if not done:
        raise Conflict(_MOVED)
    decide(
        session, article_id, stage, user, "approved", opinion, found.content_hash, seat=seat, release_id=found.id, at=at
    )  # fmt: skip
    if not last:
        alerts.to_make_up(session, article, case_of(article, found), found, at=at)
    note(session, user, "article.countersign", article, stage=stage, at=at, **of_seat(seat))
    return found


def find_fault(
    session: Session,
    article_id: int,
    user: User,
    *,
    reason: str,
    expected_hash: str | None = None,
    expected_stage: int | None = None,
    at: datetime,
) -> Release:
    """补审发现问题: who might make up for the next review says what is wrong with what went out; the review stays owed.

    What is still approved goes back to its writer; of what is out writer and editors are told to correct it or to take it back.
    Raises as :func:`countersign`, and :class:`errors.Refused` without a reason.
    """
    reason = " ".join(reason.split())
    if not _LEAST <= len(reason) <= REASON_CHARS:
        raise Refused(f"请写明发现了什么问题，{_LEAST} 到 {REASON_CHARS} 个字")
    article, found, seat = _owed(session, article_id, user, expected_hash, expected_stage, at)
    if article.published_at is None and article.status not in life.WENT_OUT:
        review.revoke(session, article_id, user, reason=reason, at=at)
        return found
    alerts.fault_found(session, article, found.stage, at=at)
    decide(
        session, article_id, found.stage, user, "returned", reason, found.content_hash, seat=seat, release_id=found.id, at=at
    )  # fmt: skip
    note(session, user, "article.countersign.fault", article, stage=found.stage, reason=reason, at=at)
    return found


def _owed(
    session: Session,
    article_id: int,
    user: User,
    expected_hash: str | None,
    expected_stage: int | None,
    at: datetime,
) -> tuple[Article, Release, Seat]:
    """The review that is to be made up for next, and by what this user may do it."""
    article = locked(session, article_id)  # an edit that would void it waits, or has been
    found = open_of(session, article_id)
    if found is None or found.status != ReleaseStatus.RELEASED:
        raise Conflict("这篇稿件没有需要补审的紧急签发，或刚刚补审完毕")
    if (expected_hash and expected_hash != found.content_hash) or (
        expected_stage and expected_stage != found.stage
    ):
        raise Conflict("补审刚刚有变化，请刷新后再看")
    stages.hold(session, article.column_id)
    seat = seats(session, article, found, user, at=at).mine
    if isinstance(seat, str):
        raise Forbidden(seat, article=article_id, user=user.id)
    return article, found, seat


def faults(session: Session, found: Collection[Release]) -> dict[int, list[Review]]:
    """What was found wrong while making up for reviews, with who found it, by 紧急签发."""
    query = sa.select(Review).where(
        Review.release_id.in_([one.id for one in found]), Review.decision == "returned"
    )
    made: dict[int, list[Review]] = {}
    for one in session.scalars(query.options(joinedload(Review.user)).order_by(Review.id)):
        made.setdefault(one.release_id or 0, []).append(one)
    return made


def case_of(article: Article, found: Release) -> Case:
    """The review that is to be made up for next."""
    return Case(article.id, article.column_id, article.created_by, found.version, found.stage)


def seats(session: Session, article: Article, found: Release, user: User, *, at: datetime) -> Seats:
    """By what this user may do the review that is to be made up for next, or in Chinese why not; and everybody who may."""
    case = case_of(article, found)
    told = Bench(session, [case], at=at).seats(case, user)
    if not told.obstacle:
        return told
    return replace(told, mine=told.obstacle.replace("本稿当前待", "本稿当前待补"))


def may_sign(
    session: Session, article: Article, found: Release | None, user: User, told: Seats, *, at: datetime
) -> bool:
    """Whether this user may sign for the article now, as the first or the second person.

    ``told`` is who may do the review that is awaited (:func:`content.review.seats`).
    """
    waits = None if found is None or expired(found, at) else found.first_by
    return (
        ARTICLE.allows("article.release", article.status)
        and told.stranger
        and not persons.same(session, waits, user.id)
    )


def expired(found: Release, at: datetime) -> bool:
    """Whether nobody joined the first person in time: whoever signs now is the first."""
    return found.status == ReleaseStatus.ASKED and found.first_at <= at - JOINED_WITHIN


def open_of(session: Session, article_id: int) -> Release | None:
    """The 紧急签发 of an article that waits for its second person, or for reviews."""
    query = sa.select(Release).where(Release.article_id == article_id, owing.OPEN)
    return session.scalar(query.execution_options(populate_existing=True))


def of_article(session: Session, article_id: int) -> list[Release]:
    """All 紧急签发 of an article, and of the texts that corrected it, with their persons, in order."""
    drafts = sa.select(Correction.draft_id).where(
        Correction.article_id == article_id, Correction.draft_id.is_not(None)
    )
    query = sa.select(Release).options(joinedload(Release.first), joinedload(Release.second))
    mine = sa.or_(Release.article_id == article_id, Release.article_id.in_(drafts))
    return list(session.scalars(query.where(mine).order_by(Release.id)))


def marked(session: Session, article_ids: Collection[int]) -> dict[int, Release]:
    """The 紧急签发 that counts, by the article that went out by it: its own or that of a text that corrected it."""
    if not article_ids:
        return {}
    own = sa.select(Release.article_id, Release).where(owing.COUNTS, Release.article_id.in_(article_ids))
    corrected = (
        sa.select(Correction.article_id, Release)
        .join(Correction, Correction.draft_id == Release.article_id)
        .where(owing.COUNTS, Correction.article_id.in_(article_ids))
    )
    found: dict[int, Release] = {}
    for article_id, one in [*session.execute(own.order_by(Release.id)), *session.execute(corrected)]:
        if article_id not in found or one.status == ReleaseStatus.RELEASED:
            found[article_id] = one
    return found


def late(session: Session, *, at: datetime) -> list[Release]:
    """Those that were not made up for in time, with their articles, the oldest first."""
    query = sa.select(Release).options(joinedload(Release.article)).where(*owing.late(at))
    return list(session.scalars(query.order_by(Release.due_at)))


def missing(found: Release) -> Sequence[str]:
    """Which reviews are still to be made up for: 二审, 三审."""
    if found.status != ReleaseStatus.RELEASED:
        return ()
    return [stage_name(stage) for stage in range(found.stage, found.last_stage + 1)]


__all__ = [
    "DEADLINE",
    "case_of",
    "countersign",
    "drop",
    "expired",
    "faults",
    "find_fault",
    "late",
    "marked",
    "may_sign",
    "missing",
    "of_article",
    "open_of",
    "release",
    "seats",
]
