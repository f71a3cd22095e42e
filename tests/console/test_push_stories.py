"""Stories of pushes by clicks, the good way and the bad: whom, when, a power cut, the night. Real servers, Chromium."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

import runtime
from accounts import users
from content import columns
from tests.fixtures.browser import Windows
from tests.fixtures.live import PASSWORD, Live
from tests.fixtures.processes import Spawn, eventually
from tests.fixtures.screens import fits
from tests.world import accounts, articles, followers, members, places

pytestmark = pytest.mark.browser

ONE, TWO = "桂花一网格", "桂花二网格"
LONELY = "桂花三网格"
HOMES = {"第一党支部": [ONE] * 5 + [TWO] * 3, "第二党支部": [ONE] * 4 + [TWO] * 2, "第三党支部": [LONELY]}
TITLES = ("两个支部的消息", "改期的消息", "停电那天的消息", "夜里的消息", "不能等的消息")
STORM, FORGOTTEN = "暴雨红色预警：低洼处居民请立即转移", "今晚停电抢修通知"
WHY = ("暴雨红色预警，等不到明天上班", "已电话请示街道值班领导")
SEND = "/cgi-bin/message/mass/send"


class Town:
    """An office on real servers; ``who`` lists followers by branch and grid."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.who: dict[tuple[str, str], list[str]] = {}

    def furnish(self) -> None:
        """People, places and articles, straight into the database before the product runs."""
        parts = runtime.build(self.live.settings)
        hashed = users.hash_password(PASSWORD)
        with parts.db.session_scope() as session:
            columns.ensure_defaults(session)
            places.branches(session, *HOMES, grids=[ONE, TWO, LONELY])
            reviewers = [(name, "reviewer") for name in accounts.REVIEWERS]
            for name, role in (("bianji", "editor"), ("guanli", "admin"), *reviewers):
                accounts.account(session, name, role, password_hash=hashed)
            for branch, grids in HOMES.items():
                openids = self.live.control("followers", {"count": len(grids)})["openids"]
                rows = [members.row("党员", branch, grid=grid) for grid in grids]
                followers.bind_all(session, openids, members.enrol(session, rows))
                for openid, grid in zip(openids, grids, strict=True):
                    self.who.setdefault((branch, grid), []).append(openid)
        for title in (*TITLES, STORM, FORGOTTEN):
            status = "approved" if title in TITLES else "draft"
            articles.article(
                parts.db, parts.settings.data_dir, title, column="study", status=status, cover_square=400
            )
        parts.close()

    def of(self, *branches: str, grid: str = "") -> list[str]:
        """The followers of these branches, in one grid or in all."""
        found = [
            one for (branch, home), some in self.who.items() if branch in branches and grid in ("", home)
            for one in some
        ]  # fmt: skip
        return sorted(found)

    def it_is(self, moment: str) -> None:
        """Set the one clock, in Shanghai's time."""
        self.live.control("clock", {"at": f"{moment}+08:00"})

    def received(self, since: int) -> list[str]:
        """Who has received a mass message after the first ``since``."""
        return sorted(one["openid"] for one in self.live.receipts()[since:])


@pytest.fixture(scope="module")
def town(spawn_module: Spawn, module_sqlite_url: str, tmp_path_factory: pytest.TempPathFactory) -> Town:
    sections: dict[str, dict[str, Any]] = {
        "limits": {"quiet_hours": "22:00-07:00", "session_idle_minutes": 100_000, "session_hours": 2_000},
        "system": {"tick_s": 0.2},
        "wechat.limits": {"mass_max_openids": 3, "mass_batch_gap_s": 1.0, "mass_repeat_gap_s": 1.0},
    }
    live = Live(spawn_module, tmp_path_factory.mktemp("stories"), module_sqlite_url, **sections)
    live.start_sandbox()
    made = Town(live)
    made.it_is("2026-11-24T10:00:00")
    live.control("settings", {"mass_retry_gap_s": 0.5, "job_finish_delay_s": 0.5})
    made.furnish()
    live.start_serve()
    return made


def enter(windows: Windows, town: Town, username: str = "bianji", *, on_phone: bool = False) -> Page:
    """A desk, or a phone, at which this person is signed in."""
    page = windows.phone() if on_phone else windows.desk()
    page.goto(f"{town.live.url}/console/")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="工作台")).to_be_visible()
    return page


