"""What 搜索 finds articles by: their texts, and beside them the index of the database's own kind."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from database.base import Base, BigId
from database.grams import GramIndex

ARTICLE_GRAMS = GramIndex("article_gram")
"""Of each text of :class:`ArticleText` under the article's number. It is made from them, so no backup holds it."""


class ArticleText(Base):
    """What the index holds of an article; made from the article, and made again whenever ``edition`` is another.

    ``title`` and ``author`` in the one spelling by which they are looked for (``content.search.grams``), ``body`` the readable
    text as it was written, cut where nobody reads on.
    """

    __tablename__ = "article_text"

    article_id: Mapped[int] = mapped_column(
        BigId, sa.ForeignKey("article.id"), primary_key=True, autoincrement=False
    )
    edition: Mapped[str] = mapped_column(sa.String(40), index=True)
    title: Mapped[str] = mapped_column(sa.Text)
    author: Mapped[str] = mapped_column(sa.Text)
    body: Mapped[str] = mapped_column(sa.Text)
