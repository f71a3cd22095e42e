"""绑定: a follower becomes a member of the roster, by name, the last four digits of the phone, and consent.

The digits select candidates of the roster; the name is whichever candidate's name stands in the message
(:mod:`wechat.language.names`).

The talk has up to three steps; each answers with a :class:`BindingStep` whose ``state`` the caller keeps as the conversation and
hands back. What is not certain is never bound: it goes to the branch secretary.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from accounts.rights import branch_scope, require
from community import bound, followers, own_requests, tags, telling
from community import consent as consent_
from community.choices import numbers
from community.forgetting import forget_tries
from community.privacy import mask_name
from community.roster import tail_index
from ground import clock, waiting
from ground.errors import NotFound, Refused
from models import ConsentEnd, ConsentWay, DataRequest, Follower, Member, RequestKind, User
from settings import Limits
from wechat.language import names

_CHOICES = 9
_ASK = "请回复：绑定 姓名 手机号后四位\n例如：绑定 张三 5678"
_NOT_FOUND = "未在党员名册中查到，请核对姓名和手机号后四位，或联系支部书记"
_TAKEN = "该党员信息已绑定另一个微信"
_MANY_TAKEN = f"{_TAKEN}，请联系支部书记解除原来的绑定"
_ASKED_TO_REPLACE = f"{_TAKEN}。已提交更换微信的申请，{{who}}向您本人核实后生效，结果会告诉您"
_ASKED_ALREADY = f"{_TAKEN}。更换微信的申请正在办理，{{who}}核实后会告诉您"
_SOMEBODY_ASKS = (
    "有人申请把您的党员信息改绑到另一个微信。如果不是您本人，请立即联系支部书记；是您本人则无需处理"
)
_NOT_THEIR_WISH = (ConsentEnd.BRANCH, ConsentEnd.REPLACED)
_RELEASED = "您的微信与党员信息的绑定已由党支部解除，仍可正常阅读。如有疑问请联系支部书记"
_OVER_TOO = "。您提出的“{}”申请不再办理"
_HELP = "已转给{who}协助绑定，结果会告诉您"
_DECLINED = "已取消绑定，您仍可正常阅读学习园地和先锋动态。需要时再回复“绑定”"
_ASK_TAIL = "请再回复手机号后四位，例如：1234"
_ASK_NAME = "请再回复您的姓名，例如：张三"
_TOO_MUCH = "内容较多，没有看出您的姓名，请只回复：绑定 姓名 手机号后四位\n例如：绑定 张三 5678"
_MOST_GUESSES = 3
"""A text that could hold more names than so many is not looked up: it would try a whole list at once."""
SAID = 100
"""So many characters of an answer are kept until the next."""
OFFER = "offer:"
OFFERED = timedelta(days=7)
"""So long may one agree to what the branch has found by hand."""
_CHANGED = "名册里的这条信息刚刚有变动，没有绑定。请重新回复：绑定 姓名 手机号后四位，仍然不行请联系支部书记"
_OVER = "绑定已超时，请重新回复：绑定 姓名 手机号后四位"


@dataclass(frozen=True)
class BindingStep:
    """One turn of the talk: the Chinese reply, what to keep for the next turn (None: nothing), whether it is over.

    ``bound``: whether this turn has bound them.
    """

    text: str
    state: dict[str, Any] | None
    done: bool
    bound: bool = False


def begin(
    session: Session,
    openid: str,
    *,
    text: str,
    tail: str,
    at: datetime,
    limits: Limits = Limits(),
) -> BindingStep:
    """``绑定``, alone or with more: ``text`` is what was written, ``tail`` the last four digits of the number in it, or empty.

    The digits choose among the roster, and whoever's name stands in the text is meant, whatever stands around it.

    States: ``{"step": "details", "said", "tail"}`` (call again with what was said before and the answer),
    ``{"step": "choose", "members": [...]}`` (then :func:`choose`), ``{"step": "consent", "member": id}`` (then :func:`consent`
    or :func:`decline`).
    """
    follower = _locked_row(session, openid, at=at)
    if follower.member_id is not None:
        return _done(_bound_already(session, follower))
    if wait := _lock_left(follower, at, limits):
        return _done(wait)
    guesses = names.guesses(text)
    if guesses > _MOST_GUESSES:
        return _details(_TOO_MUCH)
    if not tail:
        return _details(_ASK_TAIL, said=text) if guesses else _details(_ASK)
    found = _candidates(session, text, tail)
    if not found and not guesses:
        return _details(_ASK_NAME, tail=tail)
    if not found:
        step = _failure(session, follower, guesses, limits=limits, at=at)
        if step.done:
            who = _ask_for_help(session, follower, text, tail, at=at)
            return _done(f"{step.text}。{_HELP.format(who=who)}")
        return step
    free = [member for member in found if not _is_taken(session, member.id)]
    if not free:
        return _ask_consent(found[0], taken=True) if len(found) == 1 else _done(_MANY_TAKEN)
    if len(free) == 1:
        return _ask_consent(free[0])
    if len(free) > _CHOICES:
        who = _ask_for_help(session, follower, text, tail, at=at)
        return _done(f"名册中有多位同名党员，{_HELP.format(who=who)}")
    return _ask_which(free)


def _ask_for_help(session: Session, follower: Follower, text: str, tail: str, *, at: datetime) -> str:
    """What is not certain goes to the branch of the QR code by which they came, else to an administrator. Who has it now."""
    said = text if not tail or tail in text else f"{text} {tail}"
    kind, branch = RequestKind.BINDING, follower.scene_branch_id
    own_requests.leave(session, follower, kind, said[:SAID], member=None, branch_id=branch, at=at)
    return own_requests.who_decides(session, branch)


def _details(text: str, *, said: str = "", tail: str = "") -> BindingStep:
    state = {"step": "details", "said": said[:SAID], "tail": tail}
    return BindingStep(text, {name: value for name, value in state.items() if value}, False)


def _ask_which(free: list[Member]) -> BindingStep:
    if len({names.key(member.name) for member in free}) == 1:
        question, shown = (
            "名册中有同名党员，请回复序号选择您所在的党支部：",
            [one.branch.label for one in free],
        )
    else:
        question = "您写的内容里有不止一位党员的姓名，请回复序号选择您本人："
        shown = [f"{mask_name(one.name)}（{one.branch.label}）" for one in free]
    lines = [question, *(f"{number}. {words}" for number, words in enumerate(shown, start=1))]
    return BindingStep("\n".join(lines), {"step": "choose", "members": [one.id for one in free]}, False)


def choose(
    session: Session, openid: str, number: int, *, at: datetime, pending: dict[str, Any]
) -> BindingStep:
    """The answer to "which branch?": ``number`` counts from 1."""
    members = pending.get("members")
    if pending.get("step") != "choose" or not isinstance(members, list):
        return _done(_OVER)
    if not 1 <= number <= len(members):
        return BindingStep(numbers(len(members)), pending, False)
    member = _active_member(session, members[number - 1])
    return _ask_consent(member) if member else _done(_CHANGED)


def consent(
    session: Session, openid: str, *, at: datetime, pending: dict[str, Any], limits: Limits = Limits()
) -> BindingStep:
    """The follower agrees: bind, remember which text was agreed to, and let the tags follow.

    The member is held, so that a leaving or a merging (:func:`community.moves.hold`) comes before this or sees it.
    """
    member = (
        _active_member(session, pending.get("member"), hold=True)
        if pending.get("step") == "consent"
        else None
    )
    if member is None:
        return _done(_CHANGED if "member" in pending else _OVER)
    follower = _locked_row(session, openid, at=at)
    if follower.member_id is not None:
        return _done(_bound_already(session, follower))
    if wait := _lock_left(follower, at, limits):
        return _done(wait)
    try:
        with session.begin_nested():
            bound.bind(follower, member, consent=consent_.VERSION, at=at)
            forget_tries(follower)
            session.flush()
            consent_.given(session, follower, consent_.VERSION, ConsentWay.REPLY, at=at)
    except IntegrityError:  # another WeChat has the member
        session.refresh(follower)
        return _ask_to_replace(session, follower, member, at=at)
    tags.queue_binding(session, openid, member.id, add=True, at=at)
    audit.record(
        session,
        "member.bind",
        actor="党员本人",
        subject=f"member:{member.id}",
        detail={"consent": consent_.VERSION, "follower": follower.id},
        at=at,
    )
    who = f"{mask_name(member.name)}（{member.branch.label}）"
    text = f"绑定成功：{who}\n有活动时回复“签到”即可；回复“我的信息”查看，回复“解绑”解除"
    return BindingStep(text, None, True, bound=True)


def _ask_to_replace(session: Session, follower: Follower, member: Member, *, at: datetime) -> BindingStep:
    """A second WeChat of a member, or somebody who knows name and digits: the branch asks the person. The first one is told."""
    kind, branch = RequestKind.REPLACE, member.branch_id
    new = own_requests.leave(
        session, follower, kind, "", member=member, branch_id=branch, consent=consent_.VERSION, at=at
    )
    who = own_requests.who_decides(session, branch)
    if not new:
        return _done(_ASKED_ALREADY.format(who=who))
    holder = session.scalar(sa.select(Follower).where(Follower.member_id == member.id))
    if holder is not None:
        telling.tell(session, holder, _SOMEBODY_ASKS, at=at)
    return _done(_ASKED_TO_REPLACE.format(who=who))


def accept_offer(
    session: Session, openid: str, *, at: datetime, limits: Limits = Limits()
) -> BindingStep | None:
    """``同意`` of one whom the branch has recognised (:func:`community.rebinding.offer`); None where nothing is offered."""
    follower = session.scalar(sa.select(Follower).where(Follower.openid == openid))
    if follower is None:
        return None
    offered = session.scalar(
        sa.select(DataRequest).where(
            DataRequest.open_key == f"{OFFER}{follower.id}", DataRequest.decided_at > at - OFFERED
        )
    )
    if offered is None:
        return None
    pending = {"step": "consent", "member": offered.member_id}
    step = consent(session, openid, at=at, pending=pending, limits=limits)
    offered.open_key = None
    session.flush()
    return step


def decline() -> BindingStep:
    """The follower does not agree: nothing is kept, reading goes on."""
    return _done(_DECLINED)


def unbind(session: Session, openid: str, *, at: datetime) -> BindingStep:
    """``解绑``: the follower withdraws the consent. Check-ins stay in the branch's ledger."""
    follower = session.scalar(sa.select(Follower).where(Follower.openid == openid).with_for_update())
    if follower is None or follower.member_id is None:
        return _done("您还没有绑定党员信息，无需解绑")
    let_go(session, follower, "member.unbind", ConsentEnd.OWN, at=at)
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
    let_go(session, follower, "member.release", ConsentEnd.BRANCH, at=at)
    audit.record(
        session, "member.unbind", user=user, subject=f"member:{member_id}", detail={"reason": reason}, at=at
    )


