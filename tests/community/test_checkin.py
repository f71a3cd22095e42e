"""A member replies 签到, and it is recorded once, for the activity that was meant, or not at all."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from community import activities, attendance, changing, checkin, counting, makeup
from community.checkin import CheckInAnswer
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import Activity, CheckIn, Member
from tests.community.conftest import NOON, Office, person
from tests.fixtures.processes import eventually
from tests.world import followers

HOUR = timedelta(hours=1)
HUDONG, SHUIMO = "湖东社区党支部", "水墨社区党支部"


def _reply(
    office: Office,
    openid: str = "o-1",
    *,
    keyword: str | None = None,
    choice: int | None = None,
    at: datetime = NOON,
) -> CheckInAnswer:
    with office.db.connection_scope() as connection:
        return checkin.by_reply(connection, openid, keyword=keyword, choice=choice, at=at, message_key="m")


def _make_up(office: Office, reason: str, *, at: datetime, openid: str = "o-1", **more: Any) -> CheckInAnswer:
    with office.db.session_scope() as session:
        return checkin.make_up(session, openid, reason, at=at, **more)


def _records(office: Office) -> list[tuple[int, bool]]:
    with office.db.read_scope() as session:
        rows = session.execute(sa.select(CheckIn.activity_id, CheckIn.made_up).order_by(CheckIn.id))
        return [(row.activity_id, row.made_up) for row in rows]


@pytest.fixture
def member(office: Office) -> int:
    """张小三 of 湖东社区党支部, bound to o-1; there is an administrator."""
    office.user("admin", name="admin")
    return office.bound("o-1")


def test_one_open_activity_is_recorded_with_a_receipt_in_shanghais_time(office: Office, member: int) -> None:
    office.activity("三支部主题党日", HUDONG)
    answer = _reply(office, at=NOON + timedelta(minutes=2))
    assert (answer.kind, answer.activity_id) == ("recorded", 1)
    assert answer.text == "已签到：三支部主题党日（9月20日 12:02）\n5 分钟内回复“撤销”可以取消"
    assert _records(office) == [(1, False)]


def test_a_second_reply_is_answered_with_the_first_ones_time(office: Office, member: int) -> None:
    office.activity("主题党日", HUDONG)
    _reply(office, at=NOON + timedelta(minutes=2))
    again = _reply(office, at=NOON + timedelta(minutes=20))
    assert (again.kind, again.text) == ("already", "您已签到：主题党日（9月20日 12:02），无需重复签到")
    assert len(_records(office)) == 1


def test_replies_at_the_same_moment_give_one_record(office: Office, member: int) -> None:
    office.activity("主题党日", HUDONG)
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(_reply(office).kind)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["already"] * 5 + ["recorded"]
    assert len(_records(office)) == 1


def test_a_reply_that_waits_for_another_ones_commit_finds_it_recorded(postgres_office: Office) -> None:
    office = postgres_office
    office.user("admin")
    office.bound("o-1")
    office.activity("主题党日", HUDONG)
    answers: list[str] = []
    with office.db.connection_scope() as first:
        checkin.by_reply(first, "o-1", keyword=None, choice=None, at=NOON, message_key="1")
        second = threading.Thread(target=lambda: answers.append(_reply(office).kind))
        second.start()
        eventually(lambda: _somebody_waits(office))
    second.join()
    assert answers == ["already"]


def _somebody_waits(office: Office) -> bool:
    with office.db.read_scope() as session:
        waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(session.scalar(waiting))


def test_two_open_activities_are_a_numbered_question(office: Office, member: int) -> None:
    first = office.activity("主题党日", HUDONG)
    second = office.activity("志愿服务", starts=NOON - HOUR)
    asked = _reply(office)
    assert asked.kind == "choose"
    assert asked.text == "现在有 2 个活动可以签到，请回复序号：\n1. 志愿服务\n2. 主题党日"
    assert asked.choices == [(second.id, "志愿服务"), (first.id, "主题党日")]
    assert not _records(office)
    assert _reply(office, choice=first.id).activity_id == first.id
    again = _reply(office)
    assert again.kind == "choose", "which one a second 签到 means is not certain: it is asked, not guessed"
    assert "2. 主题党日（已签到）" in again.text
    assert _records(office) == [(first.id, False)]


def test_a_title_is_found_however_wide_its_signs_were_typed(office: Office, member: int) -> None:
    wanted = office.activity("主题党日：清楼道（第１次）", HUDONG)
    office.activity("志愿服务", HUDONG)
    assert _reply(office, keyword="主题党日:清楼道(第1次)").activity_id == wanted.id


def test_a_keyword_or_a_part_of_the_title_picks_one_of_several(office: Office, member: int) -> None:
    first = office.activity("九月主题党日", HUDONG, keyword="党日")
    second = office.activity("清洁家园志愿服务", HUDONG)
    assert _reply(office, keyword="党日").activity_id == first.id
    assert _reply(office, keyword="志愿").activity_id == second.id


def test_a_name_that_fits_nothing_records_nothing(office: Office, member: int) -> None:
    office.activity("主题党日", HUDONG)
    answer = _reply(office, keyword="读书会")
    assert answer.kind == "choose"
    assert "请回复序号" in answer.text
    assert "读书会" not in answer.text, (
        "the question repeats nothing of a message that was understood in part"
    )
    assert not _records(office)


def test_an_activity_of_another_branch_is_explained_and_not_recorded(office: Office, member: int) -> None:
    office.activity("水墨读书会", SHUIMO, keyword="读书")
    assert _reply(office).kind == "none_open"
    named = _reply(office, keyword="读书")
    assert named.kind == "not_invited"
    assert "“水墨读书会”没有邀请您所在的党支部" in named.text
    assert not _records(office)


def test_outside_the_window_the_reply_says_the_window_and_what_can_be_done(
    office: Office, member: int
) -> None:
    office.activity("主题党日", HUDONG, starts=NOON, hours=1.5)
    office.activity("读书会", HUDONG, starts=NOON + timedelta(days=5))
    early = _reply(office, at=NOON - HOUR)
    assert early.kind == "none_open"
    assert "下一次：主题党日，9月20日 12:00 开始签到" in early.text
    late = _reply(office, at=NOON + 2 * HOUR)
    assert late.text == (
        "“主题党日”签到时间为 9月20日 12:00–13:30，可在 9月23日 13:30 前补签，请回复：补签 原因\n"
        "下一次：读书会，9月25日 12:00 开始签到"
    )
    assert not _records(office)


def test_the_windows_ends_belong_to_it(office: Office, member: int) -> None:
    activity = office.activity("主题党日", HUDONG)
    assert _reply(office, at=activity.starts_at - timedelta(seconds=1)).kind == "none_open"
    assert _reply(office, at=activity.ends_at + timedelta(seconds=1)).kind == "none_open"
    assert _reply(office, at=activity.ends_at).kind == "recorded"


def test_a_choice_that_closed_meanwhile_records_nothing(office: Office, member: int) -> None:
    activity = office.activity("主题党日", HUDONG)
    answer = _reply(office, choice=activity.id, at=activity.ends_at + HOUR)
    assert answer.kind == "none_open"
    assert "补签" in answer.text
    assert not _records(office)


@pytest.mark.parametrize("openid", ["o-9", "o-2"])
def test_who_is_not_bound_is_told_how_to(office: Office, member: int, openid: str) -> None:
    office.activity("主题党日")
    with office.db.session_scope() as session:
        followers.follower(session, "o-2", at=NOON)
    answer = _reply(office, openid)
    assert answer.kind == "not_bound"
    assert "绑定 姓名 手机号后四位" in answer.text


def test_a_member_taken_off_the_roster_cannot_check_in(office: Office, member: int) -> None:
    office.activity("主题党日")
    with office.db.session_scope() as session:
        session.execute(sa.update(Member).values(active=False))
    assert _reply(office).kind == "not_bound"


def test_a_cancelled_activity_takes_no_check_in(office: Office, member: int) -> None:
    admin = office.user("admin")
    activity = office.activity("主题党日")
    with office.db.session_scope() as session:
        changing.cancel(session, admin, activity.id, reason="天气原因", at=NOON)
        with pytest.raises(Conflict):
            changing.cancel(session, admin, activity.id, reason="天气原因", at=NOON)
    assert _reply(office).kind == "none_open"


def test_undo_works_for_five_minutes_and_once(office: Office, member: int) -> None:
    office.activity("主题党日", HUDONG)
    _reply(office)
    with office.db.session_scope() as session:
        late = checkin.undo(session, "o-1", at=NOON + timedelta(minutes=5, seconds=1))
        assert late.kind == "nothing"
        undone = checkin.undo(session, "o-1", at=NOON + timedelta(minutes=5))
        assert (undone.kind, undone.text) == ("undone", "已撤销签到：主题党日。如需重新签到请回复“签到”")
        assert checkin.undo(session, "o-1", at=NOON + timedelta(minutes=5)).kind == "nothing"
    assert not _records(office)
    assert _reply(office, at=NOON + timedelta(minutes=6)).kind == "recorded"


def test_the_text_of_a_keyword_alone_is_recognised_while_the_activity_is_open(
    office: Office, member: int
) -> None:
    office.activity("九月主题党日", HUDONG, keyword="党日")
    with office.db.connection_scope() as connection:
        assert checkin.is_keyword(connection, " 党日 ", at=NOON)
        assert not checkin.is_keyword(connection, "党日", at=NOON - HOUR)
        assert not checkin.is_keyword(connection, "党", at=NOON)
        assert not checkin.is_keyword(connection, "", at=NOON)


def test_a_member_sees_the_own_records_and_coming_activities_only(office: Office, member: int) -> None:
    office.activity("主题党日", HUDONG)
    office.activity("水墨读书会", SHUIMO)
    _reply(office)
    with office.db.read_scope() as session:
        assert checkin.mine(session, "o-1", at=NOON) == "最近的签到记录：\n9月20日 12:00 主题党日"
        assert checkin.mine(session, "o-9", at=NOON).startswith("您还没有绑定")
        coming = checkin.coming(session, "o-1", at=NOON)
    assert coming == "近期活动：\n1. 主题党日\n签到时间：9月20日 12:00–14:00（已签到）"


# --- Making up ---------------------------------------------------------------------------------------------


def test_a_make_up_waits_for_the_branch_and_is_marked_for_ever(office: Office, member: int) -> None:
    activity = office.activity("主题党日", HUDONG)
    after = activity.ends_at + HOUR
    assert _make_up(office, "", at=after).kind == "asks_reason"
    asked = _make_up(office, "当天在外地出差", at=after)
    assert asked.kind == "pending"
    assert "正在等待支部审批" in _make_up(office, "又问一次", at=after).text
    assert not _records(office)
    secretary = office.user("secretary", HUDONG)
    stranger = office.user("secretary", SHUIMO)
    with office.db.session_scope() as session:
        assert makeup.waiting(session, stranger) == []
        request = makeup.waiting(session, secretary)[0]
        assert request.reason == "当天在外地出差"
        with pytest.raises(NotFound):
            makeup.decide(session, stranger, request.id, approve=True, at=after)
        makeup.decide(session, secretary, request.id, approve=True, at=after)
        with pytest.raises(Conflict, match="已经审批过"):
            makeup.decide(session, secretary, request.id, approve=False, at=after)
    assert _records(office) == [(activity.id, True)]
    with office.db.read_scope() as session:
        assert "主题党日（补签）" in checkin.mine(session, "o-1", at=NOON)


def test_nobody_decides_about_themselves(office: Office, member: int) -> None:
    activity = office.activity("主题党日", HUDONG)
    _make_up(office, "当天在外地出差", at=activity.ends_at + HOUR)
    secretary = office.user("secretary", HUDONG)
    secretary.display_name = "张小三"
    with office.db.session_scope() as session, pytest.raises(Forbidden, match="本人"):
        makeup.decide(session, secretary, 1, approve=True, at=NOON)


def test_after_72_hours_it_is_too_late_and_the_date_is_told(office: Office, member: int) -> None:
    activity = office.activity("主题党日", HUDONG)
    answer = _make_up(office, "忘了", at=activity.ends_at + timedelta(hours=72, minutes=1))
    assert answer.kind == "too_late"
    assert "9月23日 14:00 截止" in answer.text


def test_a_make_up_while_the_window_is_open_is_told_to_check_in(office: Office, member: int) -> None:
    office.activity("主题党日", HUDONG)
    assert "直接回复“签到”" in _make_up(office, "忘了", at=NOON).text


def test_several_missed_activities_are_a_numbered_question(office: Office, member: int) -> None:
    office.activity("主题党日", HUDONG)
    second = office.activity("读书会", HUDONG)
    after = NOON + 5 * HOUR
    asked = _make_up(office, "出差", at=after)
    assert (asked.kind, [title for _, title in asked.choices]) == ("choose", ["主题党日", "读书会"])
    assert _make_up(office, "出差", at=after, activity_id=second.id).activity_id == second.id


def test_more_than_three_make_ups_a_month_are_refused_with_the_limit(office: Office, member: int) -> None:
    for number in range(4):
        activity = office.activity(f"活动{number}", HUDONG, starts=NOON + timedelta(days=number))
        answer = _make_up(office, "出差", at=activity.ends_at + HOUR, activity_id=activity.id)
    assert answer.kind == "limit"
    assert "每月最多申请 3 次" in answer.text
    later = office.activity("十月活动", HUDONG, starts=NOON + timedelta(days=20))
    assert _make_up(office, "出差", at=later.ends_at + HOUR, activity_id=later.id).kind == "pending"


def test_a_refused_request_is_told_and_cannot_be_made_again(office: Office, member: int) -> None:
    activity = office.activity("主题党日", HUDONG)
    _make_up(office, "出差", at=activity.ends_at + HOUR)
    admin = office.user("admin")
    with office.db.session_scope() as session:
        makeup.decide(session, admin, 1, approve=False, at=NOON)
    assert "未通过" in _make_up(office, "出差", at=activity.ends_at + HOUR).text
    assert not _records(office)


# --- By hand -----------------------------------------------------------------------------------------------


def test_a_paper_sheet_is_entered_at_once_and_marked(office: Office, member: int) -> None:
    office.import_people([person(f"同志{word}", f"1990004000{n}") for n, word in enumerate("甲乙丙")])
    outsider = office.member("李小四", SHUIMO)
    activity = office.activity("主题党日", HUDONG)
    _reply(office)
    secretary = office.user("secretary", HUDONG)
    with office.db.read_scope() as session:
        ids = list(session.scalars(sa.select(Member.id)))
    with office.db.session_scope() as session:
        shown = activities.get(session, activity.id, user=secretary)
        for expected in ((3, 1, 1), (0, 4, 1)):
            done = attendance.record_by_hand(session, secretary, shown, ids, at=NOON + HOUR)
            assert (done.added, done.already, done.skipped) == expected
        with pytest.raises(Refused):
            attendance.record_by_hand(session, secretary, shown, [], at=NOON + HOUR)
        with pytest.raises(Conflict, match="还没有开始"):
            attendance.record_by_hand(session, secretary, shown, ids, at=NOON - HOUR)
    assert outsider in ids
    assert [made_up for _, made_up in _records(office)] == [False, True, True, True]


def test_who_did_not_come_is_told_to_the_branchs_secretary_only_and_only_for_events(
    office: Office, member: int
) -> None:
    office.member("李小四")
    office.member("王小五", SHUIMO)
    event = office.activity("主题党日")
    reading = office.activity("读文章", kind="study", starts=NOON - HOUR)
    _reply(office, choice=event.id)
    secretary, admin = office.user("secretary", HUDONG), office.user("admin")
    with office.db.read_scope() as session:
        lines = attendance.attendance(session, secretary, event)
        assert [(line.name, line.check_in is not None) for line in lines] == [
            ("张*三", True),
            ("李*四", False),
        ]
        for user, activity in ((admin, event), (secretary, reading)):
            with pytest.raises(Forbidden):
                attendance.attendance(session, user, activity)
        recent = attendance.recent_records(session, admin, event)
        assert [(name, branch) for name, branch, _ in recent] == [("张*三", "湖东社区支部")]


def test_a_transfer_moves_no_figure(office: Office, member: int) -> None:
    activity = office.activity("主题党日")
    _reply(office)
    with office.db.session_scope() as session:
        session.execute(
            sa.update(Member).where(Member.id == member).values(branch_id=office.branch(session, SHUIMO).id)
        )
    with office.db.read_scope() as session:
        counts = counting.counts(session, session.get_one(Activity, activity.id))
        came = {count.branch: count.checked_in for count in counts.by_branch if count.checked_in}
    assert came == {HUDONG: 1}
