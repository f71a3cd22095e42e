"""The night's check of followers and tags against WeChat's own lists."""

from __future__ import annotations

import sqlalchemy as sa

from community import follower_sync, sync_runs, tags
from ground import clock
from models import Branch, Follower, FollowerTag, SyncRun
from operations.nightly import NightlySync
from scheduler import instance
from tests.fixtures.processes import eventually
from tests.world.linked import World


def at(world: World, moment: str) -> None:
    """The clocks stand there."""
    world.sandbox.clock(at=moment)
    clock.sync()


def ready(world: World) -> str:
    """A branch of five whose first has lost the tag on WeChat's site, and one of whom left without a word; the first."""
    world.branch("第一党支部", 5)
    first, second = world.openids["第一党支部"][:2]
    with world.runtime.db.session_scope() as session:
        instance.take(session, instance.fingerprint(world.runtime.settings), clock.now())
        tag = session.scalars(sa.select(Branch.tag_id)).one()
        tags.reconcile(session, at=clock.now())
    tags.work(world.runtime.db, world.runtime.client)
    world.sandbox.api("/cgi-bin/tags/members/batchuntagging", {"openid_list": [first], "tagid": tag})
    world.sandbox.api("/cgi-bin/tags/create", {"tag": {"name": "志愿者"}})
    with world.runtime.db.session_scope() as session:
        session.execute(sa.update(Follower).where(Follower.openid == second).values(subscribed=False))
    return first


def test_what_differs_is_found_at_night_mended_and_shown(world: World) -> None:
    first = ready(world)
    chore = NightlySync(world.runtime)
    at(world, "2026-11-25T02:50:00+08:00")
    chore()
    with world.runtime.db.read_scope() as session:
        assert sync_runs.last(session) is None, "it is not night yet"
    at(world, "2026-11-25T03:10:00+08:00")
    chore()

    def done() -> SyncRun | None:
        with world.runtime.db.read_scope() as session:
            last = sync_runs.last(session)
            return last if last is not None and last.finished_at else None

    last = eventually(done, timeout_s=30)
    assert last is not None
    assert (last.who, last.drift, last.error) == ("夜间核对", 1, "")
    tags.work(world.runtime.db, world.runtime.client)
    with world.runtime.db.read_scope() as session:
        carriers = set(session.scalars(sa.select(FollowerTag.openid)))
        assert first in carriers
        assert tags.foreign(session) == ["志愿者", "星标组"]
        assert session.scalar(sa.select(sa.func.count()).where(Follower.subscribed.is_(True))) == 5


def test_it_is_done_once_a_night_by_whoever_is_first(lite_world: World) -> None:
    ready(lite_world)
    at(lite_world, "2026-11-25T03:10:00+08:00")
    runtime = lite_world.runtime
    assert follower_sync.at_night(runtime.db, runtime.client, actor="夜间核对") is not None
    assert follower_sync.at_night(runtime.db, runtime.client, actor="夜间核对") is None
    with runtime.db.read_scope() as session:
        assert not sync_runs.wanted(session, clock.now())
    at(lite_world, "2026-11-26T03:10:00+08:00")
    with runtime.db.read_scope() as session:
        assert sync_runs.wanted(session, clock.now())


def test_a_night_in_which_wechat_does_not_answer_is_shown(lite_world: World) -> None:
    ready(lite_world)
    at(lite_world, "2026-11-25T03:10:00+08:00")
    lite_world.sandbox.faults({"path": "/cgi-bin/user/get", "kind": "err:48001", "count": 9})
    NightlySync(lite_world.runtime).work()
    with lite_world.runtime.db.read_scope() as session:
        last = sync_runs.last(session)
    assert last is not None
    assert last.error
