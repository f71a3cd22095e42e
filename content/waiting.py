"""What of the reviews waits for somebody: to review, to make up for, to sign as the second person, and what nobody can do.

Asked for every page of the console: two questions where nothing waits, a handful more where something does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, defer, joinedload

from accounts.rights import may
from content import owing
from content.life import REVIEW
from content.reviewers import Bench, Case, Seat
from models import Article, ArticleStatus, Release, ReleaseStatus, Review, User

_MOST = 500
JOINED_WITHIN = timedelta(hours=24)
"""A 紧急签发 that nobody has joined in this time asks for nothing any more."""


@dataclass(frozen=True)
class Waits:
    """Article ids, the longest waiting first; ``instead_of`` says for which of them one acts in whose place.

    ``reviews`` and ``make_ups`` this user may do, ``signatures`` give as the second person. ``stuck``: those that nobody can
    review, for who manages accounts. ``late`` counts the 紧急签发 that were not made up for in time, those
    aside that this user can make up for.
    """

    reviews: tuple[int, ...] = ()
    make_ups: tuple[int, ...] = ()
    signatures: tuple[int, ...] = ()
    stuck: tuple[int, ...] = ()
    late: int = 0
    instead_of: tuple[tuple[int, str], ...] = ()

    @property
    def total(self) -> int:
        """How many of them this user can do something about by reviewing."""
        return len({*self.reviews, *self.signatures}) + len(self.make_ups)


def waits(session: Session, user: User, *, at: datetime) -> Waits:
    """What waits for this user; nothing but what is late where the role does not review."""
    releases = session.execute(_open_releases()).all()
    late = [one.article_id for one in releases if owing.is_late(one, at)]
    if not may(user, REVIEW):
        return Waits(late=len(late))
    columns = (Article.id, Article.column_id, Article.created_by, Article.version, Article.stage)
    in_review = sa.select(*columns).where(Article.status == ArticleStatus.IN_REVIEW.value)
    cases = [
        Case(*row)
        for row in session.execute(in_review.order_by(Article.submitted_at, Article.id).limit(_MOST))
    ]
    if not cases and not releases:
        return Waits(late=len(late))
    joins = at - JOINED_WITHIN
    signing = [one for one in releases if one.status == ReleaseStatus.ASKED and one.first_at > joins]
    missing = [_case(one) for one in releases if one.status == ReleaseStatus.RELEASED]
    bench = Bench(session, [*cases, *missing, *map(_case, signing)], at=at)
    seats = {case: bench.seat(case, user) for case in (*cases, *missing)}
    for_others = [
        (case.article_id, seat.instead_of.label)
        for case, seat in seats.items()
        if isinstance(seat, Seat) and seat.instead_of is not None
    ]
    manages = may(user, "user.manage")
    make_ups = tuple(case.article_id for case in missing if isinstance(seats[case], Seat))
    return Waits(
        reviews=tuple(case.article_id for case in cases if isinstance(seats[case], Seat)),
        make_ups=make_ups,
        signatures=tuple(
            one.article_id
            for one in signing
            if not bench.are_same(one.first_by, user.id) and not bench.barred(_case(one), user)
        ),
        stuck=tuple(case.article_id for case in (*cases, *missing) if bench.is_stuck(case))
        if manages
        else (),
        late=sum(one not in make_ups for one in late),
        instead_of=tuple(for_others),
    )


def _open_releases() -> sa.Select[int, int, int, int, int, str, int, datetime | None, datetime]:
    return (
        sa.select(
            Release.article_id, Article.column_id, Article.created_by, Release.version, Release.stage,
            Release.status, Release.first_by, Release.due_at, Release.first_at,
        )
        .join(Article, Article.id == Release.article_id)
        .where(owing.OPEN)
        .order_by(Release.id)
        .limit(_MOST)
    )  # fmt: skip


def _case(row: sa.Row[int, int, int, int, int, str, int, datetime | None, datetime]) -> Case:
    return Case(row.article_id, row.column_id, row.created_by, row.version, row.stage)


def articles(session: Session, ids: tuple[int, ...], *, limit: int) -> list[Article]:
    """The first of these articles in this order, with column and writer, without bodies."""
    wanted = ids[:limit]
    if not wanted:
        return []
    beside = (defer(Article.html), joinedload(Article.column), joinedload(Article.creator))
    found = {
        one.id: one
        for one in session.scalars(sa.select(Article).options(*beside).where(Article.id.in_(wanted)))
    }
    return [found[one] for one in wanted if one in found]


def came_back(session: Session, user: User, *, limit: int) -> list[tuple[Article, str]]:
    """What came back from review and concerns this user, with what is to be said of it: the own, and what one had approved."""
    mine = sa.select(Article).where(
        Article.status == ArticleStatus.RETURNED.value, Article.created_by == user.id
    )
    last = mine.options(defer(Article.html)).order_by(Article.updated_at.desc()).limit(limit)
    return [
        *((one, "请修改后重新提交") for one in session.scalars(last)),
        *((one, "您审过，已退回作者") for one in _i_had_approved(session, user, limit)),
    ]


def _i_had_approved(session: Session, user: User, limit: int) -> list[Article]:
    returned = aliased(Review)
    fell = (
        sa.select(Review.id)
        .join(returned, sa.and_(returned.article_id == Review.article_id, returned.id > Review.id))
        .where(
            Review.article_id == Article.id,
            Review.decision == "approved",
            sa.or_(Review.user_id == user.id, Review.instead_of == user.id),
            returned.decision == "returned",
            returned.content_hash == Review.content_hash,
        )
    )
    query = sa.select(Article).where(Article.status == ArticleStatus.RETURNED.value, fell.exists())
    return list(
        session.scalars(query.options(defer(Article.html)).order_by(Article.updated_at.desc()).limit(limit))
    )


__all__ = ["JOINED_WITHIN", "Waits", "articles", "came_back", "waits"]
