"""稿件: making, saving and finding articles.

Every save is a revision and carries the version that the editor saw, so that a stale tab cannot overwrite what somebody else
wrote. An edit voids every approval.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from accounts.rights import require
from content import assets, cleaning, columns, life
from content.allowed import RULES
from content.life import WRITE
from content.trail import note
from database.moving import move
from ground import clock
from ground.errors import Conflict, NotFound, Refused
from models import (
    Article,
    ArticleRevision,
    ArticleStatus,
    Column,
    Push,
    PushArticle,
    PushStatus,
    Review,
    User,
)
from settings import WeChatLimits

_HOLDING = (
    PushStatus.SCHEDULED, PushStatus.HELD, PushStatus.SENDING, PushStatus.AWAITING_RESULT, PushStatus.PAUSED,
)  # fmt: skip


@dataclass(frozen=True)
class Fields:
    """What an editor fills in. ``html`` is cleaned when it is saved; ``source_url`` is the link behind 阅读原文."""

    title: str
    column_id: int
    author: str = ""
    digest: str = ""
    html: str = ""
    cover_sha256: str | None = None
    source_url: str = ""


def content_hash(fields: Fields) -> str:
    """sha256 over title, author, digest, body, cover and column, and the source link where there is one."""
    parts: list[Any] = [
        fields.title, fields.author, fields.digest, fields.html, fields.cover_sha256, fields.column_id,
        *([fields.source_url] if fields.source_url else []),
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
    )


def findings(article: Article, limits: WeChatLimits) -> list[cleaning.Finding]:
    """What WeChat's limits say to an article."""
    return _lint(fields_of(article), limits)


def _lint(fields: Fields, limits: WeChatLimits) -> list[cleaning.Finding]:
    return cleaning.lint(
        title=fields.title,
        author=fields.author,
        digest=fields.digest,
        html=fields.html,
        cover_sha256=fields.cover_sha256,
        source_url=fields.source_url,
        limits=limits,
    )


def column_for_new(session: Session, user: User, key: str) -> Column:
    """The column of an article that is about to be made, asked before a file is taken apart for nothing.

    Raises :class:`errors.Forbidden` or :class:`errors.NotFound`.
    """
    require(user, WRITE)
    return columns.by_key(session, key)


def create(
    session: Session,
    user: User,
    fields: Fields,
    *,
    warnings: Sequence[str] = (),
    imported_pictures: int | None = None,
) -> Article:
    """A new draft with its first revision. Its pictures must be remembered already.

    ``imported_pictures``: it came out of a Word file with so many. Raises :class:`errors.Forbidden`, :class:`errors.Refused` or
    :class:`errors.NotFound` (column, picture).
    """
    require(user, WRITE)
    fields = _checked(session, fields)
    now = clock.now()
    article = Article(
        **_columns(fields),
        status=ArticleStatus.DRAFT.value,
        stage=0,
        version=1,
        hash=content_hash(fields),
        created_by=user.id,
        created_at=now,
        updated_at=now,
        warnings=list(warnings),
    )
    session.add(article)
    session.flush()
    _keep_revision(session, article.id, 1, fields, user)
    if imported_pictures is None:
        note(session, user, "article.create", article)
    else:
        note(session, user, "article.import", article, pictures=imported_pictures)
    return article


