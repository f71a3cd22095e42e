"""撤出排期: an article comes out of the pushes that hold it and have not begun; a push that carries nothing else is cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit, rights
from content import finding, life, publish
from content.lifecycle import NOT_BEGUN
from database import locks
from database.locks import Lock
from ground.errors import Conflict
from models import Article, Push, PushArticle, PushStatus, User
from scheduler import pushes
from scheduler.life import OVER
from settings import Settings


@dataclass(frozen=True)
class Unscheduled:
    """Numbers of the pushes that were cancelled with it, and of those that stay without it; ``waiting`` of these for a person."""

    cancelled: tuple[int, ...]
    without: tuple[int, ...]
    waiting: tuple[int, ...] = ()

    @property
    def said(self) -> str:
        """In one sentence."""
        parts = ["已撤出排期"]
        if self.cancelled:
            parts.append(f"推送 {_numbers(self.cancelled)} 已取消，预留的额度已退回")
        if going := tuple(one for one in self.without if one not in self.waiting):
            parts.append(f"推送 {_numbers(going)} 去掉这一篇后照常发送")
        if self.waiting:
            parts.append(f"推送 {_numbers(self.waiting)} 已去掉这一篇，仍等人处理")
        return "，".join(parts)


def _numbers(ids: tuple[int, ...]) -> str:
    return "、".join(str(one) for one in ids)


def unschedule(
    session: Session, settings: Settings, article_id: int, user: User, *, reason: str = "", at: datetime
) -> Unscheduled:
    """Take a planned article back: it is approved and free again, and may be edited.

    Raises :class:`errors.Conflict` for one that is not planned or whose push has begun, :class:`errors.Forbidden`,
    :class:`errors.NotFound`.
    """
    rights.require(user, life.CONTROL)
    locks.hold(session, Lock.PLANNING)
    article = finding.get(session, article_id)
    holding = _holding(session, article_id)
    out = article.status in life.LISTED
    if not (out and holding):  # what is out may be in a further push, and stays out
        life.require(article, "article.unschedule")
    cancelled, without, waiting = [], [], []
    for push in holding:
        if push.planned_at is not None or push.status not in NOT_BEGUN:
            raise Conflict(f"推送 {push.id} 已经开始发送，不能撤出，可以到推送页面暂停或取消")
        if len(push.articles) > 1:
            _drop(session, settings, push, article, at)
            without.append(push.id)
            waiting += [push.id] if push.status != PushStatus.SCHEDULED else []
        else:
            pushes.cancel(session, push, user, at=at)
            cancelled.append(push.id)
    publish.let_go(session, [article_id])
    detail = {"cancelled": cancelled, "without": without} | ({"reason": reason} if reason else {})
    audit.record(
        session, "article.unschedule", at=at, user=user, subject=f"article:{article_id}", detail=detail
    )
    session.refresh(article)
    return Unscheduled(tuple(cancelled), tuple(without), tuple(waiting))


def _holding(session: Session, article_id: int) -> list[Push]:
    """The pushes that hold it and are not over, each kept from being released meanwhile."""
    with_it = sa.select(PushArticle.push_id).where(PushArticle.article_id == article_id)
    over = [status.value for status in OVER]
    query = sa.select(Push).where(Push.id.in_(with_it), Push.status.not_in(over)).order_by(Push.id)
    return list(session.scalars(query.with_for_update().execution_options(populate_existing=True)))


def _drop(session: Session, settings: Settings, push: Push, article: Article, at: datetime) -> None:
    """The others move up; who reaches whom is counted anew, for the article's column may have been muted by some."""
    left = [one for one in push.articles if one.article_id != article.id]
    contents = [(one.article_id, one.content_hash) for one in left]
    session.execute(sa.delete(PushArticle).where(PushArticle.push_id == push.id))
    session.expire(push, ["articles"])
    session.add_all(
        PushArticle(push_id=push.id, position=position, article_id=ident, content_hash=content_hash)
        for position, (ident, content_hash) in enumerate(contents, start=1)
    )
    session.flush()
    push.title = finding.get(session, contents[0][0]).title[:120]
    confirmed = dict(push.confirmed)
    pushes.plan_again(session, settings, push, at)
    # Nobody has agreed to other numbers: too far from these, it waits for a person.
    push.confirmed = confirmed


__all__ = ["Unscheduled", "unschedule"]
