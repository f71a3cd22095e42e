"""订阅同意: who agreed to be sent a notice, counted by follower and template; each consent is spent by one call, once.

A consent comes by WeChat's event, or by our page that saw the tap; neither tells of every tap, and both may tell of the same one.
What WeChat answers to a send is the truth: 43101 voids what we believe is left.
Source: https://developers.weixin.qq.com/doc/service/guide/product/subscription_messages/push.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database import claims
from database.once import insert_once
from models import Delivery, DeliveryStatus, Follower, NoticeConsent, Push
from scheduler import roads
from scheduler.outcome import Outcome
from scheduler.roads import Content, Road
from scheduler.roads.load import Agreement
from settings import Settings
from wechat.outbound.reaction_table import look_up
from wechat.outbound.reactions import Detail

NONE, USED, REFUSED, OVER = "no_consent", "consent_used", "consent_refused", "consent_over"
_GIVEN = sa.case((NoticeConsent.told > NoticeConsent.seen, NoticeConsent.told), else_=NoticeConsent.seen)
_VOID: dict[str, Any] = {"told": 0, "seen": 0, "spent": 0}


# --- given and taken back --------------------------------------------------------------------------------------


def grant(
    session: Session, openid: str, template_id: str, *, sent_at: datetime, on_page: bool = False
) -> bool:
    """Count one consent, given at ``sent_at``; whether it counts: not of who does not follow, nor from before a refusal.

    ``on_page``: our own page saw it; else WeChat's event told of it, which is counted once by its key.
    """
    found = _locked(session, openid, template_id)
    if found is None or (found.refused_at is not None and found.refused_at > sent_at):
        return False
    found.refused_at = None
    found.granted_at = max(found.granted_at or sent_at, sent_at)
    if on_page:
        found.seen += 1
    else:
        found.told += 1
    session.flush()
    return True


def refuse(session: Session, openid: str, template_id: str, *, sent_at: datetime) -> bool:
    """They want none of these any more: what was left is void. Not if they agreed later than that; whether it counts."""
    found = _locked(session, openid, template_id)
    if found is None or (found.granted_at is not None and found.granted_at > sent_at):
        return False
    found.told = found.seen = found.spent = 0
    found.refused_at = sent_at
    session.flush()
    return True


def void(session: Session, openid: str, agreement: Agreement) -> None:
    """WeChat knows of no consent: nothing is left, until they agree again."""
    over = {**_VOID, "granted_at": None} if agreement.lasting else _VOID
    claims.change(session, NoticeConsent, _of(openid, agreement.template_id), **over)


def _locked(session: Session, openid: str, template_id: str) -> NoticeConsent | None:
    """The row, made now if it was not there, and nobody else's until the end of the transaction; None of who does not follow."""
    here = (Follower.openid == openid, Follower.subscribed.is_(True), Follower.gone.is_(False))
    follower_id = session.scalar(sa.select(Follower.id).where(*here))
    if follower_id is None:
        return None
    fresh = {"follower_id": follower_id, "template_id": template_id, **_VOID}
    insert_once(session, NoticeConsent, [fresh], keys=["follower_id", "template_id"])
    mine = (NoticeConsent.follower_id == follower_id, NoticeConsent.template_id == template_id)
    query = sa.select(NoticeConsent).where(*mine).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _of(openid: str, template_id: str) -> list[sa.ColumnElement[bool]]:
    whose = sa.select(Follower.id).where(Follower.openid == openid).scalar_subquery()
    return [NoticeConsent.follower_id == whose, NoticeConsent.template_id == template_id]


# --- asked for on our pages ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Offer:
    """A kind of notice that a page may ask a person to agree to."""

    kind: str
    road: Road
    template_id: str
    lasting: bool


def offers(settings: Settings) -> list[Offer]:
    """What pages may ask for on this account, by what is set up."""
    return [
        Offer(kind, road, agreement.template_id, agreement.lasting)
        for kind in (Content.ACTIVITY, Content.ARTICLES)
        for road in roads.carrying(kind)
        if (agreement := road.agreement(kind, settings)) and not road.refusal(kind, settings)
    ]


def offer(settings: Settings, kind: str) -> Offer | None:
    """The one of this kind; None where there is none."""
    return next((one for one in offers(settings) if one.kind == kind), None)


def seen(session: Session, offer: Offer, follower_id: int, *, accepted: bool, at: datetime) -> bool:
    """Our page saw how a follower answered the button of ``offer``; whether it counts."""
    openid = session.scalar(sa.select(Follower.openid).where(Follower.id == follower_id))
    if openid is None:
        return False
    if accepted:
        return grant(session, openid, offer.template_id, sent_at=at, on_page=True)
    return refuse(session, openid, offer.template_id, sent_at=at)


def left(session: Session, settings: Settings, offer: Offer, follower_id: int, *, at: datetime) -> int:
    """How many notices of this kind a follower can still be sent; of a lasting consent 1."""
    found = session.scalar(
        sa.select(NoticeConsent).where(
            NoticeConsent.follower_id == follower_id, NoticeConsent.template_id == offer.template_id
        )
    )
    if found is None:
        return 0
    remain = 1 if offer.lasting else max(found.told, found.seen) - found.spent
    return 0 if _why_not(found.granted_at, found.refused_at, remain, _since(settings, at)) else remain


# --- planned ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """Why not, of all who ever answered about a template: an empty text where a notice may be sent."""

    by_openid: Mapping[str, str] = field(default_factory=dict)

    def why_not(self, openid: str) -> str:
        """The name of the reason why this one gets none; empty where they do."""
        return self.by_openid.get(openid, NONE)


