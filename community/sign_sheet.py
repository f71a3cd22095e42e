"""签到表: the sheet on which people sign with a pen, for an evening without a network. Each branch gets its own.

With names where attendance is kept and all are expected, for who may enter them afterwards (补录): of what people take part in
as they like, a list of the whole branch would show who did not come. Else with empty lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from accounts.rights import branch_scope, may, own_branch, require
from community import counting, expected
from community.activities import get
from community.form import Column, Form, in_clear
from community.moments import span
from community.period_ledger import is_attended
from community.privacy import check_reason, mask_name
from ground.errors import Refused
from models import Activity, ActivityStatus, Branch, ExpectedMember, Member, User

_COLUMNS = (
    Column("序号", 14, "center"),
    Column("姓名", 38),
    Column("签名", 56),
    Column("签到时间", 34),
    Column("备注", 46),
)
_ROW_MM = 9.5
_SPARE = 5
_LEAST, _MOST = 20, 400
"""Empty lines of a sheet without names."""


def names_on(user: User, activity: Activity) -> bool:
    """Whether a user's sheets of this activity have names."""
    live = activity.status != ActivityStatus.CANCELLED and activity.folded_at is None
    return live and is_attended(activity) and may(user, "checkin.record")


def sheets(
    session: Session,
    user: User,
    activity_id: int,
    *,
    at: datetime,
    branch_id: int | None = None,
    unmask_reason: str = "",
) -> list[Form]:
    """The sheets of an activity, one for each branch inside the user's scope; the names masked, or in clear for a reason.

    Names in clear are noted in the audit trail, in the session's transaction. Raises :class:`errors.NotFound`,
    :class:`errors.Forbidden`, and :class:`errors.Refused` for a reason that is none or where no names stand.
    """
    require(user, "activity.view", branch_id)
    activity = get(session, activity_id, user=user)
    named = names_on(user, activity)
    if unmask_reason:
        require(user, "member.unmask", branch_id)
        if not named:
            raise Refused("这次活动的签到表不印姓名，直接打印即可")
        unmask_reason = check_reason(unmask_reason)
    own = own_branch(user) if branch_id is None else branch_id
    counted = counting.counts(session, activity, user=user, branch_id=own)
    names = _names(session, user, activity, own) if named else {}
    secret = in_clear(user.label, unmask_reason)
    forms = [
        _form(
            activity, one.branch, _lines(names.get(one.branch_id), one.expected, clear=bool(secret)), secret
        )
        for one in counted.by_branch
        if names.get(one.branch_id) or not named
    ]
    if secret:
        detail = {"rows": sum(map(len, names.values())), "masked": False, "reason": unmask_reason}
        audit.record(
            session, "activity.export", user=user, subject=f"activity:{activity.id}", detail=detail, at=at
        )
    return forms


def _names(session: Session, user: User, activity: Activity, own: int | None) -> dict[int, list[str]]:
    """Whom it expects and who is on the roster, by branch, in the order of the roster."""
    of = expected.BRANCH
    query = (
        sa.select(of, Member.name)
        .select_from(Member)
        .outerjoin(ExpectedMember, expected.on_list(activity.id))
        .join(Branch, Branch.id == of)
        .where(Member.id.in_(expected.everyone(activity)), branch_scope(user, of))
        .order_by(Branch.sort, Branch.id, Member.id)
    )
    if own is not None:
        query = query.where(of == own)
    found: dict[int, list[str]] = {}
    for branch_id, name in session.execute(query):
        found.setdefault(branch_id, []).append(name)
    return found


def _lines(names: Sequence[str] | None, count: int, *, clear: bool) -> list[str]:
    """What stands in the column of names: the names and some empty lines for who comes unexpected, or empty lines alone."""
    if names:
        return [*(name if clear else mask_name(name) for name in names), *[""] * _SPARE]
    return [""] * min(_MOST, max(_LEAST, count + _SPARE))


def _form(activity: Activity, branch: str, lines: Sequence[str], secret: str) -> Form:
    return Form(
        title=f"{activity.title}签到表",
        sheet="签到表",
        columns=_COLUMNS,
        rows=[[str(number), name, "", "", ""] for number, name in enumerate(lines, start=1)],
        left=(f"单位：{branch}", f"地点：{activity.place}"),
        right=(f"时间：{span(activity.starts_at, activity.ends_at)}", ""),
        signs=("组织者（签字）", "日期"),
        secret=secret,
        wide=False,
        row_mm=_ROW_MM,
    )


__all__ = ["names_on", "sheets"]
