"""The architecture page names the files of each journey in order; here each is made under a trace and compared with it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

import runtime as parts
from app import create_app
from ground import clock
from localwechat.testing import SandboxControl
from models import Delivery
from scheduler.engine import Engine
from settings import Settings
from tests.fixtures.processes import eventually
from tests.inbound.conftest import OPENID, OTHER, account_of, furnish, open_activity
from tests.inbound.platform import Answer, Phone, text_of
from tests.journeys.tracing import Trace, traced
from tests.tooling.test_layout import ROOT
from tests.world import accounts
from tests.world.linked import GAP_S, World, make_world, settings_for

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
DATA = Path(__file__).parents[1] / "data"
IN_PASSING = (
    "ground/", "database/", "models/", "settings/", "runtime.py",
    "content/proofing/", "content/lexicon/",  # asked through content/wording.py alone
)  # fmt: skip
LEVELS = (
    ("web/", "cli/", "wechat/inbound/"),
    ("operations/",),
    ("scheduler/",),
    ("content/", "community/"),
    ("accounts/",),
    ("wechat/outbound/",),
    ("models/",),
)
FACES, SERVICES = LEVELS[0], tuple(room for level in LEVELS[1:5] for room in level)
IMAGE = "<MsgType>image</MsgType><PicUrl>http://mmbiz.qpic.cn/a</PicUrl><MediaId>abc</MediaId>"


def files_in(text: str) -> list[str]:
    """The files of the product that a text names, each once."""
    named = re.findall(r"`((?:[a-z_]+/)*[a-z_]+\.py)`", text)
    return [name for name in dict.fromkeys(named) if not name.startswith("tests/") and "/" in name]


def section(title: str) -> str:
    """What stands under the heading that begins so."""
    found = re.search(rf"^### {title}.*?\n(.*?)(?=^##)", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def listed(journey: int) -> list[str]:
    """The files of the journey's numbered list."""
    lines = section(f"Journey {journey}").splitlines()
    return files_in("\n".join(line for line in lines if re.match(r"\d+\. ", line)))


BY_THE_WAY = files_in(section("By the way"))


def worth_naming(trace: Trace, named: Iterable[str]) -> list[str]:
    """The files of a trace without those that the page leaves out; what it names of those stays."""
    kept = set(named)
    return [
        name
        for name in trace.files
        if name in kept or (not name.startswith(IN_PASSING) and name not in BY_THE_WAY)
    ]


def services_asked(trace: Trace) -> list[str]:
    """The files of services that a face called, in order."""
    called = [
        one.called
        for one in trace.entries
        if one.caller.startswith(FACES) and one.called.startswith(SERVICES)
    ]
    return list(dict.fromkeys(called))


def calls_that_go_up(trace: Trace) -> list[str]:
    """Calls from a room into one above it."""

    def level(name: str) -> int | None:
        return next((number for number, rooms in enumerate(LEVELS) if name.startswith(rooms)), None)

    up = []
    for caller, called in trace.entries:
        above, below = level(caller), level(called)
        if above is not None and below is not None and below < above:
            up.append(f"{caller} → {called}")
    return up


class Door:
    """The whole application in process, warm: a message was answered, and what that set going is done.

    On SQLite one thread may do another's transaction on the way, so no other may be at work while we look.
    """

    def __init__(self, app: Flask, settings: Settings) -> None:
        of_others = set(
            threading.enumerate()
        )  # other tests' applications may still wait for their outages to end
        self._phone = Phone(app.wsgi_app, account_of(settings), clock.timestamp)
        self._phone.say(OTHER, "你好")
        eventually(
            lambda: not any("after-work" in one.name for one in set(threading.enumerate()) - of_others)
        )

    def push(self, inner: str) -> tuple[Trace, Answer]:
        """What a message leads through, and its answer."""
        with traced() as trace:
            answer = self._phone.push(inner, OPENID)
        return trace, answer


