"""What is kept of activities for a time: part of the table of :mod:`operations.retention`."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import folding
from models import Activity, CheckIn, SignUp
from operations.kept import MEMBERSHIP, SERVICE, Kind, of
from operations.sweeps import Moment, Rows, Standing, Work

_AFTER_DAYS = 30


def _over(at: Moment) -> list[sa.ColumnElement[bool]]:
    ended = sa.select(Activity.id).where(Activity.ends_at < at.days_ago(_AFTER_DAYS))
    return [SignUp.activity_id.in_(ended)]


def _standing(session: Session, at: Moment) -> Standing:
    """Records of activities that have a time, and how many of them are of such whose time is over."""
    rows = sa.select(sa.func.count(), sa.func.min(CheckIn.at)).join(
        Activity, Activity.id == CheckIn.activity_id
    )
    count, first = session.execute(rows.where(Activity.keep_months > 0)).one()
    due = folding.due(session, at.now)
    over = sa.select(sa.func.count()).select_from(CheckIn).where(CheckIn.activity_id.in_(due))
    return Standing(count, first, (session.scalar(over) or 0) if due else 0)


ACTIVITIES = (
    Kind(
        "sign_up", of("sign_up", "activity_id", "member_id", "at"), "活动报名：谁、哪次活动、何时报名", "准备活动", SERVICE,
        "活动结束后 30 天；本人可以随时取消", "删除", Rows(SignUp.activity_id, _over, since=SignUp.at),
    ),
    Kind(
        "check_in.timed", of("check_in", "member_id"), "写明了保留期的活动（志愿服务、自学等）的签到记录", "活动记录",
        MEMBERSHIP, "活动上写明的月数", "删除，只留各党支部的人数",
        Work(
            _standing, lambda session, at: folding.due(session, at.now),
            lambda session, at, found: folding.fold(session, found, at=at.now),
        ),
    ),
)  # fmt: skip
