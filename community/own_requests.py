"""信息申请: what a follower asks of the office about their own data, and what the office decides.

The branch's secretary sees those of the own branch, an administrator all. Nothing is changed by deciding: what has to be changed
on the roster is changed there, by who may; here it is said that it was, and the follower is told.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from accounts.rights import branch_scope, may, require
from community import telling
from community.lives import REQUEST, REQUESTS
from database.listing import Listing
from database.moving import move, move_all
from database.once import insert_once
from ground import clock, reasons
from ground.errors import Conflict, NotFound, Refused
from models import DataRequest, Follower, Member, RequestKind, RequestStatus, User

LONGEST = 200
_LEAST = 2
_NOT_BOUND = "您还没有绑定党员信息，没有可以申请的内容。党员可在公众号回复“绑定”"
_OPEN = RequestStatus.OPEN.value
_OF_THE_MEMBER = (RequestKind.CORRECTION, RequestKind.ERASURE)
"""What somebody asks about the member that they are bound to."""
_DIGITS = re.compile(r"(?<![0-9])([0-9]{3})[0-9]{4,14}([0-9]{4})(?![0-9])")
_BRANCH: sa.ColumnElement[int] = sa.func.coalesce(Member.branch_id, DataRequest.branch_id)
"""SQL: whose business a request is: a member's branch is where they are now, whoever asked before a transfer."""
_ID_CARD = re.compile(r"(?<![0-9])[1-9][0-9]{16}[0-9Xx](?![0-9])")
_TOLD = {
    RequestKind.CORRECTION: ("您申请更正的信息已经办理", "您申请更正的信息没有更改"),
    RequestKind.ERASURE: ("您申请清除的个人信息已经清除", "您申请清除的个人信息没有清除"),
    RequestKind.REPLACE: ("更换微信的申请已经通过，您的微信已绑定党员信息", "更换微信的申请没有通过"),
    RequestKind.BINDING: ("支部已协助办理", "支部没有核对到您的党员信息"),
}
_NOT_ERASED = "这位党员的个人信息还没有清除，请先点“去清除”办理，清除后这条申请自动办结并告诉本人"
_BY_ITS_BUTTON = "请用页面上的按钮办理，不能只记为已办理"


def ask(session: Session, follower: Follower, kind: RequestKind, text: str, *, at: datetime) -> bool:
    """Leave a request of a bound follower; False where one of this kind is still open, to which the text is added.

    Raises :class:`Refused` for a text that says nothing or too much, :class:`Conflict` for one who is not bound.
    """
    text = asked_for(text)
    member = session.get(Member, follower.member_id) if follower.member_id else None
    if member is None:
        raise Conflict(_NOT_BOUND)
    if not leave(session, follower, kind, text, member=member, branch_id=member.branch_id, at=at):
        _add(session, _key(kind, follower), text)
        return False
    return True


def leave(
    session: Session,
    follower: Follower,
    kind: RequestKind,
    text: str,
    *,
    member: Member | None,
    branch_id: int | None,
    consent: str = "",
    at: datetime,
) -> bool:
    """Write a request; False where one of this kind is open already, which stays as it is. ``consent``: the version agreed to."""
    row = {
        "kind": kind.value,
        "status": _OPEN,
        "follower_id": follower.id,
        "member_id": member.id if member else None,
        "branch_id": branch_id,
        "asked": text,
        "consent_version": consent,
        "open_key": _key(kind, follower),
        "at": at,
    }
    if insert_once(session, DataRequest, [row], keys=["open_key"]) == 0:
        return False
    subject = f"member:{member.id}" if member else f"follower:{follower.id}"
    detail = {"kind": REQUESTS[kind]}
    audit.record(session, "member.request", actor="本人", subject=subject, detail=detail, at=at)
    return True


def _key(kind: RequestKind, follower: Follower) -> str:
    return f"{kind}:{follower.id}"


def _add(session: Session, key: str, text: str) -> None:
    found = session.scalar(sa.select(DataRequest).where(DataRequest.open_key == key).with_for_update())
    if found is None or text in (found.asked or ""):
        return
    both = f"{found.asked}；{text}" if found.asked else text
    if len(both) > 3 * LONGEST:
        raise Refused("您的申请正在办理，内容已经很多，请等办理后再补充，或直接联系支部书记")
    found.asked = both
    session.flush()


