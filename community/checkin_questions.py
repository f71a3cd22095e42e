"""The questions that check-in asks the database, built once, and the shape of its answers.

They run on a Core connection: at the start of a meeting every microsecond counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

import sqlalchemy as sa

from community import expected
from community.window import Phase, begun_by, in_phase, not_over
from database.once import DIALECTS, inserting_once
from models import Activity, CheckIn, ExpectedMember, Follower, Member

Found: TypeAlias = sa.Row[*tuple[Any, ...]]

MAX_CHOICES = 9
NEAR = timedelta(days=60)
"""How far ahead "the next activity" is looked for."""

NOT_BOUND = "您还没有绑定党员信息，绑定后才能签到。请回复：绑定 姓名 手机号后四位，例如：绑定 张三 5678"


@dataclass(frozen=True)
class CheckInAnswer:
    """What came of a reply.

    ``kind``: recorded, already, choose, none_open, not_bound, not_invited; of make-ups pending, asks_reason, too_late, limit; of
    undoing undone, nothing. ``choices`` are (activity id, title) in the order of the numbers in ``text``, where kind is choose.
    """

    kind: str
    text: str
    choices: list[tuple[int, str]]
    activity_id: int | None


def answer(kind: str, text: str, activity_id: int | None = None) -> CheckInAnswer:
    """An answer without choices."""
    return CheckInAnswer(kind, text, [], activity_id)


_invited = sa.or_(
    expected.invites(Member.branch_id),
    sa.exists().where(expected.on_list(Activity.id)).correlate(Activity, Member),  # wherever they moved since
)

OPEN = (
    sa.select(
        Member.id.label("member_id"),
        expected.BRANCH.label("branch_id"),
        sa.and_(Activity.frozen_at.is_not(None), ExpectedMember.member_id.is_(None)).label("joins"),
        Activity.id.label("activity_id"),
        Activity.title,
        Activity.keyword,
        CheckIn.at.label("done_at"),
    )
    .select_from(Follower)
    .outerjoin(Member, sa.and_(Member.id == Follower.member_id, Member.active.is_(True)))
    .outerjoin(
        Activity,
        sa.and_(
            Member.id.is_not(None),
            in_phase(Phase.OPEN, sa.bindparam("at")),
            _invited,
        ),
    )
    .outerjoin(ExpectedMember, expected.on_list(Activity.id))
    .outerjoin(CheckIn, sa.and_(CheckIn.activity_id == Activity.id, CheckIn.member_id == Member.id))
    .where(Follower.openid == sa.bindparam("openid"))
    .order_by(Activity.starts_at, Activity.id)
    .limit(30)
)

NEAREST = (
    sa.select(
        Activity.id,
        Activity.title,
        Activity.keyword,
        Activity.starts_at,
        Activity.ends_at,
        CheckIn.id.label("done"),
    )
    .select_from(Activity)
    .join(Member, Member.id == sa.bindparam("member"))
    .outerjoin(CheckIn, sa.and_(CheckIn.activity_id == Activity.id, CheckIn.member_id == Member.id))
    .where(
        not_over(sa.bindparam("since")),
        begun_by(sa.bindparam("until")),
        _invited,
    )
    .order_by(Activity.starts_at, Activity.id)
    .limit(50)
)

BY_KEYWORD = (
    sa.select(Activity.id, Activity.title, Activity.starts_at, Activity.ends_at)
    .where(
        not_over(sa.bindparam("since")),
        sa.or_(Activity.keyword == sa.bindparam("word"), Activity.title == sa.bindparam("title")),
    )
    .order_by(Activity.starts_at)
    .limit(1)
)

_VALUES: dict[str, Any] = {
    name: sa.bindparam(name) for name in ("activity_id", "member_id", "branch_id", "at", "via", "message_key")
}
_FIXED: dict[str, Any] = {"made_up": False, "reason": ""}
ONCE = ["activity_id", "member_id"]
"""A member is recorded once for an activity, by whatever way."""
INSERT = {
    dialect: inserting_once(CheckIn, dialect, keys=ONCE).values(**_VALUES, **_FIXED) for dialect in DIALECTS
}
"""By dialect; no row where the member was recorded before."""

KEYWORD_IS_OPEN = (
    sa.select(Activity.id)
    .where(
        Activity.keyword == sa.bindparam("word"),
        in_phase(Phase.OPEN, sa.bindparam("at")),
    )
    .limit(1)
)

RECORDED_AT = sa.select(CheckIn.at).where(
    CheckIn.activity_id == sa.bindparam("activity_id"), CheckIn.member_id == sa.bindparam("member_id")
)
