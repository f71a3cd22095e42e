"""打开次数: who follows a link that went by a road is counted once a day and kept by nobody; machines are not counted."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from community import invitation
from ground import clock
from localwechat.testing import SandboxControl
from models import Branch, Delivery, Follower, LinkOpening, Member
from scheduler import link_openings, marks, planner, roads
from scheduler.marks import Mark
from scheduler.planner import Plan
from scheduler.roads import Planned, Target
from tests.inbound.conftest import OPENID, open_activity
from tests.reader.conftest import Place
from tests.reader.test_kits import Forwarding, furnished
from tests.world import pushes

WECHAT = (
    "Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.0.0 "
    "Mobile Safari/537.36 XWEB/1260059 MMWEBSDK/20240404 MicroMessenger/8.0.49.2600(0x28003137) WeChat/arm64"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "MicroMessenger/8.0.50(0x18003233) NetType/WIFI Language/zh_CN"
)


_numbers = itertools.count(1)


@dataclass
class Link:
    """A link that a kit carries, and what was counted of it."""

    forwarding: Forwarding

    @property
    def branch(self) -> int:
        return self.forwarding.place.office.branches[0]

    @property
    def mark(self) -> str:
        return marks.text_of(Mark(self.forwarding.push_id, "kit", self.branch))

    @property
    def page(self) -> str:
        return f"/m/a/{self.forwarding.article}"

    @property
    def address(self) -> str:
        return f"{self.page}?f={self.mark}"

    def phone(self) -> FlaskClient:
        """Another browser, inside WeChat, in another network."""
        made = self.forwarding.place.app.test_client()
        made.environ_base["REMOTE_ADDR"] = f"203.0.113.{next(_numbers) % 250}"
        return made

    def counted(self) -> int:
        with self.forwarding.place.runtime.db.read_scope() as session:
            return session.scalar(sa.select(sa.func.sum(LinkOpening.opens))) or 0


@pytest.fixture
def link(place: Place, sandbox: SandboxControl) -> Link:
    (openid,) = sandbox.followers(1)
    return Link(furnished(place, openid, "学习群"))


def opened(phone: FlaskClient, address: str, agent: str = WECHAT, **headers: str) -> TestResponse:
    """Follow an address to its page, as a browser does."""
    sent = {"User-Agent": agent, **{name.replace("_", "-"): value for name, value in headers.items()}}
    answer = phone.get(address, headers=sent, buffered=True)
    if answer.status_code == 302:
        answer = phone.get(answer.location, headers=sent, buffered=True)
    assert answer.status_code == 200
    return answer


def test_each_browser_counts_once_a_day_for_a_link(link: Link) -> None:
    for agent in (WECHAT, IPHONE, WECHAT):
        phone = link.phone()
        for _ in range(3):
            assert "小院议事会" in opened(phone, link.address, agent).text
    assert link.counted() == 3
    with link.forwarding.place.runtime.db.read_scope() as session:
        row = session.scalars(sa.select(LinkOpening)).one()
        kept = (row.push_id, row.road, row.branch_id, row.day)
    today = clock.shanghai_day(clock.now())
    assert kept == (link.forwarding.push_id, "kit", link.branch, today), "and nothing else is kept"


def test_on_another_day_it_counts_again(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = link.phone()
    opened(phone, link.address)
    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    opened(phone, link.address)
    assert link.counted() == 2


def test_one_visitor_who_asks_again_and_again_counts_once_in_a_while_and_is_not_remembered(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without cookies, so that each request looks like another browser's."""

    def again(times: int, address: str = "198.51.100.7", agent: str = WECHAT) -> None:
        for _ in range(times):
            client = link.forwarding.place.app.test_client(use_cookies=False)
            client.environ_base["REMOTE_ADDR"] = address
            answer = client.get(link.address, headers={"User-Agent": agent}, buffered=True)
            assert (answer.status_code, answer.location) == (302, link.page), "it opens all the same"

    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)  # a minute does not end here
    again(30)
    assert link.counted() == 1
    again(2, agent=IPHONE)  # another phone in the same network
    again(2, address="198.51.100.8")
    assert link.counted() == 3
    later = now + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    again(2)
    assert link.counted() == 4
    store = link.forwarding.place.app.extensions["pioneer.openings"].storage
    kept = repr(list(store.storage))
    assert len(store.storage) == 4
    assert not any(word in kept for word in ("198.51.100", "iPhone", "XWEB", link.mark)), (
        "nothing of the visitor"
    )
    assert max(store.expirations.values()) - time.time() <= 60


