"""推送 as people decide it: create, pause, resume, cancel. What is decided here the clock releases and the sender sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit, persons, rights
from content.life import SENDABLE
from database import locks
from database.locks import Lock
from database.moving import move
from ground import clock
from ground.errors import Conflict, Forbidden, NotFound, Refused
from ground.life import Step
from models import Article, Column, Push, PushArticle, PushStatus, User
from scheduler import (
    agreeing,
    carrying,
    contacts,
    dropping,
    instance,
    openings,
    planner,
    quiet,
    quota,
    reaching,
    roads,
    shares,
    tally,
    timing,
)
from scheduler import articles as outgoing
from scheduler import audience as audiences
from scheduler.agreeing import NOBODY_TWICE, Agreed
from scheduler.life import PUSH
from settings import Settings


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
    urgent: str = "",
    often: str = "",
    again_of: int | None = None,
    agreed: Agreed = NOBODY_TWICE,
    at: datetime,
) -> Created:
    """Decide a push; ``due_at`` None means now. What falls into the quiet hours waits for their end.

    With ``urgent``, the reason why it cannot wait, it is held until a second person agrees (:func:`release`), and sent then.
    ``often`` is the reason for contacting people who had the month's ceiling, ``again_of`` the push whose failures it makes good.
    ``agreed`` is what somebody saw before: of two who decide at the same moment the second one sees the first one's push.
    The plan is made for its numbers, kept as confirmed, and its quota, which is reserved; it is made again when the push is due.
    Raises :class:`errors.Refused` (nothing or too much to send, past, unknown or empty audience, road that cannot carry it, a
    reason that is missing), :class:`agreeing.Changed`, :class:`errors.Conflict` (not approved), :class:`errors.NotFound` or
    :class:`errors.Forbidden`.
    """
    rights.require(user, "push.create")
    locks.hold(session, Lock.PLANNING)
    articles, activity = carrying.carried(session, settings, article_ids, activity_id, agreed, at)
    when = timing.at_what_time(settings, due_at, at, urgent)
    notes = timing.said_of(when, settings, at_once=due_at is None)
    push = Push(
        kind="activity" if activity else "articles",
        title=(activity.title if activity else articles[0].title)[:120],
        audience=audience,
        road=road,
        status=(PushStatus.HELD if when.urgent else PushStatus.SCHEDULED).value,
        urgent=when.urgent,
        note=timing.NEEDS_ANOTHER if when.urgent else "",
        again_of=again_of,
        due_at=when.at,
        activity_id=activity_id,
        created_by=user.id,
        created_at=at,
        skipped={},
    )
    notes += confirm(session, settings, user, push, articles, often, agreed)
    if not instance.may_send(session, settings):
        notes.append(instance.READ_ONLY)
    return Created(push, tuple(notes))


def confirm(
    session: Session, settings: Settings, user: User, push: Push, articles: Sequence[Article], often: str,
    agreed: Agreed = NOBODY_TWICE,
) -> list[str]:  # fmt: skip
    """Plan it, write it, reserve its quota and say so in the audit; what a person should know of whom it reaches."""
    made = _plan(session, settings, push, {article.column.key for article in articles}, push.created_at)
    if not made.planned and any(route.road.costs_quota for route in made.routes):
        openings.require_free_day(session, settings, push.due_at, at=push.created_at)
    reached = reaching.reached(
        session,
        settings,
        made,
        push.due_at,
        article_ids=[article.id for article in articles],
        again_of=push.again_of,
        at=push.created_at,
    )
    agreeing.require_twice(reached.twice, agreed)
    push.often = contacts.reason_for(reached.often, often)
    _store(session, push, articles)
    planner.reserve(session, settings, push, made)
    detail = {"audience": push.audience, "road": push.road, "planned": push.planned}
    if push.urgent:
        detail["urgent"] = push.urgent
    if push.often:
        detail["often"] = push.often
    if push.again_of is not None:
        detail["again_of"] = push.again_of
    audit.record(
        session, "push.create", at=push.created_at, user=user, subject=f"push:{push.id}", detail=detail
    )
    return reached.said


def create_for_slot(
    session: Session,
    settings: Settings,
    articles: Sequence[Article],
    *,
    audience: str,
    meant: Mapping[str, int],
    slot_key: str,
    moment: datetime,
    at: datetime,
) -> Push:
    """The push that a column's slot makes of the head of its queue. ``slot_key`` is unique, else IntegrityError.

    ``meant`` is what the names in the slot's audience stand for. One whose ``moment`` is long over is missed, as every push.
    """
    push = Push(
        kind="articles",
        title=articles[0].title[:120],
        audience=audience,
        meant=dict(meant),
        road=roads.AUTO,
        status=PushStatus.SCHEDULED.value,
        due_at=quiet.defer(moment, settings.limits.quiet_hours),
        slot_key=slot_key,
        created_by=articles[0].created_by,
        created_at=at,
        skipped={},
    )
    _store(session, push, articles)
    return push


def _store(session: Session, push: Push, articles: Sequence[Article]) -> None:
    session.add(push)
    session.flush()
    session.add_all(
        PushArticle(push_id=push.id, position=position, article_id=article.id, content_hash=article.hash)
        for position, article in enumerate(articles, start=1)
    )
    session.flush()


def _plan(session: Session, settings: Settings, push: Push, columns: set[str], at: datetime) -> planner.Plan:
    """Plan a push for its moment, and keep the numbers as those that a person has seen and agreed to."""
    chosen = audiences.of_push(session, push, at=at)
    by = roads.choose(push.road, push.kind, settings)
    push.audience, push.meant = chosen.text, chosen.meant
    push.road = ",".join(roads.named(push.road)) or roads.AUTO
    made = planner.plan(
        session, settings, audience=chosen, by=by, columns=columns, moment=push.due_at, own=push.id,
        activity_id=push.activity_id, at=at, auto=roads.is_auto(push.road),
    )  # fmt: skip
    push.planned, push.skipped = made.planned, made.skipped
    push.confirmed = {"planned": made.planned, "skipped": made.skipped}
    shares.agreed(push, made.shares)
    return made


def plan_again(session: Session, settings: Settings, push: Push, at: datetime) -> planner.Plan:
    """Plan a push anew that a person has changed before it began; its numbers and its quota are those of now."""
    made = _plan(session, settings, push, columns_of(session, push), at)
    planner.reserve(session, settings, push, made)
    push.version += 1
    return made


def get(session: Session, push_id: int) -> Push:
    """The push with this number, its activity and who made it. Raises :class:`errors.NotFound`."""
    push = session.scalar(
        sa.select(Push).where(Push.id == push_id).options(joinedload(Push.activity), joinedload(Push.creator))
    )
    if push is None:
        raise NotFound(f"没有编号为 {push_id} 的推送")
    return push


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


def pause(session: Session, push: Push, user: User | None, *, at: datetime) -> str:
    """Send nothing more until resumed; a call that is on its way goes on. Returns a sentence that says what has left already."""
    _step(session, push, user, "push.pause", at)
    return _after(session, push, user, "push.pause", at, "已暂停")


def resume(session: Session, push: Push, user: User | None, *, at: datetime) -> str:
    """Go on with a paused push, or send a missed one now after all."""
    name = "push.go_on" if push.planned_at else "push.resume"
    _may(user, PUSH.step(name))
    PUSH.require(name, push.status)
    _refuse_changed(session, push)
    values: dict[str, Any] = {"note": ""}
    if push.planned_at is None and push.due_at < at:
        values["due_at"] = at  # a person decided just now, so it is not late
    _step(session, push, user, name, at, **values)
    return _after(session, push, user, "push.resume", at, "已继续")


def reschedule(
    session: Session,
    settings: Settings,
    push: Push,
    user: User | None,
    *,
    due_at: datetime,
    fewest: int | None = None,
    at: datetime,
) -> str:
    """改期: another moment for a push of which nothing was planned yet; its numbers and its quota are those of then.

    ``fewest`` is how few people somebody has agreed to where fewer get it then. Raises :class:`agreeing.Changed` for fewer than
    that, :class:`errors.Refused` for nobody, :class:`errors.Conflict` for one that is being sent, and what
    :func:`openings.require` raises for the moment.
    """
    _may(user, PUSH.step("push.reschedule"))
    locks.hold(session, Lock.PLANNING)
    if push.planned_at is not None:
        raise Conflict("推送已经开始，不能改期，可以暂停或取消")
    if push.status == PushStatus.HELD and push.urgent:
        raise Conflict("紧急推送不能改期，请取消后按普通推送重新安排")
    _refuse_changed(session, push)
    costs = any(road.costs_quota for road in roads.choose(push.road, push.kind, settings))
    openings.require(session, settings, due_at, costs_quota=costs, own=push.id, at=at)
    _step(session, push, user, "push.reschedule", at, due_at=max(due_at, at), note="")
    before, made = push.planned, plan_again(session, settings, push, at)
    shown = clock.to_shanghai(push.due_at).strftime("%Y-%m-%d %H:%M")
    if not made.planned and not made.silent:
        raise Refused(f"改到 {shown} 没有人能收到，{_next_month(session, settings, push, at)}")
    agreeing.require_people(before, made.planned, fewest, shown)
    audit.record(
        session, "push.reschedule", at=at, user=user, actor="" if user else "命令行", subject=f"push:{push.id}",
        detail={"due_at": shown, "planned": push.planned},
    )  # fmt: skip
    return f"已改到 {shown}，预计 {push.planned} {shares.unit_of(push)}收到"


def _next_month(session: Session, settings: Settings, push: Push, at: datetime) -> str:
    """What to do where nobody is left for a push in its month: whom a month counts, the next one counts anew."""
    (_, ends), (day, _) = clock.month_bounds(push.due_at), clock.day_bounds(clock.shanghai_day(push.due_at))
    push.due_at = quiet.defer(ends + (push.due_at - day), settings.limits.quiet_hours)
    made = plan_again(session, settings, push, at)
    if not made.planned:
        return "请换一个时间，或先取消别的推送"
    return f"最近可以改到 {openings.said(push.due_at)}，预计 {made.planned:,} 人收到"


def release(session: Session, push: Push, user: User | None, *, at: datetime) -> str:
    """Let a held push go: an emergency (another person than who made it), or one whose numbers are not those confirmed any more.

    Raises :class:`errors.Forbidden` for the same person, :class:`errors.Conflict` for one that is not held.
    """
    PUSH.require("push.release", push.status)
    if push.urgent and (user is None or persons.same(session, push.created_by, user.id)):
        raise Forbidden(
            "紧急推送须由另一位有权限的人同意，不能由提交的人自己同意，同一人的另一个账号也不能同意"
        )
    _refuse_changed(session, push)
    values: dict[str, Any] = {"note": "", "due_at": max(push.due_at, at)}
    if push.urgent and user is not None:
        values["released_by"] = user.id
    else:
        values["confirmed"] = {**push.confirmed, "released": push.planned}
    _step(session, push, user, "push.release", at, **values)
    return _after(session, push, user, "push.release", at, "已同意发送")


def _refuse_changed(session: Session, push: Push) -> None:
    if changed := changed_articles(session, push):
        raise Refused(f"稿件《{changed[0].title}》在排期后改动过，请重新审核后新建推送")


def cancel(session: Session, push: Push, user: User | None, *, at: datetime) -> str:
    """Send nothing more of it, ever. What WeChat has taken cannot be called back; the sentence says how many that are."""
    _step(session, push, user, "push.cancel", at, finished_at=at)
    quota.give_back(session, push.id)
    dropping.drop_planned(session, push, at)
    outgoing.finished(session, push)
    return _after(session, push, user, "push.cancel", at, "已取消")


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


def _step(session: Session, push: Push, user: User | None, name: str, at: datetime, **values: Any) -> None:
    """A step that a person decides (``user`` None: the operator). Raises :class:`errors.Forbidden`, :class:`errors.Conflict`."""
    step = PUSH.step(name)
    _may(user, step)
    if not move(session, Push, push.id, step, decided_at=at, **values):
        PUSH.require(name, push.status)  # says how it stands now
        raise Conflict(f"推送 {push.id} 刚刚被改动，请刷新后再试")


def _may(user: User | None, step: Step[PushStatus]) -> None:
    if user is not None and step.right is not None:
        rights.require(user, step.right)


def _after(session: Session, push: Push, user: User | None, action: str, now: datetime, said: str) -> str:
    session.refresh(push)
    push.version += 1
    session.flush()
    gone = tally.of(session, push)
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
    return f"{said}，此前已发出的 {left} {shares.unit_of(push)}不受影响，无法收回"
