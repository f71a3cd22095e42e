"""An article's whole story: imported, written, checked, reviewed, planned, sent, corrected, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from content import finding
from content.life import CORRECTION, KIND_NAMES, REMOVAL, stage_name
from content.trail import ACTION_NAMES
from ground import clock
from models import (
    Article,
    ArticleRevision,
    AuditEntry,
    Correction,
    CorrectionKind,
    CorrectionStatus,
    Push,
    PushArticle,
    Removal,
    Review,
    ReviewComment,
    User,
    WordingCheck,
)
from models import PushStatus as P
from operations.dossier.goings import who_decided
from scheduler import tally
from scheduler.life import PUSH

_TOLD_BY_ROWS = (
    "article.create",
    "article.save",
    "comment.make",
    "comment.answer",
    "article.approve",
    "article.return",
    "article.correct",
    "article.retract",
)
"""Acts of which the rows themselves say more than the trail."""
_MOST = 500
_CORRECTING = "更正稿"
"""Before what happened to the text in which a correction was written."""


@dataclass(frozen=True)
class Event:
    """One thing that happened. ``tone`` is how it went: good, bad or nothing; ``push_id`` and ``version`` where it leads."""

    at: datetime
    what: str
    who: str = ""
    detail: tuple[str, ...] = ()
    tone: str = ""
    push_id: int | None = None
    version: int | None = None


def story(session: Session, article_id: int) -> list[Event]:
    """All that happened to an article and to the texts that corrected it, the first first. Raises :class:`errors.NotFound`."""
    article, texts = finding.get(session, article_id), list(session.scalars(finding.texts_of(article_id)))
    events = [
        *_begun_and_out(session, article),
        *_acts(session, article, texts),
        *_saves(session, article_id),
        *_checks(session, article_id, texts),
        *_reviews(session, article_id, texts),
        *_comments(session, article_id, texts),
        *_pushes(session, article_id),
        *_corrections(session, article_id),
    ]
    return sorted(events, key=lambda one: one.at)


def _begun_and_out(session: Session, article: Article) -> Iterator[Event]:
    yield Event(article.created_at, "拟稿", session.get_one(User, article.created_by).label)
    if article.published_at is not None:
        yield Event(article.published_at, "已发布", tone="good")


def _acts(session: Session, article: Article, texts: list[int]) -> Iterator[Event]:
    query = (
        sa.select(AuditEntry)
        .where(
            AuditEntry.subject.in_([f"article:{one}" for one in texts]),
            AuditEntry.action.not_in(_TOLD_BY_ROWS),
        )
        .order_by(AuditEntry.id)
    )
    for entry in session.scalars(query.limit(_MOST)):
        told = [str(entry.detail["reason"])] if entry.detail.get("reason") else []
        if entry.action == "article.import":
            told += [str(warning) for warning in article.warnings]
        what = ACTION_NAMES.get(entry.action, entry.action)
        if entry.subject != f"article:{article.id}":
            what = _CORRECTING + what
        yield Event(entry.at, what, entry.actor, tuple(told))


def _saves(session: Session, article_id: int) -> Iterator[Event]:
    """Saves, those of one person on one day as one."""
    query = (
        sa.select(ArticleRevision.version, ArticleRevision.saved_at, ArticleRevision.note, User)
        .outerjoin(User, User.id == ArticleRevision.saved_by)
        .where(ArticleRevision.article_id == article_id, ArticleRevision.version > 1)
        .order_by(ArticleRevision.version)
    )
    rows = session.execute(query).all()
    for (_, who, note), some in groupby(
        rows, key=lambda row: (clock.shanghai_day(row.saved_at), _name(row.User), row.note)
    ):
        saves = list(some)
        first, last = saves[0].version, saves[-1].version
        what = f"保存第 {last} 版" if first == last else f"保存 {len(saves)} 次（第 {first} 至 {last} 版）"
        yield Event(saves[-1].saved_at, what, who, (note,) if note else (), version=last)


def _checks(session: Session, article_id: int, texts: list[int]) -> Iterator[Event]:
    query = sa.select(WordingCheck).where(WordingCheck.article_id.in_(texts)).order_by(WordingCheck.id)
    for one in session.scalars(query):
        found = f"须核实 {one.confirms} 处，提醒 {one.hints} 处（词库第 {one.lexicon} 版）"
        yield Event(one.checked_at, _whose(one, article_id) + "错敏检查", detail=(found,))


def _reviews(session: Session, article_id: int, texts: list[int]) -> Iterator[Event]:
    query = (
        sa.select(Review)
        .options(joinedload(Review.user))
        .where(Review.article_id.in_(texts))
        .order_by(Review.id)
    )
    for one in session.scalars(query):
        returned = one.decision == "returned"
        made_up = "（补审）" if one.release_id else ""
        how = ("发现问题" if one.release_id else "退回") if returned else "通过"
        what = f"{stage_name(one.stage)}{how}{made_up}"
        told = [one.reason] if one.reason else []
        if one.void and not returned:
            told.append("后来作废")
        what = _whose(one, article_id) + what
        yield Event(one.at, what, one.user.label, tuple(told), "bad" if returned else "good")


def _comments(session: Session, article_id: int, texts: list[int]) -> Iterator[Event]:
    query = (
        sa.select(ReviewComment)
        .options(joinedload(ReviewComment.user), joinedload(ReviewComment.answerer))
        .where(ReviewComment.article_id.in_(texts))
        .order_by(ReviewComment.id)
    )
    for one in session.scalars(query):
        yield Event(one.at, _whose(one, article_id) + "批注", one.user.label, (f"“{one.quote}”：{one.text}",))
        if one.answered_at is not None:
            yield Event(
                one.answered_at, _whose(one, article_id) + "答复批注", _name(one.answerer), (one.answer,)
            )


def _pushes(session: Session, article_id: int) -> Iterator[Event]:
    query = (
        sa.select(Push)
        .join(PushArticle, PushArticle.push_id == Push.id)
        .where(PushArticle.article_id == article_id)
        .options(joinedload(Push.creator))
        .order_by(Push.id)
    )
    for one in session.scalars(query.limit(_MOST)):
        yield Event(one.created_at, "列入推送", who_decided(session, one, article_id), push_id=one.id)
        if one.started_at is None:
            continue
        numbers = tally.of(session, one)
        said = f"计划 {numbers['planned']} 人，送达 {numbers['delivered']} 人"
        said += "".join(f"，{word} {numbers[key]} 人" for key, word in _SHORT if numbers[key])
        ended = one.finished_at or one.started_at
        yield Event(
            ended,
            f"推送{PUSH.label(one.status)}",
            detail=(said,),
            tone="good" if one.status in _WELL else "bad" if one.status in _BADLY else "",
            push_id=one.id,
        )


_SHORT = (("failed", "未送达"), ("unknown", "结果未知"), ("cancelled", "未发"))
_WELL, _BADLY = (P.SENT,), (P.FAILED, P.PARTLY_FAILED, P.UNKNOWN)


def _corrections(session: Session, article_id: int) -> Iterator[Event]:
    query = (
        sa.select(Correction)
        .where(Correction.article_id == article_id, Correction.status == CorrectionStatus.DONE.value)
        .options(joinedload(Correction.decider))
        .order_by(Correction.id)
    )
    done = list(session.scalars(query))
    for one in done:
        what = f"{KIND_NAMES[CorrectionKind(one.kind)]}{CORRECTION.label(one.status)}"
        told = (f"原因：{one.reason}", f"给读者的说明：{one.note}")
        yield Event(one.decided_at or one.asked_at, what, _name(one.decider), told)
    removals = sa.select(Removal).where(
        Removal.correction_id.in_([one.id for one in done]),
        Removal.done_at.is_not(None),
        Removal.done_by.is_(None),  # of what a person deleted the trail says who
    )
    for gone in session.scalars(removals.order_by(Removal.id)):
        if gone.done_at is not None:
            refusal = (gone.error,) if gone.error else ()
            yield Event(gone.done_at, f"微信文章页{REMOVAL.label(gone.status)}", detail=refusal)


def _whose(one: WordingCheck | Review | ReviewComment, article_id: int) -> str:
    return "" if one.article_id == article_id else _CORRECTING


def _name(user: User | None) -> str:
    return user.label if user is not None else "系统"
