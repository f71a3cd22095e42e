"""Who leaves is forgotten: everything that hangs on the openid goes or loses it, while member and check-ins stay.

An openid can be recognised for ever by anybody who has it, so nothing keeps it, in clear or as a plain digest. The one thing that
must still be found is how many mass messages they received this month, because WeChat counts on through a return: those rows keep
a hash whose key only this installation has, and no longer than the month.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community.bound import leave
from database.base import table_of
from database.sealed import keyring
from ground import clock
from models import (
    Conversation,
    Delivery,
    DeliveryStatus,
    Follower,
    FollowerTag,
    InboundMessage,
    QuotaUse,
    SpoolFailure,
    TagChange,
)

GONE = "gone"
"""Stands for the openid where nothing needs to tell two who left apart."""
PSEUDONYM = f"{GONE}-"
"""How a pseudonym begins; no openid does."""
_HEX = 40
_FEW = 50
_UNSENT = (DeliveryStatus.PROMISED.value, DeliveryStatus.PLANNED.value)


def quota_pseudonym(openid: str) -> str:
    """What stands for an openid in the ledger of quota after they left: the same whenever they leave, useless without the key."""
    return PSEUDONYM + keyring().index(f"quota:{openid}").hex()[:_HEX]


def forget(session: Session, followers: Sequence[Follower], *, at: datetime) -> None:
    """Pseudonymise followers and remove what hangs on their openids. Member and check-ins stay."""
    openids = sorted(follower.openid for follower in followers)
    for table in (FollowerTag, TagChange, Conversation):
        session.execute(sa.delete(table).where(table.openid.in_(openids)))
    _forget_messages(session, openids, at=at)
    for follower in followers:
        follower.openid = PSEUDONYM + secrets.token_hex(16)
        follower.unionid = None
        follower.unsubscribed_at = at
        follower.last_seen_at = None
        follower.scene = ""
        follower.scene_branch_id = None
        leave(follower)
        follower.bind_failures = 0
        follower.bind_locked_at = None
        follower.bind_locked_until = None
        follower.muted_columns = ""
        follower.large_text = False
    session.flush()
    hide_quota(session, openids, months=(clock.month_before(at), clock.month_key(at)))


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
    """These follow (again): what they used of this month's quota before they left is theirs again."""
    month = clock.month_key(at)
    if len(openids) > _FEW and not _anybody_left(session, month):
        return
    _rename_quota(session, [(quota_pseudonym(one), one) for one in sorted(openids)], [month])


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
