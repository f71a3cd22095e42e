"""The lexicon of the wording check in its versions, and what the check and people said about articles."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database.base import Base, Pk
from models.users import User


class LexiconVersion(Base):
    """词库的一版: one change to the lexicon, be it of one entry or of a whole file; versions are counted from 1.

    ``digest`` is over what was in force by then. ``made_by`` is empty where the product brought its own list.
    """

    __tablename__ = "lexicon_version"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(sa.String(120), default="")
    entries: Mapped[int]
    digest: Mapped[str] = mapped_column(sa.String(64))


class LexiconEntry(Base):
    """词条: a wording from version ``since`` on until version ``gone`` (None: still there); a change is a row of its own.

    ``kind`` and ``severity`` are those of ``content.proofing``. ``text`` may be the name of a leader, ``suggestion`` the title.
    ``apart``: words of which the text may be a part, joined by /. ``rank``: a leader's place in lists from 1, 0 for none.
    ``until``: the last day of an exception. ``shipped``: it came with the product.
    """

    __tablename__ = "lexicon_entry"

    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(sa.String(12))
    text: Mapped[str] = mapped_column(sa.String(40))
    suggestion: Mapped[str] = mapped_column(sa.String(80), default="")
    reason: Mapped[str] = mapped_column(sa.String(120), default="")
    severity: Mapped[str] = mapped_column(sa.String(8))
    apart: Mapped[str] = mapped_column(sa.String(300), default="")
    rank: Mapped[int] = mapped_column(default=0)
    until: Mapped[date | None]
    active: Mapped[bool] = mapped_column(default=True)
    shipped: Mapped[bool] = mapped_column(default=False)
    since: Mapped[int]
    gone: Mapped[int | None]
    changed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        sa.Index(
            "ix_lexicon_entry_now",
            "kind",
            "text",
            unique=True,
            sqlite_where=sa.text("gone IS NULL"),
            postgresql_where=sa.text("gone IS NULL"),
        ),
        sa.Index("ix_lexicon_entry_gone", "gone", "kind"),
    )


class WordingCheck(Base):
    """错敏检查的结果: what the check said of one save of an article when it was handed in, by which version of the lexicon.

    ``confirms`` were all explained by then, ``hints`` need no answer.
    """

    __tablename__ = "wording_check"

    id: Mapped[Pk]
    article_id: Mapped[int] = mapped_column(sa.ForeignKey("article.id"), index=True)
    version: Mapped[int]
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    lexicon: Mapped[int]
    confirms: Mapped[int]
    hints: Mapped[int]
    checked_at: Mapped[datetime]
    checked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))


class WordingConfirmation(Base):
    """核实: who let a finding stand, and why. It holds for this finding in this article, as often as it stood there by then.

    ``key`` recognises the finding, ``shown`` is what was found, personal data masked; ``version`` is the save that was looked at.
    """

    __tablename__ = "wording_confirmation"

    id: Mapped[Pk]
    article_id: Mapped[int] = mapped_column(sa.ForeignKey("article.id"), index=True)
    version: Mapped[int]
    key: Mapped[str] = mapped_column(sa.String(32))
    rule: Mapped[str] = mapped_column(sa.String(12))
    shown: Mapped[str] = mapped_column(sa.String(120))
    places: Mapped[int]
    reason: Mapped[str] = mapped_column(sa.String(200))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    at: Mapped[datetime]

    user: Mapped[User] = relationship()
