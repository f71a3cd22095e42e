"""Tags at WeChat: each branch and each community has one, and its bound followers carry it.

A change is a row (``TagChange``), written in the transaction that decides it; :func:`work` sends what is due. Tagging twice
does no harm, so a change whose answer was lost is simply sent again. Grids have no tag: there are more of them than an account
may have.

Limits: 100 tags an account, 20 a follower, 50 openids a call, a name of at most 30 bytes
(developers.weixin.qq.com/doc/service/api/usermanage/tag/api_createtag, …/api_batchtagging).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import tag_names
from database import claims
from database.once import insert_once
from database.session import Database
from ground import clock
from models import Branch, Community, Follower, FollowerTag, Grid, Member, TagChange, WeChatTag
from wechat.outbound.failures import CallFailed
from wechat.outbound.reactions import TAG_GONE, Detail

if TYPE_CHECKING:
    from wechat.outbound.client import Client

BATCH = 50
_LEASE_S = 120.0
_LONGEST_WAIT = timedelta(hours=25)  # a day, and some slack between the clocks of several machines
_CALLS_A_ROUND = 20
_TAGS_FULL = 45056

KINDS: dict[str, type[Branch] | type[Community]] = {"branch": Branch, "community": Community}


def community_of_member() -> sa.ColumnElement[int]:
    """SQL: the community in which a member lives, by the own grid or else by the branch. Needs Grid and Branch joined."""
    return sa.func.coalesce(Grid.community_id, Branch.community_id)


def waiting(session: Session) -> int:
    """How many changes have still to be told to WeChat."""
    return session.scalar(sa.select(sa.func.count()).select_from(TagChange)) or 0


def foreign(session: Session) -> list[str]:
    """Names of the account's tags that are not those of our branches and communities."""
    ours = sa.union_all(
        *(sa.select(table.tag_id).where(table.tag_id.is_not(None)) for table in KINDS.values())
    )
    query = sa.select(WeChatTag.name).where(WeChatTag.id.not_in(ours)).order_by(WeChatTag.name)
    return list(session.scalars(query))


def untried(session: Session, places: Sequence[tuple[str, int]]) -> bool:
    """Whether one of these places (kind and id) has changes that wait or are being made: a second's work at WeChat.

    Those that WeChat has put off say so by their error, and may take long.
    """
    if not places:
        return False
    theirs = [sa.and_(TagChange.kind == kind, TagChange.target_id == ident) for kind, ident in places]
    return bool(session.scalar(sa.select(sa.exists().where(TagChange.error == "", sa.or_(*theirs)))))


def still(session: Session, tag_ids: Sequence[int]) -> dict[int, str]:
    """Those of these tags of which no change waits, with their names."""
    if not tag_ids:
        return {}
    named = dict.fromkeys(tag_ids, "")
    named |= dict(
        session.execute(sa.select(WeChatTag.id, WeChatTag.name).where(WeChatTag.id.in_(tag_ids))).all()
    )
    for kind, table in KINDS.items():
        waits = sa.exists().where(TagChange.kind == kind, TagChange.target_id == table.id)
        name = Branch.label if table is Branch else table.name
        ours = sa.select(table.tag_id, name, waits).where(table.tag_id.in_(tag_ids))
        for tag_id, called, changes in session.execute(ours):
            if tag_id is not None:
                named[tag_id] = called
                if changes:
                    del named[tag_id]
    return {tag_id: name or f"标签 {tag_id}" for tag_id, name in named.items()}


# --- Queueing ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """One tag that a follower shall have (``add``) or lose."""

    openid: str
    kind: str
    target_id: int
    add: bool


def queue(session: Session, wanted: Iterable[Wanted], *, at: datetime) -> None:
    """Write changes to send; an older one for the same follower and tag is overtaken."""
    changes = list(dict.fromkeys(wanted))
    if not changes:
        return
    latest = {(change.openid, change.kind, change.target_id): change for change in changes}
    for kind in KINDS:
        for target in {change.target_id for change in latest.values() if change.kind == kind}:
            openids = [key[0] for key in latest if key[1:] == (kind, target)]
            for start in range(0, len(openids), 500):
                session.execute(
                    sa.delete(TagChange).where(
                        TagChange.kind == kind,
                        TagChange.target_id == target,
                        TagChange.openid.in_(openids[start : start + 500]),
                    )
                )
    session.execute(
        sa.insert(TagChange),
        [
            {"openid": c.openid, "kind": c.kind, "target_id": c.target_id, "add": c.add, "due_at": at}
            for c in latest.values()
        ],
    )


def tags_of_member(session: Session, member_id: int) -> list[tuple[str, int]]:
    """Which tags a member's follower shall have: ``[("branch", 3), ("community", 7)]``."""
    row = session.execute(
        sa.select(Member.branch_id, community_of_member())
        .join(Branch, Branch.id == Member.branch_id)
        .outerjoin(Grid, Grid.id == Member.grid_id)
        .where(Member.id == member_id)
    ).one_or_none()
    if row is None:
        return []
    branch_id, community_id = row
    return [("branch", branch_id), *([("community", community_id)] if community_id else [])]


