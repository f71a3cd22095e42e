"""The three journeys of the product, told through its commands, HTTP and the local WeChat."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests.fixtures.live import Live
from tests.fixtures.processes import eventually
from tests.journeys.office import BRANCH, DATA, approve, bind, open_office, push_now

TRUTH = json.loads((DATA / "roster.truth.json").read_text(encoding="utf-8"))
FIRST = next(person for person in TRUTH["some_valid"] if person["branch"] == BRANCH)
ALONE = "翰林社区党支部"
LAST = "观澜社区党支部"
OTHER = next(person for person in TRUTH["some_valid"] if person["branch"] == "湖西社区党支部")


@pytest.fixture(scope="module")
def office(live_module: Live) -> Live:
    return open_office(live_module)


def test_a_message_comes_in_and_is_answered(office: Live) -> None:
    (openid,) = office.control("followers", {"count": 1, "scene": "branch-1"})["openids"]
    for text in ("你好", "学习园地", "🙂", "   ", "<script>alert(1)</script>", "长" * 1500):
        answer = office.control("say", {"openid": openid, "text": text})
        assert answer["tries"] == 1
        assert answer["status"] == 200
        assert answer["reply"] is not None, text
        assert answer["reply"]["ToUserName"] == openid
    shown = office.http.get(
        f"{office.sandbox_url}/phone/api/chat", params={"openid": openid, "after": 0}, timeout=10
    ).json()
    assert any(message["way"] == "in" for message in shown["messages"])


def test_an_article_goes_out_to_the_phones_of_one_branch(office: Live) -> None:
    inside, outside = office.control("followers", {"count": 2, "scene": "branch-1"})["openids"]
    bind(office, inside, FIRST["name"], FIRST["phone"])
    bind(office, outside, OTHER["name"], OTHER["phone"])
    article = office.flask_json(
        "article", "import", DATA / "article-1.docx", "--column", "news", "--author", "bianji"
    )
    shown = approve(office, article["id"])
    assert len(shown["reviews"]) == 3
    before = len(office.receipts())
    push = push_now(office, article["id"], "all")
    assert {"id", "status", "planned", "skipped"} <= set(push)
    report = office.wait_for_push(push["id"])
    assert report["status"] == "sent", report
    got = office.receipts()[before:]
    assert {inside, outside} <= {receipt["openid"] for receipt in got}
    assert len(got) == len({receipt["openid"] for receipt in got}) == report["delivered"]

    published = eventually(lambda: office.flask_json("article", "show", str(article["id"]))["published"])
    assert published["url"].startswith("http")
    page = office.http.get(f"{office.url}/m/a/{article['id']}", timeout=10)
    assert page.status_code == 200
    assert shown["title"] in page.text
    assert shown["title"] in office.http.get(f"{office.url}/m/news", timeout=10).text
    chat = office.http.get(
        f"{office.sandbox_url}/phone/api/chat", params={"openid": inside, "after": 0}, timeout=10
    ).json()["messages"]
    cards = [card for message in chat if message["type"] == "news" for card in message["articles"]]
    card = next(card for card in cards if card["title"] == shown["title"])
    opened = office.http.get(
        office.sandbox_url + card["url"] if card["url"].startswith("/") else card["url"], timeout=10
    )
    assert opened.status_code == 200
    assert shown["title"] in opened.text


def test_a_push_to_one_branch_reaches_that_branch_alone(office: Live) -> None:
    more = [person for person in TRUTH["some_valid"] if person["branch"] not in (BRANCH, OTHER["branch"])][:1]
    openids = office.control("followers", {"count": 3, "scene": "branch-1"})["openids"]
    for openid, person in zip(openids, [*more, *more, *more], strict=True):
        bind(office, openid, person["name"], person["phone"])
    article = office.flask_json(
        "article", "import", DATA / "article-3.docx", "--column", "study", "--author", "bianji"
    )
    approve(office, article["id"])
    before = len(office.receipts())
    audience = f"branch:{BRANCH},branch:{OTHER['branch']}"
    push = push_now(office, article["id"], audience)
    report = office.wait_for_push(push["id"])
    assert report["status"] == "sent", report
    reached = [receipt["openid"] for receipt in office.receipts()[before:]]
    assert len(reached) == 2
    assert not set(reached) & set(openids)


def test_a_push_right_after_the_first_binding_still_reaches_that_one_person(office: Live) -> None:
    person = next(person for person in TRUTH["some_valid"] if person["branch"] == ALONE)
    (openid,) = office.control("followers", {"count": 1, "scene": "branch-1"})["openids"]
    article = office.flask_json(
        "article", "import", DATA / "article-4.docx", "--column", "news", "--author", "bianji"
    )
    approve(office, article["id"])
    before = len(office.receipts())
    bind(office, openid, person["name"], person["phone"])
    push = push_now(office, article["id"], f"branch:{ALONE}")
    assert office.wait_for_push(push["id"])["status"] == "sent"
    assert [receipt["openid"] for receipt in office.receipts()[before:]] == [openid]


def test_a_member_checks_in_and_the_secretary_gets_the_ledger(office: Live, tmp_path: Path) -> None:
    (openid, stranger) = office.control("followers", {"count": 2, "scene": "branch-1"})["openids"]
    person = next(p for p in TRUTH["some_valid"] if p["branch"] == LAST)
    activity = office.flask_json(
        "activity", "create", "--title", "主题党日", "--keyword", "党日", "--branches", LAST,
        "--from", "2020-01-01T08:00", "--to", "2035-01-01T20:00", "--purpose", "集中学习", "--as", "bianji",
    )  # fmt: skip
    assert activity["status"] == "open"
    unbound = office.say(stranger, "签到")
    assert unbound is not None
    assert "绑定" in unbound["Content"]
    bind(office, openid, person["name"], person["phone"])
    first, again = office.say(openid, "签到"), office.say(openid, "签到！")
    assert first is not None
    assert again is not None
    assert "主题党日" in first["Content"]
    counted = office.flask_json("activity", "show", str(activity["id"]))
    assert counted["expected"] == TRUTH["per_branch_valid"][LAST]
    assert counted["checked_in"] == 1
    (row,) = [row for row in counted["by_branch"] if row["branch"] == LAST]
    assert (row["expected"], row["checked_in"]) == (counted["expected"], 1)
    undone = office.say(openid, "撤销")
    assert undone is not None
    assert office.flask_json("activity", "show", str(activity["id"]))["checked_in"] == 0
    office.say(openid, "党日")
    assert office.flask_json("activity", "show", str(activity["id"]))["checked_in"] == 1
    file = tmp_path / "ledger.xlsx"
    done = office.flask("activity", "export", str(activity["id"]), file)
    assert done.returncode == 0, done.stderr
    book = CalamineWorkbook.from_path(file)
    assert len(book.sheet_names) == 2
    cells = "\n".join(str(cell) for row in book.get_sheet_by_index(0).to_python() for cell in row)
    assert "主题党日" in cells
    assert person["name"] not in cells
