"""批注: what a reviewer says of a passage. It keeps the passage as it was, whatever becomes of the text; the writer answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts.rights import may, require
from content.finding import get
from content.life import ARTICLE, REVIEW, WRITE, not_in_review
from content.proofing.text import Text, text_of
from content.review import STALE
from content.trail import note
from database import claims
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import Article, ReviewComment, User

QUOTE_CHARS, TEXT_CHARS = 200, 500
_MOST = 200
_NAMES = {"title": "标题", "digest": "摘要"}


@dataclass(frozen=True)
class Place:
    """Where a passage stands: characters of a paragraph of a field, as the findings of the check count them."""

    field: str
    paragraph: int
    start: int
    end: int

    @property
    def name(self) -> str:
        """正文第 3 段."""
        return _NAMES.get(self.field) or f"正文第 {self.paragraph + 1} 段"


@dataclass(frozen=True)
class Shown:
    """A comment as a page shows it; ``place`` None: the passage stands there no more. ``words`` is its part in that paragraph."""

    comment: ReviewComment
    place: Place | None
    words: str

    @property
    def open(self) -> bool:
        """Whether it waits for the writer."""
        return self.comment.settled_at is None


def make(
    session: Session,
    article_id: int,
    user: User,
    *,
    quote: str,
    text: str,
    expected_hash: str | None = None,
    at: datetime,
) -> ReviewComment:
    """Say something of a passage of an article in review; ``quote`` are the words that were marked.

    Raises :class:`errors.Conflict` where the content changed or is not in review, :class:`errors.Refused` for a passage that does
    not stand there and a comment that is empty or too long, :class:`errors.Forbidden`.
    """
    require(user, REVIEW)
    article = get(session, article_id)
    session.refresh(article)
    if not ARTICLE.allows("article.pass", article.status):
        raise Conflict(not_in_review(article))
    if expected_hash and expected_hash != article.hash:
        raise Conflict(STALE, article=article_id)
    quote, text = _one_line(quote), text.strip()
    if not quote:
        raise Refused("请先在正文中选中要批注的文字")
    if len(quote) > QUOTE_CHARS:
        raise Refused(f"选中的文字最多 {QUOTE_CHARS} 个字，当前 {len(quote)} 个字，请少选一些")
    if not 1 <= len(text) <= TEXT_CHARS:
        raise Refused(f"请填写批注，最多 {TEXT_CHARS} 个字")
    if _find(_text(article), quote) is None:
        raise Refused("稿件里没有这段文字，请重新选择")
    of_article_ = sa.select(sa.func.count()).where(ReviewComment.article_id == article_id)
    if (session.scalar(of_article_) or 0) >= _MOST:
        raise Refused("这篇稿件的批注太多，请把其余意见写在退回理由中")
    made = ReviewComment(
        article_id=article_id, content_hash=article.hash, quote=quote, text=text, user_id=user.id, at=at
    )
    session.add(made)
    session.flush()
    note(session, user, "comment.make", article, comment=made.id, at=at)
    return made


def answer(session: Session, comment_id: int, user: User, text: str, *, at: datetime) -> ReviewComment:
    """Answer a comment, once, as somebody who may write. Raises as :func:`settle`, :class:`errors.Refused`."""
    require(user, WRITE)
    found = _one(session, comment_id)
    text = text.strip()
    if not 1 <= len(text) <= TEXT_CHARS:
        raise Refused(f"请填写答复，最多 {TEXT_CHARS} 个字")
    free = [ReviewComment.id == comment_id, ReviewComment.answer == ""]
    if not claims.change(session, ReviewComment, free, answer=text, answered_by=user.id, answered_at=at):
        raise Conflict("这条批注已经答复，请刷新后再看")
    session.refresh(found)
    note(session, user, "comment.answer", get(session, found.article_id), comment=found.id, at=at)
    return found


def settle(session: Session, comment_id: int, user: User, *, at: datetime) -> ReviewComment:
    """标为已处理, by somebody who may write or by who made it.

    Raises :class:`errors.NotFound`, :class:`errors.Forbidden`, :class:`errors.Conflict` for one that is settled already.
    """
    found = _one(session, comment_id)
    if not may(user, WRITE) and found.user_id != user.id:
        raise Forbidden("只有作者一方或写批注的人可以标为已处理")
    free = [ReviewComment.id == comment_id, ReviewComment.settled_at.is_(None)]
    if not claims.change(session, ReviewComment, free, settled_by=user.id, settled_at=at):
        raise Conflict("这条批注已经标为已处理，请刷新后再看")
    session.refresh(found)
    note(session, user, "comment.settle", get(session, found.article_id), comment=found.id, at=at)
    return found


def shown(session: Session, article: Article) -> list[Shown]:
    """All comments of an article in the order in which they were made, and where in its present text they stand."""
    text = _text(article)
    found = []
    for one in of_article(session, article.id):
        place, words = _find(text, one.quote) or (None, "")
        found.append(Shown(one, place, words))
    return found


def of_article(session: Session, article_id: int) -> Sequence[ReviewComment]:
    """All comments of an article with their persons, in order."""
    people = (ReviewComment.user, ReviewComment.answerer, ReviewComment.settler)
    query = sa.select(ReviewComment).options(*(joinedload(person) for person in people))
    return session.scalars(
        query.where(ReviewComment.article_id == article_id).order_by(ReviewComment.id)
    ).all()


def _one(session: Session, comment_id: int) -> ReviewComment:
    found = session.get(ReviewComment, comment_id)
    if found is None:
        raise NotFound("没有这条批注，请刷新后再看")
    return found


def _text(article: Article) -> Text:
    return text_of(article.title, article.digest, article.html)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _find(text: Text, quote: str) -> tuple[Place, str] | None:
    """Where the passage stands, and what of it stands in that paragraph: one that was marked across several has its first there.

    Blanks do not count, since browsers and our paragraphs see them differently. The body comes before title and digest.
    """
    bare = "".join(quote.split())
    lines = sorted(text.lines, key=lambda line: line.field != "body")
    for name in ("body", "title", "digest"):
        mine = [line for line in lines if line.field == name]
        joined = "".join("".join(line.text.split()) for line in mine)
        at = joined.find(bare)
        if at < 0:
            continue
        for line in mine:
            length = len("".join(line.text.split()))
            if at < length:
                return _within(name, line.paragraph, line.text, at, min(len(bare), length - at))
            at -= length
    return None


def _within(name: str, paragraph: int, text: str, at: int, length: int) -> tuple[Place, str]:
    """The place of ``length`` characters behind ``at``, counted without blanks."""
    spots = [spot for spot, char in enumerate(text) if not char.isspace()]
    start, end = spots[at], spots[at + length - 1] + 1
    return Place(name, paragraph, start, end), text[start:end]


__all__ = ["Place", "Shown", "answer", "make", "of_article", "settle", "shown"]
