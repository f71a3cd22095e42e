"""Pull the follower list and the tags from WeChat: ``flask follower sync``, and nightly.

Pages of 10,000 are fetched outside any transaction and written in short ones. Sources:
developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_getfans, …/usermanage/tag/api_gettagfans
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from community import followers, forgetting, sync_runs, tag_names, tags
from community.sync_runs import Holder
from database.once import insert_once
from database.session import Database
from ground import clock, faultpoints
from ground.errors import PioneerError, Refused
from models import Branch, Community, Follower, FollowerTag, ListedFollower, User, WeChatTag

if TYPE_CHECKING:
    from wechat.outbound.client import Client
    from wechat.outbound.endpoints.people import FollowerPage
from wechat.outbound.endpoints.people import FollowerPage

_WRITE = 1000
_PAGES = 10_000  # no account has so many pages: a list that never ends is WeChat's fault, not ours to follow
_FEW = 20


@dataclass
class SyncReport:
    """What a sync found and did."""

    following: int = 0
    added: int = 0
    left: int = 0
    tags: int = 0
    tag_changes: int = 0

    def as_dict(self) -> dict[str, int]:
        """As JSON."""
        return asdict(self)


def sync(
    db: Database,
    client: Client,
    *,
    user: User | None = None,
    actor: str = "命令行",
    accept_loss: bool = False,
) -> SyncReport:
    """Bring followers and tags to what WeChat says; short transactions between the calls. Repeatable, safe to cut off.

    The list is read page by page into a table of its own, with the place to which it was read; a process that dies is followed by
    the next one from there. Only a list that is whole is believed: who is not on it has left and is pseudonymised. Because that
    cannot be undone, a list that lacks more than half of our followers is refused unless ``accept_loss``: it rather means another
    account or an incomplete answer. Who came while it was read stays, who left meanwhile stays away.

    Raises :class:`Conflict` while another is at work, :class:`Refused`, :class:`errors.WeChatError`.
    """
    with db.session_scope() as session:
        holder = sync_runs.begin(session, at=clock.now(), user=user, by=actor)
    return _finished(db, client, holder, user=user, actor=actor, accept_loss=accept_loss)


def at_night(db: Database, client: Client, *, actor: str) -> SyncReport | None:
    """The same once a night, by whoever is first; None where it was done, or somebody is at work. Raises the same otherwise."""
    with db.session_scope() as session:
        holder = sync_runs.begin_night(session, at=clock.now(), by=actor)
    return _finished(db, client, holder, actor=actor) if holder else None


def _finished(
    db: Database,
    client: Client,
    holder: Holder,
    *,
    user: User | None = None,
    actor: str,
    accept_loss: bool = False,
) -> SyncReport:
    try:
        report = _work(db, client, holder, accept_loss=accept_loss)
    except PioneerError as error:
        with db.session_scope() as session:
            sync_runs.end(session, holder, at=clock.now(), error=error.message)
        raise
    with db.session_scope() as session:
        sync_runs.end(session, holder, at=clock.now(), drift=report.tag_changes)
        audit.record(
            session,
            "follower.sync",
            user=user,
            actor="" if user else actor,
            detail=report.as_dict(),
            at=clock.now(),
        )
    return report


def _work(db: Database, client: Client, holder: Holder, *, accept_loss: bool) -> SyncReport:
    report = SyncReport()
    _read(db, client, holder)
    with db.read_scope() as session:
        report.following = _count(session, sa.select(ListedFollower))
        known = _count(session, sa.select(Follower.id).where(*_HERE))
        left = _count(session, _left(holder))
    if left > _FEW and left * 2 > known and not accept_loss:
        raise Refused(
            f"微信返回的关注者只有 {report.following:,} 人，本系统记录的有 {known:,} 人，相差过半，未作改动；"
            "请检查公众号配置是否正确，确认无误后加 --accept-loss 再执行"
        )
    for count in _batches(db, holder, _arrive, "added"):
        report.added += count
    for count in _batches(db, holder, _leave, "gone"):
        report.left += count
    report.tags = _pull_tags(db, client, holder)
    with db.session_scope() as session:
        report.tag_changes = tags.reconcile(session, at=clock.now())
    return report


_HERE = (Follower.subscribed.is_(True), Follower.gone.is_(False))


def _count(session: Session, query: sa.Select[Any]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def _read(db: Database, client: Client, holder: Holder) -> None:
    """The rest of the list, page by page, each kept with the place after it."""
    cursor, done = holder.cursor, holder.all_read
    while not done:
        page = client.followers(cursor)
        openids = page.openids
        done = not openids or not page.next_openid or page.next_openid == cursor
        cursor = page.next_openid or cursor
        for part in _parts(openids):
            with db.session_scope() as session:
                insert_once(session, ListedFollower, [{"openid": openid} for openid in part])
        with db.session_scope() as session:
            listed = _count(session, sa.select(ListedFollower))
            sync_runs.keep(
                session, holder, at=clock.now(), cursor=cursor, all_read=done, listed=listed, total=page.total
            )
        faultpoints.reach("sync.page")


def _batches(
    db: Database, holder: Holder, work: Callable[[Session, Holder, datetime], int | None], kept_as: str
) -> Iterator[int]:
    """One transaction a batch, until there is none left."""
    total = 0
    while True:
        with db.session_scope() as session:
            at = clock.now()
            count = work(session, holder, at)
            if count is None:
                return
            total += count
            sync_runs.keep(session, holder, at=at, **{kept_as: total})
        yield count


def _arrive(session: Session, holder: Holder, _at: datetime) -> int | None:
    """Some whom the list has and we have not."""
    known = sa.exists().where(Follower.openid == ListedFollower.openid, *_HERE)
    openids = list(session.scalars(sa.select(ListedFollower.openid).where(~known).limit(_WRITE)))
    if not openids:
        return None
    added = followers.insert_missing(session, openids, at=holder.started_at)
    session.execute(
        sa.update(Follower)
        .where(Follower.openid.in_(openids), Follower.subscribed.is_(False))
        .values(subscribed=True, gone=False, unsubscribed_at=None, subscribed_at=holder.started_at)
    )
    return added


def _left(holder: Holder) -> sa.Select[Any]:
    """Followers that the list lacks, but not those who came since it was begun."""
    listed = sa.exists().where(ListedFollower.openid == Follower.openid)
    before = sa.or_(Follower.subscribed_at.is_(None), Follower.subscribed_at <= holder.started_at)
    return sa.select(Follower).where(*_HERE, ~listed, before)


def _leave(session: Session, holder: Holder, at: datetime) -> int | None:
    leaving = list(session.scalars(_left(holder).limit(_WRITE)))
    if not leaving:
        return None
    forgetting.forget(session, leaving, at=at)
    return len(leaving)


def _pages(fetch: Callable[[str], FollowerPage]) -> Iterator[str]:
    """All openids of a paged list. The last page names its last openid as the next one; the page after it is empty."""
    cursor = ""
    for _ in range(_PAGES):
        answer = fetch(cursor)
        yield from answer.openids
        if not answer.openids or not answer.next_openid or answer.next_openid == cursor:
            return
        cursor = answer.next_openid


def _parts(openids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(openids), _WRITE):
        yield openids[start : start + _WRITE]


def _pull_tags(db: Database, client: Client, holder: Holder) -> int:
    """Learn which tags exist and who carries them; how many of them are ours."""
    listed = {tag.name: tag.id for tag in client.tags_get()}
    with db.session_scope() as session:
        ours = _match_tags(session, listed, at=clock.now())
    for tag_id in listed.values():
        carriers = set(_pages(partial(client.tag_members, tag_id)))
        with db.session_scope() as session:
            _replace_carriers(session, tag_id, carriers)
            sync_runs.keep(session, holder, at=clock.now())
    return len(ours)


def _match_tags(session: Session, listed: dict[str, int], *, at: datetime) -> list[int]:
    ours = []
    ids = set(listed.values())
    places: list[Branch | Community] = [
        *session.scalars(sa.select(Branch)),
        *session.scalars(sa.select(Community)),
    ]
    for place in places:
        if place.tag_id not in ids:
            place.tag_id = listed.get(tag_names.tag_name(place))
        if place.tag_id is not None:
            ours.append(place.tag_id)
    session.execute(sa.delete(FollowerTag).where(FollowerTag.tag_id.not_in(ids)))
    session.execute(sa.delete(WeChatTag))
    if listed:
        rows = [{"id": ident, "name": name[:60], "seen_at": at} for name, ident in listed.items()]
        session.execute(sa.insert(WeChatTag), rows)
    return ours


def _replace_carriers(session: Session, tag_id: int, carriers: set[str]) -> None:
    before = set(session.scalars(sa.select(FollowerTag.openid).where(FollowerTag.tag_id == tag_id)))
    for part in _parts(sorted(before - carriers)):
        session.execute(
            sa.delete(FollowerTag).where(FollowerTag.tag_id == tag_id, FollowerTag.openid.in_(part))
        )
    for part in _parts(sorted(carriers - before)):
        insert_once(session, FollowerTag, [{"openid": openid, "tag_id": tag_id} for openid in part])
