"""An activity is edited or called off, and those concerned hear of it: who has checked in, who has signed up, who had a notice.

They are told in the chat, which WeChat allows for two days after a person's last message, and not in the quiet hours; others by
a notice, where they have agreed to one. Whom that does not reach hears it once with the reply to their next message, reads it on
the activity's page, or gets a new notice: what was sent before the change does not count against it.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import changing, invitation, telling
from community.announcing import Draft
from database.once import insert_once
from models import Activity, ActivityChange, CheckIn, Delivery, Follower, Push, SignUp, User
from scheduler import answers, contacts, instance, notice_consents, pushes, quiet, windows
from scheduler.life import PUSH
from scheduler.roads import Content
from scheduler.roads.load import Occasion
from settings import Settings

_HEARD = timedelta(days=3)
"""So long after its end somebody still wants to hear that it was changed."""


def edit(
    session: Session,
    settings: Settings,
    user: User,
    activity_id: int,
    wanted: Draft,
    *,
    version: int,
    note: str = "",
    at: datetime,
) -> changing.Edited:
    """:func:`community.changing.edit`, and tell them."""
    made = changing.edit(
        session, user, activity_id, wanted, version=version, note=note, at=at, limits=settings.limits
    )
    if made.change is not None:
        _tell(session, settings, made.activity, made.change, at)
    return made


def cancel(
    session: Session, settings: Settings, user: User, activity_id: int, *, reason: str, at: datetime
) -> changing.Edited:
    """:func:`community.changing.cancel`, and tell them; notices of it that have not gone out are not sent any more."""
    waiting = [state.value for state in PUSH.step("push.cancel").sources]
    due = sa.select(Push).where(Push.activity_id == activity_id, Push.status.in_(waiting)).order_by(Push.id)
    session.scalars(
        due.with_for_update()
    ).all()  # before the trail's lock, as whoever acts on a push takes them
    made = changing.cancel(session, user, activity_id, reason=reason, at=at)
    assert made.change is not None
    _tell(session, settings, made.activity, made.change, at)
    for push in list(session.scalars(due)):
        pushes.cancel(session, push, None, at=at)
    return made


def said(change: ActivityChange) -> str:
    """Who was told, in a sentence."""
    if not change.told and not change.silent:
        return "没有需要告知的人"
    parts = [f"已告知 {change.told:,} 人"] if change.told else []
    if change.silent:
        parts.append(
            f"{change.silent:,} 人近 48 小时没有给公众号发过消息，微信不允许直接告知，下次发来消息时会看到"
        )
    return "，".join(parts)


def _tell(
    session: Session, settings: Settings, activity: Activity, change: ActivityChange, at: datetime
) -> None:
    concerned, told = _concerned(session, activity.id), text(settings, activity, change)
    rows: list[dict[str, Any]] = []
    if instance.may_send(session, settings):
        due = quiet.defer(at, settings.limits.quiet_hours)
        rows = _in_chat(session, settings, concerned, change, told, due, at)
        others = set(concerned) - {row["openid"] for row in rows}
        rows += _by_consent(session, settings, activity, change, others, due, at)
        insert_once(session, Delivery, rows, keys=["key"])
    heard = {row["openid"] for row in rows}
    silent = [one for one in concerned if one not in heard]
    telling.leave(session, silent, told, at=at, until=max(at, activity.ends_at) + _HEARD)
    change.told, change.silent = len(rows), len(silent)
    session.flush()


def _concerned(session: Session, activity_id: int) -> list[str]:
    """The openids of who follows and checked in, signed up or had a notice."""
    came = sa.select(CheckIn.member_id).where(CheckIn.activity_id == activity_id)
    signed = sa.select(SignUp.member_id).where(SignUp.activity_id == activity_id)
    here = (Follower.subscribed.is_(True), Follower.gone.is_(False))
    bound = sa.select(Follower.openid).where(*here, Follower.member_id.in_(sa.union(came, signed)))
    noticed = contacts.noticed(activity_id)
    known = sa.select(Follower.openid).where(*here, Follower.openid.in_(noticed))
    return sorted(session.scalars(sa.union(bound, known)))


def _in_chat(
    session: Session,
    settings: Settings,
    concerned: Sequence[str],
    change: ActivityChange,
    told: str,
    due: datetime,
    at: datetime,
) -> list[dict[str, Any]]:
    """Answers to those of them who can be written to now, and still when it is ``due``."""
    ids = sa.select(Follower.openid).where(Follower.openid.in_(concerned))
    open_now = windows.at(session, answers.ROAD, settings.wechat.limits, at, among=ids) if concerned else None
    if open_now is None:
        return []
    payload = msgspec.json.encode({"msgtype": "text", "text": {"content": told}}).decode()
    return [
        _answer(change, one, payload, due, until)
        for one, until in open_now.until.items()
        if one not in open_now.used and until > due
    ]


def _answer(
    change: ActivityChange, openid: str, payload: str, due: datetime, until: datetime
) -> dict[str, Any]:
    """Once for each change and each person."""
    about = f"activity:{change.activity_id}:{change.id}:{openid}"
    return answers.CONSTANT | answers.row(openid, payload, answers=about, due_at=due, expires_at=until)


def _by_consent(
    session: Session,
    settings: Settings,
    activity: Activity,
    change: ActivityChange,
    others: Set[str],
    due: datetime,
    at: datetime,
) -> list[dict[str, Any]]:
    """Answers to those who may not be written to in the chat, but have agreed to notices; each uses up a consent."""
    offer = notice_consents.offer(settings, Content.ACTIVITY)
    if offer is None or not others or activity.ends_at <= due:
        return []
    agreed = notice_consents.standing(session, offer.road, settings, Content.ACTIVITY, at)
    occasion = Occasion(activity.title, activity.starts_at, activity.place, activity.id)
    said = "已取消" if "status" in change.fields else "有变更"
    page = f"{settings.server.base_url}{invitation.path(activity.id)}"
    payload = msgspec.json.encode(offer.road.told(f"{said}：{activity.title}", occasion, page)).decode()
    return [
        _answer(change, one, payload, due, activity.ends_at) | {"road": offer.road.name}
        for one in sorted(others)
        if agreed is not None and not agreed.why_not(one)
    ]


def text(settings: Settings, activity: Activity, change: ActivityChange) -> str:
    """What they read: which activity, what was changed, why, and where its page is."""
    title = activity.title.replace("<", "＜").replace(">", "＞")
    if "status" in change.fields:
        told = f"“{title}”已取消。\n原因：{change.note}"
    else:
        told = f"“{title}”有变更：\n" + "\n".join(changing.lines(change))
        told += f"\n说明：{change.note}" if change.note else ""
    told = told.replace("<", "＜").replace(">", "＞")
    root = settings.server.base_url
    return f'{told}\n<a href="{root}{invitation.path(activity.id)}">查看活动</a>' if root else told


__all__ = ["cancel", "edit", "said", "text"]
