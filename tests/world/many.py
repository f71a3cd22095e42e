"""As many of a thing as a measurement wants: rows in bulk, as no service makes a hundred thousand in the time of a test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import consent
from content import columns
from ground import clock
from models import (
    Activity,
    Article,
    AuditEntry,
    CheckIn,
    Delivery,
    Follower,
    InboundMessage,
    Member,
    Push,
    PushArticle,
    User,
)
from tests.world import accounts, places

BRANCHES = 120
BACKLOG = 40
_CHUNK = 20_000
_BODY = "<p>" + "社区党支部围绕居民关心的事，商量办法，分头去做，做完再听大家怎么说。" * 40 + "</p>"


def user(session: Session, role: str = "admin") -> User:
    """Somebody who cannot sign in by a password."""
    return accounts.account(session, "bench", role, display_name="测量")


def branches(session: Session, count: int = BRANCHES) -> list[int]:
    """Ids of new branches in one community."""
    made = places.branches(session, *(f"第{number}党支部" for number in range(1, count + 1)))
    return [branch.id for branch in made]


def members(session: Session, branch_ids: Sequence[int], count: int) -> list[tuple[int, int]]:
    """(member, branch) of new people, spread evenly; ids go on after the last one."""
    last = session.scalar(sa.select(sa.func.max(Member.id))) or 0
    now = clock.now()
    made = [(last + n, branch_ids[n % len(branch_ids)]) for n in range(1, count + 1)]
    _insert(
        session,
        Member,
        [
            {"id": ident, "name": f"党员{ident}", "branch_id": branch, "created_at": now, "updated_at": now}
            for ident, branch in made
        ],
    )
    return made


def openid(number: int) -> str:
    """The openid bound to the member with this id."""
    return f"oBench{number:022d}"


def followers(session: Session, people: Sequence[tuple[int, int]], openids: Sequence[str] = ()) -> None:
    """A follower bound to each member, by these openids or by :func:`openid`, who has agreed to the present text."""
    named = openids or [openid(ident) for ident, _ in people]
    rows = [
        {"openid": name, "subscribed": True, "member_id": ident, "consent_version": consent.VERSION}
        for name, (ident, _) in zip(named, people, strict=True)
    ]
    _insert(session, Follower, rows)


def residents(session: Session, numbers: Iterable[int]) -> None:
    """Followers who are bound to nobody."""
    _insert(session, Follower, [{"openid": openid(number), "subscribed": True} for number in numbers])


def check_ins(session: Session, activity_id: int, people: Sequence[tuple[int, int]]) -> None:
    """A record of each of these members."""
    now = clock.now()
    _insert(
        session,
        CheckIn,
        [
            {"activity_id": activity_id, "member_id": ident, "branch_id": branch, "at": now, "via": "reply"}
            for ident, branch in people
        ],
    )


def past_activities(
    session: Session, user_id: int, people: Sequence[tuple[int, int]], count: int, came: int
) -> None:
    """Ended activities, one a day backwards, each with ``came`` records."""
    last = session.scalar(sa.select(sa.func.max(Activity.id))) or 0
    now = clock.now()
    ids = range(last + 1, last + 1 + count)
    _insert(
        session,
        Activity,
        [
            {
                "id": ident,
                "title": f"第{ident}次学习",
                "starts_at": now - timedelta(days=1, hours=n * 3),
                "ends_at": now - timedelta(hours=22 + n * 3),
                "for_all": True,
                "created_by": user_id,
                "created_at": now,
            }
            for n, ident in enumerate(ids)
        ],
    )
    rows = []
    for ident in ids:
        for n in range(came):
            member, branch = people[(ident * came + n) % len(people)]
            rows.append({"activity_id": ident, "member_id": member, "branch_id": branch, "at": now})
    _insert(session, CheckIn, rows)


def messages(session: Session, openid: str, count: int, *, at: datetime) -> None:
    """So many messages of a follower that were answered at that time."""
    row = {"openid": openid, "kind": "text", "sent_at": at, "received_at": at, "body": "x", "reply": ""}
    rows = [{**row, "key": f"m:{number}", "outcome": "done", "handler": ""} for number in range(count)]
    _insert(session, InboundMessage, rows)


def articles(session: Session, user_id: int, count: int) -> list[int]:
    """Ids of new articles in both columns: the newest forty are drafts and in review, the others are published.

    What is being worked on stays as much as people can work on, however many articles there have been.
    """
    keys = [column.id for column in columns.ensure_defaults(session)]
    last = session.scalar(sa.select(sa.func.max(Article.id))) or 0
    now = clock.now()
    ids = list(range(last + 1, last + 1 + count))
    _insert(
        session,
        Article,
        [
            {
                "id": ident,
                "column_id": keys[ident // 2 % len(keys)],
                "title": f"第{ident}期：把居民的事办在身边",
                "author": "编辑部",
                "digest": "一件小事怎样办成，办成以后怎样不再反复。",
                "html": _BODY,
                "status": "published" if n >= BACKLOG else ("draft", "in_review")[n % 2],
                "stage": n % 2 if n < BACKLOG else 0,
                "hash": f"{ident:064x}",
                "created_by": user_id,
                "created_at": now - timedelta(hours=n),
                "updated_at": now - timedelta(hours=n),
                "published_at": now - timedelta(hours=n) if n >= BACKLOG else None,
            }
            for n, ident in enumerate(ids)
        ],
    )
    return ids


def pushes(session: Session, user_id: int, article_ids: Sequence[int], count: int, calls: int) -> list[int]:
    """Ids of new pushes that were sent, three a day backwards, each with one article and ``calls`` deliveries."""
    last = session.scalar(sa.select(sa.func.max(Push.id))) or 0
    now = clock.now()
    ids = list(range(last + 1, last + 1 + count))
    _insert(
        session, Push, [_push(ident, user_id, now - timedelta(hours=8 * n)) for n, ident in enumerate(ids)]
    )
    _insert(
        session,
        PushArticle,
        [
            {
                "push_id": ident,
                "position": 1,
                "article_id": article_ids[ident % len(article_ids)],
                "content_hash": "0" * 64,
            }
            for ident in ids
        ],
    )
    _insert(
        session,
        Delivery,
        [
            {
                "push_id": ident,
                "road": "mass",
                "key": f"b{ident}-{number}",
                "status": "delivered",
                "recipients": 19,
                "sent_count": 19,
                "due_at": now,
                "msg_id": f"{ident}{number:03d}",
            }
            for ident in ids
            for number in range(calls)
        ],
    )
    return ids


def _push(ident: int, user_id: int, at: datetime) -> dict[str, object]:
    return {
        "id": ident,
        "title": f"第{ident}次推送",
        "audience": "all",
        "status": "sent",
        "due_at": at,
        "planned": 2279,
        "planned_at": at,
        "skipped": {"quota": 3},
        "created_by": user_id,
        "created_at": at,
    }


def audit_trail(session: Session, user_id: int, count: int) -> None:
    """Entries that look like the chain's; their hashes are made up."""
    last = session.scalar(sa.select(sa.func.max(AuditEntry.id))) or 0
    now = clock.now()
    _insert(
        session,
        AuditEntry,
        [
            {
                "id": ident,
                "at": now - timedelta(minutes=last + count - ident),
                "user_id": user_id,
                "actor": "测量",
                "action": ("user.login", "article.save", "article.submit", "activity.export")[ident % 4],
                "subject": f"article:{ident}",
                "detail": {},
                "prev_hash": f"p{ident:063x}",
                "hash": f"h{ident:063x}",
            }
            for ident in range(last + 1, last + 1 + count)
        ],
    )


def settle(session: Session) -> None:
    """After rows with ids of our own: let PostgreSQL's counters follow, and let both databases know how much there is."""
    if session.get_bind().dialect.name == "postgresql":
        for model in (Member, Activity, Article, Push, AuditEntry):
            table = model.__table__.name  # type: ignore[attr-defined]
            session.execute(
                sa.text(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 1) FROM {table}))"
                )
            )
    session.execute(sa.text("ANALYZE"))


def _insert(session: Session, model: type[object], rows: list[dict[str, object]]) -> None:
    for start in range(0, len(rows), _CHUNK):
        session.execute(sa.insert(model), rows[start : start + _CHUNK])
