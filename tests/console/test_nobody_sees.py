"""Whoever asks for whatever address, with whatever number in it: names and phones of the roster come out by their doors alone.

The walk takes the addresses from the application, so that a new one is walked as well, and fills in the numbers of everything
there is. What somebody asked for changes things; after each such request the office is as it was.
"""

from __future__ import annotations

import io
import itertools
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import url_for
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from accounts.rights import RIGHTS
from community import (
    invitation,
    makeup,
    own_requests,
    places,
    roster,
    roster_file,
    screens,
    transfers,
    upkeep,
)
from community.privacy import mask_name
from content import corrections, publish
from ground import clock
from models import Article, Branch, Member, Removal, RequestKind, User
from operations import uploads
from tests.community.conftest import sheet_bytes
from tests.console.conftest import ROLES, Office
from tests.console.walked import (
    DOORS,
    DOORS_OF_THE_BRANCH,
    FORM,
    FORMS,
    NOT_WALKED,
    OTHERS,
    OWN,
    PHONES,
    UNANSWERED,
    UPLOADED,
    WALKERS,
)
from tests.world import accounts, activities, answers, followers, groups, pushes


@pytest.fixture
def lived(office: Office) -> Office:
    """An office of two branches whose people did all that leaves traces."""
    with office.parts.db.read_scope() as session:
        own, other = places.branches(session)[:2]
        rows = [[name, branch.name, phone, "常住本地"] for branch, people in ((own, OWN), (other, OTHERS))
                for name, phone in people.items()]  # fmt: skip
        book = sheet_bytes([["姓名", "所在党支部", "手机号码", "备注"], *rows])
        plan = roster.plan(session, roster_file.parse(book, max_rows=100, today=clock.now().date()))
    roster.carry_out(office.parts.db, plan, file_name="名册.xlsx")
    with office.parts.db.session_scope() as session:
        _live(session, own, other)
    article = office.article(status="approved")
    out = [office.article(title, status="approved") for title in ("已发布的", "待撤回的", "已撤回的")]
    with office.parts.db.session_scope() as session:
        publish.mark_published(session, out, at=clock.now())
        _taken_back(session, *out[1:])
        _moved(session)
        pushes.push(session, office.parts.settings, article, audience=f"branch:{other.name}")
    pushes.sent(office.parts, [f"oWalk{number}" for number in range(6)], road="template")
    return office


def _live(session: Session, own: Branch, other: Branch) -> None:
    people = list(session.scalars(sa.select(Member).order_by(Member.id)))
    openids = [f"oWalk{number}" for number in range(6)]
    followers.bind_all(session, openids, people[:6])
    now = clock.now()
    for branch, first in ((own, 0), (other, 3)):
        past = activities.activity(
            session, f"过去的{branch.id}", branches=[session.merge(branch)], starts=now - timedelta(hours=9)
        )
        activities.check_in(session, openids[first], past, at=now - timedelta(hours=8))
        activities.paper_sheet(session, past, [people[first + 1].id])
        assert makeup.make_up(session, openids[first + 2], "当天在外地", at=now).kind == "pending"
        groups.group(session, session.merge(branch), forwarder=people[first].id)
    for_all = activities.activity(session, "全体")
    activities.activity(session, "下周的", branches=[session.merge(own)], starts=now + timedelta(days=7))
    for number in (0, 3):
        activities.check_in(session, openids[number], for_all)
    for number in (1, 4):
        activities.on_leave(session, openids[number], for_all, reason="出差")
    screens.start(session, accounts.someone(session), for_all.id, code_only=False, at=now)
    answers.given(session, openids[3], "您好")
    for number in (0, 3):
        said = f"{people[number].name}，手机 {people[number].phone}"
        own_requests.ask_of(session, openids[number], RequestKind.CORRECTION, said, at=now)


def _taken_back(session: Session, asked: int, gone: int) -> None:
    """A retraction that waits for a second person, and one whose page WeChat has refused to delete."""
    editor, said = accounts.someone(session, "editor"), {"reason": "活动取消了", "note_": "活动已取消。"}
    for article in (asked, gone):
        found = corrections.ask_to_retract(session, article, editor, **said, at=clock.now())
    corrections.retract(session, found.id, accounts.someone(session, "reviewer"), at=clock.now())
    session.add(
        Removal(
            correction_id=found.id, road="mass", msg_id="7", position=1, status="refused", due_at=clock.now()
        )
    )


def _moved(session: Session) -> None:
    """One of the other branch has moved on to a third, another one has left."""
    admin, third, now = accounts.someone(session), places.branches(session)[2], clock.now()
    today = clock.shanghai_day(now)
    transfers.carry_out(session, admin, {6}, third.id, on=today, reason="居住地变动", at=now)
    upkeep.leave(session, admin, 7, on=today, reason="组织关系转往外地", at=now)


def _filled(office: Office, rule: Rule) -> Iterator[str]:
    """The rule's addresses with the numbers of what there is, and with words where it takes words."""
    marks = [invitation.mark(number) for number in (1, 2, 3)]
    with office.parts.db.read_scope() as session:
        hashes = session.scalars(sa.select(Article.hash).where(Article.id.in_([1, 2])))
        heads = [one[:16] for one in hashes]
    other: dict[str, list[Any]] = {
        "head": heads,
        "branch_id": [1, 2],
        "activity_id": [1, 2, 3, 4],
        "member_id": [1, 4, 7],
        "mark": marks,
        "key": ["study", "meeting"],
    }
    names = sorted(rule.arguments)
    pools = [other.get(name) or ([1, 2] if f"<int:{name}>" in rule.rule else ["1"]) for name in names]
    with office.app.test_request_context():
        for values in itertools.product(*pools):
            yield url_for(rule.endpoint, **dict(zip(names, values, strict=True)))


