"""The kinds of sets that an audience is made of: how each is named, and who is in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import branch_index, expected
from community.branch_index import BranchIndex
from community.tags import community_of_member
from ground import clock
from ground.errors import Refused
from models import (
    Activity,
    Area,
    Branch,
    CheckIn,
    Column,
    Community,
    Delivery,
    DeliveryStatus,
    Follower,
    FollowerTag,
    Grid,
    Leave,
    Member,
    Push,
    PushArticle,
    QuotaUse,
    WeChatTag,
)
from scheduler import quota
from scheduler.audience.values import Part
from wechat.language.intents import REMINDERS

_SURE = (DeliveryStatus.ACCEPTED.value, DeliveryStatus.DELIVERED.value)
_PERHAPS = (*_SURE, DeliveryStatus.CLAIMED.value, DeliveryStatus.UNKNOWN.value)
_FAILED = (DeliveryStatus.FAILED.value,)
_PERHAPS_FAILED = (*_FAILED, DeliveryStatus.UNKNOWN.value)
_COMING = (*_PERHAPS, DeliveryStatus.PLANNED.value)


@dataclass(frozen=True)
class Kind:
    """A kind of set. ``reads`` makes of a name what people read.

    ``also`` are words that may be written for its name. ``members`` gives the ids of the members who are in it, also of those
    who do not follow; a kind without it is a set of followers alone, and has the condition on ``Follower`` instead. ``check``
    raises :class:`errors.Refused` for a set that is not known at that moment, or not any more. One for the ``own_notice`` of its
    activity is good for nothing else.
    """

    name: str
    title: str
    also: tuple[str, ...]
    reads: Callable[[str], str]
    find: Callable[[Session, str], Part]
    members: Callable[[Session, Part], sa.Select[int]] | None = None
    by_follower: Callable[[Session, Part, bool], sa.ColumnElement[bool]] | None = None
    check: Callable[[Session, Part, datetime], None] | None = None
    own_notice: bool = False

    def followers(self, session: Session, part: Part, *, left_out: bool = False) -> sa.ColumnElement[bool]:
        """SQL: a follower is in the set; never null, so that it may be negated.

        Where the set is ``left_out``, who is perhaps in it counts as being in it.
        """
        if self.members is not None:
            return sa.and_(
                Follower.member_id.is_not(None), Follower.member_id.in_(self.members(session, part))
            )
        if self.by_follower is None:  # pragma: no cover - a kind says one of the two
            raise TypeError(self.name)
        return self.by_follower(session, part, left_out)


# --- Places -----------------------------------------------------------------------------------------------------------


def _place(kind: str, model: Any, title: str) -> Callable[[Session, str], Part]:
    def find(session: Session, name: str) -> Part:
        named: sa.ColumnElement[bool] = model.name == name
        if model is Branch:
            named = sa.or_(named, Branch.short_name == name)
        found = list(session.scalars(sa.select(model).where(named).limit(2)))
        if not found and model is Branch:  # one that has another name by now
            renamed = branch_index.former(session).get(BranchIndex.key(name))
            found = [renamed] if renamed is not None else []
        if not found:
            raise Refused(f"没有{title}“{name}”，请检查名称")
        if len(found) > 1:
            raise Refused(f"有多个{title}叫“{name}”，请写全称")
        return _part_of(kind, found[0])

    return find


def _part_of(kind: str, place: Any) -> Part:
    if isinstance(place, Branch) and not place.active:
        raise Refused(f"党支部“{place.name}”已停用，请换一个")
    return Part(kind, place.id, place.name, place.label if isinstance(place, Branch) else "")


_NAMED = {
    "branch": Branch, "community": Community, "area": Area, "grid": Grid, "column": Column, "tag": WeChatTag,
}  # fmt: skip


def of_number(session: Session, kind: str, ident: int) -> Part | None:
    """The set with this number, of a kind whose names may change; None where there is none. Raises :class:`errors.Refused`."""
    found = session.get(_NAMED[kind], ident) if kind in _NAMED else None
    return None if found is None else _part_of(kind, found)


def _active() -> sa.Select[int]:
    return sa.select(Member.id).where(Member.active.is_(True))


def _at_home() -> sa.Select[int]:
    """Members, with the places in which they live."""
    return _active().join(Branch, Branch.id == Member.branch_id).outerjoin(Grid, Grid.id == Member.grid_id)


def _of_branch(session: Session, part: Part) -> sa.Select[int]:
    return _active().where(Member.branch_id == part.id)


def _of_grid(session: Session, part: Part) -> sa.Select[int]:
    return _active().where(Member.grid_id == part.id)


def _of_community(session: Session, part: Part) -> sa.Select[int]:
    return _at_home().where(community_of_member() == part.id)


def _of_area(session: Session, part: Part) -> sa.Select[int]:
    return (
        _at_home().join(Community, Community.id == community_of_member()).where(Community.area_id == part.id)
    )


# --- What people chose, and what they were sent -------------------------------------------------------------------------


def _column(session: Session, name: str) -> Part:
    found = session.scalar(sa.select(Column).where(sa.or_(Column.key == name, Column.name == name)))
    if found is None:
        raise Refused(f"没有栏目“{name}”，请检查名称")
    return Part("column", found.id, found.name)


def _subscribes(session: Session, part: Part, left_out: bool) -> sa.ColumnElement[bool]:
    """Everybody does who has not said 退订 of this column."""
    key = session.get_one(Column, part.id).key
    muted = sa.literal(",") + sa.func.replace(Follower.muted_columns, " ", "") + sa.literal(",")
    return muted.not_like(f"%,{key},%")


def _tag(session: Session, name: str) -> Part:
    number = int(name) if name.isascii() and name.isdigit() else None
    known = sa.select(WeChatTag).where(sa.or_(WeChatTag.name == name, WeChatTag.id == number))
    found = session.scalars(known.order_by(WeChatTag.name != name).limit(1)).first()
    if found is None:
        raise Refused(f"没有微信标签“{name}”，请检查名称；刚在公众平台建立的标签，请先同步关注者")
    return Part("tag", found.id, found.name)


def _carries(session: Session, part: Part, left_out: bool) -> sa.ColumnElement[bool]:
    return Follower.openid.in_(sa.select(FollowerTag.openid).where(FollowerTag.tag_id == part.id))


def _number(name: str, what: str) -> int:
    if name.isascii() and name.isdigit() and len(name) < 10:
        return int(name)
    raise Refused(f"“{name}”不是{what}的编号，请写数字")


def _activity_of(kind: str, said: str) -> Callable[[Session, str], Part]:
    def find(session: Session, name: str) -> Part:
        found = session.get(Activity, _number(name, "活动"))
        if found is None:
            raise Refused(f"没有编号为 {name} 的活动")
        return Part(kind, found.id, str(found.id), said.format(found.title))

    return find


def _expected(session: Session, part: Part) -> sa.Select[int]:
    return expected.everyone(session.get_one(Activity, part.id))


def _answered(session: Session, part: Part, left_out: bool) -> sa.ColumnElement[bool]:
    """Who has checked in to an activity or is on leave from it, and who wants no reminders."""
    came = sa.exists().where(CheckIn.activity_id == part.id, CheckIn.member_id == Follower.member_id)
    away = sa.exists().where(Leave.activity_id == part.id, Leave.member_id == Follower.member_id)
    quiet = (sa.literal(",") + Follower.muted_columns + sa.literal(",")).like(f"%,{REMINDERS},%")
    return sa.or_(came, away, quiet)


def _push(kind: str, said: str) -> Callable[[Session, str], Part]:
    def find(session: Session, name: str) -> Part:
        push = session.get(Push, _number(name, "推送"))
        if push is None:
            raise Refused(f"没有编号为 {name} 的推送")
        return Part(kind, push.id, str(push.id), said.format(push.title))

    return find


def _known_still(statuses: tuple[str, ...], nobody: str) -> Callable[[Session, Part, datetime], None]:
    def check(session: Session, part: Part, at: datetime) -> None:
        push = session.get_one(Push, part.id)
        month = clock.month_key(push.planned_at or push.due_at)
        if month < clock.month_before(at):
            raise Refused("只能选本月和上月的推送：更早的接收名单已按规定清除")
        if not session.scalar(sa.select(_recipients(_alone(part), statuses).exists())):
            raise Refused(f"推送 {push.id} {nobody}，不能用来选人")

    return check


def _alone(part: Part) -> sa.ColumnElement[bool]:
    return Delivery.push_id == part.id


def _with_repeats(part: Part) -> sa.ColumnElement[bool]:
    """The calls of a push, and of those by which it was sent again."""
    return Delivery.push_id.in_(
        sa.select(Push.id).where(sa.or_(Push.id == part.id, Push.again_of == part.id))
    )


def _recipients(calls: sa.ColumnElement[bool], statuses: tuple[str, ...]) -> sa.CompoundSelect[Any]:
    sent = (calls, Delivery.status.in_(statuses))
    return sa.union_all(
        sa.select(QuotaUse.subject)
        .join(Delivery, Delivery.id == QuotaUse.delivery_id)
        .where(*sent, QuotaUse.subject.not_in(quota.ACCOUNTS)),
        sa.select(Delivery.openid).where(*sent, Delivery.openid.is_not(None)),
    )


def who_got(article_id: int) -> sa.CompoundSelect[Any]:
    """SQL: the openids of all whom an article has reached by a push, some more than once; a hash of it for who has left."""
    pushes = sa.select(PushArticle.push_id).where(PushArticle.article_id == article_id)
    return _recipients(Delivery.push_id.in_(pushes), _SURE)


def _got(session: Session, part: Part, left_out: bool) -> sa.ColumnElement[bool]:
    """Whom its calls were for that were taken; to be left out, also those of which nobody knows."""
    return Follower.openid.in_(_recipients(_alone(part), _PERHAPS if left_out else _SURE))


def _got_nothing(session: Session, part: Part, left_out: bool) -> sa.ColumnElement[bool]:
    """Whom its calls were for that certainly failed, and who got it by no other call, nor when it was sent again.

    To be left out, also those of which nobody knows.
    """
    failed, had = (_PERHAPS_FAILED, _SURE) if left_out else (_FAILED, _COMING)
    return sa.and_(
        Follower.openid.in_(_recipients(_alone(part), failed)),
        Follower.openid.not_in(_recipients(_with_repeats(part), had)),
    )


def _as_it_is(name: str) -> str:
    return name


_KINDS = (
    Kind("branch", "党支部", ("党支部", "支部"), _as_it_is, _place("branch", Branch, "党支部"), _of_branch),
    Kind("community", "社区", ("社区",), _as_it_is, _place("community", Community, "社区"), _of_community),
    Kind("area", "片区", ("片区",), _as_it_is, _place("area", Area, "片区"), _of_area),
    Kind("grid", "网格", ("网格",), _as_it_is, _place("grid", Grid, "网格"), _of_grid),
    Kind(
        "activity", "活动应到人员", ("活动",), lambda name: f"{name} 号活动的应到人员",
        _activity_of("activity", "“{}”的应到人员"), _expected,
    ),
    Kind(
        "answered", "已回应活动的人", ("已回应",), lambda name: f"已签到或请假 {name} 号活动、或不要提醒的人",
        _activity_of("answered", "“{}”已签到、请假或不要提醒的人"), by_follower=_answered, own_notice=True,
    ),
    Kind("column", "栏目订阅者", ("栏目",), lambda name: f"订阅“{name}”的人", _column, by_follower=_subscribes),
    Kind("tag", "微信标签", ("标签",), lambda name: f"有标签“{name}”的人", _tag, by_follower=_carries),
    Kind(
        "received", "收到过某次推送的人", ("推送",), lambda name: f"收到过 {name} 号推送的人",
        _push("received", "收到过《{}》的人"), by_follower=_got,
        check=_known_still(_PERHAPS, "没有逐人的记录（还没有发出，或者公众号按标签群发不记名）"),
    ),
    Kind(
        "failed", "某次推送没有送达的人", ("未送达",), lambda name: f"{name} 号推送没有送达的人",
        _push("failed", "《{}》没有送达的人"), by_follower=_got_nothing, check=_known_still(_FAILED, "没有逐人的失败记录"),
    ),
)  # fmt: skip
KINDS: dict[str, Kind] = {kind.name: kind for kind in _KINDS}
BY_WORD: dict[str, Kind] = {word: kind for kind in _KINDS for word in (kind.name, *kind.also)}
"""Kinds by whatever may be written for them."""
