"""推送 as people decide it: create, pause, resume, cancel. What is decided here the clock releases and the sender sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit, rights
from community import window
from content import publish
from content.life import SENDABLE
from database import claims
from database.moving import move
from ground import clock
from ground.errors import Conflict, NotFound, Refused
from ground.life import Step
from models import Activity, ActivityStatus, Article, Column, Delivery, Push, PushArticle, PushStatus, User
from scheduler import articles as outgoing
from scheduler import audience as audiences
from scheduler import instance, planner, quiet, quota, report, roads
from scheduler.life import PUSH
from settings import Settings

_A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Created:
    """A new push with what a person should know about it (Chinese sentences)."""

    push: Push
    notes: tuple[str, ...]


def create(
    session: Session,
    settings: Settings,
    user: User,
    *,
    audience: str,
    article_ids: Sequence[int] = (),
    activity_id: int | None = None,
    due_at: datetime | None = None,
    road: str = roads.AUTO,
) -> Created:
    """Decide a push; ``due_at`` None means now, which a person may say at any hour. Later moments respect the quiet hours.

    The plan is made for its numbers only and made again when the push is due.
    Raises :class:`errors.Refused` (nothing or too much to send, past, unknown or empty audience, road that cannot carry it),
    :class:`errors.Conflict` (not approved), :class:`errors.NotFound` or :class:`errors.Forbidden`.
    """
    rights.require(user, "push.create")
    now = clock.now()
    if bool(article_ids) == (activity_id is not None):
        raise Refused("请指定要推送的稿件或活动，二者选一")
    moment, notes = _moment(due_at, now, settings.limits.quiet_hours)
    articles = _take(session, article_ids, settings) if article_ids else []
    activity = _open_activity(session, activity_id, now) if activity_id is not None else None
    push = Push(
        kind="activity" if activity else "articles",
        title=(activity.title if activity else articles[0].title)[:120],
        audience=audience,
        road=road,
        status=PushStatus.SCHEDULED.value,
        due_at=moment,
        activity_id=activity_id,
        created_by=user.id,
        created_at=now,
        skipped={},
    )
    _preview(session, settings, push, articles)
    if not instance.may_send(session, settings):
        notes.append(instance.READ_ONLY)
    _store(session, push, articles)
    audit.record(
        session,
        "push.create",
        at=now,
        user=user,
        subject=f"push:{push.id}",
        detail={"audience": push.audience, "road": push.road, "planned": push.planned},
    )
    return Created(push, tuple(notes))


def _moment(due_at: datetime | None, now: datetime, quiet_hours: str) -> tuple[datetime, list[str]]:
    """When it goes out, and what a person should know about that. Raises :class:`errors.Refused` for what is past."""
    if due_at is None:
        return now, []
    if due_at < now - _A_MINUTE:
        shown = clock.to_shanghai(due_at).strftime("%Y-%m-%d %H:%M")
        raise Refused(f"推送时间 {shown} 已经过去，请改为以后的时间，或用 now 立即推送")
    wanted = max(due_at, now)
    moment = quiet.defer(wanted, quiet_hours)
    if moment == wanted:
        return moment, []
    return moment, [f"{quiet_hours} 为免打扰时段，已顺延到 {clock.to_shanghai(moment):%m-%d %H:%M}"]


def create_for_slot(
    session: Session, settings: Settings, article: Article, *, audience: str, slot_key: str, moment: datetime
) -> Push:
    """The push that a column's slot makes of the head of its queue. ``slot_key`` is unique, else IntegrityError."""
    now = clock.now()
    push = Push(
        kind="articles",
        title=article.title[:120],
        audience=audience,
        road=roads.AUTO,
        status=PushStatus.SCHEDULED.value,
        due_at=quiet.defer(max(moment, now), settings.limits.quiet_hours),
        slot_key=slot_key,
        created_by=article.created_by,
        created_at=now,
        skipped={},
    )
    _store(session, push, [article])
    return push


def _store(session: Session, push: Push, articles: Sequence[Article]) -> None:
    session.add(push)
    session.flush()
    session.add_all(
        PushArticle(push_id=push.id, position=position, article_id=article.id, content_hash=article.hash)
        for position, article in enumerate(articles, start=1)
    )
    session.flush()


def _preview(session: Session, settings: Settings, push: Push, articles: Sequence[Article]) -> None:
    chosen = audiences.parse(session, push.audience)
    ways = roads.choose(push.road, push.kind, settings)
    push.audience, push.road = chosen.text, ",".join(roads.named(push.road)) or roads.AUTO
    made = planner.plan(
        session,
        settings,
        audience=chosen,
        by=ways,
        columns={article.column.key for article in articles},
        moment=push.due_at,
    )
    push.planned, push.skipped = made.planned, made.skipped


def _take(session: Session, article_ids: Sequence[int], settings: Settings) -> list[Article]:
    """The articles in the order named, out of their queues."""
    if len(article_ids) > settings.wechat.limits.articles_per_push:
        raise Refused(
            f"一次最多推送 {settings.wechat.limits.articles_per_push} 篇稿件，现在是 {len(article_ids)} 篇"
        )
    if len(set(article_ids)) < len(article_ids):
        raise Refused("同一篇稿件写了两次，请去掉重复的编号")
    return publish.take_out_of_queues(session, article_ids)


