"""Fills an empty database with the demo's office: places, people, accounts, content, a month of pushes and activities."""

from __future__ import annotations

import json
import random
import urllib.request
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from accounts import users
from cli.demodata import groups, history, pictures, places, sent
from cli.demodata import people as made_people
from cli.demodata.logins import ACCOUNTS, PASSWORD
from community import consent
from community.roster import phone_index, tail_index
from content import assets, columns
from content.lexicon import keeping
from database.session import Session
from ground import clock
from ground.errors import Unavailable
from models import (
    Area,
    Article,
    Branch,
    Column,
    Community,
    Consent,
    ConsentWay,
    Follower,
    Grid,
    KeywordReply,
    Member,
    PushArticle,
    Setting,
    User,
)
from wechat.outbound import menu
from workdays import keeping as office_days

if TYPE_CHECKING:
    from runtime import Runtime
    from settings import Settings

_BOUND = 1650
_RESIDENTS = 350
_PICTURES = 24


def build(runtime: Runtime, rnd: random.Random, *, mark: str, hint: str) -> None:
    """Pictures and followers first, then one transaction for all rows, so that a kill leaves all or nothing."""
    now = clock.now()
    store = assets.AssetStore(runtime.settings.data_dir)
    drawn = [pictures.landscape(number) for number in range(_PICTURES)]
    store.put_all(drawn)
    openids = _sandbox_followers(runtime.settings.wechat.api_base_url, _BOUND + _RESIDENTS)
    robots = _sandbox_robots(runtime.settings.wechat.api_base_url)
    password = users.hash_password(PASSWORD)
    roster = made_people.members(
        rnd, len(places.branches()), sum(place.grids for place in places.COMMUNITIES)
    )
    with runtime.db.session_scope() as session:
        branches, grids = _places(session)
        accounts = _accounts(session, password, branches, now)
        by_key = _columns(session)
        keeping.ensure_shipped(session, at=now - timedelta(days=40))
        office_days.ensure_shipped(session, at=now - timedelta(days=40))
        members = _members(session, roster, branches, grids, now)
        bound = _followers(session, rnd, members, openids, branches, now)
        assets.remember(session, drawn, at=clock.now())
        covers, base_url = [picture.sha256 for picture in drawn], runtime.settings.server.base_url
        written = history.articles(session, rnd, by_key, accounts, covers, base_url, now)
        sent.pushes(session, rnd, written, accounts, branches, bound, now)
        _groups(
            session,
            runtime.settings,
            robots,
            _unsent(session, written),
            branches,
            members,
            bound,
            accounts,
            now,
        )
        history.activities(session, rnd, branches, accounts, members, bound, now)
        _replies(session, now)
        unbound = next(
            member
            for member in members
            if member["id"] not in bound and member["branch_id"] == branches[0].id
        )
        session.add(
            Setting(name=hint, value=f"绑定 {unbound['name']} {unbound['phone'][-4:]}", updated_at=now)
        )
        session.add(Setting(name=mark, value=now.isoformat(), updated_at=now))


def _unsent(session: Session, published: list[Article]) -> Article:
    """The latest of them that no push has carried."""
    sent = set(session.scalars(sa.select(PushArticle.article_id)))
    return next(article for article in reversed(published) if article.id not in sent)


def _groups(
    session: Session,
    settings: Settings,
    robots: list[groups.Robot],
    article: Article,
    branches: list[Branch],
    members: list[dict[str, Any]],
    bound: dict[int, str],
    accounts: dict[str, User],
    now: datetime,
) -> None:
    """The groups of the branches, and what went to those of the first one."""
    by, first = accounts["bianji"].id, branches[0]
    here = [member["id"] for member in members if member["branch_id"] == first.id]
    following = (sum(one in bound for one in here), len(here))
    found = groups.made(session, robots, branches, members, bound, by, now)
    groups.push(session, settings, article, first, found, following, by, now)


def furnish(runtime: Runtime) -> None:
    """What a real office would have set up at WeChat: the menu, and a QR code for every branch."""
    client, db = runtime.client, runtime.db
    with db.session_scope() as session:
        draft = menu.draft(session, runtime.settings.server.base_url, at=clock.now())
        menu_id, buttons = draft.id, list(draft.buttons)
        branches = list(session.scalars(sa.select(Branch).order_by(Branch.sort.desc())))
        scenes = {branch.id: branch.scene for branch in branches}
        names = {branch.scene: branch.name for branch in branches}
    menu.publish(client, buttons)
    _tell_sandbox(runtime.settings.wechat.api_base_url, "scenes", names)
    tickets = {branch_id: client.qrcode_create(scene).ticket for branch_id, scene in scenes.items()}
    with db.session_scope() as session:
        menu.mark_published(session, menu_id, at=clock.now())
        for branch_id, ticket in tickets.items():
            session.execute(sa.update(Branch).where(Branch.id == branch_id).values(qr_ticket=ticket))


def _sandbox_robots(base: str) -> list[groups.Robot]:
    robots = groups.robots([name for _, name, _ in places.branches()])
    for robot in robots:
        _tell_sandbox(base, "robots", {"key": robot.key, "name": robot.name})
    return robots


def _sandbox_followers(base: str, count: int) -> list[str]:
    _tell_sandbox(base, "reset", {})
    answer = _tell_sandbox(base, "followers", {"count": count})
    return [str(openid) for openid in answer["openids"]]


