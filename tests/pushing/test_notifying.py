"""通知收到过的读者: who received an article hears once that it was corrected or taken back, by the way that WeChat allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from accounts import audit
from community import followers
from content import corrections
from ground import clock
from ground.errors import Conflict, Forbidden, NotFound, Refused
from localwechat.testing import SandboxControl
from models import Correction, Delivery, InstanceLease
from scheduler import notifying
from scheduler.engine import Engine
from settings import Settings
from tests.fixtures.configuration import make_settings
from tests.fixtures.processes import eventually
from tests.pushing.test_plans_that_hold import FIRST
from tests.world import accounts, messages
from tests.world.linked import World, jump, make_world, sections_for, wait_status

NOTE = "活动已取消，以社区通知为准。"


@pytest.fixture
def named(wechat: SandboxControl, database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world whose pages have an address, on both databases."""
    sections = sections_for(wechat, database_url, str(tmp_path / "var"))
    sections["server"]["base_url"] = "https://pioneer.example"
    made = make_world(wechat, make_settings(**sections))
    yield made
    made.runtime.close()


def sent(world: World, run_engine: Callable[[World], Engine], people: int = 4) -> tuple[int, list[str]]:
    """An article that has reached this many, and their openids."""
    world.branch("第一党支部", people)
    run_engine(world)
    article = world.article("主题党日通知")
    push = world.push(FIRST, article)
    wait_status(world, push.id, "awaiting_result")
    jump(world, minutes=world.runtime.settings.wechat.limits.mass_result_minutes + 1)
    wait_status(world, push.id, "sent")
    return article, world.openids["第一党支部"]


def taken_back(world: World, article: int) -> None:
    with world.runtime.db.session_scope() as session:
        asked = corrections.ask_to_retract(
            session, article, world.user(session), reason="活动取消了", note_=NOTE, at=clock.now()
        )
        corrections.retract(session, asked.id, accounts.reviewers(session)[0], at=clock.now())


def wrote(world: World, openid: str, **changes: Any) -> None:
    with world.runtime.db.session_scope() as session:
        messages.message(session, openid, **changes)


def reach(world: World, article: int, settings: Settings | None = None) -> notifying.Reach:
    with world.runtime.db.read_scope() as session:
        found = notifying.latest(session, article)
        return notifying.reach(session, settings or world.runtime.settings, found, at=clock.now())


def notify(world: World, article: int, username: str = "editor", settings: Settings | None = None) -> int:
    with world.runtime.db.session_scope() as session:
        user = world.user(session, username)
        return notifying.notify(session, settings or world.runtime.settings, article, user, at=clock.now())


def told(world: World) -> list[Delivery]:
    with world.runtime.db.read_scope() as session:
        return list(session.scalars(sa.select(Delivery).where(Delivery.correction_id.is_not(None))))


def test_who_received_it_and_wrote_lately_is_told_once(
    named: World, run_engine: Callable[[World], Engine]
) -> None:
    article, (writes, later, muted, _) = sent(named, run_engine)
    with pytest.raises(NotFound, match="没有已生效"):
        notify(named, article)
    taken_back(named, article)
    for one in (writes, muted):
        named.sandbox.say(one, "你好")
        wrote(named, one)
    with named.runtime.db.session_scope() as session:
        followers.mute(session, muted, ["study"], muted=True)
    seen = reach(named, article)
    assert (seen.received, seen.people, seen.refusal) == (4, 1, "")
    assert seen.others == {"muted": 1, "silent": 2}
    with pytest.raises(Forbidden):
        notify(named, article, "guest")
    assert notify(named, article) == 1
    eventually(lambda: [one.status for one in told(named)] == ["delivered"])
    (shown,) = named.sandbox.chat(writes)[-1:]
    assert NOTE in str(shown)
    assert f"https://pioneer.example/m/a/{article}" in str(shown)
    with pytest.raises(Refused, match="现在没有"):
        notify(named, article)
    named.sandbox.say(later, "在吗")
    wrote(named, later)
    assert reach(named, article).others == {"told": 1, "muted": 1, "silent": 1}
    assert notify(named, article) == 1
    eventually(lambda: [one.status for one in told(named)] == ["delivered"] * 2)
    with named.runtime.db.read_scope() as session:
        found = notifying.latest(session, article)
        assert notifying.notified(session, [found])[found.id] == notifying.Notified(2, 2, 0)
        entry = audit.page(session, action="article.notify").entries[0]
        assert (entry.subject, entry.detail["count"]) == (f"article:{article}", 1)


def test_nobody_is_woken_and_nobody_is_told_too_late(
    named: World, run_engine: Callable[[World], Engine]
) -> None:
    article, (writes, long_ago, tapped, _) = sent(named, run_engine)
    taken_back(named, article)
    now = clock.now()
    local = clock.to_shanghai(now)
    hours = f"{local:%H:%M}-{local + timedelta(hours=3):%H:%M}"
    limits = msgspec.structs.replace(named.runtime.settings.limits, quiet_hours=hours)
    quiet = msgspec.structs.replace(named.runtime.settings, limits=limits)
    named.sandbox.say(writes, "你好")
    wrote(named, writes)
    wrote(named, long_ago, at=now - timedelta(hours=46))
    wrote(named, tapped, kind="menu_view")
    seen = reach(named, article, quiet)
    assert (seen.people, seen.others) == (1, {"silent": 2, "night": 1})
    assert seen.later
    assert seen.later > now
    assert notify(named, article, settings=quiet) == 1
    (waiting,) = told(named)
    assert (waiting.status, waiting.due_at) == ("planned", seen.later)
    jump(named, hours=4)
    eventually(lambda: [one.status for one in told(named)] == ["delivered"])


def test_news_of_long_ago_and_a_server_that_may_not_send_tell_nobody(
    named: World, run_engine: Callable[[World], Engine]
) -> None:
    article, (writes, *_) = sent(named, run_engine)
    taken_back(named, article)
    wrote(named, writes)
    with named.runtime.db.session_scope() as session:
        session.execute(sa.update(InstanceLease).values(fingerprint="another"))
    with pytest.raises(Conflict, match="不是登记的发送方"):
        notify(named, article)
    with named.runtime.db.session_scope() as session:
        session.execute(sa.update(Correction).values(decided_at=clock.now() - timedelta(days=8)))
    assert "已超过 7 天" in reach(named, article).refusal
    assert told(named) == []


def test_of_two_who_press_at_once_one_tells(named: World, run_engine: Callable[[World], Engine]) -> None:
    article, (writes, *_) = sent(named, run_engine)
    taken_back(named, article)
    named.sandbox.say(writes, "你好")
    wrote(named, writes)

    def press() -> int:
        try:
            return notify(named, article)
        except (Refused, Conflict):
            return 0

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(lambda _: press(), range(4))) == [0, 0, 0, 1]
    assert len(told(named)) == 1


def test_what_was_never_pushed_has_nobody_to_tell(named: World) -> None:
    article = named.article("只在手机页面", status="published")
    taken_back(named, article)
    assert reach(named, article).refusal.startswith("没有逐人的接收记录")
    with pytest.raises(Refused, match="没有逐人的接收记录"):
        notify(named, article)
