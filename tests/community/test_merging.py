"""Two records of one person become one, and no figure that was reported moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from click.testing import Result

from accounts import users
from community import counting, erasing, members, merging, moves, own_requests, transfers
from ground import clock
from ground.errors import Conflict, Forbidden, Refused
from models import (
    Activity,
    AuditEntry,
    CheckIn,
    Consent,
    DataRequest,
    ExpectedMember,
    Follower,
    Grid,
    Member,
    RequestKind,
    TagChange,
)
from tests.community.conftest import BRANCH, NOON, Office, person

OTHER = "水墨社区党支部"
REASON = "更换手机号码后重复登记"
WEEK = timedelta(days=7)


def figures(office: Office, *shown: Activity) -> list[dict[str, object]]:
    with office.db.read_scope() as session:
        return [counting.counts(session, session.get_one(Activity, one.id)).as_dict() for one in shown]


def merge(office: Office, kept: int, other: int, wechat: str = "") -> None:
    user = office.user()
    with office.db.session_scope() as session:
        merging.carry_out(session, user, kept, other, reason=REASON, wechat=wechat, at=NOON)


def records(office: Office, member_id: int) -> dict[str, int]:
    with office.db.read_scope() as session:
        rows = session.scalars(sa.select(CheckIn).where(CheckIn.member_id == member_id))
        return {row.activity.title: row.branch_id for row in rows}


def test_what_ended_counts_as_it_did_and_the_kept_record_has_been_where_the_person_was(
    office: Office,
) -> None:
    kept, other = office.bound("oNew", "张小三", OTHER), office.member("张晓三")
    both_came = office.activity("两条都签到", BRANCH, OTHER, starts=NOON - 4 * WEEK)
    one_came = office.activity("旧记录签到", BRANCH, OTHER, starts=NOON - 3 * WEEK)
    only_other = office.activity("只请旧支部", BRANCH, starts=NOON - 2 * WEEK)
    running = office.activity("正在进行", BRANCH, OTHER, starts=NOON - timedelta(minutes=30))
    coming = office.activity("下周", BRANCH, OTHER, starts=NOON + WEEK)
    office.entered(both_came, kept, other)
    office.entered(one_came, other)
    office.entered(only_other, other)
    ended = (both_came, one_came, only_other)
    before = figures(office, *ended)
    assert figures(office, coming)[0]["expected"] == 2
    merge(office, kept, other)
    assert figures(office, *ended) == before
    assert figures(office, running)[0]["expected"] == 2
    assert figures(office, coming)[0]["expected"] == 1
    with office.db.read_scope() as session:
        here, there = office.branch(session).id, office.branch(session, OTHER).id
    assert records(office, kept) == {"两条都签到": there, "旧记录签到": here, "只请旧支部": here}
    assert records(office, other) == {"两条都签到": here}
    with office.db.read_scope() as session:
        line = session.get_one(ExpectedMember, (one_came.id, kept))
        assert line.branch_id == here  # the line of who came
        assert session.get_one(ExpectedMember, (one_came.id, other)).branch_id == there


def test_the_other_record_is_nowhere_any_more_and_the_file_is_the_office_s_to_correct(office: Office) -> None:
    office.import_people(
        [person("张小三", "19900020001"), person("张小三", "19900020002", OTHER, 党内职务="委员")]
    )
    admin = office.user()
    with office.db.read_scope() as session:
        kept, other = session.scalars(sa.select(Member.id).order_by(Member.id)).all()
        found = merging.candidates(session, admin, kept)
        assert [one[0] for one in found] == [other]
    secretary = office.user("secretary", OTHER)
    with office.db.session_scope() as session:
        users.tie(session, session.merge(secretary), other, at=NOON, by=admin)
        with pytest.raises(Forbidden):
            merging.carry_out(session, secretary, kept, other, reason=REASON, at=NOON)
    with office.db.session_scope() as session:
        home = office.branch(session).id
        made = transfers.carry_out(
            session, admin, [other], home, on=clock.shanghai_day(NOON), reason="居住地变动", at=NOON
        )
        batch = made.id
    merge(office, kept, other)
    with office.db.session_scope() as session:
        assert len(moves.history(session, kept)) == 1
        assert not transfers.get(session, admin, batch).comes_back
        gone = session.get_one(Member, other)
        assert (gone.name, gone.phone, gone.active, gone.merged_into) == ("已合并", None, False, kept)
        assert session.get_one(Member, kept).duty == "委员"
        assert users.get(session, secretary.id).member_id == kept
        for active in (True, False):
            assert other not in [one.id for one in members.listed(session, admin, active=active).slice(0, 50)]
        with pytest.raises(Conflict, match="已清除或合并"):
            merging.carry_out(session, admin, kept, other, reason=REASON, at=NOON)
    again = office.plan_of_rows([person("张小三", "19900020001"), person("张小三", "19900020002", OTHER)])
    assert again.created == 1
    office.entered(office.activity("昨天", BRANCH, starts=NOON - timedelta(days=1)), kept)
    with office.db.session_scope() as session:
        erasing.erase(session, admin, member_id=kept, reason="本人书面申请", at=NOON)
        assert session.get_one(Member, kept).erased_at is not None
        assert moves.history(session, kept) == []
        assert users.get(session, secretary.id).member_id is None


def test_two_wechats_need_a_choice_and_the_tags_go_to_the_one_that_stays(office: Office) -> None:
    kept, other = office.bound("oNew", "张小三", OTHER), office.bound("oOld", "张小三")
    with pytest.raises(Refused, match="请选择保留哪一个"):
        merge(office, kept, other)
    merge(office, kept, other, merging.OTHER)
    with office.db.read_scope() as session:
        rows = session.execute(sa.select(Follower.openid, Follower.member_id))
        assert {openid: member_id for openid, member_id in rows} == {"oNew": None, "oOld": kept}  # noqa: C416


def test_what_was_agreed_to_and_asked_for_goes_with_the_person(sqlite_office: Office) -> None:
    office = sqlite_office
    kept, other = office.bound("oKept", "张小三"), office.bound("oOther", "张晓三")
    with office.db.session_scope() as session:
        own_requests.ask_of(session, "oOther", RequestKind.CORRECTION, "姓名是张小三", at=NOON)
    merge(office, kept, other, wechat="kept")
    with office.db.read_scope() as session:
        assert session.scalars(sa.select(DataRequest.member_id)).all() == [kept]
        agreed = session.execute(sa.select(Consent.member_id, Consent.ended_by).order_by(Consent.id)).all()
        assert list(map(tuple, agreed)) == [(kept, None), (kept, "branch")]


def test_what_cannot_be_merged_says_why(sqlite_office: Office) -> None:
    office = sqlite_office
    kept, other = office.member("张小三"), office.member("张晓三")
    user = office.user()
    with office.db.session_scope() as session:
        assert not merging.look(session, user, kept, other).same_name
        for reason, said in (("重复", "至少 4 个字"), ("张晓三登记了两次", "请不要写党员的姓名")):
            with pytest.raises(Refused, match=said):
                merging.carry_out(session, user, kept, other, reason=reason, at=NOON)
        with pytest.raises(Refused, match="不能与自己合并"):
            merging.look(session, user, kept, kept)
        session.get_one(Member, kept).active = False
        session.flush()
        with pytest.raises(Refused, match="请保留在册的那一条"):
            merging.look(session, user, kept, other)


def test_the_grid_goes_along_with_its_tag_and_the_trail_says_who_was_unbound_and_whose_account(
    office: Office,
) -> None:
    admin, secretary = office.user(), office.user("secretary", OTHER)
    kept, other = office.bound("oKept", "张小三"), office.bound("oOther", "张晓三")
    with office.db.session_scope() as session:
        grid = session.scalars(sa.select(Grid).order_by(Grid.id.desc()).limit(1)).one()
        session.get_one(Member, other).grid_id = grid.id
        users.tie(session, users.get(session, secretary.id), other, at=NOON)
        session.execute(sa.delete(TagChange))
        community = grid.community_id
        gone = session.scalars(sa.select(Follower.id).where(Follower.openid == "oOther")).one()
    merge(office, kept, other, merging.KEPT)
    with office.db.read_scope() as session:
        assert session.get_one(Member, kept).grid_id == grid.id
        query = sa.select(TagChange.add).where(
            TagChange.openid == "oKept", TagChange.kind == "community", TagChange.target_id == community
        )
        assert session.scalars(query).all() == [True]
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "member.merge")).one()
        assert entry.detail["follower"] == gone
        last = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.subject == f"user:{secretary.id}").order_by(AuditEntry.id)
        ).all()[-1]
        assert (last.action, last.detail, last.user_id is None) == ("user.change", {"member": kept}, False)
    with office.db.session_scope() as session:
        erasing.erase(session, admin, member_id=kept, reason="本人书面申请", at=NOON)
        entries = sa.select(AuditEntry.detail).where(AuditEntry.subject == f"user:{secretary.id}")
        assert session.scalars(entries.order_by(AuditEntry.id)).all()[-1] == {"member": 0}


def test_the_command_asks_before_it_merges_and_says_that_the_names_differ(
    office: Office, flask: Callable[..., Result]
) -> None:
    admin, kept, other = office.user(), office.member("张小三"), office.member("李小四")
    asked = ("member", "merge", kept, other, "--reason", REASON, "--as", admin.username)
    refused = flask(*asked, text="n\n")
    assert refused.exit_code == 1
    assert "姓名不同" in refused.stderr
    with office.db.read_scope() as session:
        assert session.get_one(Member, other).merged_into is None
    assert "已合并" in flask(*asked, "--yes").stdout