def _tell_sandbox(base: str, what: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(  # noqa: S310 - the local WeChat's address
        f"{base}/_sandbox/{what}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)
    except (OSError, ValueError):
        raise Unavailable("本地微信没有应答，演示数据没有建成，请重新启动") from None


def _places(session: Session) -> tuple[list[Branch], list[Grid]]:
    areas = {name: Area(name=name, sort=number) for number, name in enumerate(places.AREAS)}
    session.add_all(areas.values())
    session.flush()
    communities = {}
    grids: list[Grid] = []
    for number, place in enumerate(places.COMMUNITIES):
        community = Community(name=place.name, area_id=areas[place.area].id, sort=number)
        session.add(community)
        session.flush()
        communities[place.name] = community
        for grid_number in range(place.grids):
            name = f"{place.name.removesuffix('社区')}{grid_number + 1}网格"
            grids.append(Grid(name=name, community_id=community.id, sort=grid_number))
    session.add_all(grids)
    branches = [
        Branch(name=name, short_name=short, community_id=communities[at].id if at else None, sort=number)
        for number, (name, short, at) in enumerate(places.branches())
    ]
    session.add_all(branches)
    session.flush()
    return branches, grids


def _accounts(session: Session, password: str, branches: list[Branch], now: datetime) -> dict[str, User]:
    return {
        account.username: users.create(
            session,
            username=account.username,
            password_hash=password,
            role=account.role,
            at=now - timedelta(days=40),
            branch=branches[account.branch] if account.branch is not None else None,
            stage=account.stage,
            display_name=account.display_name,
        )
        for account in ACCOUNTS
    }


def _columns(session: Session) -> dict[str, Column]:
    return {column.key: column for column in columns.ensure_defaults(session)}


def _members(
    session: Session,
    roster: list[made_people.DemoMember],
    branches: list[Branch],
    grids: list[Grid],
    now: datetime,
) -> list[dict[str, Any]]:
    rows = [
        {
            "id": number,
            "name": person.name,
            "gender": person.gender,
            "branch_id": branches[person.branch].id,
            "grid_id": grids[person.grid].id,
            "phone": person.phone,
            "phone_index": phone_index(person.phone),
            "tail_index": tail_index(person.phone[-4:]),
            "joined_on": person.joined_on,
            "duty": person.duty,
            "note": "",
            "active": True,
            "created_at": now - timedelta(days=35),
            "updated_at": now - timedelta(days=35),
        }
        for number, person in enumerate(roster, 1)
    ]
    session.execute(sa.insert(Member), rows)
    _advance(session, "member", len(rows))
    return rows


def _advance(session: Session, table: str, last: int) -> None:
    """Ids were given by us: PostgreSQL's sequence must not give them again."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(f'"{table}"', "id"), last)))


def _followers(
    session: Session,
    rnd: random.Random,
    members: list[dict[str, Any]],
    openids: list[str],
    branches: list[Branch],
    now: datetime,
) -> dict[int, str]:
    """``{member id: openid}`` of those who are bound; the rest of the openids are residents."""
    chosen = sorted(rnd.sample(range(len(members)), _BOUND))
    bound: dict[int, str] = {}
    rows = []
    # The phone shows the newest follower first: that is to be a bound member of the first branch.
    for number, openid in enumerate(reversed(openids)):
        since = now - timedelta(days=rnd.randrange(2, 33), minutes=rnd.randrange(1440))
        member = members[chosen[number]] if number < len(chosen) else None
        if member is not None:
            bound[member["id"]] = openid
        rows.append(
            {
                "openid": openid,
                "subscribed": True,
                "gone": False,
                "subscribed_at": since,
                "last_seen_at": since + timedelta(hours=rnd.randrange(1, 40)),
                "scene": "",
                "scene_branch_id": member["branch_id"] if member else None,
                "member_id": member["id"] if member else None,
                "bound_at": since + timedelta(minutes=3) if member else None,
                "consent_version": consent.VERSION if member else "",
                "consent_at": since + timedelta(minutes=3) if member else None,
                "bind_failures": 0,
                "muted_columns": "",
                "large_text": rnd.random() < 0.12,
            }
        )
    session.execute(sa.insert(Follower), rows)
    agreed = sa.select(
        Follower.id,
        Follower.member_id,
        Follower.consent_version,
        Follower.consent_at,
        sa.literal(ConsentWay.REPLY.value),
    ).where(Follower.member_id.is_not(None))
    session.execute(
        sa.insert(Consent).from_select(["follower_id", "member_id", "version", "at", "how"], agreed)
    )
    return bound


def _replies(session: Session, now: datetime) -> None:
    session.add_all(
        [
            KeywordReply(
                pattern="问律师",
                whole=False,
                kind="text",
                content="律师每周三 14:00—17:00 在各社区党群服务站值班，无需预约。回复“学习园地”可查看法律常识。",
                sort=1,
                updated_at=now,
            ),
            KeywordReply(
                pattern="党群服务站",
                whole=False,
                kind="text",
                content="各社区党群服务站每天 8:30—20:30 开放，提供图书、热水、打印和充电。",
                sort=2,
                updated_at=now,
            ),
        ]
    )
