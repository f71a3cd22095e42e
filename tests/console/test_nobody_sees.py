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
from tests.world import accounts, activities, answers, followers, groups, pushes

OWN = {"鲜于澹": "13877650001", "裘砚舟": "13877650002", "酆听雪": "13877650003"}
OTHERS = {"訾望川": "13877660001", "佴怀瑾": "13877660002", "亓晚棠": "13877660003", "宓见深": "13877660004"}
PHONES = {*OWN.values(), *OTHERS.values()}
DOORS = {
    "console.member_post",
    "branch.record_names",
    "branch.hand_list_names",
    "console.activity_export",
    "branch.export",
    "console.member_file",
    "console.request_reveal",
    *("console.activity_print_post", "branch.activity_print_post"),
    *("console.activity_sheet_post", "branch.activity_sheet_post"),
}
"""What shows a name in clear to who has the right and gives a reason. Of people out of scope it shows none, even so."""
DOORS_OF_THE_BRANCH = {
    *("console.ledger_export", "branch.ledger_export"),
    *("console.ledger_print_post", "branch.ledger_print_post"),
}
"""The same for the branch's own secretary alone: who came and who did not, in a month. Others get the figures."""
_NOT_WALKED = ("static", "scripts", "console.sign_out")
UNANSWERED = {
    # of those who work here, their accounts and their second step: no member stands there
    *(
        "console.account_new_post",
        "console.account_password",
        "console.account_sessions",
        "console.account_two_step",
    ),
    *("console.devices_end", "console.two_step_codes", "console.two_step_confirm", "console.two_step_stop"),
    "console.sign_in_post",
    # of articles, words and pushes, which know of no member
    *(
        "console.article_batch",
        "console.article_batch_file",
        "console.article_batch_new",
        "console.article_bring_back",
    ),
    *(
        "console.article_confirm",
        "console.article_hold",
        "console.article_import_post",
    ),
    *(
        "console.article_new_post",
        "console.article_preview",
        "console.article_review_post",
        "console.column_new_post",
    ),
    *(
        "console.audience_remove",
        "console.audience_save",
        "console.lexicon_entry",
        "console.lexicon_entry_post",
    ),
    *(
        "console.lexicon_import_confirm",
        "console.lexicon_import_post",
        "console.lexicon_new_post",
        "console.lexicon_switch",
    ),
    *("console.lexicon_version", "console.menu_post", "console.picture_copy", "console.picture_upload"),
    *("console.push_again", "console.push_confirm", "console.push_new_post"),
    *("console.push_release", "console.push_reschedule", "console.reply", "console.reply_delete"),
    *("console.reply_new_post", "console.reply_post"),
    *(
        "console.article_countersign",
        "console.article_release",
        "console.article_release_drop",
        "console.comment_answer",
    ),
    *("console.comment_make", "console.comment_settle", "console.handover_end", "console.handover_make"),
    *(
        "console.article_notify",
        "console.article_notify_post",
        "console.article_remark_do",
    ),  # numbers of followers alone
    # of places and days
    *(
        "console.branch_name_remove",
        "console.branch_qr_picture",
        "console.places_import_post",
        "console.posters_post",
    ),
    *("console.workdays_edit", "console.workdays_read", "console.workdays_save", "console.workdays_year"),
    # they settle a request or message of one kind and lead back to its list, which is walked
    *("console.aside_settle", "console.request_offer", "console.request_replace", "console.request_unlock"),
    # pictures, the size of letters, what is nowhere; the list of what "api.get_article" shows, which is walked
    *("reader.asset", "reader.text_size", "reader.nowhere", "api.list_articles"),
    # one follower's own link, which opens once: tests/reader/test_my_data.py
    *("reader.me_open", "reader.me_open_post"),
    # without a robot nothing is tried; they lead back to the group's page, which is walked
    *("branch.group_try", "console.group_try"),
    # the code of a screen, good for seconds: tests/reader/test_arriving.py
    *("reader.arrive", "reader.arrive_here", "reader.arrive_here_post"),
    # what one follower passes on to a group, by a token that nobody guesses: tests/reader/test_kits.py
    *("reader.kit_poster",),
    # a signature, or nothing for an account without notices: tests/reader/test_subscribing_on_the_phone.py
    *("reader.notices_sign",),
    # what became of an article's page at WeChat; they lead back to the list of corrections, which is walked
    *("console.removal_ask", "console.removal_mended"),
    # for the demo alone
    "console.components",
}
"""What answers none of this walk's requests, with the reason why nothing is missed; everything else must have answered."""
WALKERS = ("admin", "editor", "first", "secretary", "auditor", "")
FORM = {
    "reason": "核对报名情况",
    "why": "核对报名情况",
    "unmask": "yes",
    "confirm": "yes",
    "sure": "yes",
    "title": "走访",
    "name": "走访",
    "purpose": "集中学习",
    "text": "走访",
    "decision": "approve",
    "scope": "chosen",
    "username": "walker",
    "role": "secretary",
    "pattern": "走访",
    "content": "走访",
    "comment": "走访",
    "audience": "branch:1",
    "road": "template",
    "password": "x",
    "starts_at": "2026-01-01T09:00",
    "ends_at": "2036-01-01T09:00",
    "branch": ["1", "2"],
    "member": ["1", "4", "5", "6"],
    "names": "甲乙丙\n丁戊己",
    "phone": "13877670001",
    "other": "2",
    "wechat": "kept",
    "target": "2",
    "only_valid": "yes",
    "note": "原文有误，特此更正。",
}
_ONE = {"member": ["1"]}
_GROUP = {"kind": "wechat"}
FORMS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("branch.group_new_post", "branch.group_post"), _GROUP),
    **dict.fromkeys(("console.group_new_post", "console.group_post"), _GROUP),
    "console.correction_retract": {"note": "活动已取消。"},
    "console.correction_note_post": {"note": "活动已经取消。", "seen": "活动已取消。"},
    "console.activity_edit_post": {"version": "1"},
    "branch.edit_post": {"version": "1"},
    "console.activity_template_post": {"voluntary": "自愿参加", "minutes": "60", "keep_months": "0"},
    "console.transfer_check": _ONE,
    "console.transfer_do": _ONE,
    "console.request_post": {"decision": "done"},
    "console.members_branch": {"branch": "走访党支部"},
}
_UPLOADED = {
    "console.members_branch",
    "console.members_check",
    "console.members_confirm",
    "console.members_errors",
}


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
        if rule.endpoint in _NOT_WALKED or not asks:
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
    if endpoint not in {*_UPLOADED, "console.members_import_post"}:
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
