"""Publications: begun, asked about, and what became of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from ground.errors import Refused
from scheduler import roads
from scheduler.roads.base import Call
from scheduler.roads.publish import ROAD
from tests.fixtures.configuration import make_settings
from wechat.outbound.endpoints.drafts import PublishState, PublishTask
from wechat.wire.messages import PublishFinished

if TYPE_CHECKING:
    from wechat.outbound.client import Client


@pytest.mark.parametrize(("status", "arrived"), [(0, True), (4, False), (6, False)])
def test_the_event_of_a_publication_says_whether_it_is_out(status: int, arrived: bool) -> None:
    (result,) = ROAD.on_result(PublishFinished("gh", "", 0, "k", "12", status, "a", (), ()))
    assert (result.status in ROAD.successes) == arrived
    assert arrived or result.status in ROAD.refusals


def test_it_is_offered_for_articles_alone_and_reaches_nobody() -> None:
    assert ROAD in roads.offered()
    assert roads.choose(roads.AUTO, "articles", make_settings()) != [ROAD]
    with pytest.raises(Refused, match="只用于稿件"):
        roads.choose(ROAD.name, "activity", make_settings())
    client = SimpleNamespace(publish_submit=lambda media_id: PublishTask(f"7-{media_id}", "12"))
    answer = ROAD.send(cast("Client", client), Call("k", make_settings(), media_id="m"))
    assert (answer.msg_id, answer.msg_data_id) == ("7-m", "12")


def test_a_publication_under_way_is_asked_again() -> None:
    def asked(status: int) -> str:
        client = SimpleNamespace(publish_get=lambda publish_id: PublishState(publish_id, status))
        return ROAD.ask(cast("Client", client), "7")

    assert asked(1) == ""
    assert asked(0) in ROAD.successes
    assert asked(4) in ROAD.refusals