def save(
    session: Session,
    article_id: int,
    user: User,
    fields: Fields,
    *,
    expected_version: int,
    limits: WeChatLimits,
) -> Article:
    """Save an edit over the version that the editor saw.

    All approvals fall: what was in review waits for its first stage again (or is a draft, if WeChat would refuse it now),
    what was approved is a draft. Saving without a change does nothing. Raises :class:`errors.Conflict` if somebody saved
    meanwhile or the article is queued, scheduled or out; :class:`errors.Forbidden`, :class:`errors.Refused`,
    :class:`errors.NotFound`.
    """
    require(user, WRITE)
    article = get(session, article_id)
    _check_editable(session, article)
    fields = _checked(session, fields)
    if article.version != expected_version:
        raise _edited_meanwhile(session, article_id)
    if fields == fields_of(article):
        return article
    errors = any(finding.level == "error" for finding in _lint(fields, limits))
    waits = article.status == ArticleStatus.IN_REVIEW and not errors
    unsettles = not waits and life.ARTICLE.allows("article.unsettle", article.status)
    saved = take(
        session,
        article,
        "article.unsettle" if unsettles else "article.save",
        **_columns(fields),
        hash=content_hash(fields),
        version=expected_version + 1,
        stage=1 if waits else 0,
        updated_at=clock.now(),
    )
    if not saved:
        raise _edited_meanwhile(session, article_id)
    session.execute(
        sa.update(Review)
        .where(Review.article_id == article_id, Review.void.is_(False))
        .values(void=True)
        .execution_options(synchronize_session=False)
    )
    _keep_revision(session, article_id, expected_version + 1, fields, user)
    note(session, user, "article.save", article)
    return article


def archive(session: Session, article_id: int, user: User) -> Article:
    """Put away an article that will not be used. Raises :class:`errors.Conflict` if it is on its way out."""
    require(user, WRITE)
    article = get(session, article_id)
    life.require(article, "article.archive")
    _check_not_in_push(session, article_id)
    if not take(session, article, "article.archive"):
        raise _edited_meanwhile(session, article_id)
    note(session, user, "article.archive", article)
    return article


def get(session: Session, article_id: int, *, full: bool = False) -> Article:
    """The article, with ``full`` also its column, creator and reviews. Raises :class:`errors.NotFound`."""
    query = sa.select(Article).where(Article.id == article_id)
    if full:
        query = query.options(
            joinedload(Article.column),
            joinedload(Article.creator),
            selectinload(Article.reviews).joinedload(Review.user),
        )
    article = session.scalar(query) if _is_id(article_id) else None
    if article is None:
        raise NotFound(f"没有编号为 {article_id} 的稿件")
    return article


@dataclass(frozen=True)
class ArticlePage:
    """A page of articles and how many there are in all."""

    articles: list[Article]
    total: int


def listing(
    session: Session,
    *,
    column_id: int | None = None,
    statuses: Sequence[str] = (),
    created_by: int | None = None,
    number: int = 1,
    size: int = 20,
) -> ArticlePage:
    """Articles with column and creator, the newest first; ``number`` counts pages from 1. Bodies are not loaded."""
    where: list[sa.ColumnElement[bool]] = []
    if column_id is not None:
        where.append(Article.column_id == column_id)
    if statuses:
        where.append(Article.status.in_(statuses))
    if created_by is not None:
        where.append(Article.created_by == created_by)
    total = session.scalar(sa.select(sa.func.count()).select_from(Article).where(*where)) or 0
    found = session.scalars(
        sa.select(Article)
        .where(*where)
        .options(joinedload(Article.column), joinedload(Article.creator), sa.orm.defer(Article.html))
        .order_by(Article.id.desc())
        .offset((max(number, 1) - 1) * size)
        .limit(size)
    )
    return ArticlePage(list(found), total)


def revisions(session: Session, article_id: int) -> list[ArticleRevision]:
    """All saves of an article, the newest first."""
    return list(
        session.scalars(
            sa.select(ArticleRevision)
            .where(ArticleRevision.article_id == article_id)
            .order_by(ArticleRevision.version.desc())
        )
    )


def take(session: Session, article: Article, name: str, **values: Any) -> bool:
    """Take a step of the life by a conditional update: only if state, stage, content and version still are what was read.

    Whether it was done; the article is read anew afterwards. Raises :class:`errors.Conflict` for a state without this step.
    """
    return move(
        session,
        Article,
        article.id,
        life.require(article, name),
        Article.status == article.status,
        Article.stage == article.stage,
        Article.hash == article.hash,
        Article.version == article.version,
        **values,
    )


