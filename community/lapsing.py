"""Bindings whose text was changed, and whose follower was asked and has not agreed in the time that was said: they end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from community import binding, consent, telling
from models import ConsentEnd, Follower
from settings import Limits

_TOLD = "您没有同意更新后的个人信息说明，绑定已自动解除，仍可正常阅读。需要时请回复：绑定 姓名 手机号后四位"


def lapsed(at: datetime, limits: Limits) -> list[sa.ColumnElement[bool]]:
    """SQL: followers who were asked so long ago and did not answer."""
    return [
        Follower.member_id.is_not(None),
        Follower.consent_version != consent.VERSION,
        Follower.consent_asked_at < at - timedelta(days=limits.consent_grace_days),
    ]


def lapse(session: Session, ids: Sequence[int], *, at: datetime, limits: Limits) -> int:
    """End the bindings of those of these followers who still have not agreed; they are told. How many."""
    query = sa.select(Follower).where(Follower.id.in_(ids), *lapsed(at, limits)).with_for_update()
    found = list(session.scalars(query))
    for follower in found:
        binding.let_go(session, follower, "member.lapse", ConsentEnd.LAPSED, at=at)
        telling.tell(session, follower, _TOLD, at=at)
    if found:
        detail = {"count": len(found), "consent": consent.VERSION}
        audit.record(session, "member.lapse", actor="系统", detail=detail, at=at)
    return len(found)
