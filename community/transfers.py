"""转移: members moved from their branches to another one, one or many in one act, with a day and a reason.

What has begun goes on counting them where they were; what begins later expects them in the new branch. A batch can be taken back
as a whole while nobody in it was moved again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from accounts import audit
from accounts.rights import require
from community import branch_index, moves
from community.branch_index import BranchIndex
from community.cells import mobile_number
from community.moves import Why
from community.privacy import MIN_REASON, Glimpse, glimpse, without_the_person
from community.roster import phone_index, tail_index
from community.window import Phase, in_phase
from database.listing import Listing
from ground import clock, reasons
from ground.cells import as_typed
from ground.errors import Conflict, NotFound, Refused
from models import Activity, Branch, ExpectedMember, Follower, Member, MemberMove, MemberTransfer, User
from wechat.language import names

MOST = 500
"""So many people at once: the whole is one transaction, beside which messages wait on SQLite."""


@dataclass(frozen=True)
class Preview:
    """What a transfer would come to. ``people`` are who moves, ``staying`` how many are in the branch already."""

    target: Branch
    people: list[tuple[int, Glimpse]]
    staying: int
    by_branch: list[tuple[str, int]]
    bound: int
    begun: list[tuple[str, int]]
    secretaries: int


def look(
    session: Session, user: User, ids: Collection[int], target_id: int, *, on: date, reason: str, at: datetime
) -> Preview:
    """What it would come to. Raises what :func:`carry_out` raises."""
    members, target, _ = _asked(session, user, ids, target_id, on=on, reason=reason, at=at)
    moving = [one for one in members if one.branch_id != target.id]
    of = [one.id for one in moving]
    counted = Counter(one.branch.label for one in moving)
    titles = (
        sa.select(Activity.title, sa.func.count())
        .join(ExpectedMember, ExpectedMember.activity_id == Activity.id)
        .where(in_phase(Phase.OPEN, at), ExpectedMember.member_id.in_(of))
        .group_by(Activity.id, Activity.title)
        .order_by(Activity.id)
    )
    followers = sa.select(sa.func.count()).where(Follower.member_id.in_(of))
    theirs = sa.select(sa.func.count()).where(
        User.member_id.in_(of), User.role == "secretary", User.active.is_(True)
    )
    return Preview(
        target,
        [(one.id, glimpse(one)) for one in moving],
        len(members) - len(moving),
        sorted(counted.items(), key=lambda pair: -pair[1]),
        session.scalar(followers) or 0,
        [(title, count) for title, count in session.execute(titles)],
        session.scalar(theirs) or 0,
    )


def carry_out(
    session: Session, user: User, ids: Collection[int], target_id: int, *, on: date, reason: str, at: datetime
) -> MemberTransfer:
    """Move them, in the session's transaction.

    Raises :class:`Refused` for a target, a day or a reason that cannot be, or for nobody to move, :class:`Conflict` where
    somebody is not on the roster any more.
    """
    moves.alone(session, at=at)
    members, target, text = _asked(session, user, ids, target_id, on=on, reason=reason, at=at)
    moving = [one.id for one in members if one.branch_id != target.id]
    made = MemberTransfer(
        branch_id=target.id, moved_on=on, reason=text, people=len(moving), at=at, user_id=user.id
    )
    session.add(made)
    session.flush()
    change = {"branch_id": target.id, "updated_at": at}
    why = Why(text, user.id, on, made.id)
    moves.write(session, dict.fromkeys(moving, change), why, at=at)
    detail = {"added": len(moving), "branch": target.id, "reason": text, "on": on.isoformat()}
    audit.record(session, "member.transfer", user=user, subject=f"transfer:{made.id}", detail=detail, at=at)
    session.expire_all()
    return made


def _asked(
    session: Session, user: User, ids: Collection[int], target_id: int, *, on: date, reason: str, at: datetime
) -> tuple[list[Member], Branch, str]:
    require(user, "member.transfer")
    members = chosen(session, user, ids)
    if len(members) < len(set(ids)):
        raise _not_there(session, set(ids) - {one.id for one in members})
    target = session.get(Branch, target_id)
    if target is None or not target.active:
        raise Refused("请选择转入的党支部")
    moves.day(session, [one.id for one in members], on, at=at)
    text = reasons.given(reason, "请写明转移的事由", least=MIN_REASON, such_as="居住地变动")
    for one in members:
        without_the_person(text, one)
    if all(one.branch_id == target.id for one in members):
        raise Refused(f"选中的党员都已在{target.label}，请改选转入的党支部")
    return members, target, text


def _not_there(session: Session, ids: Collection[int]) -> Refused | Conflict:
    """What to say of numbers that are nobody on the roster."""
    known = set(session.scalars(sa.select(Member.id).where(Member.id.in_(ids))))
    unknown = set(ids) - known
    named = "、".join(map(str, sorted(unknown or known)[:5]))
    if unknown:
        return Refused(f"没有编号为 {named} 的党员，请核对编号")
    return Conflict(f"编号 {named} 的党员已不在册，请重新选择")


def chosen(session: Session, user: User, ids: Collection[int]) -> list[Member]:
    """Those of these members who can be moved, by branch. Raises :class:`Refused` for none, and for too many at once."""
    require(user, "member.transfer")
    wanted = set(ids)
    if not wanted:
        raise Refused("请先勾选要转移的党员")
    if len(wanted) > MOST:
        raise Refused(f"一次最多转移 {MOST} 人，请分几次办理")
    query = (
        sa.select(Member)
        .options(joinedload(Member.branch))
        .where(Member.id.in_(wanted), Member.active.is_(True))
        .order_by(Member.branch_id, Member.id)
    )
    return list(session.scalars(query))


# --- What was done -----------------------------------------------------------------------------------------


def listed(session: Session, user: User) -> Listing[MemberTransfer]:
    """All transfers, the latest first, with their branch and who made them."""
    require(user, "member.transfer")
    query = sa.select(MemberTransfer).options(
        joinedload(MemberTransfer.branch), joinedload(MemberTransfer.user)
    )
    return Listing(session, query.order_by(MemberTransfer.id.desc()))


@dataclass(frozen=True)
class Done:
    """A transfer that was made: who moved from where (id, glimpse, former branch), and how many were touched since."""

    transfer: MemberTransfer
    people: list[tuple[int, Glimpse, str]]
    touched: int

    @property
    def comes_back(self) -> bool:
        """Whether it can be taken back."""
        return self.transfer.taken_back_at is None and not self.touched


def get(session: Session, user: User, transfer_id: int) -> Done:
    """One transfer. Raises :class:`NotFound`."""
    require(user, "member.transfer")
    query = sa.select(MemberTransfer).options(
        joinedload(MemberTransfer.branch), joinedload(MemberTransfer.user)
    )
    transfer = session.scalar(query.where(MemberTransfer.id == transfer_id))
    if transfer is None:
        raise NotFound("没有这次转移")
    rows = session.execute(
        sa.select(Member, Branch)
        .join(MemberMove, MemberMove.member_id == Member.id)
        .join(Branch, Branch.id == MemberMove.from_branch_id)
        .options(joinedload(Member.branch))
        .where(MemberMove.transfer_id == transfer_id)
        .order_by(MemberMove.id)
    )
    people = [(member.id, glimpse(member), origin.label) for member, origin in rows]
    return Done(transfer, people, transfer.people - len(_untouched(session, transfer)))


def take_back(session: Session, user: User, transfer_id: int, *, at: datetime) -> int:
    """Everybody goes back to where they were, from today; how many. What has begun meanwhile counts them where it did.

    Raises :class:`NotFound`, and :class:`Conflict` where it was done already, or somebody was moved, left or erased since.
    """
    require(user, "member.transfer")
    moves.alone(session, at=at)
    transfer = session.get(MemberTransfer, transfer_id)
    if transfer is None:
        raise NotFound("没有这次转移")
    back = _untouched(session, transfer)
    if transfer.taken_back_at is None and len(back) < transfer.people:
        touched = transfer.people - len(back)
        raise Conflict(f"其中 {touched} 人之后又有变动，不能整批撤回，请对其余的人另办一次转移")
    won = sa.update(MemberTransfer).where(
        MemberTransfer.id == transfer_id, MemberTransfer.taken_back_at.is_(None)
    )
    won = won.values(taken_back_at=at, taken_back_by=user.id).returning(MemberTransfer.id)
    if session.scalar(won) is None:
        raise Conflict("这次转移已经撤回，无需再次撤回")
    why = Why(f"撤回第 {transfer_id} 次转移", user.id, clock.shanghai_day(at))
    known = {member_id: {"branch_id": origin, "updated_at": at} for member_id, origin in back.items()}
    moves.write(session, known, why, at=at)
    subject, detail = f"transfer:{transfer_id}", {"added": len(back)}
    audit.record(session, "member.transfer_undo", user=user, subject=subject, detail=detail, at=at)
    session.expire_all()
    return len(back)


def _untouched(session: Session, transfer: MemberTransfer) -> dict[int, int]:
    """Who is still where the transfer has put them, and nothing came after it: member → former branch."""
    later = aliased(MemberMove)
    query = (
        sa.select(MemberMove.member_id, MemberMove.from_branch_id)
        .join(Member, Member.id == MemberMove.member_id)
        .where(
            MemberMove.transfer_id == transfer.id,
            Member.active.is_(True),
            Member.branch_id == transfer.branch_id,
            ~sa.exists().where(later.member_id == MemberMove.member_id, later.id > MemberMove.id),
        )
    )
    return {member_id: origin for member_id, origin in session.execute(query) if origin is not None}


# --- Who is meant by a pasted list ---------------------------------------------------------------------------


@dataclass
class Named:
    """Whom a pasted list means; lines that mean nobody, and those that mean several."""

    ids: list[int] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    several: list[str] = field(default_factory=list)


_SERIAL = re.compile(r"\A[0-9]{1,3}[、.．)）:： ]{1,3}(?=[^0-9])")
_NUMBER = re.compile(r"[+0-9][-+0-9 ()]{2,24}[0-9]")


def named(session: Session, user: User, text: str) -> Named:
    """Members by lines of a name, a phone number (or its last four digits), or both; or by rows out of a table.

    A row may also have a serial number and the branch, which counts where the rest means several. Raises :class:`Refused` for
    too many.
    """
    require(user, "member.transfer")
    lines = [line for line in (each.strip() for each in text.splitlines()) if line]
    if len(lines) > MOST:
        raise Refused(f"一次最多粘贴 {MOST} 行，请分几次办理")
    found, index = Named(), branch_index.of(session)
    for line in dict.fromkeys(lines):
        meant = _meant(session, _read(line, index))
        if len(meant) == 1:
            found.ids.append(meant[0])
        else:
            (found.several if meant else found.unknown).append(" ".join(line.split()))
    found.ids = list(dict.fromkeys(found.ids))
    return found


@dataclass
class _Line:
    """What a line says: names that may be meant, the whole number or its tail, the branch."""

    names: list[str] = field(default_factory=list)
    phone: str = ""
    tail: str = ""
    branch_id: int | None = None


def _read(line: str, index: BranchIndex) -> _Line:
    if "\t" in line:
        parts = [part for part in (cell.strip() for cell in line.split("\t")) if part]
    else:
        plain = _SERIAL.sub("", as_typed(line))
        number = _NUMBER.search(plain)
        parts = [plain] if number is None else [plain.replace(number[0], " "), number[0]]
    said = _Line()
    for part in filter(str.strip, parts):
        digits = "".join(char for char in part if char.isdecimal())
        branch = index.get(part)
        if digits:
            phone = _phone(part)
            said.phone, said.tail = phone or said.phone, said.tail if phone or len(digits) != 4 else digits
        elif branch is not None:
            said.branch_id = branch.id
        elif part not in ("男", "女"):
            said.names.append(part)
    return said


def _phone(text: str) -> str:
    try:
        return mobile_number(text)
    except ValueError:
        return ""


def _meant(session: Session, said: _Line) -> Sequence[int]:
    query = sa.select(Member.id, Member.name, Member.branch_id).where(Member.active.is_(True))
    keys = {names.key(name) for name in said.names}
    if said.phone:
        query = query.where(Member.phone_index == phone_index(said.phone))
    elif said.tail:
        query = query.where(Member.tail_index == tail_index(said.tail))
    elif keys:
        query = query.where(Member.name.in_([names.spelled(name) for name in said.names]))
    else:
        return []
    rows = [row for row in session.execute(query) if not keys or names.key(row.name) in keys]
    there = [row.id for row in rows if row.branch_id == said.branch_id]
    return there if len(rows) > 1 and there else [row.id for row in rows]