def ask_of(session: Session, openid: str, kind: RequestKind, text: str, *, at: datetime) -> bool:
    """The same for who writes in the chat."""
    follower = session.scalar(sa.select(Follower).where(Follower.openid == openid).with_for_update())
    if follower is None:
        raise Conflict(_NOT_BOUND)
    return ask(session, follower, kind, text, at=at)


def may_ask(session: Session, openid: str, text: str) -> str:
    """The text of a request that this follower may make, tidied. Raises what :func:`ask` would raise."""
    if session.scalar(sa.select(Follower.member_id).where(Follower.openid == openid)) is None:
        raise Conflict(_NOT_BOUND)
    return asked_for(text)


def asked_for(text: str) -> str:
    """What is asked for, tidied. Raises :class:`Refused` where it says nothing or too much."""
    tidy = " ".join(text.split())
    if len(tidy) < _LEAST:
        raise Refused("请写明要更正什么，例如：手机号码换成 13900001234")
    if _ID_CARD.search(tidy):
        raise Refused("本平台不收集身份证号，请去掉后再提交，需要核对证件时请到社区办理")
    if len(tidy) > LONGEST:
        raise Refused(f"内容不能超过 {LONGEST} 个字，请只写要更正的内容")
    return tidy


def who_decides(session: Session, branch_id: int | None) -> str:
    """Who is promised to look at a request of a branch, or of none: its secretary where one has an account."""
    secretary = sa.exists().where(
        User.role == "secretary", User.branch_id == branch_id, User.active.is_(True)
    )
    has_one = branch_id is not None and session.scalar(sa.select(secretary))
    return "支部书记" if has_one else "社区管理员"


def who_decides_for(session: Session, openid: str) -> str:
    """The same for a bound follower's own requests about the roster, which are their branch's."""
    theirs = sa.select(Member.branch_id).join(Follower, Follower.member_id == Member.id)
    return who_decides(session, session.scalar(theirs.where(Follower.openid == openid)))


def of_follower(session: Session, follower_id: int, *, limit: int = 10) -> list[DataRequest]:
    """A follower's own requests, the newest first."""
    query = sa.select(DataRequest).where(DataRequest.follower_id == follower_id)
    return list(session.scalars(query.order_by(DataRequest.id.desc()).limit(limit)))


def of_others(session: Session, follower: Follower) -> list[DataRequest]:
    """What other WeChats ask about the member to whom this one is bound, and is not decided yet; the newest first."""
    query = sa.select(DataRequest).where(
        DataRequest.member_id == follower.member_id,
        DataRequest.follower_id != follower.id,
        DataRequest.status == _OPEN,
    )
    return list(session.scalars(query.order_by(DataRequest.id.desc()).limit(9)))


def standing(session: Session, openid: str) -> list[str]:
    """What is being looked at, as sentences for the chat: what they asked, and what another WeChat asks about the same member."""
    follower = session.scalar(sa.select(Follower).where(Follower.openid == openid))
    if follower is None:
        return []
    own = [one for one in of_follower(session, follower.id) if one.status == _OPEN]
    said = [f"您申请的“{REQUESTS[RequestKind(one.kind)]}”正在办理，结果会告诉您" for one in own]
    others = of_others(session, follower) if follower.member_id else []
    for kind in dict.fromkeys(one.kind for one in others):
        said.append(
            f"另一个微信申请了“{REQUESTS[RequestKind(kind)]}”，正在办理。如果不是您本人，请立即联系支部书记"
        )
    return said


# --- Deciding ----------------------------------------------------------------------------------------------


def waiting(session: Session, user: User) -> list[DataRequest]:
    """Requests that wait for a decision, inside the user's scope, the oldest first; with member and branch."""
    require(user, "member.answer")
    return list(session.scalars(_shown().where(*_waits(user)).order_by(DataRequest.id)))


