"""Pull the follower list and the tags from WeChat: ``flask follower sync``, and nightly.

Pages of 10,000 are fetched outside any transaction and written in short ones. Sources:
developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_getfans, …/usermanage/tag/api_gettagfans
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from community import followers, forgetting, tags
from database.once import insert_once
from database.session import Database
from ground import clock
from ground.errors import Refused
from models import Branch, Community, Follower, FollowerTag, User, WeChatTag

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

    Who is no longer on the list has left and is pseudonymised. Because that cannot be undone, a list that lacks more than half of
    our followers is refused unless ``accept_loss``: it rather means another account or an incomplete answer.

    Raises :class:`Refused`, :class:`errors.WeChatError`.
    """
    started = clock.now()
    report = SyncReport()
    listed = set(_pages(client.followers))
    report.following = len(listed)
    with db.read_scope() as session:
        known = set(
            session.scalars(
                sa.select(Follower.openid).where(Follower.subscribed.is_(True), Follower.gone.is_(False))
            )
        )
        left = _who_left(session, listed, started)
    if len(left) > _FEW and len(left) * 2 > len(known) and not accept_loss:
        raise Refused(
            f"微信返回的关注者只有 {len(listed):,} 人，本系统记录的有 {len(known):,} 人，相差过半，未作改动；"
            "请检查公众号配置是否正确，确认无误后加 --accept-loss 再执行"
        )
    for part in _parts(sorted(listed - known)):
        with db.session_scope() as session:
            report.added += _arrive(session, part, at=started)
    for part in _parts(sorted(left)):
        with db.session_scope() as session:
            report.left += _leave(session, part, at=started)
    report.tags = _pull_tags(db, client)
    with db.session_scope() as session:
        report.tag_changes = tags.reconcile(session, at=clock.now())
        audit.record(
            session,
            "follower.sync",
            user=user,
            actor="" if user else actor,
            detail=report.as_dict(),
            at=clock.now(),
        )
    return report


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


def _who_left(session: Session, listed: set[str], started: datetime) -> set[str]:
    """Followers that the list lacks, but not those who came while it was read."""
    rows = session.execute(
        sa.select(Follower.openid, Follower.subscribed_at).where(
            Follower.subscribed.is_(True), Follower.gone.is_(False)
        )
    )
    return {openid for openid, since in rows if openid not in listed and (since is None or since <= started)}


def _arrive(session: Session, openids: list[str], *, at: datetime) -> int:
    added = followers.insert_missing(session, openids, at=at)
    session.execute(
        sa.update(Follower)
        .where(Follower.openid.in_(openids), Follower.subscribed.is_(False))
        .values(subscribed=True, gone=False, unsubscribed_at=None, subscribed_at=at)
    )
    return added


def _leave(session: Session, openids: list[str], *, at: datetime) -> int:
    gone = session.scalars(sa.select(Follower).where(Follower.openid.in_(openids), Follower.gone.is_(False)))
    leaving = [one for one in gone if one.subscribed_at is None or one.subscribed_at <= at]
    forgetting.forget(session, leaving, at=at)
    return len(leaving)


def _pull_tags(db: Database, client: Client) -> int:
    """Learn which tags exist and who carries them; how many of them are ours."""
    listed = {tag.name: tag.id for tag in client.tags_get()}
    with db.session_scope() as session:
        ours = _match_tags(session, listed)
    for tag_id in listed.values():
        carriers = set(_pages(partial(client.tag_members, tag_id)))
        with db.session_scope() as session:
            _replace_carriers(session, tag_id, carriers)
    return len(ours)


def _match_tags(session: Session, listed: dict[str, int]) -> list[int]:
    ours = []
    ids = set(listed.values())
    places: list[Branch | Community] = [
        *session.scalars(sa.select(Branch)),
        *session.scalars(sa.select(Community)),
    ]
    for place in places:
        if place.tag_id not in ids:
            place.tag_id = listed.get(tags.tag_name(place))
        if place.tag_id is not None:
            ours.append(place.tag_id)
    session.execute(sa.delete(FollowerTag).where(FollowerTag.tag_id.not_in(ids)))
    session.execute(sa.delete(WeChatTag))
    if listed:
        now = clock.now()
        rows = [{"id": ident, "name": name[:60], "seen_at": now} for name, ident in listed.items()]
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