def loosen(session: Session, member_id: int, *, at: datetime) -> int | None:
    """Unbind whoever is bound to a member who leaves the roster; the follower's id, if any. Who calls it writes the trail."""
    query = sa.select(Follower).where(Follower.member_id == member_id).with_for_update(of=Follower)
    follower = session.scalar(query)
    if follower is not None:
        let_go(session, follower, "member.release", ConsentEnd.BRANCH, at=at)
    return follower.id if follower else None


def let_go(session: Session, follower: Follower, step: str, why: ConsentEnd, *, at: datetime) -> None:
    """Take the step out of the binding; consent and tags follow. Raises :class:`errors.Conflict` for one that is not bound.

    Where it is not their own wish, what they asked about the member ends too, and where the branch does it they are told.
    """
    assert follower.member_id is not None
    over = own_requests.let_go(session, follower, at=at) if why in _NOT_THEIR_WISH else []
    if why is ConsentEnd.BRANCH:
        telling.tell(
            session, follower, f"{_RELEASED}{_OVER_TOO.format('”“'.join(over)) if over else ''}", at=at
        )
    tags.queue_binding(session, follower.openid, follower.member_id, add=False, at=at)
    bound.unbind(follower, step)
    consent_.end(session, [follower], why, at=at)
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
        forget_tries(follower)
        return ""
    return f"输错次数较多，请在 {clock.to_shanghai(at + left):%H:%M} 以后再试，或联系支部书记"


