"""One member by hand: added, corrected, taken off the roster, put back on it. The rules are those of an import of the roster.

An administrator does it for everybody, a secretary for the own branch. Moving to another branch is :mod:`community.transfers`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from accounts.rights import branch_scope, may, require
from community import binding, cell_dates, cells, moves
from community.moves import Why
from community.privacy import MIN_REASON, mask_name, seen, without_the_person
from community.roster import phone_index, tail_index
from ground import clock, reasons
from ground.cells import looks_like_formula
from ground.errors import Conflict, Refused
from models import Branch, Grid, Member, User
from wechat.language import names

T = TypeVar("T")

FIELDS = {
    "name": "姓名",
    "phone": "手机号码",
    "gender": "性别",
    "grid_id": "网格",
    "joined_on": "入党时间",
    "duty": "党内职务",
    "note": "备注",
}
"""What can be corrected, and what it is called."""
FREE = ("gender", "joined_on", "duty", "note")
"""Those of them that are shown as they are typed."""
_LENGTHS = {"duty": 40, "note": 200}


class AlreadyListed(Conflict):
    """This person is on the roster. ``member_id`` is the record, None where it is outside the user's scope."""

    def __init__(self, message: str, member_id: int | None) -> None:
        super().__init__(message)
        self.member_id = member_id


class Overtaken(Conflict):
    """Somebody else has changed the record since the form was shown: what it holds now must be seen before it is kept."""


@dataclass(frozen=True)
class Typed:
    """What somebody typed of a member, as it was typed; None is left as it is."""

    name: str | None = None
    phone: str | None = None
    gender: str | None = None
    grid_id: int | None = None
    """0 is none."""
    joined_on: str | None = None
    duty: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Kept:
    """What became of it: the member, which columns were written, and what somebody should look at."""

    member: Member
    fields: list[str]
    remarks: list[str]


def add(session: Session, user: User, branch_id: int, typed: Typed, *, at: datetime) -> Kept:
    """A new member of a branch.

    Raises :class:`AlreadyListed` for a person who is there, :class:`Refused` for what cannot be right, :class:`Forbidden`.
    """
    require(user, "member.change", branch_id)
    branch = session.get(Branch, branch_id)
    if branch is None or not branch.active:
        raise Refused("请选择一个党支部")
    values, remarks = _read(session, typed, at=at)
    for column in ("name", "phone"):
        if not values.get(column):
            raise Refused(f"请填写{FIELDS[column]}")
    moves.alone(session, at=at)
    remarks += _looked_up(session, user, values["name"], values["phone"], but=None)
    member = Member(branch_id=branch_id, active=True, created_at=at, updated_at=at, **_columns(values))
    session.add(member)
    session.flush()
    audit.record(session, "member.create", user=user, subject=f"member:{member.id}", at=at)
    return Kept(member, list(values), remarks)


def correct(
    session: Session, user: User, member_id: int, typed: Typed, *, at: datetime, as_of: str = ""
) -> Kept:
    """Change what is wrong. ``as_of`` is what :func:`mark` said when the form was shown: two do not overwrite each other.

    Raises what :func:`add` raises, :class:`Overtaken`, and :class:`NotFound` outside the user's scope.
    """
    require(user, "member.change")
    moves.alone(session, at=at)
    member = _present(session, user, member_id)
    if as_of and as_of != mark(member):
        raise Overtaken(
            "这位党员的信息刚刚被他人改过，您填写的内容没有保存，下面是现在的内容，请核对后再修改"
        )
    values, remarks = _read(session, typed, at=at)
    changed = {column: value for column, value in values.items() if getattr(member, column) != value}
    if not changed:
        raise Refused("没有改动任何内容，写明的内容与名册里的相同")
    if {"name", "phone"} & changed.keys():
        name, phone = changed.get("name", member.name), changed.get("phone", member.phone or "")
        remarks += _looked_up(session, user, name, phone, but=member.id)
    if "grid_id" in changed:  # the tag of the community follows the grid
        why = Why("", user.id, clock.shanghai_day(at))
        moves.write(session, {member.id: {"grid_id": changed["grid_id"]}}, why, at=at)
    for column, value in _columns(changed).items():
        setattr(member, column, value)
    member.updated_at = at
    fields = "、".join(FIELDS[column] for column in changed)
    audit.record(
        session, "member.change", user=user, subject=f"member:{member.id}", detail={"fields": fields}, at=at
    )
    return Kept(member, list(changed), remarks)


