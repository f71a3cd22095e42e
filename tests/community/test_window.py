"""An activity's window is the same for check-in, lists, counts and notices: the moment of its end is inside."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from community import activities, checkin, window
from community.window import Phase
from ground import clock
from ground.errors import Refused
from models import Activity, ActivityStatus
from scheduler import pushes
from tests.community.conftest import NOON, Office

SECOND = timedelta(seconds=1)
END = NOON + timedelta(hours=2)
MOMENTS = [NOON - SECOND, NOON, NOON + SECOND, END - SECOND, END, END + SECOND]
EXPECTED = [Phase.COMING, Phase.OPEN, Phase.OPEN, Phase.OPEN, Phase.OPEN, Phase.PAST]


@pytest.fixture
def opened(office: Office) -> Activity:
    """An activity from noon to two o'clock, and a member who may come."""
    office.user("admin", name="boss")
    office.bound("o-zhang")
    return office.activity("主题党日")


@pytest.mark.parametrize(("at", "phase"), list(zip(MOMENTS, EXPECTED, strict=True)), ids=[
    "before", "at its beginning", "inside", "before its end", "at its end", "after",
])  # fmt: skip
def test_everything_agrees_whether_one_can_check_in(
    office: Office, opened: Activity, at: datetime, phase: Phase
) -> None:
    inside = phase is Phase.OPEN
    assert window.phase(opened, at) is phase
    with office.db.read_scope() as session:
        for one in Phase:
            found = session.scalars(sa.select(Activity.id).where(window.in_phase(one, at))).all()
            assert bool(found) == (one is phase), one
        listed = {
            when
            for when in ("open", "coming", "past")
            if activities.page(session, None, at=at, when=when).activities
        }
        assert listed == {str(phase)}
    with office.db.session_scope() as session:
        answer = checkin.by_reply(
            session.connection(), "o-zhang", keyword=None, choice=None, at=at, message_key=None
        )
        assert (answer.kind == "recorded") == inside
    with office.db.session_scope() as session:
        asked = checkin.make_up(session, "o-zhang", "出差", at=at)
        assert (asked.kind == "pending") == (phase is Phase.PAST)


@pytest.mark.parametrize("status", [ActivityStatus.CANCELLED, ActivityStatus.CLOSED])
def test_what_people_ended_is_over_whatever_its_window_says(
    office: Office, opened: Activity, status: ActivityStatus
) -> None:
    with office.db.session_scope() as session:
        session.execute(sa.update(Activity).values(status=status.value))
    with office.db.read_scope() as session:
        stored = session.get_one(Activity, opened.id)
        expected = Phase.CANCELLED if status is ActivityStatus.CANCELLED else Phase.PAST
        assert window.phase(stored, NOON + SECOND) is expected
        assert session.scalars(sa.select(Activity.id).where(window.in_phase(expected, NOON))).all()
        assert not session.scalars(sa.select(Activity.id).where(window.not_over(NOON))).all()
        assert activities.page(session, None, at=NOON, when="past").total == 1


def test_a_notice_can_be_sent_as_long_as_one_can_check_in(office: Office, opened: Activity) -> None:
    def notify(at: datetime) -> None:
        with time_machine.travel(at, tick=False), office.db.session_scope() as session:
            boss = session.get_one(Activity, opened.id).creator
            pushes.create(
                session, office.settings, boss, audience="all", activity_id=opened.id, at=clock.now()
            )

    notify(END)
    with pytest.raises(Refused, match="已经结束"):
        notify(END + SECOND)
