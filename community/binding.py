"""绑定: a follower becomes a member of the roster, by name, the last four digits of the phone, and consent.

The talk has up to three steps; each answers with a :class:`BindingStep` whose ``state`` the caller keeps as the conversation and
hands back. What is not certain is never bound: it goes to the branch secretary.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from accounts.rights import branch_scope, require
from community import bound, followers, tags
from community.privacy import mask_name
from community.roster import tail_index
from ground import clock, waiting
from ground.errors import NotFound, Refused
from models import Follower, Member, User
from settings import Limits
from wechat.language.words import SIMPLIFIED

CONSENT_VERSION = "2026-11"
_CHOICES = 9
_ASK = "请回复：绑定 姓名 手机号后四位\n例如：绑定 张三 5678"
_NOT_FOUND = "未在党员名册中查到，请核对姓名和手机号后四位，或联系支部书记"
_TAKEN = "该党员信息已绑定另一个微信。如果更换了微信，请联系支部书记解除原来的绑定"
_DECLINED = "已取消绑定，您仍可正常阅读学习园地和先锋动态。需要时再回复“绑定”"
_OVER = "绑定已超时，请重新回复：绑定 姓名 手机号后四位"


@dataclass(frozen=True)
class BindingStep:
    """One turn of the talk: the Chinese reply, what to keep for the next turn (None: nothing), whether it is over."""

    text: str
    state: dict[str, Any] | None
    done: bool


def begin(
    session: Session,
    openid: str,
    *,
    name: str | None,
    phone_tail: str | None,
    at: datetime,
    limits: Limits = Limits(),
) -> BindingStep:
    """``绑定``, alone or with a name and the last four digits (a whole number is taken by its last four).

    States: ``{"step": "details"}`` (call again with both), ``{"step": "choose", "members": [...]}`` (then :func:`choose`),
    ``{"step": "consent", "member": id}`` (then :func:`consent` or :func:`decline`).
    """
    follower = _locked_row(session, openid, at=at)
    if follower.member_id is not None:
        return _done(_bound_already(session, follower))
    if wait := _lock_left(follower, at, limits):
        return _done(wait)
    tail = re.sub(r"\D", "", unicodedata.normalize("NFKC", phone_tail or ""))[-4:]
    if not name or len(tail) != 4:
        return BindingStep(_ASK, {"step": "details"}, False)
    found = _candidates(session, name, tail)
    if not found:
        return _failure(session, follower, limits=limits, at=at)
    free = [member for member in found if not _is_taken(session, member.id)]
    if not free:
        return _done(_TAKEN)
    if len(free) == 1:
        return _ask_consent(free[0])
    if len(free) > _CHOICES:
        return _done("名册中有多位同名党员，请联系支部书记协助绑定")
    lines = [f"{number}. {member.branch.name}" for number, member in enumerate(free, start=1)]
    return BindingStep(
        "名册中有同名党员，请回复序号选择您所在的党支部：\n" + "\n".join(lines),
        {"step": "choose", "members": [member.id for member in free]},
        False,
    )


def choose(
    session: Session, openid: str, number: int, *, at: datetime, pending: dict[str, Any]
) -> BindingStep:
    """The answer to "which branch?": ``number`` counts from 1."""
    members = pending.get("members")
    if pending.get("step") != "choose" or not isinstance(members, list):
        return _done(_OVER)
    if not 1 <= number <= len(members):
        return BindingStep(f"请回复 1 到 {len(members)} 之间的序号", pending, False)
    member = _active_member(session, members[number - 1])
    return _ask_consent(member) if member else _done(_OVER)


def consent(
    session: Session, openid: str, *, at: datetime, pending: dict[str, Any], limits: Limits = Limits()
) -> BindingStep:
    """The follower agrees: bind, remember which text was agreed to, and let the tags follow."""
    member = _active_member(session, pending.get("member")) if pending.get("step") == "consent" else None
    if member is None:
        return _done(_OVER)
    follower = _locked_row(session, openid, at=at)
    if follower.member_id is not None:
        return _done(_bound_already(session, follower))
    if wait := _lock_left(follower, at, limits):
        return _done(wait)
    try:
        with session.begin_nested():
            bound.bind(follower, member, consent=CONSENT_VERSION, at=at)
            _unlock(follower)
            session.flush()
    except IntegrityError:  # another WeChat was faster
        session.refresh(follower)
        return _done(_TAKEN)
    tags.queue_binding(session, openid, member.id, add=True, at=at)
    audit.record(
        session,
        "member.bind",
        actor="党员本人",
        subject=f"member:{member.id}",
        detail={"consent": CONSENT_VERSION, "follower": follower.id},
        at=at,
    )
    return _done(
        f"绑定成功：{mask_name(member.name)}（{member.branch.name}）\n有活动时回复“签到”即可；回复“我的信息”查看，回复“解绑”解除"
    )


def decline() -> BindingStep:
    """The follower does not agree: nothing is kept, reading goes on."""
    return _done(_DECLINED)


def unbind(session: Session, openid: str, *, at: datetime) -> BindingStep:
    """``解绑``: the follower withdraws the consent. Check-ins stay in the branch's ledger."""
    follower = session.scalar(sa.select(Follower).where(Follower.openid == openid).with_for_update())
    if follower is None or follower.member_id is None:
        return _done("您还没有绑定党员信息，无需解绑")
    _release(session, follower, "member.unbind", at=at)
    audit.record(session, "member.unbind", actor="党员本人", subject=f"follower:{follower.id}", at=at)
    return _done(
        "已解除绑定，您的微信不再与党员信息关联，仍可正常阅读。支部台账中已有的签到记录按规定保留。需要时再回复“绑定”"
    )


