"""One name for a branch wherever people read it, and no other branch by the same one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from click.testing import Result

from community import branch_names, counting, places, privacy
from ground.errors import Forbidden, Refused
from models import Activity, AuditEntry, Branch
from operations import subjects
from scheduler import audience as audiences
from tests.community.conftest import BRANCH, NOON, Office, person
from tests.world.places import branches


def test_a_new_short_name_is_what_everybody_reads_from_then_on(office: Office) -> None:
    member = office.bound("oOne")
    shown = office.activity("主题党日", BRANCH)
    user = office.user()
    with office.db.session_scope() as session:
        ident = office.branch(session).id
        branch_names.rename(session, user, ident, short_name="湖东一支部", at=NOON)
    with office.db.read_scope() as session:
        assert "所在党支部：湖东一支部" in privacy.my_data(session, "oOne")
        assert privacy.glimpse(privacy.seen(session, user, member)).branch == "湖东一支部"
        (count,) = counting.counts(session, session.get_one(Activity, shown.id)).by_branch
        assert (count.label, count.branch) == ("湖东一支部", BRANCH)
        assert subjects.names(session, [f"branch:{ident}"]) == {f"branch:{ident}": "湖东一支部"}
        assert session.scalar(sa.select(Branch.label).where(Branch.id == ident)) == "湖东一支部"
        assert places.branch_named(session, "湖东一支部").id == ident
        detail = session.scalars(
            sa.select(AuditEntry.detail).where(AuditEntry.action == "branch.change")
        ).one()
        assert detail == {"before": "湖东社区支部", "after": "湖东一支部"}


def test_a_name_that_another_branch_goes_by_is_refused_and_none_is_lost_by_an_import(
    sqlite_office: Office,
) -> None:
    office = sqlite_office
    user, secretary = office.user(), office.user("secretary", BRANCH)
    with office.db.session_scope() as session:
        ident = office.branch(session).id
        for taken in ("水墨社区支部", "中共水墨社区党支部"):
            with session.begin_nested(), pytest.raises(Refused, match="已经是另一个党支部的名称或简称"):
                branch_names.rename(session, user, ident, short_name=taken, at=NOON)
        with pytest.raises(Refused, match="简称不能超过 30 个字"):
            branch_names.rename(session, user, ident, short_name="支" * 31, at=NOON)
        with pytest.raises(Forbidden):
            branch_names.rename(session, secretary, ident, short_name="湖东", at=NOON)
    with office.db.session_scope() as session:
        branch_names.rename(session, user, ident, short_name="湖东一支部", at=NOON)
        assert branches(session, BRANCH)[0].label == "湖东一支部"  # an import that says nothing of it
        other = office.branch(session, "水墨社区党支部").id
        branch_names.remember(session, user, {"老街支部": other}, at=NOON)
        with session.begin_nested(), pytest.raises(Refused, match="“老街支部”是“水墨社区支部”的其他名称"):
            branch_names.rename(session, user, ident, short_name="老街支部", at=NOON)
        branch_names.rename(session, user, other, short_name="老街支部", at=NOON)
        branch_names.rename(session, user, ident, short_name="", at=NOON)
        assert session.get_one(Branch, ident).label == BRANCH


def test_a_branch_that_was_renamed_is_found_by_every_name_it_had(office: Office) -> None:
    user = office.user()
    with office.db.session_scope() as session:
        ident = office.branch(session).id
        kept = audiences.parse(session, f"branch:{BRANCH}", at=NOON)
        branch_names.rename(session, user, ident, name="湖东片区联合党支部", short_name="湖联支部", at=NOON)
    with office.db.session_scope() as session:
        assert session.get_one(Branch, ident).label == "湖联支部"
        for name in ("湖东片区联合党支部", "湖联支部", BRANCH, f"中共{BRANCH}", "湖东社区支部"):
            assert places.branch_named(session, name).id == ident
            assert audiences.parse(session, f"branch:{name.removeprefix('中共')}", at=NOON).meant.values()
        again = audiences.parse(session, kept.text, at=NOON, known=kept.meant)
        assert again.label == "湖联支部"
        entry = session.scalars(
            sa.select(AuditEntry.detail).where(AuditEntry.action == "branch.change")
        ).one()
        assert entry == {"before": BRANCH, "after": "湖东片区联合党支部"}
    plan = office.plan_of_rows([person("张小三", "19900020001", branch=BRANCH)])
    assert (len(plan.changes), plan.errors) == (1, [])
    with office.db.session_scope() as session:
        branch_names.rename(session, user, ident, short_name="湖联一支部", at=NOON)
        count = session.scalar(sa.select(sa.func.count(Branch.id)))
        assert branches(session, BRANCH)[0].label == "湖联一支部", (
            "a workbook with the former name makes no second one"
        )
        assert session.scalar(sa.select(sa.func.count(Branch.id))) == count
        other = office.branch(session, "水墨社区党支部").id
        with session.begin_nested(), pytest.raises(Refused, match="其他名称"):
            branch_names.rename(session, user, other, name=BRANCH, at=NOON)
        branch_names.rename(session, user, ident, name=BRANCH, at=NOON)
        assert {one.name for one in branch_names.listed(session)} == {"湖东片区联合党支部", "湖联支部"}


def test_a_branch_is_renamed_by_command(office: Office, flask: Callable[..., Result]) -> None:
    office.user(name="admin")
    done = flask(
        "place", "rename", "湖东社区支部", "--name", "湖东片区联合党支部", "--short", "", "--as", "admin"
    )
    assert done.exit_code == 0, done.output
    assert "已改名：湖东片区联合党支部" in done.output
    done = flask("place", "rename", BRANCH, "--short", "湖联支部", "--as", "admin")
    assert "各处显示为“湖联支部”" in done.output
    assert flask("place", "rename", BRANCH, "--as", "admin").exit_code == 2
