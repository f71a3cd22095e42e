"""What the clock does for reviews: it reminds once of what waits too long, and carries what is to be told to WeChat.

Who is concerned is decided where the review is (:mod:`content.alerts`); here the alert finds the follower, if the account belongs
to a member who is bound. Whom WeChat does not reach finds the same on the desk.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

import workdays
from community import telling
from content import alerts
from database import claims
from ground import clock
from models import Article, ArticleStatus, Follower, ReviewAlert, User
from settings import Limits
from workdays.hours import at_work, is_daytime

_AT_ONCE = 200
_SINCE = sa.func.coalesce(Article.waits_since, Article.submitted_at)
"""SQL: since when an article waits for its present stage."""


def waiting(limits: Limits, at: datetime) -> list[sa.ColumnElement[bool]]:
    """SQL: articles of which nobody was reminded and that wait for so long by the wall's clock; holidays are looked at later."""
    if limits.review_remind_hours <= 0:
        return [sa.false()]
    return [
        Article.status == ArticleStatus.IN_REVIEW.value,
        Article.reminded_at.is_(None),
        at - timedelta(hours=limits.review_remind_hours) >= _SINCE,
    ]


def due(session: Session, limits: Limits, *, at: datetime) -> list[int]:
    """The articles whose reviewers are to be reminded now: by the hours that the office works, and in them."""
    if not is_daytime(at):
        return []
    query = sa.select(Article.id, _SINCE).where(*waiting(limits, at)).order_by(_SINCE).limit(_AT_ONCE)
    found = session.execute(query).all()
    if not found:
        return []
    days, wanted = workdays.load(session), timedelta(hours=limits.review_remind_hours)
    if not days.works(clock.shanghai_day(at)):
        return []
    return [article_id for article_id, moment in found if at_work(days, moment, at) >= wanted]


def remind(session: Session, article_id: int, limits: Limits, *, at: datetime) -> bool:
    """Remind of one, once: whoever writes the moment first does it, and only while the same stage still waits."""
    mine = [Article.id == article_id, *waiting(limits, at)]
    if not claims.change(session, Article, mine, reminded_at=at):
        return False
    article = session.get_one(Article, article_id, populate_existing=True)
    alerts.next_stage(session, article, at=at, again=True)
    return True


def tell(session: Session, *, at: datetime) -> int:
    """Hand what is to be told on to WeChat, and forget it; to how many persons.

    What was done or taken back meanwhile nobody is told of, nor twice of one that came, went and came again.
    """
    query = sa.select(ReviewAlert).order_by(ReviewAlert.id).limit(_AT_ONCE)
    left = list(session.scalars(claims.not_being_written(query)))
    told, said = 0, set()
    for one in left:
        session.delete(one)
        if (one.user_id, one.text) in said or not alerts.still_waits(session, one):
            continue
        said.add((one.user_id, one.text))
        follower = session.scalar(
            sa.select(Follower)
            .join(User, User.member_id == Follower.member_id)
            .where(User.id == one.user_id, User.active.is_(True))
            .limit(1)
        )
        if follower is not None:
            telling.tell(session, follower, one.text, at=at)
            told += 1
    session.flush()
    return told


__all__ = ["due", "remind", "tell", "waiting"]