def release(session: Session, user: User, member_id: int, reason: str, *, at: datetime) -> None:
    """The secretary or an administrator unbinds a member's old WeChat, so that the new one can bind.

    Raises :class:`NotFound` outside the user's scope or without a binding, :class:`Refused` without a reason.
    """
    require(user, "member.unbind")
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise Refused("请填写解除绑定的原因，例如：本人更换微信")
    follower = session.scalar(
        sa.select(Follower)
        .join(Member, Member.id == Follower.member_id)
        .where(Member.id == member_id, branch_scope(user, Member.branch_id))
        .with_for_update(of=Follower)
    )
    if follower is None:
        raise NotFound("这位党员没有绑定微信，或不在您的支部")
    _release(session, follower, "member.release", at=at)
    audit.record(
        session, "member.unbind", user=user, subject=f"member:{member_id}", detail={"reason": reason}, at=at
    )


def _release(session: Session, follower: Follower, step: str, *, at: datetime) -> None:
    assert follower.member_id is not None
    tags.queue_binding(session, follower.openid, follower.member_id, add=False, at=at)
    bound.unbind(follower, step)
    session.flush()


def _locked_row(session: Session, openid: str, *, at: datetime) -> Follower:
    """The follower's row, held until the commit, so that tries at the same moment are counted one after the other."""
    followers.ensure(session, openid, at=at)
    return session.scalars(
        sa.select(Follower)
        .where(Follower.openid == openid)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _lock_left(follower: Follower, at: datetime, limits: Limits) -> str:
    if follower.bind_locked_until is None:
        return ""
    longest = timedelta(minutes=limits.bind_lock_minutes)
    left = waiting.left(follower.bind_locked_at, follower.bind_locked_until, at, longest)
    if not left:
        _unlock(follower)
        return ""
    return f"输错次数较多，请在 {clock.to_shanghai(at + left):%H:%M} 以后再试，或联系支部书记"


def _unlock(follower: Follower) -> None:
    follower.bind_failures = 0
    follower.bind_locked_at = None
    follower.bind_locked_until = None


def _failure(session: Session, follower: Follower, *, limits: Limits, at: datetime) -> BindingStep:
    follower.bind_failures += 1
    left = limits.bind_tries - follower.bind_failures
    if left > 0:
        session.flush()
        return BindingStep(f"{_NOT_FOUND}。还可尝试 {left} 次", {"step": "details"}, False)
    follower.bind_locked_at = at
    follower.bind_locked_until = at + timedelta(minutes=limits.bind_lock_minutes)
    session.flush()
    return _done(f"{_NOT_FOUND}。已连续输错 {limits.bind_tries} 次，请 {limits.bind_lock_minutes} 分钟后再试")


def _candidates(session: Session, name: str, tail: str) -> list[Member]:
    wanted = _folded(name)
    members = session.scalars(
        sa.select(Member)
        .options(joinedload(Member.branch))
        .where(Member.tail_index == tail_index(tail), Member.active.is_(True))
        .order_by(Member.branch_id, Member.id)
    )
    return [member for member in members if _folded(member.name) == wanted]


def _folded(name: str) -> str:
    """Names as they are compared: half width, simplified, no spaces or dots, lower case."""
    text = unicodedata.normalize("NFKC", name).translate(SIMPLIFIED).lower()
    return re.sub(r"[\s·•‧∙・･.．]", "", text)


def _is_taken(session: Session, member_id: int) -> bool:
    return session.scalar(sa.select(Follower.id).where(Follower.member_id == member_id)) is not None


def _active_member(session: Session, member_id: Any) -> Member | None:
    if not isinstance(member_id, int):
        return None
    return session.scalar(
        sa.select(Member)
        .options(joinedload(Member.branch))
        .where(Member.id == member_id, Member.active.is_(True))
    )


def _ask_consent(member: Member) -> BindingStep:
    text = (
        f"查到：{mask_name(member.name)}（{member.branch.name}）\n"
        "绑定后，本平台会把您的微信与党员名册中的姓名、党支部、手机号关联，只用于活动通知、签到和支部台账，"
        "不收集身份证号和位置，不对个人排名。绑定自愿，可随时回复“解绑”撤回，回复“我的信息”查看。\n"
        "同意请回复“同意”，不同意请回复“不同意”，不影响阅读"
    )
    return BindingStep(text, {"step": "consent", "member": member.id}, False)


def _bound_already(session: Session, follower: Follower) -> str:
    member = session.scalar(
        sa.select(Member).options(joinedload(Member.branch)).where(Member.id == follower.member_id)
    )
    assert member is not None
    return f"您已绑定：{mask_name(member.name)}（{member.branch.name}）。如需更换请先回复“解绑”"


def _done(text: str) -> BindingStep:
    return BindingStep(text, None, True)
