"""留言: what readers write under an article at WeChat: fetched, shown and forgotten; nothing of it is kept here.

WeChat tells of no new comment and not whether an article takes any; so the list is asked for whenever somebody looks.
Source: https://developers.weixin.qq.com/doc/subscription/api/leaving/api_openarticlecomment
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit, rights
from community.privacy import mask_openid
from content import finding
from ground import clock
from ground.errors import Conflict, NotFound, Refused, Unavailable
from models import AuditEntry, Delivery, DeliveryStatus, PushArticle, User
from scheduler import instance
from wechat.outbound.failures import CallFailed

if TYPE_CHECKING:
    from runtime import Runtime
    from wechat.outbound.client import Client
    from wechat.outbound.endpoints.statistics import Comment

RIGHT = "article.queue"
_AT_ONCE = 49
REPLY_CHARS = 600
_SENT = (DeliveryStatus.ACCEPTED.value, DeliveryStatus.DELIVERED.value)
_SWITCHES = ("remark.open", "remark.close")


@dataclass(frozen=True)
class Sent:
    """A message by which the article went out: the number of its first call, WeChat's own for it, its place in it from 0."""

    delivery_id: int
    push_id: int
    data_id: str
    index: int
    at: datetime | None


@dataclass(frozen=True)
class Remark:
    """One comment. ``who`` is masked."""

    id: int
    who: str
    at: datetime
    text: str
    elected: bool
    reply: str


@dataclass(frozen=True)
class Remarks:
    """A page of them, and how many there are; ``refusal`` is what WeChat said instead, with what to do."""

    rows: Sequence[Remark] = ()
    total: int = 0
    refusal: str = ""


def sent(session: Session, article_id: int) -> list[Sent]:
    """The messages by which it went out that WeChat told the number of, the latest first.

    Calls of one push that share a draft share its page.
    """
    query = (
        sa.select(
            Delivery.id, PushArticle.push_id, Delivery.msg_data_id, PushArticle.position, Delivery.accepted_at,
            Delivery.media_id,
        )
        .join(PushArticle, PushArticle.push_id == Delivery.push_id)
        .where(
            PushArticle.article_id == article_id,
            Delivery.msg_data_id != "", Delivery.status.in_(_SENT)
        )
        .order_by(Delivery.id)
    )  # fmt: skip
    found: dict[tuple[int, str], Sent] = {}
    for ident, push_id, data_id, position, at, media_id in session.execute(query):
        found.setdefault((push_id, media_id), Sent(ident, push_id, data_id, position - 1, at))
    return list(reversed(found.values()))


def switched(session: Session, article_id: int) -> AuditEntry | None:
    """When somebody here opened or closed its comments last: WeChat does not say how they stand."""
    query = sa.select(AuditEntry).where(
        AuditEntry.subject == f"article:{article_id}", AuditEntry.action.in_(_SWITCHES)
    )
    return session.scalar(query.order_by(AuditEntry.id.desc()).limit(1))


def listed(client: Client, message: Sent, *, begin: int, count: int) -> Remarks:
    """Ask WeChat for ``count`` of them from ``begin`` (from 0) on; outside any transaction."""
    found: list[Comment] = []
    total = 0
    try:
        while count > 0:
            part = client.comments(message.data_id, message.index, begin=begin, count=min(count, _AT_ONCE))
            total = part.total
            found += part.comment
            begin, count = begin + _AT_ONCE, count - _AT_ONCE
    except (CallFailed, Unavailable) as error:
        return Remarks(refusal=error.message)
    rows = [
        Remark(
            one.user_comment_id,
            mask_openid(one.openid),
            datetime.fromtimestamp(one.create_time, UTC),
            one.content,
            bool(one.comment_type),
            one.reply.content if one.reply else "",
        )
        for one in found
    ]
    return Remarks(rows, total)


@dataclass(frozen=True)
class Deed:
    """What is to be done: a name of :data:`DEEDS`, to which comment (0: to the article), with which text."""

    name: str
    comment_id: int = 0
    text: str = ""


DEEDS: Mapping[str, Callable[[Client, Sent, Deed], None]] = {
    "open": lambda client, to, deed: client.comments_open(to.data_id, to.index, opened=True),
    "close": lambda client, to, deed: client.comments_open(to.data_id, to.index, opened=False),
    "elect": lambda client, to, deed: client.comment_select(
        to.data_id, deed.comment_id, to.index, selected=True
    ),
    "unelect": lambda client, to, deed: client.comment_select(
        to.data_id, deed.comment_id, to.index, selected=False
    ),
    "delete": lambda client, to, deed: client.comment_delete(to.data_id, deed.comment_id, to.index),
    "reply": lambda client, to, deed: client.comment_reply(to.data_id, deed.comment_id, deed.text, to.index),
    "reply_delete": lambda client, to, deed: client.comment_reply_delete(
        to.data_id, deed.comment_id, to.index
    ),
}
"""What may be done; each is ``remark.NAME`` in the trail."""


def do(runtime: Runtime, user_id: int, article_id: int, delivery_id: int, deed: Deed) -> None:
    """Do it at WeChat, and write down who did.

    Where no answer came it is written down as well: it may have been done. Raises :class:`errors.Refused` for a reply without
    words or too long, :class:`errors.NotFound`, :class:`errors.Conflict` on a server that may not send or for a second reply,
    :class:`errors.Forbidden`, and what WeChat answers.
    """
    if deed.name == "reply" and not 1 <= len(deed.text) <= REPLY_CHARS:
        raise Refused(f"请填写回复，不超过 {REPLY_CHARS} 个字")
    with runtime.db.read_scope() as session:
        rights.require(session.get_one(User, user_id), RIGHT)
        finding.get(session, article_id)
        if not instance.may_send(session, runtime.settings):
            raise Conflict(instance.READ_ONLY)
        message = of(sent(session, article_id), delivery_id)
    unsure: CallFailed | None = None
    try:
        DEEDS[deed.name](runtime.client, message, deed)
    except CallFailed as error:
        if error.code is not None:
            raise
        unsure = error  # no answer: it may have been done
    with runtime.db.session_scope() as session:
        detail = {"remark": deed.comment_id} if deed.comment_id else {}
        if unsure is not None:
            detail["unanswered"] = True
        user, about = session.get_one(User, user_id), f"article:{article_id}"
        audit.record(session, f"remark.{deed.name}", at=clock.now(), user=user, subject=about, detail=detail)
    if unsure is not None:
        raise unsure


def of(messages: Sequence[Sent], delivery_id: int | None) -> Sent:
    """The one with this number, or the latest. Raises :class:`errors.NotFound`."""
    for one in messages:
        if delivery_id is None or one.delivery_id == delivery_id:
            return one
    raise NotFound("这篇稿件还没有群发成功，没有留言可以管理")


__all__ = [
    "DEEDS",
    "REPLY_CHARS",
    "RIGHT",
    "Deed",
    "Remark",
    "Remarks",
    "Sent",
    "do",
    "listed",
    "of",
    "sent",
    "switched",
]
