"""One member by hand: added, corrected, taken off the roster and put back, by an administrator or the branch's secretary."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result

from community import moves, roster_undo, tags, transfers, upkeep
from community.upkeep import AlreadyListed, Typed
from ground import clock
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import AuditEntry, CheckIn, ExpectedMember, Follower, ImportRun, Member
from tests.community.conftest import BRANCH, HEADER, NOON, Office, person, sheet_bytes
from tests.world import activities

OTHER = "水墨社区党支部"
TODAY = clock.shanghai_day(NOON)
REASON = "组织关系转往外地"
Flask = Callable[..., Result]


def add(
    office: Office, name: str = "张小三", phone: str = "19900020001", branch: str = BRANCH, **typed: str
) -> int:
    user = office.user()
    with office.db.session_scope() as session:
        of = office.branch(session, branch).id
        return upkeep.add(session, user, of, Typed(name, phone, **typed), at=NOON).member.id  # type: ignore[arg-type]


def test_a_new_member_is_written_as_an_import_would_write_them(sqlite_office: Office) -> None:
    office = sqlite_office
    member_id = add(
        office, " 张 小三", "+86 199-0002-0001", gender="女", joined_on="2001年3月26日", duty="组织委员"
    )
    plan = office.plan_of_rows([person("张小三", "19900020001", 党内职务="组织委员")])
    assert (plan.created, plan.updated, plan.unchanged) == (0, 0, 1)
    with office.db.read_scope() as session:
        member = session.get_one(Member, member_id)
        assert member.phone == "19900020001"
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "member.create")).one()
        assert (entry.subject, entry.detail) == (f"member:{member_id}", {})


def test_what_cannot_be_right_is_refused_with_what_to_change(sqlite_office: Office) -> None:
    office = sqlite_office
    user = office.user()
    refused = (
        (Typed("李四1", "19900020001"), "姓名中有数字“1”"),
        (Typed("李四", "1990002"), "手机号码应为 11 位数字，现在是 7 位"),
        (Typed("", "19900020001"), "姓名"),
        (Typed("李四", ""), "未填写手机号码"),
        (Typed("李四", "19900020001", joined_on="1898-1-1"), "入党时间：早于 1921 年"),
        (Typed("李四", "19900020001", duty="书" * 41), "党内职务不能超过 40 个字"),
        (Typed("李四", "19900020001", note="=SUM(A1)"), "备注像是公式"),
        (Typed("李四", "19900020001", gender="x"), "性别请选择男或女"),
        (Typed("李四", "19900020001", grid_id=4711), "没有这个网格"),
    )
    with office.db.session_scope() as session:
        of = office.branch(session).id
        for typed, said in refused:
            with pytest.raises(Refused, match=said):
                upkeep.add(session, user, of, typed, at=NOON)


def test_a_person_who_is_there_is_not_made_a_second_time(office: Office) -> None:
    first = add(office, "张小東")
    with pytest.raises(AlreadyListed, match="已在名册中") as found:
        add(office, "张小东")  # the same name in the other script, the same phone
    assert found.value.member_id == first
    secretary = office.user("secretary", OTHER)
    with (
        office.db.session_scope() as session,
        pytest.raises(AlreadyListed, match="请联系管理员办理转移") as other,
    ):
        upkeep.add(
            session, secretary, office.branch(session, OTHER).id, Typed("张小東", "19900020001"), at=NOON
        )
    assert other.value.member_id is None


def test_a_shared_phone_and_a_namesake_are_said_and_kept(sqlite_office: Office) -> None:
    office = sqlite_office
    add(office)
    user = office.user()
    with office.db.session_scope() as session:
        of = office.branch(session).id
        shared = upkeep.add(session, user, of, Typed("李小四", "19900020001"), at=NOON)
        namesake = upkeep.add(session, user, of, Typed("张小三", "19900020009"), at=NOON)
    assert "手机号码相同" in shared.remarks[0]
    assert "同名" in namesake.remarks[0]


def test_a_correction_changes_what_was_typed_and_the_trail_names_the_columns_alone(
    sqlite_office: Office,
) -> None:
    office = sqlite_office
    member_id = office.bound("oOne")
    user = office.user()
    with office.db.session_scope() as session:
        kept = upkeep.correct(
            session, user, member_id, Typed(name="张晓三", phone="19900020099", duty="委员"), at=NOON
        )
        assert kept.fields == ["name", "phone", "duty"]
    with office.db.read_scope() as session:
        member = session.get_one(Member, member_id)
        assert (member.name, member.phone, member.duty, member.gender) == (
            "张晓三",
            "19900020099",
            "委员",
            "",
        )
        assert session.scalar(sa.select(Follower.member_id)) == member_id
        detail = session.scalars(
            sa.select(AuditEntry.detail).where(AuditEntry.action == "member.change")
        ).one()
        assert detail == {"fields": "姓名、手机号码、党内职务"}
    plan = office.plan_of_rows([person("张晓三", "19900020099", 党内职务="委员", 性别="", 入党时间="")])
    assert (plan.created, plan.unchanged) == (0, 1)


def test_two_who_correct_at_once_do_not_overwrite_each_other(sqlite_office: Office) -> None:
    office = sqlite_office
    member_id, user = office.member(), office.user()
    with office.db.read_scope() as session:
        shown = upkeep.mark(session.get_one(Member, member_id))
    for duty in ("书记", "委员"):
        with office.db.session_scope() as session:
            at = NOON + timedelta(minutes=1)
            if duty == "书记":
                upkeep.correct(session, user, member_id, Typed(duty=duty), at=at, as_of=shown)
            else:
                with pytest.raises(Conflict, match="刚刚被他人改过"):
                    upkeep.correct(session, user, member_id, Typed(duty=duty), at=at, as_of=shown)


def test_a_secretary_keeps_the_own_branch_and_nobody_else(sqlite_office: Office) -> None:
    office = sqlite_office
    own, other = office.member("自己人"), office.member("外支部", OTHER)
    secretary, auditor = office.user("secretary", BRANCH), office.user("auditor")
    with office.db.session_scope() as session:
        upkeep.correct(session, secretary, own, Typed(duty="委员"), at=NOON)
        with pytest.raises(NotFound):
            upkeep.correct(session, secretary, other, Typed(duty="委员"), at=NOON)
        with pytest.raises(NotFound):
            upkeep.leave(session, secretary, other, on=TODAY, reason=REASON, at=NOON)
        with pytest.raises(Forbidden):
            upkeep.add(
                session, secretary, office.branch(session, OTHER).id, Typed("王五", "19900020008"), at=NOON
            )
        with pytest.raises(Forbidden):
            upkeep.correct(session, auditor, own, Typed(duty="书记"), at=NOON)


def test_who_leaves_is_expected_no_more_and_what_was_counted_stays(office: Office) -> None:
    member_id = office.bound("oOne")
    office.member("李小四")
    user = office.user()
    with office.db.session_scope() as session:
        begun = activities.activity(
            session,
            "昨天的会",
            branches=[office.branch(session)],
            starts=NOON - timedelta(hours=1),
        )
        begun_id = begun.id
        tags.queue(session, [], at=NOON)
    with office.db.session_scope() as session:
        upkeep.leave(session, user, member_id, on=TODAY - timedelta(days=3), reason=REASON, at=NOON)
    with office.db.session_scope() as session:
        member = session.get_one(Member, member_id)
        assert not member.active
        assert session.scalar(sa.select(Follower.member_id)) is None
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "member.leave")).one()
        assert entry.detail["follower"] == session.scalar(sa.select(Follower.id))
        on_list = sa.select(sa.func.count()).where(ExpectedMember.activity_id == begun_id)
        assert session.scalar(on_list) == 2  # it had begun, although nobody had written its list down
        (line,) = moves.history(session, member_id)
        assert (line.origin and line.origin.name, line.target, line.moved_on) == (
            BRANCH,
            None,
            TODAY - timedelta(days=3),
        )
        with pytest.raises(Conflict, match="已经不在册"):
            upkeep.leave(session, user, member_id, on=TODAY, reason=REASON, at=NOON)
        upkeep.come_back(session, user, member_id, on=TODAY, reason="组织关系转回", at=NOON)
        assert session.get_one(Member, member_id).active
        assert [one.target.name if one.target else None for one in moves.history(session, member_id)] == [
            BRANCH,
            None,
        ]
        assert session.scalar(sa.select(sa.func.count(CheckIn.id))) == 0


def test_a_leaving_needs_a_day_and_a_reason_without_the_person(sqlite_office: Office) -> None:
    office = sqlite_office
    member_id, user = office.member(), office.user()
    refused = (
        (-1, REASON, "日期不能晚于今天"),
        (91, REASON, "日期不能早于 90 天前"),
        (0, "转", "至少 4 个字"),
        (0, "张小三转走了", "请不要写党员的姓名或手机号码"),
    )
    with office.db.session_scope() as session:
        for days, reason, said in refused:
            with pytest.raises(Refused, match=said):
                upkeep.leave(
                    session, user, member_id, on=TODAY - timedelta(days=days), reason=reason, at=NOON
                )


def test_an_import_and_its_undoing_stand_in_the_history_too(office: Office) -> None:
    user = office.user()
    office.import_people([person("张小三", "19900020001")])
    office.import_people([person("张小三", "19900020001", OTHER)])
    with office.db.read_scope() as session:
        run_id = session.scalars(sa.select(sa.func.max(ImportRun.id))).one()
    roster_undo.undo(office.db, user, run_id, limits=office.settings.limits)
    with office.db.read_scope() as session:
        lines = moves.history(session, session.scalars(sa.select(Member.id)).one())
        found = [
            (one.reason, one.origin and one.origin.name, one.target and one.target.name) for one in lines
        ]
        assert found == [("撤销名册导入", OTHER, BRANCH), ("名册导入", BRANCH, OTHER)]
        assert [one.user_id for one in lines] == [user.id, None]
    with office.db.read_scope() as session:
        first = session.scalars(sa.select(sa.func.min(ImportRun.id))).one()
    done = roster_undo.undo(office.db, user, first, limits=office.settings.limits)
    assert done.added == 1  # and whoever was added goes with their history


def test_an_old_file_says_that_it_would_double_who_was_corrected_by_hand(sqlite_office: Office) -> None:
    office = sqlite_office
    old = person("张小三", "19900020001")
    office.import_people([old])
    user = office.user()
    with office.db.session_scope() as session:
        member_id = session.scalars(sa.select(Member.id)).one()
        upkeep.correct(session, user, member_id, Typed(phone="19900020009"), at=NOON)
    again = office.plan_of_rows([old])
    assert "该党支部已有同名党员" in again.warnings[0].reason
    both = office.plan_of_rows([person("张小三", "19900020009"), person("张小三", "19900020002")])
    assert both.warnings == []  # the file knows them apart
    assert office.plan_of_rows([person("张小三", "19900020002", OTHER)]).warnings == []


def test_the_commands_add_correct_take_off_and_put_back(office: Office, flask: Flask) -> None:
    admin = office.user()
    by = ("--as", admin.username)
    added = flask("member", "add", "张小三", "--phone", "19900020001", "--branch", BRANCH, *by, "--json")
    number = json.loads(added.stdout)["member"]
    assert flask("member", "add", "张小三", "--phone", "19900020001", "--branch", BRANCH, *by).exit_code == 2
    assert "已更正：党内职务" in flask("member", "correct", number, "--duty", "书记", *by).stdout
    assert "已把" in flask("member", "leave", number, "--reason", REASON, *by).stdout
    assert "恢复在册" in flask("member", "return", number, "--reason", "组织关系转回", *by).stdout
    assert flask("member", "return", number, "--reason", "组织关系转回", *by).exit_code == 2


def test_a_secretary_hears_nothing_of_other_branches_but_that_a_person_is_there(
    sqlite_office: Office,
) -> None:
    office = sqlite_office
    add(office, branch=OTHER)
    secretary, admin = office.user("secretary", BRANCH), office.user()
    gone = add(office, "王小五", "19900020005", OTHER)
    with office.db.session_scope() as session:
        upkeep.leave(session, admin, gone, on=TODAY, reason=REASON, at=NOON)
    with office.db.session_scope() as session:
        of = office.branch(session).id
        assert upkeep.add(session, secretary, of, Typed("李小四", "19900020001"), at=NOON).remarks == []
        assert upkeep.add(session, secretary, of, Typed("张小三", "19900020008"), at=NOON).remarks == []
        with pytest.raises(AlreadyListed, match="已移出，请联系管理员恢复到您的党支部"):
            upkeep.add(session, secretary, of, Typed("王小五", "19900020005"), at=NOON)


def test_who_comes_back_may_come_to_another_branch_by_who_may_transfer(sqlite_office: Office) -> None:
    office = sqlite_office
    member_id, admin, secretary = add(office), office.user(), office.user("secretary", BRANCH)
    with office.db.session_scope() as session:
        to = office.branch(session, OTHER).id
        upkeep.leave(session, admin, member_id, on=TODAY, reason=REASON, at=NOON)
        with pytest.raises(Forbidden):
            upkeep.come_back(session, secretary, member_id, on=TODAY, reason=REASON, at=NOON, branch_id=to)
        upkeep.come_back(session, admin, member_id, on=TODAY, reason="组织关系转回", at=NOON, branch_id=to)
        assert session.get_one(Member, member_id).branch_id == to
        line = moves.history(session, member_id)[0]
        assert (line.origin, line.target and line.target.name) == (None, OTHER)


def test_nobody_comes_back_before_they_left(office: Office) -> None:
    member_id, user = add(office), office.user()
    yesterday, day = TODAY - timedelta(days=1), TODAY.isoformat()
    with office.db.session_scope() as session:
        upkeep.leave(session, user, member_id, on=TODAY, reason=REASON, at=NOON)
    with office.db.session_scope() as session, pytest.raises(Refused, match=f"上一次变动的 {day}"):
        upkeep.come_back(session, user, member_id, on=yesterday, reason="组织关系转回", at=NOON)
    with office.db.session_scope() as session:
        upkeep.come_back(session, user, member_id, on=TODAY, reason="组织关系转回", at=NOON)
        there = office.branch(session, OTHER).id
        with pytest.raises(Refused, match=f"上一次变动的 {day}"):
            transfers.look(session, user, [member_id], there, on=yesterday, reason=REASON, at=NOON)


def test_a_command_that_names_who_acts_leaves_that_in_the_trail(
    office: Office, flask: Flask, tmp_path: Path
) -> None:
    member_id = add(office)
    admin, editor, third = (office.user(role) for role in ("admin", "editor", "editor"))
    path = tmp_path / "名册.xlsx"
    path.write_bytes(sheet_bytes([HEADER, person("李小四", "19900020002")]))
    assert flask("member", "import", path, "--as", editor.username).exit_code == 2
    assert flask("member", "import", path, "--as", admin.username).exit_code == 0
    role = ("user", "role", editor.username, "--role", "auditor", "--as", admin.username)
    assert flask(*role).exit_code == 0
    for one in (editor, third):
        done = flask("user", "tie", one.username, member_id, "--as", admin.username)
        assert done.exit_code == 0, done.output
    assert f"还关联着账号：{editor.label}" in done.output
    with office.db.read_scope() as session:
        done_by = sa.select(AuditEntry.action, AuditEntry.user_id).order_by(AuditEntry.id.desc()).limit(4)
        assert {tuple(row) for row in session.execute(done_by)} == {
            ("user.change", admin.id),
            ("member.import", admin.id),
        }


def test_a_command_says_which_number_is_nobodys_and_who_is_there_already(
    office: Office, flask: Flask
) -> None:
    member_id, admin = add(office), office.user().username
    reason = ("--reason", "居住地变动了", "--as", admin)
    gone = flask("member", "transfer", member_id, "99999", "--to", OTHER, *reason)
    assert "没有编号为 99999 的党员" in gone.output
    again = flask("member", "add", "张小三", "--phone", "19900020001", "--branch", BRANCH, "--as", admin)
    assert f"编号 {member_id}）已在名册中" in again.output
    assert flask("member", "leave", member_id, *reason).exit_code == 0
    left = flask("member", "transfer", member_id, "--to", OTHER, *reason)
    assert f"编号 {member_id} 的党员已不在册" in left.output
    nowhere = flask("privacy", "export", member_id, "--out", "/nowhere/all.json", *reason)
    assert "没有这个文件或目录" in nowhere.output
