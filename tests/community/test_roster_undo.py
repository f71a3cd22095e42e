"""撤销本次导入: every field is as it was, within a time, and only of people whom nobody touched since."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from community import erasing, roster, roster_undo
from community.roster_undo import Undoing
from database.base import table_of
from ground import clock
from ground.errors import Conflict, Forbidden, NotFound
from models import AuditEntry, Follower, ImportChange, ImportRun, Member, TagChange, User
from tests.community.conftest import DATA, HEADER, NOON, Office, person, sheet_bytes
from tests.world import followers

OTHER = "水墨社区党支部"


def everybody(office: Office) -> list[tuple[Any, ...]]:
    """The whole table of members, as it is stored."""
    with office.db.read_scope() as session:
        table = table_of(Member)
        return [tuple(row) for row in session.execute(sa.select(table).order_by(table.c.id))]


def imported(office: Office, rows: list[list[Any]]) -> int:
    plan = office.plan_of(sheet_bytes([HEADER, *rows]))
    assert not plan.errors
    return roster.carry_out(office.db, plan, file_name="名册.xlsx")


def undo(office: Office, user: User, run: int) -> Undoing:
    return roster_undo.undo(office.db, user, run, limits=office.settings.limits)


OLD = [
    person("张小三", "19900020001", 党内职务="书记", 网格="湖东1网格", 备注="常年在外"),
    person("李小四", "19900020002", 性别="男", 入党时间=""),
    person("王小五", "19900020003"),
]
NEW = [
    person("张小三", "19900020001", OTHER, 党内职务="委员", 网格="", 入党时间="1999-01-01", 备注=""),
    person("李小四", "19900020002", 性别="女", 入党时间="2001-07-01"),
    person("王小五", "19900020003"),
    person("赵小六", "19900020006"),
]


def test_undoing_restores_every_field_of_everybody(office: Office) -> None:
    admin = office.user("admin")
    imported(office, OLD)
    before = everybody(office)
    run = imported(office, NEW)
    assert everybody(office) != before
    done = undo(office, admin, run)
    assert (done.added, done.changed, done.touched) == (1, 2, 0)
    assert everybody(office) == before
    with office.db.read_scope() as session:
        assert session.get_one(ImportRun, run).undone == 3
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "member.undo")).one()
        assert (entry.subject, entry.detail) == (
            f"import:{run}",
            {"added": 1, "changed": 2, "untouched": 0},
        )


def test_the_whole_roster_goes_in_and_out_again(office: Office) -> None:
    admin = office.user("admin")
    imported(office, OLD)
    before = everybody(office)
    plan = office.plan_of((DATA / "roster.xlsx").read_bytes())
    run = roster.carry_out(office.db, plan, file_name="roster.xlsx")
    assert len(everybody(office)) == len(before) + 2262
    undo(office, admin, run)
    assert everybody(office) == before


def test_imports_are_undone_one_after_the_other_back_to_the_first(office: Office) -> None:
    admin = office.user("admin")
    runs, states = [], []
    for number, rows in enumerate((OLD, NEW, [person("李小四", "19900020002", OTHER)])):
        states.append(everybody(office))
        with time_machine.travel(NOON + timedelta(minutes=number), tick=False):
            runs.append(imported(office, rows))
    with time_machine.travel(NOON + timedelta(minutes=9), tick=False):
        with office.db.read_scope() as session:
            held = roster_undo.look(session, admin, runs[1], at=clock.now(), limits=office.settings.limits)
        assert (held.changed, held.touched) == (1, 1), "李小四 was changed once more"
        for run, state in zip(reversed(runs), reversed(states), strict=True):
            undo(office, admin, run)
            assert everybody(office) == state


def test_who_was_touched_since_stays(office: Office) -> None:
    admin = office.user("admin")
    imported(office, OLD)
    run = imported(office, NEW)
    with office.db.session_scope() as session:
        new = session.scalars(sa.select(Member).where(Member.name == "赵小六")).one()
        followers.bind(session, "o-1", new, at=clock.now())
    imported(office, [person("张小三", "19900020001", OTHER, 备注="又改")])
    done = undo(office, admin, run)
    assert (done.added, done.changed, done.touched) == (0, 1, 2)
    with office.db.read_scope() as session:
        notes = {row.name: row.note for row in session.execute(sa.select(Member.name, Member.note))}
        assert (notes["张小三"], "赵小六" in notes) == ("又改", True)
        assert session.scalar(sa.select(Follower.member_id).where(Follower.openid == "o-1")) is not None


def test_the_tags_of_a_follower_move_back_too(office: Office) -> None:
    admin = office.user("admin")
    imported(office, OLD)
    with office.db.session_scope() as session:
        member = session.scalars(sa.select(Member).where(Member.name == "张小三")).one()
        followers.bind_all(session, ["o-1"], [member], at=NOON)
    run = imported(office, NEW)
    with office.db.session_scope() as session:
        moved = {(row.kind, row.target_id): row.add for row in session.scalars(sa.select(TagChange))}
        session.execute(sa.delete(TagChange))
    undo(office, admin, run)
    with office.db.read_scope() as session:
        back = {(row.kind, row.target_id): row.add for row in session.scalars(sa.select(TagChange))}
    assert back == {key: not add for key, add in moved.items()}


def test_after_its_time_or_a_second_time_nothing_is_undone(office: Office) -> None:
    admin = office.user("admin")
    run = imported(office, OLD)
    with (
        time_machine.travel(clock.now() + timedelta(hours=73), tick=False),
        pytest.raises(Conflict, match="72 小时"),
    ):
        undo(office, admin, run)
    undo(office, admin, run)
    with pytest.raises(Conflict, match="已经撤销"):
        undo(office, admin, run)
    with pytest.raises(NotFound):
        undo(office, admin, 999)
    with pytest.raises(Forbidden):
        undo(office, office.user("editor"), run)


def test_what_was_there_before_is_kept_encrypted(office: Office) -> None:
    imported(office, OLD)
    imported(office, NEW)
    with office.db.read_scope() as session:
        kept = session.scalars(sa.select(sa.type_coerce(ImportChange.before, sa.LargeBinary))).all()
    assert any(kept)
    assert not any("常年".encode() in bytes(one) or b"\\u" in bytes(one) for one in kept if one)


def test_of_a_person_who_was_erased_nothing_is_kept_and_nothing_comes_back(office: Office) -> None:
    admin = office.user("admin")
    imported(office, OLD)
    run = imported(office, NEW)
    with office.db.session_scope() as session:
        member = session.scalars(sa.select(Member).where(Member.name == "张小三")).one().id
        assert session.scalar(sa.select(ImportChange).where(ImportChange.member_id == member)) is not None
        erasing.erase(session, admin, member_id=member, reason="本人书面申请", at=clock.now())
    with office.db.read_scope() as session:
        assert session.scalar(sa.select(ImportChange).where(ImportChange.member_id == member)) is None
    done = undo(office, admin, run)
    assert (done.added, done.changed) == (1, 1)
    with office.db.read_scope() as session:
        assert session.get_one(Member, member).name != "张小三"