def mark(member: Member) -> str:
    """What a form carries so that it is known whether the member was changed since."""
    return member.updated_at.isoformat()


def leave(session: Session, user: User, member_id: int, *, on: date, reason: str, at: datetime) -> Member:
    """移出名册: expected of nothing that begins later, WeChat unbound; what they came to stays. Can be put back.

    Raises :class:`NotFound` outside the user's scope, :class:`Conflict` for one who is gone, :class:`Refused` without a reason.
    """
    require(user, "member.change")
    member = _held(session, user, member_id, at=at)
    if not member.active:
        raise Conflict("这位党员已经不在册，无需再次移出")
    why = _why(session, user, member, on, reason, such_as="组织关系转往外地", at=at)
    released = binding.loosen(session, member.id, at=at)
    moves.write(session, {member.id: {"active": False, "updated_at": at}}, why, at=at)
    _record(session, user, "member.leave", member, why, at=at, released=released)
    return member


def come_back(
    session: Session,
    user: User,
    member_id: int,
    *,
    on: date,
    reason: str,
    at: datetime,
    branch_id: int | None = None,
) -> Member:
    """恢复在册, in the branch from which they left, or in another one by who may transfer.

    Raises what :func:`leave` raises, and :class:`Forbidden` for another branch without that right.
    """
    require(user, "member.change")
    member = _held(session, user, member_id, at=at)
    if member.active:
        raise Conflict("这位党员在册，无需恢复")
    target = member.branch
    if branch_id is not None and branch_id != member.branch_id:
        require(user, "member.transfer")
        target = session.get(Branch, branch_id) or target
    if not target.active:
        raise Conflict("这个党支部已停用，请由管理员恢复到另一个党支部")
    why = _why(session, user, member, on, reason, such_as="组织关系转回", at=at)
    moves.write(session, {member.id: {"active": True, "branch_id": target.id, "updated_at": at}}, why, at=at)
    _record(session, user, "member.return", member, why, at=at)
    return member


def _held(session: Session, user: User, member_id: int, *, at: datetime) -> Member:
    moves.alone(session, at=at)
    moves.hold(session, member_id)
    return _present(session, user, member_id)


def _present(session: Session, user: User, member_id: int) -> Member:
    member = seen(session, user, member_id)
    if member.erased_at is not None:
        raise Conflict("这条记录已清除或合并，没有可以修改的内容")
    return member


def _why(
    session: Session, user: User, member: Member, on: date, reason: str, *, such_as: str, at: datetime
) -> Why:
    text = reasons.given(reason, "请写明事由", least=MIN_REASON, such_as=such_as)
    return Why(without_the_person(text, member), user.id, moves.day(session, [member.id], on, at=at))


def _record(
    session: Session,
    user: User,
    action: str,
    member: Member,
    why: Why,
    *,
    at: datetime,
    released: int | None = None,
) -> None:
    session.expire(member)
    detail = {"reason": why.reason, "on": why.on.isoformat(), **moves.released(released)}
    audit.record(session, action, user=user, subject=f"member:{member.id}", detail=detail, at=at)


# --- What was typed ----------------------------------------------------------------------------------------


