"""An application with a few branches, members and activities, and phones that write to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import runtime as parts
from content.columns import ensure_defaults
from ground import clock
from models import Branch, CheckIn
from runtime import Runtime
from settings import Settings
from tests.inbound.platform import Account, Phone
from tests.world import accounts, activities, followers, members, places
from wechat.inbound.callback import make_callback

OPENID = "oPioneer0000000000000000001A"
OTHER = "oPioneer0000000000000000002B"
STRANGER = "oPioneer0000000000000000009Z"


def account_of(settings: Settings) -> Account:
    """The account as WeChat knows it."""
    wechat = settings.wechat
    return Account(wechat.token, wechat.encoding_aes_key, wechat.app_id, wechat.original_id)


@dataclass
class Office:
    """Ids of what was made."""

    branches: list[int]
    members: dict[str, int]
    user: int


def furnish(session: Session) -> Office:
    """Two branches; 张三 (bound to OPENID) and 王芳 (to OTHER) in the first, 李红梅 in the second, not bound."""
    names = [f"文化路社区第{n}党支部" for n in "一二"]
    branches = places.branches(
        session, *names, short_names=["第一党支部", "第二党支部"], community="文化路社区"
    )
    user = accounts.account(session, display_name="管理员")
    people = {}
    for name, branch, phone, openid in (
        ("张三", 0, "13800001234", OPENID),
        ("王芳", 0, "13800005678", OTHER),
        ("李红梅", 1, "13800009012", None),
    ):
        member = members.member(session, name, branches[branch], phone_number=phone)
        people[name] = member.id
        if openid:
            followers.bind_all(session, [openid], [member])
    ensure_defaults(session)
    return Office([branch.id for branch in branches], people, user.id)


def open_activity(
    session: Session,
    office: Office,
    title: str,
    *,
    branch: int | None = 0,
    keyword: str = "",
    hours: float = 2,
) -> int:
    """An activity that is open from an hour ago for ``hours`` more (negative: it is over)."""
    before = max(1, 1 - hours)
    made = activities.activity(
        session,
        title,
        branches=[] if branch is None else [session.get_one(Branch, office.branches[branch])],
        starts=clock.now() - timedelta(hours=before),
        hours=before + hours,
        keyword=keyword,
    )
    return made.id


def checkins(runtime: Runtime) -> list[tuple[int, int]]:
    """(activity, member) of every check-in."""
    with runtime.db.read_scope() as session:
        return [
            (row[0], row[1]) for row in session.execute(sa.select(CheckIn.activity_id, CheckIn.member_id))
        ]


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    """The parts of a process, on a furnished database."""
    built = parts.build(settings)
    yield built
    built.close()


@pytest.fixture
def office(runtime: Runtime) -> Office:
    """What stands in the database."""
    with runtime.db.session_scope() as session:
        return furnish(session)


@pytest.fixture
def phone(runtime: Runtime, office: Office) -> Phone:
    """A phone whose messages reach the callback."""
    return Phone(make_callback(runtime), account_of(runtime.settings))


def day(text: str) -> datetime:
    """An ISO moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
