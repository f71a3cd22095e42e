"""报名: a member says before that they mean to come, and may take it back. It is no check-in, and nobody is counted by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import invitation, own_data
from community.expected import invites
from community.window import Phase, not_over, phase
from database.claims import changed
from database.once import insert_once
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import Activity, CheckIn, Follower, Member, SignUp

KEYS = ["activity_id", "member_id"]
_NOT_BOUND = "您还没有绑定党员信息，绑定后才能报名。请在公众号回复：绑定 姓名 手机号后四位"
_NOT_INVITED = "这个活动没有邀请您所在的党支部，不能报名。如有疑问请联系支部书记"
_OVER = "活动已经结束或取消，不能再报名"


@dataclass(frozen=True)
class Places:
    """How many have signed up of how many ``places`` there are (None: as many as like)."""

    taken: int
    places: int | None

    @property
    def left(self) -> int | None:
        """How many more may."""
        return None if self.places is None else max(0, self.places - self.taken)

    @property
    def full(self) -> bool:
        """Whether nobody more may."""
        return self.left == 0


@dataclass(frozen=True)
class Standing:
    """How an activity stands for one follower: ``refusal`` is why they cannot sign up, if so."""

    signed_up: bool
    checked_in: bool
    refusal: str


def places(session: Session, activity: Activity) -> Places:
    """How many places are taken."""
    count = sa.select(sa.func.count()).select_from(SignUp).where(SignUp.activity_id == activity.id)
    return Places(session.scalar(count) or 0, activity.places)


def standing(session: Session, activity: Activity, follower_id: int, *, at: datetime) -> Standing:
    """How it stands for this follower."""
    member = own_data.of(session, follower_id).member
    if member is None:
        return Standing(False, False, _NOT_BOUND)
    signed = session.get(SignUp, (activity.id, member.id)) is not None
    came = sa.select(CheckIn.id).where(CheckIn.activity_id == activity.id, CheckIn.member_id == member.id)
    refusal = _refusal(session, activity, member, at)
    if not refusal and not signed and places(session, activity).full:
        refusal = _full(activity)
    return Standing(signed, session.scalar(came) is not None, refusal)


def _refusal(session: Session, activity: Activity, member: Member, at: datetime) -> str:
    if phase(activity, at) not in (Phase.COMING, Phase.OPEN):
        return _OVER
    invited = sa.select(Activity.id).where(Activity.id == activity.id, invites(member.branch_id))
    if not member.active or session.scalar(invited) is None:
        return _NOT_INVITED
    return ""


def _full(activity: Activity) -> str:
    return f"{activity.places} 个名额已经报满。有人取消后可以再来看看，也可以联系支部书记"


@dataclass(frozen=True)
class Coming:
    """An activity that is open or still to come, for one member."""

    activity: Activity
    mark: str
    signed_up: bool


def upcoming(session: Session, follower_id: int, *, at: datetime, limit: int = 5) -> list[Coming]:
    """What the branch of a follower's member is invited to, the next first; nothing for who is not bound."""
    member = own_data.of(session, follower_id).member
    if member is None or not member.active:
        return []
    query = sa.select(Activity).where(not_over(at), invites(member.branch_id)).order_by(Activity.starts_at)
    found = list(session.scalars(query.limit(limit)))
    ids = [one.id for one in found]
    mine = sa.select(SignUp.activity_id).where(SignUp.member_id == member.id, SignUp.activity_id.in_(ids))
    signed = set(session.scalars(mine))
    return [Coming(one, invitation.mark(one.id), one.id in signed) for one in found]


def sign_up(session: Session, activity_id: int, follower_id: int, *, at: datetime) -> bool:
    """Sign up the member to whom this follower is bound; False where they had.

    Of two who want the last place one gets it. Raises :class:`Forbidden` for who is not bound or not invited, :class:`Conflict`
    where it is full or over, :class:`Refused` where nobody signs up.
    """
    activity, member = _held(session, activity_id, follower_id)
    if not activity.sign_up:
        raise Refused("这个活动不用报名，到时直接参加即可")
    why = _refusal(session, activity, member, at)
    if why:
        raise Conflict(why) if why == _OVER else Forbidden(why)
    if session.get(SignUp, (activity.id, member.id)) is not None:
        return False
    if places(session, activity).full:
        raise Conflict(_full(activity))
    row = {"activity_id": activity.id, "member_id": member.id, "at": at}
    return insert_once(session, SignUp, [row], keys=KEYS) == 1


def take_back(session: Session, activity_id: int, follower_id: int, *, at: datetime) -> bool:
    """Take it back; False where there was nothing. Raises :class:`Conflict` where the activity is over."""
    activity, member = _held(session, activity_id, follower_id)
    if phase(activity, at) is Phase.PAST:
        raise Conflict("活动已经结束，报名记录不再改动")
    mine = (SignUp.activity_id == activity.id, SignUp.member_id == member.id)
    return changed(session.execute(sa.delete(SignUp).where(*mine))) == 1


def take_over(session: Session, kept_id: int, other_id: int) -> None:
    """One record takes over what the other has signed up for."""
    mine = sa.select(SignUp.activity_id).where(SignUp.member_id == kept_id)
    theirs = sa.update(SignUp).where(SignUp.member_id == other_id, SignUp.activity_id.not_in(mine))
    session.execute(theirs.values(member_id=kept_id).execution_options(synchronize_session=False))
    session.execute(sa.delete(SignUp).where(SignUp.member_id == other_id))


def _held(session: Session, activity_id: int, follower_id: int) -> tuple[Activity, Member]:
    """The activity, held until the commit so that no two take the last place, and the follower's member."""
    follower: Follower = own_data.hold(session, follower_id)
    if follower.member is None:
        raise Forbidden(_NOT_BOUND)
    query = sa.select(Activity).where(Activity.id == activity_id).with_for_update(key_share=True)
    activity = session.scalar(query)
    if activity is None:
        raise NotFound("没有这个活动")
    session.refresh(activity)
    return activity, follower.member


__all__ = [
    "Coming",
    "Places",
    "Standing",
    "places",
    "sign_up",
    "standing",
    "take_back",
    "take_over",
    "upcoming",
]
