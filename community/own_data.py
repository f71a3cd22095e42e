"""我的资料: what we keep about a follower, shown to that follower alone, and what they may do about it themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from community import binding, consent, forgetting, own_requests
from community.lives import CONSENT_ENDS, CONSENT_WAYS, REQUEST, REQUESTS
from community.privacy import mask_name, mask_phone
from ground.errors import NotFound
from models import (
    Activity,
    ActivityStatus,
    CheckIn,
    Consent,
    ConsentEnd,
    ConsentWay,
    DataRequest,
    Follower,
    Member,
    RequestKind,
    RequestStatus,
)
from settings import Limits

_BY_ONESELF = "本人"
_ROSTER = "清除党员名册里的个人信息"
_CHECK_INS = 50


@dataclass(frozen=True)
class Attended:
    """One check-in of one's own."""

    title: str
    at: datetime
    made_up: bool
    status: str

    @property
    def is_called_off(self) -> bool:
        """Whether the activity was called off: the record stays, and counts as nobody's attendance."""
        return self.status == ActivityStatus.CANCELLED


@dataclass(frozen=True)
class Membership:
    """What the roster says of the member to whom a follower is bound; ``name`` and ``phone`` masked unless asked for in clear."""

    name: str
    phone: str
    branch: str
    joined_on: date | None
    duty: str
    bound_at: datetime | None
    consent_version: str
    consent_at: datetime | None
    outdated: bool
    """Whether they have agreed to an earlier text only."""
    until: datetime | None
    """When such a binding ends by itself, once they were asked."""
    check_ins: tuple[Attended, ...]
    more: int
    """How many older check-ins there are beside these."""


@dataclass(frozen=True)
class Asked:
    """What they asked of the office, in words: what, where it stands, and what they were answered."""

    kind: str
    text: str
    state: str
    at: datetime
    answer: str


@dataclass(frozen=True)
class Agreed:
    """A consent of theirs: to which text, when, how, and when and why it ended (empty while it holds)."""

    version: str
    at: datetime
    how: str
    ended_at: datetime | None
    ended_by: str


@dataclass(frozen=True)
class OwnData:
    """What is kept of a follower. ``muted`` are keys of columns."""

    subscribed_at: datetime | None
    muted: tuple[str, ...]
    membership: Membership | None
    asked: tuple[Asked, ...]
    others: tuple[Asked, ...]
    """What other WeChats ask about the same member; not what they wrote."""
    agreed: tuple[Agreed, ...]


def shown(
    session: Session, follower_id: int, *, in_clear: bool = False, limits: Limits = Limits()
) -> OwnData:
    """What this follower sees of themselves. Raises :class:`NotFound` for one who left meanwhile.

    ``in_clear``: name and phone unmasked, which takes no reason, for they are the reader's own.
    """
    follower = of(session, follower_id)
    muted = tuple(key for key in follower.muted_columns.split(",") if key)
    agreed = tuple(_agreed(one) for one in consent.history(session, follower))
    asked = tuple(_asked(one) for one in own_requests.of_follower(session, follower_id))
    return OwnData(
        follower.subscribed_at,
        muted,
        _membership(session, follower, limits, in_clear=in_clear),
        asked,
        tuple(_asked(one, text="") for one in own_requests.of_others(session, follower)),
        agreed,
    )


def _agreed(one: Consent) -> Agreed:
    ended = CONSENT_ENDS[ConsentEnd(one.ended_by)] if one.ended_by else ""
    return Agreed(one.version, one.at, CONSENT_WAYS[ConsentWay(one.how)], one.ended_at, ended)


def _asked(one: DataRequest, *, text: str | None = None) -> Asked:
    shown_text = own_requests.masked(one.asked) if text is None else text
    kind, state = REQUESTS[RequestKind(one.kind)], REQUEST.label(RequestStatus(one.status))
    return Asked(kind, shown_text, state, one.at, one.answer or "")


def _membership(session: Session, follower: Follower, limits: Limits, *, in_clear: bool) -> Membership | None:
    member = follower.member
    if member is None:
        return None
    theirs = sa.select(sa.func.count()).select_from(CheckIn).where(CheckIn.member_id == member.id)
    rows = session.execute(
        sa.select(Activity.title, CheckIn.at, CheckIn.made_up, Activity.status)
        .join(Activity, Activity.id == CheckIn.activity_id)
        .where(CheckIn.member_id == member.id)
        .order_by(CheckIn.at.desc(), CheckIn.id.desc())
        .limit(_CHECK_INS)
    ).all()
    return Membership(
        name=member.name if in_clear else mask_name(member.name),
        phone=(member.phone or "") if in_clear else mask_phone(member.phone),
        branch=member.branch.label,
        joined_on=member.joined_on,
        duty=member.duty,
        bound_at=follower.bound_at,
        consent_version=follower.consent_version,
        consent_at=follower.consent_at,
        outdated=consent.is_outdated(follower),
        until=consent.lapses_on(follower, limits),
        check_ins=tuple(Attended(*row) for row in rows),
        more=max(0, (session.scalar(theirs) or 0) - len(rows)),
    )


def unbind(session: Session, follower_id: int, *, at: datetime) -> None:
    """The follower withdraws the consent. Check-ins stay in the branch's ledger. One who is not bound is left as they are."""
    binding.unbind(session, of(session, follower_id).openid, at=at)


def correct(session: Session, follower_id: int, text: str, *, at: datetime) -> bool:
    """Ask the office to correct the roster; False where that is being looked at already, and this was added.

    Raises what :func:`community.own_requests.ask` raises.
    """
    return own_requests.ask(session, hold(session, follower_id), RequestKind.CORRECTION, text, at=at)


def agree(session: Session, follower_id: int, *, at: datetime) -> bool:
    """Agree to the present text of the consent; False where there is nothing to agree to."""
    return consent.renew(session, of(session, follower_id).openid, ConsentWay.PAGE, at=at)


def erase(session: Session, follower_id: int, *, roster: bool, at: datetime) -> bool:
    """The follower erases what hangs on their WeChat: the binding, the messages, what they chose. They follow on, as a stranger.

    The roster is the office's: what stands there is left alone, but with ``roster`` an administrator is asked to erase it:
    then it is True.
    """
    follower = hold(session, follower_id)
    asked = roster and follower.member_id is not None
    if asked:
        own_requests.ask(session, follower, RequestKind.ERASURE, _ROSTER, at=at)
    if follower.member_id is not None:
        binding.let_go(session, follower, "member.unbind", ConsentEnd.OWN, at=at)
    forgetting.empty(session, [follower], at=at)
    audit.record(session, "follower.erase", actor=_BY_ONESELF, subject=f"follower:{follower.id}", at=at)
    return asked


def of(session: Session, follower_id: int) -> Follower:
    """The follower with member and branch. Raises :class:`NotFound` for one who left."""
    follower = session.scalar(
        sa.select(Follower)
        .options(joinedload(Follower.member).joinedload(Member.branch))
        .where(Follower.id == follower_id, Follower.gone.is_(False))
    )
    if follower is None:
        raise NotFound("您已取消关注，本平台没有保存您的资料")
    return follower


def hold(session: Session, follower_id: int) -> Follower:
    """The same, held until the commit."""
    found = session.scalar(
        sa.select(Follower)
        .where(Follower.id == follower_id, Follower.gone.is_(False))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("您已取消关注，本平台没有保存您的资料")
    return found
