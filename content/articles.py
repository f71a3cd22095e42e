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

from content import assets, html
from content.allowed import RULES
from database.claims import change
from ground import clock
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import Article, ArticleRevision, Column, Push, PushArticle, Review, User
from settings import WeChatLimits

STATUS_NAMES = {
    "draft": "草稿",
    "in_review": "审核中",
    "returned": "退回修改",
    "approved": "待发布",
    "queued": "待发布（已排队）",
    "publishing": "发布中",
    "published": "已发布",
    "retracted": "已撤回",
    "corrected": "已更正",
    "archived": "已归档",
}
STAGE_NAMES = {1: "一审", 2: "二审", 3: "三审"}
ACTION_NAMES = {
    "article.create": "新建稿件",
    "article.import": "导入 Word 稿件",
    "article.save": "修改稿件",
    "article.submit": "提交审核",
    "article.withdraw": "撤回送审",
    "article.approve": "审核通过",
    "article.return": "退回修改",
    "article.queue": "排入待发队列",
    "article.unqueue": "撤出待发队列",
    "article.archive": "归档稿件",
    "article.reclean": "清理稿件正文",
    "column.create": "新建栏目",
    "column.change": "修改栏目",
}
"""Chinese names of this package's actions in the audit trail; the faces record them."""

EDITABLE = ("draft", "returned", "in_review", "approved")
_WRITERS = ("admin", "editor")
_HOLDING = ("scheduled", "sending", "paused")


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


def status_name(article: Article) -> str:
    """The status as people call it: 待一审, 待二审, 草稿, ..."""
    if article.status == "in_review":
        return f"待{STAGE_NAMES.get(article.stage, '审核')}"
    return STATUS_NAMES.get(article.status, article.status)


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


def findings(article: Article, limits: WeChatLimits) -> list[html.Finding]:
    """What WeChat's limits say to an article."""
    return _lint(fields_of(article), limits)


def _lint(fields: Fields, limits: WeChatLimits) -> list[html.Finding]:
    return html.lint(
        title=fields.title,
        author=fields.author,
        digest=fields.digest,
        html=fields.html,
        cover_sha256=fields.cover_sha256,
        source_url=fields.source_url,
        limits=limits,
    )


def create(session: Session, user: User, fields: Fields, *, warnings: Sequence[str] = ()) -> Article:
    """A new draft with its first revision. Its pictures must be remembered already.

    Raises :class:`errors.Forbidden`, :class:`errors.Refused` or :class:`errors.NotFound` (column, picture).
    """
    _may_write(user)
    fields = _checked(session, fields)
    now = clock.now()
    article = Article(
        **_columns(fields),
        status="draft",
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
    _may_write(user)
    article = get(session, article_id)
    _check_editable(session, article)
    fields = _checked(session, fields)
    if article.version != expected_version:
        raise _edited_meanwhile(session, article_id)
    if fields == fields_of(article):
        return article
    errors = any(finding.level == "error" for finding in _lint(fields, limits))
    status, stage = article.status, 0
    if status == "in_review":
        status, stage = ("draft", 0) if errors else ("in_review", 1)
    elif status == "approved":
        status = "draft"
    saved = change(
        session,
        Article,
        [Article.id == article_id, Article.version == expected_version, Article.status.in_(EDITABLE)],
        **_columns(fields),
        hash=content_hash(fields),
        version=expected_version + 1,
        status=status,
        stage=stage,
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
    session.expire(article)
    return get(session, article_id)


def archive(session: Session, article_id: int, user: User) -> Article:
    """Put away an article that will not be used. Raises :class:`errors.Conflict` if it is on its way out."""
    _may_write(user)
    article = get(session, article_id)
    if article.status not in ("draft", "returned", "approved", "published", "retracted", "corrected"):
        raise Conflict(f"稿件当前为“{status_name(article)}”，不能归档")
    _check_not_in_push(session, article_id)
    if not moved(session, article, to="archived"):
        raise _edited_meanwhile(session, article_id)
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


def moved(session: Session, article: Article, *, to: str, **values: Any) -> bool:
    """Change the status by a conditional update: only if status, stage and hash still are what was read. Whether it was done."""
    as_read = [
        Article.id == article.id,
        Article.status == article.status,
        Article.stage == article.stage,
        Article.hash == article.hash,
        Article.version == article.version,
    ]
    done = change(session, Article, as_read, status=to, **values)
    session.expire(article)
    return bool(done)


def _may_write(user: User) -> None:
    if not user.active or user.role not in _WRITERS:
        raise Forbidden("只有编辑和管理员可以编写稿件，如需开通请联系管理员", user=user.id)


def _check_editable(session: Session, article: Article) -> None:
    if article.status == "queued":
        raise Conflict("稿件已在待发队列，请先撤出队列再修改，修改后需要重新审核")
    if article.status not in EDITABLE:
        raise Conflict(f"稿件当前为“{status_name(article)}”，不能修改")
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
        html=html.clean(fields.html),
        source_url=html.CONTROL.sub("", fields.source_url).strip(),
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
    wanted = [*html.assets_in(fields.html), *([fields.cover_sha256] if fields.cover_sha256 else [])]
    if missing := set(wanted) - assets.known(session, wanted).keys():
        raise NotFound(f"稿件用到的 {len(missing)} 张图片不存在，请重新上传")
    return fields


def _one_line(text: str) -> str:
    return " ".join(html.CONTROL.sub("", text).split())


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
            html=fields.html, cover_sha256=fields.cover_sha256, column_id=fields.column_id, hash=content_hash(fields),
            saved_by=user.id, saved_at=clock.now(),
        )
    )  # fmt: skip
    session.flush()


def _is_id(value: int) -> bool:
    return 0 < value < 2**63
