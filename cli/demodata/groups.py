"""The groups of the demo's branches, with robots at the local WeChat and people who pass things on, and what went there."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from cli.demodata.sent import article_push
from database.session import Session
from models import Article, Branch, ChatGroup, Delivery, GroupKind, Kit, LinkOpening, Push, Target
from scheduler import roads, shares
from scheduler.roads import Road
from settings import Settings

_ROBOTS = ((0, "工作群"), (2, "工作群"), (None, "街道党务群"))
"""Whose groups have one, by the place of the branch; None: the whole street's."""
_PASSED_ON = ((0, "学习群"), (1, "支部学习群"), (3, "支部学习群"), (5, "网格党员群"))
_NOBODY_S = ((4, "支部学习群"),)
"""A group that nobody passes things on to yet: the office is told so."""
_SEED = 20260702
_FULL = 9
"""So many of the branch have had their messages of the month."""
_OPENED = {Target.GROUP: (31, 12, 4), Target.FORWARDER: (17, 8)}
"""How often the links of the push were opened, by days."""


@dataclass(frozen=True)
class Robot:
    """A robot as the local WeChat is to know it."""

    key: str
    name: str


def robots(branches: list[str]) -> list[Robot]:
    """One for each group that has a robot, in the order of :data:`_ROBOTS`."""
    rnd, found = random.Random(_SEED), []
    for place, name in _ROBOTS:
        digits = f"{rnd.getrandbits(128):032x}"
        key = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        found.append(Robot(key, f"{branches[place]}{name}" if place is not None else name))
    return found


def made(
    session: Session,
    known: list[Robot],
    branches: list[Branch],
    members: list[dict[str, Any]],
    bound: dict[int, str],
    by: int,
    now: datetime,
) -> list[ChatGroup]:
    """Write the groups; those of the first branch have a robot and a forwarder."""

    def group(place: int | None, name: str, robot: str = "", forwarder: int | None = None) -> ChatGroup:
        return ChatGroup(
            branch_id=None if place is None else branches[place].id, name=name,
            kind=(GroupKind.WECOM if robot else GroupKind.WECHAT).value, robot=robot or None, robot_hint=robot[-4:],
            forwarder_id=forwarder, created_by=by, created_at=now - timedelta(days=21),
        )  # fmt: skip

    def follows(place: int) -> int:
        here = branches[place].id
        return next(int(one["id"]) for one in members if one["branch_id"] == here and one["id"] in bound)

    found = [group(place, name, robot.key) for (place, name), robot in zip(_ROBOTS, known, strict=True)]
    found += [group(place, name, forwarder=follows(place)) for place, name in _PASSED_ON]
    found += [group(place, name) for place, name in _NOBODY_S]
    session.add_all(found)
    session.flush()
    return found


def _to(target: Target, settings: Settings) -> Road:
    return next(road for road in roads.offered() if target in road.targets(settings))


def push(
    session: Session,
    settings: Settings,
    article: Article,
    branch: Branch,
    groups: list[ChatGroup],
    following: tuple[int, int],
    by: int,
    now: datetime,
) -> None:
    """An article that went to one branch by mass message, its group's robot and its forwarder; some opened its links.

    ``following`` is how many of the branch follow, and how many are on its roster.
    """
    at = article.published_at or now
    people, roster = following
    by_name = roads.carrying(roads.Content.ARTICLES)[0]
    to_groups = {target: _to(target, settings) for target in (Target.GROUP, Target.FORWARDER)}
    shared = _shares(by_name, to_groups, people)
    names = [by_name.name, *(road.name for road in to_groups.values())]
    made = article_push(session, article, by, at, f"branch:{branch.name}", "+".join(names), people - _FULL)
    made.skipped = {"not_following": roster - people, "quota_used": _FULL}
    shares.agreed(made, shared)
    shares.planned(made, shared)
    session.add(
        _call(
            made,
            by_name,
            Target.LIST,
            f"{branch.label}（第 1 批）",
            people - _FULL,
            msg_id=str(3147000000 + made.id),
        )
    )
    for target, road in to_groups.items():
        group = next(
            one
            for one in groups
            if one.branch_id == branch.id and bool(one.robot) == (target is Target.GROUP)
        )
        call = _call(
            made, road, target, f"{branch.label}·{group.name}", 1, target_id=group.id, branch_id=branch.id
        )
        session.add(call)
        session.flush()
        if target is Target.FORWARDER:
            session.add(_kit(call, at))
        _opened(session, made, road, branch, _OPENED[target])


def _shares(by_name: Road, to_groups: dict[Target, Road], people: int) -> list[shares.Share]:
    """Who was reached by name, and who only in the group in which the robot spoke."""
    robot, by_hand = to_groups[Target.GROUP], to_groups[Target.FORWARDER]
    return [
        shares.Share(by_name.name, people - _FULL, left={"quota_used": _FULL}),
        shares.Share(robot.name, groups=1, readers=_FULL),
        shares.Share(by_hand.name, groups=1),
    ]


def _kit(call: Delivery, at: datetime) -> Kit:
    """It lies ready, and its forwarder said soon that it was passed on."""
    return Kit(
        push_id=call.push_id, delivery_id=call.id, group_id=call.target_id, token=secrets.token_urlsafe(16), made_at=at,
        forwarded_at=at + timedelta(minutes=25),
    )  # fmt: skip


def _call(push: Push, road: Road, target: Target, to: str, recipients: int, **more: Any) -> Delivery:
    at = push.due_at
    return Delivery(
        push_id=push.id, road=road.name, key=f"demo-{push.id}-{road.name}", status="delivered", target_kind=target.value,
        target=to, recipients=recipients, due_at=at, attempts=1, called_at=at, accepted_at=at + timedelta(seconds=1),
        finished_at=at + timedelta(minutes=2), sent_count=recipients if road.reports else None, **more,
    )  # fmt: skip


def _opened(session: Session, push: Push, road: Road, branch: Branch, by_day: tuple[int, ...]) -> None:
    rows = [
        {
            "push_id": push.id,
            "road": road.name,
            "branch_id": branch.id,
            "day": (push.due_at + timedelta(days=later)).date(),
            "opens": opens,
        }
        for later, opens in enumerate(by_day)
    ]
    session.execute(sa.insert(LinkOpening), rows)
