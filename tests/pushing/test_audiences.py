"""Whom an audience means: every place, and any union, limit and exception of sets, against sets counted by hand."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import expected
from content import columns
from database import sealed
from database.session import Database
from ground import clock
from ground.errors import Conflict, Refused
from models import (
    Branch,
    Column,
    Community,
    Delivery,
    Follower,
    FollowerTag,
    Grid,
    Member,
    Push,
    QuotaUse,
    User,
)
from models import WeChatTag as Tag
from scheduler import audience, planner, roads
from scheduler.audience import keeping, saved
from scheduler.roads import Target
from settings import Settings, field_keys, index_key
from tests.fixtures.configuration import make_settings
from tests.world import accounts, activities, places

MANY = 1000 if os.environ.get("PIONEER_AUDIENCES") == "all" else 60
PEOPLE = 420
LARGEST = 40
"""How many people one list may hold here, so that some audiences take several calls and some tags save one."""


@dataclass
class Town:
    """A database with the sample's places and people, and who belongs where as the test has dealt it out."""

    db: Database
    settings: Settings
    sets: dict[str, set[str]] = field(default_factory=dict)
    everyone: set[str] = field(default_factory=set)

    def plan(self, text: str) -> planner.Plan:
        """The plan of an article to this audience."""
        with self.db.read_scope() as session:
            meant = audience.parse(session, text, at=clock.now())
            by = roads.choose("mass", "articles", self.settings)
            return planner.plan(
                session,
                self.settings,
                audience=meant,
                by=by,
                columns=set(),
                moment=clock.now(),
                at=clock.now(),
            )

    def reached(self, text: str) -> set[str]:
        """Whom its calls reach; nobody twice, or the test fails."""
        called = [openid for one in self.plan(text).deliveries for openid in one.people]
        assert len(called) == len(set(called))
        return set(called)

    def belongs(self, name: str, openid: str) -> None:
        """This one is in the set."""
        self.sets.setdefault(name, set()).add(openid)


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    """One on either database."""
    yield from _town(database_url)


@pytest.fixture
def lite_town(sqlite_url: str) -> Iterator[Town]:
    """One on SQLite only, where the database makes no difference."""
    yield from _town(sqlite_url)


def _town(url: str) -> Iterator[Town]:
    limits = {"mass_min_openids": 2, "mass_max_openids": LARGEST}
    settings = make_settings(**{"wechat.limits": limits})
    privacy = settings.privacy
    sealed.use(sealed.Keyring(field_keys(privacy.field_keys), index_key(privacy.index_key)))
    made = Town(Database(url), settings)
    with made.db.session_scope() as session:
        places.sample(session)
        _people(session, made, random.Random(20))
        _what_they_chose(session, made, random.Random(21))
    yield made
    made.db.close()


def _people(session: Session, town: Town, dice: random.Random) -> None:
    branches = list(session.scalars(sa.select(Branch).order_by(Branch.id)))
    grids = list(session.scalars(sa.select(Grid).order_by(Grid.id)))
    homes = {one.id: one for one in session.scalars(sa.select(Community))}
    tags = {place.id: 100 + number for number, place in enumerate(branches)}
    for branch in branches:
        branch.tag_id = tags[branch.id]
    now, carriers = clock.now(), []
    for number in range(PEOPLE):
        openid = f"o{number:05d}"
        town.everyone.add(openid)
        if number % 10 == 9:  # a resident, bound to nobody
            session.add(Follower(openid=openid))
            continue
        branch = dice.choice(branches[:3] if number % 2 else branches)
        grid = dice.choice(grids) if number % 5 else None
        member = Member(
            name=f"党员{number}", branch_id=branch.id, grid_id=grid.id if grid else None, created_at=now, updated_at=now,
            active=number % 20 != 1,
        )  # fmt: skip
        session.add(member)
        session.flush()
        session.add(Follower(openid=openid, member_id=member.id))
        if not member.active:
            continue
        carriers.append({"openid": openid, "tag_id": tags[branch.id]})
        home = homes.get(grid.community_id if grid else branch.community_id or 0)
        town.belongs(f"branch:{branch.name}", openid)
        if grid:
            town.belongs(f"grid:{grid.name}", openid)
        if home:
            town.belongs(f"community:{home.name}", openid)
            town.belongs(f"area:{home.area.name}", openid)
    session.execute(sa.insert(FollowerTag), carriers)


