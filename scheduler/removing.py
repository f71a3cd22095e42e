"""What WeChat has of an article that was taken back or corrected: a page of each mass message that carried it.

Of what was taken back it is asked to delete them; a refusal is kept with what to do next. What was corrected stays there as it
was sent, because no interface changes it: a person has it deleted, or mends it by hand at WeChat's site and says so. The cards
stay in the phones of those who have them, and say of a page that was deleted that it is.
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
    Article,
    Correction,
    CorrectionKind,
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
_MEND = "需要改的，请登录公众号后台，在“发表记录”里修改或删除这一篇"


@dataclass(frozen=True)
class _Taken:
    id: int
    road: str
    msg_id: str
    position: int
    attempts: int


def work(db: Database, client: Client) -> int:
    """Write down which pages there are, and ask WeChat to delete what is wanted, one after another; how many are gone."""
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

    What is being sent can be deleted by nobody: a push is looked at when its last call is over, which is asked each second. Of a
    call whose fate nobody knows WeChat told no number. What an earlier correction had left there is this one's now.
    """
    unmade = claims.not_being_written(sa.select(Correction).where(*corrections.unmade()))
    for found in list(session.scalars(unmade)):
        calls = _calls(session, found)
        known = _known(session, found)
        going_on = {one.push_id for one in calls if one.finished_at is None}
        over = [one for one in calls if one.push_id not in going_on]
        session.add_all(row for row in _pages(found, over, now) if (row.road, row.msg_id) not in known)
        found.removals_made = not going_on


def _known(session: Session, found: Correction) -> set[tuple[str, str]]:
    """The pages that need no row: they have one, or are gone. What waits for a person's word of an earlier correction goes."""
    others = sa.select(Correction.id).where(
        Correction.article_id == found.article_id, Correction.id != found.id
    )
    left = [Removal.correction_id.in_(others), Removal.status == RemovalStatus.KEPT.value]
    session.execute(sa.delete(Removal).where(*left).execution_options(synchronize_session=False))
    gone = sa.and_(Removal.correction_id.in_(others), Removal.status == RemovalStatus.DONE.value)
    query = sa.select(Removal.road, Removal.msg_id).where(sa.or_(Removal.correction_id == found.id, gone))
    return {(road, msg_id) for road, msg_id in session.execute(query)}


def _calls(session: Session, found: Correction) -> Sequence[Any]:
    """The calls that carried it and were not certainly in vain, the arrived ones first; of a correction, the former text."""
    arrived = Delivery.status == DeliveryStatus.DELIVERED.value
    columns = (
        Delivery.push_id, Delivery.road, Delivery.media_id, Delivery.msg_id, Delivery.status, Delivery.finished_at,
        PushArticle.position,
    )  # fmt: skip
    query = (
        sa.select(*columns)
        .join(PushArticle, PushArticle.push_id == Delivery.push_id)
        .join(Article, Article.id == PushArticle.article_id)
        .where(
            PushArticle.article_id == found.article_id,
            Delivery.road.in_([road.name for road in roads.ROADS.values() if road.removes]),
            Delivery.status.not_in(_IN_VAIN),
        )
        .order_by(arrived.desc(), Delivery.id)
    )
    if found.kind == CorrectionKind.CORRECT:
        query = query.where(PushArticle.content_hash != Article.hash)
    return session.execute(query).all()


def _pages(found: Correction, calls: Sequence[Any], now: datetime) -> Iterator[Removal]:
    corrected = found.kind == CorrectionKind.CORRECT
    first = RemovalStatus.KEPT if corrected else RemovalStatus.WANTED
    seen = set()
    for one in calls:
        page = (one.push_id, one.road, one.media_id)
        if one.msg_id and page not in seen:
            seen.add(page)
            yield Removal(
                correction_id=found.id, road=one.road, msg_id=one.msg_id, position=one.position, status=first.value, due_at=now
            )  # fmt: skip
    lost = {one.road: one.position for one in calls if not one.msg_id}
    for road, position in lost.items():
        yield Removal(
            correction_id=found.id,
            road=road,
            msg_id=_NO_NUMBER,
            position=position,
            status=(RemovalStatus.KEPT if corrected else RemovalStatus.REFUSED).value,
            error=f"有发送结果不明，微信没有给出编号。{_MEND if corrected else _BY_HAND}",
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
    _decide(session, "removal.again", removal_id, user, at, due_at=at, attempts=0)


def ask(session: Session, removal_id: int, user: User, *, at: datetime) -> None:
    """请求微信删除 a page that shows what was corrected. Raises as :func:`again`."""
    _decide(session, "removal.ask", removal_id, user, at, due_at=at, attempts=0)


def by_hand(session: Session, removal_id: int, user: User, *, at: datetime) -> None:
    """已在公众平台手动删除: a person has done what WeChat refused. Raises as :func:`again`."""
    _decide(session, "removal.by_hand", removal_id, user, at, done_at=at, done_by=user.id, error="")


def mend(session: Session, removal_id: int, user: User, *, at: datetime) -> None:
    """已在公众平台手动修改: a person has corrected there what no interface changes. Raises as :func:`again`."""
    _decide(session, "removal.mend", removal_id, user, at, done_at=at, done_by=user.id, error="")


def _decide(session: Session, name: str, removal_id: int, user: User, at: datetime, **values: Any) -> None:
    step = REMOVAL.step(name)
    require(user, REVIEW)
    found = session.get(Removal, removal_id)
    if found is None:
        raise NotFound("没有这一项，请刷新后再看")
    if step.to == RemovalStatus.WANTED and found.msg_id == _NO_NUMBER:
        raise Conflict(f"微信没有给出编号，无法请求删除。{_BY_HAND}")
    if not move(session, Removal, removal_id, step, **values):
        raise Conflict("这一项刚刚有变化，请刷新后再试")
    audit.record(session, name, at=at, user=user, subject=f"article:{found.correction.article_id}")


def of_corrections(session: Session, ids: Sequence[int]) -> dict[int, list[Removal]]:
    """What WeChat was asked to delete, by the retraction, in order."""
    found: dict[int, list[Removal]] = {}
    query = sa.select(Removal).where(Removal.correction_id.in_(ids)).options(joinedload(Removal.doer))
    for one in session.scalars(query.order_by(Removal.id)):
        found.setdefault(one.correction_id, []).append(one)
    return found


__all__ = ["again", "ask", "by_hand", "mend", "of_corrections", "work"]
