"""What an article is at one save, its fingerprint, and the saves that are kept.

They are never changed, so that a review can be held against what was read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from content.search import index
from ground import clock
from ground.errors import Conflict, NotFound
from models import Article, ArticleRevision, Correction, CorrectionStatus, User


@dataclass(frozen=True)
class Fields:
    """What an editor fills in. ``html`` is cleaned when it is saved; ``source_url`` is the link behind 阅读原文.

    ``cover_square`` is the left edge of the cover's square in thousandths of its width; None: the middle.
    """

    title: str
    column_id: int
    author: str = ""
    digest: str = ""
    html: str = ""
    cover_sha256: str | None = None
    source_url: str = ""
    cover_square: int | None = None


def content_hash(fields: Fields) -> str:
    """sha256 over title, author, digest, body, cover and column, and the source link and the cover's square where they are."""
    parts: list[Any] = [
        fields.title, fields.author, fields.digest, fields.html, fields.cover_sha256, fields.column_id,
        *([fields.source_url] if fields.source_url else []),
        *([] if fields.cover_square is None else [fields.cover_square]),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def fields_of(article: Article) -> Fields:
    """The present content of an article."""
    return Fields(
        title=article.title,
        column_id=article.column_id,
        author=article.author,
        digest=article.digest,
        html=article.html,
        cover_sha256=article.cover_sha256,
        source_url=article.source_url,
        cover_square=article.cover_square,
    )


def fields_of_save(save: ArticleRevision) -> Fields:
    """The content of an article at one save; the link of a save from before links were kept is empty."""
    return Fields(
        title=save.title,
        column_id=save.column_id,
        author=save.author,
        digest=save.digest,
        html=save.html,
        cover_sha256=save.cover_sha256,
        source_url=save.source_url or "",
        cover_square=save.cover_square,
    )


def keep(
    session: Session,
    article_id: int,
    version: int,
    fields: Fields,
    user: User | None,
    *,
    note: str = "",
    at: datetime,
) -> None:
    """Keep a save, and let the article be found by it. ``note`` says what is special; without a ``user`` the house did it.

    The article's row was written in this transaction.
    """
    session.add(
        ArticleRevision(
            article_id=article_id, version=version, title=fields.title, author=fields.author, digest=fields.digest,
            html=fields.html, cover_sha256=fields.cover_sha256, cover_square=fields.cover_square,
            source_url=fields.source_url, column_id=fields.column_id,
            hash=content_hash(fields), saved_by=user.id if user else None, saved_at=at, note=note,
        )
    )  # fmt: skip
    session.flush()
    index.keep(session, article_id, title=fields.title, author=fields.author, html=fields.html)


def kept(session: Session, article_id: int) -> list[ArticleRevision]:
    """All saves of an article, the newest first."""
    return list(
        session.scalars(
            sa.select(ArticleRevision)
            .where(ArticleRevision.article_id == article_id)
            .order_by(ArticleRevision.version.desc())
        )
    )


def one(session: Session, article_id: int, version: int) -> ArticleRevision:
    """One save of an article. Raises :class:`errors.NotFound`."""
    query = sa.select(ArticleRevision).where(
        ArticleRevision.article_id == article_id, ArticleRevision.version == version
    )
    save = session.scalar(query)
    if save is None:
        raise NotFound(f"这篇稿件没有第 {version} 版")
    return save


def is_out_already(session: Session, article_id: int, fields: Fields) -> bool:
    """Whether the text of a 更正 that is under way says what its readers have: as it is now, or was when the 更正 was begun."""
    out = (
        sa.select(Article)
        .join(Correction, Correction.article_id == Article.id)
        .where(Correction.draft_id == article_id, Correction.status == CorrectionStatus.OPEN.value)
    )
    published = session.scalar(out)
    if published is None:
        return False
    return fields in (fields_of(published), fields_of_save(one(session, article_id, 1)))


def is_correction(session: Session, article_id: int) -> bool:
    """Whether the text of a 更正 is written in this article."""
    written = sa.select(Correction.id).where(Correction.draft_id == article_id)
    return session.scalar(written.limit(1)) is not None


def changed_links(saves: Sequence[ArticleRevision]) -> dict[int, str]:
    """The link behind 阅读原文 after each of the saves (all, the newest first) that changed it, by version; empty: taken away.

    Of a save of the time when links were not kept nothing is said, nor of the one behind it.
    """
    found = {}
    for save, before in zip(saves, [*saves[1:], None], strict=True):
        former = "" if before is None else before.source_url
        if save.source_url is not None and former is not None and save.source_url != former:
            found[save.version] = save.source_url
    return found


def edited_meanwhile(session: Session, article_id: int, *, at: datetime) -> Conflict:
    """The error that says who saved last, and when."""
    last = session.execute(
        sa.select(ArticleRevision.saved_at, User.display_name, User.username)
        .outerjoin(User, User.id == ArticleRevision.saved_by)
        .where(ArticleRevision.article_id == article_id)
        .order_by(ArticleRevision.version.desc())
        .limit(1)
    ).first()
    if last is None:
        return Conflict("该稿件已被修改，请刷新后再提交")
    saved = clock.to_shanghai(last.saved_at)
    day = "" if saved.date() == clock.shanghai_day(at) else f"{saved.month}月{saved.day}日 "
    when = f"{day}{saved:%H:%M}"
    return Conflict(
        f"该稿件已被{last.display_name or last.username or '系统'}于 {when} 修改，请刷新后再提交",
        article=article_id,
    )
