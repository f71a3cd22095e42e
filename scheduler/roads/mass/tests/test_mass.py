"""Mass messages: whom one call reaches, and what WeChat says of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from models import Target
from scheduler.audience import Audience, Person
from scheduler.roads.base import Picture
from scheduler.roads.mass import ROAD
from settings import Settings
from tests.fixtures.configuration import make_settings
from wechat.wire.messages import MassFinished

if TYPE_CHECKING:
    from wechat.outbound.client import Client


def account(kind: str) -> Settings:
    """An account of this kind, with lists of two to four."""
    limits = {"mass_min_openids": 2, "mass_max_openids": 4}
    sections: dict[str, dict[str, Any]] = {"wechat": {"account_type": kind}, "wechat.limits": limits}
    return make_settings(**sections)


def picture(count: int, *, kind: str = "service", left: int = 0) -> Picture:
    """All who follow can be reached, but not "to all"."""
    people = [Person(f"o{number}") for number in range(count)]
    return Picture(account(kind), Audience("all", ()), count, people, (), 0, left)


@pytest.mark.parametrize(
    ("count", "sizes"), [(2, [2]), (4, [4]), (5, [3, 2]), (9, [3, 3, 3]), (13, [4, 3, 3, 3])]
)
def test_lists_are_as_few_as_can_be_and_the_last_is_never_a_single_person(
    count: int, sizes: list[int]
) -> None:
    planned = ROAD.plan(picture(count)).deliveries
    assert [len(one.people) for one in planned] == sizes
    assert [one.openids for one in planned] == [one.people for one in planned]


def test_one_person_alone_cannot_be_reached() -> None:
    routed = ROAD.plan(picture(1))
    assert (len(routed.deliveries), routed.skipped) == (0, {"too_few": 1})
    assert ROAD.reasons["too_few"]


def test_an_account_without_lists_sends_to_all_or_says_why_not() -> None:
    assert Target.LIST not in ROAD.targets(account("subscription"))
    assert ROAD.plan(picture(3, kind="subscription", left=1)).deliveries[0].kind is Target.EVERYONE
    assert ROAD.plan(picture(3, kind="subscription", left=0)).skipped == {"day_used": 3}


@pytest.mark.parametrize(
    ("state", "known"),
    [("SEND_SUCCESS", True), ("SEND_FAIL", True), ("DELETE", True), ("SENDING", False), ("", False)],
)
def test_what_is_asked_is_believed_only_when_the_job_has_ended(state: str, known: bool) -> None:
    client = cast("Client", SimpleNamespace(mass_get=lambda _msg_id: state))
    assert ROAD.ask(client, "1") == (state if known else "")
    assert (state in ROAD.successes) == (state == "SEND_SUCCESS")


def test_the_event_of_a_job_gives_its_counts_and_addresses() -> None:
    event = MassFinished(
        "gh", "o", 0, "k", "77", "err(20008)", 5, 4, 3, 1, 0, ((1, "https://mp.weixin.qq.com/s/a"),)
    )
    (result,) = ROAD.on_result(event)
    assert (result.msg_id, result.counts) == ("77", {"total": 5, "filter": 4, "sent": 3, "error": 1})
    assert result.urls == {1: "https://mp.weixin.qq.com/s/a"}
    assert ROAD.hint(result.status) == "涉嫌欺诈（err(20008)）"