def _open_activity(session: Session, activity_id: int, now: datetime) -> Activity:
    activity = session.get(Activity, activity_id)
    if activity is None:
        raise NotFound(f"没有编号为 {activity_id} 的活动")
    if activity.status != ActivityStatus.OPEN or window.ended(activity, now):
        raise Refused(f"活动“{activity.title}”已经结束或取消，不能再发通知")
    return activity


def get(session: Session, push_id: int) -> Push:
    """The push with this number. Raises :class:`errors.NotFound`."""
    push = session.get(Push, push_id)
    if push is None:
        raise NotFound(f"没有编号为 {push_id} 的推送")
    return push


def recent(session: Session, limit: int = 50) -> list[Push]:
    """The latest pushes, the newest first."""
    return list(session.scalars(sa.select(Push).order_by(Push.id.desc()).limit(limit)))


def columns_of(session: Session, push: Push) -> set[str]:
    """Keys of the columns of a push's articles."""
    return set(
        session.scalars(
            sa.select(Column.key)
            .join(Article, Article.column_id == Column.id)
            .join(PushArticle, PushArticle.article_id == Article.id)
            .where(PushArticle.push_id == push.id)
        )
    )


def pause(session: Session, push: Push, user: User | None) -> str:
    """Send nothing more until resumed; a call that is on its way goes on. Returns a sentence that says what has left already."""
    now = clock.now()
    _step(session, push, user, "push.pause")
    return _after(session, push, user, "push.pause", now, "已暂停")


def resume(session: Session, push: Push, user: User | None) -> str:
    """Go on with a paused push, or send a missed one now after all."""
    now = clock.now()
    name = "push.go_on" if push.planned_at else "push.resume"
    _may(user, PUSH.step(name))
    PUSH.require(name, push.status)
    changed = changed_articles(session, push)
    if changed:
        raise Refused(f"稿件《{changed[0].title}》在排期后改动过，请重新审核后新建推送")
    values: dict[str, Any] = {"note": ""}
    if push.planned_at is None and push.due_at < now:
        values["due_at"] = now  # a person decided just now, so it is not late
    _step(session, push, user, name, **values)
    return _after(session, push, user, "push.resume", now, "已继续")


def cancel(session: Session, push: Push, user: User | None) -> str:
    """Send nothing more of it, ever. What WeChat has taken cannot be called back; the sentence says how many that are."""
    now = clock.now()
    _step(session, push, user, "push.cancel", finished_at=now)
    drop_planned(session, push, now)
    outgoing.finished(session, push)
    return _after(session, push, user, "push.cancel", now, "已取消")


def drop_cancelled(session: Session, now: datetime) -> None:
    """Deliveries of cancelled pushes that came back from a claim."""
    back = sa.exists().where(Delivery.push_id == Push.id, Delivery.status == "planned")
    for push in list(session.scalars(sa.select(Push).where(Push.status == "cancelled", back))):
        drop_planned(session, push, now)


def drop_planned(session: Session, push: Push, now: datetime) -> None:
    """Cancel every delivery that certainly has not left, and give its quota back; an unknown one is not repeated any more."""
    claims.change(
        session,
        Delivery,
        [Delivery.push_id == push.id, Delivery.status == "unknown", Delivery.finished_at.is_(None)],
        finished_at=now,
        openids=None,
    )
    waiting = list(
        session.scalars(
            sa.select(Delivery.id).where(Delivery.push_id == push.id, Delivery.status == "planned")
        )
    )
    for delivery_id in waiting:
        if claims.change(
            session,
            Delivery,
            [Delivery.id == delivery_id, Delivery.status == "planned"],
            status="cancelled",
            finished_at=now,
            openids=None,
        ):
            quota.release(session, delivery_id)


def changed_articles(session: Session, push: Push) -> list[Article]:
    """Articles that are no longer what was approved when the push was made."""
    return list(
        session.scalars(
            sa.select(Article)
            .join(PushArticle, PushArticle.article_id == Article.id)
            .where(
                PushArticle.push_id == push.id,
                sa.or_(Article.hash != PushArticle.content_hash, Article.status.not_in(SENDABLE)),
            )
        )
    )


def _step(session: Session, push: Push, user: User | None, name: str, **values: Any) -> None:
    """A step that a person decides (``user`` None: the operator). Raises :class:`errors.Forbidden`, :class:`errors.Conflict`."""
    step = PUSH.step(name)
    _may(user, step)
    if not move(session, Push, push.id, step, **values):
        PUSH.require(name, push.status)  # says how it stands now
        raise Conflict(f"推送 {push.id} 刚刚被改动，请刷新后再试")


def _may(user: User | None, step: Step[PushStatus]) -> None:
    if user is not None and step.right is not None:
        rights.require(user, step.right)


def _after(session: Session, push: Push, user: User | None, action: str, now: datetime, said: str) -> str:
    session.refresh(push)
    push.version += 1
    session.flush()
    gone = report.show(session, push)
    left = gone["accepted"] + gone["unknown"]
    audit.record(
        session,
        action,
        at=now,
        user=user,
        actor="" if user else "命令行",
        subject=f"push:{push.id}",
        detail={"left": left},
    )
    if not left:
        return f"{said}，还没有发出任何消息"
    return f"{said}，此前已发出的 {left} 人不受影响，无法收回"