def _failure(
    session: Session, follower: Follower, guesses: int, *, limits: Limits, at: datetime
) -> BindingStep:
    """A try that found nobody counts for as many names as it could have held."""
    follower.bind_failures += guesses
    left = limits.bind_tries - follower.bind_failures
    if left > 0:
        session.flush()
        return _details(f"{_NOT_FOUND}。还可尝试 {left} 次")
    follower.bind_locked_at = at
    follower.bind_locked_until = at + timedelta(minutes=limits.bind_lock_minutes)
    session.flush()
    return _done(f"{_NOT_FOUND}。已连续输错 {limits.bind_tries} 次，请 {limits.bind_lock_minutes} 分钟后再试")


def _candidates(session: Session, text: str, tail: str) -> list[Member]:
    members = session.scalars(
        sa.select(Member)
        .options(joinedload(Member.branch))
        .where(Member.tail_index == tail_index(tail), Member.active.is_(True))
        .order_by(Member.branch_id, Member.id)
    ).all()
    return [members[place] for place in names.standing(text, [member.name for member in members])]


def _is_taken(session: Session, member_id: int) -> bool:
    return session.scalar(sa.select(Follower.id).where(Follower.member_id == member_id)) is not None


def _active_member(session: Session, member_id: Any, *, hold: bool = False) -> Member | None:
    if not isinstance(member_id, int):
        return None
    query = sa.select(Member).options(joinedload(Member.branch))
    query = query.where(Member.id == member_id, Member.active.is_(True))
    if hold:
        query = query.with_for_update(read=True, key_share=True, of=Member)
    return session.scalar(query.execution_options(populate_existing=hold))


def _ask_consent(member: Member, *, taken: bool = False) -> BindingStep:
    other = f"{_TAKEN}，如果您更换了微信，同意后提交党支部核实。\n" if taken else ""
    text = f"查到：{mask_name(member.name)}（{member.branch.label}）\n{other}{consent_.TEXT}"
    return BindingStep(text, {"step": "consent", "member": member.id}, False)


def _bound_already(session: Session, follower: Follower) -> str:
    member = session.scalar(
        sa.select(Member).options(joinedload(Member.branch)).where(Member.id == follower.member_id)
    )
    assert member is not None
    return f"您已绑定：{mask_name(member.name)}（{member.branch.label}）。如需更换请先回复“解绑”"


def _done(text: str) -> BindingStep:
    return BindingStep(text, None, True)
