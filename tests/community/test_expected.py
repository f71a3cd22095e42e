"""Whom an activity expects is written down when it begins, and stays whatever becomes of the roster."""

from __future__ import annotations

import itertools
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from community import activities, attendance, changing, checkin, counting, erasing, expected, makeup
from community.checkin import CheckInAnswer
from ground import clock
from ground.errors import NotFound
from models import Activity, AuditEntry, CheckIn, ExpectedMember, Member
from runtime import Runtime
from scheduler.tick import Ticker
from tests.community.conftest import NOON, Office, person

HOUR = timedelta(hours=1)
HUDONG, SHUIMO = "湖东社区党支部", "水墨社区党支部"


def _begin(office: Office, at: datetime = NOON) -> int:
    """What the clock does when something begins; how many lists it made."""
    made = 0
    with office.db.session_scope() as session:
        while expected.freeze_next(session, at):
            made += 1
    return made


def _counts(office: Office, activity: Activity) -> dict[str, tuple[int, int]]:
    """``{branch: (expected, checked in)}``, where there is any."""
    with office.db.read_scope() as session:
        found = counting.counts(session, session.get_one(Activity, activity.id)).by_branch
    return {one.branch: (one.expected, one.checked_in) for one in found if one.expected or one.checked_in}


def _change(office: Office, member: int, **values: Any) -> None:
    with office.db.session_scope() as session:
        if "branch" in values:
            values["branch_id"] = office.branch(session, values.pop("branch")).id
        session.execute(sa.update(Member).where(Member.id == member).values(**values))


def _reply(office: Office, openid: str = "o-1", at: datetime = NOON) -> CheckInAnswer:
    with office.db.connection_scope() as connection:
        return checkin.by_reply(connection, openid, keyword=None, choice=None, at=at, message_key=None)


def _list(office: Office, activity: Activity) -> list[tuple[int, str, bool]]:
    """Member, reason, and whether somebody else added them, of all who are expected."""
    with office.db.read_scope() as session:
        rows = session.execute(
            sa.select(ExpectedMember.member_id, ExpectedMember.reason, ExpectedMember.added_by)
            .where(ExpectedMember.activity_id == activity.id)
            .order_by(ExpectedMember.member_id)
        )
        return [(member, reason, by is not None) for member, reason, by in rows]


@pytest.fixture
def people(office: Office) -> list[int]:
    """Two members of one branch, the first of them bound as o-1, and one of another."""
    office.user("admin", name="admin")
    return [office.bound("o-1"), office.member("李小四"), office.member("王小五", SHUIMO)]


def test_before_it_begins_an_activity_counts_the_roster_of_the_day(office: Office, people: list[int]) -> None:
    activity = office.activity("主题党日", HUDONG)
    assert _begin(office, NOON - timedelta(seconds=1)) == 0
    assert _counts(office, activity) == {HUDONG: (2, 0)}
    _change(office, people[1], branch=SHUIMO)
    assert _counts(office, activity) == {HUDONG: (1, 0)}


def test_after_it_began_no_change_of_the_roster_moves_a_figure(office: Office, people: list[int]) -> None:
    activity, of_all = office.activity("主题党日", HUDONG), office.activity("大会", keyword="大会")
    assert _begin(office) == 2
    with office.db.connection_scope() as connection:
        for keyword in ("主题党日", "大会"):
            checkin.by_reply(connection, "o-1", keyword=keyword, choice=None, at=NOON, message_key=None)
    before = _counts(office, activity), _counts(office, of_all)
    assert before == ({HUDONG: (2, 1)}, {HUDONG: (2, 1), SHUIMO: (1, 0)})
    _change(office, people[0], branch=SHUIMO)
    _change(office, people[1], active=False)
    office.import_people([person("赵小六", "19900041111")])
    assert (_counts(office, activity), _counts(office, of_all)) == before
    assert _begin(office, NOON + HOUR) == 0


def test_a_list_is_made_however_late_and_for_what_was_called_off_too(
    office: Office, people: list[int]
) -> None:
    late, off = office.activity("主题党日", HUDONG), office.activity("志愿服务", SHUIMO)
    admin = office.user("admin")
    with office.db.session_scope() as session:
        changing.cancel(session, admin, off.id, reason="天气原因", at=NOON)
    assert _begin(office, NOON + timedelta(days=40)) == 2
    _change(office, people[0], active=False)
    _change(office, people[2], active=False)
    assert _counts(office, late) == {HUDONG: (2, 0)}
    assert _counts(office, off) == {SHUIMO: (1, 0)}


