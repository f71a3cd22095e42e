"""What somebody has typed and not saved: kept beside the versions, one draft a person and article, taken up again later.

It is no revision: it voids no approval, nobody reviews it, and only its writer sees it. A save takes it away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import require
from content.finding import get
from content.life import EDITABLE, WRITE
from content.revisions import Fields, fields_of
from database.once import upsert
from ground.errors import Conflict
from models import ArticleDraft, User

NAMES = ("title", "column_id", "author", "digest", "cover_sha256", "cover_square", "source_url")
_MOST = 2000
"""Characters of one field: a draft may be longer than what can be saved, but not by any amount."""


def _key(user: User, article_id: int | None) -> str:
    return f"{user.id}:{article_id or 'new'}"


def keep(
    session: Session, user: User, article_id: int | None, fields: Fields, *, base_version: int, at: datetime
) -> ArticleDraft:
    """Keep what stands in the form now; the body is cleaned already.

    Raises :class:`errors.Forbidden`, :class:`errors.NotFound`, and :class:`errors.Conflict` for an article that went on.
    """
    require(user, WRITE)
    if article_id is not None and get(session, article_id).status not in EDITABLE:
        raise Conflict("稿件已排队、排期或发布，不能修改，您填写的内容保留在本机")
    kept = {name: value for name, value in asdict(fields).items() if name in NAMES}
    upsert(
        session,
        ArticleDraft,
        key=_key(user, article_id),
        user_id=user.id,
        article_id=article_id,
        base_version=base_version,
        fields={name: value[:_MOST] if isinstance(value, str) else value for name, value in kept.items()},
        html=fields.html,
        saved_at=at,
    )
    return session.get_one(ArticleDraft, _key(user, article_id))


def kept(session: Session, user: User, article_id: int | None) -> ArticleDraft | None:
    """What this person has typed into the article since the last save, if it differs from what is saved."""
    draft = session.get(ArticleDraft, _key(user, article_id))
    if draft is None:
        return None
    same = article_id is not None and fields_of_draft(draft.fields, draft.html) == fields_of(
        get(session, article_id)
    )
    return None if same else draft


def fields_of_draft(kept: Mapping[str, Any], html: str) -> Fields:
    """A draft as the fields of an article."""
    return Fields(**{name: kept[name] for name in NAMES if name in kept}, html=html)


def forget(session: Session, user: User, article_id: int | None) -> None:
    """What was typed is saved, or not wanted."""
    session.execute(
        sa.delete(ArticleDraft)
        .where(ArticleDraft.key == _key(user, article_id))
        .execution_options(synchronize_session=False)
    )
