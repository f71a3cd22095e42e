"""What the subjects of audit entries (``article:12``) are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Activity, Article, Branch, ChatGroup, Column, Push, User

_NAMED: dict[str, tuple[Any, Any]] = {
    "user": (User.id, User.username),
    "article": (Article.id, Article.title),
    "push": (Push.id, Push.title),
    "activity": (Activity.id, Activity.title),
    "branch": (Branch.id, Branch.label),
    "column": (Column.id, Column.name),
    "group": (ChatGroup.id, ChatGroup.name),
}


def names(session: Session, subjects: Sequence[str]) -> dict[str, str]:
    """Names by subject, one query a kind; members stay numbers."""
    found = {}
    for kind, (key, name) in _NAMED.items():
        ids = {int(text.partition(":")[2]) for text in subjects if re.fullmatch(f"{kind}:[0-9]+", text)}
        if ids:
            rows = session.execute(sa.select(key, name).where(key.in_(ids)))
            found.update({f"{kind}:{one}": label for one, label in rows})
    return found