def decided(session: Session, user: User) -> Listing[DataRequest]:
    """Requests that were decided, inside the user's scope, the latest first."""
    require(user, "member.answer")
    where = [DataRequest.status != _OPEN, *_scope(user)]
    return Listing(
        session, _shown().where(*where).order_by(DataRequest.decided_at.desc(), DataRequest.id.desc())
    )


def waiting_count(session: Session, user: User, *, branch_id: int | None = None) -> int:
    """How many requests wait for this user, none without the right; ``branch_id`` narrows to one branch."""
    if not may(user, "member.answer", branch_id):
        return 0
    where = _waits(user)
    if branch_id is not None:
        where.append(_BRANCH.in_([branch_id]))
    query = sa.select(sa.func.count(DataRequest.id)).outerjoin(Member, Member.id == DataRequest.member_id)
    return session.scalar(query.where(*where)) or 0


def _shown() -> sa.Select[DataRequest]:
    """Requests with their member, whose branch is the present one, their own branch and who asked."""
    return (
        sa.select(DataRequest)
        .outerjoin(Member, Member.id == DataRequest.member_id)
        .options(
            joinedload(DataRequest.member).joinedload(Member.branch),
            joinedload(DataRequest.branch),
            joinedload(DataRequest.follower),
            joinedload(DataRequest.decider),
        )
    )


def _waits(user: User) -> list[sa.ColumnElement[bool]]:
    """SQL: a request that waits for this user."""
    return [DataRequest.status == _OPEN, *_scope(user)]


def _scope(user: User) -> list[sa.ColumnElement[bool]]:
    """SQL: a request that this user may see. Who may not erase is not asked to."""
    where = [branch_scope(user, _BRANCH)]
    if not may(user, "member.erase"):
        where.append(DataRequest.kind != RequestKind.ERASURE.value)
    return where


def seen(session: Session, user: User, request_id: int) -> DataRequest:
    """One request in the user's scope. Raises :class:`NotFound` for others."""
    require(user, "member.answer")
    found = session.scalar(_shown().where(DataRequest.id == request_id, branch_scope(user, _BRANCH)))
    if found is None or (found.kind == RequestKind.ERASURE and not may(user, "member.erase")):
        raise NotFound("没有这条申请，或不在您的支部")
    return found


def whose(session: Session, found: DataRequest) -> str:
    """How the WeChat that asked stands to the member now, in words for the office: an answer reaches no other."""
    if found.follower.gone:
        return "已取消关注，结果不会告诉任何人"
    if found.follower.member_id == found.member_id:
        return "绑定着这位党员"
    if (since := bound_since(session, found)) is None:
        return "现在没有绑定这位党员，请先向本人核实"
    day = clock.to_shanghai(since)
    return (
        f"现在没有绑定这位党员；{day.month}月{day.day}日起绑定的是另一个微信。"
        "可能不是本人提出的，请先当面或打电话向本人核实。结果不会告诉申请的微信"
    )


def bound_since(session: Session, found: DataRequest) -> datetime | None:
    """Since when the member of a request has the WeChat that is bound now; None without one."""
    return session.scalar(sa.select(Follower.bound_at).where(Follower.member_id == found.member_id))


def masked(text: str | None) -> str:
    """What was asked, with numbers masked: ``手机 139****1234``."""
    return _DIGITS.sub(r"\1****\2", text or "")


def reveal(session: Session, user: User, request_id: int, *, at: datetime) -> str:
    """What was asked in clear, for who is to do it; recorded. Raises what :func:`seen` raises, and :class:`Forbidden`."""
    require(user, "member.unmask")
    found = seen(session, user, request_id)
    detail = {"reason": f"办理信息申请 {found.id}"}
    subject = f"member:{found.member_id}" if found.member_id else f"follower:{found.follower_id}"
    audit.record(session, "member.unmask", user=user, subject=subject, detail=detail, at=at)
    return found.asked or ""


