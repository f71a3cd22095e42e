"""What the road makes of groups, and that a hint which is lost loses nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from ground.errors import Unavailable
from models import Target
from scheduler import roads
from scheduler.audience import Audience
from scheduler.roads.base import Call, Chat, Picture
from scheduler.roads.kit import ROAD
from scheduler.roads.load import Hint
from settings import with_base_url
from tests.fixtures.configuration import make_settings

if TYPE_CHECKING:
    from wechat.outbound.client import Client

SETTINGS = with_base_url(make_settings(), "https://pioneer.example")
CHATS = [
    Chat(1, "学习群", 3, "第一党支部", robot=False, forwarder="o1"),
    Chat(2, "工作群", 3, "第一党支部", robot=True, forwarder="o1"),
    Chat(3, "值班群", 4, "第二党支部", robot=False, forwarder=""),
    Chat(4, "街道群", None, "", robot=False, forwarder="o2"),
]


def client(sent: list[tuple[str, Any]], error: Exception | None = None) -> Client:
    def custom_send(openid: str, payload: Any) -> None:
        sent.append((openid, payload))
        if error is not None:
            raise error

    return cast("Client", SimpleNamespace(custom_send=custom_send))


def test_each_group_in_which_no_robot_speaks_gets_one_from_its_forwarder() -> None:
    picture = Picture(SETTINGS, Audience("branch:第一党支部", ()), 0, (), (), 0, 0, chats=CHATS)
    routed = ROAD.plan(picture)
    assert [
        (one.target, one.kind, one.target_id, one.branch_id, one.recipients) for one in routed.deliveries
    ] == [
        ("第一党支部·学习群", Target.FORWARDER, 1, 3, 1),
        ("街道群", Target.FORWARDER, 4, None, 1),
    ]
    assert all(one.openids is None and not one.people for one in routed.deliveries), "it names nobody"
    assert routed.missed == {"第二党支部·值班群": "no_forwarder"}
    assert not routed.skipped


def test_its_forwarder_is_told_by_one_message() -> None:
    sent: list[tuple[str, Any]] = []
    call = Call("k", SETTINGS, kind=Target.FORWARDER, hint=Hint("o1", "可以转发了"))
    assert ROAD.send(client(sent), call).msg_id == ""
    assert sent == [("o1", {"msgtype": "text", "text": {"content": "可以转发了"}})]


def test_who_cannot_be_told_just_now_is_not_written_to() -> None:
    sent: list[tuple[str, Any]] = []
    ROAD.send(client(sent), Call("k", SETTINGS, kind=Target.FORWARDER))
    assert sent == []


def test_a_hint_that_is_lost_loses_nothing() -> None:
    sent: list[tuple[str, Any]] = []
    call = Call("k", SETTINGS, kind=Target.FORWARDER, hint=Hint("o1", "可以转发了"))
    ROAD.send(client(sent, Unavailable("没有回应")), call)
    assert len(sent) == 1


@pytest.mark.parametrize("kind", ["articles", "activity"])
def test_it_carries_articles_and_notices_where_links_can_be_opened(kind: str) -> None:
    assert [road.name for road in roads.choose(ROAD.name, kind, SETTINGS)] == ["kit"]
    assert "server.base_url" in ROAD.refusal(kind, make_settings())
