"""减负: no address of any face lists people by how often they came, in whatever order it is asked for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import url_for
from werkzeug.routing import Rule

from accounts.rights import RIGHTS
from community import invitation, places
from community.privacy import mask_name
from ground import clock
from models import Follower, Member
from tests.console.conftest import ROLES, Office
from tests.console.test_nobody_sees import _said
from tests.world import activities, followers

CAME = {"鲜于澹": 3, "裘砚舟": 1, "酆听雪": 4, "訾望川": 0, "佴怀瑾": 2}
"""How often each came: a permutation that is neither the roster's order nor the alphabet's, and not their reverse."""
NAMES = {name: re.compile(f"{re.escape(name)}|{re.escape(mask_name(name))}") for name in CAME}
ORDERS = ("count", "-checked_in")
"""What somebody might ask a list to be ordered by."""
_NOT_WALKED = ("static", "scripts", "console.sign_out", "reader.asset", "reader.text_size", "reader.nowhere")
_PERSON = re.compile(r"(?:check_in|expected_member|sign_up|make_up_request)\.member_id|member\.id")


@pytest.fixture
def frequented(office: Office) -> Office:
    """A branch whose five members came to four activities, some of them more often than others."""
    with office.parts.db.session_scope() as session:
        branch = places.branch(session, office.branch_id)
        people = [office.member(session, name) for name in CAME]
        openids = [f"oCame{number}" for number in range(len(people))]
        followers.bind_all(session, openids, people)
        now = clock.now()
        for number in range(4):
            begins = now - timedelta(hours=9 * number + 1)
            held = activities.activity(
                session, f"第 {number + 1} 次", branches=[branch], starts=begins, hours=8
            )
            # in an order in which the moments say nothing about the numbers
            came = [openid for openid, times in zip(openids, CAME.values(), strict=True) if times > number]
            for minute, openid in enumerate(sorted(came, reverse=bool(number % 2))):
                activities.check_in(session, openid, held, at=begins + timedelta(minutes=minute))
    return office


def addresses(office: Office, rule: Rule) -> Iterator[str]:
    """The addresses of a rule, filled in with what there is, plain and with every order that somebody might try."""
    with office.parts.db.read_scope() as session:
        member, follower = session.scalar(sa.select(Member.id)), session.scalar(sa.select(Follower.id))
    pools: dict[str, list[Any]] = {
        "branch_id": [office.branch_id], "activity_id": [1, 4], "member_id": [member], "follower_id": [follower],
        "mark": [invitation.mark(1)],
    }  # fmt: skip
    names = sorted(rule.arguments)
    with office.app.test_request_context():
        for values in itertools.product(
            *(pools.get(name, [1 if f"<int:{name}>" in rule.rule else "1"]) for name in names)
        ):
            address = url_for(rule.endpoint, **dict(zip(names, values, strict=True)))
            yield address
            yield from (f"{address}?sort={one}&order={one}&by={one}&size=50" for one in ORDERS)


def ranked(said: str) -> bool:
    """Whether the people of a page stand in the order of their numbers, or in the reverse of it."""
    first = {name: hit.start() for name, pattern in NAMES.items() if (hit := pattern.search(said))}
    if len(first) < 4:
        return False
    numbers = [CAME[name] for name in sorted(first, key=lambda name: first[name])]
    return numbers in (sorted(numbers), sorted(numbers, reverse=True))


def ranks(statement: str) -> bool:
    """Whether a question to the database counts by person, and orders by the count."""
    plain = re.sub(r"\s+", " ", statement)
    for _, grouped in itertools.pairwise(plain.split("GROUP BY")):
        by, _, ordered = grouped.partition("ORDER BY")
        if _PERSON.search(by.partition("HAVING")[0]) and re.search(
            r"count|sum|anon_|checked|came|total", ordered.partition("LIMIT")[0]
        ):
            return True
    return False


def test_no_address_lists_people_by_how_often_they_came(frequented: Office) -> None:
    asked: list[str] = []
    sa.event.listen(
        frequented.parts.db.engine, "before_cursor_execute", lambda *args: asked.append(str(args[2]))
    )
    found: list[str] = []
    seen: set[str] = set()
    for person in ("admin", "secretary", "auditor", ""):
        desk = frequented.desk(person) if person else frequented.stranger()
        for rule in frequented.app.url_map.iter_rules():
            right = getattr(frequented.app.view_functions[rule.endpoint], "right", None)
            mine = ROLES.get(person) in RIGHTS[right] if right else not person
            if "GET" not in (rule.methods or ()) or rule.endpoint in _NOT_WALKED or not mine:
                continue
            for address in addresses(frequented, rule):
                said = _said(desk.client.get(address))
                seen |= {name for name, pattern in NAMES.items() if pattern.search(said)}
                if ranked(said):
                    found.append(f"{person}: {address}")
    assert found == []
    assert seen == set(CAME), "the walk has met the people"
    assert [one for one in asked if ranks(one)] == []


def test_the_eyes_are_open() -> None:
    by_number = sorted(CAME, key=lambda name: CAME[name])
    assert ranked(" ".join(by_number))
    assert ranked(" ".join(mask_name(name) for name in reversed(by_number)))
    assert not ranked(" ".join(CAME))
    assert not ranked(" ".join(sorted(CAME)))
    assert not ranked(" ".join(reversed(list(CAME))))
    assert ranks(
        "SELECT member.id, count(*) FROM check_in GROUP BY check_in.member_id ORDER BY count(*) DESC LIMIT 10"
    )
    assert not ranks("SELECT count(*) FROM check_in GROUP BY check_in.branch_id ORDER BY branch.sort")
    assert not ranks("SELECT count(*) FROM check_in GROUP BY check_in.member_id ORDER BY member.id")