def decide(
    session: Session, user: User, request_id: int, *, done: bool, answer: str, at: datetime
) -> DataRequest:
    """Say that a request was done (``answer`` may be empty) or is refused (with the reason); the follower is told.

    Raises :class:`NotFound` outside the scope, :class:`Conflict` if it is decided already, :class:`Refused` without a reason.
    """
    found = seen(session, user, request_id)
    if done and found.status == _OPEN and found.kind != RequestKind.CORRECTION:
        # Done by the act itself (erasing, rebinding): nobody only says that it was.
        raise Conflict(_NOT_ERASED if found.kind == RequestKind.ERASURE else _BY_ITS_BUTTON)
    answer = " ".join(answer.split())[:LONGEST]
    if not done:
        answer = reasons.given(answer, "请写明不办理的原因，会告诉申请人", least=4)
    return close(session, user, found, done=done, answer=answer, at=at)


def close(
    session: Session,
    user: User,
    found: DataRequest,
    *,
    done: bool,
    answer: str,
    at: datetime,
    **values: Any,
) -> DataRequest:
    """Take a request to its end, with ``values`` in its row, and tell the follower. Raises :class:`Conflict` for one decided."""
    step = REQUEST.step("request.done" if done else "request.refuse")
    REQUEST.require(step.name, found.status)
    written = {"decided_by": user.id, "decided_at": at, "open_key": None, "answer": answer} | values
    if not move(session, DataRequest, found.id, step, **written):
        raise Conflict(step.refusal)
    _tell(session, found, done=done, at=at)
    detail = {"kind": REQUESTS[RequestKind(found.kind)], "done": done}
    subject = f"member:{found.member_id}" if found.member_id else f"follower:{found.follower_id}"
    audit.record(session, "member.answer", user=user, subject=subject, detail=detail, at=at)
    return found


def reaches(session: Session, found: DataRequest) -> bool:
    """Whether who asked is told: not one who left, and not of a member who has another WeChat by now."""
    lost = found.kind in _OF_THE_MEMBER and found.follower.member_id != found.member_id
    return not found.follower.gone and not (lost and bound_since(session, found) is not None)


def _tell(session: Session, found: DataRequest, *, done: bool, at: datetime) -> None:
    """Who asked is told, where it reaches nobody else."""
    if not reaches(session, found):
        return
    words = _TOLD[RequestKind(found.kind)][0 if done else 1]
    said = f"：{found.answer}" if found.answer else ""
    end = "" if done else "。如有疑问请联系支部书记"
    telling.tell(session, found.follower, f"{words}{said}{end}", at=at)


# --- What ends by itself -----------------------------------------------------------------------------------


def let_go(session: Session, follower: Follower, *, at: datetime) -> list[str]:
    """The branch unbinds a follower, who may not be the member: what they asked is done no more. What it was, in words."""
    theirs = [
        DataRequest.follower_id == follower.id,
        DataRequest.member_id == follower.member_id,
        DataRequest.kind.in_([kind.value for kind in _OF_THE_MEMBER]),
    ]
    kinds = session.scalars(sa.select(DataRequest.kind).where(*theirs, DataRequest.status == _OPEN)).all()
    move_all(session, DataRequest, REQUEST.step("request.over"), *theirs, decided_at=at, open_key=None)
    return [REQUESTS[RequestKind(kind)] for kind in kinds]


def person_erased(session: Session, user: User, member_id: int, *, at: datetime) -> None:
    """A member was erased by a user: who asked for it is told, and nothing of what they ever asked stays readable."""
    theirs = DataRequest.member_id == member_id
    asked_it = [theirs, DataRequest.kind == RequestKind.ERASURE.value]
    waiting_ = (
        sa.select(DataRequest)
        .options(joinedload(DataRequest.follower))
        .where(*asked_it, DataRequest.status == _OPEN)
    )
    for one in session.scalars(waiting_):
        telling.tell(session, one.follower, _TOLD[RequestKind.ERASURE][0], at=at)
    ended = {"decided_by": user.id, "decided_at": at, "open_key": None}
    move_all(session, DataRequest, REQUEST.step("request.met"), *asked_it, **ended)
    move_all(session, DataRequest, REQUEST.step("request.over"), theirs, **ended)
    session.execute(
        sa.update(DataRequest)
        .where(theirs)
        .values(asked=None, answer=None)
        .execution_options(synchronize_session=False)
    )
