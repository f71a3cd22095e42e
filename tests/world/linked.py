"""A small world that is linked to the local WeChat: its people follow there, its branches have tags there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import runtime as parts
from community import tags
from content import columns
from database.once import insert_once
from ground import clock
from localwechat.testing import SandboxControl
from models import Branch, FollowerTag, Push, User
from runtime import Runtime
from scheduler import agreeing, pushes, tally
from settings import Settings
from tests.fixtures.configuration import make_settings
from tests.fixtures.processes import eventually
from tests.world import accounts, activities, answers, articles, followers, members, places

GAP_S = 1.0


def settings_for(sandbox: SandboxControl, database_url: str, data_dir: str, **limits: Any) -> Settings:
    """Settings that point at the sandbox, with short waits; ``limits`` are WeChat's."""
    return make_settings(**sections_for(sandbox, database_url, data_dir, **limits))


def sections_for(
    sandbox: SandboxControl, database_url: str, data_dir: str, **limits: Any
) -> dict[str, dict[str, Any]]:
    """The same as tables of a configuration file."""
    config = sandbox.config
    return {
        "server": {"data_dir": data_dir, "clock_url": f"{sandbox.url}/_sandbox/clock"},
        "database": {"url": database_url},
        "wechat": {
            "app_id": config.app_id,
            "app_secret": config.app_secret,
            "token": config.token,
            "encoding_aes_key": config.aes_key,
            "original_id": config.original_id,
            "api_base_url": sandbox.url,
            "mp_base_url": sandbox.url,
            "open_base_url": sandbox.url,
            "template_id": "",
        },
        "wecom": {"api_base_url": sandbox.url},
        "limits": {"quiet_hours": ""},
        "system": {"tick_s": 0.1},
        "wechat.limits": {"mass_repeat_gap_s": GAP_S, "mass_batch_gap_s": 1.0, **limits},
    }


class World:
    """One community with branches of members who follow; ``openids`` by branch name."""

    def __init__(self, runtime: Runtime, sandbox: SandboxControl) -> None:
        self.runtime = runtime
        self.sandbox = sandbox
        self.openids: dict[str, list[str]] = {}
        with runtime.db.session_scope() as session:
            for username, role in (("editor", "editor"), ("boss", "admin"), ("guest", "auditor")):
                accounts.account(session, username, role)
            columns.ensure_defaults(session)

    def branch(self, name: str, following: int, *, tagged: bool = True, others: int = 0) -> Branch:
        """A branch with ``following`` members who follow and ``others`` who do not; its tag is on all who follow."""
        openids = self.sandbox.followers(following) if following else []
        tag_id = self._tag(name, openids) if tagged else None
        with self.runtime.db.session_scope() as session:
            branch = places.branch(session, name)
            self.add_members(session, branch, openids, others)
            branch.tag_id = tag_id
            insert_once(
                session, FollowerTag, [{"openid": one, "tag_id": tag_id} for one in openids if tagged]
            )
        self.openids[name] = openids
        return branch

    def _tag(self, name: str, openids: Sequence[str]) -> int:
        """A tag at WeChat, on these followers: the product is to make its first call, and get its token, in the test."""
        tag_id = int(self.sandbox.api("/cgi-bin/tags/create", {"tag": {"name": name}})["tag"]["id"])
        for start in range(0, len(openids), tags.BATCH):
            batch = {"openid_list": openids[start : start + tags.BATCH], "tagid": tag_id}
            self.sandbox.api("/cgi-bin/tags/members/batchtagging", batch)
        return tag_id

    def add_members(
        self, session: Session, branch: Branch, openids: Sequence[str], others: int = 0, grid: str = ""
    ) -> None:
        """Members of a branch: one bound to each openid, and ``others`` without."""
        rows = [members.row("党员", branch.name, grid=grid) for _ in range(len(openids) + others)]
        bound = members.enrol(session, rows)[: len(openids)]
        followers.bind_all(session, openids, bound)

    def article(self, title: str = "学习园地第一期", column: str = "study", status: str = "approved") -> int:
        """A reviewed article with a cover."""
        folder = self.runtime.settings.data_dir
        return articles.article(
            self.runtime.db, folder, title, column=column, status=status, cover_square=400
        )

    def activity(self, title: str = "主题党日") -> int:
        """An open activity for all."""
        with self.runtime.db.session_scope() as session:
            return activities.activity(session, title).id

    def answer(self, openid: str, text: str = "您好", **changes: Any) -> int:
        """A customer-service message to send."""
        with self.runtime.db.session_scope() as session:
            return answers.answer(session, openid, text, **changes).id

    def user(self, session: Session, username: str = "editor") -> User:
        """A user by name."""
        return session.scalars(sa.select(User).where(User.username == username)).one()

    def push(self, audience: str, article: int | None = None, username: str = "editor", **more: Any) -> Push:
        """Decide a push of one (new) article now."""
        if "activity_id" not in more and "article_ids" not in more:
            more["article_ids"] = [article or self.article()]
        more.setdefault("agreed", agreeing.Agreed(twice=None))
        with self.runtime.db.session_scope() as session:
            return pushes.create(
                session,
                self.runtime.settings,
                self.user(session, username),
                audience=audience,
                **more,
                at=clock.now(),
            ).push

    def shown(self, push: Push | int) -> dict[str, Any]:
        """The report of a push."""
        with self.runtime.db.read_scope() as session:
            return tally.show(session, pushes.get(session, push if isinstance(push, int) else push.id))

    def received(self, *names: str) -> dict[str, int]:
        """How many mass messages each follower of these branches (default: all) has got, by the local WeChat's receipts."""
        counts = {openid: 0 for name in names or self.openids for openid in self.openids[name]}
        for receipt in self.sandbox.receipts("mass"):
            if receipt["openid"] in counts:
                counts[receipt["openid"]] += 1
        return counts


def make_world(sandbox: SandboxControl, settings: Settings) -> World:
    """The parts of a process on the sandbox, and the world in its database."""
    return World(parts.build(settings), sandbox)


def jump(world: World, **delta: float) -> None:
    """Move the one clock forward."""
    world.sandbox.clock(at=(clock.now() + timedelta(**delta)).isoformat())
    clock.sync()


def wait_status(world: World, push_id: int, *statuses: str) -> dict[str, Any]:
    """The report of a push once it has one of these statuses."""
    eventually(
        lambda: world.shown(push_id)["status"] in statuses,
        timeout_s=60,
        message=f"push {push_id} never became {statuses}",
    )
    return world.shown(push_id)