def _said(answer: TestResponse) -> str:
    """All that an answer says, taken out of archives, entities and escapes."""
    data = answer.get_data()
    texts = [str(answer.headers)]
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            texts += [package.read(name).decode("utf-8", "replace") for name in package.namelist()]
    elif answer.is_json:
        texts.append(json.dumps(answer.get_json(), ensure_ascii=False))
    else:
        texts.append(data.decode("utf-8", "replace"))
    return unescape("".join(texts))


def _leaks(said: str, endpoint: str, person: str) -> set[str]:
    """What stands in an answer and may not: names and phones in clear, and of those out of scope masked names as well."""
    digits = re.sub(r"[ \-]", "", said)
    opened = endpoint in _doors(person)
    hidden = {*PHONES, *OWN, *OTHERS}
    if opened:
        hidden -= {*OWN, *OWN.values()} if person == "secretary" else hidden
    found = {one for one in hidden if one in said or one in digits}
    if person in ("secretary", ""):
        found |= {mask_name(name) for name in OTHERS if mask_name(name) in said}
    return found


def _doors(person: str) -> set[str]:
    """What may show this person names in clear, with the right."""
    return {"admin": DOORS, "secretary": DOORS | DOORS_OF_THE_BRANCH}.get(person, set())


def _requests(office: Office, person: str) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Endpoint, method, address and what goes with it, of everything that this person's role may ask for.

    That the others are refused is tested elsewhere, for all addresses as well (:mod:`tests.console.test_rights`). What editors,
    reviewers and auditors may post, the administrator may, too.
    """
    for rule in office.app.url_map.iter_rules():
        right = getattr(office.app.view_functions[rule.endpoint], "right", None)
        asks = ROLES.get(person) in RIGHTS[right] if right else person in ("", "secretary")
        if rule.endpoint in NOT_WALKED or not asks:
            continue
        for address in _filled(office, rule):
            if "GET" in (rule.methods or ()):
                yield rule.endpoint, "GET", address, {}
                if not rule.arguments and person == "secretary":
                    yield rule.endpoint, "GET", address, {"query_string": {"branch": "2", "size": "50"}}
            if "POST" in (rule.methods or ()) and person in ("admin", "secretary", ""):
                yield rule.endpoint, "POST", address, {"data": _form(office, rule.endpoint)}


def _form(office: Office, endpoint: str) -> dict[str, Any]:
    """What is posted. A roster that was uploaded changes one of ours, brings a new person, and has a line that is wrong."""
    began = clock.shanghai_day(clock.now() - timedelta(hours=9))
    days = {"on": clock.shanghai_day(clock.now()).isoformat(), "period": str(began.year)}
    form = {**FORM, **days, **FORMS.get(endpoint, {})}
    if endpoint not in {*UPLOADED, "console.members_import_post"}:
        return form
    lines = [
        ["裘砚舟", "水墨社区党支部", OWN["裘砚舟"]],
        ["邴采薇", "湖东社区党支部", "13877670002"],
        ["邴采苹", "", "1"],
    ]
    book = sheet_bytes([["姓名", "所在党支部", "手机号码"], *lines])
    if endpoint == "console.members_import_post":
        return {**form, "file": (io.BytesIO(book), "名册.xlsx")}
    owner = office.read(sa.select(User.id).where(User.username == "admin"))
    return {**form, "key": uploads.keep(office.parts.settings.data_dir, owner, "名册.xlsx", book)}


class Kept:
    """The office's database as it was, to come back to."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._kept = sqlite3.connect(":memory:")
        self._copy(to_memory=True)

    def _copy(self, *, to_memory: bool) -> None:
        raw = self._office.parts.db.engine.raw_connection()
        try:
            here = raw.driver_connection
            assert isinstance(here, sqlite3.Connection)
            (here if to_memory else self._kept).backup(self._kept if to_memory else here)
        finally:
            raw.close()

    def back(self) -> None:
        """Put everything back."""
        self._copy(to_memory=False)


@pytest.mark.parametrize("person", WALKERS)
def test_no_address_shows_a_name_or_phone_to_who_may_not_see_it(lived: Office, person: str) -> None:
    desk = lived.desk(person) if person else lived.stranger()
    desk.get("/console/help" if person else "/console/login")
    before = Kept(lived)
    leaks: list[tuple[str, str, str]] = []
    seen: set[str] = set()
    answered: set[str] = set()
    walked: set[str] = set()
    for endpoint, method, address, more in _requests(lived, person):
        if method == "POST":
            more = {"data": {**more["data"], "csrf_token": desk.token}}
        answer = desk.client.open(address, method=method, **more)
        said = _said(answer)
        walked.add(endpoint)
        if answer.status_code < 400:
            answered.add(endpoint)
        leaks += [(method, address, what) for what in _leaks(said, endpoint, person)]
        if any(name in said for name in (*OWN, *OTHERS)):
            seen.add(endpoint)
        if method == "POST" and answer.status_code < 400:
            before.back()
    assert leaks == []
    # what takes a right answers the administrator, everything else whoever comes
    must = {one for one in walked if person == "admin" or not hasattr(lived.app.view_functions[one], "right")}
    if person in ("admin", ""):
        assert must - answered - UNANSWERED == set(), "give the walk what it takes, or say above why not"
        assert UNANSWERED & answered == set(), "this one is walked: no longer to be named above"
    # the eyes are open: what may be seen with a right and a reason was seen
    doors = _doors(person)
    rights = {door: getattr(lived.app.view_functions[door], "right", "") for door in doors}
    mine = {door for door in doors if ROLES.get(person) in RIGHTS[rights[door]]}
    assert seen == (mine if person in ("admin", "secretary") else set())