def standing(session: Session, road: Road, settings: Settings, kind: str, at: datetime) -> Standing | None:
    """Who may be sent a notice ``at`` that moment; None where this road asks for no consent. What waits to be sent is spent."""
    agreement = road.agreement(kind, settings)
    if agreement is None:
        return None
    waiting = _waiting(session, road, kind)
    rows = session.execute(
        sa.select(
            Follower.openid, NoticeConsent.granted_at, NoticeConsent.refused_at, _GIVEN - NoticeConsent.spent
        )
        .join(Follower, Follower.id == NoticeConsent.follower_id)
        .where(NoticeConsent.template_id == agreement.template_id)
    )
    since = _since(settings, at)
    return Standing({
        openid: _why_not(granted, refused, 1 if agreement.lasting else left - waiting[openid], since)
        for openid, granted, refused, left in rows
    })  # fmt: skip


def _why_not(granted: datetime | None, refused: datetime | None, left: int, since: datetime | None) -> str:
    if refused is not None:
        return REFUSED
    if granted is None:
        return NONE
    if since is not None and granted < since:
        return OVER
    return USED if left <= 0 else ""


def _since(settings: Settings, at: datetime) -> datetime | None:
    days = settings.limits.notice_consent_days
    return at - timedelta(days=days) if days else None


def _waiting(session: Session, road: Road, kind: str) -> Counter[str]:
    """How many calls to each wait that have spent nothing yet."""
    rows = session.execute(
        sa.select(Delivery.openid, sa.func.count())
        .join(Push, Push.id == Delivery.push_id)
        .where(Delivery.status == DeliveryStatus.PLANNED.value, Delivery.road == road.name, Push.kind == kind)
        .group_by(Delivery.openid)
    )
    return Counter({openid: count for openid, count in rows if openid})


# --- spent -----------------------------------------------------------------------------------------------------


def asked_for(session: Session, road: Road, settings: Settings, push_id: int | None) -> Agreement | None:
    """To what whoever gets a call of this road for this push, or answer, must have agreed; None where that is nothing."""
    if not any(road.agreement(kind, settings) for kind in road.carries):
        return None
    if push_id is None:
        return road.agreement(Content.ANSWER, settings)
    kind = session.scalars(sa.select(Push.kind).where(Push.id == push_id)).one()
    return road.agreement(kind, settings)


def spend(session: Session, settings: Settings, delivery: Delivery, road: Road, at: datetime) -> bool:
    """Take one consent for a call that is about to be made, in the transaction of its claim; False where there is none.

    A conditional update, so that two calls never take the same one. A delivery that has taken one keeps it.
    """
    agreement = asked_for(session, road, settings, delivery.push_id)
    if agreement is None or delivery.spends_consent:
        return True
    since = _since(settings, at)
    valid = [
        *_of(delivery.openid or "", agreement.template_id),
        NoticeConsent.refused_at.is_(None),
        NoticeConsent.granted_at.is_not(None),
        *([NoticeConsent.granted_at >= since] if since else ()),
    ]
    if agreement.lasting:
        return session.scalar(sa.select(NoticeConsent.id).where(*valid)) is not None
    taken = claims.change(
        session, NoticeConsent, [*valid, NoticeConsent.spent < _GIVEN], spent=NoticeConsent.spent + 1
    )
    delivery.spends_consent = bool(taken)
    return bool(taken)


def settled(session: Session, settings: Settings, delivery: Delivery, outcome: Outcome) -> None:
    """A call failed: a certain no gives its consent back, WeChat's word that there is none voids all, else it stays spent."""
    if not delivery.spends_consent and outcome.code is None:
        return
    road = _road(delivery)
    agreement = asked_for(session, road, settings, delivery.push_id)
    if agreement is None:
        return
    if outcome.code is not None and _says_none(road, outcome.code):
        void(session, delivery.openid or "", agreement)
        delivery.spends_consent = False
    elif outcome.status in (DeliveryStatus.PLANNED.value, DeliveryStatus.FAILED.value):
        give_back(session, settings, [delivery])


def give_back(session: Session, settings: Settings, unmade: Sequence[Delivery]) -> None:
    """These calls were certainly not made, or refused: what each had taken is there again, once."""
    for delivery in unmade:
        agreement = asked_for(session, _road(delivery), settings, delivery.push_id)
        if agreement is None or not delivery.spends_consent:
            continue
        delivery.spends_consent = False
        theirs = [*_of(delivery.openid or "", agreement.template_id), NoticeConsent.spent > 0]
        claims.change(session, NoticeConsent, theirs, spent=NoticeConsent.spent - 1)
    session.flush()


def _road(delivery: Delivery) -> Road:
    return roads.of(delivery.road)


def _says_none(road: Road, code: int) -> bool:
    return look_up(road.group, code).reaction.detail is Detail.NOT_SUBSCRIBED


# --- in numbers ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Numbers:
    """Of one template: how many followers can be sent a notice now, whose consents are used up, over, or refused."""

    agreed: int
    used: int
    over: int
    refused: int


def numbers(session: Session, road: Road, settings: Settings, kind: str, at: datetime) -> Numbers | None:
    """For the office: numbers, and nobody's name. None where the road asks for no consent to this kind."""
    found = standing(session, road, settings, kind, at)
    if found is None:
        return None
    by = Counter(found.by_openid.values())
    return Numbers(by[""], by[USED], by[OVER], by[REFUSED])


def summary(session: Session, settings: Settings, at: datetime) -> list[tuple[Offer, Numbers]]:
    """The numbers of every kind of notice that is set up."""
    found = ((one, numbers(session, one.road, settings, one.kind, at)) for one in offers(settings))
    return [(one, counted) for one, counted in found if counted is not None]
