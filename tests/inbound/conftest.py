"""An application with a few branches, members and activities, and phones that write to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import runtime as parts
from community.roster import phone_index, tail_index
from content.columns import ensure_defaults
from ground import clock
from models import Activity, ActivityBranch, Area, Branch, CheckIn, Community, Follower, Member, User
from runtime import Runtime
from settings import Settings
from tests.inbound.platform import Account, Phone
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
    now = clock.now()
    area = Area(name="东片区")
    community = Community(name="文化路社区", area=area)
    branches = [
        Branch(name=f"文化路社区第{n}党支部", short_name=f"第{n}党支部", community=community) for n in "一二"
    ]
    user = User(
        username="admin", display_name="管理员", role="admin", password_hash="x", active=True, created_at=now
    )
    session.add_all([area, community, *branches, user])
    session.flush()
    members = {}
    for name, branch, phone, openid in (
        ("张三", 0, "13800001234", OPENID),
        ("王芳", 0, "13800005678", OTHER),
        ("李红梅", 1, "13800009012", None),
    ):
        member = Member(
            name=name,
            branch_id=branches[branch].id,
            phone=phone,
            phone_index=phone_index(phone),
            tail_index=tail_index(phone[-4:]),
            created_at=now,
            updated_at=now,
        )
        session.add(member)
        session.flush()
        members[name] = member.id
        if openid:
            session.add(Follower(openid=openid, member_id=member.id, subscribed_at=now, bound_at=now))
    ensure_defaults(session)
    session.flush()
    return Office([branch.id for branch in branches], members, user.id)


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
    now = clock.now()
    activity = Activity(
        title=title,
        keyword=keyword,
        starts_at=now - timedelta(hours=max(1, 1 - hours)),
        ends_at=now + timedelta(hours=hours),
        for_all=branch is None,
        created_by=office.user,
        created_at=now,
    )
    session.add(activity)
    session.flush()
    if branch is not None:
        session.add(ActivityBranch(activity_id=activity.id, branch_id=office.branches[branch]))
        session.flush()
    return activity.id


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
