"""What waits for a reviewer reaches the phone of whom it concerns by the clock, and nobody is woken for it."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from accounts import users
from content import review
from ground import clock
from models import Article, Delivery, Follower, Member, ReviewAlert
from runtime import Runtime
from scheduler.tick import Ticker
from settings import WeChatLimits
from tests.world import accounts, articles
from tests.world.linked import World


def tick(world: World, **limits: str) -> None:
    """One tick of a clock whose office has these limits."""
    settings = world.runtime.settings
    changed = msgspec.structs.replace(settings.limits, **limits)
    runtime = Runtime(msgspec.structs.replace(settings, limits=changed), world.runtime.db)
    Ticker(runtime, lambda _kind, _row: None).tick()


def told(world: World) -> list[str]:
    """What was made ready for WeChat of the reviews."""
    with world.runtime.db.read_scope() as session:
        found = session.scalars(sa.select(Delivery.payload).where(Delivery.reply_to.like("telling:%")))
        return [msgspec.json.decode(one or "{}")["text"]["content"] for one in found]


def test_a_reviewer_is_told_and_reminded_once_and_not_at_night(lite_world: World) -> None:
    world = lite_world
    world.branch("第一党支部", following=1)
    db = world.runtime.db
    with db.session_scope() as session:
        (follower,) = session.scalars(sa.select(Follower).where(Follower.member_id.is_not(None)))
        reviewer = accounts.account(session, "reviewer", "reviewer")
        users.tie(session, reviewer, session.get_one(Member, follower.member_id).id, at=clock.now())
    article = articles.article(db, world.runtime.settings.data_dir, "网格里的一天")
    with db.session_scope() as session:
        editor = users.by_name(session, "editor")
        review.submit(session, article, editor, limits=WeChatLimits(), at=clock.now())
    tick(world, quiet_hours="09:00-12:00")
    assert told(world) == []
    tick(world)
    assert told(world) == ["《网格里的一天》等待一审，请登录管理后台办理"]
    for moment in ("2026-11-24T20:00:00+08:00", "2026-11-25T09:00:00+08:00", "2026-11-25T11:00:00+08:00"):
        world.sandbox.clock(at=moment, speed=1)
        clock.sync()
        tick(world)
        tick(world)
    assert told(world)[1:] == ["《网格里的一天》还在等待一审，请登录管理后台办理"]
    with db.read_scope() as session:
        assert session.scalar(sa.select(ReviewAlert.id)) is None
        reminded = session.scalar(sa.select(Article.reminded_at).where(Article.id == article))
    assert reminded is not None
    assert clock.to_shanghai(reminded).strftime("%d %H") == "25 11"
