"""Whom no message reaches hears with the next reply that an activity was changed or called off: once, and not too late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
import time_machine

from community import activities as services
from community import changing, telling
from ground import clock
from models import Activity, Telling, User
from runtime import Runtime
from scheduler import changes
from tests.inbound.conftest import OPENID, OTHER, Office, open_activity
from tests.inbound.platform import Phone


def test_who_could_not_be_told_reads_it_below_the_next_reply_and_once(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    with time_machine.travel(clock.now(), tick=False) as now:
        with runtime.db.session_scope() as session:
            number = open_activity(session, office, "支部党员大会", hours=80)
        phone.say(OPENID, "签到")
        phone.say(OTHER, "签到")
        now.shift(timedelta(days=3))  # WeChat lets nobody write to them any more
        with runtime.db.session_scope() as session:
            admin = session.get_one(User, office.user)
            found = services.get(session, number)
            wanted = replace(changing.draft_of(found), place="小广场")
            edited = changes.edit(
                session, runtime.settings, admin, number, wanted, version=found.version, note="会议室检修", at=clock.now()
            ).change  # fmt: skip
            assert edited is not None
            assert (edited.told, edited.silent) == (0, 2)
            assert "下次发来消息时会看到" in changes.said(edited)
            called_off = changes.cancel(
                session, runtime.settings, admin, number, reason="下大雨", at=clock.now()
            ).change
            assert called_off is not None
        with runtime.db.read_scope() as session:
            assert telling.take(session, 9) == [], "the scheduler cannot send it"
        said = phone.say(OPENID, "我的记录").text
        assert "支部党员大会（活动已取消）" in said
        assert "“支部党员大会”已取消。\n原因：下大雨" in said
        assert "地点增加“小广场”" in said
        assert "下大雨" not in phone.say(OPENID, "我的记录").text, "once"
        now.shift(timedelta(days=4))
        assert "下大雨" not in phone.say(OTHER, "我的记录").text, "nobody wants to hear of it any more"
    with runtime.db.read_scope() as session:
        assert session.get_one(Activity, number).status == "cancelled"
        assert session.scalar(sa.select(sa.func.count()).where(Telling.openid == OPENID)) == 0
