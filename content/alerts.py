"""Who is told of a review by WeChat: the ones that it concerns and nobody else. Left as rows, which the scheduler takes away.

The console shows the same on everybody's desk (:mod:`content.waiting`); here only those get a row whose account belongs to a
member, because nobody else can be reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from content import owing
from content.life import stage_name
from content.reviewers import Bench, Case, Seat, awaited
from models import Article, ArticleStatus, Follower, Release, Review, ReviewAlert, User

_TEXT_CHARS = 300
_WHERE = "请登录管理后台办理"


def next_stage(session: Session, article: Article, *, at: datetime, again: bool = False) -> None:
    """Tell those who may do the review that is awaited, or the administrators where nobody may. ``again``: as a reminder."""
    word = f"还在等待{stage_name(article.stage)}" if again else f"等待{stage_name(article.stage)}"
    waits = {"article_id": article.id, "stage": article.stage}
    _tell_able(session, article, awaited(article), word, at, waits)


def to_make_up(session: Session, article: Article, case: Case, released: Release, *, at: datetime) -> None:
    """Tell those who may make up for a review that a 紧急签发 has left out."""
    waits = {"release_id": released.id, "stage": case.stage}
    _tell_able(session, article, case, f"已紧急签发，等待补{stage_name(case.stage)}", at, waits)


def to_second(session: Session, article: Article, asked: Release, *, at: datetime) -> None:
    """Tell those who may sign a 紧急签发 as the second person."""
    case = awaited(article)
    bench = Bench(session, [case], at=at)
    others = [one for one in bench.strangers(case) if not bench.are_same(asked.first_by, one.id)]
    waits = {"release_id": asked.id, "stage": asked.stage}
    _leave(session, others, f"《{article.title}》等待第二人紧急签发，{_WHERE}", at, **waits)


def returned(session: Session, article: Article, by: User, stage: int, *, at: datetime) -> None:
    """Tell the writer that it came back, and those whose approvals are about to fall; why, stands in the console alone."""
    text = f"《{article.title}》在{stage_name(stage)}被退回修改，请在后台查看理由"
    _leave(session, [article.creator], text, at)
    query = sa.select(Review.user_id, Review.instead_of).where(
        Review.article_id == article.id, Review.decision == "approved", Review.void.is_(False)
    )
    ids = {one for row in session.execute(query) for one in row if one is not None} - {by.id}
    earlier = session.scalars(sa.select(User).where(User.id.in_(ids)))
    _leave(
        session,
        earlier,
        f"您审过的《{article.title}》在{stage_name(stage)}被退回修改，您的审核结论已作废",
        at,
    )


def fault_found(session: Session, article: Article, stage: int, *, at: datetime) -> None:
    """Tell the writer and the administrators that a 补审 found a fault in what is out; which one, stands in the console."""
    text = f"《{article.title}》补{stage_name(stage)}时发现问题，请在后台查看，并办理更正或撤回"
    admins = session.scalars(sa.select(User).where(User.role == "admin", User.active.is_(True)))
    told = {one.id: one for one in (article.creator, *admins)}
    _leave(session, told.values(), text, at)


def still_waits(session: Session, alert: ReviewAlert) -> bool:
    """Whether what an alert asks for is still to be done; of one that asks for nothing, always."""
    if alert.release_id is not None:
        found = sa.exists().where(Release.id == alert.release_id, owing.OPEN, Release.stage == alert.stage)
    elif alert.article_id is not None:
        in_review = Article.status == ArticleStatus.IN_REVIEW.value
        found = sa.exists().where(Article.id == alert.article_id, in_review, Article.stage == alert.stage)
    else:
        return True
    return bool(session.scalar(sa.select(found)))


def _tell_able(
    session: Session, article: Article, case: Case, word: str, at: datetime, waits: Mapping[str, int]
) -> None:
    bench = Bench(session, [case], at=at)
    able = bench.able(case)
    if not able:
        admins = sa.select(User).where(User.role == "admin", User.active.is_(True))
        _leave(
            session,
            session.scalars(admins),
            f"《{article.title}》{word}，但现在没有人可以审核，请安排审核人",
            at,
            **waits,
        )
        return
    deputies = {user.id: seat.instead_of.id for user, seat in able if seat.instead_of is not None}
    relieved = {deputies[one] for one in _reached(session, deputies)}
    for user, seat in able:
        if user.id not in relieved:  # somebody acts in that person's place, and hears of it
            _leave(session, [user], f"《{article.title}》{word}{_for(seat)}，{_WHERE}", at, **waits)


def _reached(session: Session, users: Iterable[int]) -> set[int]:
    """Which of these persons follow, as the members whom their accounts belong to."""
    query = sa.select(User.id).join(Follower, Follower.member_id == User.member_id)
    return set(session.scalars(query.where(User.id.in_(users), Follower.gone.is_(False))))


def _for(seat: Seat) -> str:
    return f"（受{seat.instead_of.label}委托）" if seat.instead_of is not None else ""


def _leave(session: Session, users: Iterable[User], text: str, at: datetime, **waits: int) -> None:
    reached = [user for user in users if user.active and user.member_id is not None]
    text = text[:_TEXT_CHARS]
    session.add_all(ReviewAlert(user_id=user.id, text=text, at=at, **waits) for user in reached)
    session.flush()


__all__ = ["fault_found", "next_stage", "returned", "still_waits", "to_make_up", "to_second"]
