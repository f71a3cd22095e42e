"""A new folder among the roads is a new road: offered, planned, sent, told of and named, and no other file knows it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import cast

import pytest
import sqlalchemy as sa

from community import followers
from ground import clock
from models import Delivery, Push
from scheduler import instance, roads
from scheduler.asking import Asking
from scheduler.lanes import Lanes
from scheduler.sender import Sender
from scheduler.tick import Ticker
from tests.console.conftest import Office, text_of
from tests.fixtures.roads import folders
from wechat.inbound import router
from wechat.inbound.context import Context
from wechat.inbound.reception import DONE
from wechat.outbound.failures import of_answer
from wechat.outbound.groups import Group

RADIO = '''
"""广播站: read out to lists of three; who is the first on the list has no set."""

from scheduler.roads.base import Answer, Content, Planned, Result, Road, Routed, Target
from wechat.wire.messages import Push

SENT = []


class BroadcastOver(Push, frozen=True):
    number: str
    word: str


class RadioRoad(Road):
    name = "radio"
    title = "广播站"
    carries = frozenset({Content.ARTICLES})
    serial = SERIAL
    asks = True
    takes = BroadcastOver
    successes = frozenset({"heard"})
    refusals = {"silence": "停电"}
    reasons = {"no_set": "没有收音机"}

    def targets(self, settings):
        return frozenset({Target.LIST})

    def plan(self, picture):
        first, *people = [person.openid for person in picture.reachable]
        lists = [people[start : start + 3] for start in range(0, len(people), 3)]
        return Routed([Planned(one, "大喇叭", Target.LIST, openids=one) for one in lists], {"no_set": 1})

    def send(self, client, call):
        SENT.append((call.key, tuple(call.openids)))
        return Answer(f"broadcast-{len(SENT)}")

    def ask(self, client, msg_id):
        return "heard"

    def on_result(self, event):
        return [Result(event.number, event.word)]


ROAD = RadioRoad()
'''


@pytest.fixture(params=["True", "False"], ids=["one after another", "side by side"])
def radio(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleType]:
    source = RADIO.replace("SERIAL", request.param)
    with folders(tmp_path / "roads", monkeypatch, radio=source) as (module,):
        yield module


@pytest.fixture
def radio_and_tower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ModuleType]]:
    radio = RADIO.replace("SERIAL", "True")
    tower = RADIO.replace("SERIAL", "False").replace('"radio"', '"tower"').replace("广播站", "信号塔")
    tower = tower.replace("first, *people =", "people =")
    tower = tower.replace("takes = BroadcastOver", "takes = None").replace("broadcast-", "tower-")
    with folders(tmp_path / "roads", monkeypatch, radio=radio, tower=tower) as modules:
        yield modules


def _form(office: Office) -> dict[str, str]:
    with office.parts.db.session_scope() as session:
        followers.insert_missing(session, [f"oListener{n:019d}" for n in range(6)], at=clock.now())
    article = str(office.article("周末一起种树", "approved"))
    return {"kind": "articles", "article": article, "to": "all", "when": "now", "road": "radio"}


def _work(office: Office) -> None:
    """What a scheduler and a worker do: one tick, and all that it hands out."""
    parts, stopping = office.parts, threading.Event()
    with parts.db.session_scope() as session:
        instance.take(session, instance.fingerprint(parts.settings), clock.now())
    handed: set[tuple[str, int]] = set()
    Ticker(parts, lambda kind, row: handed.add((kind, row))).tick()
    sender = Sender(parts, stopping, Lanes(parts, stopping))
    for kind, row in sorted(handed):
        if kind == "push":
            sender.run(row)
        elif kind == "ask":
            Asking(parts).ask(row)


def _tell(office: Office, radio: ModuleType, number: str, word: str) -> None:
    event = radio.BroadcastOver(account="gh_office", openid="", at=0, key=number, number=number, word=word)
    with office.parts.db.session_scope() as session:
        answer = router.answer(cast(Context, SimpleNamespace(session=session, at=clock.now())), event)
    assert answer.outcome == DONE


def test_a_folder_is_offered_planned_sent_told_of_and_named(office: Office, radio: ModuleType) -> None:
    desk = office.desk("admin")
    form = _form(office)
    assert "广播站" in desk.get("/console/pushes/new")
    look = text_of(desk.post("/console/pushes/confirm", form, 200))
    assert "广播站，分 2 批" in look
    assert "没有收音机" in look
    where = desk.post("/console/pushes/new", form).location

    _work(office)
    assert sorted(len(people) for _, people in radio.SENT) == [2, 3]
    assert len({key for key, _ in radio.SENT}) == 2
    _tell(office, radio, "broadcast-1", "heard")
    _tell(office, radio, "broadcast-2", "silence")
    _tell(office, radio, "broadcast-2", "silence")

    assert office.read(sa.select(Push.status)) == "partly_failed"
    page = text_of(desk.client.get(where))
    assert "大喇叭 广播站 已送达" in page
    assert "停电（silence）" in page
    assert "方式：广播站" in desk.get("/console/audit")


def test_a_road_whose_results_do_not_come_is_asked(office: Office, radio: ModuleType) -> None:
    office.desk("admin").post("/console/pushes/new", _form(office))
    _work(office)
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(Delivery).values(due_at=clock.now()))
    _work(office)
    assert office.read(sa.select(Push.status)) == "sent"
    assert len(radio.SENT) == 2


def test_what_a_road_that_is_gone_has_left_comes_to_an_end_and_holds_nothing_up(
    office: Office, radio: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office.desk("admin")
    where = desk.post("/console/pushes/new", _form(office)).location
    _work(office)
    long_ago = clock.now() - timedelta(hours=1)
    with office.parts.db.session_scope() as session:
        session.execute(
            sa.update(Delivery).values(status="claimed", called_at=long_ago, lease_until=long_ago)
        )
        session.execute(sa.update(Push).values(status="sending"))
    monkeypatch.setattr(roads, "ROADS", {name: one for name, one in roads.ROADS.items() if name != "radio"})
    for _ in range(2):
        _work(office)
    assert office.read(sa.select(sa.func.count()).where(Delivery.status == "unknown")) == 2
    assert office.read(sa.select(Push.status)) == "unknown"
    assert "请到公众号后台核对" in desk.get(where)
    assert len(radio.SENT) == 2


def test_one_push_travels_by_several_roads_at_once(office: Office, radio_and_tower: list[ModuleType]) -> None:
    radio, tower = radio_and_tower
    desk = office.desk("admin")
    form = _form(office) | {"road": "radio，tower"}
    look = text_of(desk.post("/console/pushes/confirm", form, 200))
    assert "广播站、信号塔，分 3 批" in look
    assert "5 人用广播站，1 人不能用广播站（没有收音机），改用信号塔 1 人" in look
    assert "人不会收到" not in look, "whom one road leaves out the other one reaches"
    where = desk.post("/console/pushes/new", form).location
    assert office.read(sa.select(Push.planned)) == 6

    _work(office)
    heard = {person for _, people in radio.SENT for person in people}
    seen = {person for _, people in tower.SENT for person in people}
    assert (len(heard), len(seen), len(heard | seen)) == (5, 1, 6), "nobody hears it twice"
    assert office.read(sa.select(Push.planned_roads)) == "radio,tower"
    for number in ("broadcast-1", "broadcast-2"):
        _tell(office, radio, number, "heard")
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(Delivery).where(Delivery.road == "tower").values(due_at=clock.now()))
    _work(office)
    assert office.read(sa.select(Push.status)) == "sent"
    page = text_of(desk.client.get(where))
    assert "大喇叭 广播站 已送达" in page
    assert "大喇叭 信号塔 已送达" in page


def test_what_one_road_refuses_does_not_stop_the_other(
    office: Office, radio_and_tower: list[ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    radio, tower = radio_and_tower
    desk = office.desk("admin")
    desk.post("/console/pushes/new", _form(office) | {"road": "radio+tower"})

    def refuses(*_: object) -> None:
        raise of_answer({"errmsg": "x"}, 45166, group=Group.MASS, path="/x", repeatable=False)

    monkeypatch.setattr(type(radio.ROAD), "send", refuses)
    _work(office)
    assert len(tower.SENT) == 1
    assert office.read(sa.select(sa.func.count()).where(Delivery.status == "failed")) == 2


@pytest.mark.parametrize(
    ("road", "says"),
    [
        ("mass,mist", "没有渠道“mist”"),
        ("auto、mass", "auto 已经自动选择渠道"),
        ("mass，template", "模板消息只能用于活动通知"),
    ],
)
def test_of_several_roads_each_must_be_able_to_carry_it(office: Office, road: str, says: str) -> None:
    form = _form(office) | {"road": road}
    assert says in text_of(office.desk("admin").post("/console/pushes/confirm", form, 422))
