"""A secretary's evening: the list, a pasted sheet, corrections, the one reminder; and what the branch may want to look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from community import answering, arriving, hand_list, screen_codes, screens
from ground import clock
from ground.found_by_sound import is_meant
from models import Activity, AuditEntry, Branch, CheckIn, CheckInScreen, Follower, Member, Push, Telling
from tests.console.conftest import Office, text_of
from tests.world import accounts, activities, followers, members

NAMES = ("张三丰", "李四光", "王五洲", "单田芳", "欧阳娜", "曾国强", "王五洲")


def meeting(office: Office, *, hours: float = 2, **more: Any) -> int:
    """An activity of the secretary's branch, open for an hour already."""
    with office.parts.db.session_scope() as session:
        branch = session.get_one(Branch, office.branch_id)
        return activities.activity(session, "支部党员大会", branches=[branch], hours=hours, **more).id


def people(office: Office, names: Sequence[str] = NAMES) -> list[int]:
    """Members of the branch."""
    with office.parts.db.session_scope() as session:
        branch = session.get_one(Branch, office.branch_id)
        return [members.member(session, name, branch).id for name in names]


def records(office: Office) -> list[tuple[int, str, bool]]:
    """(member, way, made up) of every check-in."""
    with office.parts.db.read_scope() as session:
        rows = session.execute(
            sa.select(CheckIn.member_id, CheckIn.via, CheckIn.made_up).order_by(CheckIn.id)
        )
        return [(row[0], row[1], row[2]) for row in rows]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", {0, 1, 2, 3, 4, 5, 6}), ("三丰", {0}), ("zsf", {0}), ("lisiguang", {1}), ("lisg", {1}), ("WWZ", {2, 6}),
        ("shan", {3}), ("dan", {3}), ("oyn", {4}), ("zeng", {5}), ("zg", {5}), ("xyz", set()), ("阿", set()),
    ],
)  # fmt: skip
def test_a_few_letters_find_a_name(words: str, found: set[int]) -> None:
    assert {number for number, name in enumerate(NAMES) if is_meant(name, words)} == found


def test_a_secretary_ticks_who_is_there_and_takes_a_mistake_back(office_anywhere: Office) -> None:
    office = office_anywhere
    ids = people(office)
    number = meeting(office)
    desk = office.desk("secretary")
    where = f"/branch/{office.branch_id}/activities/{number}"
    page = desk.get(f"{where}/list?q=zsf")
    assert "张*丰" in page
    assert "李*光" not in page
    assert "张三丰" not in page
    assert "单*芳" in desk.get(f"{where}/list?q=shan")
    assert "已登记 2 人" in desk.follow(desk.post(f"{where}/list", {"member": [str(ids[0]), str(ids[1])]}))
    assert records(office) == [(ids[0], "list", False), (ids[1], "list", False)]
    assert "1 人原已签到" in desk.follow(desk.post(f"{where}/list", {"member": [str(ids[0]), str(ids[2])]}))
    with office.parts.db.read_scope() as session:
        wrong = session.scalars(sa.select(CheckIn.id).where(CheckIn.member_id == ids[1])).one()
    refused = desk.post(f"{where}/records/{wrong}/take-back", {"reason": ""}, 422)
    assert "请写明撤回的原因" in text_of(refused)
    assert "请不要写党员的姓名" in text_of(
        desk.post(f"{where}/records/{wrong}/take-back", {"reason": "不是李四光"}, 422)
    )
    back = desk.follow(desk.post(f"{where}/records/{wrong}/take-back", {"reason": "勾错了人"}))
    assert "已撤回 李*光 的签到" in back
    assert "撤回 李*光" in back, "the trace, on the page itself"
    assert "勾错了人" in back
    assert [one[0] for one in records(office)] == [ids[0], ids[2]]
    with office.parts.db.read_scope() as session:
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "checkin.take_back")).one()
        assert entry.subject == f"activity:{number}"
        assert (entry.detail["member"], entry.detail["via"]) == (ids[1], "书记登记")
    assert "刷新后查看" in text_of(
        desk.post(f"{where}/records/{wrong}/take-back", {"reason": "再撤一次"}, 404)
    )
    assert "已登记 1 人" in desk.follow(desk.post(f"{where}/list", {"member": [str(ids[1])]})), "ticked again"
    audit = office.desk("admin").get("/console/audit?action=checkin")
    assert "撤回登记" in audit


