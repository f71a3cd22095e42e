"""稿件 at any stage of their life, each brought there by those who would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from content import columns, drafting, lifecycle, publish, queue, review
from content.assets import AssetStore, remember
from content.pictures import Picture, card_cover
from content.revisions import Fields
from database.session import Database
from ground import clock
from models import Article, ArticleStatus, User
from settings import Limits, WeChatLimits
from tests.world import accounts

LIMITS = WeChatLimits()
REASON = "标题与正文不符"


@cache
def _cover() -> Picture:
    return card_cover("news")


def cover(db: Database, data_dir: Path) -> str:
    """The hash of a cover that is kept: the file first, then its row."""
    AssetStore(data_dir).put(_cover())
    with db.session_scope() as session:
        remember(session, [_cover()], at=clock.now())
    return _cover().sha256


def fields(
    session: Session,
    title: str = "网格里的一天",
    *,
    column: str = "news",
    **changes: Any,
) -> Fields:
    """The fields of an article that nobody would object to, with these changes."""
    made = Fields(
        title=title,
        column_id=columns.by_key(session, column).id,
        author="湖东社区党支部",
        digest="网格员走访居民，解决小事。",
        html="<p>网格员走访居民，解决小事。</p>",
        cover_sha256=_cover().sha256,
    )
    return replace(made, **changes)


def article(
    db: Database,
    data_dir: Path,
    title: str = "网格里的一天",
    *,
    status: str = ArticleStatus.DRAFT.value,
    **changes: Any,
) -> int:
    """An article with a cover, at this status; its id."""
    cover(db, data_dir)
    with db.session_scope() as session:
        columns.ensure_defaults(session)
        made = drafting.create(
            session, accounts.someone(session, "editor"), fields(session, title, **changes), at=clock.now()
        )
        bring(session, made, status)
        return made.id


def bring(session: Session, article: Article, status: str) -> None:
    """Take a draft to this status, step by step."""
    editor = accounts.someone(session, "editor")
    for step in _WAYS[ArticleStatus(status)]:
        step(session, article.id, editor)
    session.refresh(article)


def approve(session: Session, article_id: int, _editor: User | None = None) -> None:
    """The review that is awaited, by the reviewer of that stage."""
    stage = session.get_one(Article, article_id, populate_existing=True).stage
    review.approve(
        session, article_id, accounts.reviewers(session)[stage - 1], limits=Limits(), at=clock.now()
    )


def _submit(session: Session, article_id: int, editor: User) -> None:
    review.submit(session, article_id, editor, limits=LIMITS, at=clock.now())


def _return(session: Session, article_id: int, _editor: User) -> None:
    review.send_back(session, article_id, accounts.reviewers(session)[0], reason=REASON, at=clock.now())


def _start(session: Session, article_id: int, _editor: User) -> None:
    publish.mark_publishing(session, [article_id])


def _arrive(session: Session, article_id: int, _editor: User) -> None:
    publish.mark_published(session, [article_id], at=clock.now())


def _queue(session: Session, article_id: int, editor: User) -> None:
    queue.enqueue(session, article_id, editor, at=clock.now())


def _archive(session: Session, article_id: int, editor: User) -> None:
    lifecycle.archive(session, article_id, editor, at=clock.now())


_Step = Callable[[Session, int, User], object]
_REVIEWED: tuple[_Step, ...] = (_submit, approve, approve, approve)
_WAYS: dict[ArticleStatus, tuple[_Step, ...]] = {
    ArticleStatus.DRAFT: (),
    ArticleStatus.IN_REVIEW: (_submit,),
    ArticleStatus.RETURNED: (_submit, _return),
    ArticleStatus.APPROVED: _REVIEWED,
    ArticleStatus.QUEUED: (*_REVIEWED, _queue),
    ArticleStatus.PUBLISHING: (*_REVIEWED, _start),
    ArticleStatus.PUBLISHED: (*_REVIEWED, _start, _arrive),
    ArticleStatus.ARCHIVED: (_archive,),
}
