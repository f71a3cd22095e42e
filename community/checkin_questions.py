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
from database.base import table_of
from database.once import DIALECTS, inserting_once
from models import Activity, Branch, CheckIn, CheckInScreen, ExpectedMember, Follower, Member

Found: TypeAlias = sa.Row[*tuple[Any, ...]]

MAX_CHOICES = 9
NEAR = timedelta(days=60)
"""How far ahead "the next activity" is looked for."""

ASK = "只能为本人签到，请回复序号签到，不签到无需回复："
"""Before the activities, where a message asks to check in and says more than is understood."""
NOT_BOUND = "您还没有绑定党员信息，绑定后才能签到。请回复：绑定 姓名 手机号后四位，例如：绑定 张三 5678"


@dataclass(frozen=True)
class CheckInAnswer:
    """What came of a reply.

    ``kind``: recorded, already, choose, none_open, not_bound, not_invited, needs_code; of a code also wrong, locked; of make-ups
    pending, asks_reason, too_late, limit; of leave left; of undoing undone, nothing. ``choices`` are (activity id, title) in the
    order of the numbers in ``text``, where kind is choose. ``question`` is what the activity asks who is in, if anything.
    """

    kind: str
    text: str
    choices: list[tuple[int, str]]
    activity_id: int | None
    question: str = ""


def answer(kind: str, text: str, activity_id: int | None = None, question: str = "") -> CheckInAnswer:
    """An answer without choices."""
    return CheckInAnswer(kind, text, [], activity_id, question)


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
        Activity.question,
        CheckIn.at.label("done_at"),
        CheckInScreen.code_only,
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
    .outerjoin(CheckInScreen, CheckInScreen.activity_id == Activity.id)
    .where(Follower.openid == sa.bindparam("openid"))
    .order_by(Activity.starts_at, Activity.id)
    .limit(30)
)

OPEN_AS_CALLED = OPEN.add_columns(
    Member.name,
    Branch.name.label("branch"),
    Branch.short_name,
    Activity.purpose,
    Activity.place,
    Activity.starts_at,
    Activity.ends_at,
).outerjoin(Branch, Branch.id == Member.branch_id)
"""The same with what a member may call it: their own name and branch, and purpose, place and time of each activity."""

OPEN_ON_SCREEN = OPEN.add_columns(CheckInScreen.secret, Follower.id.label("follower_id"))
"""The same with what makes the codes of each activity's screen; ``secret`` is None where there is no screen."""

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
    name: sa.bindparam(name, type_=table_of(CheckIn).c[name].type)
    for name in ("activity_id", "member_id", "branch_id", "at", "via", "message_key")
}
_GIVEN: dict[str, Any] = {**_VALUES, "made_up": sa.false(), "reason": sa.literal("")}
ONCE = ["activity_id", "member_id"]
"""A member is recorded once for an activity, by whatever way."""
_ON_ROSTER = (
    sa.select(*(value.label(name) for name, value in _GIVEN.items()))
    .where(Member.id == sa.bindparam("member_id"), Member.active.is_(True))
    .with_for_update(read=True, key_share=True, of=Member)
)
INSERT = {
    dialect: inserting_once(CheckIn, dialect, keys=ONCE).from_select(
        list(_GIVEN), _ON_ROSTER, include_defaults=False
    )
    for dialect in DIALECTS
}
"""By dialect; no row where the member was recorded before, or has left the roster since the question: a leaving or a merging
that is under way (:func:`community.moves.hold`) is waited for, as the reference to the member waits anyway."""

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