def test_a_list_outside_the_window_says_what_to_do_instead(office: Office) -> None:
    (one,) = people(office, NAMES[:1])
    over = meeting(office, starts=clock.now() - timedelta(hours=3), hours=1)
    where = f"/branch/{office.branch_id}/activities/{over}/list"
    desk = office.desk("secretary")
    assert "不在签到时间内" in desk.get(where)
    assert "补录签到" in text_of(desk.post(where, {"member": [str(one)]}, 409))
    to_come = meeting(office, starts=clock.now() + timedelta(hours=1))
    refused = desk.post(f"/branch/{office.branch_id}/activities/{to_come}/list", {"member": [str(one)]}, 409)
    assert "还没有开始" in text_of(refused)
    assert records(office) == []


def test_a_pasted_sheet_ticks_whom_it_names_and_says_whom_it_does_not(office: Office) -> None:
    ids = people(office)
    number = meeting(office)
    desk = office.desk("secretary")
    where = f"/branch/{office.branch_id}/activities/{number}/record"
    desk.get(where)
    sheet = "序号\t姓名\t电话\n1\t张三丰\t13800000000\n2. 李　四光\n王五洲、赵不在；单田芳\n单田芳"
    page = desk.post(f"{where}/pasted", {"names": sheet}, 200).text
    said = text_of_page(page)
    assert "已勾选 3 人" in said
    assert "名单中没有：赵不在" in said
    assert "名单中有同名：王五洲" in said
    assert "重复：单田芳" in said
    assert records(office) == [], "nothing is recorded before it is confirmed"
    for member_id in (ids[0], ids[1], ids[3]):
        assert f'value="{member_id}"\n              checked' in page
    ticked = [str(ids[0]), str(ids[1]), str(ids[3])]
    assert "已补录 3 人" in desk.follow(desk.post(where, {"member": ticked, "reason": "纸质签到表补录"}))
    assert records(office) == [(one, "paper", True) for one in (ids[0], ids[1], ids[3])]
    assert "没有看到姓名" in text_of(desk.post(f"{where}/pasted", {"names": "1 2 3"}, 422))


def text_of_page(page: str) -> str:
    """The words of a page."""
    return " ".join(page.split())


def test_names_are_found_in_whatever_was_copied() -> None:
    sheet = "1\t张三\t13812345678\n2. 李　四\n3、王 五\n赵六，钱七、孙八; 周九 吴十\n欧阳娜娜 19900001234\n阿依古丽·买买提"
    assert hand_list.names_in(sheet) == [
        "张三", "李四", "王五", "赵六", "钱七", "孙八", "周九", "吴十", "欧阳娜娜", "阿依古丽·买买提",
    ]  # fmt: skip


def test_the_branch_reminds_once_those_who_have_not_answered(office_anywhere: Office) -> None:
    office = office_anywhere
    ids = people(office, NAMES[:5])
    openids = [f"oEvening{number:020d}" for number in range(4)]  # the fifth has no WeChat
    with office.parts.db.session_scope() as session:
        found = [session.get_one(Member, one) for one in ids[:4]]
        followers.bind_all(session, openids, found)
    number = meeting(office)
    with office.parts.db.session_scope() as session:
        activity = session.get_one(Activity, number)
        activities.check_in(session, openids[0], activity)
        activities.on_leave(session, openids[1], activity, reason="出差")
        session.execute(
            sa.update(Follower).where(Follower.openid == openids[2]).values(muted_columns="reminder")
        )
    desk = office.desk("secretary")
    home = f"/branch/{office.branch_id}/"
    page = desk.get(home)
    assert "3 人中绑定微信的" in page, "one is in, one on leave"
    assert "已安排提醒 1 人" in desk.follow(desk.post(f"{home}activities/{number}/remind"))
    with office.parts.db.read_scope() as session:
        (push,) = session.scalars(sa.select(Push))
        assert (push.kind, push.planned, push.activity_id) == ("activity", 1, number)
    assert "已提醒过" in desk.get(home)
    again = desk.client.post(
        f"{home}activities/{number}/remind", data={"csrf_token": desk.token}, headers={"Referer": f"http://localhost{home}"}
    )  # fmt: skip
    assert "最多提醒一次" in desk.get(again.location)
    with office.parts.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Push)) == 1