def _what_they_chose(session: Session, town: Town, dice: random.Random) -> None:
    columns.ensure_defaults(session)
    now = clock.now()
    news = session.scalars(sa.select(Column).where(Column.key == "news")).one()
    for openid in sorted(town.everyone):
        if dice.random() < 0.3:
            mute = sa.update(Follower).where(Follower.openid == openid)
            session.execute(mute.values(muted_columns=dice.choice(["news", "study, news", "news2,news"])))
        elif dice.random() < 0.1:
            session.execute(
                sa.update(Follower).where(Follower.openid == openid).values(muted_columns="news2")
            )
            town.belongs(f"column:{news.name}", openid)
        else:
            town.belongs(f"column:{news.name}", openid)
    session.add(Tag(id=7, name="志愿者", seen_at=now))
    helpers = set(dice.sample(sorted(town.everyone), 90))
    session.execute(sa.insert(FollowerTag), [{"openid": one, "tag_id": 7} for one in sorted(helpers)])
    town.sets["tag:志愿者"] = helpers
    some = session.scalars(sa.select(Branch).order_by(Branch.id).limit(2)).all()
    meeting = activities.activity(session, branches=some)
    expected.freeze(session, meeting, now)
    town.sets[f"activity:{meeting.id}"] = set().union(*(town.sets[f"branch:{one.name}"] for one in some))
    user = accounts.someone(session)
    push = Push(audience="all", due_at=now, planned_at=now, created_by=user.id, created_at=now, skipped={})
    session.add(push)
    session.flush()
    got = set(dice.sample(sorted(town.everyone), 120))
    sent = Delivery(push_id=push.id, road="mass", key="k1", status="delivered", recipients=120, due_at=now)
    session.add(sent)
    session.flush()
    used = {"period": clock.month_key(now), "delivery_id": sent.id, "state": "used", "at": now}
    session.execute(sa.insert(QuotaUse), [{"subject": one, **used} for one in sorted(got)])
    town.sets[f"received:{push.id}"] = got
    _what_failed(session, town, dice, user)


def _what_failed(session: Session, town: Town, dice: random.Random, user: User) -> None:
    """A push that failed for some, got to others, of some of whom both is true, and was sent again to a few."""
    now, month = clock.now(), clock.month_key(clock.now())
    first = Push(audience="all", due_at=now, planned_at=now, created_by=user.id, created_at=now, skipped={})
    session.add(first)
    session.flush()
    again = Push(
        audience="all", due_at=now, planned_at=now, created_by=user.id, created_at=now, skipped={}, again_of=first.id
    )  # fmt: skip
    session.add(again)
    session.flush()
    people = dice.sample(sorted(town.everyone), 200)
    calls = [
        (first, "failed", people[:100]), (first, "delivered", people[90:110]),
        (again, "failed", people[:10]), (again, "delivered", people[10:30]),
    ]  # fmt: skip
    for number, (push, status, some) in enumerate(calls):
        call = Delivery(
            push_id=push.id, road="mass", key=f"f{number}", status=status, recipients=len(some), due_at=now
        )
        session.add(call)
        session.flush()
        line = {
            "period": month,
            "delivery_id": call.id,
            "state": "released",
            "at": now,
        }  # nobody's quota of this town
        session.execute(sa.insert(QuotaUse), [{"subject": one, **line} for one in some])
    notice = Delivery(
        push_id=first.id, road="template", key="fn", status="failed", recipients=1, due_at=now, openid=people[150],
        target_kind="follower",
    )  # fmt: skip
    session.add(notice)
    town.sets[f"failed:{first.id}"] = {*people[:10], *people[30:90], people[150]}


def union(dice: random.Random, town: Town) -> tuple[str, set[str]]:
    """Some sets joined, in words and as a set."""
    names = dice.sample(sorted(town.sets), dice.choice([1, 1, 2, 3, 6]))
    return ",".join(names), set().union(*(town.sets[name] for name in names))


