"""The groups that belong to an audience: of branches all of whose followers are in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import Branch, ChatGroup, Follower, Member
from scheduler.audience.values import Audience
from scheduler.roads.base import Chat, Planned

_WHOLE = "branch"
_FOLLOWS = (Follower.subscribed.is_(True), Follower.gone.is_(False))


def of(session: Session, audience: Audience, following: Collection[str]) -> list[Chat]:
    """Groups in which everybody may read what is meant for this audience, of whom ``following`` follow.

    A group cannot leave anybody out: a branch's groups belong to it where all of the branch who follow are in it, or where it
    names the branch and none follows. What goes to everybody goes to all groups, also to those of no branch.
    """
    found = _all(session)
    if audience.everyone or not found:
        return found
    wanted = {chat.branch_id for chat in found if chat.branch_id is not None}
    members = _members(session, wanted)
    narrowed = bool(audience.within or audience.without)
    named = {part.id for part in audience.parts if part.kind == _WHOLE and not narrowed}
    inside = set(following)
    whole = {one for one in wanted if members[one] <= inside and (members[one] or one in named)}
    return [chat for chat in found if chat.branch_id in whole]


def left_over(session: Session, chats: Collection[Chat], left: Collection[str]) -> list[Chat]:
    """Those of the groups in whose branch somebody is ``left`` whom no other road reaches."""
    rest = set(left)
    if not rest:
        return []
    members = _members(session, {chat.branch_id for chat in chats if chat.branch_id is not None})
    return [chat for chat in chats if chat.branch_id is None or members[chat.branch_id] & rest]


def readers(session: Session, calls: Iterable[Planned], people: Collection[str]) -> set[str]:
    """Who of these people reads what goes to groups by these calls: of their branches, or all where it is everybody's."""
    branch_ids = {call.branch_id for call in calls}
    if None in branch_ids:
        return set(people)
    members = _members(session, {one for one in branch_ids if one is not None})
    return set(people) & set[str]().union(*members.values())


def branches(session: Session, calls: Iterable[Planned]) -> dict[str | None, int]:
    """The branches of those who are called one by one: their own openings count for these."""
    single = [call.openid for call in calls if call.openid is not None]
    if not single:
        return {}
    own = sa.select(Follower.openid, Member.branch_id).join(Member, Member.id == Follower.member_id)
    return dict(session.execute(own.where(Follower.openid.in_(single))).all())


def _all(session: Session) -> list[Chat]:
    who = aliased(Follower)
    follows = sa.and_(who.member_id == ChatGroup.forwarder_id, who.subscribed.is_(True), who.gone.is_(False))
    rows = session.execute(
        sa.select(
            ChatGroup.id, ChatGroup.name, ChatGroup.branch_id, Branch.label, ChatGroup.robot_hint, who.openid
        )
        .outerjoin(Branch, Branch.id == ChatGroup.branch_id)
        .outerjoin(who, follows)
        .where(ChatGroup.archived_at.is_(None), sa.or_(Branch.id.is_(None), Branch.active.is_(True)))
        .order_by(Branch.sort, ChatGroup.id)
    )
    return [
        Chat(ident, name, branch_id, branch or "", bool(hint), openid or "")
        for ident, name, branch_id, branch, hint, openid in rows
    ]


def _members(session: Session, branch_ids: Collection[int]) -> defaultdict[int, set[str]]:
    """Who follows of each of these branches."""
    of_branch: defaultdict[int, set[str]] = defaultdict(set)
    rows = session.execute(
        sa.select(Member.branch_id, Follower.openid)
        .join(Member, Member.id == Follower.member_id)
        .where(Member.branch_id.in_(branch_ids), *_FOLLOWS)
    )
    for branch_id, openid in rows:
        of_branch[branch_id].add(openid)
    return of_branch
