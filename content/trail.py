"""What the audit trail says about articles and columns: one entry for each act, written by the service that does it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from accounts import audit
from content.life import ARTICLE
from ground import clock
from models import Article, Column, User

ACTION_NAMES = {
    "article.create": "新建稿件",
    "article.import": "导入 Word 稿件",
    **{
        name: ARTICLE.step(name).label
        for name in (
            "article.save", "article.submit", "article.withdraw", "article.approve", "article.return", "article.queue",
            "article.unqueue", "article.archive", "article.reclean", "article.confirm",
        )
    },
    "column.create": "新建栏目",
    "column.change": "修改栏目",
}  # fmt: skip
"""Chinese names of this package's actions in the audit trail."""


def note(session: Session, user: User, action: str, article: Article, **detail: Any) -> None:
    """An entry about an article: which version and content it was, where it stands now, and ``detail``."""
    told = {"version": article.version, "status": article.status, "hash": article.hash, **detail}
    audit.record(session, action, at=clock.now(), user=user, subject=f"article:{article.id}", detail=told)


def note_column(session: Session, user: User, action: str, column: Column, **detail: Any) -> None:
    """An entry about a column."""
    audit.record(session, action, at=clock.now(), user=user, subject=f"column:{column.id}", detail=detail)
