"""常用对象: audiences under a name."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from ground.errors import NotFound, Refused
from models import SavedAudience

_LONGEST = 40


def get(session: Session, name: str) -> SavedAudience:
    """The audience of this name. Raises :class:`errors.Refused`."""
    found = session.scalar(sa.select(SavedAudience).where(SavedAudience.name == name))
    if found is None:
        raise Refused(f"没有常用对象“{name}”，请检查名称")
    return found


def listing(session: Session) -> list[SavedAudience]:
    """All of them, by name, each with who saved it."""
    query = sa.select(SavedAudience).options(joinedload(SavedAudience.creator)).order_by(SavedAudience.name)
    return list(session.scalars(query))


def by_id(session: Session, ident: int) -> SavedAudience:
    """The one with this number. Raises :class:`errors.NotFound`."""
    found = session.get(SavedAudience, ident)
    if found is None:
        raise NotFound("没有这个常用对象，它可能刚刚被删除")
    return found


def checked_name(name: str) -> str:
    """A name that can be written in an audience. Raises :class:`errors.Refused`."""
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST:
        raise Refused(f"请给常用对象起一个名称，最多 {_LONGEST} 个字")
    if any(mark in name for mark in ",，:：") or any(
        word in f" {name} " for word in (" within ", " without ")
    ):
        raise Refused("名称里不能有逗号、冒号，也不能有 within 和 without")
    return name
