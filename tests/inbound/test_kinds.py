"""Families of sayings: who says it politely, in dialect or by voice is understood, and what only looks like it is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

import runtime as parts
from content.columns import ensure_defaults
from runtime import Runtime
from tests.fixtures.configuration import make_settings
from tests.inbound.conftest import OPENID
from tests.inbound.test_messages import tried
from tests.inbound.writing import ASK, NONE, RECORD, Message
from tests.world import accounts, activities, followers, members, places

LIST = Path(__file__).parents[1] / "data/kinds.txt"
MORNING = datetime(2026, 11, 24, 1, 40, tzinfo=UTC)
"""Twenty to ten in Shanghai; the activity is open since nine."""
NEVER = "never"


def sayings() -> list[Message]:
    """Every sentence with what should happen."""
    truth, found = "", []
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            truth = line[1:].partition("]")[0].partition(" ")[0]
        elif line and not line.startswith("#"):
            found.append(Message(line, truth))
    return found


@pytest.fixture
def office(sqlite_url: str, tmp_path: Path) -> Iterator[Runtime]:
    """One member, and the one activity of the branch, which is open."""
    built = parts.build(
        make_settings(database={"url": sqlite_url}, server={"data_dir": str(tmp_path / "var")})
    )
    with built.db.session_scope() as session, time_machine.travel(MORNING - timedelta(days=30)):
        accounts.account(session, display_name="管理员")
        branch = places.branches(session, "湖东社区党支部", short_names=["湖东支部"])[0]
        followers.bind_all(session, [OPENID], [members.member(session, "王建国", branch)])
        ensure_defaults(session)
        activities.activity(
            session, "十一月主题党日", branches=[branch], starts=MORNING - timedelta(minutes=40), hours=2, keyword="",
            purpose="学习党的二十届四中全会精神", place="湖东社区二楼会议室",
        )  # fmt: skip
    yield built
    built.close()


def is_as_meant(truth: str, got: str) -> bool:
    """Whether what happened is what should: a check-in that is not the writer's is recorded by no reading."""
    if truth == NEVER:
        return got != RECORD
    if truth == NONE:
        return got not in (RECORD, ASK, "help checkin", "bind", "unbind", "human", "large", "help")
    return got == truth


def test_every_family_of_sayings_does_what_it_says(office: Runtime) -> None:
    answered: dict[str, str] = {}
    said = sayings()
    tried(office, said, answered, MORNING)
    got = [(one.truth, answered[one.say], one.say) for one in said]
    assert [one for one in got if not is_as_meant(one[0], one[1])] == []
    assert len({one.truth for one in said}) == 16