def test_who_checked_in_before_the_list_was_made_is_on_it_where_they_were(
    office: Office, people: list[int]
) -> None:
    activity = office.activity("主题党日", HUDONG)
    assert _reply(office).kind == "recorded"
    _change(office, people[0], branch=SHUIMO)
    assert _begin(office, NOON + HOUR) == 1
    assert _counts(office, activity) == {HUDONG: (2, 1)}


def test_several_who_make_the_list_at_once_make_one(postgres_office: Office) -> None:
    office = postgres_office
    office.user("admin")
    office.member("张小三")
    activity = office.activity("主题党日", HUDONG)
    gate = threading.Barrier(4)
    made: list[int] = []

    def run() -> None:
        gate.wait()
        made.append(_begin(office))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0, 0, 0, 1]
    assert len(_list(office, activity)) == 1


def test_who_moved_after_the_beginning_checks_in_where_they_are_expected(
    office: Office, people: list[int]
) -> None:
    activity = office.activity("主题党日", HUDONG)
    _begin(office)
    _change(office, people[0], branch=SHUIMO)
    assert _reply(office).kind == "recorded"
    assert _counts(office, activity) == {HUDONG: (2, 1)}


def test_who_joins_the_branch_after_the_beginning_and_comes_is_on_the_list_with_a_trace(
    office: Office, people: list[int]
) -> None:
    activity = office.activity("主题党日", HUDONG)
    _begin(office)
    late = office.bound("o-2", "赵小六")
    assert _counts(office, activity) == {HUDONG: (2, 0)}
    assert _reply(office, "o-2").kind == "recorded"
    assert _counts(office, activity) == {HUDONG: (3, 1)}
    assert _list(office, activity)[-1] == (late, expected.CAME, False)


def test_an_entry_by_hand_of_who_is_not_expected_adds_them_by_name_and_tells_the_trail(
    office: Office, people: list[int]
) -> None:
    activity = office.activity("主题党日", HUDONG)
    _begin(office)
    late = office.member("赵小六")
    secretary = office.user("secretary", HUDONG)
    with office.db.session_scope() as session:
        shown = activities.get(session, activity.id, user=secretary)
        wanted = [people[1], people[2], late]
        done = attendance.record_by_hand(session, secretary, shown, wanted, at=NOON + HOUR, reason="会上签到")
        assert (done.added, done.already, done.skipped, done.joined) == (2, 0, 1, 1)
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "checkin.record")).one()
        assert entry.detail == {"added": 2, "reason": "会上签到", "joined": [late]}
        again = attendance.record_by_hand(
            session, secretary, shown, wanted, at=NOON + HOUR, reason="会上签到"
        )
        assert (again.added, again.already, again.skipped, again.joined) == (0, 2, 1, 0)
    assert _list(office, activity) == [
        (people[0], "", False),
        (people[1], "", False),
        (late, "会上签到", True),
    ]
    assert _counts(office, activity) == {HUDONG: (3, 2)}


def test_an_entry_by_hand_faster_than_the_clock_makes_the_list_first(
    office: Office, people: list[int]
) -> None:
    activity = office.activity("主题党日", HUDONG)
    secretary = office.user("secretary", HUDONG)
    with office.db.session_scope() as session:
        shown = activities.get(session, activity.id, user=secretary)
        done = attendance.record_by_hand(session, secretary, shown, [people[0]], at=NOON)
    assert (done.added, done.joined) == (1, 0)
    assert _begin(office) == 0
    assert _counts(office, activity) == {HUDONG: (2, 1)}


def test_the_sheet_to_tick_names_who_is_expected_and_who_joined_the_branch(
    office: Office, people: list[int]
) -> None:
    activity = office.activity("主题党日")
    _begin(office)
    _change(office, people[1], branch=SHUIMO)
    late = office.member("赵小六")
    secretary, admin = office.user("secretary", HUDONG), office.user("admin")
    with office.db.read_scope() as session:
        shown = activities.get(session, activity.id, user=secretary)
        branch = office.branch(session).id
        sheet = [one.id for one in attendance.sheet(session, secretary, shown, branch)]
        named = [one.member_id for one in attendance.attendance(session, secretary, shown)]
        elsewhere = office.branch(session, SHUIMO).id
        assert attendance.sheet(session, secretary, shown, elsewhere) == []
        there = [one.id for one in attendance.sheet(session, admin, shown, elsewhere)]
    assert sheet == [people[0], people[1], late]
    assert named == [people[0], people[1]]
    assert there == [people[2]]


