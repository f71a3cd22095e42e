"""Who leaves is forgotten: everything that hangs on the openid goes or loses it, while member and check-ins stay.

An openid can be recognised for ever by anybody who has it, so nothing keeps it, in clear or as a plain digest. The one thing that
must still be found is how many mass messages they received this month, because WeChat counts on through a return: those rows keep
a hash whose key only this installation has, and no longer than the month. Likewise wrong tries to bind, so that nobody opens a
lock by leaving and coming back: they stay for :data:`TRIES_KEPT` on a row that has such a hash in place of the openid.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import consent
from community.bound import leave
from community.lives import REQUEST
from database.base import table_of
from database.moving import move_all
from database.sealed import keyring
from ground import clock
from models import (
    CodeTry,
    ConsentEnd,
    Conversation,
    DataRequest,
    Delivery,
    DeliveryStatus,
    Follower,
    FollowerTag,
    InboundMessage,
    ListedFollower,
    NoticeConsent,
    OwnLink,
    QuotaUse,
    RequestKind,
    SpoolFailure,
    TagChange,
    Telling,
)

GONE = "gone"
"""Stands for the openid where nothing needs to tell two who left apart."""
PSEUDONYM = f"{GONE}-"
"""How a pseudonym begins; no openid does."""
TRIES_KEPT = timedelta(days=1)
"""So long after they left their wrong tries to bind are known again: longer than any lock that a return could open."""
_HEX = 40
_FEW = 50
_UNSENT = (DeliveryStatus.PROMISED.value, DeliveryStatus.PLANNED.value)


def quota_pseudonym(openid: str) -> str:
    """What stands for an openid in the ledger of quota after they left: the same whenever they leave, useless without the key."""
    return PSEUDONYM + keyring().index(f"quota:{openid}").hex()[:_HEX]


def _tries_pseudonym(openid: str) -> str:
    """What stands for an openid with wrong tries after they left; not that of the ledger, so that nothing joins the two."""
    return PSEUDONYM + keyring().index(f"bind:{openid}").hex()[:_HEX]


def _nobody() -> str:
    return PSEUDONYM + secrets.token_hex(16)


def forget(
    session: Session, followers: Sequence[Follower], *, at: datetime, why: ConsentEnd = ConsentEnd.LEFT
) -> None:
    """Pseudonymise followers and remove what hangs on their openids. Member and check-ins stay, and that they had agreed."""
    consent.end(session, followers, why, at=at)
    openids = sorted(follower.openid for follower in followers)
    for table in (FollowerTag, TagChange, Telling, ListedFollower):
        session.execute(sa.delete(table).where(table.openid.in_(openids)))
    empty(session, followers, at=at)
    for follower in followers:
        tried = follower.bind_failures > 0 and why is not ConsentEnd.ERASED
        follower.openid = _tries_pseudonym(follower.openid) if tried else _nobody()
        follower.unsubscribed_at = at
        leave(follower)
        if not tried:
            forget_tries(follower)
    session.flush()
    hide_quota(session, openids, months=(clock.month_before(at), clock.month_key(at)))


def forget_tries(follower: Follower) -> None:
    """Wrong tries to bind are forgotten, and the lock that followed from them."""
    follower.bind_failures = 0
    follower.bind_locked_at = None
    follower.bind_locked_until = None


def tries_over(at: datetime) -> list[sa.ColumnElement[bool]]:
    """SQL: those who left so long ago that their wrong tries to bind need not be known again."""
    locked = sa.and_(Follower.bind_locked_until.is_not(None), Follower.bind_locked_until > at)
    return [*TRIED, Follower.unsubscribed_at < at - TRIES_KEPT, ~locked]


TRIED = (Follower.gone.is_(True), Follower.bind_failures > 0)
"""SQL: who left after wrong tries to bind."""
TRIES_FORGOTTEN: dict[str, Any] = {
    "openid": sa.literal(f"{PSEUDONYM}over-") + sa.cast(Follower.id, sa.String),
    "bind_failures": 0,
    "bind_locked_at": None,
    "bind_locked_until": None,
}
"""What becomes of such a row: nothing in it comes of the openid any more."""


def empty(session: Session, followers: Sequence[Follower], *, at: datetime) -> None:
    """Remove what followers wrote, were answered and chose. Who they are, and how often they tried to bind, stays."""
    openids = sorted(follower.openid for follower in followers)
    session.execute(sa.delete(Conversation).where(Conversation.openid.in_(openids)))
    for own in (OwnLink, CodeTry, NoticeConsent):
        session.execute(sa.delete(own).where(own.follower_id.in_([one.id for one in followers])))
    _forget_messages(session, openids, at=at)
    _end_requests(session, [one.id for one in followers], at=at)
    for follower in followers:
        follower.unionid = None
        follower.last_seen_at = None
        follower.scene = ""
        follower.scene_branch_id = None
        follower.muted_columns = ""
        follower.large_text = False
        follower.visits_over_at = None
    session.flush()


def _end_requests(session: Session, ids: Sequence[int], *, at: datetime) -> None:
    """Who leaves needs no binding any more; what a member asked about the roster goes on, for it is about the roster."""
    about_binding = [RequestKind.REPLACE.value, RequestKind.BINDING.value]
    theirs = [DataRequest.follower_id.in_(ids), DataRequest.kind.in_(about_binding)]
    move_all(session, DataRequest, REQUEST.step("request.over"), *theirs, decided_at=at)
    session.execute(
        sa.update(DataRequest)
        .where(*theirs)
        .values(asked=None, open_key=None)
        .execution_options(synchronize_session=False)
    )


def _forget_messages(session: Session, openids: Sequence[str], *, at: datetime) -> None:
    """What they wrote and what they were answered; the claims stay for a while, nameless, so that a repeat is still known."""
    theirs = sa.select(InboundMessage.key).where(InboundMessage.openid.in_(openids))
    session.execute(
        sa.update(SpoolFailure)
        .where(SpoolFailure.key.in_(theirs))
        .values(body=None, settled_at=sa.func.coalesce(SpoolFailure.settled_at, at))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(InboundMessage)
        .where(InboundMessage.openid.in_(openids))
        .values(openid=GONE, body=None, reply=None)
        .execution_options(synchronize_session=False)
    )
    theirs_to_get = Delivery.openid.in_(openids)
    answers = [Delivery.push_id.is_(None), theirs_to_get]
    session.execute(sa.delete(Delivery).where(*answers, Delivery.status.in_(_UNSENT)))
    session.execute(
        sa.update(Delivery)
        .where(theirs_to_get)
        .values(openid=GONE, payload=None)
        .execution_options(synchronize_session=False)
    )


def hide_quota(session: Session, openids: Sequence[str], *, months: Sequence[str]) -> None:
    """Replace the openids by their keyed hashes in the ledger of quota of these months."""
    _rename_quota(session, [(one, quota_pseudonym(one)) for one in openids], months)


def welcome_back(session: Session, openids: Sequence[str], *, at: datetime) -> None:
    """These follow (again): the quota they used this month before they left is theirs again, and so are wrong tries to bind."""
    _give_tries_back(session, openids)
    month = clock.month_key(at)
    if len(openids) > _FEW and not _anybody_left(session, month):
        return
    _rename_quota(session, [(quota_pseudonym(one), one) for one in sorted(openids)], [month])


def _give_tries_back(session: Session, openids: Sequence[str]) -> None:
    back = {_tries_pseudonym(one): one for one in openids}
    left = list(session.scalars(sa.select(Follower).where(Follower.openid.in_(back), *TRIED)))
    if not left:
        return
    named = [back[one.openid] for one in left]
    here = {one.openid: one for one in session.scalars(sa.select(Follower).where(Follower.openid.in_(named)))}
    for old in left:
        new = here[back[old.openid]]
        new.bind_failures = old.bind_failures
        new.bind_locked_at, new.bind_locked_until = old.bind_locked_at, old.bind_locked_until
        old.openid = _nobody()
        forget_tries(old)
    session.flush()


def _anybody_left(session: Session, month: str) -> bool:
    gone = sa.select(QuotaUse.id).where(QuotaUse.period == month, QuotaUse.subject.startswith(PSEUDONYM))
    return session.scalar(gone.limit(1)) is not None


def _rename_quota(session: Session, names: Sequence[tuple[str, str]], months: Sequence[str]) -> None:
    """By month and subject, which the ledger's index finds at once; by subject alone it would be read whole."""
    if not names:
        return
    table = table_of(QuotaUse)
    session.connection().execute(
        sa.update(table)
        .where(table.c.period == sa.bindparam("month"), table.c.subject == sa.bindparam("old"))
        .values(subject=sa.bindparam("new")),
        [{"month": month, "old": old, "new": new} for month in months for old, new in names],
    )
