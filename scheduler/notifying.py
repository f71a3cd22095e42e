"""通知收到过的读者: whoever received an article by a push is told, once, that it was corrected or taken back.

It goes as a customer-service message, to those who wrote to the account within the last 48 hours; it costs no quota. Whom it does
not reach finds the note on the article's page, or gets the corrected article by a push of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import require
from content import corrections
from content.life import KIND_NAMES
from content.lifecycle import locked
from content.trail import note
from database import claims
from database.moving import move_all
from database.once import insert_once
from ground.errors import Conflict, NotFound, Refused
from models import (
    Column,
    Correction,
    CorrectionKind,
    CorrectionStatus,
    Delivery,
    DeliveryStatus,
    Follower,
    User,
)
from scheduler import answers, instance, quiet, windows
from scheduler.audience import Person
from scheduler.audience.kinds import who_got
from scheduler.life import DELIVERY
from settings import Settings

RIGHT = "push.create"
REASONS: Mapping[str, str] = {
    "told": "已经通知过",
    "left": "已取消关注",
    "muted": "已退订本栏目",
    "silent": "48 小时内没有给公众号发过消息",
    "spent": "已收满微信允许的回复条数",
    "night": "等到免打扰时段结束已超过 48 小时",
}
"""Why somebody who received the article is not told, in the order in which it is looked at."""
_DAYS = 7
_ARRIVED, _WAITS = (
    DeliveryStatus.DELIVERED.value,
    (DeliveryStatus.PLANNED.value, DeliveryStatus.CLAIMED.value),
)


@dataclass(frozen=True)
class Reach:
    """How many ``received`` the article, how many of them would be told now (``people``), and why the ``others`` not.

    ``later``: it is quiet, and goes out when the quiet hours are over. ``refusal`` says why nobody can be told, if so.
    """

    received: int
    people: int
    others: Mapping[str, int] = field(default_factory=dict)
    later: datetime | None = None
    refusal: str = ""


@dataclass(frozen=True)
class Notified:
    """How many were sent it so far; how many of them have it (None: no longer known), and how many wait."""

    people: int
    arrived: int | None
    waiting: int


@dataclass(frozen=True)
class _Reader:
    openid: str
    until: datetime


def latest(session: Session, article_id: int) -> Correction:
    """What took effect last of this article. Raises :class:`errors.NotFound`."""
    for one in corrections.of_article(session, article_id):
        if one.status == CorrectionStatus.DONE:
            return one
    raise NotFound("这篇稿件没有已生效的更正或撤回，不需要通知")


def reach(session: Session, settings: Settings, correction: Correction, *, at: datetime) -> Reach:
    """Whom a notice would reach now; nothing is written."""
    received, readers, others = _readers(session, settings, correction, at)
    due = quiet.defer(at, settings.limits.quiet_hours)
    return Reach(
        received, len(readers), others, due if due != at else None,
        _refusal(settings, correction, at) or _nobody(received, readers),
    )  # fmt: skip


def notify(session: Session, settings: Settings, article_id: int, user: User, *, at: datetime) -> int:
    """Tell all whom it reaches now of what took effect last; how many. In the quiet hours it goes out at their end.

    A notice of an earlier correction that waits still is dropped. Raises :class:`errors.Refused` where nobody can be told,
    :class:`errors.Conflict` on a server that may not send or where somebody else just did it, :class:`errors.NotFound`,
    :class:`errors.Forbidden`.
    """
    require(user, RIGHT)
    article = locked(session, article_id)
    correction = latest(session, article_id)
    received, readers, _ = _readers(session, settings, correction, at)
    why = _refusal(settings, correction, at) or _nobody(received, readers)
    if why:
        raise Refused(why)
    if not instance.may_send(session, settings):
        raise Conflict(instance.READ_ONLY)
    earlier = sa.select(Correction.id).where(
        Correction.article_id == article_id, Correction.id != correction.id
    )
    move_all(
        session, Delivery, DELIVERY.step("push.cancel"), Delivery.correction_id.in_(earlier), finished_at=at
    )
    made = insert_once(session, Delivery, _rows(settings, correction, readers, at), keys=["key"])
    if not made:
        raise Conflict("这些读者刚刚已经通知过，请刷新后查看")
    mine = [Correction.id == correction.id]
    claims.change(session, Correction, mine, notified=Correction.notified + made)
    note(session, user, "article.notify", article, kind=correction.kind, count=made, at=at)
    return made


def _rows(
    settings: Settings, correction: Correction, readers: Sequence[_Reader], at: datetime
) -> list[dict[str, object]]:
    body = {"msgtype": "text", "text": {"content": text(settings, correction)}}
    payload = msgspec.json.encode(body).decode()
    due, about = quiet.defer(at, settings.limits.quiet_hours), f"correction:{correction.id}"
    more = {"correction_id": correction.id, "reply_to": about}
    return [
        answers.CONSTANT
        | answers.row(one.openid, payload, answers=f"{about}:{one.openid}", due_at=due, expires_at=one.until)
        | more
        for one in readers
    ]


def text(settings: Settings, correction: Correction) -> str:
    """What they read: which article, the note for readers, and where it stands."""
    article, said = correction.article, KIND_NAMES[CorrectionKind(correction.kind)]
    title = article.title.replace("<", "＜").replace(">", "＞")
    link = f'<a href="{settings.server.base_url}/m/a/{article.id}">查看{said}说明</a>'
    return f"您收到过的《{title}》已{said}。\n{correction.note}\n{link}"


def notified(session: Session, found: Sequence[Correction]) -> dict[int, Notified]:
    """Of each correction of which somebody was told, how many were."""
    ids = [one.id for one in found if one.notified]
    query = (
        sa.select(Delivery.correction_id, Delivery.status, sa.func.count())
        .where(Delivery.correction_id.in_(ids))
        .group_by(Delivery.correction_id, Delivery.status)
    )
    by: dict[int, Counter[str]] = {}
    for correction_id, status, count in session.execute(query) if ids else ():
        by.setdefault(int(correction_id or 0), Counter())[status] = count
    return {
        one.id: Notified(
            one.notified,
            by[one.id][_ARRIVED] if one.id in by else None,
            sum(by[one.id][status] for status in _WAITS) if one.id in by else 0,
        )
        for one in found
        if one.notified
    }


def _refusal(settings: Settings, correction: Correction, at: datetime) -> str:
    kept = min(_DAYS, settings.limits.inbound_keep_days)  # who was told is known for so long
    if correction.decided_at is None or at >= correction.decided_at + timedelta(days=kept):
        said = KIND_NAMES[CorrectionKind(correction.kind)]
        return f"{said}生效已超过 {kept} 天，不再逐人通知，打开手机页面的人可以看到说明"
    if not settings.server.base_url:
        return "还没有设置服务的网址，消息里无法给出文章地址，请先在配置文件里填写 [server] base_url"
    return ""


def _nobody(received: int, readers: Sequence[_Reader]) -> str:
    if not received:
        return "没有逐人的接收记录（没有推送过、公众号群发不记名，或记录已按规定清除），不能逐人通知"
    return "" if readers else "现在没有能用客服消息通知到的读者，可以稍后再来，或改用重新推送"


def _readers(
    session: Session, settings: Settings, correction: Correction, at: datetime
) -> tuple[int, list[_Reader], dict[str, int]]:
    """How many received it, who of them can be told now, and why the others not."""
    got = who_got(correction.article_id).subquery()
    ids = sa.select(got.c[0])
    received = session.scalar(sa.select(sa.func.count(sa.distinct(got.c[0])))) or 0
    here = (Follower.subscribed.is_(True), Follower.gone.is_(False), Follower.openid.in_(ids))
    people = [
        Person(*row)
        for row in session.execute(sa.select(Follower.openid, Follower.muted_columns).where(*here))
    ]
    column = session.scalars(sa.select(Column.key).where(Column.id == correction.article.column_id)).one()
    told = set(session.scalars(sa.select(Delivery.openid).where(Delivery.correction_id == correction.id)))
    open_now = windows.at(session, answers.ROAD, settings.wechat.limits, at, among=ids)
    due = quiet.defer(at, settings.limits.quiet_hours)
    readers: list[_Reader] = []
    others = Counter(left=received - len(people))
    for one in people:
        until = open_now.until.get(one.openid) if open_now else None
        if one.openid in told:
            others["told"] += 1
        elif column in one.muted_columns():
            others["muted"] += 1
        elif until is None:
            others["silent"] += 1
        elif open_now and one.openid in open_now.used:
            others["spent"] += 1
        elif until <= due:
            others["night"] += 1
        else:
            readers.append(_Reader(one.openid, until))
    return received, readers, {name: others[name] for name in REASONS if others[name]}


__all__ = ["REASONS", "RIGHT", "Notified", "Reach", "latest", "notified", "notify", "reach", "text"]