def begin(page: Page, town: Town, title: str, *branches: str) -> None:
    """The form of a new push, with an article and perhaps branches chosen."""
    page.goto(f"{town.live.url}/console/pushes/new")
    page.get_by_role("checkbox", name=re.compile(title)).check()
    if branches:
        page.get_by_label("选择范围").check()
        for branch in branches:
            page.get_by_label(branch, exact=True).check()


def confirm(page: Page, button: str, *, twice: bool = False) -> None:
    """Press the button, and the one of the dialog that it opens."""
    page.get_by_role("button", name=button).first.click()
    ok = page.locator("#confirm.show").get_by_role("button", name=button, exact=True)
    expect(ok).to_be_focused()
    ok.dblclick() if twice else ok.click()


def stands(page: Page, state: str) -> None:
    """The push's page says so, by itself."""
    expect(page.locator("#live .heading")).to_contain_text(state, timeout=40_000)


def test_two_branches_minus_one_grid(town: Town, windows: Windows) -> None:
    page, before = enter(windows, town), len(town.live.receipts())
    begin(page, town, TITLES[0], "第一党支部", "第二党支部")
    expect(page.locator("#count")).to_contain_text("预计 14 人收到")
    page.get_by_text("限定范围，或除去一部分人").click()
    page.locator("#without").fill("网格：没有的网格")
    page.locator("#without").blur()
    expect(page.locator("#count")).to_contain_text("没有网格“没有的网格”")  # the bad way: a name that is none
    page.locator("#without").fill(f"网格：{ONE}")
    page.locator("#without").blur()
    expect(page.locator("#count")).to_contain_text("预计 5 人收到")
    page.get_by_role("button", name="下一步").click()
    expect(page.locator("dl.pairs")).to_contain_text(f"第一党支部、第二党支部（除去{ONE}）")
    expect(page.locator("dl.pairs")).to_contain_text(f"除去{ONE}后 5 人")
    confirm(page, "确定推送", twice=True)
    stands(page, "已发布")
    assert town.received(before) == town.of("第一党支部", "第二党支部", grid=TWO)
    page.goto(f"{town.live.url}/console/pushes?q={TITLES[0]}")
    expect(page.locator("tbody tr")).to_have_count(1)  # pressed twice, made once


def test_one_person_alone_is_explained_before_anything_is_made(town: Town, windows: Windows) -> None:
    page = enter(windows, town)
    begin(page, town, TITLES[1], "第三党支部")
    expect(page.locator("#count")).to_contain_text("只有一人，群发接口至少需要两人")
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("button", name="确定推送")).to_be_disabled()


def test_an_article_is_seen_on_a_phone_before_it_goes_out(town: Town, windows: Windows) -> None:
    (openid,) = town.live.control("followers", {"count": 1, "nickname": "laowang"})["openids"]
    page, before = enter(windows, town), len(town.live.receipts())
    page.goto(f"{town.live.url}/console/articles?q={TITLES[0]}")
    page.get_by_role("link", name=TITLES[0]).first.click()
    page.get_by_label("接收人的微信号").fill("laowang meiyouzheren")
    page.get_by_role("button", name="发送预览").click()
    expect(page.locator("#notices")).to_contain_text("已发到 1 个微信")
    expect(page.locator(".alert-warning").first).to_contain_text("meiyouzheren：没有找到这个微信号")
    assert [one["openid"] for one in town.live.receipts("preview")] == [openid]
    assert town.received(before) == []


