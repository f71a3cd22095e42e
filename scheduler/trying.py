"""发一条试试: whether a group's robot gets through, before anything depends on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from accounts import audit
from community import groups
from ground import clock
from ground.errors import Conflict, Refused
from models import User
from scheduler import instance, roads
from scheduler.roads import Road, Target
from settings import Settings
from wechat.outbound.failures import CallFailed
from wechat.outbound.reactions import Then

if TYPE_CHECKING:
    from runtime import Runtime

_CAME = "已发出，请到群里看一看是否收到"
_UNHEARD = "没有收到企业微信的回应，消息可能已经发出，请到群里看一看"


@dataclass(frozen=True)
class Tried:
    """What came back: whether it got through, and in a sentence what to do."""

    through: bool
    said: str


def group(runtime: Runtime, user_id: int, group_id: int) -> Tried:
    """Let the robot of a group say something harmless, once.

    Raises :class:`Refused` where the group has no robot, :class:`Conflict` on a server that may not send, and what
    :func:`groups.address` raises.
    """
    with runtime.db.read_scope() as session:
        if not instance.may_send(session, runtime.settings):
            raise Conflict(instance.READ_ONLY)
        key = groups.address(session, session.get_one(User, user_id), group_id)
    tried = _made(_road(runtime.settings), runtime, key)
    with runtime.db.session_scope() as session:
        _note(session, user_id, group_id, tried, at=clock.now())
    return tried


def _road(settings: Settings) -> Road:
    for road in roads.ROADS.values():
        if Target.GROUP in road.targets(settings):
            return road
    raise Refused("没有可以发到群里的渠道")


def _made(road: Road, runtime: Runtime, key: str) -> Tried:
    try:
        road.try_out(runtime.client, key)
    except CallFailed as failure:
        return Tried(False, _UNHEARD if failure.then is Then.ASK else f"没有发出：{failure.message}")
    return Tried(True, _CAME)


def _note(session: Session, user_id: int, group_id: int, tried: Tried, *, at: datetime) -> None:
    user = session.get_one(User, user_id)
    detail = {"count": int(tried.through), "failed": int(not tried.through)}
    audit.record(session, "group.try", user=user, subject=f"group:{group_id}", detail=detail, at=at)


__all__ = ["Tried", "group"]