def queue_binding(session: Session, openid: str, member_id: int, *, add: bool, at: datetime) -> None:
    """A follower was bound to a member (or is no longer): the tags of branch and community follow."""
    queue(
        session,
        [Wanted(openid, kind, target, add) for kind, target in tags_of_member(session, member_id)],
        at=at,
    )


def queue_moves(session: Session, moved: Mapping[int, Mapping[str, Any]], *, at: datetime) -> None:
    """Members are about to change branch or grid (``{member_id: new values}``); their followers' tags move with them.

    Call it before the members are updated.
    """
    rows = session.execute(
        sa.select(Member.id, Follower.openid, Member.branch_id, Member.grid_id, community_of_member())
        .join(Follower, Follower.member_id == Member.id)
        .join(Branch, Branch.id == Member.branch_id)
        .outerjoin(Grid, Grid.id == Member.grid_id)
        .where(Member.id.in_(list(moved)), Follower.gone.is_(False))
    ).all()
    if not rows:
        return
    of_grid = {row.id: row.community_id for row in session.execute(sa.select(Grid.id, Grid.community_id))}
    of_branch = {
        row.id: row.community_id for row in session.execute(sa.select(Branch.id, Branch.community_id))
    }
    wanted = []
    for member_id, openid, branch_id, grid_id, community_id in rows:
        new_branch = moved[member_id].get("branch_id", branch_id)
        new_grid = moved[member_id].get("grid_id", grid_id)
        new_community = of_grid[new_grid] if new_grid is not None else of_branch[new_branch]
        for kind, old, new in (
            ("branch", branch_id, new_branch),
            ("community", community_id, new_community),
        ):
            if old == new:
                continue
            if old is not None:
                wanted.append(Wanted(openid, kind, old, add=False))
            if new is not None:
                wanted.append(Wanted(openid, kind, new, add=True))
    queue(session, wanted, at=at)


def reconcile(session: Session, *, at: datetime) -> int:
    """Queue what is missing or too much at WeChat, by what we know of its tags; how many changes.

    Only tags of branches and communities are touched: others belong to the account's owner.
    """
    target = sa.union_all(
        sa.select(sa.literal("branch").label("kind"), Branch.id, Branch.tag_id),
        sa.select(sa.literal("community"), Community.id, Community.tag_id),
    ).subquery()
    tag_of = {(kind, ident): tag for kind, ident, tag in session.execute(sa.select(target))}
    place_of = {tag: key for key, tag in tag_of.items() if tag is not None}
    have = {
        (openid, *place_of[tag])
        for openid, tag in session.execute(
            sa.select(FollowerTag.openid, FollowerTag.tag_id).where(FollowerTag.tag_id.in_(list(place_of)))
        )
    }
    want: set[tuple[str, str, int]] = set()
    for openid, branch, community in session.execute(
        sa.select(Follower.openid, Member.branch_id, community_of_member())
        .join(Member, Member.id == Follower.member_id)
        .join(Branch, Branch.id == Member.branch_id)
        .outerjoin(Grid, Grid.id == Member.grid_id)
        .where(Follower.subscribed.is_(True), Follower.gone.is_(False), Member.active.is_(True))
    ):
        want.add((openid, "branch", branch))
        if community is not None:
            want.add((openid, "community", community))
    changes = [Wanted(*key, add=True) for key in sorted(want - have)]
    changes += [Wanted(*key, add=False) for key in sorted(have - want)]
    queue(session, changes, at=at)
    return len(changes)


# --- Sending -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Batch:
    """Changes that one call carries: the same tag, the same direction, at most 50 followers."""

    kind: str
    target_id: int
    add: bool
    changes: tuple[tuple[int, str], ...]  # (id of the row, openid)
    attempts: int
    tag_id: int | None
    name: str


def due_tag_changes(session: Session, *, at: datetime) -> int:
    """How many changes wait to be sent now."""
    return session.scalar(sa.select(sa.func.count()).select_from(TagChange).where(_due(at))) or 0


def _due(at: datetime) -> sa.ColumnElement[bool]:
    """Its time has come, or was set by a clock that was ahead."""
    longest = max(_LONGEST_WAIT, 2 * (claims.lease_end(_LEASE_S, at) - at))
    return sa.or_(TagChange.due_at <= at, TagChange.due_at > at + longest)


def work(db: Database, client: Client, *, calls: int = _CALLS_A_ROUND) -> int:
    """Send due changes, at most ``calls`` batches; how many were settled. Short transaction, call, short transaction.

    Any number of processes may run it: a batch is claimed by moving its due time behind a lease. Errors of WeChat are kept on the
    rows and tried again later, so none is raised.
    """
    settled = 0
    for _ in range(calls):
        with db.read_scope() as session:
            if not due_tag_changes(session, at=clock.now()):
                break
        with db.session_scope() as session:
            batch = _claim(session, at=clock.now())
        if batch is None:
            break
        settled += _send(db, client, batch)
    return settled