def test_a_push_is_put_off_paused_and_let_go_on_and_two_people_do_it_once(
    town: Town, windows: Windows
) -> None:
    page, before = enter(windows, town), len(town.live.receipts())
    begin(page, town, TITLES[1], "第一党支部")
    page.get_by_label("定时推送").check()
    page.get_by_label("推送时间").fill("2026-11-20T09:00")
    page.get_by_role("button", name="下一步").click()
    expect(page.locator(".alert-danger")).to_contain_text("推送时间已经过去")
    expect(page.get_by_role("checkbox", name=re.compile(TITLES[1]))).to_be_checked()  # nothing typed is lost
    page.get_by_label("推送时间").fill("2026-11-25T02:00")
    page.get_by_role("button", name="下一步").click()
    expect(page.locator("dl.pairs")).to_contain_text("2026年11月25日 07:00（落在免打扰时段，已顺延）")
    confirm(page, "确定排期")
    stands(page, "已排期")
    page.get_by_label("新的推送时间").fill("2026-11-25T19:00")
    page.get_by_role("button", name="改期").click()
    expect(page.locator(".heading .under")).to_contain_text("2026年11月25日 19:00")
    other = enter(windows, town, "guanli")
    other.route("**/live*", lambda route: route.abort())  # a page that nobody has looked at for a while
    other.goto(page.url)
    page.get_by_role("button", name="暂停").click()
    stands(page, "已暂停")
    other.get_by_role("button", name="暂停").click()
    expect(other.locator(".alert-danger")).to_contain_text("推送当前为“已暂停”，不能暂停")
    town.it_is("2026-11-25T19:05:00")
    page.wait_for_timeout(1500)
    assert town.received(before) == []
    confirm(page, "继续")
    stands(page, "已发布")
    assert town.received(before) == town.of("第一党支部")
    for button in ("暂停", "继续", "取消推送", "改期"):
        expect(page.get_by_role("button", name=button)).to_have_count(0)


def test_a_push_goes_on_after_a_power_cut_and_nobody_gets_it_twice(town: Town, windows: Windows) -> None:
    page, before = enter(windows, town), len(town.live.receipts())
    begin(page, town, TITLES[2], "第一党支部", "第二党支部")
    town.live.control("faults", [{"path": SEND, "kind": "slow:1", "count": 20}])
    page.get_by_role("button", name="下一步").click()
    confirm(page, "确定推送")
    stands(page, "发布中")
    eventually(lambda: town.received(before), timeout_s=30)
    assert town.live.serving is not None
    town.live.serving.kill_all()
    assert len(town.received(before)) < 14
    town.live.start_serve()
    page.reload()
    stands(page, "已发布")
    assert town.received(before) == town.of("第一党支部", "第二党支部")
    shown = page.locator(".figure-box", has=page.get_by_text("已送达", exact=True))
    expect(shown).to_contain_text("14")


def test_at_night_only_an_emergency_goes_and_only_when_a_second_person_agrees(
    town: Town, windows: Windows
) -> None:
    town.it_is("2026-11-26T23:40:00")
    page, before = enter(windows, town), len(town.live.receipts())
    begin(page, town, TITLES[3], "第一党支部")
    page.get_by_role("button", name="下一步").click()
    expect(page.locator("dl.pairs")).to_contain_text("2026年11月27日 07:00（落在免打扰时段，已顺延）")
    confirm(page, "确定排期")
    stands(page, "已排期")
    waiting = page.url
    begin(page, town, TITLES[4], "第二党支部")
    page.locator("#urgent").fill("急")
    page.get_by_role("button", name="下一步").click()
    expect(page.locator(".alert-danger")).to_contain_text("请写明为什么不能等到免打扰时段结束")
    page.locator("#urgent").fill("今夜暴雨，请低洼处居民转移")
    page.get_by_role("button", name="下一步").click()
    confirm(page, "提交紧急推送")
    stands(page, "待确认")
    expect(page.get_by_role("button", name="同意发送")).to_have_count(0)
    town.it_is("2026-11-27T00:15:00")
    page.wait_for_timeout(1500)
    assert town.received(before) == []
    boss = enter(windows, town, "guanli")
    boss.goto(page.url)
    confirm(boss, "同意发送")
    stands(boss, "已发布")
    assert town.received(before) == town.of("第二党支部")
    town.it_is("2026-11-27T07:00:30")
    page.goto(waiting)
    stands(page, "已发布")
    assert town.received(before) == town.of("第一党支部", "第二党支部")


def hand_in(page: Page, town: Town, title: str) -> None:
    """The editor submits a draft."""
    page.goto(f"{town.live.url}/console/articles?q={title}")
    page.get_by_role("link", name=title).first.click()
    confirm(page, "提交审核")
    expect(page.locator("#notices")).to_contain_text("已提交一审")


