"""转群包: what somebody may pass on to a group by hand, and when they said that it was passed on.

It is made with the call that tells of it, is seen by the group's forwarder alone, and stands there for a fortnight. Passing on is
voluntary: what is counted is how many have said so, and no list says who has not.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from community import invitation, moments, own_links
from content.cleaning import text_of
from database import claims
from database.once import insert_once
from ground import clock
from ground.errors import NotFound
from ground.paper import poster
from models import (
    Activity,
    Article,
    ArticleStatus,
    Branch,
    ChatGroup,
    Column,
    Delivery,
    DeliveryStatus,
    Follower,
    Kit,
    PushArticle,
)
from scheduler import answers, marks, windows
from scheduler.roads.load import Hint
from settings import Settings

LASTS = timedelta(days=14)
"""How long a kit is offered: an old poster in a group helps nobody."""
PATH = "/m/me/kits"
ASKED_FOR = "待转发"
SAID = "已转发"
PRODUCT = "时代先锋云"
_NEVER_WENT = (DeliveryStatus.PLANNED.value, DeliveryStatus.CANCELLED.value, DeliveryStatus.FAILED.value)


@dataclass(frozen=True)
class Item:
    """One thing to be passed on: an article, or an activity. ``link`` says by which road and to whose group it went."""

    label: str
    title: str
    date: str
    text: str
    link: str
    hint: str


@dataclass(frozen=True)
class Shown:
    """A kit as its forwarder sees it. Without ``items`` there is nothing left to pass on: all was withdrawn."""

    token: str
    title: str
    group: str
    unit: str
    made_at: datetime
    forwarded_at: datetime | None
    items: Sequence[Item]

    @property
    def text(self) -> str:
        """What is to be copied into the group."""
        return "\n\n".join(_text(item) for item in self.items)

    def words(self, number: int) -> poster.Words:
        """What stands on the poster of the item with this number, from 1. Raises :class:`errors.NotFound`."""
        if not 1 <= number <= len(self.items):
            raise NotFound("没有这张海报，可能已经撤回")
        item = self.items[number - 1]
        return poster.Words(
            head=self.unit, label=item.label, title=item.title, date=item.date, text=item.text.replace("\n", "；"),
            hint=item.hint, foot=PRODUCT, code=item.link,
        )  # fmt: skip


def _text(item: Item) -> str:
    return "\n".join(filter(None, [f"【{item.label}】{item.title}", item.text, f"点开查看：{item.link}"]))


# --- made ----------------------------------------------------------------------------------------------------


def laid_ready(
    session: Session, settings: Settings, delivery: Delivery | sa.Row[Any], *, at: datetime
) -> Hint | None:
    """Make the kit of this call, if it is not there; what its forwarder is told, None where WeChat lets nobody be told now."""
    made = {
        "push_id": delivery.push_id,
        "delivery_id": delivery.id,
        "group_id": delivery.target_id,
        "token": secrets.token_urlsafe(16),
        "made_at": at,
    }
    insert_once(session, Kit, [made], keys=["delivery_id"])
    kit = session.scalars(sa.select(Kit).where(Kit.delivery_id == delivery.id)).one()
    follows = sa.select(Follower.openid).where(
        Follower.member_id == kit.group.forwarder_id, Follower.subscribed.is_(True), Follower.gone.is_(False)
    )
    openid = session.scalar(follows.limit(1))
    if openid is None or not _hears(session, openid, settings, at):
        return None
    where = f"请打开：\n{address(settings, kit.token)}"
    if not own_links.by_wechat(session, settings):
        where = f"请回复“{ASKED_FOR}”打开。"
    said = f"《{kit.push.title}》可以转到“{label(kit.group)}”了，文字、海报和链接都已备好，{where}"
    return Hint(openid, f"{said}\n转发全凭自愿，转好后回复“{SAID}”即可。")


def _hears(session: Session, openid: str, settings: Settings, at: datetime) -> bool:
    """Whether WeChat lets this person be written to just now: they wrote lately, and not too much was answered since."""
    theirs = sa.select(sa.literal(openid))
    found = windows.at(session, answers.ROAD, settings.wechat.limits, at, among=theirs)
    return found is None or (openid in found.until and openid not in found.used)


def address(settings: Settings, token: str = "") -> str:
    """Where a kit lies, or all of them."""
    return f"{settings.server.base_url}{PATH}{f'/{token}' if token else ''}"


# --- seen ----------------------------------------------------------------------------------------------------


def of_follower(session: Session, follower_id: int, *, at: datetime) -> list[Kit]:
    """What this follower may pass on, or has, the latest first."""
    mine = sa.select(Follower.member_id).where(Follower.id == follower_id).scalar_subquery()
    query = _open(at).where(ChatGroup.forwarder_id == mine).order_by(Kit.id.desc())
    return list(session.scalars(query))


def of_openid(session: Session, openid: str, *, at: datetime) -> list[Kit]:
    """The same of who writes to the account."""
    follower_id = own_links.follower_of(session, openid)
    return [] if follower_id is None else of_follower(session, follower_id, at=at)


def get(session: Session, token: str, *, at: datetime, follower_id: int | None = None) -> Kit:
    """The kit of this token; with ``follower_id`` only if it is theirs to pass on. Raises :class:`errors.NotFound`."""
    found: Kit | None = session.scalar(_open(at).where(Kit.token == token))
    if found is None or (follower_id is not None and not _is_theirs(session, found, follower_id)):
        raise NotFound("没有这份转群包，可能已超过 14 天，或改由别人转发")
    return found


def _is_theirs(session: Session, kit: Kit, follower_id: int) -> bool:
    theirs = session.scalar(sa.select(Follower.member_id).where(Follower.id == follower_id))
    return theirs is not None and theirs == kit.group.forwarder_id


def _open(at: datetime) -> sa.Select[Any]:
    return (
        sa.select(Kit)
        .join(Kit.group)
        .join(Kit.delivery)
        .options(joinedload(Kit.group).joinedload(ChatGroup.branch), joinedload(Kit.push))
        .where(ChatGroup.archived_at.is_(None), Kit.made_at > at - LASTS, Delivery.status.not_in(_NEVER_WENT))
    )


def shown(session: Session, settings: Settings, kit: Kit) -> Shown:
    """What its forwarder sees."""
    branch: Branch | None = kit.group.branch
    mark = marks.Mark(kit.push_id, kit.delivery.road, kit.group.branch_id)
    tail = f"?{marks.PARAMETER}={marks.text_of(mark)}"
    return Shown(
        token=kit.token,
        title=kit.push.title,
        group=label(kit.group),
        unit=branch.name if branch else PRODUCT,
        made_at=kit.made_at,
        forwarded_at=kit.forwarded_at,
        items=_of_activity(settings, kit.push.activity, tail)
        if kit.push.activity
        else _of_articles(session, settings, kit, tail),
    )


def _of_articles(session: Session, settings: Settings, kit: Kit, tail: str) -> list[Item]:
    rows = session.execute(
        sa.select(Article, Column.name)
        .join(PushArticle, PushArticle.article_id == Article.id)
        .join(Column, Column.id == Article.column_id)
        .where(PushArticle.push_id == kit.push_id, Article.status != ArticleStatus.RETRACTED.value)
        .order_by(PushArticle.position)
    )
    return [
        Item(
            label=column,
            title=one.title,
            date=_day(one.published_at or kit.made_at),
            text=_digest(one),
            link=f"{settings.server.base_url}/m/a/{one.id}{tail}",
            hint="长按识别二维码\n阅读全文",
        )
        for one, column in rows
    ]


def _digest(article: Article) -> str:
    """Its digest; one that is the beginning of the text says that it goes on."""
    goes_on = article.digest and text_of(article.html).startswith(article.digest)
    return (
        f"{article.digest.rstrip('，、；：')}…"
        if goes_on and article.digest[-1] not in "。！？…"
        else article.digest
    )


def _of_activity(settings: Settings, activity: Activity, tail: str) -> list[Item]:
    lines = [f"时间：{moments.span(activity.starts_at, activity.ends_at)}"]
    if activity.place:
        lines.append(f"地点：{activity.place}")
    item = Item(
        label="活动通知",
        title=activity.title,
        date=_day(activity.starts_at),
        text="\n".join(lines),
        link=f"{settings.server.base_url}{invitation.path(activity.id)}{tail}",
        hint="长按识别二维码\n查看活动",
    )
    return [item]


def label(group: ChatGroup) -> str:
    """What people read of a group: ``第一党支部·学习群``."""
    return f"{group.branch.label}·{group.name}" if group.branch else group.name


def _day(moment: datetime) -> str:
    day = clock.shanghai_day(moment)
    return f"{day.year}年{day.month}月{day.day}日"


# --- passed on -----------------------------------------------------------------------------------------------


def forwarded(session: Session, kit: Kit, *, at: datetime) -> bool:
    """Note that it was passed on; whether that was not known. Said again, it stays as it was said first."""
    unsaid = [Kit.id == kit.id, Kit.forwarded_at.is_(None)]
    return bool(claims.change(session, Kit, unsaid, forwarded_at=at))


def said(ready: int, passed_on: int) -> str:
    """The numbers of :func:`counts` in words; empty where there is no kit."""
    return f"已备好转群包 {ready} 份，转发人告知已转发 {passed_on} 份" if ready else ""


def counts(session: Session, push_id: int) -> tuple[int, int]:
    """How many kits of a push lie ready, and of how many somebody has said that they were passed on."""
    went = Delivery.status.not_in(_NEVER_WENT)
    query = sa.select(sa.func.count(Kit.id), sa.func.count(Kit.forwarded_at)).join(Kit.delivery)
    made, said = session.execute(query.where(Kit.push_id == push_id, went)).one()
    return int(made), int(said)
