"""Give an audience a name, and take the name away."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit, rights
from ground.errors import Conflict
from models import Column, SavedAudience, User
from scheduler.audience import saved
from scheduler.audience.text import name_in, parse


def save(session: Session, user: User, name: str, text: str, *, at: datetime) -> SavedAudience:
    """Keep an audience under a name; under one that is taken, instead of what stood there.

    What is confirmed already stays as it was; slots of columns that name it follow. Raises :class:`errors.Refused` for a bad name
    or audience, :class:`errors.Forbidden`.
    """
    rights.require(user, "push.create")
    name, meant = saved.checked_name(name), parse(session, text, at=at)
    kept = session.scalar(sa.select(SavedAudience).where(SavedAudience.name == name).with_for_update())
    if kept is None:
        kept = SavedAudience(name=name, text=meant.text, meant=meant.meant, created_by=user.id, created_at=at)
        session.add(kept)
    else:
        kept.text, kept.meant = meant.text, meant.meant
    session.flush()
    audit.record(
        session, "audience.save", at=at, user=user, subject=f"audience:{kept.id}",
        detail={"name": name, "audience": meant.text},
    )  # fmt: skip
    return kept


def remove(session: Session, user: User, ident: int, *, at: datetime) -> str:
    """Take the name away; which it was.

    Raises :class:`errors.NotFound`, :class:`errors.Forbidden`, and :class:`errors.Conflict` where a column's slot sends to it.
    """
    rights.require(user, "push.create")
    kept = saved.by_id(session, ident)
    for column in session.scalars(sa.select(Column)):
        if any(name_in(str(slot.get("audience") or "")) == kept.name for slot in column.slots):
            raise Conflict(f"栏目“{column.name}”的发送时段正在使用“{kept.name}”，请先改那里的推送对象")
    session.delete(kept)
    audit.record(
        session, "audience.remove", at=at, user=user, subject=f"audience:{ident}", detail={"name": kept.name}
    )
    return kept.name
