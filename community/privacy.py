"""Masking, and the one door to what is masked.

Names and phones are masked on every screen and in every export. Whoever needs more has the right, gives a reason and leaves an
entry in the audit trail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from accounts.rights import branch_scope, require
from ground import reasons
from ground.errors import Conflict, NotFound, Refused
from models import Follower, Member, User

MIN_REASON = 4
_LONG_NUMBER = re.compile(r"[0-9]{7,20}")
ERASED = "已清除"
"""Stands where a name stood that was erased."""
MERGED = "已合并"
"""Stands where the name of a double stood, whose person is on the roster by another record."""


def mask_name(name: str) -> str:
    """``张*三``, ``张*``, ``欧**远``: first and last character stay, a name of two keeps the first."""
    if name in (ERASED, MERGED):
        return name
    if len(name) <= 1:
        return "*"
    if len(name) == 2:
        return f"{name[0]}*"
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"


def mask_phone(phone: str | None) -> str:
    """``138****5678``; nothing for nothing."""
    if not phone:
        return ""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "****"


def mask_numbers(text: str) -> str:
    """A remark with every number in it that may be a phone or an identity card masked: ``****5678``."""
    return _LONG_NUMBER.sub(lambda found: f"****{found[0][-4:]}", text)


def mask_openid(openid: str) -> str:
    """``oPion…001A``: enough to tell two apart on a screen."""
    return openid if len(openid) <= 10 else f"{openid[:5]}…{openid[-4:]}"


@dataclass(frozen=True)
class Revealed:
    """A member's name and phone in clear."""

    name: str
    phone: str


@dataclass(frozen=True)
class Glimpse:
    """What tells a member from others without showing them: masked name, branch, the phone's last four digits (or empty)."""

    name: str
    branch: str
    tail: str
    erased: bool

    def __str__(self) -> str:
        return f"{self.name}（{self.branch}，{f'手机尾号 {self.tail}' if self.tail else '没有手机号码'}）"


def glimpse(member: Member) -> Glimpse:
    """How a page or a command says whom it is about to act on."""
    tail = (member.phone or "")[-4:]
    return Glimpse(mask_name(member.name), member.branch.label, tail, member.erased_at is not None)


def seen(session: Session, user: User, member_id: int) -> Member:
    """A member in the user's scope, erased ones too. Raises :class:`NotFound` for others."""
    member = session.scalar(
        sa.select(Member)
        .options(joinedload(Member.branch))
        .where(Member.id == member_id, branch_scope(user, Member.branch_id))
    )
    if member is None:
        raise NotFound("没有这位党员，或不在您的支部")
    return member


def check_reason(reason: str) -> str:
    """The reason for seeing what is masked, tidied. Raises :class:`Refused` where it says nothing."""
    return reasons.given(reason, "请写明查看未脱敏信息的事由", least=MIN_REASON)


def without_the_person(reason: str, member: Member) -> str:
    """The reason, which the audit trail keeps for good. Raises :class:`Refused` where it names the person: ids are enough."""
    phone = member.phone or ""
    if member.name in reason or (phone and phone in reason):
        raise Refused("事由会长期保存在操作日志里，请不要写党员的姓名或手机号码，只写原因")
    return reason


def reveal(session: Session, user: User, member_id: int, reason: str, *, at: datetime) -> Revealed:
    """Name and phone of one member in clear; recorded with the reason.

    Raises :class:`NotFound` outside the user's scope, :class:`Forbidden` without the right, :class:`Refused` without a reason,
    :class:`Conflict` for one erased.
    """
    require(user, "member.unmask")
    reason = check_reason(reason)
    member = seen(session, user, member_id)
    if member.erased_at is not None:
        raise Conflict("这位党员的个人信息已经清除，没有可以查看的内容")
    without_the_person(reason, member)
    audit.record(
        session, "member.unmask", user=user, subject=f"member:{member.id}", detail={"reason": reason}, at=at
    )
    return Revealed(member.name, member.phone or "")


def my_data(session: Session, openid: str) -> str:
    """What we keep about a follower, as the text that answers 我的信息; masked even so, as chats are forwarded."""
    follower = session.scalar(
        sa.select(Follower)
        .options(joinedload(Follower.member).joinedload(Member.branch))
        .where(Follower.openid == openid)
    )
    if follower is None or follower.member is None:
        return "您还没有绑定党员信息，本平台只保存了您的关注状态。回复“绑定”可以绑定，换了微信的也一样"
    member = follower.member
    lines = [
        "本平台保存的您的信息：",
        f"姓名：{mask_name(member.name)}",
        f"手机号码：{mask_phone(member.phone)}",
        f"所在党支部：{member.branch.label}",
    ]
    if member.joined_on:
        lines.append(f"入党时间：{member.joined_on.isoformat()}")
    if member.duty:
        lines.append(f"党内职务：{member.duty}")
    lines.append("如有错误请回复“更正 要改的内容”，例如：更正 手机换成 13900001234；回复“解绑”可以解除绑定")
    return "\n".join(lines)
