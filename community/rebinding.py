"""What the branch does about a binding that was not certain: another WeChat in place of the first, a lock opened, a hand given.

The branch knows its people: it asks the person before it says yes. Every step ends the request and is told to who asked.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from accounts.rights import branch_scope, require
from community import binding, bound, consent, own_requests, tags, telling
from community.forgetting import forget_tries
from community.privacy import mask_name
from community.roster import tail_index
from ground.errors import Conflict, NotFound, Refused
from models import ConsentEnd, ConsentWay, DataRequest, Follower, Member, RequestKind, RequestStatus, User
from wechat.language import names

_RIGHT = "member.unbind"
_LET_GO = "您的微信与党员信息的绑定已由党支部改到另一个微信。如果不是您本人申请的，请立即联系支部书记"
_UNLOCKED = "已解除锁定，请重新回复：绑定 姓名 手机号后四位"


def replace(session: Session, user: User, request_id: int, *, at: datetime) -> DataRequest:
    """The secretary's yes: the member's former WeChat is released and told, the one that asked is bound, tags move.

    Raises :class:`NotFound` outside the scope, :class:`Conflict` where it is decided or the follower or the member is not there
    any more, or the follower is somebody else by now.
    """
    found = _open(session, user, request_id, RequestKind.REPLACE)
    member = session.scalar(
        sa.select(Member).where(Member.id == found.member_id, Member.active.is_(True)).with_for_update()
    )
    if member is None:
        raise Conflict("这位党员已不在名册中，请选择不办理")
    new = _follower(session, found)
    if new.member_id is not None:
        raise Conflict("申请的微信已经绑定党员信息，请选择不办理")
    old = session.scalar(sa.select(Follower).where(Follower.member_id == member.id).with_for_update())
    if old is not None:
        binding.let_go(session, old, "member.release", ConsentEnd.REPLACED, at=at)
        telling.tell(session, old, _LET_GO, at=at)
    bound.bind(new, member, consent=found.consent_version, at=at, step="member.replace")
    forget_tries(new)
    session.flush()
    consent.given(session, new, found.consent_version, ConsentWay.REPLY, at=found.at)
    tags.queue_binding(session, new.openid, member.id, add=True, at=at)
    detail = {"consent": found.consent_version, "follower": new.id}
    audit.record(session, "member.replace", user=user, subject=f"member:{member.id}", detail=detail, at=at)
    return own_requests.close(session, user, found, done=True, answer="", at=at)


def unlock(session: Session, user: User, request_id: int, *, at: datetime) -> DataRequest:
    """Open the lock of who tried too often. Raises :class:`NotFound` outside the scope, :class:`Conflict` if it is decided."""
    found = _open(session, user, request_id, RequestKind.BINDING)
    forget_tries(_follower(session, found))
    return own_requests.close(session, user, found, done=True, answer=_UNLOCKED, at=at)


def offer(
    session: Session, user: User, request_id: int, name: str, tail: str, *, at: datetime
) -> DataRequest:
    """Say who it is: the member of this name and these last four digits. They are told, and bound once they agree themselves.

    Raises :class:`NotFound` outside the scope, :class:`Refused` where not exactly one free member of the user's fits,
    :class:`Conflict` if it is decided.
    """
    found = _open(session, user, request_id, RequestKind.BINDING)
    member = _meant(session, user, name, tail)
    forget_tries(_follower(session, found))
    said = f"查到：{mask_name(member.name)}（{member.branch.label}）。{consent.TEXT}"
    key = f"{binding.OFFER}{found.follower_id}"
    return own_requests.close(
        session, user, found, done=True, answer=said, at=at, member_id=member.id, open_key=key
    )


def _meant(session: Session, user: User, name: str, tail: str) -> Member:
    digits = names.tail_in(tail)
    if not name.strip() or not digits:
        raise Refused("请填写这位党员的姓名和手机号后四位")
    fits = session.scalars(
        sa.select(Member).where(
            Member.tail_index == tail_index(digits),
            Member.active.is_(True),
            branch_scope(user, Member.branch_id),
        )
    ).all()
    meant = [one for one in fits if names.key(one.name) == names.key(name)]
    if len(meant) != 1:
        raise Refused("名册里没有唯一符合的党员，请核对姓名和手机号后四位，必要时先更正名册")
    if session.scalar(sa.select(Follower.id).where(Follower.member_id == meant[0].id)) is not None:
        raise Refused(
            "这位党员已绑定另一个微信，请本人再次回复“绑定 姓名 手机号后四位”并同意，提交更换微信的申请"
        )
    return meant[0]


def _open(session: Session, user: User, request_id: int, kind: RequestKind) -> DataRequest:
    require(user, _RIGHT)
    found = own_requests.seen(session, user, request_id)
    if found.kind != kind.value:
        raise NotFound("没有这条申请，或不在您的支部")
    if found.status != RequestStatus.OPEN.value:
        raise Conflict("这条申请已经办理过，请刷新后查看")
    return found


def _follower(session: Session, found: DataRequest) -> Follower:
    """Who asked, held until the commit."""
    follower = session.scalar(
        sa.select(Follower)
        .where(Follower.id == found.follower_id, Follower.gone.is_(False))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if follower is None:
        raise Conflict("申请人已取消关注，请刷新后查看")
    return follower
