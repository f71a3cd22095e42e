"""服务窗口: whose month is full is reached by a customer-service message, if they wrote lately; several roads share one push."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app import create_app
from content import reading
from ground import clock
from ground.errors import NotFound
from models import Article, ArticleStatus, Delivery, Push
from scheduler import audience, marks, planner, roads
from scheduler.engine import Engine
from scheduler.lanes import Lanes
from scheduler.sender import Sender
from tests.world import messages
from tests.world.linked import World, jump, wait_status

CUSTOM = "/cgi-bin/message/custom/send"
BRANCH = "第一党支部"
HERE = f"branch:{BRANCH}"
Run = Callable[[World], Engine]


def wrote(world: World, openids: Sequence[str], **changes: Any) -> None:
    """They write to the account: WeChat opens their windows, and we know."""
    for openid in openids:
        world.sandbox.say(openid, "你好")
        with world.runtime.db.session_scope() as session:
            messages.message(session, openid, **changes)


def cards_of(world: World, openid: str) -> list[dict[str, Any]]:
    """The customer-service messages that a follower sees."""
    return [one for one in world.sandbox.chat(openid) if one["kind"] == "custom"]


def plan(world: World, road: str = "auto", to: str = HERE, **more: Any) -> planner.Plan:
    settings = more.pop("settings", world.runtime.settings)
    with world.runtime.db.read_scope() as session:
        return planner.plan(
            session, settings, audience=audience.parse(session, to, at=clock.now()),
            by=roads.choose(road, "articles", settings), columns={"study"},
            moment=more.pop("moment", clock.now()), at=clock.now(), auto=roads.is_auto(road),
        )  # fmt: skip


def by_road(shown: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {one["road"]: (one["planned"], one["accepted"], one["delivered"]) for one in shown["roads"]}


def test_whose_month_is_full_gets_a_card_if_they_wrote_and_its_page_answers(
    named: World, run_engine: Run
) -> None:
    named.branch(BRANCH, 5)
    run_engine(named)
    had = named.push(HERE)
    wait_status(named, had.id, "awaiting_result")
    writers = named.openids[BRANCH][:2]
    wrote(named, writers)
    push = named.push(HERE, named.article("秋季植树"))
    assert push.planned == 2
    assert push.skipped == {"quota_used": 3}
    shown = wait_status(named, push.id, "sent")
    assert shown["said"] == (
        "5 人不能用群发（本月已收满 4 条），改用服务窗口（客服消息）2 人，其余 3 人收不到"
    )
    assert by_road(shown) == {"custom": (2, 2, 2)}
    assert [len(cards_of(named, one)) for one in named.openids[BRANCH]] == [1, 1, 0, 0, 0]
    (card,) = cards_of(named, writers[0])[0]["articles"]
    assert card["title"] == "秋季植树"
    client = create_app(named.runtime.settings, named.runtime).test_client()
    link = card["url"].removeprefix("https://pioneer.example")
    assert "秋季植树" in client.get(link, follow_redirects=True).text


def test_a_marked_link_answers_as_soon_as_its_push_has_begun_and_no_other_does(lite_named: World) -> None:
    world = lite_named
    world.branch(BRANCH, 3)
    wrote(world, world.openids[BRANCH])
    article, other = world.article("秋季植树"), world.article("冬季植树")
    push = world.push(HERE, article, road="custom")
    app = create_app(world.runtime.settings, world.runtime)
    good = marks.text_of(marks.Mark(push.id, "custom"))

    def answers(number: int, mark: str) -> int:
        """What a browser that was never here before comes to."""
        query = {marks.PARAMETER: mark} if mark else {}
        return app.test_client().get(f"/m/a/{number}", query_string=query, follow_redirects=True).status_code

    assert answers(article, good) == 404, "it is approved, and its push has not begun"
    with world.runtime.db.session_scope() as session:
        session.execute(sa.update(Push).values(status="sending"))
    Sender(world.runtime, threading.Event(), Lanes(world.runtime, threading.Event())).run(
        push.id, lambda: 1
    )  # planned, and handed on
    with world.runtime.db.read_scope() as session:
        assert session.get_one(Article, article).status == ArticleStatus.PUBLISHING
        with pytest.raises(NotFound):
            reading.article(session, article)
    assert answers(article, good) == 200
    assert [answers(article, one) for one in ("", "x", good[:-1] + "g")] == [404] * 3
    assert answers(article, marks.text_of(marks.Mark(push.id, "mass"))) == 404, "it does not go by this road"
    assert answers(article, marks.text_of(marks.Mark(push.id + 1, "custom"))) == 404
    assert answers(other, good) == 404


@pytest.mark.parametrize(
    ("fault", "ends_as", "arrived"),
    [("drop_after", "unknown", 1), ("drop_before", "unknown", 0), ("err:45047", "failed", 0)],
)
def test_what_may_have_been_shown_is_not_sent_again_and_what_was_refused_is_told(
    lite_named: World, run_engine: Run, fault: str, ends_as: str, arrived: int
) -> None:
    world = lite_named
    world.branch(BRANCH, 3)
    wrote(world, world.openids[BRANCH])
    world.sandbox.faults({"path": CUSTOM, "kind": fault, "count": 1})
    engine = run_engine(world)
    push = world.push(HERE, road="custom")
    shown = wait_status(world, push.id, "partly_failed" if ends_as == "failed" else "unknown")
    assert sorted(one["status"] for one in shown["deliveries"]) == sorted(["delivered", "delivered", ends_as])
    jump(world, minutes=30)
    for _ in range(3):
        engine.tick()
    assert len(world.sandbox.receipts("custom")) == 2 + arrived


def test_a_process_that_dies_in_a_call_leaves_one_unknown_and_the_others_are_sent(
    lite_named: World, run_engine: Run
) -> None:
    world = lite_named
    world.branch(BRANCH, 3)
    wrote(world, world.openids[BRANCH])
    push = world.push(HERE, road="custom")
    with world.runtime.db.session_scope() as session:
        session.execute(sa.update(Push).values(status="sending"))
    Sender(world.runtime, threading.Event(), Lanes(world.runtime, threading.Event())).run(push.id, lambda: 1)
    long_ago = clock.now() - timedelta(minutes=10)
    with world.runtime.db.session_scope() as session:
        first = session.scalars(sa.select(Delivery).order_by(Delivery.id)).first()
        assert first is not None
        first.status, first.called_at, first.lease_until = "claimed", long_ago, long_ago
        session.execute(sa.update(Push).values(lease_until=None, lease_owner=""))
    run_engine(world)
    shown = wait_status(world, push.id, "unknown")
    assert [one["status"] for one in shown["deliveries"]] == ["unknown", "delivered", "delivered"]
    assert len(world.sandbox.receipts("custom")) == 2


def test_only_an_open_window_counts_and_what_closes_before_the_call_fails_in_words(lite_named: World) -> None:
    world = lite_named
    world.branch(BRANCH, 6)
    fresh, old, tapped, spent, silent, late = world.openids[BRANCH]
    wrote(world, [fresh, late])
    wrote(world, [old], at=clock.now() - timedelta(hours=47))
    wrote(world, [tapped], kind="menu_choice")
    wrote(world, [spent])
    for number in range(world.runtime.settings.wechat.limits.customer_service_count):
        world.answer(
            spent, f"第{number}条", status="delivered", called_at=clock.now(), finished_at=clock.now()
        )
    made = plan(world, "custom")
    assert sorted(one for call in made.deliveries for one in call.people) == sorted([fresh, late, old])
    assert made.skipped == {"window": 2, "window_used": 1}
    assert plan(world, "custom", moment=clock.now() + timedelta(hours=2)).planned == 2
    words = planner.reasons()
    assert (words["window"], words["window_used"]) == (
        "48 小时内没有给公众号发过消息", "已收满微信允许的客服消息条数",
    )  # fmt: skip

    push = world.push(HERE, road="custom")
    with world.runtime.db.session_scope() as session:
        session.execute(sa.update(Push).values(status="sending"))
    lanes = Lanes(world.runtime, threading.Event())
    Sender(world.runtime, threading.Event(), lanes).run(push.id, lambda: 1)
    jump(world, hours=2)  # the old message's window is over now
    for number in range(world.runtime.settings.wechat.limits.customer_service_count):
        world.answer(
            late, f"第{number}条", status="delivered", called_at=clock.now(), finished_at=clock.now()
        )
    lanes.lane(push.id)
    shown = world.shown(push)
    with world.runtime.db.read_scope() as session:
        of = {
            one.openid: one for one in session.scalars(sa.select(Delivery).where(Delivery.push_id == push.id))
        }
    assert {who: of[who].status for who in (fresh, old, late)} == {
        fresh: "delivered", old: "failed", late: "failed",
    }  # fmt: skip
    assert of[old].error == of[late].error == roads.of("custom").too_late
    assert (of[old].called_at, of[old].attempts) == (None, 0)
    assert (shown["status"], shown["delivered"], shown["failed"]) == ("partly_failed", 1, 2)
    assert [len(cards_of(world, one)) for one in (fresh, old, late, silent)] == [1, 0, 0, 0]


def test_who_writes_between_agreeing_and_sending_does_not_hold_a_push_up(
    lite_named: World, run_engine: Run
) -> None:
    """Ten by mass, and whoever wrote: windows come and go by the hour, the others are what was agreed to."""
    world = lite_named
    world.branch(BRANCH, 10)
    world.branch("第二党支部", 10)
    run_engine(world)
    full = world.push("branch:第二党支部")
    wait_status(world, full.id, "awaiting_result")
    both = f"{HERE},branch:第二党支部"
    due = clock.now() + timedelta(hours=3)
    push = world.push(both, due_at=due)
    assert (push.planned, push.skipped) == (10, {"quota_used": 10})
    wrote(world, world.openids["第二党支部"][:6])
    jump(world, hours=3, seconds=1)
    shown = wait_status(world, push.id, "awaiting_result")
    assert shown["confirmed"] == {"planned": 10, "skipped": {"quota_used": 10}}
    assert (shown["planned"], shown["skipped"]) == (16, {"quota_used": 4})
    assert {name: one[0] for name, one in by_road(shown).items()} == {"mass": 10, "custom": 6}
    assert shown["said"].startswith("10 人用群发，10 人不能用群发（")
