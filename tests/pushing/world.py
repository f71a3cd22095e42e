"""A small world for tests of pushing: places, people who follow at the local WeChat, tags, reviewed articles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import runtime as parts
from content import columns
from content.assets import AssetStore, remember
from content.pictures import card_cover
from content.revisions import Fields, content_hash
from ground import clock
from localwechat.testing import SandboxControl
from models import (
    Activity,
    Area,
    Article,
    Branch,
    Community,
    Delivery,
    Follower,
    FollowerTag,
    Grid,
    Member,
    Push,
    User,
)
from runtime import Runtime
from scheduler import answers, pushes, report
from settings import Settings
from tests.fixtures.configuration import make_settings
from tests.fixtures.processes import eventually

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
        "limits": {"quiet_hours": ""},
        "system": {"tick_s": 0.1},
        "wechat.limits": {"mass_repeat_gap_s": GAP_S, "mass_batch_gap_s": 1.0, **limits},
    }


def answer_to(openid: str, text: str, now: datetime) -> Delivery:
    """A customer-service message to send."""
    body = json.dumps({"msgtype": "text", "text": {"content": text}}, ensure_ascii=False)
    expires_at = now + timedelta(hours=48)
    row = answers.row(openid, body, answers=f"test:{text}", due_at=now, expires_at=expires_at)
    return Delivery(**answers.CONSTANT, **row)


class World:
    """One community with branches of members who follow; ``openids`` by branch name."""

    def __init__(self, runtime: Runtime, sandbox: SandboxControl) -> None:
        self.runtime = runtime
        self.sandbox = sandbox
        self.openids: dict[str, list[str]] = {}
        self._number = 0
        with runtime.db.session_scope() as session:
            now = clock.now()
            for username, role in (("editor", "editor"), ("boss", "admin"), ("guest", "auditor")):
                session.add(User(username=username, password_hash="-", role=role, created_at=now))
            area = Area(name="东片区")
            self.community = Community(name="桂花社区", area=area)
            session.add(self.community)
            session.flush()
            self.grid = Grid(name="桂花一网格", community_id=self.community.id)
            session.add(self.grid)
            columns.ensure_defaults(session)

    def branch(self, name: str, followers: int, *, tagged: bool = True, others: int = 0) -> Branch:
        """A branch with ``followers`` members who follow and ``others`` who do not; its tag is on all who follow."""
        openids = self.sandbox.followers(followers) if followers else []
        tag_id: int | None = None
        if tagged:
            tag_id = int(self.sandbox.api("/cgi-bin/tags/create", {"tag": {"name": name}})["tag"]["id"])
            for start in range(0, len(openids), 50):
                self.sandbox.api(
                    "/cgi-bin/tags/members/batchtagging",
                    {"openid_list": openids[start : start + 50], "tagid": tag_id},
                )
        with self.runtime.db.session_scope() as session:
            branch = Branch(name=name, community_id=self.community.id, tag_id=tag_id)
            session.add(branch)
            session.flush()
            self.add_members(session, branch, openids, others)
            if tag_id is not None and openids:
                session.execute(
                    sa.insert(FollowerTag), [{"openid": openid, "tag_id": tag_id} for openid in openids]
                )
        self.openids[name] = openids
        return branch

    def add_members(
        self,
        session: Session,
        branch: Branch,
        openids: Sequence[str],
        others: int = 0,
        grid_id: int | None = None,
    ) -> None:
        """Members of a branch: one bound to each openid, and ``others`` without."""
        now = clock.now()
        for number in range(len(openids) + others):
            self._number += 1
            member = Member(
                name=f"党员{self._number}",
                branch_id=branch.id,
                grid_id=grid_id,
                created_at=now,
                updated_at=now,
            )
            session.add(member)
            if number < len(openids):
                session.flush()
                session.add(
                    Follower(
                        openid=openids[number],
                        member_id=member.id,
                        subscribed=True,
                        subscribed_at=now,
                        bound_at=now,
                    )
                )
        session.flush()

    def article(self, title: str = "学习园地第一期", column: str = "study", status: str = "approved") -> int:
        """A reviewed article with a cover."""
        cover = card_cover(column)
        AssetStore(self.runtime.settings.data_dir).put(cover)
        with self.runtime.db.session_scope() as session:
            remember(session, [cover])
            fields = Fields(
                title=title,
                column_id=columns.by_key(session, column).id,
                author="编辑部",
                digest="本期要点",
                html=f"<p>{title}，请大家认真学习。</p>",
                cover_sha256=cover.sha256,
                cover_square=400,
            )
            now = clock.now()
            article = Article(
                column_id=fields.column_id,
                title=fields.title,
                author=fields.author,
                digest=fields.digest,
                html=fields.html,
                cover_sha256=fields.cover_sha256,
                cover_square=fields.cover_square,
                status=status,
                hash=content_hash(fields),
                created_by=self.user(session).id,
                created_at=now,
                updated_at=now,
            )
            session.add(article)
            session.flush()
            return article.id

    def activity(self, title: str = "主题党日") -> int:
        """An open activity for all."""
        with self.runtime.db.session_scope() as session:
            now = clock.now()
            activity = Activity(
                title=title,
                starts_at=now,
                ends_at=now + timedelta(hours=3),
                for_all=True,
                created_by=self.user(session).id,
                created_at=now,
            )
            session.add(activity)
            session.flush()
            return activity.id

    def user(self, session: Session, username: str = "editor") -> User:
        """A user by name."""
        return session.scalars(sa.select(User).where(User.username == username)).one()

    def push(self, audience: str, article: int | None = None, username: str = "editor", **more: Any) -> Push:
        """Decide a push of one (new) article now."""
        if "activity_id" not in more and "article_ids" not in more:
            more["article_ids"] = [article or self.article()]
        with self.runtime.db.session_scope() as session:
            return pushes.create(
                session, self.runtime.settings, self.user(session, username), audience=audience, **more
            ).push

    def shown(self, push: Push | int) -> dict[str, Any]:
        """The report of a push."""
        with self.runtime.db.read_scope() as session:
            return report.show(session, pushes.get(session, push if isinstance(push, int) else push.id))

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
        timeout_s=30,
        message=f"push {push_id} never became {statuses}",
    )
    return world.shown(push_id)
