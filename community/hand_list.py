"""The secretary's list on the evening itself: who is meant by a few letters, and who by a pasted sheet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import users
from accounts.rights import branch_scope, own_branch, require
from community import attendance, leave
from community.activities import ATTENDED
from community.lives import CheckInState, check_in_state
from community.members import Choice
from community.privacy import mask_name
from ground.errors import Refused
from ground.found_by_sound import begins, is_meant
from models import Activity, ActivityStatus, AuditEntry, Branch, CheckIn, Member, User
from wechat.language import names

MOST_PASTED = 3000
_NAMED = 20
_LATEST = 30
_SPACED = 4
_LINE = 200
_ACTS = ("checkin.list", "checkin.take_back", "checkin.record", "checkin.make_up")
_BREAKS = re.compile(r"[\n\r\t、，,;；|/]+")
_NUMBER = re.compile(r"^[\s\d.．、()（）#№]+|[\s\d*]+$")
_HEADS = frozenset(("姓名", "序号", "签名", "备注", "党员姓名", "签到", "电话", "手机号码"))


@dataclass(frozen=True)
class Line:
    """One member on the list, masked. ``state`` is None where the user may know no one's by name (:func:`knows`)."""

    id: int
    name: str
    tail: str
    state: CheckInState | None
    on_leave: bool = False

    @property
    def free(self) -> bool:
        """Whether they can be ticked, as far as the user may know."""
        return self.state in (None, CheckInState.NONE)


def knows(user: User, activity: Activity, branch_id: int) -> bool:
    """Whether a user may know by name who came: the branch's own secretary, of a kind of which attendance is kept."""
    if activity.status == ActivityStatus.CANCELLED:
        return False
    attended = activity.kind in ATTENDED and not activity.expects and activity.folded_at is None
    return attended and own_branch(user) == branch_id


def lines(session: Session, user: User, activity: Activity, branch_id: int, *, words: str = "") -> list[Line]:
    """Whom the list may name, narrowed by a few letters of the name or the phone's last four digits.

    By the roster; those whose name begins so come first.
    """
    require(user, "checkin.record", branch_id)
    sheet = attendance.sheet(session, user, activity, branch_id)
    wanted = words.strip()[:40]
    meant = _meant(session, sheet, wanted)
    if not knows(user, activity, branch_id):
        return [Line(one.id, one.name, one.phone[-4:], None) for one in meant]
    records = {
        record.member_id: record
        for record in session.scalars(sa.select(CheckIn).where(CheckIn.activity_id == activity.id))
    }
    away = {one.member_id for one in leave.of_branch(session, user, activity, branch_id)}
    return [
        Line(one.id, one.name, one.phone[-4:], check_in_state(records.get(one.id)), one.id in away)
        for one in meant
    ]


def _meant(session: Session, sheet: Sequence[Choice], words: str) -> list[Choice]:
    if not words:
        return list(sheet)
    if words.isdigit():
        return [one for one in sheet if one.phone.endswith(words)]
    clear = _clear(session, [one.id for one in sheet])
    found = [one for one in sheet if is_meant(clear[one.id], words)]
    return sorted(found, key=lambda one: not begins(clear[one.id], words))