def test_what_is_passed_on_from_the_page_is_the_plain_address(link: Link) -> None:
    phone = link.phone()
    answer = phone.get(link.address + "&from=groupmessage", headers={"User-Agent": WECHAT}, buffered=True)
    assert answer.status_code == 302
    assert answer.location == f"{link.page}?from=groupmessage"
    assert "no-store" in answer.headers["Cache-Control"]
    opened(link.phone(), answer.location)  # by who got it from there
    assert link.counted() == 1
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "Path=/m/" in cookie
    assert not any(word in cookie for word in (OPENID, "张三"))


@pytest.mark.parametrize(
    ("agent", "headers"),
    [
        ("Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", {}),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", {}),
        ("facebookexternalhit/1.1", {}),
        ("curl/8.5.0", {}),
        ("python-requests/2.34", {}),
        ("Go-http-client/2.0", {}),
        ("", {}),
        (WECHAT, {"Sec_Purpose": "prefetch;prerender"}),
        (WECHAT, {"Purpose": "preview"}),
    ],
)
def test_machines_that_look_at_addresses_are_not_counted(
    link: Link, agent: str, headers: dict[str, str]
) -> None:
    opened(link.phone(), link.address, agent, **headers)
    assert link.counted() == 0


def test_neither_a_head_request_nor_a_made_up_mark_is_counted(link: Link) -> None:
    phone = link.phone()
    phone.head(link.address, headers={"User-Agent": WECHAT}, buffered=True)
    forged = link.mark[:-1] + ("0" if link.mark[-1] != "0" else "1")
    for mark in (forged, "", "x" * 300, "1-kit-1-0123456789ab", "%E4%BD%A0"):
        opened(link.phone(), f"{link.page}?f={mark}")
    assert link.counted() == 0


def test_few_openings_are_not_shown_and_cannot_be_worked_out(link: Link) -> None:
    place, push = link.forwarding.place, link.forwarding.push_id
    first, second = place.office.branches[:2]
    for number, road, branch in ((12, "kit", first), (4, "kit", second), (10, "template", None)):
        with place.runtime.db.session_scope() as session:
            for _ in range(number):
                assert link_openings.count(session, Mark(push, road, branch), at=clock.now())
    with place.runtime.db.read_scope() as session:
        found = link_openings.of_push(session, push)
    assert [(one.title, one.branch, one.opens) for one in found.rows] == [
        ("模板消息", "不分党支部", 10),
        ("转群包", "第一党支部", 12),
        ("转群包", "第二党支部", None),
    ]
    assert (found.total, found.whole) == (22, False), "a sum with it would tell the 4"
    assert found.said[0] == "链接打开 22 次（不含不足 10 次的）"


def test_a_members_own_opening_of_a_notice_counts_for_their_branch(link: Link) -> None:
    place = link.forwarding.place
    with place.runtime.db.session_scope() as session:
        activity = open_activity(session, place.office, "主题党日")
        whose = session.execute(
            sa.select(Follower.openid, Member.branch_id)
            .join(Member, Member.id == Follower.member_id)
            .where(Member.name == "王芳")
        ).one()
    openid, branch = whose
    call = Planned([openid], "关注者", Target.FOLLOWER, openids=[openid])
    made = pushes.planned(place.runtime, Plan([planner.Route(roads.of("template"), [call])], {}))
    with place.runtime.db.read_scope() as session:
        delivery = session.get_one(Delivery, made[0])
        mark = Mark(delivery.push_id or 0, "template", delivery.branch_id)
        assert session.get_one(Branch, branch).id == mark.branch_id
    opened(link.phone(), f"{invitation.path(activity)}?f={marks.text_of(mark)}")
    with place.runtime.db.read_scope() as session:
        row = session.scalars(sa.select(LinkOpening)).one()
        assert (row.push_id, row.road, row.branch_id, row.opens) == (mark.push_id, "template", branch, 1)


def test_what_cannot_be_counted_opens_all_the_same_and_is_said_in_the_log(
    link: Link, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object, **__: object) -> bool:
        raise sa.exc.OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr(link_openings, "count", fails)
    opened(link.phone(), link.address)
    assert "opening_lost" in capsys.readouterr().out