def sign(page: Page, town: Town, title: str, why: str, answer: str) -> None:
    """A reviewer finds it on the own list and signs for it; whoever is second finds the form open."""
    page.goto(f"{town.live.url}/console/reviews")
    page.get_by_role("link", name=title).first.click()
    reason = page.get_by_label("紧急签发的理由")
    if not reason.is_visible():
        page.get_by_text("来不及逐级审核时").click()
    reason.fill(why)
    fits(page)
    page.get_by_role("button", name=re.compile("^签发")).click()
    page.locator("#confirm.show").get_by_role("button", name="签发", exact=True).click()
    expect(page.locator("#notices")).to_contain_text(answer)


def waiting_for(page: Page, title: str) -> Locator:
    """The line of the desk's 我的待办 that is about this article."""
    return page.locator(".todo-line", has_text=title)


def make_up(page: Page, town: Town, title: str, act: str, answer: str) -> None:
    """A reviewer does the review that was left out, from the desk on."""
    page.goto(f"{town.live.url}/console/")
    expect(waiting_for(page, title)).to_contain_text(f"待补{act}")
    waiting_for(page, title).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    fits(page)
    page.get_by_role("button", name="通过").filter(visible=True).click()
    page.locator("#confirm.show").get_by_role("button", name="通过", exact=True).click()
    expect(page.locator("#notices")).to_contain_text(answer)


def test_an_emergency_at_night_goes_out_by_two_and_two_and_its_reviews_follow_or_stay_red(
    town: Town, windows: Windows
) -> None:
    town.it_is("2026-12-01T22:40:00")
    editor, before = enter(windows, town), len(town.live.receipts())
    for title in (STORM, FORGOTTEN):
        hand_in(editor, town, title)
    # Two who had no part in it stand for the three reviews: one at a desk, one in bed with a phone.
    first, second = enter(windows, town, "first"), enter(windows, town, "second", on_phone=True)
    for title in (STORM, FORGOTTEN):
        sign(first, town, title, WHY[0], "您已签发，另一位审核员签发后生效")
        sign(second, town, title, WHY[1], "已紧急签发，可以排队或推送，请在 24 小时内补审")
    # The push of both has a reason of its own, and a second person of its own.
    begin(editor, town, STORM, "第二党支部")
    editor.get_by_role("checkbox", name=re.compile(FORGOTTEN)).check()
    editor.locator("#urgent").fill(WHY[0])
    editor.get_by_role("button", name="下一步").click()
    confirm(editor, "提交紧急推送")
    stands(editor, "待确认")
    boss = enter(windows, town, "guanli", on_phone=True)
    boss.goto(f"{town.live.url}/console/pushes?q={STORM}")
    boss.get_by_role("link", name=STORM).first.click()
    expect(boss.locator("main")).to_contain_text(WHY[0])
    fits(boss)
    confirm(boss, "同意发送")
    stands(boss, "已发布")
    assert town.received(before) == town.of("第二党支部")
    # The next morning the reviews of one of them are made up for, by three.
    town.it_is("2026-12-02T08:30:00")
    third = enter(windows, town, "third", on_phone=True)
    make_up(third, town, STORM, "一审", "已补审，还须补二审、三审")
    make_up(first, town, STORM, "二审", "已补审，还须补三审")
    make_up(second, town, STORM, "三审", "已全部补审")
    town.it_is("2026-12-02T23:00:00")
    editor.goto(f"{town.live.url}/console/articles?q={STORM}")
    expect(editor.locator("tbody tr").first).to_contain_text("紧急签发，已补审")
    expect(editor.locator("tbody .state-danger")).to_have_count(0)
    # Nobody did the other's: it is red on the desk, in the list and on its page, until somebody does.
    editor.goto(f"{town.live.url}/console/")
    late = waiting_for(editor, FORGOTTEN)
    expect(late.locator(".state-danger")).to_contain_text("一审、二审、三审逾期未补")
    late.get_by_role("link").click()
    expect(editor.locator(".alert-danger")).to_contain_text("前补审，请尽快补审")
    editor.goto(f"{town.live.url}/console/articles?mark=late")
    expect(editor.locator("tbody tr")).to_have_count(1)
    expect(editor.locator("tbody .state-danger")).to_contain_text("逾期未补")
    third.goto(f"{town.live.url}/console/")
    expect(waiting_for(third, FORGOTTEN).locator(".state-danger")).to_contain_text("待补一审，已逾期")
