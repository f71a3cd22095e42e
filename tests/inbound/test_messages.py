"""6,500 messages as people write them: who asks is checked in, who does not is not, and nobody meets a dead end.

Two sets by different words: the product was worked out with the first; the second was written before and tried at the end.
A third of them is tried; with ``MESSAGES=all`` each.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine

import runtime as parts
from community import checkin_questions
from content.columns import ensure_defaults
from database.front import Front
from models import CheckIn
from runtime import Runtime
from tests.fixtures.configuration import make_settings
from tests.inbound.conftest import OPENID, account_of
from tests.inbound.platform import Phone
from tests.inbound.writing import ASK, NONE, RECORD, STORY, Material, Message, score
from tests.world import accounts, activities, followers, members, places
from wechat.inbound import router
from wechat.inbound.callback import make_callback
from wechat.inbound.context import Context, Services
from wechat.inbound.handlers import guide
from wechat.wire.replies import TextReply

EVENING = datetime(2026, 11, 24, 11, 2, tzinfo=UTC)
"""Two minutes past seven in Shanghai; the activity is open since half past six."""
COMMANDS, DAILY = 5000, 1500
SHARE = 1 if os.environ.get("MESSAGES") == "all" else 3


@dataclass
class Desk:
    """A furnished process, and what it is furnished by."""

    runtime: Runtime
    material: Material


@pytest.fixture(params=["seen", "unseen"])
def desk(request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """One member, whose branch has one open activity, by either material."""
    material = Material(request.param)
    settings = make_settings(database={"url": sqlite_url}, server={"data_dir": str(tmp_path / "var")})
    own, built = material.office, parts.build(settings)
    with built.db.session_scope() as session, time_machine.travel(EVENING - timedelta(days=30)):
        accounts.account(session, display_name="管理员")
        branch = places.branches(session, own.branch, short_names=[own.short])[0]
        followers.bind_all(session, [OPENID], [members.member(session, own.me, branch)])
        ensure_defaults(session)
        activities.activity(
            session, own.title, branches=[branch], starts=EVENING - timedelta(minutes=32), hours=2, keyword=own.keyword,
            purpose=own.purpose, place=own.place,
        )  # fmt: skip
    yield Desk(built, material)
    built.close()


def happened(reply: str, handler: str) -> str:
    """What a reply says happened, in the words of the score."""
    if reply.startswith("已签到"):
        return RECORD
    if "请回复序号" in reply:
        return ASK
    if handler == "help" and reply == guide.HOW["checkin"]:
        return "help checkin"
    return handler


def tried(
    runtime: Runtime, messages: list[Message], answered: dict[str, str], at: datetime | None = None
) -> None:
    """Every message by itself through the router, against the database; each effect is taken back."""
    front = Front(runtime.db, 30, 30)
    services = Services.of(runtime.settings, front)
    with runtime.db.connection_scope() as connection:
        for number, message in enumerate(messages):
            undone = connection.begin_nested()
            context = Context(services, connection, OPENID, f"m{number}", at or EVENING)
            answer = router.text(context, message.say)
            text = answer.reply.content if isinstance(answer.reply, TextReply) else ""
            answered[message.say] = happened(text, answer.handler)
            context.abandon()
            undone.rollback()


def test_of_6500_messages_none_is_recorded_wrongly_and_few_are_asked_back(desk: Desk) -> None:
    messages = desk.material.messages(1, COMMANDS, DAILY)
    answered: dict[str, str] = {}
    assert len(messages) > 0.98 * (COMMANDS + DAILY)
    messages = random.Random(5).sample(messages, len(messages) // SHARE)
    tried(desk.runtime, messages, answered)
    of = score(messages, answered.__getitem__)
    assert of.counts["recorded wrongly"] == 0, of.wrong["recorded wrongly"][:20]
    assert of.share("recorded", "checkins") >= 0.90, of.wrong["not recorded"][:40]
    assert of.share("answered", "checkins") >= 0.99, of.wrong["not even asked"][:40]
    assert of.share("understood", "commands") >= 0.95, of.wrong["not understood"][:40]
    assert of.share("daily life asked", "daily") <= 0.03, of.wrong["daily life asked"][:40]


def test_the_callback_does_what_the_router_says(desk: Desk) -> None:
    every = desk.material.messages(2, COMMANDS, DAILY)
    dice = random.Random(3)
    some = [
        message
        for truth in (RECORD, STORY, ASK, NONE)
        for message in dice.sample([one for one in every if one.truth == truth], 40)
    ]
    answered: dict[str, str] = {}
    tried(desk.runtime, some, answered)
    with time_machine.travel(EVENING, tick=False):
        phone = Phone(make_callback(desk.runtime), account_of(desk.runtime.settings))
        for message in some:
            phone.say(OPENID, message.say.replace("\u200b", ""))
            with desk.runtime.db.session_scope() as session:
                written = session.execute(sa.delete(CheckIn)).rowcount  # type: ignore[attr-defined]
            assert written == (answered[message.say] == RECORD), message


def test_the_question_repeats_nothing_of_the_message(desk: Desk) -> None:
    with time_machine.travel(EVENING, tick=False):
        phone = Phone(make_callback(desk.runtime), account_of(desk.runtime.settings))
        asked = phone.say(OPENID, "司空见惯签到").text
        assert asked == f"{checkin_questions.ASK}\n1. {desk.material.office.title}"
        assert "已签到" in phone.say(OPENID, "1").text
