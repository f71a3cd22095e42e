"""转群包 on the phone: what is to be passed on, in two taps, to whom it is meant for and nobody else; and 已转发."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from html import unescape

import pytest
import sqlalchemy as sa
import zxingcpp
from PIL import Image

from localwechat.testing import SandboxControl
from models import Branch, Kit, Member
from scheduler import kits, marks
from tests.inbound.conftest import OPENID
from tests.reader.conftest import ROOT, Place
from tests.reader.test_my_data import known_to_wechat, link_in
from tests.world import articles
from tests.world import kits as made


@dataclass
class Forwarding:
    """张三 passes things on to two groups of the first branch; one article waits for each."""

    place: Place
    openid: str
    push_id: int
    article: int

    def tokens(self) -> list[str]:
        with self.place.runtime.db.read_scope() as session:
            return [one.token for one in made.of_push(session, self.push_id)]

    def said(self) -> list[bool]:
        with self.place.runtime.db.read_scope() as session:
            return [one.forwarded_at is not None for one in made.of_push(session, self.push_id)]


def furnished(place: Place, openid: str, *groups: str) -> Forwarding:
    known_to_wechat(place, openid, "张三")
    runtime = place.runtime
    article = articles.article(
        runtime.db, runtime.settings.data_dir, "小院议事会", column="news", status="published"
    )
    with runtime.db.session_scope() as session:
        branch = session.get_one(Branch, place.office.branches[0])
        ids = [made.group(session, branch, name, openid).id for name in groups]
    return Forwarding(place, openid, made.laid(runtime, ids, article), article)


@pytest.fixture
def forwarding(place: Place, sandbox: SandboxControl) -> Forwarding:
    (openid,) = sandbox.followers(1)
    return furnished(place, openid, "学习群")


@pytest.fixture
def two_groups(place: Place, sandbox: SandboxControl) -> Forwarding:
    (openid,) = sandbox.followers(1)
    return furnished(place, openid, "学习群", "值班群")


def test_the_page_has_the_text_the_poster_and_the_link(forwarding: Forwarding) -> None:
    place = forwarding.place
    door = link_in(place.phone.say(forwarding.openid, "待转发").text)
    assert door == "/m/me/kits"
    reader = place.reader(forwarding.openid)
    listed = reader.get(door)
    assert "小院议事会" in listed
    assert "第一党支部·学习群" in listed
    (token,) = forwarding.tokens()
    page = unescape(reader.get(f"/m/me/kits/{token}"))
    link = f"{ROOT}/m/a/{forwarding.article}?f="
    text = re.search(r"<textarea[^>]*>([^<]+)</textarea>", page)
    assert text is not None
    assert text[1].startswith("【先锋动态】小院议事会\n")
    assert link in text[1]
    poster = place.app.test_client().get(f"/m/kit/{token}/1.png")  # as WeChat fetches a picture that is saved
    assert poster.mimetype == "image/png"
    assert "private" in poster.headers["Cache-Control"]
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(poster.data)).convert("L"))
    assert code.text in text[1], "both lead to the same page"
    mark = marks.read(code.text.rpartition("?f=")[2])
    assert mark == marks.Mark(forwarding.push_id, "kit", place.office.branches[0])


def test_said_on_the_page_or_in_the_chat_it_is_noted_once(forwarding: Forwarding) -> None:
    place = forwarding.place
    reader = place.reader(forwarding.openid)
    (token,) = forwarding.tokens()
    reader.get(f"/m/me/kits/{token}")
    assert "已记下，谢谢您" in reader.post(f"/m/me/kits/{token}").text
    with place.runtime.db.read_scope() as session:
        first = session.scalars(sa.select(Kit.forwarded_at)).one()
    assert place.phone.say(forwarding.openid, "已转发").text == "已经记过了，谢谢您"
    reader.post(f"/m/me/kits/{token}")
    with place.runtime.db.read_scope() as session:
        assert session.scalars(sa.select(Kit.forwarded_at)).one() == first
        assert kits.counts(session, forwarding.push_id) == (1, 1)


def test_of_several_the_account_asks_which(two_groups: Forwarding) -> None:
    phone, openid = two_groups.place.phone, two_groups.openid
    asked = phone.say(openid, "转发好了").text
    assert (
        asked
        == "是哪一份？请回复数字\n1. 《小院议事会》→ 第一党支部·值班群\n2. 《小院议事会》→ 第一党支部·学习群"
    )
    assert two_groups.said() == [False, False]
    assert "1 到 2" in phone.say(openid, "5").text
    assert "转到“第一党支部·学习群”，谢谢您" in phone.say(openid, "2").text
    assert two_groups.said() == [True, False]
    assert "转到“第一党支部·值班群”，谢谢您" in phone.say(openid, "已转发").text
    assert two_groups.said() == [True, True]


def test_it_is_nobody_elses(forwarding: Forwarding, sandbox: SandboxControl) -> None:
    place = forwarding.place
    (token,) = forwarding.tokens()
    (other,) = sandbox.followers(1)
    known_to_wechat(place, other, "王芳")
    stranger = place.reader(other)
    assert "小院议事会" not in stranger.get("/m/me/kits")
    assert "没有这份转群包" in stranger.get(f"/m/me/kits/{token}", 404)
    stranger.get("/m/me")
    assert "没有这份转群包" in stranger.post(f"/m/me/kits/{token}", 404).text
    assert forwarding.said() == [False]
    assert place.phone.say(other, "待转发").text == "现在没有等您转发的内容"
    assert place.phone.say(other, "已转发").text == "现在没有等您转发的内容"
    assert place.app.test_client().get("/m/kit/nobody-guesses-this/1.png").status_code == 404
    assert place.app.test_client().get(f"/m/kit/{token}/2.png").status_code == 404


def test_where_wechat_does_not_tell_who_reads_a_link_from_the_chat_opens_them(
    small_place: Place, sandbox: SandboxControl
) -> None:
    forwarding = furnished(small_place, OPENID, "学习群")
    reply = small_place.phone.say(OPENID, "转群包").text
    assert "只能打开一次" in reply
    door = link_in(reply)
    reader = small_place.reader(OPENID)
    assert "打开转群包" in reader.get(door)
    assert "小院议事会" in reader.post(door).text
    assert "请在公众号回复“待转发”" in small_place.reader("").get(f"/m/me/kits/{forwarding.tokens()[0]}")


def test_no_address_of_it_holds_anything_of_a_person(forwarding: Forwarding) -> None:
    reader = forwarding.place.reader(forwarding.openid)
    (token,) = forwarding.tokens()
    page = unescape(reader.get("/m/me/kits") + reader.get(f"/m/me/kits/{token}"))
    addresses = re.findall(r'(?:href|src|action)="([^"]+)"', page) + re.findall(r"https?://[^\s<\"]+", page)
    assert any("?f=" in one for one in addresses)
    with forwarding.place.runtime.db.read_scope() as session:
        branch = forwarding.place.office.branches[0]
        link = marks.text_of(marks.Mark(forwarding.push_id, "kit", branch))
        theirs = session.scalars(sa.select(Member).where(Member.name == "张三")).one()
        secrets = [forwarding.openid, theirs.name, theirs.phone or "", (theirs.phone_index or b"").hex()]
    for address in addresses:
        assert not any(one in address for one in secrets)
        assert "?f=" not in address or address.endswith(f"?f={link}"), "push, road, branch and nothing else"
