"""Who will receive a push, by which calls, and who will not and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from community import moves
from ground import clock
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import Article, Delivery, Follower, TagChange, Target
from scheduler import audience, planner, quota, roads
from scheduler.engine import Engine
from scheduler.planner import Plan
from scheduler.quiet import defer
from settings import Settings
from tests.fixtures.configuration import make_settings
from tests.fixtures.processes import eventually
from tests.world.linked import World, sections_for
from tests.world.places import GRID
from tests.world.pushes import planned, sent

DAY = timedelta(days=1)


def plan_of(world: World, text: str, *, column: str = "study", settings: Settings | None = None) -> Plan:
    """The plan of an article for an audience, now."""
    settings = settings or world.runtime.settings
    with world.runtime.db.read_scope() as session:
        return planner.plan(
            session,
            settings,
            audience=audience.parse(session, text, at=clock.now()),
            by=roads.choose("mass", "articles", settings),
            columns={column},
            moment=clock.now(),
            at=clock.now(),
        )


def other_settings(world: World, **sections: dict[str, Any]) -> Settings:
    """The world's settings with some keys changed."""
    base = world.runtime.settings
    tables = sections_for(world.sandbox, base.database.url, base.server.data_dir)
    for name, table in sections.items():
        tables.setdefault(name, {}).update(table)
    return make_settings(**tables)


def use_quota(world: World, openids: list[str], times: int) -> None:
    """Followers who have had ``times`` mass messages this month."""
    for _ in range(times):
        sent(world.runtime, openids)


def test_a_branch_whose_tag_holds_exactly_its_followers_takes_one_call(world: World) -> None:
    branch = world.branch("第一党支部", 12, others=3)
    made = plan_of(world, "branch:第一党支部")
    assert [(one.target_id, one.openids, len(one.people)) for one in made.deliveries] == [
        (branch.tag_id, None, 12)
    ]
    assert made.skipped == {"not_following": 3}


def test_several_branches_are_one_list_not_a_call_each(world: World) -> None:
    world.branch("第一党支部", 4)
    world.branch("第二党支部", 5)
    made = plan_of(world, "branch:第一党支部，branch:第二党支部")
    assert [(one.kind, len(one.people)) for one in made.deliveries] == [(Target.LIST, 9)]


def test_a_tag_that_is_not_exact_is_not_used(world: World) -> None:
    branch = world.branch("第一党支部", 4)
    with world.runtime.db.session_scope() as session:
        change = TagChange(
            openid=world.openids["第一党支部"][0],
            kind="branch",
            target_id=branch.id,
            add=True,
            due_at=clock.now(),
        )
        session.add(change)
    waiting = plan_of(world, "branch:第一党支部")
    assert [(one.target_id, len(one.openids or ())) for one in waiting.deliveries] == [(None, 4)]
    with world.runtime.db.session_scope() as session:
        session.execute(sa.delete(TagChange))
        session.execute(
            sa.update(Follower)
            .where(Follower.openid == world.openids["第一党支部"][1])
            .values(muted_columns="news,study")
        )
    muted = plan_of(world, "branch:第一党支部")
    assert [(one.target_id, len(one.openids or ())) for one in muted.deliveries] == [(None, 3)]
    assert muted.skipped == {"muted": 1}


def test_grid_and_community_mean_the_people_bound_to_their_members(world: World) -> None:
    branch = world.branch("第一党支部", 3, tagged=False)
    in_grid = world.sandbox.followers(2)
    with world.runtime.db.session_scope() as session:
        world.add_members(session, branch, in_grid, grid=GRID)
    assert set(plan_of(world, "grid:桂花一网格").deliveries[0].people) == set(in_grid)
    assert plan_of(world, "community:桂花社区").planned == 5
    assert plan_of(world, "community:桂花社区,grid:桂花一网格").planned == 5, "nobody counts twice"


def test_everyone_is_one_call_once_a_day_and_a_list_after_that(world: World) -> None:
    world.branch("第一党支部", 3, tagged=False)
    first = plan_of(world, "all")
    assert [one.kind is Target.EVERYONE for one in first.deliveries] == [True]
    planned(world.runtime, first)
    assert [
        (one.kind is Target.EVERYONE, len(one.openids or ())) for one in plan_of(world, "all").deliveries
    ] == [(False, 3)]


def test_who_had_four_this_month_is_left_out_with_the_reason(world: World) -> None:
    world.branch("第一党支部", 6)
    full = world.openids["第一党支部"][:2]
    use_quota(world, full, 4)
    use_quota(world, world.openids["第一党支部"][2:], 3)
    made = plan_of(world, "branch:第一党支部")
    assert made.skipped == {"quota_used": 2}
    assert set(made.deliveries[0].people) == set(world.openids["第一党支部"][2:])
    world.sandbox.clock(at="2026-12-01T10:00:00+08:00")
    clock.sync()
    assert plan_of(world, "branch:第一党支部").planned == 6


