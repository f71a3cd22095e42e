"""Answers to people: within WeChat's window, once, and never in place of a push."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from ground.errors import Refused
from scheduler import roads
from scheduler.roads.base import Call
from scheduler.roads.custom import ROAD
from tests.fixtures.configuration import make_settings

if TYPE_CHECKING:
    from wechat.outbound.client import Client

SETTINGS = make_settings(**{"wechat.limits": {"customer_service_hours": 20, "customer_service_count": 3}})


def test_the_window_is_what_the_configuration_says() -> None:
    assert ROAD.window(SETTINGS.wechat.limits) == (timedelta(hours=20), 3)


def test_one_call_goes_to_one_person_with_the_answer_as_it_was_written() -> None:
    sent: list[tuple[str, Any]] = []
    client = cast(
        "Client", SimpleNamespace(custom_send=lambda openid, payload: sent.append((openid, payload)))
    )
    payload = {"msgtype": "text", "text": {"content": "您好"}}
    ROAD.send(client, Call("k", SETTINGS, openids=("o1",), payload=payload))
    assert sent == [("o1", payload)]


def test_there_is_no_key_so_that_nothing_is_ever_repeated() -> None:
    assert not ROAD.key_window(SETTINGS.wechat.limits)


@pytest.mark.parametrize("kind", ["articles", "activity"])
def test_a_push_is_refused_and_told_what_to_choose(kind: str) -> None:
    assert ROAD not in roads.offered()
    with pytest.raises(Refused, match="auto"):
        roads.choose(ROAD.name, kind, SETTINGS)