def anybody(dice: random.Random, town: Town) -> tuple[str, set[str]]:
    """An audience made at random, and who is meant."""
    base, meant = ("all", set(town.everyone)) if dice.random() < 0.15 else union(dice, town)
    within, without = [], []
    for _ in range(dice.choice([0, 0, 1, 2])):
        text, members = union(dice, town)
        within.append(text)
        meant &= members
    for _ in range(dice.choice([0, 0, 1, 2])):
        text, members = union(dice, town)
        without.append(text)
        meant -= members
    return audience.compose(base, within, without), meant


def test_every_grid_reaches_exactly_those_who_live_in_it(town: Town) -> None:
    with town.db.read_scope() as session:
        grids = list(session.scalars(sa.select(Grid.name)))
    assert len(grids) == 120
    for name in grids:
        meant = town.sets.get(f"grid:{name}", set())
        if meant:
            alone = len(meant) == 1
            made = town.plan(f"grid:{name}")
            assert {one for call in made.deliveries for one in call.people} == (set() if alone else meant)
            assert made.skipped.get("too_few", 0) == (1 if alone else 0)
        else:
            with pytest.raises(Refused, match="还没有已关注"):
                town.plan(f"grid:{name}")


def test_any_audience_reaches_exactly_who_is_meant_by_the_fewest_calls(town: Town) -> None:
    dice, tags = random.Random(5), tagged(town)
    several = by_tag = 0
    for _ in range(MANY):
        text, meant = anybody(dice, town)
        if len(meant) < 2:
            continue
        made = town.plan(text)
        called = [openid for call in made.deliveries for openid in call.people]
        assert sorted(called) == sorted(meant), text
        assert len(made.deliveries) == (1 if text == "all" else fewest(meant, tags)), text
        several += len(made.deliveries) > 1
        by_tag += any(call.kind is Target.TAG for call in made.deliveries)
    assert several > 1
    assert by_tag > 1


def tagged(town: Town) -> list[frozenset[str]]:
    """Who carries each tag."""
    with town.db.read_scope() as session:
        carriers: dict[int, set[str]] = {}
        for tag_id, openid in session.execute(sa.select(FollowerTag.tag_id, FollowerTag.openid)):
            carriers.setdefault(tag_id, set()).add(openid)
    return [frozenset(one) for one in carriers.values()]