@pytest.fixture
def door(settings: Settings) -> Iterator[Door]:
    runtime = parts.build(settings)
    with runtime.db.session_scope() as session:
        open_activity(session, furnish(session), "主题党日")
    yield Door(create_app(settings, runtime), settings)
    runtime.close()


def test_a_message_goes_through_the_files_of_the_page_in_their_order(door: Door) -> None:
    trace, answer = door.push(text_of("学习园地"))
    assert answer.text.startswith("学习园地")
    assert worth_naming(trace, listed(1)) == listed(1)
    assert calls_that_go_up(trace) == []
    assert len(services_asked(trace)) == 4


def test_a_check_in_goes_down_once_and_back_up(door: Door) -> None:
    trace, answer = door.push(text_of("签到"))
    assert "已签到：主题党日" in answer.text
    assert worth_naming(trace, listed(3)) == listed(3)
    assert calls_that_go_up(trace) == []
    assert services_asked(trace) == ["community/checkin.py"]


def test_a_picture_is_answered_without_any_service(door: Door) -> None:
    trace, answer = door.push(IMAGE)
    assert answer.text
    assert "wechat/inbound/handlers/guide.py" in trace.files
    assert services_asked(trace) == []


def test_an_article_goes_through_the_files_of_the_page_in_their_order(
    sandbox: SandboxControl, sqlite_url: str, tmp_path: Path
) -> None:
    sandbox.settings(mass_retry_gap_s=GAP_S - 0.5)
    sandbox.clock(at="2026-11-24T10:00:00+08:00", speed=1)
    world = make_world(sandbox, settings_for(sandbox, sqlite_url, str(tmp_path / "var")))
    people_of(world)
    app = create_app(world.runtime.settings, world.runtime)
    engine = Engine(world.runtime)
    with traced() as way_out:
        push = publish(app)
        engine.start()
        try:
            eventually(lambda: set(world.received().values()) == {1}, timeout_s=60)
        finally:
            engine.stop()
    way_back, _ = Door(app, world.runtime.settings).push(result_of(world))
    assert world.shown(push)["status"] == "sent"
    world.runtime.close()

    there = worth_naming(way_out, listed(2))
    known = {*listed(1), *there}
    assert [*there, *(name for name in worth_naming(way_back, listed(2)) if name not in known)] == listed(2)
    assert calls_that_go_up(way_out) == calls_that_go_up(way_back) == []


def people_of(world: World) -> None:
    """Three who follow, and three who review."""
    world.branch("第一党支部", 3)
    with world.runtime.db.session_scope() as session:
        accounts.reviewers(session)


def publish(app: Flask) -> int:
    """An article imported, submitted, approved by three and made a push that is due; the push's number."""
    article = run(app, f"article import {DATA / 'article-1.docx'} --column news --author editor --json")
    run(app, f"article submit {article} --as editor")
    for name in accounts.REVIEWERS:
        run(app, f"article approve {article} --as {name}")
    return run(app, f"push create --article {article} --audience all --at now --road auto --as editor --json")


def run(app: Flask, command: str) -> int:
    """One command in this process; the number that it gives, or 0."""
    done = app.test_cli_runner().invoke(args=command.split())
    assert done.exit_code == 0, done.output
    return int(json.loads(done.stdout)["id"]) if command.endswith("--json") else 0


def result_of(world: World) -> str:
    """WeChat's report that the one job is done."""
    with world.runtime.db.read_scope() as session:
        number = session.scalars(sa.select(Delivery.msg_id)).one()
    return (
        f"<MsgType>event</MsgType><Event>MASSSENDJOBFINISH</Event><MsgID>{number}</MsgID><Status>send success</Status>"
        "<TotalCount>3</TotalCount><FilterCount>3</FilterCount><SentCount>3</SentCount><ErrorCount>0</ErrorCount>"
    )


def test_what_the_page_leaves_out_is_little() -> None:
    assert len(BY_THE_WAY) < 12
    assert not set(BY_THE_WAY) & {*listed(1), *listed(2), *listed(3)}
