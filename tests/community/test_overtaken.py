"""Two who act on one member at the same moment: one waits for the other and sees what was done; no deadlock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from accounts import audit
from community import (
    binding,
    branch_names,
    checkin,
    counting,
    erasing,
    followers,
    merging,
    moves,
    roster,
    roster_undo,
    upkeep,
)
from community.branch_index import BranchIndex
from community.upkeep import Typed
from database.once import insert_once
from database.session import Database
from ground import clock
from models import Activity, BranchName, CheckIn, Follower, ImportRun, Member
from tests.community.conftest import BRANCH, NOON, Office, person
from tests.fixtures.processes import eventually

OTHER = "水墨社区党支部"
TODAY = clock.shanghai_day(NOON)
_BLOCKED = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def _blocked(db: Database) -> bool:
    with db.engine.connect() as connection:
        return bool(connection.execute(_BLOCKED).scalar_one())


@contextmanager
def meanwhile(db: Database, act: Callable[[], Any]) -> Iterator[Future[Any]]:
    """Begin ``act`` beside, and go on when it waits for this transaction; what came of it is there behind the block."""
    with ThreadPoolExecutor(1) as pool:
        beside = pool.submit(act)
        eventually(lambda: _blocked(db), timeout_s=10)
        yield beside


def test_an_import_waits_for_an_act_by_hand_and_neither_is_ended(postgres_office: Office) -> None:
    office, admin = postgres_office, postgres_office.user()
    plan = office.plan_of_rows([person("李小四", "19900020002")])
    with office.db.session_scope() as session:
        of = office.branch(session).id
        moves.alone(session, at=NOON)
        importing = meanwhile(office.db, lambda: roster.carry_out(office.db, plan, file_name="名册.xlsx"))
        with importing as imported:
            upkeep.add(session, admin, of, Typed("张小三", "19900020001"), at=NOON)
            session.commit()
    assert imported.result() > 0
    with office.db.read_scope() as session:
        assert set(session.scalars(sa.select(Member.name))) == {"张小三", "李小四"}


def test_remembering_names_waits_for_one_and_not_with_the_trail_in_hand(postgres_office: Office) -> None:
    office, admin = postgres_office, postgres_office.user()
    with office.db.read_scope() as session:
        of = office.branch(session).id

    def remember() -> int:
        with office.db.session_scope() as session:
            return branch_names.remember(session, admin, {"乙街": of, "甲街": of}, at=NOON)

    with office.db.session_scope() as session:
        last = max("甲街", "乙街")
        row = {"key": BranchIndex.key(last), "name": last, "branch_id": of, "kept_at": NOON}
        insert_once(session, BranchName, [row], keys=["key"])
        with meanwhile(office.db, remember) as remembered:
            audit.record(session, "branch.name", user=admin, subject=f"branch:{of}", at=NOON)
            session.commit()
    assert remembered.result() == 1


def test_an_erasing_waits_for_an_import_that_would_write_the_name_back(postgres_office: Office) -> None:
    office, admin = postgres_office, postgres_office.user()
    office.import_people([person("张小三", "19900020001")])
    with office.db.read_scope() as session:
        member_id = session.scalars(sa.select(Member.id)).one()

    def erase() -> None:
        with office.db.session_scope() as session:
            erasing.erase(session, admin, member_id=member_id, reason="本人书面申请", at=NOON)

    with office.db.session_scope() as session:
        moves.alone(session, at=NOON)
        with meanwhile(office.db, erase) as erased:
            upkeep.correct(session, admin, member_id, Typed(name="张晓三", phone="19900020009"), at=NOON)
            session.commit()
    erased.result()
    with office.db.read_scope() as session:
        row = session.get_one(Member, member_id)
        assert (row.name, row.phone) == ("已清除", None)


def test_an_import_writes_nothing_onto_who_was_erased_or_merged_since_it_was_planned(office: Office) -> None:
    admin = office.user()
    office.import_people(
        [person(name, f"1990002000{n}") for n, name in enumerate(("张小三", "李小四", "王小五"))]
    )
    rows = [
        person(name, f"1990002000{n}", OTHER, 备注="返聘")
        for n, name in enumerate(("张小三", "李小四", "王小五"))
    ]
    plan = office.plan_of_rows(rows)
    with office.db.session_scope() as session:
        ids = dict(session.execute(sa.select(Member.name, Member.id)).all())
        erasing.erase(session, admin, member_id=ids["张小三"], reason="本人书面申请", at=NOON)
        merging.carry_out(
            session, admin, ids["王小五"], ids["李小四"], reason="更换手机号码后重复登记", at=NOON
        )
    roster.carry_out(office.db, plan, file_name="名册.xlsx")
    with office.db.read_scope() as session:
        notes = {one.id: (one.note, one.active) for one in session.scalars(sa.select(Member))}
    assert notes == {
        ids["张小三"]: ("", False),
        ids["李小四"]: ("", False),
        ids["王小五"]: ("返聘", True),
    }


def test_a_check_in_that_a_leaving_overtakes_is_not_recorded(postgres_office: Office) -> None:
    office, admin = postgres_office, postgres_office.user()
    member_id = office.bound("oOne")
    office.activity("主题党日", BRANCH, starts=NOON - timedelta(minutes=5))

    def reply() -> str:
        with office.db.connection_scope() as connection:
            found = checkin.by_reply(connection, "oOne", keyword=None, choice=None, at=NOON, message_key=None)
            return found.kind

    with office.db.session_scope() as session:
        upkeep.leave(session, admin, member_id, on=TODAY, reason="组织关系转往外地", at=NOON)
        session.flush()
        with meanwhile(office.db, reply) as replied:
            session.commit()
    assert replied.result() == "not_bound"
    with office.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count(CheckIn.id))) == 0


def test_a_merging_waits_for_the_check_in_and_takes_it_along(postgres_office: Office) -> None:
    office, admin = postgres_office, postgres_office.user()
    kept, other = office.member("张小三"), office.bound("oOne", "张晓三")
    office.activity("主题党日", BRANCH, starts=NOON - timedelta(minutes=5))

    def merge() -> None:
        with office.db.session_scope() as session:
            merging.carry_out(session, admin, kept, other, reason="更换手机号码后重复登记", at=NOON)

    with office.db.session_scope() as session:
        connection = session.connection()
        found = checkin.by_reply(connection, "oOne", keyword=None, choice=None, at=NOON, message_key=None)
        with meanwhile(office.db, merge) as merged:
            session.commit()
    merged.result()
    assert found.kind == "recorded"
    with office.db.read_scope() as session:
        assert session.scalars(sa.select(CheckIn.member_id)).all() == [kept]


def test_a_consent_that_a_merging_overtakes_binds_nobody(postgres_office: Office) -> None:
    office, admin = postgres_office, postgres_office.user()
    kept, other = office.member("张小三"), office.member("张晓三")
    with office.db.session_scope() as session:
        followers.ensure(session, "oOne", at=NOON)

    def agree() -> bool:
        pending = {"step": "consent", "member": other}
        with office.db.session_scope() as session:
            return "绑定成功" in binding.consent(session, "oOne", at=NOON, pending=pending).text

    with office.db.session_scope() as session:
        merging.carry_out(session, admin, kept, other, reason="更换手机号码后重复登记", at=NOON)
        session.flush()
        with meanwhile(office.db, agree) as agreed:
            session.commit()
    assert not agreed.result()
    with office.db.read_scope() as session:
        assert session.scalars(sa.select(Follower.member_id)).all() == [None]


def test_what_has_ended_without_a_list_keeps_its_figures_whatever_is_done_to_the_roster(
    office: Office,
) -> None:
    admin, gone = office.user(), office.member("王小五")
    shown: list[tuple[Activity, int]] = []

    def ended(title: str, expected: int) -> None:
        shown.append((office.activity(title, BRANCH, starts=NOON - timedelta(days=1)), expected))

    ended("导入之前", 1)
    office.import_people([person("李小四", "19900020002")])
    ended("登记之前", 2)
    with office.db.session_scope() as session:
        upkeep.add(session, admin, office.branch(session).id, Typed("张小三", "19900020001"), at=NOON)
    ended("清除之前", 3)
    with office.db.session_scope() as session:
        erasing.erase(session, admin, member_id=gone, reason="本人书面申请", at=NOON)
    ended("撤销之前", 2)
    with office.db.read_scope() as session:
        run_id = session.scalars(sa.select(ImportRun.id)).one()
    roster_undo.undo(office.db, admin, run_id, limits=office.settings.limits)
    with office.db.read_scope() as session:
        for activity, expected in shown:
            counted = counting.counts(session, session.get_one(Activity, activity.id))
            assert (activity.title, counted.expected) == (activity.title, expected)