def fewest(meant: set[str], tags: list[frozenset[str]]) -> int:
    """The fewest calls that reach exactly these, by trying every choice of tags that is of any use."""
    useful = [tag for tag in tags if tag <= meant and (len(tag) > LARGEST or tag == meant)]

    def best(left: frozenset[str], more: list[frozenset[str]]) -> int:
        lists = 10**6 if len(left) == 1 else -(-len(left) // LARGEST)
        return min(
            [lists]
            + [1 + best(left - tag, more[number + 1 :]) for number, tag in enumerate(more) if tag <= left]
        )

    return best(frozenset(meant), useful)


NOT_UNDERSTOOD = {
    "grid:没有的网格": "没有网格“没有的网格”",
    "all within all": "不能用来限定或除去",
    "all within ，": "请写明限定或除去的是谁",
    "all without": "请写明限定或除去的是谁",
    "all without ": "请写明限定或除去的是谁",
    "all without 某某": "看不懂",
    "activity:99": "没有编号为 99 的活动",
    "activity:明天": "不是活动的编号",
    "received:99": "没有编号为 99 的推送",
    "tag:没有的": "没有微信标签",
    "column:没有的": "没有栏目",
    "saved:没有的": "没有常用对象",
    "missed:1": "看不懂",
}


def test_what_is_not_understood_is_named(lite_town: Town) -> None:
    for text, said in NOT_UNDERSTOOD.items():
        with pytest.raises(Refused, match=said):
            lite_town.plan(text)


def test_there_is_no_set_of_those_who_did_not_check_in(town: Town) -> None:
    assert set(audience.KINDS) == {
        "branch", "community", "area", "grid", "activity", "answered", "column", "tag", "received", "failed"
    }  # fmt: skip
    number = next(name for name in town.sets if name.startswith("activity:")).partition(":")[2]
    for text in (f"answered:{number}", f"activity:{number} without answered:{number}"):
        with town.db.read_scope() as session, pytest.raises(Refused, match="只用于这个活动自己的提醒"):
            audience.parse(session, text, at=clock.now())
        with town.db.read_scope() as session, pytest.raises(Refused):
            audience.parse(session, text, at=clock.now(), notice_of=int(number) + 1)


def test_what_nobody_knows_is_left_out_rather_than_sent_twice(town: Town) -> None:
    number = next(name for name in town.sets if name.startswith("received:"))
    with town.db.session_scope() as session:
        session.execute(sa.update(Delivery).values(status="unknown"))
    assert town.reached(f"all without {number}") == town.everyone - town.sets[number]
    with pytest.raises(Refused, match="还没有已关注"):
        town.plan(number)


def test_a_push_whose_list_is_gone_by_the_rules_cannot_choose_people(lite_town: Town) -> None:
    number = next(name for name in lite_town.sets if name.startswith("received:"))
    with lite_town.db.session_scope() as session:
        session.execute(sa.update(Push).values(planned_at=clock.now() - timedelta(days=70)))
    with pytest.raises(Refused, match="只能选本月和上月的推送"):
        lite_town.plan(number)


class TestSaved:
    """常用对象."""

    def save(self, town: Town, name: str, text: str) -> None:
        """As an editor."""
        with town.db.session_scope() as session:
            keeping.save(session, accounts.someone(session, "editor"), name, text, at=clock.now())

    def test_a_name_stands_for_its_people_alone_and_narrowed(self, lite_town: Town) -> None:
        first, second = sorted(name for name in lite_town.sets if name.startswith("branch:"))[:2]
        self.save(lite_town, "骨干", f"{first},{second}")
        both = lite_town.sets[first] | lite_town.sets[second]
        assert lite_town.reached("saved:骨干") == both
        assert lite_town.reached("常用对象：骨干 without tag:志愿者") == both - lite_town.sets["tag:志愿者"]
        assert lite_town.reached("tag:志愿者 within saved:骨干") == both & lite_town.sets["tag:志愿者"]

    def test_one_that_leaves_people_out_stands_alone(self, lite_town: Town) -> None:
        self.save(lite_town, "非志愿者", "all without tag:志愿者")
        assert lite_town.reached("saved:非志愿者") == lite_town.everyone - lite_town.sets["tag:志愿者"]
        with pytest.raises(Refused, match="只能单独作为推送对象"):
            lite_town.plan("saved:非志愿者,tag:志愿者")

    def test_what_was_planned_stays_as_it_was_when_the_name_changes(self, lite_town: Town) -> None:
        self.save(lite_town, "骨干", "tag:志愿者")
        with lite_town.db.read_scope() as session:
            before = audience.parse(session, "saved:骨干", at=clock.now()).text
        self.save(lite_town, "骨干", "all")
        assert before == "tag:志愿者"

    def test_one_that_a_slot_sends_to_is_not_removed(self, lite_town: Town) -> None:
        self.save(lite_town, "骨干", "tag:志愿者")
        slot = {"weekdays": [0], "time": "08:00", "audience": "saved:骨干", "active": True}
        with lite_town.db.session_scope() as session:
            column = session.scalars(sa.select(Column).limit(1)).one()
            column.slots = [slot]
        with lite_town.db.session_scope() as session, pytest.raises(Conflict, match="发送时段正在使用"):
            keeping.remove(
                session, accounts.someone(session, "editor"), saved.get(session, "骨干").id, at=clock.now()
            )

    def test_a_name_that_could_not_be_written_is_refused(self, lite_town: Town) -> None:
        for name in ("", "甲，乙", "a within b", "长" * 41):
            with pytest.raises(Refused):
                self.save(lite_town, name, "all")


def test_the_words_say_every_part() -> None:
    said = audience.label_of("branch:甲,branch:乙 within column:学习园地 without grid:一网格,received:3")
    assert said == "甲、乙（限订阅“学习园地”的人；除去一网格、收到过 3 号推送的人）"
    assert audience.label_of("all") == "全部关注者"