def _clear(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Names in clear, to compare with and never to show."""
    query = sa.select(Member.id, Member.name).where(Member.id.in_(list(ids)))
    return {row.id: row.name for row in session.execute(query)}


@dataclass(frozen=True)
class Record:
    """A check-in as the list shows it, masked: so that a wrong one can be taken back."""

    id: int
    name: str
    branch: str
    at: datetime
    via: str
    made_up: bool


def latest(
    session: Session,
    user: User,
    activity: Activity,
    *,
    branch_id: int | None = None,
    of: Sequence[int] | None = None,
) -> list[Record]:
    """The latest check-ins inside the user's scope (of one branch, of some members), the newest first."""
    require(user, "checkin.record", branch_id)
    query = (
        sa.select(CheckIn, Member.name, Branch.label)
        .join(Member, Member.id == CheckIn.member_id)
        .join(Branch, Branch.id == CheckIn.branch_id)
        .where(CheckIn.activity_id == activity.id, branch_scope(user, CheckIn.branch_id))
        .order_by(CheckIn.at.desc(), CheckIn.id.desc())
        .limit(_LATEST)
    )
    if branch_id is not None:
        query = query.where(CheckIn.branch_id == branch_id)
    if of is not None:
        query = query.where(CheckIn.member_id.in_(of))
    return [
        Record(one.id, mask_name(name), branch, one.at, one.via, one.made_up)
        for one, name, branch in session.execute(query)
    ]


@dataclass(frozen=True)
class Act:
    """What somebody did with the list: who (as the trail has it), what, when, how many or whose, and why."""

    by: str
    action: str
    at: datetime
    what: str
    reason: str


def acts(session: Session, user: User, activity: Activity, *, branch_id: int | None) -> list[Act]:
    """The corrections of this activity, the newest first, as the trail keeps them; of a branch those by its own people."""
    require(user, "checkin.record", branch_id)
    query = (
        sa.select(AuditEntry)
        .join(User, User.id == AuditEntry.user_id)
        .where(AuditEntry.subject == f"activity:{activity.id}", AuditEntry.action.in_(_ACTS))
        .order_by(AuditEntry.id.desc())
        .limit(_LATEST)
    )
    own = own_branch(user) if branch_id is None else branch_id
    if own is not None:
        query = query.where(User.branch_id == own)
    found = session.scalars(query).all()
    labels = users.labels(session)
    whose = _clear(session, {int(entry.detail["member"]) for entry in found if "member" in entry.detail})
    return [
        Act(
            labels.get(entry.user_id or 0, ""),
            entry.action,
            entry.at,
            _what(entry, whose),
            str(entry.detail.get("reason", "")),
        )
        for entry in found
    ]


def _what(entry: AuditEntry, whose: dict[int, str]) -> str:
    if "member" in entry.detail:
        return mask_name(whose.get(int(entry.detail["member"]), ""))
    return f"{entry.detail.get('added', 0)} 人"


# --- A pasted sheet --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pasted:
    """What pasted names came to: ``found`` are ids to be ticked, the others are named as they were typed.

    ``unknown``: nobody of the list; ``doubled``: several of the list have this name; ``repeated``: pasted more than once.
    """

    found: frozenset[int]
    unknown: tuple[str, ...]
    doubled: tuple[str, ...]
    repeated: tuple[str, ...]


def named(session: Session, user: User, activity: Activity, branch_id: int, text: str) -> Pasted:
    """Whom a pasted list of names means among those whom the sheet may name. Nothing is recorded yet.

    Raises :class:`errors.Refused` for a text without a name, or one that is too long.
    """
    require(user, "checkin.record", branch_id)
    typed = names_in(text)
    if not typed:
        raise Refused("没有看到姓名，请每行粘贴一个姓名，也可以用顿号、逗号隔开")
    if len(typed) > MOST_PASTED:
        raise Refused(f"一次最多粘贴 {MOST_PASTED:,} 个姓名，请分几次粘贴")
    sheet = attendance.sheet(session, user, activity, branch_id)
    by_key: dict[str, list[int]] = {}
    for member_id, name in _clear(session, [one.id for one in sheet]).items():
        by_key.setdefault(names.key(name), []).append(member_id)
    counted = Counter(names.key(one) for one in typed)
    first = {names.key(one): one for one in reversed(typed)}
    return Pasted(
        frozenset(by_key[key][0] for key in counted if len(by_key.get(key, ())) == 1),
        tuple(first[key] for key in counted if key not in by_key)[:_NAMED],
        tuple(first[key] for key in counted if len(by_key.get(key, ())) > 1)[:_NAMED],
        tuple(first[key] for key, times in counted.items() if times > 1)[:_NAMED],
    )


def names_in(text: str) -> list[str]:
    """The names of a pasted column, row or sheet: without numbers before and phones behind, 张　三 in one."""
    found: list[str] = []
    for piece in _BREAKS.split(text[:200_000]):
        said = _NUMBER.sub("", piece[:_LINE].replace("\u3000", " ")).strip()
        parts = said.split()
        if any(len(one) == 1 for one in parts) and len("".join(parts)) <= _SPACED:
            parts = ["".join(parts)]  # 张　三: nobody's name is one character
        found.extend(part for one in parts if (part := _NUMBER.sub("", one)) and part not in _HEADS)
    return found


__all__ = [
    "MOST_PASTED",
    "Act",
    "Line",
    "Pasted",
    "Record",
    "acts",
    "knows",
    "latest",
    "lines",
    "named",
    "names_in",
]
