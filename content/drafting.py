"""稿件: making and saving articles.

Every save is a revision and carries the version that the editor saw, so that a stale tab cannot overwrite what somebody else
wrote. An edit voids every approval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from accounts.rights import require
from content import alerts, assets, cleaning, columns, life, revisions, stages, wording
from content.allowed import RULES
from content.finding import get
from content.life import WRITE
from content.lifecycle import take, void_reviews
from content.revisions import Fields, content_hash, edited_meanwhile, fields_of
from content.trail import note
from ground.errors import NotFound, Refused
from models import Article, ArticleStatus, Column, User
from settings import WeChatLimits

MOVES_COLUMN = (
    "更正稿不能换栏目：更正按原稿所在栏目的级数和审核人审核。放错了栏目的，请撤回后在正确的栏目重新发布"
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
    at: datetime,
) -> Article:
    """A new draft with its first revision. Its pictures must be remembered already.

    ``imported_pictures``: it came out of a Word file with so many. Raises :class:`errors.Forbidden`, :class:`errors.Refused` or
    :class:`errors.NotFound` (column, picture).
    """
    require(user, WRITE)
    fields = _checked(session, fields)
    article = Article(
        **columns_of(fields),
        status=ArticleStatus.DRAFT.value,
        stage=0,
        version=1,
        hash=content_hash(fields),
        created_by=user.id,
        created_at=at,
        updated_at=at,
        warnings=list(warnings),
    )
    session.add(article)
    session.flush()
    revisions.keep(session, article.id, 1, fields, user, at=at)
    if imported_pictures is None:
        note(session, user, "article.create", article, at=at)
    else:
        note(session, user, "article.import", article, pictures=imported_pictures, at=at)
    return article


def save(
    session: Session,
    article_id: int,
    user: User,
    fields: Fields,
    *,
    expected_version: int,
    limits: WeChatLimits,
    said: str = "",
    at: datetime,
) -> Article:
    """Save an edit over the version that the editor saw. ``said`` is what the history says about it.

    All approvals fall: what was in review waits for its first stage again (or is a draft, if it could not be submitted as it is
    now), what was approved is a draft. Saving without a change does nothing. Raises :class:`errors.Conflict` if somebody saved
    meanwhile or it is queued, scheduled or out; :class:`errors.Forbidden`, :class:`errors.Refused`, :class:`errors.NotFound`.
    """
    require(user, WRITE)
    article = get(session, article_id)
    life.require(article, "article.save")
    fields = _checked(session, fields)
    if article.version != expected_version:
        raise edited_meanwhile(session, article_id, at=at)
    if fields == fields_of(article):
        return article
    _stays(session, article, fields)
    checked = _looked_at(session, article, fields, limits, at)
    waits = checked is not None and not checked.obstacles
    unsettles = not waits and life.ARTICLE.allows("article.unsettle", article.status)
    begins_again = waits and article.stage > 1
    saved = take(
        session,
        article,
        "article.unsettle" if unsettles else "article.save",
        **columns_of(fields),
        hash=content_hash(fields),
        version=expected_version + 1,
        updated_at=at,
        **(stages.handed_in(session, fields.column_id, at) if waits else {"stage": 0}),
    )
    if not saved:
        raise edited_meanwhile(session, article_id, at=at)
    void_reviews(session, article_id)
    revisions.keep(session, article_id, expected_version + 1, fields, user, note=said, at=at)
    if checked is not None and waits:
        wording.keep(session, article, user, checked, at=at)
    if begins_again:
        alerts.next_stage(session, article, at=at)
    note(session, user, "article.save", article, at=at)
    return article


def _stays(session: Session, article: Article, fields: Fields) -> None:
    if fields.column_id != article.column_id and revisions.is_correction(session, article.id):
        raise Refused(MOVES_COLUMN)


def _looked_at(
    session: Session, article: Article, fields: Fields, limits: WeChatLimits, at: datetime
) -> wording.Checked | None:
    """The wording of what would go on waiting for its review; None for what would not."""
    errors = any(finding.level == "error" for finding in _lint(fields, limits))
    if (
        article.status != ArticleStatus.IN_REVIEW
        or errors
        or revisions.is_out_already(session, article.id, fields)
    ):
        return None
    return wording.look(session, fields.title, fields.digest, fields.html, article_id=article.id, at=at)


def restore(
    session: Session,
    article_id: int,
    user: User,
    version: int,
    *,
    expected_version: int,
    limits: WeChatLimits,
    at: datetime,
) -> Article:
    """Make an earlier save the present content again: a new version, as any save. Raises as :func:`save`."""
    save_ = revisions.one(session, article_id, version)
    return save(
        session,
        article_id,
        user,
        revisions.fields_of_save(save_),
        expected_version=expected_version,
        limits=limits,
        said=f"恢复自第 {version} 版",
        at=at,
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


def _checked(session: Session, fields: Fields) -> Fields:
    """Normalised fields whose column and pictures exist. Lengths that WeChat limits are the linter's, not this one's."""
    fields = replace(
        fields,
        title=_one_line(fields.title),
        author=_one_line(fields.author),
        digest=_one_line(fields.digest),
        html=cleaning.clean(fields.html),
        source_url=cleaning.CONTROL.sub("", fields.source_url).strip(),
        cover_square=fields.cover_square if fields.cover_sha256 else None,
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
    if not 0 <= (fields.cover_square or 0) <= 1000:
        raise Refused("方图的位置不在封面里，请重新裁剪封面")
    if session.get(Column, fields.column_id) is None:
        raise NotFound("没有这个栏目，请重新选择")
    wanted = [*cleaning.assets_in(fields.html), *([fields.cover_sha256] if fields.cover_sha256 else [])]
    if missing := set(wanted) - assets.known(session, wanted).keys():
        raise NotFound(f"稿件用到的 {len(missing)} 张图片不存在，请重新上传")
    return fields


def _one_line(text: str) -> str:
    return " ".join(cleaning.CONTROL.sub("", text).split())


def columns_of(fields: Fields) -> dict[str, Any]:
    """The columns of an article's row that hold its content."""
    return {
        "title": fields.title,
        "column_id": fields.column_id,
        "author": fields.author,
        "digest": fields.digest,
        "html": fields.html,
        "cover_sha256": fields.cover_sha256,
        "cover_square": fields.cover_square,
        "source_url": fields.source_url,
        "cleaned_by_rules": RULES,  # all fields that are saved went through the cleaning
    }