def test_released_quota_counts_no_more(world: World) -> None:
    world.branch("第一党支部", 2)
    use_quota(world, world.openids["第一党支部"], 4)
    with world.runtime.db.session_scope() as session:
        delivery_id = session.scalars(sa.select(Delivery.id).limit(1)).one()
        quota.release(session, delivery_id)
    assert plan_of(world, "branch:第一党支部").planned == 2


def test_a_single_person_cannot_be_reached_by_list(world: World) -> None:
    world.branch("第一党支部", 1, tagged=False)
    made = plan_of(world, "branch:第一党支部")
    assert not made.deliveries
    assert made.skipped == {"too_few": 1}


@pytest.mark.parametrize("people", [2, 5, 6, 11, 16])
def test_long_lists_are_split_so_that_no_batch_is_too_small(lite_world: World, people: int) -> None:
    lite_world.branch("第一党支部", people, tagged=False)
    made = plan_of(
        lite_world,
        "branch:第一党支部",
        settings=other_settings(lite_world, **{"wechat.limits": {"mass_max_openids": 5}}),
    )
    sizes = [len(one.openids or ()) for one in made.deliveries]
    assert sum(sizes) == people
    assert len(sizes) == -(-people // 5)
    assert all(2 <= size <= 5 for size in sizes)
    assert len({openid for one in made.deliveries for openid in one.people}) == people


def test_a_subscription_account_sends_once_a_day_by_tag_or_to_all(world: World) -> None:
    world.branch("第一党支部", 3)
    world.branch("第二党支部", 3, tagged=False)
    account = other_settings(world, wechat={"account_type": "subscription"})
    by_tag = plan_of(world, "branch:第一党支部", settings=account)
    assert len(by_tag.deliveries) == 1
    assert plan_of(world, "branch:第二党支部", settings=account).skipped == {"no_tag": 3}
    planned(world.runtime, by_tag, account)
    assert plan_of(world, "all", settings=account).skipped == {"day_used": 6}
    world.sandbox.clock(at=(clock.now() + DAY).isoformat())
    clock.sync()
    assert plan_of(world, "all", settings=account).planned == 6


def test_what_cannot_be_pushed_is_refused_with_the_reason(world: World) -> None:
    world.branch("第一党支部", 3)
    world.branch("空支部", 0, others=2)
    draft = world.article("未审稿件", status="in_review")
    ready = world.article("已审稿件")
    cases: list[tuple[type[Exception], str, dict[str, Any]]] = [
        (Refused, "没有党支部“第九党支部”", {"audience": "branch:第九党支部"}),
        (Refused, "看不懂", {"audience": "第一党支部"}),
        (Refused, "已包含所有人", {"audience": "all,branch:第一党支部"}),
        (Refused, "还没有已关注并绑定的人", {"audience": "branch:空支部"}),
        (Conflict, "审核通过后才能推送", {"audience": "all", "article_ids": [draft]}),
        (NotFound, "没有编号为 99 的稿件", {"audience": "all", "article_ids": [99]}),
        (Refused, "已经过去", {"audience": "all", "due_at": clock.now() - DAY}),
        (Refused, "年太远了，最晚可以定在", {"audience": "all", "due_at": clock.now() + 9 * 365 * DAY}),
        (Refused, "封禁模板", {"audience": "all", "road": "template"}),
        (Refused, "没有渠道", {"audience": "all", "road": "fax"}),
        (Refused, "二者选一", {"audience": "all", "article_ids": []}),
        (Forbidden, "没有此项权限", {"audience": "all", "username": "guest"}),
    ]
    for kind, words, values in cases:
        with pytest.raises(kind, match=words):
            world.push(**{"article_ids": [ready], **values})


def test_a_push_takes_its_article_out_of_the_queue(world: World) -> None:
    world.branch("第一党支部", 3)
    article = world.article(status="queued")
    world.push("all", article)
    with world.runtime.db.read_scope() as session:
        assert session.get_one(Article, article).status == "planned"


def test_a_push_is_planned_while_a_roster_is_being_written(
    postgres_world: World, run_engine: Callable[[World], Engine]
) -> None:
    postgres_world.branch("第一党支部", 5)
    push = postgres_world.push("branch:第一党支部")
    with postgres_world.runtime.db.session_scope() as session:
        moves.alone(session, at=clock.now())
        run_engine(postgres_world)
        eventually(lambda: len(postgres_world.shown(push)["deliveries"]) == 1, timeout_s=30)


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        ("2026-11-24T21:59", "2026-11-24T21:59"),
        ("2026-11-24T22:00", "2026-11-25T07:00"),
        ("2026-11-25T02:30", "2026-11-25T07:00"),
        ("2026-11-25T07:00", "2026-11-25T07:00"),
    ],
)
def test_quiet_hours_put_a_push_off_until_the_morning(moment: str, sent: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=clock.SHANGHAI)
    assert defer(at, "22:00-07:00") == datetime.fromisoformat(sent).replace(tzinfo=clock.SHANGHAI)
    assert defer(at, "") == at