def test_a_request_to_make_up_of_who_joined_later_puts_them_on_the_list_when_it_is_approved(
    office: Office, people: list[int]
) -> None:
    activity = office.activity("主题党日", HUDONG)
    _begin(office)
    late = office.bound("o-2", "赵小六")
    with office.db.session_scope() as session:
        for openid in ("o-1", "o-2"):
            assert makeup.make_up(session, openid, "出差", at=activity.ends_at + HOUR).kind == "pending"
    assert _counts(office, activity) == {HUDONG: (2, 0)}
    _change(office, people[0], branch=SHUIMO)
    admin = office.user("admin")
    with office.db.session_scope() as session:
        for number in (1, 2):
            makeup.decide(session, admin, number, approve=True, at=activity.ends_at + HOUR)
    assert _counts(office, activity) == {HUDONG: (3, 2)}
    assert _list(office, activity)[-1] == (late, expected.APPROVED, True)


def test_erasing_takes_the_name_and_the_reason_and_leaves_the_figures(
    office: Office, people: list[int]
) -> None:
    activity = office.activity("主题党日", HUDONG)
    _begin(office)
    late = office.member("赵小六")
    admin = office.user("admin")
    with office.db.session_scope() as session:
        shown = activities.get(session, activity.id, user=admin)
        attendance.record_by_hand(session, admin, shown, [late], at=NOON, reason="赵小六会上才来")
    for ident in (people[1], late):
        with office.db.session_scope() as session:
            erasing.erase(session, admin, member_id=ident, reason="本人书面申请", at=NOON + HOUR)
    assert _counts(office, activity) == {HUDONG: (3, 1)}
    assert not any("赵小六" in reason for _, reason, _ in _list(office, activity))
    with office.db.read_scope() as session:
        shown = activities.get(session, activity.id, user=admin)
        sheet = attendance.sheet(session, admin, shown, office.branch(session).id)
    assert [one.id for one in sheet] == [people[0]]
    with office.db.session_scope() as session:
        shown = activities.get(session, activity.id, user=admin)
        done = attendance.record_by_hand(session, admin, shown, [people[1]], at=NOON + HOUR)
    assert (done.added, done.skipped) == (0, 1)


def test_the_scheduler_s_tick_makes_the_lists_of_what_has_begun(office: Office) -> None:
    office.user("admin")
    office.member()
    runtime: Runtime = office.runtime
    begun = office.activity("已开始", starts=clock.now() - timedelta(minutes=1))
    later = office.activity("以后", starts=clock.now() + HOUR)
    for _ in range(2):
        Ticker(runtime, lambda kind, row: None).tick()
    assert len(_list(office, begun)) == 1
    assert _list(office, later) == []


def test_a_list_of_everybody_is_one_statement(sqlite_office: Office) -> None:
    office = sqlite_office
    office.user("admin")
    names = ["".join(signs) for signs in itertools.product("甲乙丙丁戊己庚", repeat=3)]
    office.import_people([person(f"同{name}", f"19900{number:06d}") for number, name in enumerate(names)])
    activity = office.activity("大会")
    asked: list[str] = []

    def note(*args: Any) -> None:
        asked.append(str(args[2]).split()[0])

    sa.event.listen(office.db.engine, "before_cursor_execute", note)
    try:
        with office.db.session_scope() as session:
            assert expected.freeze_next(session, NOON)
    finally:
        sa.event.remove(office.db.engine, "before_cursor_execute", note)
    assert asked.count("INSERT") == 1
    assert len(_list(office, activity)) == len(names)
    with office.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count(CheckIn.id))) == 0


def test_a_request_to_make_up_is_decided_by_the_branch_that_expected_them(
    office: Office, people: list[int]
) -> None:
    activity = office.activity("主题党日", HUDONG)
    _begin(office)
    with office.db.session_scope() as session:
        makeup.make_up(session, "o-1", "出差", at=activity.ends_at + HOUR)
    _change(office, people[0], branch=SHUIMO)
    then, now = office.user("secretary", HUDONG), office.user("secretary", SHUIMO)
    with office.db.session_scope() as session:
        assert makeup.waiting(session, now) == []
        assert (makeup.waiting_count(session, now), makeup.waiting_count(session, then)) == (0, 1)
        with pytest.raises(NotFound):
            makeup.decide(session, now, 1, approve=True, at=activity.ends_at + HOUR)
        makeup.decide(session, then, 1, approve=True, at=activity.ends_at + HOUR)
    assert _counts(office, activity) == {HUDONG: (2, 1)}
