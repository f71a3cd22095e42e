"""台账 of a month in the console and on the phone, the forms to be printed, and the year by months."""

from __future__ import annotations

import io
import re
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from accounts import audit
from community import expected, period, places
from ground import clock
from models import Activity
from tests.console.conftest import Office, text_of
from tests.world import activities, followers

LONG = "社区党员大会暨" * 8


@pytest.fixture
def held(office: Office) -> int:
    """A meeting that begins now of a branch of twelve, of whom five came, and one of another branch; the first's number."""
    with office.parts.db.session_scope() as session:
        own, other = places.branches(session)[:2]
        people = [office.member(session, f"张{number}丰") for number in "一二三四五六七八九十百千"]
        stranger = office.member(session, "訾望川", other.id)
        openids = [f"oHeld{number}" for number in range(6)]
        followers.bind_all(session, openids, [*people[:5], stranger])
        now = clock.now()
        first = activities.activity(session, "支部党员大会", branches=[own], starts=now)
        second = activities.activity(session, LONG, branches=[own, other], starts=now)
        expected.freeze_due(session, now)
        for openid in openids[:5]:
            activities.check_in(session, openid, first)
        activities.check_in(session, openids[5], second)
        return first.id


def _tables(page: str) -> list[str]:
    """The pages of paper on a page, as their words."""
    return [re.sub(r"<[^>]+>|\s+", " ", one) for one in page.split('class="leaf ')[1:]]


def test_the_committee_sees_branches_a_secretary_the_own_one_and_each_takes_the_file(
    office: Office, held: int
) -> None:
    admin, secretary = office.desk("admin"), office.desk("secretary")
    month = period.month_of(clock.now())
    page = text_of(admin.client.get("/console/ledgers"))
    assert f"各党支部{month.label}的组织生活" in page
    assert "张" not in page.replace("张*", "")
    with office.parts.db.read_scope() as session:
        own, other = places.branches(session)[:2]
    assert f"{own.label} 2 次 24 5 0 0 不到三成" in page
    one = text_of(admin.client.get(f"/console/ledgers?branch={own.id}"))
    assert "支部党员大会" in one
    assert "到会情况" not in one
    mine = text_of(secretary.client.get("/console/ledgers"))
    assert f"{own.label} {month.label}" in mine
    assert "打印到会情况" in mine
    assert "期间没有写对" in text_of(admin.client.get("/console/ledgers?period=2026-"))
    secretary.post("/console/ledgers/export", {"branch": str(other.id)}, 403)
    own_file = secretary.post("/console/ledgers/export", {}, 200)
    assert own.name in unquote(own_file.headers["Content-Disposition"])
    file = admin.post("/console/ledgers/export", {"period": month.key}, 200)
    assert f"各党支部{month.label}组织生活台账.xlsx" in unquote(file.headers["Content-Disposition"])
    assert file.headers["Cache-Control"] == "private, no-store"
    names = CalamineWorkbook.from_filelike(io.BytesIO(file.data)).sheet_names
    assert names == ["组织生活台账", "数据"]
    with office.parts.db.read_scope() as session:
        entries = audit.page(session, action="activity.export").entries
    assert [(one.detail["period"], one.detail["masked"]) for one in entries] == [(month.key, True)] * 2
    assert f"期间：{month.key}" in admin.get("/console/audit")


def test_a_secretary_has_the_ledger_in_two_taps_and_names_for_a_reason(office: Office, held: int) -> None:
    desk = office.desk("secretary")
    home = f"/branch/{office.branch_id}/"
    assert f'href="{home}ledger"' in desk.get(home)
    page = desk.get(f"{home}ledger")
    assert f'action="{home}ledger/export"' in page
    file = desk.post(f"{home}ledger/export", {"period": ""}, 200)
    people = (
        CalamineWorkbook.from_filelike(io.BytesIO(file.data))
        .get_sheet_by_name("数据（到会情况）")
        .to_python()
    )
    assert [row[3] for row in people[1:3]] == ["张*丰", "张*丰"]
    assert [row[4] for row in people[1:7]] == ["已签到"] * 5 + ["未签到"]
    printed = _tables(desk.get(f"{home}ledger/print?people=yes"))
    assert "张*丰" in printed[0]
    assert "张一丰" not in "".join(printed)
    assert "须填写事由" in desk.follow(
        desk.post(f"{home}ledger/print", {"unmask": "yes"}, headers={"Referer": f"http://localhost{home}"})
    )
    clear = desk.post(f"{home}ledger/print", {"unmask": "yes", "reason": "年终核对台账"}, 200)
    assert "张一丰" in clear.text
    assert all("本表含未脱敏信息" in one for one in _tables(clear.text))
    desk.get(f"/branch/{office.branch_id + 1}/ledger", status=403)
    desk.get(f"/branch/{office.branch_id + 1}/ledger/print", status=403)


def test_the_ledger_of_an_activity_and_its_sheet_to_sign_are_printed(office: Office, held: int) -> None:
    admin, secretary = office.desk("admin"), office.desk("secretary")
    where = f"/console/activities/{held}"
    assert f'href="{where}/print"' in admin.get(where)
    (leaf,) = _tables(admin.get(f"{where}/print"))
    assert re.search(r"序号 +姓名 +党支部 +网格 +签到时间", leaf)
    assert "第 1 页 共 1 页" in leaf
    assert "填表人（签字）" in leaf
    assert "应到 12 人，签到 5 人" in leaf
    assert "张一丰" in admin.post(f"{where}/print", {"unmask": "yes", "reason": "上级检查需要"}, 200).text
    office.desk("editor").get(f"{where}/print", status=403)
    phone = f"/branch/{office.branch_id}/activities/{held}"
    assert f'href="{phone}/sheet"' in secretary.get(phone)
    (leaf,) = _tables(secretary.get(f"{phone}/sheet"))
    assert leaf.count("张*丰") == 12
    assert "张一丰" not in leaf
    clear = secretary.post(f"{phone}/sheet", {"unmask": "yes", "reason": "打印纸质签到表"}, 200)
    assert "张一丰" in clear.text
    assert "张" not in "".join(_tables(office.desk("editor").get(f"{where}/sheet")))
    # a title that is too long for large letters
    longest = office.read(sa.select(Activity.id).where(Activity.title == LONG))
    page = admin.get(f"/console/activities/{longest}/sheet")
    assert page.count('<h2 class="long">') == 2  # each branch has its own sheet
    with office.parts.db.read_scope() as session:
        entries = audit.page(session, action="activity.export").entries
    assert [one.detail.get("reason") for one in entries] == ["打印纸质签到表", "上级检查需要"]


def test_a_year_by_months_is_drawn_beside_its_table(office: Office, held: int) -> None:
    page = office.desk("admin").get("/console/trends")
    assert page.count('class="levels"') == 17  # each branch in the office's order, and all of them
    assert "5 / 24" in text_of(office.desk("admin").client.get("/console/trends"))
    year = period.month_of(clock.now()).year
    assert f"{year}年走势" in page
    own = office.desk("secretary").get("/console/trends")
    assert own.count('class="levels"') == 1
    assert "合计" not in own
    office.desk("first").get("/console/trends", status=403)
