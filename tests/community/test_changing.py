"""An activity after it was announced: edited, called off, announced once more; who signs up; what is left in the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result

from accounts import audit
from community import (
    activities,
    asking,
    attendance,
    changing,
    copying,
    counting,
    expected,
    folding,
    phrasing,
    signing_up,
)
from community.announcing import Draft
from ground.errors import Conflict, Forbidden, NotFound, PioneerError, Refused
from models import Activity, CheckIn, ExpectedMember, Follower, SignUp, User
from settings import Limits
from tests.community.conftest import BRANCH, NOON, Office
from tests.world.days import NEXT_YEAR

HUDONG, SHUIMO, THIRD = BRANCH, "水墨社区党支部", "建屋社区党支部"
HOUR = timedelta(hours=1)
Flask = Callable[..., Result]


def edit(
    office: Office, user: User, activity: Activity, version: int = 1, at: datetime = NOON, **new: Any
) -> changing.Edited:
    """Save the form of an activity with these fields changed."""
    note = new.pop("note", "")
    with office.db.session_scope() as session:
        shown = changing.draft_of(activities.get(session, activity.id, user=user))
        if "branches" in new:
            new["branches"] = [office.branch(session, name) for name in new["branches"]]
        return changing.edit(
            session, user, activity.id, replace(shown, **new), version=version, note=note, at=at
        )


def test_of_two_tabs_the_second_is_told_and_nothing_is_lost(office: Office) -> None:
    admin = office.user("admin")
    activity = office.activity("主题党日", HUDONG, starts=NOON + HOUR, place="一楼")
    first = edit(office, admin, activity, place="二楼会议室", starts_at=NOON + 2 * HOUR, note="一楼在检修")
    assert first.change is not None
    assert changing.lines(first.change) == [
        "开始时间由9月20日 13:00改为9月20日 14:00",
        "地点由“一楼”改为“二楼会议室”",
    ]
    with pytest.raises(Conflict, match="刚刚被别人修改过"):
        edit(office, admin, activity, title="别的名称")
    edit(office, admin, activity, version=2, title="别的名称")
    with office.db.read_scope() as session:
        found = activities.get(session, activity.id)
        notes = changing.changes(session, activity.id)
        entries = [entry.detail for entry in audit.page(session, action="activity.change").entries]
    assert (found.title, found.place, found.version) == ("别的名称", "二楼会议室", 3)
    assert [one.note for one in notes] == ["", "一楼在检修"]
    assert entries == [{"fields": ["活动名称"]}, {"fields": ["开始时间", "地点"]}]
    assert edit(office, admin, activity, version=3).change is None, "nothing was changed"


def test_what_people_have_relied_on_stays_and_the_refusal_says_why(office: Office) -> None:
    admin = office.user("admin")
    activity = office.activity("主题党日", HUDONG, keyword="党日")
    office.came(activity, office.member("张小三"), office.member("李小四"))
    for new, says in (
        ({"title": "另一个会"}, "活动名称：已有 2 人签到"),
        ({"purpose": "别的事"}, "事由：已有 2 人签到"),
        ({"keyword": "别的"}, "签到口令：已有 2 人签到"),
        ({"keep_months": 1}, "保留期：已有 2 人签到"),
        ({"starts_at": NOON - HOUR}, "开始时间：签到已经开始"),
    ):
        with pytest.raises(Conflict, match=says):
            edit(office, admin, activity, at=NOON + HOUR, **new)
    for refused, says in (
        ({"ends_at": NOON + timedelta(minutes=30)}, "签到结束时间已过"),
        ({"branches": [SHUIMO]}, "不能去掉"),
        ({"place": "=cmd|x"}, "像是公式"),
        ({"place": "小广场", "note": "必须参加"}, "变更说明里的“必须参加”"),
    ):
        with pytest.raises(Refused, match=says):
            edit(office, admin, activity, at=NOON + HOUR, **refused)
    edit(office, admin, activity, at=NOON + HOUR, place="小广场", ends_at=NOON + 5 * HOUR)
    with office.db.read_scope() as session:
        assert counting.counts(session, activities.get(session, activity.id)).checked_in == 2
    with pytest.raises(Conflict, match="活动已结束"):
        edit(office, admin, activity, version=2, at=NOON + 6 * HOUR, place="室内")


def test_a_branch_that_joins_later_is_expected_and_its_secretary_could_not_have_asked(office: Office) -> None:
    admin, secretary = office.user("admin"), office.user("secretary", HUDONG)
    office.member("张小三")
    for name in ("李小四", "王小五"):
        office.member(name, SHUIMO)
    activity = office.activity("主题党日", HUDONG)
    with office.db.session_scope() as session:
        expected.freeze_due(session, NOON)
    office.member("赵小六")  # joins the branch after the beginning: not expected, now or later
    with pytest.raises(Forbidden, match="本支部"):
        edit(office, secretary, activity, branches=[HUDONG, SHUIMO])
    edit(office, admin, activity, at=NOON, branches=[HUDONG, SHUIMO])
    with office.db.read_scope() as session:
        counts = counting.counts(session, activities.get(session, activity.id))
        added = session.execute(sa.select(ExpectedMember.added_by, ExpectedMember.reason)).all()
    assert [(one.branch, one.expected) for one in counts.by_branch] == [(HUDONG, 1), (SHUIMO, 2)]
    assert sorted(str(reason) for _, reason in added) == ["", "活动范围增加了党支部", "活动范围增加了党支部"]
    edit(office, admin, activity, version=2, at=NOON, branches=[])
    with office.db.read_scope() as session:
        assert activities.get(session, activity.id).for_all
        with pytest.raises(NotFound):
            activities.get(session, 99)
    with pytest.raises(Refused, match="范围不能缩小"):
        edit(office, admin, activity, version=3, at=NOON, branches=[HUDONG])


def test_a_secretary_s_edit_of_a_joint_activity_is_not_hers_to_make(office: Office) -> None:
    office.user("admin")
    activity = office.activity("联合党日", HUDONG, SHUIMO, starts=NOON + HOUR)
    secretary = office.user("secretary", HUDONG)
    with pytest.raises(Forbidden, match="本支部"):
        edit(office, secretary, activity, place="别处")
    own = office.activity("支部会", HUDONG, starts=NOON + HOUR)
    edit(office, secretary, own, place="别处")


def test_what_is_copied_lies_ahead_and_its_month_goes_on(office: Office) -> None:
    admin, secretary = office.user("admin"), office.user("secretary", HUDONG)
    last = datetime(2026, 1, 31, 11, 0, tzinfo=UTC)
    titled = office.activity(
        "一月主题党日（1月31日）", HUDONG, SHUIMO, starts=last, keyword="党日", place="一楼"
    )

    def copied(user: User, shift: str, at: datetime) -> Draft:
        with office.db.read_scope() as session:
            return copying.draft(session, session.merge(user), titled.id, shift, at=at)

    month = copied(admin, "month", last)
    assert month.starts_at == datetime(2026, 2, 28, 11, 0, tzinfo=UTC)
    assert month.ends_at - month.starts_at == 2 * HOUR
    assert (month.title, month.place) == ("二月主题党日（1月31日）", "一楼"), "a day is not a month"
    assert {branch.name for branch in month.branches} == {HUDONG, SHUIMO}
    later = copied(admin, "month", last + timedelta(days=200))
    assert later.starts_at == datetime(2026, 8, 31, 11, 0, tzinfo=UTC), "not the 28th for ever"
    assert later.title.startswith("八月主题党日")
    week = copied(secretary, "week", last + timedelta(days=15))
    assert week.starts_at == last + timedelta(days=21)
    assert [branch.name for branch in week.branches] == [HUDONG], "a secretary's is for the own branch"
    with pytest.raises(Refused, match="下周、下个月"):
        copied(admin, "year", last)


def test_from_the_command_line_an_activity_is_made_by_a_template_edited_copied_and_called_off(
    office: Office, flask: Flask
) -> None:
    office.user("admin", name="admin")
    listed = json.loads(flask("activity", "templates", "--json").stdout)
    assert [one["name"] for one in listed][:5] == [
        "支部党员大会",
        "支部委员会",
        "党小组会",
        "党课",
        "主题党日",
    ]
    made = flask("activity", "create", "--template", "volunteer", "--title", "楼道清洁", "--branches", HUDONG,
                 "--from", f"{NEXT_YEAR}-09-20T08:30", "--places", "2", "--as", "admin", "--json")  # fmt: skip
    assert json.loads(made.stdout) == {"id": 1, "status": "open", "warnings": []}
    with office.db.read_scope() as session:
        one = activities.get(session, 1)
        assert (one.kind, one.sign_up, one.places, one.keep_months) == ("volunteer", True, 2, 24)
        assert one.ends_at - one.starts_at == 2 * HOUR
        assert "自愿报名" in one.voluntary
    told = flask(
        "activity",
        "edit",
        1,
        "--place",
        "五号楼",
        "--add-branches",
        SHUIMO,
        "--note",
        "三号楼在刷墙",
        "--as",
        "admin",
    )
    assert told.exit_code == 0, told.stderr
    assert "地点增加“五号楼”；范围扩大为湖东社区支部、水墨社区支部" in told.stdout
    assert "没有需要告知的人" in told.stdout
    assert "没有改动" in flask("activity", "edit", 1, "--place", "五号楼", "--as", "admin").stdout
    again = json.loads(flask("activity", "copy", 1, "--to", "week", "--as", "admin", "--json").stdout)
    assert again["id"] == 2
    assert flask("activity", "cancel", 1, "--as", "admin").exit_code == 2
    off = flask("activity", "cancel", 1, "--reason", "下大雨", "--as", "admin")
    assert "已取消活动 1：楼道清洁" in off.stdout
    refused = flask("activity", "cancel", 1, "--reason", "下大雨", "--as", "admin")
    assert (refused.exit_code, refused.stderr.strip()) == (2, "活动已取消，请刷新后查看")
    states = {one["id"]: one["state"] for one in json.loads(flask("activity", "list", "--json").stdout)}
    assert states == {1: "已取消", 2: "未开始"}
    pressing = ("activity", "create", "--template", "party_day", "--title", "全员打卡", "--branches", "all",
                "--from", f"{NEXT_YEAR}-09-20T08:30", "--as", "admin")  # fmt: skip
    assert "全员打卡" in flask(*pressing).stderr
    assert flask(*pressing, "--override", "引用上级文件原话").exit_code == 0


def test_who_makes_one_more_reads_how_often_members_are_asked_that_month(office: Office) -> None:
    admin = office.user("admin")
    for number in range(3):
        office.activity(f"第 {number} 次", HUDONG, starts=NOON + number * HOUR)
    office.activity("下个月的", HUDONG, starts=NOON + timedelta(days=20))
    off = office.activity("取消的", HUDONG)
    for_all = office.activity("全体")

    def say(*branches: str, ceiling: int = 4, month: datetime = NOON) -> str:
        with office.db.read_scope() as session:
            meant = [office.branch(session, name) for name in branches]
            found = asking.asked(session, meant, month, ceiling=ceiling)
            return found.said if found else ""

    with office.db.session_scope() as session:
        changing.cancel(session, admin, off.id, reason="天气原因", at=NOON)
    assert say(HUDONG) == "9月已请党员参加 4 个活动，已到上限 4 个，请考虑合并或改到下个月"
    assert say(SHUIMO) == "9月已请党员参加 1 个活动，上限 4 个"
    assert (
        say(HUDONG, SHUIMO)
        == "9月已请各党支部的党员参加 1 到 4 个活动，其中 1 个党支部已到上限 4 个，请考虑合并或改到下个月"
    )
    assert say(HUDONG, SHUIMO, ceiling=1).startswith("9月已请各党支部的党员参加 1 到 4 个活动，都已到上限")
    assert say(HUDONG, ceiling=0) == "9月已请党员参加 4 个活动"
    assert say(HUDONG, month=NOON + timedelta(days=20)) == "10月已请党员参加 1 个活动，上限 4 个"
    draft = Draft("再来一次", NOON, NOON + HOUR, [], purpose="学习")
    limits = Limits(activities_per_month=4)
    with office.db.session_scope() as session:
        made = activities.create(session, admin, draft, at=NOON - HOUR, limits=limits)
    assert [line for line in made.warnings if "上限 4 个" in line]
    assert for_all.for_all


# --- Signing up ----------------------------------------------------------------------------------------------


def follower_of(office: Office, openid: str) -> int:
    with office.db.read_scope() as session:
        return session.scalars(sa.select(Follower.id).where(Follower.openid == openid)).one()


def test_of_many_who_want_the_last_places_as_many_get_one_as_there_are(office: Office) -> None:
    office.user("admin")
    activity = office.activity("志愿服务", HUDONG, starts=NOON + HOUR)
    with office.db.session_scope() as session:
        session.execute(sa.update(Activity).values(sign_up=True, places=3))
    followers = []
    for number in range(8):
        office.bound(f"oSign{number}", f"张小{'一二三四五六七八'[number]}")
        followers.append(follower_of(office, f"oSign{number}"))

    def try_to(follower: int) -> str:
        try:
            with office.db.session_scope() as session:
                return "in" if signing_up.sign_up(session, activity.id, follower, at=NOON) else "was"
        except PioneerError as error:
            return error.message

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(try_to, followers))
    assert said.count("in") == 3
    assert sum("3 个名额已经报满" in one for one in said) == 5
    winner = followers[said.index("in")]
    assert try_to(winner) == "was", "twice is once"
    with office.db.session_scope() as session:
        assert signing_up.take_back(session, activity.id, winner, at=NOON)
        assert not signing_up.take_back(session, activity.id, winner, at=NOON)
    assert try_to(followers[next(at for at, one in enumerate(said) if "报满" in one)]) == "in"
    with office.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(SignUp)) == 3
        assert session.scalar(sa.select(sa.func.count()).select_from(CheckIn)) == 0, "it is no check-in"
    admin = office.user("admin")
    with pytest.raises(Conflict, match="名额不能少于 3 人"):
        edit(office, admin, activity, places=2)
    with pytest.raises(Conflict, match="不能停止报名"):
        edit(office, admin, activity, sign_up=False)
    edit(office, admin, activity, places=5)


def test_nobody_signs_up_for_what_is_not_theirs_or_over(office: Office) -> None:
    office.user("admin")
    office.bound("oMine")
    office.bound("oOther", "李小四", SHUIMO)
    mine, other = follower_of(office, "oMine"), follower_of(office, "oOther")
    plain = office.activity("不用报名", HUDONG, starts=NOON + HOUR)
    activity = office.activity("志愿服务", HUDONG, starts=NOON + 2 * HOUR)
    with office.db.session_scope() as session:
        session.execute(sa.update(Activity).where(Activity.id == activity.id).values(sign_up=True))
    for ident, follower, at, says in (
        (plain.id, mine, NOON, "不用报名"),
        (activity.id, other, NOON, "没有邀请您所在的党支部"),
        (activity.id, mine, NOON + 5 * HOUR, "已经结束或取消"),
        (999, mine, NOON, "没有这个活动"),
    ):
        with office.db.session_scope() as session, pytest.raises(PioneerError, match=says):
            signing_up.sign_up(session, ident, follower, at=at)
    with office.db.read_scope() as session:
        coming = signing_up.upcoming(session, mine, at=NOON)
        assert [(one.activity.title, one.signed_up) for one in coming] == [
            ("不用报名", False),
            ("志愿服务", False),
        ]
        assert signing_up.upcoming(session, other, at=NOON) == []


# --- When the time of keeping is over -----------------------------------------------------------------------


def test_after_the_time_of_keeping_the_figures_stay_and_nobody_s_record(office: Office) -> None:
    admin = office.user("admin")
    people = [office.member("张小三"), office.member("李小四"), office.member("王小五", SHUIMO)]
    timed, kept = office.activity("志愿服务", HUDONG, SHUIMO), office.activity("主题党日", HUDONG, SHUIMO)
    for one in (timed, kept):
        office.came(one, people[0])
        office.entered(one, people[2])
    with office.db.session_scope() as session:
        expected.freeze_due(session, NOON)
        session.execute(sa.update(Activity).where(Activity.id == timed.id).values(keep_months=12))
    over = datetime(2027, 9, 20, 6, 0, tzinfo=UTC)  # a year after its end, to the minute

    def counted() -> list[Any]:
        with office.db.read_scope() as session:
            found = [activities.get(session, one.id) for one in (timed, kept)]
            counts = counting.counts_of(session, found, user=admin)
            return [counts[one.id].by_branch for one in found]

    before = counted()
    with office.db.session_scope() as session:
        assert folding.due(session, over - timedelta(minutes=1)) == []
        assert folding.fold(session, [timed.id, kept.id], at=over - timedelta(minutes=1)) == 0
    with office.db.session_scope() as session:
        assert folding.due(session, over) == [timed.id]
        assert folding.fold(session, [timed.id, kept.id], at=over) == 1
    assert counted() == before
    with office.db.read_scope() as session:
        for table in (CheckIn, ExpectedMember):
            left = session.scalars(sa.select(table.activity_id).distinct()).all()
            assert list(left) == [kept.id]
        assert folding.due(session, over) == []
    with office.db.session_scope() as session:
        shown = activities.get(session, timed.id)
        with pytest.raises(Conflict, match="保留期已满"):
            attendance.record_by_hand(session, admin, shown, people, at=over)


def test_every_line_of_the_phrases_finds_what_it_says() -> None:
    for phrase in phrasing.phrases():
        for words in (
            [group.words[0] for group in phrase.groups],
            [group.words[-1] for group in phrase.groups],
        ):
            text = "请大家" + "".join(words) + "。"
            assert phrasing.found({"事由": text}), text
        for harmless in phrase.unless:
            stands = [one.words for one in phrasing.found({"事由": harmless}) if one.wrong == phrase.wrong]
            assert stands == [], harmless
