"""What of 更正与撤回 waits for a person: retractions to agree to, what is late, what WeChat has refused to delete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import may
from content.life import REVIEW, WRITE
from models import Correction, CorrectionKind, CorrectionStatus, Removal, RemovalStatus, User


@dataclass(frozen=True)
class Outstanding:
    """How many of each. What waits for this user is not counted as late a second time; ``refused`` counts pages."""

    to_agree: int
    late: int
    refused: int

    @property
    def total(self) -> int:
        """Everything together."""
        return self.to_agree + self.late + self.refused

    @property
    def said(self) -> str:
        """In words, what there is."""
        words = (("待同意撤回", self.to_agree), ("超过 24 小时", self.late), ("微信拒绝删除", self.refused))
        return "，".join(f"{word} {count}" for word, count in words if count)


def outstanding(session: Session, user: User, *, at: datetime) -> Outstanding:
    """What this user can do something about; nothing where the role neither writes nor reviews."""
    reviews, writes = may(user, REVIEW), may(user, WRITE)
    if not (reviews or writes):
        return Outstanding(0, 0, 0)
    is_open = Correction.status == CorrectionStatus.OPEN.value
    waits: sa.ColumnElement[bool] = sa.false()
    if reviews:
        waits = sa.and_(
            is_open, Correction.kind == CorrectionKind.RETRACT.value, Correction.asked_by != user.id
        )
    refused = [Removal.status == RemovalStatus.REFUSED.value]
    if not reviews:  # who asked for it hears of it, and deletes it at WeChat's site
        refused.append(
            Removal.correction_id.in_(sa.select(Correction.id).where(Correction.asked_by == user.id))
        )
    return Outstanding(
        to_agree=_count(session, waits),
        late=_count(session, is_open, Correction.due_at < at, ~waits),
        refused=_count(session, *refused),
    )


def _count(session: Session, *where: sa.ColumnElement[bool]) -> int:
    return session.scalar(sa.select(sa.func.count()).where(*where)) or 0


__all__ = ["Outstanding", "outstanding"]
