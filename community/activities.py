"""活动: something to check in to, with a purpose and an end: announcing one, and looking at them.

What may be announced stands in :mod:`community.announcing`, what becomes of one afterwards in :mod:`community.changing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from accounts import audit
from accounts.rights import own_branch, require
from community import announcing, phrasing, templates
from community.announcing import ATTENDED, KINDS, Draft
from community.expected import invites
from community.window import PHASES, Phase, in_phase, not_over, phase
from ground.errors import NotFound
from models import Activity, ActivityStatus, User
from settings import Limits

__all__ = [
    "ATTENDED",
    "KINDS",
    "ActivityPage",
    "Created",
    "Draft",
    "between",
    "coming",
    "create",
    "get",
    "page",
    "state_name",
]


@dataclass(frozen=True)
class Created:
    """A new activity, and remarks that its maker should read."""

    activity: Activity
    warnings: list[str]


def create(session: Session, user: User, draft: Draft, *, at: datetime, limits: Limits = Limits()) -> Created:
    """Announce an activity.

    Raises :class:`Refused` for what cannot be, :class:`Conflict` if its keyword is taken at that time, :class:`Forbidden` outside
    the user's branch.
    """
    require(user, "activity.create")
    announcing.within(user, draft.branches)
    if draft.template:
        templates.get(session, draft.template)
    texts = announcing.plain(draft)
    allowed = phrasing.checked(announcing.texts_of(draft), draft.override)
    announcing.check(session, draft, texts["keyword"], at=at)
    warnings = announcing.remarks(session, draft, texts["keyword"], limits)
    activity = Activity(
        **texts,
        kind=draft.kind,
        template=draft.template,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        sign_up=draft.sign_up,
        places=draft.places if draft.sign_up else None,
        keep_months=draft.keep_months,
        for_all=not draft.branches,
        status=ActivityStatus.OPEN.value,
        created_by=user.id,
        created_at=at,
        branches=list(draft.branches),
    )
    session.add(activity)
    session.flush()
    audit.record(
        session,
        "activity.create",
        user=user,
        subject=f"activity:{activity.id}",
        detail={"branches": [branch.id for branch in draft.branches] or "all", **allowed},
        at=at,
    )
    return Created(activity, warnings)


# --- Looking -----------------------------------------------------------------------------------------------


def _visible(user: User | None) -> sa.ColumnElement[bool]:
    """A secretary sees what invites the own branch."""
    own = None if user is None else own_branch(user)
    return sa.true() if own is None else invites(own)


def get(session: Session, activity_id: int, *, user: User | None = None) -> Activity:
    """One activity with its branches; ``user`` None is the operator. Raises :class:`NotFound` outside the scope too."""
    if user is not None:
        require(user, "activity.view")
    activity = session.scalar(
        sa.select(Activity)
        .options(selectinload(Activity.branches), selectinload(Activity.creator))
        .where(Activity.id == activity_id, _visible(user))
    )
    if activity is None:
        raise NotFound(f"没有编号为 {activity_id} 的活动，或不在您的支部")
    return activity


@dataclass(frozen=True)
class ActivityPage:
    """A page of activities, the latest first, and how many there are."""

    activities: list[Activity]
    total: int


def page(
    session: Session,
    user: User | None,
    *,
    at: datetime,
    when: str = "",
    branch_id: int | None = None,
    number: int = 1,
    size: int = 20,
) -> ActivityPage:
    """Activities that a user (None: the operator) may see, the latest first.

    ``when``: open, coming, past, or empty for all; ``branch_id``: only those that invite this branch; ``number`` counts from 1.
    """
    if user is not None:
        require(user, "activity.view")
    where = [_visible(user)]
    if branch_id is not None:
        where.append(invites(branch_id))
    if when == "past":  # and what will not come any more
        where.append(sa.not_(not_over(at)))
    elif when:
        where.append(in_phase(Phase(when), at))
    total = session.scalar(sa.select(sa.func.count()).select_from(Activity).where(*where)) or 0
    found = session.scalars(
        sa.select(Activity)
        .options(selectinload(Activity.branches))
        .where(*where)
        .order_by(Activity.starts_at.desc(), Activity.id.desc())
        .offset((max(number, 1) - 1) * size)
        .limit(size)
    )
    return ActivityPage(list(found), total)


def coming(session: Session, at: datetime, *, limit: int) -> list[Activity]:
    """What is open and not yet over, by its beginning: what a notice may be sent of."""
    query = sa.select(Activity).where(not_over(at))
    return list(session.scalars(query.order_by(Activity.starts_at).limit(limit)))


def between(session: Session, user: User, start: datetime, end: datetime) -> list[Activity]:
    """What begins from ``start`` to before ``end`` and was not called off, of those that a user may see, by its beginning."""
    require(user, "activity.view")
    query = sa.select(Activity).where(
        _visible(user),
        Activity.starts_at >= start,
        Activity.starts_at < end,
        Activity.status != ActivityStatus.CANCELLED.value,
    )
    return list(session.scalars(query.order_by(Activity.starts_at, Activity.id)))


def state_name(activity: Activity, at: datetime) -> str:
    """``未开始``, ``签到中``, ``已结束`` or ``已取消``."""
    return PHASES[phase(activity, at)]
