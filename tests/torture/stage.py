"""Where a torture takes place: a local WeChat, a database, the product's processes, and a small world of followers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

import runtime as product
from community import tags
from content import columns
from database.migrate import upgrade
from ground import clock
from localwechat.testing import SandboxControl, start_sandbox
from models import Branch, Member
from scheduler import notice_consents
from settings import load_settings
from tests.fixtures.configuration import account, write_config
from tests.fixtures.processes import Spawn, eventually, free_port, http_status
from tests.fixtures.servers import Server, start_postgres, start_redis
from tests.torture.parts import Forked, Nursery, Part, Whole
from tests.world import groups, kits, many

MODES = ("embedded", "scaled")
BRANCHES = ("第1党支部", "第2党支部", "第3党支部", "第4党支部")
_EACH = 5
_START = "2026-11-02T08:00:00+08:00"
_PLENTY = 100_000
_NOTICES = {"activity": "SANDBOX_NOTICE_ACTIVITY", "article": "SANDBOX_NOTICE_ARTICLE"}
"""The templates of the subscription notices."""
_UNLIMITED = (
    "/cgi-bin/message/mass/sendall",
    "/cgi-bin/draft/add",
    "/cgi-bin/freepublish/submit",
    "/cgi-bin/freepublish/get",
    "/cgi-bin/freepublish/batchget",
)
_ROLES = {
    "embedded": ("embedded",),
    "scaled": ("web", "scheduler", "scheduler", "worker", "worker"),
}

T = TypeVar("T")


class Stage:
    """All of it, begun by :func:`open_stage`. ``people`` are the openids by branch; the first two branches have tags."""

    def __init__(self, mode: str, folder: Path, sandbox: SandboxControl, servers: dict[str, Server]) -> None:
        self.mode, self.folder, self.sandbox, self.servers = mode, folder, sandbox, servers
        self.port = free_port()
        self.config = write_config(folder / "config.toml", **self._sections())
        self.env = {"PIONEER_CONFIG": str(self.config), "FLASK_APP": "app"}
        if not servers:
            upgrade(self.database_url)
        self.runtime = product.build(load_settings(self.config, env={}))
        self.people: dict[str, list[str]] = {}
        self.robots: dict[int, str] = {}
        """The keys of the robots by group: each branch has one, and so has the whole street."""
        self.chats: dict[str, dict[int, str]] = {"robot": {}, "kit": {}}
        """By the road that goes there: the groups, and the names of their branches (empty: the whole street's)."""
        self.parts: list[Part] = []
        self._furnish()

    @property
    def database_url(self) -> str:
        """Of the stage's own database."""
        if "postgres" in self.servers:
            return self.servers["postgres"].url
        return f"sqlite:///{self.folder / 'pioneer.db'}"

    def _sections(self) -> dict[str, dict[str, Any]]:
        wechat = dict.fromkeys(("api_base_url", "mp_base_url", "open_base_url"), self.sandbox.url)
        return {
            "server": {
                "base_url": f"http://127.0.0.1:{self.port}",
                "data_dir": str(self.folder / "var"),
                "clock_url": f"{self.sandbox.url}/_sandbox/clock",
            },
            "database": {"url": self.database_url},
            "redis": {"url": self.servers["redis"].url if "redis" in self.servers else ""},
            "wechat": {**wechat, **{f"notice_{kind}_template": name for kind, name in _NOTICES.items()}},
            "wecom": {"api_base_url": self.sandbox.url},
            "limits": {
                "quiet_hours": "",
                "grace_minutes": 1440,
                "plan_drift_percent": 0,
                "contacts_per_month": 0,
            },
            "system": {
                "tick_s": 0.1,
                "delivery_lease_s": 30 if self.mode == "embedded" else 6,
                "read_timeout_s": 1.5,
                "connect_timeout_s": 1.0,
            },
            "wechat.limits": {
                "mass_repeat_gap_s": 1.5,
                "mass_batch_gap_s": 1.0,
                "mass_max_openids": 8,  # so that a list goes in several calls
                "mass_per_follower_month": _PLENTY,
                "customer_service_count": _PLENTY,
                "customer_service_hours": _PLENTY,
                "robot_per_minute": 3,
            },
        }

    # --- the world -----------------------------------------------------------------------------------------

    def _furnish(self) -> None:
        if self.servers:
            upgrade(self.database_url)
        openids = self.sandbox.followers(len(BRANCHES) * _EACH)
        with self.runtime.db.session_scope() as session:
            columns.ensure_defaults(session)
            people = many.members(session, many.branches(session, len(BRANCHES)), len(openids))
            many.followers(session, people, openids)
            names = dict(session.execute(sa.select(Branch.id, Branch.name)).all())
            for openid, (_, branch) in zip(openids, people, strict=True):
                self.people.setdefault(names[branch], []).append(openid)
        with self.runtime.db.session_scope() as session:
            wanted = [
                tags.Wanted(openid, "branch", branch, add=True)
                for openid, branch in self._tagged(session, openids, people)
            ]
            tags.queue(session, wanted, at=clock.now())
            for branch in [*session.scalars(sa.select(Branch).order_by(Branch.id)), None]:
                key = groups.robot(self.sandbox)
                made = groups.group(session, branch, robot=key).id
                self.robots[made], self.chats["robot"][made] = key, branch.name if branch else ""
        while tags.work(self.runtime.db, self.runtime.client):
            pass
        for openid in openids:  # whoever wrote can be answered
            self.sandbox.say(openid, "你好")
        with self.runtime.db.session_scope() as session:
            self._furnish_groups(session)

    def _furnish_groups(self, session: Session) -> None:
        """Each branch has a group, and a member who passes things on to it and has written to the account."""
        for branch in session.scalars(sa.select(Branch).order_by(Branch.id)):
            openid = self.people[branch.name][0]
            self.chats["kit"][kits.group(session, branch, openid=openid).id] = branch.name
            kits.wrote(session, openid)

    def _tagged(
        self, session: Session, openids: Sequence[str], people: Sequence[tuple[int, int]]
    ) -> list[tuple[str, int]]:
        first = set(session.scalars(sa.select(Branch.id).where(Branch.name.in_(BRANCHES[:2]))))
        return [
            (openid, branch) for openid, (_, branch) in zip(openids, people, strict=True) if branch in first
        ]

    def members_of(self, audience: str) -> list[str]:
        """Whom the text of an audience means, by our own books."""
        if audience == "all":
            return [openid for people in self.people.values() for openid in people]
        return [openid for piece in audience.split(",") for openid in self.people[piece.partition(":")[2]]]

    def agree(self, openids: Sequence[str], kind: str) -> Callable[[Session], None]:
        """Each of them agrees to one subscription notice on the phone, of which WeChat's event may come or not.

        What is given back is what our page saw of it, to be written down.
        """
        for openid in openids:
            self.sandbox.act(openid, "consent", template_id=_NOTICES[kind], answer="accept")

        def seen(session: Session) -> None:
            for openid in openids:
                assert notice_consents.grant(
                    session, openid, _NOTICES[kind], sent_at=clock.now(), on_page=True
                )

        return seen

    def groups_of(self, audience: str, road: str) -> set[int]:
        """The groups that belong to an audience and are this road's, by our own books."""
        named = {piece.partition(":")[2] for piece in audience.split(",")}
        return {one for one, branch in self.chats[road].items() if audience == "all" or branch in named}

    def write(self, act: Callable[[Session], T]) -> T | None:
        """One transaction of a person; None where the database is away, for a person tries again later."""
        try:
            with self.runtime.db.session_scope() as session:
                return act(session)
        except (sa.exc.DBAPIError, sa.exc.TimeoutError):
            return None

    def read(self, look: Callable[[Session], T], patience_s: float = 30.0) -> T:
        """One look at the database, which may be on its way back."""
        deadline = time.monotonic() + patience_s
        while True:
            try:
                with self.runtime.db.read_scope() as session:
                    return look(session)
            except sa.exc.DBAPIError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    # --- time ----------------------------------------------------------------------------------------------

    def jump(self, delta: timedelta) -> None:
        """The one clock goes ahead."""
        self.jump_to(datetime.fromisoformat(self.sandbox.clock()["at"]) + delta)

    def jump_to(self, moment: datetime) -> None:
        """The one clock is set."""
        self.sandbox.clock(at=moment)
        clock.sync()

    def next_morning(self) -> None:
        """Eight o'clock of the next day, when yesterday's quotas are forgotten."""
        local = clock.to_shanghai(datetime.fromisoformat(self.sandbox.clock()["at"]))
        self.jump_to((local + timedelta(days=1)).replace(hour=8, minute=0, second=0))

    # --- processes -----------------------------------------------------------------------------------------

    def cast(self, make: Callable[[str, str, int], Part]) -> None:
        """Who plays: the processes of this mode, not begun yet."""
        self.parts = [
            make(role, f"{role}-{number}", self.port) for number, role in enumerate(_ROLES[self.mode])
        ]

    def serves(self) -> bool:
        """Whether the web answers."""
        return http_status(f"http://127.0.0.1:{self.port}/readyz") == 200

    def begin_all(self, rng: Random) -> None:
        """Begin whatever is down, or goes down meanwhile, until it serves."""

        def up() -> bool:
            for server in self.servers.values():
                if not server.running:
                    server.begin_again()
            for part in self.parts:
                if not part.running:
                    part.begin(rng, arm=False)
            return self.serves()

        eventually(up, timeout_s=60, every_s=0.1, message=f"nothing serves; see {self.folder}")


@contextlib.contextmanager
def open_stage(mode: str, folder: Path, *, whole: bool) -> Iterator[Stage]:
    """A stage for one piece; what it starts ends with it. Raises RuntimeError where there is no PostgreSQL or Redis."""
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as ends:
        servers: dict[str, Server] = {}
        if mode == "scaled":
            for name, server in (("postgres", start_postgres(durable=True)), ("redis", start_redis())):
                if isinstance(server, str):
                    raise RuntimeError(server)
                ends.callback(server.stop)
                servers[name] = server
        sandbox = ends.enter_context(start_sandbox(**account()))
        sandbox.clock(at=_START)
        sandbox.settings(
            mass_retry_gap_s=1.0,
            mass_get_blind_s=0.0,
            mass_monthly_per_follower=_PLENTY,
            mass_calls_per_minute=_PLENTY,
            custom_message_count=_PLENTY,
            custom_message_s=_PLENTY * 100,
            limits=dict.fromkeys(_UNLIMITED, _PLENTY),
        )
        stage = Stage(mode, folder, sandbox, servers)
        ends.callback(clock.follow, "")
        ends.callback(stage.runtime.close)
        sandbox.account(callback_url=f"http://127.0.0.1:{stage.port}/wechat/callback")
        if whole:
            spawn = Spawn(folder)
            ends.callback(spawn.clean_up)
            stage.cast(lambda role, name, port: Whole(spawn, role, name, stage.env, folder, port))
        else:
            nursery = Nursery()
            ends.callback(nursery.close)
            stage.cast(lambda role, name, port: Forked(nursery, role, name, stage.env, folder, port))
        yield stage


__all__ = ["BRANCHES", "MODES", "Member", "Stage", "open_stage"]
