"""Many members moved at once: what was counted stays where it was, and the whole can be taken back."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from click.testing import Result

from community import counting, moves, transfers, upkeep
from ground import clock
from ground.errors import Conflict, Forbidden, Refused
from models import Activity, Member, TagChange, User
from tests.community.conftest import BRANCH, NOON, Office, person
from tests.world import activities
from tests.world import members as people
from tests.world.members import row

OTHER, THIRD = "水墨社区党支部", "翡翠社区党支部"
TODAY = clock.shanghai_day(NOON)
REASON = "居住地变动"
Flask = Callable[..., Result]


def many(office: Office, count: int, branch: str = BRANCH) -> list[int]:
    with office.db.session_scope() as session:
        rows = [row(f"周小{chr(0x4E00 + n)}", branch) for n in range(count)]
        return [one.id for one in people.enrol(session, rows, at=NOON)]


def move(office: Office, user: User, ids: list[int], branch: str = OTHER) -> int:
    with office.db.session_scope() as session:
        to = office.branch(session, branch).id
        return transfers.carry_out(session, user, ids, to, on=TODAY, reason=REASON, at=NOON).id


def figures(office: Office, *shown: Activity) -> list[dict[str, object]]:
    with office.db.read_scope() as session:
        return [counting.counts(session, session.get_one(Activity, one.id)).as_dict() for one in shown]


def test_thirty_move_and_no_figure_of_the_past_does(office: Office) -> None:
    first = office.bound("oOne")
    ids = [first, *many(office, 29)]
    ended = office.activity("上周的会", BRANCH, OTHER, starts=NOON - timedelta(days=7))
    running = office.activity("正在进行的会", BRANCH, OTHER, starts=NOON - timedelta(minutes=30))
    coming = office.activity("下周的会", BRANCH, OTHER, starts=NOON + timedelta(days=7))
    office.entered(ended, *ids[:5])
    user = office.user()
    before = figures(office, ended, running)
    with office.db.read_scope() as session:
        to = office.branch(session, OTHER).id
        look = transfers.look(session, user, ids, to, on=TODAY, reason=REASON, at=NOON)
        assert (len(look.people), look.by_branch, look.bound, look.staying) == (
            30,
            [("湖东社区支部", 30)],
            1,
            0,
        )
    made = move(office, user, ids)
    assert figures(office, ended, running) == before
    assert figures(office, coming)[0]["by_branch"] == [
        {"branch": BRANCH, "expected": 0, "checked_in": 0, "made_up": 0, "on_leave": 0},
        {"branch": OTHER, "expected": 30, "checked_in": 0, "made_up": 0, "on_leave": 0},
    ]
    with office.db.session_scope() as session:
        tags = session.execute(
            sa.select(TagChange.target_id, TagChange.add).where(TagChange.kind == "branch")
        )
        assert (to, True) in [tuple(one) for one in tags]
        activities.check_in(session, "oOne", session.get_one(Activity, running.id), at=NOON)
    after = figures(office, running)[0]["by_branch"]
    assert isinstance(after, list)
    assert [one["checked_in"] for one in after] == [1, 0]  # for the branch that expected them
    with office.db.session_scope() as session:
        assert transfers.take_back(session, user, made, at=NOON + timedelta(hours=1)) == 30
        lines = moves.history(session, first)
        assert [one.target and one.target.name for one in lines] == [BRANCH, OTHER]
        with pytest.raises(Conflict, match="已经撤回"):
            transfers.take_back(session, user, made, at=NOON)
    assert figures(office, ended) == before[:1]


def test_a_batch_in_which_somebody_moved_again_stays_and_says_so(sqlite_office: Office) -> None:
    office = sqlite_office
    user, ids = office.user(), many(office, 3)
    made = move(office, user, ids)
    move(office, user, ids[:1], THIRD)
    with office.db.session_scope() as session:
        upkeep.leave(session, user, ids[1], on=TODAY, reason=REASON, at=NOON)
        assert transfers.get(session, user, made).touched == 2
        with pytest.raises(Conflict, match="其中 2 人之后又有变动"):
            transfers.take_back(session, user, made, at=NOON)
        assert (
            session.scalars(sa.select(Member.branch_id).where(Member.id == ids[2])).one()
            == office.branch(session, OTHER).id
        )


def test_who_may_move_whom_and_what_it_needs(sqlite_office: Office) -> None:
    office = sqlite_office
    user, ids = office.user(), many(office, 2)
    secretary = office.user("secretary", BRANCH)
    with office.db.session_scope() as session:
        here, there = office.branch(session).id, office.branch(session, OTHER).id
        refused: tuple[tuple[Collection[int], int, date, str, str], ...] = (
            (ids, there, TODAY + timedelta(days=1), REASON, "日期不能晚于今天"),
            (ids, there, TODAY - timedelta(days=91), REASON, "日期不能早于 90 天前"),
            (ids, there, TODAY, "搬", "请写明转移的事由"),
            (ids, there, TODAY, "周小一搬家了", "请不要写党员的姓名"),
            (ids, here, TODAY, REASON, "都已在湖东社区支部"),
            (ids, 4711, TODAY, REASON, "请选择转入的党支部"),
            ([], there, TODAY, REASON, "请先勾选"),
            (range(1, 502), there, TODAY, REASON, "一次最多转移 500 人"),
        )
        for whom, to, on, reason, said in refused:
            with pytest.raises(Refused, match=said):
                transfers.carry_out(session, user, whom, to, on=on, reason=reason, at=NOON)
        with pytest.raises(Forbidden):
            transfers.carry_out(session, secretary, ids, there, on=TODAY, reason=REASON, at=NOON)
        upkeep.leave(session, user, ids[0], on=TODAY, reason=REASON, at=NOON)
        with pytest.raises(Conflict, match="的党员已不在册"):
            transfers.carry_out(session, user, ids, there, on=TODAY, reason=REASON, at=NOON)


def test_a_pasted_list_is_read_by_name_number_or_both(sqlite_office: Office) -> None:
    office = sqlite_office
    user = office.user()
    with office.db.session_scope() as session:
        lines = [
            row("张小三", BRANCH, "19900021111"),
            row("张小三", OTHER, "19900022222"),
            row("李四", BRANCH, "19900023333"),
        ]
        first, second, third = [one.id for one in people.enrol(session, lines, at=NOON)]
        pasted = "张小三 1111\n19900022222\n李 四\n张小三\n王五\n\n李四"
        found = transfers.named(session, user, pasted)
        assert sorted(set(found.ids)) == sorted([first, second, third])
        assert (found.several, found.unknown) == (["张小三"], ["王五"])
        table = f"1\t张小三\t男\t{OTHER}\t199-0002-2222\n2\t李四\t女\t湖东社区支部\t+86 19900023333\n3\t张小三\t{BRANCH}"
        rows = transfers.named(session, user, table)
        assert (rows.ids, rows.several, rows.unknown) == ([second, third, first], [], [])
        listed = "1、张小三 199-0002-1111\n2. 李四 3333\n１９９０００２２２２２"
        assert transfers.named(session, user, listed).ids == [first, third, second]


def test_the_command_shows_first_then_moves_and_takes_back(office: Office, flask: Flask) -> None:
    user, ids = office.user(), many(office, 2)
    asked = ("member", "transfer", *ids, "--to", OTHER, "--reason", REASON, "--as", user.username)
    assert "将有 2 人转入水墨社区支部" in flask(*asked, "--dry-run").stdout
    done = json.loads(flask(*asked, "--json").stdout)
    assert done["people"] == 2
    assert (
        "2 人回到原来的党支部" in flask("member", "takeback", done["transfer"], "--as", user.username).stdout
    )


def test_an_import_says_before_it_takes_back_what_was_done_by_hand(sqlite_office: Office) -> None:
    office, user = sqlite_office, sqlite_office.user()
    rows = [person(name, f"1990002000{n}") for n, name in enumerate(("张小三", "李小四", "王小五"))]
    office.import_people(rows)
    with office.db.read_scope() as session:
        ids = list(session.scalars(sa.select(Member.id).order_by(Member.id)))
    move(office, user, ids[:2])
    with office.db.session_scope() as session:
        upkeep.leave(session, user, ids[2], on=TODAY, reason="组织关系转往外地", at=NOON)
    assert [one.reason for one in office.plan_of_rows(rows).warnings] == [
        "有 1 人（第 4 行）曾移出名册，将恢复在册，如不应恢复请先从文件中删去",
        "有 2 人（第 2、3 行）将从“水墨社区支部”转到“湖东社区支部”（2026-09-20 由人工转移），如不应转回请先修改文件中的党支部",
    ]
    office.import_people(rows)
    assert office.plan_of_rows(rows).warnings == []
    (one,) = office.plan_of_rows([person("张小三", "19900020000", OTHER)]).warnings
    assert "由人工转移" not in one.reason, "the file put them there"
