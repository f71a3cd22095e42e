"""Who is writing in an article just now: one window of one person; the others read, or take over with notice.

It keeps nobody from anything by force: what decides is the version that a save carries (:mod:`content.drafting`). It spares two
people from finding out at the end that they wrote at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import require
from content.finding import get
from content.life import WRITE
from database.claims import change
from database.once import insert_once
from models import Article, ArticleHold, User

SILENT_S = 60
"""A window that was not heard of for so long is closed, asleep or offline: the next one simply goes on."""


@dataclass(frozen=True)
class Holder:
    """Who writes: ``mine`` is this very window, ``me`` the same person in another one; ``version`` is the article's newest."""

    mine: bool
    me: bool
    label: str
    since: datetime
    seen_at: datetime
    version: int


def hold(
    session: Session, article_id: int, user: User, tab: str, *, take_over: bool = False, at: datetime
) -> Holder:
    """Hold the article for this window, or say who does.

    ``tab`` is ``WINDOW.PAGE``: a page that was loaded anew follows the one before it in the same window. Raises
    :class:`errors.Forbidden`, :class:`errors.NotFound`.
    """
    require(user, WRITE)
    get(session, article_id)
    row = {"article_id": article_id, "user_id": user.id, "tab": tab, "since": at, "seen_at": at}
    if not insert_once(session, ArticleHold, [row], keys=["article_id"]):
        window = tab.partition(".")[0]
        own = sa.and_(
            ArticleHold.user_id == user.id, ArticleHold.tab.startswith(f"{window}.", autoescape=True)
        )
        this = ArticleHold.article_id == article_id
        if not change(session, ArticleHold, [this, own], tab=tab, seen_at=at):
            free = [] if take_over else [ArticleHold.seen_at < at - timedelta(seconds=SILENT_S)]
            change(session, ArticleHold, [this, *free], user_id=user.id, tab=tab, since=at, seen_at=at)
    session.expire_all()
    return _of(session, article_id, user, tab)


def release(session: Session, article_id: int, user: User, tab: str) -> None:
    """The window is closed."""
    mine = (ArticleHold.article_id == article_id, ArticleHold.user_id == user.id, ArticleHold.tab == tab)
    session.execute(sa.delete(ArticleHold).where(*mine).execution_options(synchronize_session=False))


def _of(session: Session, article_id: int, user: User, tab: str) -> Holder:
    held = session.get_one(ArticleHold, article_id)
    who = session.get_one(User, held.user_id)
    me = who.id == user.id
    version = session.get_one(Article, article_id).version
    return Holder(me and held.tab == tab, me, who.label, held.since, held.seen_at, version)