def _claim(session: Session, *, at: datetime) -> Batch | None:
    first = session.execute(
        sa.select(TagChange.kind, TagChange.target_id, TagChange.add)
        .where(_due(at))
        .order_by(TagChange.due_at, TagChange.id)
        .limit(1)
    ).one_or_none()
    if first is None:
        return None
    won = claims.claim(
        session,
        TagChange,
        where=[
            TagChange.kind == first.kind,
            TagChange.target_id == first.target_id,
            TagChange.add == first.add,
            _due(at),
        ],
        values={"due_at": claims.lease_end(_LEASE_S, at), "attempts": TagChange.attempts + 1},
        limit=BATCH,
        order_by=(TagChange.attempts, TagChange.id),
    )
    if not won:
        return None
    rows = session.execute(
        sa.select(TagChange.id, TagChange.openid, TagChange.attempts)
        .where(TagChange.id.in_(won))
        .order_by(TagChange.attempts, TagChange.id)
    ).all()
    place: Branch | Community | None = (
        session.get(Branch, first.target_id)
        if first.kind == "branch"
        else session.get(Community, first.target_id)
    )
    return Batch(
        first.kind,
        first.target_id,
        first.add,
        tuple((row.id, row.openid) for row in rows),
        rows[0].attempts,
        place.tag_id if place else None,
        tag_names.tag_name(place) if place else "",
    )


def _send(db: Database, client: Client, batch: Batch) -> int:
    if not batch.name or (batch.tag_id is None and not batch.add):
        with db.session_scope() as session:
            return _settle(session, batch, {}, tag_id=None, at=clock.now())  # no such place or tag
    try:
        tag_id = batch.tag_id if batch.tag_id is not None else _make_tag(db, client, batch)
        call = client.tag_add if batch.add else client.tag_remove
        refused = call([openid for _, openid in batch.changes], tag_id)
    except CallFailed as error:
        with db.session_scope() as session:
            _put_off(session, batch, error, at=clock.now())
        return 0
    with db.session_scope() as session:
        return _settle(session, batch, refused, tag_id=tag_id, at=clock.now())


def _make_tag(db: Database, client: Client, batch: Batch) -> int:
    tag_id = client.tag_create(batch.name).id
    table = KINDS[batch.kind]
    with db.session_scope() as session:
        session.execute(sa.update(table).where(table.id == batch.target_id).values(tag_id=tag_id))
    return tag_id


def _settle(
    session: Session, batch: Batch, refused: Mapping[str, Detail], *, tag_id: int | None, at: datetime
) -> int:
    """Remove what was done; keep who has 20 tags already for tomorrow, drop whom WeChat does not know."""
    full = [openid for openid, reason in refused.items() if reason is Detail.TOO_MANY_TAGS]
    done = [(ident, openid) for ident, openid in batch.changes if openid not in full]
    tagged = [openid for _, openid in done if openid not in refused]
    session.execute(sa.delete(TagChange).where(TagChange.id.in_([ident for ident, _ in done])))
    if full:
        session.execute(
            sa.update(TagChange)
            .where(TagChange.id.in_([ident for ident, openid in batch.changes if openid in full]))
            .values(due_at=at + timedelta(days=1), error="该关注者已有 20 个标签")
        )
    if tag_id is not None:
        session.execute(
            sa.delete(FollowerTag).where(FollowerTag.tag_id == tag_id, FollowerTag.openid.in_(tagged))
        )
        if batch.add:
            still = set(session.scalars(sa.select(Follower.openid).where(Follower.openid.in_(tagged))))
            insert_once(
                session, FollowerTag, [{"openid": openid, "tag_id": tag_id} for openid in sorted(still)]
            )
    return len(done)


def _put_off(session: Session, batch: Batch, error: CallFailed, *, at: datetime) -> None:
    if error.reaction == TAG_GONE and batch.tag_id is not None:
        table = KINDS[batch.kind]
        session.execute(
            sa.update(table)
            .where(table.id == batch.target_id, table.tag_id == batch.tag_id)
            .values(tag_id=None)
        )
        session.execute(sa.delete(FollowerTag).where(FollowerTag.tag_id == batch.tag_id))
        wait = timedelta(0)
    elif error.code == _TAGS_FULL:
        wait = timedelta(days=1)
    else:
        wait = timedelta(seconds=min(3600, 10 * 2 ** min(batch.attempts, 9)))
    session.execute(
        sa.update(TagChange)
        .where(TagChange.id.in_([ident for ident, _ in batch.changes]))
        .values(due_at=at + wait, error=f"{error.code}: {error.message}"[:200])
    )
