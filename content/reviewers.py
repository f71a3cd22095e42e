"""Who may review what: the one home of the rule, for one article or for all that wait, from a handful of questions.

Nobody reviews what they wrote, nor two stages of one article. A correction was written, too, by whoever wrote what it corrects.
A stage is open to every reviewer (of this stage, where the account says so) or to the persons whom the column names for it. By a
委托 somebody may act in another's place; as long as it is in force, both together do one stage of an article. Accounts of the
same person are one everywhere here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from accounts.persons import Persons
from accounts.rights import RIGHTS, may
from content.life import REVIEW, stage_name
from ground import clock
from models import (
    Article,
    ArticleRevision,
    ColumnReviewer,
    Correction,
    CorrectionStatus,
    Handover,
    Review,
    User,
)

NO_RIGHT = "您没有审核权限，如需开通请联系管理员"


@dataclass(frozen=True)
class Case:
    """One review that is wanted: of which article, which stage, whose text it is and which save of it."""

    article_id: int
    column_id: int
    author: int
    version: int
    stage: int


@dataclass(frozen=True)
class Seat:
    """That somebody may review: in the own name, or ``instead_of`` another."""

    instead_of: User | None = None


@dataclass(frozen=True)
class Seats:
    """Who may do one review: by what this user may, or in Chinese why not; and everybody who may.

    ``stranger``: this user reviews and has no part in the text.
    """

    mine: Seat | str
    able: Sequence[tuple[User, Seat]] = ()
    stranger: bool = False

    @property
    def obstacle(self) -> str:
        """Why this user may not; empty if nothing stands against it."""
        return self.mine if isinstance(self.mine, str) else ""


class Bench:
    """Everybody who reviews, as far as it matters for some cases, at one moment."""

    def __init__(self, session: Session, cases: Sequence[Case], *, at: datetime) -> None:
        self._people = reviewing_people(session)
        self._persons = Persons(session)
        self._named = _named(session, {case.column_id for case in cases})
        self._handed = _handed(session, at)
        ids = {case.article_id for case in cases}
        self._wrote, self._wrote_before = _wrote(session, ids, self._persons)
        self._worded = _worded(session, ids, self._persons)
        self._signed = _signed(session, ids, self._persons)

    def seat(self, case: Case, user: User) -> Seat | str:
        """By what this user may do the review, or in Chinese why not."""
        if not may(user, REVIEW):
            return NO_RIGHT
        if barred := self.barred(case, user) or self._had_a_turn(case, user):
            return barred
        if not (elsewhere := self._placed_elsewhere(case, user)):
            return Seat()
        for other in self._principals(user):
            if not (
                self.barred(case, other)
                or self._had_a_turn(case, other)
                or self._placed_elsewhere(case, other)
            ):
                return Seat(other)
        return elsewhere

    def barred(self, case: Case, user: User) -> str:
        """Why this user may not sign this text at all: it is their own. Empty if it is not."""
        person = self._persons.of(user.id)
        if case.author == user.id:
            return "不能审核自己的稿件，请由其他审核员审核"
        if self._persons.of(case.author) == person:
            return "本稿是您的另一个账号写的，不能审核，请由其他审核员审核"
        first = self._wrote.get((case.article_id, person))
        if first is not None and first <= case.version:
            return "您修改过本稿，请由其他审核员审核"
        if (case.article_id, person) in self._worded:
            return "给读者看的更正说明是您改写的，请由其他审核员审核"
        if (case.article_id, person) in self._wrote_before:
            return "您写过被更正的原稿，不能审核它的更正，请由其他审核员审核"
        return ""

    def able(self, case: Case) -> list[tuple[User, Seat]]:
        """Everybody who may do the review now, with their seats."""
        seats = ((user, self.seat(case, user)) for user in self._people.values())
        return [(user, seat) for user, seat in seats if isinstance(seat, Seat)]

    def seats(self, case: Case, user: User) -> Seats:
        """All that a page says of one review."""
        stranger = user.id in self._people and not self.barred(case, user)
        return Seats(self.seat(case, user), self.able(case), stranger)

    def is_stuck(self, case: Case) -> bool:
        """Whether nobody may do the review now."""
        return not any(isinstance(self.seat(case, user), Seat) for user in self._people.values())

    def strangers(self, case: Case) -> list[User]:
        """Everybody with the right to review who has no part in the text."""
        return [user for user in self._people.values() if not self.barred(case, user)]

    def are_same(self, one: int, other: int) -> bool:
        """Whether two accounts, by id, are one person."""
        return self._persons.same(one, other)

    def _principals(self, user: User) -> list[User]:
        found = self._handed.get(user.id, ())
        return [self._people[one] for one in found if one in self._people]

    def _had_a_turn(self, case: Case, user: User) -> str:
        other = "请由其他审核员审核"
        stage = self._signed.get((case.article_id, self._persons.of(user.id)))
        if stage is not None:
            return f"您已完成本稿的{stage_name(stage)}，同一人不能审两级，{other}"
        for one in self._bound_to(user):
            stage = self._signed.get((case.article_id, self._persons.of(one.id)))
            if stage is not None:
                return f"{one.label}已完成本稿的{stage_name(stage)}，委托期间你们两人合计只能审一级，{other}"
        return ""

    def _bound_to(self, user: User) -> list[User]:
        """Everybody with whom a 委托 in force connects this user, as deputy or as principal, by any account."""
        person = self._persons.of(user.id)
        pairs = [(deputy, principal) for deputy, found in self._handed.items() for principal in found]
        ids = [
            other for one, other in (*pairs, *((b, a) for a, b in pairs)) if self._persons.of(one) == person
        ]
        return [self._people[one] for one in ids if one in self._people]

    def _placed_elsewhere(self, case: Case, user: User) -> str:
        named = self._named.get((case.column_id, case.stage))
        if named is not None:
            return (
                ""
                if user.id in named
                else f"本栏目的{stage_name(case.stage)}由{'、'.join(named.values())}审核"
            )
        if user.stage is not None and user.stage != case.stage:
            return f"您负责{stage_name(user.stage)}，本稿当前待{stage_name(case.stage)}"
        return ""


def awaited(article: Article) -> Case:
    """The review that an article waits for."""
    return Case(article.id, article.column_id, article.created_by, article.version, article.stage)


def reviewing_people(session: Session) -> dict[int, User]:
    """Everybody who may sign in and review, by id, in the order of their names."""
    able = [User.active.is_(True), User.role.in_(sorted(RIGHTS[REVIEW]))]
    return {user.id: user for user in session.scalars(sa.select(User).where(*able).order_by(User.username))}


def _named(session: Session, column_ids: Collection[int]) -> dict[tuple[int, int], dict[int, str]]:
    query = (
        sa.select(ColumnReviewer.column_id, ColumnReviewer.stage, User)
        .join(User, User.id == ColumnReviewer.user_id)
        .where(ColumnReviewer.column_id.in_(column_ids))
        .order_by(User.username)
    )
    found: dict[tuple[int, int], dict[int, str]] = {}
    for column_id, stage, user in session.execute(query):
        found.setdefault((column_id, stage), {})[user.id] = user.label
    return found


def _in_force(at: datetime) -> list[sa.ColumnElement[bool]]:
    """SQL: 委托 by which somebody may act at this moment."""
    today = clock.shanghai_day(at)
    return [Handover.ended_at.is_(None), Handover.first_day <= today, Handover.last_day >= today]


def _handed(session: Session, at: datetime) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    query = sa.select(Handover.deputy_id, Handover.user_id).where(*_in_force(at)).order_by(Handover.id)
    for deputy, principal in session.execute(query):
        found.setdefault(deputy, []).append(principal)
    return found


def _wrote(
    session: Session, ids: Collection[int], persons: Persons
) -> tuple[dict[tuple[int, int], int], set[tuple[int, int]]]:
    """The first save of each person in one of these articles; and who wrote what it corrects, or an earlier correction of that.

    A save by which a corrected text was put in its place is that of nobody: it was written in the correction.
    """
    own = sa.select(Article.id.label("case"), Article.id.label("text")).where(Article.id.in_(ids))
    original = sa.select(Correction.draft_id, Correction.article_id).where(Correction.draft_id.in_(ids))
    earlier = aliased(Correction)
    others = (
        sa.select(Correction.draft_id, earlier.draft_id)
        .join(earlier, earlier.article_id == Correction.article_id)
        .where(
            Correction.draft_id.in_(ids),
            earlier.draft_id.is_not(None),
            earlier.id < Correction.id,
            earlier.status == CorrectionStatus.DONE.value,
        )
    )
    texts = sa.union(own, original, others).subquery()
    put_in_place = sa.exists().where(
        Correction.article_id == ArticleRevision.article_id,
        Correction.draft_id.is_not(None),
        Correction.decided_at == ArticleRevision.saved_at,
    )
    query = (
        sa.select(texts.c.case, texts.c.text, ArticleRevision.saved_by, sa.func.min(ArticleRevision.version))
        .join(ArticleRevision, ArticleRevision.article_id == texts.c.text)
        .where(ArticleRevision.saved_by.is_not(None), ~put_in_place)
        .group_by(texts.c.case, texts.c.text, ArticleRevision.saved_by)
    )
    here: dict[tuple[int, int], int] = {}
    before: set[tuple[int, int]] = set()
    for case, text, user, version in session.execute(query):
        key = (case, persons.of(user))
        if text == case:
            here[key] = min(version, here.get(key, version))
        else:
            before.add(key)
    return here, before


def _worded(session: Session, ids: Collection[int], persons: Persons) -> set[tuple[int, int]]:
    """Who wrote what readers are told of the correction that is written in one of these articles, beside who asked for it."""
    query = sa.select(Correction.draft_id, Correction.reworded_by).where(
        Correction.draft_id.in_(ids), Correction.reworded_by.is_not(None)
    )
    found = session.execute(query)
    return {(draft, persons.of(user)) for draft, user in found if draft is not None and user is not None}


def _signed(session: Session, ids: Collection[int], persons: Persons) -> dict[tuple[int, int], int]:
    """Which stage a person has approved, be it by another in their place."""
    query = sa.select(Review.article_id, Review.stage, Review.user_id, Review.instead_of).where(
        Review.article_id.in_(ids), Review.decision == "approved", Review.void.is_(False)
    )
    found: dict[tuple[int, int], int] = {}
    for article, stage, user, principal in session.execute(query):
        found[article, persons.of(user)] = stage
        if principal is not None:
            found[article, persons.of(principal)] = stage
    return found


__all__ = ["NO_RIGHT", "Bench", "Case", "Seat", "Seats", "awaited", "reviewing_people"]
