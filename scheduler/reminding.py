"""The one reminder of an activity: to those of a branch who have neither come nor taken leave, and want to be reminded.

It is a push like any other, by the road of a notice; what is its own is who gets it, and that there is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import own_branch, require
from community import activities, counting, places, window
from database import locks
from database.locks import Lock
from ground import clock
from ground.errors import Conflict, Refused
from models import Activity, Push, PushStatus, User
from scheduler import instance, pushes, quiet, roads
from scheduler.pushes import Created
from settings import Settings

_KEY = "remind"
_ONCE = "这个活动已经提醒过一次，为减轻负担，一个活动最多提醒一次"


def remind(
    session: Session,
    settings: Settings,
    user: User,
    activity_id: int,
    *,
    branch_id: int | None,
    at: datetime,
) -> Created:
    """Remind a branch (None: all that the activity invites), at the end of the quiet hours where they are on now.

    Raises :class:`errors.Conflict` where it was done, :class:`errors.Refused` where there is nobody to remind, or where the
    activity is over before anything may be sent; :class:`errors.NotFound` and :class:`errors.Forbidden` outside the scope.
    """
    own = own_branch(user)
    branch_id = own if own is not None else branch_id
    require(user, "activity.remind", branch_id)
    locks.hold(session, Lock.PLANNING)
    activity = activities.get(session, activity_id, user=user)
    if window.phase(activity, at) not in (window.Phase.COMING, window.Phase.OPEN):
        raise Refused("活动已结束或取消，不用再提醒")
    if activity.expects:
        raise Refused("这个活动应到的不是全体党员，没有“未到”的人数，请用“发送通知”")
    if was_reminded(session, activity_id, branch_id=branch_id):
        raise Conflict(_ONCE)
    if not counting.counts(session, activity, user=user, branch_id=branch_id).open:
        raise Refused("应到人员都已签到或请假，不用再提醒")
    due_at = quiet.defer(at, settings.limits.quiet_hours)
    if window.ended(activity, due_at):
        raise Refused(f"现在是免打扰时段（{settings.limits.quiet_hours}），结束前活动已经结束，不再提醒")
    push = Push(
        kind="activity",
        title=f"提醒：{activity.title}"[:120],
        audience=_audience(session, activity, branch_id),
        road=roads.AUTO,
        status=PushStatus.SCHEDULED.value,
        due_at=due_at,
        activity_id=activity_id,
        slot_key=_slot(activity_id, branch_id),
        created_by=user.id,
        created_at=at,
        skipped={},
    )
    notes = pushes.confirm(session, settings, user, push, [], often="")
    if due_at > at:
        notes.append(f"现在是免打扰时段，将在 {clock.to_shanghai(due_at):%m-%d %H:%M} 发出")
    if not instance.may_send(session, settings):
        notes.append(instance.READ_ONLY)
    return Created(push, tuple(notes))


def was_reminded(session: Session, activity_id: int, *, branch_id: int | None) -> bool:
    """Whether a branch had the reminder of an activity, by itself or with all; of all, whether any had."""
    return bool(reminded(session, [activity_id], branch_id=branch_id))


def reminded(session: Session, ids: Iterable[int], *, branch_id: int | None) -> set[int]:
    """Those of these activities of which a branch had the reminder; of all branches, of which any had."""
    wanted = list(ids)
    mine = [_slot(one, of) for one in wanted for of in (branch_id, None)]
    which = Push.slot_key.in_(mine) if branch_id is not None else Push.slot_key.like(f"{_KEY}:%")
    found = session.scalars(sa.select(Push.activity_id).where(which, Push.activity_id.in_(wanted)))
    return {one for one in found if one is not None}


def _slot(activity_id: int, branch_id: int | None) -> str:
    return f"{_KEY}:{activity_id}:{branch_id or 'all'}"


def _audience(session: Session, activity: Activity, branch_id: int | None) -> str:
    within = ""
    if branch_id is not None:
        within = f" within branch:{places.branch(session, branch_id).name}"
    return f"activity:{activity.id}{within} without answered:{activity.id}"


__all__ = ["remind", "reminded", "was_reminded"]