def _check_editable(session: Session, article: Article) -> None:
    if article.status == ArticleStatus.QUEUED:
        raise Conflict("稿件已在待发队列，请先撤出队列再修改，修改后需要重新审核")
    life.require(article, "article.save")
    _check_not_in_push(session, article.id)


def _check_not_in_push(session: Session, article_id: int) -> None:
    if in_push(session, article_id):
        raise Conflict("稿件已排入推送，请先取消推送再操作")


def in_push(session: Session, article_id: int) -> bool:
    """Whether a push that has not ended holds the article."""
    held = (
        sa.select(Push.id)
        .join(PushArticle)
        .where(PushArticle.article_id == article_id, Push.status.in_(_HOLDING))
    )
    return session.scalar(held.limit(1)) is not None


def _edited_meanwhile(session: Session, article_id: int) -> Conflict:
    last = session.execute(
        sa.select(ArticleRevision.saved_at, User.display_name, User.username)
        .outerjoin(User, User.id == ArticleRevision.saved_by)
        .where(ArticleRevision.article_id == article_id)
        .order_by(ArticleRevision.version.desc())
        .limit(1)
    ).first()
    if last is None:
        return Conflict("该稿件已被修改，请刷新后再提交")
    at = clock.to_shanghai(last.saved_at)
    when = (
        at.strftime("%H:%M")
        if at.date() == clock.shanghai_day(clock.now())
        else f"{at.month}月{at.day}日 {at:%H:%M}"
    )
    return Conflict(
        f"该稿件已被{last.display_name or last.username or '系统'}于 {when} 修改，请刷新后再提交",
        article=article_id,
    )


def _checked(session: Session, fields: Fields) -> Fields:
    """Normalised fields whose column and pictures exist. Lengths that WeChat limits are the linter's, not this one's."""
    fields = replace(
        fields,
        title=_one_line(fields.title),
        author=_one_line(fields.author),
        digest=_one_line(fields.digest),
        html=cleaning.clean(fields.html),
        source_url=cleaning.CONTROL.sub("", fields.source_url).strip(),
    )
    for value, most, name in (
        (fields.title, 120, "标题"),
        (fields.author, 40, "作者"),
        (fields.digest, 300, "摘要"),
    ):
        if len(value) > most:
            raise Refused(f"{name}太长，最多保存 {most} 个字，当前 {len(value)} 个字")
    if len(fields.source_url) > 500:
        raise Refused("原文链接太长，请换成较短的网址")
    if not fields.title:
        raise Refused("请输入标题")
    if session.get(Column, fields.column_id) is None:
        raise NotFound("没有这个栏目，请重新选择")
    wanted = [*cleaning.assets_in(fields.html), *([fields.cover_sha256] if fields.cover_sha256 else [])]
    if missing := set(wanted) - assets.known(session, wanted).keys():
        raise NotFound(f"稿件用到的 {len(missing)} 张图片不存在，请重新上传")
    return fields


def _one_line(text: str) -> str:
    return " ".join(cleaning.CONTROL.sub("", text).split())


def _columns(fields: Fields) -> dict[str, Any]:
    return {
        "title": fields.title,
        "column_id": fields.column_id,
        "author": fields.author,
        "digest": fields.digest,
        "html": fields.html,
        "cover_sha256": fields.cover_sha256,
        "source_url": fields.source_url,
        "cleaned_by_rules": RULES,  # all fields that are saved went through the cleaning
    }


def _keep_revision(session: Session, article_id: int, version: int, fields: Fields, user: User) -> None:
    session.add(
        ArticleRevision(
            article_id=article_id, version=version, title=fields.title, author=fields.author, digest=fields.digest,
            html=fields.html, cover_sha256=fields.cover_sha256, source_url=fields.source_url, column_id=fields.column_id,
            hash=content_hash(fields), saved_by=user.id, saved_at=clock.now(),
        )
    )  # fmt: skip
    session.flush()


def _is_id(value: int) -> bool:
    return 0 < value < 2**63
