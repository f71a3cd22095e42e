"""Publications: what became of them; none is begun here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from ground.errors import Refused
from scheduler import roads
from scheduler.roads.base import Call
from scheduler.roads.publish import ROAD
from tests.fixtures.configuration import make_settings
from wechat.wire.messages import PublishFinished

if TYPE_CHECKING:
    from wechat.outbound.client import Client


@pytest.mark.parametrize(("status", "arrived"), [(0, True), (4, False), (6, False)])
def test_the_event_of_a_publication_says_whether_it_is_out(status: int, arrived: bool) -> None:
    (result,) = ROAD.on_result(PublishFinished("gh", "", 0, "k", "12", status, "a", (), ()))
    assert (result.status in ROAD.successes) == arrived
    assert arrived or result.status in ROAD.refusals


def test_it_is_offered_to_nobody_and_refuses_to_send() -> None:
    assert ROAD not in roads.offered()
    with pytest.raises(Refused):
        roads.choose(ROAD.name, "articles", make_settings())
    with pytest.raises(Refused):
        ROAD.send(cast("Client", SimpleNamespace()), Call("k", make_settings()))
