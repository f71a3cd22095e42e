"""渠道: how a push travels. A road is a folder beside this file with one :class:`Road` as ``ROAD``; nothing else lists them."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from ground.errors import PioneerError, Refused
from models import Target
from scheduler.roads.base import GROUPS, Answer, Call, Content, Picture, Planned, Result, Road
from settings import Settings, WeChatLimits
from wechat.wire import messages

if TYPE_CHECKING:
    from wechat.outbound.client import Client

log = structlog.get_logger(__name__)

AUTO = "auto"
_AUTO_TITLE = "自动选择"


def found() -> dict[str, Road]:
    """The roads whose folders stand here, in their order. Raises TypeError or ValueError where a folder has none or another's."""
    roads: list[Road] = []
    for module in pkgutil.iter_modules(__path__):
        if not module.ispkg:
            continue
        road = importlib.import_module(f"{__name__}.{module.name}").ROAD
        if not isinstance(road, Road):
            raise TypeError(f"{module.name}.ROAD is no road")
        if road.carries and type(road).send is Road.send:
            raise TypeError(f"the road in {module.name} carries what it cannot send")
        if road.name != module.name:
            raise ValueError(f"the road in {module.name} calls itself {road.name}")
        roads.append(road)
    return {road.name: road for road in sorted(roads, key=lambda road: (road.order, road.name))}


ROADS: dict[str, Road] = found()


def of(name: str) -> Road:
    """The road of a row. One whose folder is gone knows no key, carries nothing and is asked nothing, and harms no other row."""
    return ROADS.get(name) or type("GoneRoad", (Road,), {"name": name, "title": name})()


def carrying(kind: str) -> list[Road]:
    """The roads for this kind of content, the best first."""
    return [road for road in ROADS.values() if kind in road.carries]


def offered() -> list[Road]:
    """The roads that a person may choose for a push."""
    return [road for road in ROADS.values() if road.carries & {Content.ARTICLES, Content.ACTIVITY}]


def listed() -> str:
    """What may be typed: ``auto、NAME（TITLE）、…``."""
    return "、".join([AUTO, *(f"{road.name}（{road.title}）" for road in offered())])


def cost(kind: str, limits: WeChatLimits) -> str:
    """What a person should know of the cost of sending this kind of content, by the road that ``auto`` thinks of first."""
    return next((road.cost(limits) for road in carrying(kind)), "")


@dataclass(frozen=True)
class Offer:
    """A road as a person chooses it: what it costs, and why it cannot be chosen, if so."""

    name: str
    title: str
    cost: str
    refusal: str


@dataclass(frozen=True)
class Offers:
    """The roads for one kind of content, and what ``auto`` would go by, the first first (none: by none)."""

    roads: Sequence[Offer]
    auto: Sequence[str]


def offers(kind: str, settings: Settings) -> Offers:
    """What a person may choose for this kind of content, for a page."""
    limits = settings.wechat.limits
    found = [
        Offer(road.name, road.title, road.cost(limits), road.refusal(kind, settings))
        for road in carrying(kind)
    ]
    try:
        auto = [road.title for road in _fitting(kind, settings)]
    except Refused:
        auto = []
    return Offers(found, auto)


def title(name: str) -> str:
    """What people read for what stands in the row of a push or a delivery: ``auto``, or names of roads."""
    return "、".join(_AUTO_TITLE if one == AUTO else of(one).title for one in named(name))


def reaches(name: str) -> bool:
    """Whether anybody hears of it by what stands in the row of a push: ``auto``, or names of roads."""
    return any(of(one).reaches for one in named(name))


def reasons() -> dict[str, str]:
    """Why somebody gets nothing, as it is shown, from all roads."""
    return {name: text for road in ROADS.values() for name, text in road.reasons.items()}


def taking() -> dict[type[messages.Push], Road]:
    """Which road gets the results that an event tells."""
    return {road.takes: road for road in ROADS.values() if road.takes is not None}


def named(text: str) -> list[str]:
    """The names in a list as a person types it, or as it stands in a row: each once, in its order."""
    return list(dict.fromkeys(filter(None, (name.strip() for name in re.split(r"[,，、+＋]", text)))))


def choose(text: str, kind: str, settings: Settings) -> list[Road]:
    """The roads named in ``text`` for a push of ``kind`` (articles or activity), the best first.

    ``auto`` takes the first that can carry it, and those that :attr:`Road.fills` what it leaves, or these alone.

    Raises :class:`errors.Refused` with the reason where a road is unknown, cannot carry this or is not set up.
    """
    names = named(text) or [AUTO]
    if names == [AUTO]:
        return _fitting(kind, settings)
    chosen: list[Road] = []
    for name in names:
        if name == AUTO:
            raise Refused("auto 已经自动选择渠道，请不要再写其他渠道")
        if name not in ROADS:
            available = "、".join([AUTO, *(road.name for road in offered())])
            raise Refused(f"没有渠道“{name}”，可用的有：{available}")
        if reason := ROADS[name].refusal(kind, settings):
            raise Refused(reason)
        chosen.append(ROADS[name])
    for road in chosen:
        if not road.reaches and len(chosen) > 1:
            raise Refused(f"“{road.title}”不通知任何人，不能和其他渠道一起选，请只选一种")
    return chosen


def is_auto(text: str) -> bool:
    """Whether what stands in the row of a push, or what a person types, leaves the choice to us."""
    return named(text) in ([], [AUTO])


def _fitting(kind: str, settings: Settings) -> list[Road]:
    could = carrying(kind)
    fitting = [road for road in could if not road.refusal(kind, settings)]
    if not any(road.reaches for road in fitting):
        raise Refused(could[0].refusal(kind, settings) if could else "没有可用的渠道")
    first = next((road for road in fitting if not road.fills), None)
    return [*([first] if first else ()), *(road for road in fitting if road.fills)]


def attempt(road: Road, client: Client, call: Call) -> tuple[Answer | None, Exception | None]:
    """Make one call: the answer, or what went wrong (also a fault of ours, after which nobody knows whether it left)."""
    try:
        return road.send(client, call), None
    except PioneerError as error:
        return None, error
    except Exception as error:
        log.exception("call_broke", key=call.key)
        return None, error


__all__ = [
    "AUTO", "GROUPS", "ROADS", "Answer", "Call", "Content", "Offer", "Offers", "Picture", "Planned", "Result", "Road", "Target",
    "attempt", "carrying", "choose", "cost", "found", "is_auto", "listed", "named", "of", "offered", "offers", "reaches",
    "reasons", "taking", "title",
]  # fmt: skip
