"""自动回复: what an editor lets the account answer to a keyword, in the order in which it is tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from accounts.rights import require
from content import finding
from ground.errors import NotFound, Refused
from ground.numbers import numbers_in
from models import KeywordReply, User
from settings import WeChatLimits

KINDS: Mapping[str, str] = {"text": "文字", "article": "稿件", "column": "栏目列表", "image": "图片"}
PATTERN_CHARS = 40


@dataclass(frozen=True)
class Words:
    """What an editor types: ``content`` is the text, or the article's id, the column's key, the picture's media_id."""

    pattern: str
    kind: str
    content: str
    whole: bool
    active: bool


def listing(session: Session) -> list[KeywordReply]:
    """All of them, in their order."""
    return list(session.scalars(sa.select(KeywordReply).order_by(KeywordReply.sort, KeywordReply.id)))


def tried(session: Session, *, whole: bool) -> list[KeywordReply]:
    """The active ones that want the whole text, or a part of it, in the order in which they are tried."""
    query = (
        sa.select(KeywordReply)
        .where(KeywordReply.active, KeywordReply.whole.is_(whole))
        .order_by(KeywordReply.sort, KeywordReply.id)
    )
    return list(session.scalars(query))


def get(session: Session, reply_id: int) -> KeywordReply:
    """One of them. Raises :class:`errors.NotFound`."""
    row = session.get(KeywordReply, reply_id)
    if row is None:
        raise NotFound("这条自动回复不存在，可能已被删除")
    return row


def titles(session: Session, found: list[KeywordReply]) -> dict[str, str]:
    """Of those that give an article: its title by what stands in ``content``."""
    ids = numbers_in(one.content for one in found if one.kind == "article")
    return {str(article_id): title for article_id, title in finding.titles(session, ids).items()}


def save(
    session: Session,
    user: User,
    words: Words,
    *,
    limits: WeChatLimits,
    at: datetime,
    reply_id: int | None = None,
) -> KeywordReply:
    """Keep a new reply at the end, or change one.

    Raises :class:`errors.Refused`, :class:`errors.NotFound` or :class:`errors.Forbidden`.
    """
    require(user, "reply.manage")
    pattern, content = " ".join(words.pattern.split()), words.content.strip()
    if not 1 <= len(pattern) <= PATTERN_CHARS:
        raise Refused(f"关键词应为 1 到 {PATTERN_CHARS} 个字")
    if words.kind not in KINDS or not content:
        raise Refused("请填写回复内容")
    if len(content.encode()) > limits.text_reply_bytes:
        most = limits.text_reply_bytes // 3
        raise Refused(f"回复内容太长，微信最多 {most} 个汉字，现在是 {len(content)} 个字")
    if reply_id is not None:
        row = get(session, reply_id)
    else:
        row = KeywordReply(sort=(session.scalar(sa.select(sa.func.max(KeywordReply.sort))) or 0) + 1)
        session.add(row)
    row.pattern, row.kind, row.content = pattern, words.kind, content
    row.whole, row.active = words.whole, words.active
    row.updated_by, row.updated_at = user.id, at
    session.flush()
    audit.record(session, "reply.change", at=at, user=user, subject=f"reply:{row.id}")
    return row


def delete(session: Session, user: User, reply_id: int, *, at: datetime) -> None:
    """Remove one. Raises :class:`errors.NotFound` or :class:`errors.Forbidden`."""
    require(user, "reply.manage")
    session.delete(get(session, reply_id))
    audit.record(
        session, "reply.change", at=at, user=user, subject=f"reply:{reply_id}", detail={"deleted": True}
    )
