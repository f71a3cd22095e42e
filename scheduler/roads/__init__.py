"""渠道: how a push travels. One class a road, in a file of its own; this registry is the only place that lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from ground.errors import PioneerError, Refused
from scheduler.roads.base import Answer, Call, Picture, Planned, Road
from scheduler.roads.mass import MassRoad
from scheduler.roads.template import TemplateRoad
from settings import Settings

if TYPE_CHECKING:
    from wechat.outbound.client import Client

log = structlog.get_logger(__name__)

ROADS: dict[str, Road] = {road.name: road for road in (MassRoad(), TemplateRoad())}
AUTO = "auto"


def choose(name: str, kind: str, settings: Settings) -> Road:
    """The road called ``name`` for a push of ``kind`` (articles or activity); ``auto`` takes the first that can carry it.

    Raises :class:`errors.Refused` with the reason where the road is unknown, cannot carry this or is not set up.
    """
    if name == AUTO:
        fitting = [road for road in ROADS.values() if kind in road.carries]
        for road in fitting:
            if not road.refusal(kind, settings):
                return road
        raise Refused(fitting[0].refusal(kind, settings) if fitting else "没有可用的渠道")
    if name not in ROADS:
        raise Refused(f"没有渠道“{name}”，可用的有：{'、'.join([AUTO, *ROADS])}")
    road = ROADS[name]
    if reason := road.refusal(kind, settings):
        raise Refused(reason)
    return road


def attempt(road: Road, client: Client, call: Call) -> tuple[Answer | None, Exception | None]:
    """Make one call: the answer, or what went wrong (also a fault of ours, after which nobody knows whether it left)."""
    try:
        return road.send(client, call), None
    except PioneerError as error:
        return None, error
    except Exception as error:
        log.exception("call_broke", key=call.key)
        return None, error


__all__ = ["AUTO", "ROADS", "Answer", "Call", "Picture", "Planned", "Road", "attempt", "choose"]
