"""What was taken back is deleted at WeChat: a page of each mass message that carried it; a refusal is kept with what to do next.

The cards stay in the phones of those who have them, and say that the page was deleted.
Source: https://developers.weixin.qq.com/doc/service/api/notify/message/api_deletemassmsg
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from accounts.rights import require
from content import corrections
from content.life import REMOVAL, REVIEW
from database import claims
from database.moving import move
from database.session import Database
from ground import clock
from ground.errors import Conflict, NotFound, Unavailable
from models import (
    Correction,
    Delivery,
    DeliveryStatus,
    PushArticle,
    Removal,
    RemovalStatus,
    User,
)
from scheduler import roads
from wechat.outbound.failures import CallFailed

if TYPE_CHECKING:
    from wechat.outbound.client import Client

_LEASE, _SOON, _TOMORROW = timedelta(minutes=2), timedelta(minutes=10), timedelta(days=1)
_TRIES = 6
_AT_ONCE = 10
_DAYS_LIMIT = 45009
_IN_VAIN = [DeliveryStatus.FAILED.value, DeliveryStatus.CANCELLED.value]
_NO_NUMBER = ""
_BY_HAND = "请登录公众号后台，在“发表记录”里删除这一篇"


@dataclass(frozen=True)
class _Taken:
    id: int
    road: str
    msg_id: str
    position: int
    attempts: int


def work(db: Database, client: Client) -> int:
    """Write down what to delete, and ask WeChat for it, one after another; how many pages are gone."""
    with db.session_scope() as session:
        _make(session, clock.now())
    gone = 0
    for _ in range(_AT_ONCE):
        with db.session_scope() as session:
            taken = _claim(session, clock.now())
        if taken is None:
            break
        error = _call(client, taken)
        with db.session_scope() as session:
            gone += _settle(session, taken, error, clock.now())
    return gone


def _make(session: Session, now: datetime) -> None:
    """Rows for the pages that WeChat has of it: one for each draft that was sent, as all calls with one draft share its page.

    As long as a call of it is still under way, it is looked for again. Of a call whose fate nobody knows WeChat told no number.
    """
    unmade = claims.not_being_written(sa.select(Correction).where(*corrections.unmade()))
    for found in list(session.scalars(unmade)):
        calls = _calls(session, found.article_id)
        known = {(one.road, one.msg_id) for one in of_corrections(session, [found.id]).get(found.id, [])}
        rows = [one for one in _pages(found.id, calls, now) if (one.road, one.msg_id) not in known]
        session.add_all(rows)
        found.removals_made = all(one.finished_at is not None or one.msg_id for one in calls)


def _calls(session: Session, article_id: int) -> Sequence[Any]:
    """The calls that carried it and were not certainly in vain, those that have arrived first."""
    arrived = Delivery.status == DeliveryStatus.DELIVERED.value
    columns = (
        Delivery.push_id, Delivery.road, Delivery.media_id, Delivery.msg_id, Delivery.status, Delivery.finished_at,
        PushArticle.position,
    )  # fmt: skip
    query = (
        sa.select(*columns)
        .join(PushArticle, PushArticle.push_id == Delivery.push_id)
        .where(
            PushArticle.article_id == article_id,
            Delivery.road.in_([road.name for road in roads.ROADS.values() if road.removes]),
            Delivery.status.not_in(_IN_VAIN),
        )
        .order_by(arrived.desc(), Delivery.id)
    )
    return session.execute(query).all()


def _pages(correction_id: int, calls: Sequence[Any], now: datetime) -> Iterator[Removal]:
    seen = set()
    for one in calls:
        page = (one.push_id, one.road, one.media_id)
        if one.msg_id and page not in seen:
            seen.add(page)
            yield Removal(
                correction_id=correction_id,
                road=one.road,
                msg_id=one.msg_id,
                position=one.position,
                due_at=now,
            )
    lost = {one.road: one.position for one in calls if not one.msg_id and one.finished_at is not None}
    for road, position in lost.items():
        yield Removal(
            correction_id=correction_id,
            road=road,
            msg_id=_NO_NUMBER,
            position=position,
            status=RemovalStatus.REFUSED.value,
            error=f"有发送结果不明，微信没有给出编号。{_BY_HAND}",
            due_at=now,
        )


def _claim(session: Session, now: datetime) -> _Taken | None:
    ids = claims.claim(
        session,
        Removal,
        where=corrections.removals_due(now),
        values={"due_at": now + _LEASE, "attempts": Removal.attempts + 1},
        limit=1,
        order_by=(Removal.due_at, Removal.id),
    )
    if not ids:
        return None
    row = session.get_one(Removal, ids[0], populate_existing=True)
    return _Taken(row.id, row.road, row.msg_id, row.position, row.attempts)


def _call(client: Client, taken: _Taken) -> CallFailed | Unavailable | None:
    try:
        roads.of(taken.road).remove(client, taken.msg_id, taken.position)
    except (CallFailed, Unavailable) as error:
        return error
    return None


def _settle(session: Session, taken: _Taken, error: CallFailed | Unavailable | None, now: datetime) -> int:
    """Deleting twice does no harm, so that what was not answered is asked for again."""
    if error is None:
        gone = move(session, Removal, taken.id, REMOVAL.step("removal.done"), done_at=now, error="")
        _note(session, "removal.done", taken, now)
        return int(gone)
    said, tries = error.message[:300], taken.attempts
    if isinstance(error, CallFailed) and error.code == _DAYS_LIMIT:
        wait, tries = _TOMORROW, taken.attempts - 1  # not refused: there are so many of these calls a day
    elif taken.attempts < _TRIES and not _final(error):
        wait = _SOON * taken.attempts
    else:
        move(session, Removal, taken.id, REMOVAL.step("removal.refuse"), error=f"{said}。{_BY_HAND}"[:300])
        _note(session, "removal.refuse", taken, now)
        return 0
    claims.change(session, Removal, [Removal.id == taken.id], due_at=now + wait, error=said, attempts=tries)
    return 0


def _note(session: Session, action: str, taken: _Taken, now: datetime) -> None:
    article_id = session.get_one(Removal, taken.id).correction.article_id
    audit.record(session, action, at=now, actor="系统", subject=f"article:{article_id}")


def _final(error: CallFailed | Unavailable) -> bool:
    """Whether WeChat has refused for good: it would say the same again."""
    return isinstance(error, CallFailed) and error.code in _REFUSALS


_REFUSALS = frozenset({40060, 48001})


def again(session: Session, removal_id: int, user: User, *, at: datetime) -> None:
    """再次请求删除 what WeChat refused. Raises :class:`errors.Conflict`, :class:`errors.Forbidden`, :class:`errors.NotFound`."""
    require(user, REVIEW)
    found = session.get(Removal, removal_id)
    if found is None:
        raise NotFound("没有这一项删除请求")
    if found.msg_id == _NO_NUMBER:
        raise Conflict(f"微信没有给出编号，无法请求删除。{_BY_HAND}")
    if not move(session, Removal, removal_id, REMOVAL.step("removal.again"), due_at=at, attempts=0):
        raise Conflict("这一项刚刚有变化，请刷新后再试")
    audit.record(
        session,
        "removal.again",
        at=at,
        user=user,
        subject=f"article:{found.correction.article_id}",
    )


def by_hand(session: Session, removal_id: int, user: User, *, at: datetime) -> None:
    """已在公众平台手动删除: a person has done what WeChat refused. Raises as :func:`again`."""
    require(user, REVIEW)
    found = session.get(Removal, removal_id)
    if found is None:
        raise NotFound("没有这一项删除请求")
    if not move(
        session, Removal, removal_id, REMOVAL.step("removal.by_hand"), done_at=at, done_by=user.id, error=""
    ):
        raise Conflict("这一项刚刚有变化，请刷新后再试")
    audit.record(
        session, "removal.by_hand", at=at, user=user, subject=f"article:{found.correction.article_id}"
    )


def of_corrections(session: Session, ids: Sequence[int]) -> dict[int, list[Removal]]:
    """What WeChat was asked to delete, by the retraction, in order."""
    found: dict[int, list[Removal]] = {}
    query = sa.select(Removal).where(Removal.correction_id.in_(ids)).options(joinedload(Removal.doer))
    for one in session.scalars(query.order_by(Removal.id)):
        found.setdefault(one.correction_id, []).append(one)
    return found


__all__ = ["again", "by_hand", "of_corrections", "work"]