def test_what_is_odd_is_shown_to_the_branch_alone_and_changes_nothing(office: Office) -> None:
    ids = people(office, NAMES[:4])
    openids = [f"oOdd{number:024d}" for number in range(4)]
    number = meeting(office)
    with office.parts.db.session_scope() as session:
        followers.bind_all(session, openids, [session.get_one(Member, one) for one in ids])
        admin = accounts.someone(session)
        screens.start(session, admin, number, code_only=False, at=clock.now())
        screen = session.get_one(CheckInScreen, number)
        screens.stands_in(session, screen, "10.0.0.1")
        for openid, device in zip(openids, ("one phone", "one phone", "one phone", "own"), strict=True):
            follower = session.scalars(sa.select(Follower.id).where(Follower.openid == openid)).one()
            done = arriving.by_link(
                session, follower, number, screen_codes.step(clock.now()), device=device, network="10.0.0.1", at=clock.now()
            )  # fmt: skip
            assert done.kind == "recorded"
    where = f"/branch/{office.branch_id}/activities/{number}"
    page = text_of_page(office.desk("secretary").get(where))
    assert "同一部手机为 3 人签到" in page
    assert "只提示本支部，不影响签到" in page
    assert "同一网络" not in page, "all sit in the hall"
    assert "同一部手机" not in office.desk("auditor").get(f"/console/activities/{number}")
    assert len(records(office)) == 4


def test_who_asked_to_make_up_hears_what_became_of_it(office: Office) -> None:
    (one,) = people(office, NAMES[:1])
    with office.parts.db.session_scope() as session:
        followers.bind_all(session, ["oMakesUp"], [session.get_one(Member, one)])
    number = meeting(office, starts=clock.now() - timedelta(hours=3), hours=1)
    with office.parts.db.session_scope() as session:
        activities.asks_to_make_up(session, "oMakesUp", session.get_one(Activity, number), reason="当天值班")
    desk = office.desk("secretary")
    desk.get(f"/branch/{office.branch_id}/make-ups")
    desk.post(f"/branch/{office.branch_id}/make-ups/1", {"decision": "approve"})
    with office.parts.db.read_scope() as session:
        (told,) = session.scalars(sa.select(Telling))
        assert (told.openid, told.text) == ("oMakesUp", "您申请的“支部党员大会”补签已通过，记为“补签”")


def test_numbers_of_few_who_took_part_as_they_liked_are_shown_to_their_branch_alone(office: Office) -> None:
    ids = people(office, NAMES[:3])
    number = meeting(office, kind="study")
    with office.parts.db.session_scope() as session:
        activities.paper_sheet(session, session.get_one(Activity, number), ids[:2])
    desk = text_of_page(office.desk("admin").get(f"/console/activities/{number}"))
    assert "人数较少，不显示" in desk
    assert "2 <span" not in desk
    own = text_of_page(office.desk("secretary").get(f"/branch/{office.branch_id}/activities/{number}"))
    assert 'class="now">2<' in own


def test_answers_to_a_question_are_read_by_the_own_secretary_alone_and_without_names(office: Office) -> None:
    ids = people(office, NAMES[:3])
    number = meeting(office, kind="study", question="有什么启发？")
    openids = [f"oReads{number:022d}" for number in range(3)]
    said = ("少开会，电话 13912345678", "多走访", "安静的晚上读书最好")
    with office.parts.db.session_scope() as session:
        followers.bind_all(session, openids, [session.get_one(Member, one) for one in ids])
        for openid, text in zip(openids, said, strict=True):
            activities.check_in(session, openid, session.get_one(Activity, number))
            assert answering.by_reply(session, openid, number, text, at=clock.now())
    own = text_of_page(office.desk("secretary").get(f"/branch/{office.branch_id}/activities/{number}"))
    places = [own.index(one) for one in ("多走访", "安静的晚上读书最好", "少开会，电话 ****5678")]
    assert places == sorted(places), "in the order of the words"
    assert "不显示姓名" in own
    for person in ("admin", "auditor"):
        for path in (f"/branch/{office.branch_id}/activities/{number}", f"/console/activities/{number}"):
            assert "多走访" not in office.desk(person).get(path)
