"""Who is in an audience just now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Follower, Member
from scheduler.audience.kinds import KINDS
from scheduler.audience.values import Audience, Part, Person, labels

_AT_ONCE = 5_000  # rows from the database: all of a large account at once would be held twice
_FOLLOWS = (Follower.subscribed.is_(True), Follower.gone.is_(False))


def _in_any(session: Session, union: Sequence[Part], *, left_out: bool = False) -> sa.ColumnElement[bool]:
    return sa.or_(*(KINDS[part.kind].followers(session, part, left_out=left_out) for part in union))


def _conditions(session: Session, audience: Audience) -> list[sa.ColumnElement[bool]]:
    """One a step: the union, each limit, who is left out."""
    steps = [_in_any(session, audience.parts) if audience.parts else sa.true()]
    steps += [_in_any(session, union) for union in audience.within]
    if audience.without:
        steps.append(sa.not_(_in_any(session, audience.without, left_out=True)))
    return steps


def people(session: Session, audience: Audience) -> Iterator[Person]:
    """All of the audience who follow just now, in one query."""
    statement = (
        sa.select(Follower.openid, Follower.muted_columns)
        .where(*_FOLLOWS, *_conditions(session, audience))
        .order_by(Follower.id)
    )
    for row in session.execute(statement, execution_options={"yield_per": _AT_ONCE}):
        yield Person(*row)


def narrowing(session: Session, audience: Audience) -> list[tuple[str, int]]:
    """How many follow in the union of its parts, after each limit and without who is left out, each with its words."""
    words = [labels(audience.parts) or "全部关注者"]
    words += [f"其中{labels(union)}" for union in audience.within]
    if audience.without:
        words.append(f"除去{labels(audience.without)}后")
    found: list[tuple[str, int]] = []
    taken: list[sa.ColumnElement[bool]] = []
    for said, condition in zip(words, _conditions(session, audience), strict=True):
        taken.append(condition)
        counted = sa.select(sa.func.count()).select_from(Follower).where(*_FOLLOWS, *taken)
        found.append((said, session.scalar(counted) or 0))
    return found


def roster_size(session: Session, audience: Audience) -> int | None:
    """How many members on the roster are meant, also those who do not follow; None where that cannot be said of a member."""
    if not audience.parts or any(KINDS[part.kind].members is None for part in audience.every_part):
        return None

    def in_any(union: Sequence[Part]) -> sa.ColumnElement[bool]:
        chosen = [KINDS[part.kind].members for part in union]
        return sa.or_(
            *(Member.id.in_(of(session, part)) for of, part in zip(chosen, union, strict=True) if of)
        )

    meant = [in_any(audience.parts), *(in_any(union) for union in audience.within)]
    if audience.without:
        meant.append(sa.not_(in_any(audience.without)))
    return session.scalar(sa.select(sa.func.count()).select_from(Member).where(*meant)) or 0
