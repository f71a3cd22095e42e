"""Tags that may stand for a call: on people who are to be reached, and on nobody else."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import tags
from models import FollowerTag
from scheduler.audience.values import Audience
from scheduler.roads.base import Carried
from scheduler.roads.people import People


def whole(session: Session, reachable: People, largest: int) -> list[Carried]:
    """The tags that may stand for a call, as far as we know: on nobody who is not to be reached, with no change of them waiting.

    Those that are on everyone to be reached, or on more than the ``largest`` list may hold: no other saves a call. Where one list
    is enough, they are among the few of any single person.
    """
    if not reachable:
        return []
    count = sa.func.count()
    sizes = sa.select(FollowerTag.tag_id).group_by(FollowerTag.tag_id).having(count <= len(reachable))
    sizes = sizes.having(sa.or_(count == len(reachable), count > largest))
    if len(reachable) <= largest:
        theirs = sa.select(FollowerTag.tag_id).where(FollowerTag.openid == reachable.openids[0])
        sizes = sizes.where(FollowerTag.tag_id.in_(theirs))
    named = tags.still(session, list(session.scalars(sizes)))
    if not named:
        return []
    carriers: defaultdict[int, set[str]] = defaultdict(set)
    for tag_id, openid in session.execute(
        sa.select(FollowerTag.tag_id, FollowerTag.openid).where(FollowerTag.tag_id.in_(named))
    ):
        carriers[tag_id].add(openid)
    wanted = set(reachable.openids)
    return [
        Carried(tag_id, named[tag_id], frozenset(on))
        for tag_id, on in sorted(carriers.items())
        if on <= wanted
    ]


def on_their_way(session: Session, audience: Audience) -> bool:
    """Whether a place of the audience has tag changes that wait for their first try, or are in it: a second's work at WeChat."""
    return tags.untried(session, [(part.kind, part.id) for part in audience.every_part])