def _read(session: Session, typed: Typed, *, at: datetime) -> tuple[dict[str, Any], list[str]]:
    """The columns that were typed, in form, and remarks on how they were understood."""
    values: dict[str, Any] = {}
    remarks: list[str] = []
    if typed.name is not None:
        values["name"] = _cell("name", typed.name, cells.person_name)
    if typed.phone is not None:
        values["phone"] = _cell("phone", typed.phone, cells.mobile_number)
    if typed.gender is not None:
        values["gender"], remark = cells.gender(typed.gender)
        if remark:
            raise Refused("性别请选择男或女，也可以不填")
    if typed.grid_id is not None:
        values["grid_id"] = typed.grid_id or None
        if typed.grid_id and session.get(Grid, typed.grid_id) is None:
            raise Refused("没有这个网格，请重新选择")
    if typed.joined_on is not None:
        today = clock.shanghai_day(at)
        found = _cell("joined_on", typed.joined_on, partial(cell_dates.day, today=today))
        values["joined_on"] = found.value
        remarks += [f"入党时间{found.remark}"] if found.remark else []
    for column, text in (("duty", typed.duty), ("note", typed.note)):
        if text is not None:
            values[column] = _plain(column, text)
    return values, remarks


def _cell(column: str, text: str, how: Callable[[str], T]) -> T:
    try:
        return how(text)
    except ValueError as error:
        reason = str(error)
        raise Refused(reason if FIELDS[column] in reason else f"{FIELDS[column]}：{reason}") from None


def _plain(column: str, text: str) -> str:
    most = _LENGTHS[column]
    if looks_like_formula(text):
        raise Refused(f"{FIELDS[column]}像是公式，请改为文字")
    value = cells.remark(text, most + 1)
    if len(value) > most:
        raise Refused(f"{FIELDS[column]}不能超过 {most} 个字，请删减后再保存")
    return value


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """With the indexes that belong to a phone."""
    if "phone" not in values:
        return values
    phone = values["phone"]
    return {**values, "phone_index": phone_index(phone), "tail_index": tail_index(phone[-4:])}


def _looked_up(session: Session, user: User, name: str, phone: str, *, but: int | None) -> list[str]:
    """What is to be said of others with this name or phone. Raises :class:`AlreadyListed` where it is one person."""
    with_phone = sa.select(Member).options(joinedload(Member.branch))
    with_phone = with_phone.where(Member.phone_index == phone_index(phone), Member.id != (but or 0))
    others = list(session.scalars(with_phone)) if phone else []
    for other in others:
        if names.key(other.name) == names.key(name):
            raise _listed(user, other)
    # Of people of other branches a secretary hears nothing.
    seen_too = [other for other in others if may(user, "member.change", other.branch_id)]
    remarks = ["与另一位党员的手机号码相同，请核对是否填错"] if seen_too else []
    namesakes = sa.select(sa.func.count()).where(
        Member.name == name,
        Member.active.is_(True),
        Member.id != (but or 0),
        branch_scope(user, Member.branch_id),
    )
    if session.scalar(namesakes):
        remarks.append("名册中还有同名的党员，如果是同一个人换了手机号码，请由管理员合并两条记录")
    return remarks


def _listed(user: User, other: Member) -> AlreadyListed:
    if not may(user, "member.change", other.branch_id) and not other.active:
        return AlreadyListed("这位党员曾在其他党支部的名册中，已移出，请联系管理员恢复到您的党支部", None)
    if not may(user, "member.change", other.branch_id):
        return AlreadyListed("这位党员已在其他党支部的名册中，请联系管理员办理转移", None)
    where = f"{mask_name(other.name)}（{other.branch.label}，编号 {other.id}）"
    if other.active:
        return AlreadyListed(
            f"{where}已在名册中，姓名和手机号码相同，无需重复登记，可以打开后更正或转移", other.id
        )
    return AlreadyListed(f"{where}曾经在册，姓名和手机号码相同，请打开原来的记录“恢复在册”", other.id)


def page_of(session: Session, user: User, member_id: int) -> Member:
    """A member with branch and grid, for the page of one. Raises :class:`NotFound` outside the user's scope."""
    require(user, "member.view")
    member = seen(session, user, member_id)
    session.refresh(member, ["grid"])
    return member
