"""Passing on is voluntary: no page, file or answer says which groups somebody has not passed a kit on to."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from accounts.rights import RIGHTS
from community import places
from ground import clock
from models import Kit, Member
from scheduler import kits, link_openings
from scheduler.marks import Mark
from tests.console.conftest import ROLES, Desk, Office, text_of
from tests.world import followers, members
from tests.world import kits as made

_LEAVES = {"console.sign_out", "console.devices"}
"""The way out, and a page with the moment of the last request."""
_MOVES = ("metrics", "health", "readyz", "livez")


@pytest.fixture
def passed(office: Office) -> int:
    """A push by kits to two groups of the secretary's branch, passed on by two members; its number."""
    article = office.article("小院议事会", "approved")
    with office.parts.db.session_scope() as session:
        branch = places.branches(session)[0]
        people = [members.member(session, name, branch) for name in ("转发甲", "转发乙")]
        openids = ["oForward1", "oForward2"]
        followers.bind_all(session, openids, people)
        ids = [
            made.group(session, branch, name, one).id
            for name, one in zip(("一组群", "二组群"), openids, strict=True)
        ]
    return made.laid(office.parts, ids, article)


def _say(office: Office, push_id: int, *which: int) -> None:
    """The forwarders of these kits, from 0, and of no others, have said that they passed them on."""
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(Kit).values(forwarded_at=None))
        for kit in [made.of_push(session, push_id)[number] for number in which]:
            assert kits.forwarded(session, kit, at=clock.now())


def _addresses(office: Office, push_id: int, person: str) -> Iterator[str]:
    """Everything that this person may look at, with the numbers of what there is."""
    numbers = {
        "push_id": push_id,
        "branch_id": 1,
        "article_id": 1,
        "activity_id": 1,
        "member_id": 1,
        "group_id": 1,
    }
    adapter = office.app.url_map.bind("localhost")
    for rule in office.app.url_map.iter_rules():
        right = getattr(office.app.view_functions[rule.endpoint], "right", None)
        if "GET" not in (rule.methods or ()) or rule.endpoint in _LEAVES or rule.rule.startswith("/m/me"):
            continue
        if right is None or ROLES[person] not in RIGHTS[right] or any(word in rule.rule for word in _MOVES):
            continue
        if set(rule.arguments) <= numbers.keys():
            yield adapter.build(rule.endpoint, {name: numbers[name] for name in rule.arguments})


def _seen(office: Office, desk: Desk, push_id: int, person: str) -> dict[str, str]:
    return {
        address: text_of(answer)
        for address in _addresses(office, push_id, person)
        if (answer := desk.client.get(address)).status_code == 200 and answer.mimetype == "text/html"
    }


@pytest.mark.parametrize("person", ["admin", "secretary"])
def test_whoever_looks_wherever_sees_how_many_and_not_which(
    office: Office, passed: int, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stands = clock.now()
    monkeypatch.setattr(clock, "now", lambda: stands)
    desk = office.desk(person)
    _say(office, passed, 0)
    one = _seen(office, desk, passed, person)
    _say(office, passed, 1)
    other = _seen(office, desk, passed, person)
    assert {where: text for where, text in one.items() if other.get(where) != text} == {}
    if person == "admin":
        _say(office, passed, 0, 1)
        both = _seen(office, desk, passed, person)
        moved = [where for where, text in both.items() if one[where] != text]
        assert moved == [f"/console/pushes/{passed}", f"/console/pushes/{passed}/live"], "the eyes are open"
        assert "已备好转群包 2 份，转发人告知已转发 2 份" in both[moved[0]]


def test_the_push_says_how_often_its_links_were_opened(office: Office, passed: int) -> None:
    with office.parts.db.session_scope() as session:
        branch = session.scalars(sa.select(Member.branch_id).where(Member.name == "转发甲")).one()
        for _ in range(11):
            link_openings.count(session, Mark(passed, "kit", branch), at=clock.now())
        link_openings.count(session, Mark(passed, "kit", None), at=clock.now())
    desk = office.desk("admin")
    page = text_of(desk.client.get(f"/console/pushes/{passed}"))
    assert "11 次" in page
    assert "不足 10 次" in page
    assert "共 11 次，不含不足 10 次的" in page
    said = office.app.test_cli_runner().invoke(args=["push", "show", str(passed), "--json"])
    told = json.loads(said.output)
    assert told["kits"] == {"ready": 2, "forwarded": 0}
    assert (told["opened"]["total"], told["opened"]["whole"]) == (11, False)
    assert [one["opens"] for one in told["opened"]["by"]] == [None, 11]
    plain = office.app.test_cli_runner().invoke(args=["push", "show", str(passed)]).output
    assert "已备好转群包 2 份，转发人告知已转发 0 份" in plain
    assert "链接打开 11 次（不含不足 10 次的）" in plain
