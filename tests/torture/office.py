"""An office on a local WeChat in this very process: its services are called, its clock is set, its machine is turned by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import runtime as product
from community import followers, tags
from content import columns
from database.migrate import upgrade
from ground import clock
from localwechat.config import SandboxConfig
from localwechat.serving import SandboxServer
from localwechat.testing import SandboxControl
from models import Branch
from scheduler import instance, keys
from scheduler.asking import Asking
from scheduler.lanes import Lanes
from scheduler.sender import Sender
from scheduler.tick import Ticker
from tests.fixtures import configuration
from tests.fixtures.configuration import make_settings
from tests.world import accounts, many, members

FOLLOWERS = 400
BRANCHES = 8
_BOUND = 350
_SPARE = 40
QUIET = "22:00-07:00"

Hand = Callable[[str, int], None]


class Office:
    """``openids`` are all who ever followed, ``branch_of`` who belongs where, by our own books."""

    def __init__(self, account: str, seed: int, folder: Path, start: datetime) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.account = account
        self._server = SandboxServer(
            SandboxConfig(**configuration.account(), account_type=account, fast=True, seed=seed)
        )
        self._server.start()
        self.sandbox = SandboxControl(self._server.url)
        # Furnishing takes its time by the clock, and nobody may follow after the morning on which they leave.
        self.sandbox.clock(at=start - timedelta(hours=1))
        self.sandbox.settings(
            job_finish_delay_s=0.0, mass_get_blind_s=0.0, limits={"/cgi-bin/draft/add": 100_000}
        )
        url = f"sqlite:///{folder / 'pioneer.db'}"
        upgrade(url)
        addresses: dict[str, Any] = dict.fromkeys(
            ("api_base_url", "mp_base_url", "open_base_url"), self._server.url
        )
        self.runtime = product.build(
            make_settings(
                server={
                    "data_dir": str(folder / "var"),
                    "clock_url": f"{self._server.url}/_sandbox/clock",
                    "base_url": "http://office.test",
                },
                database={"url": url},
                wechat={**addresses, "account_type": account},
                limits={"quiet_hours": QUIET, "contacts_per_month": 0},
            )
        )
        # Nothing is killed here: what only a power cut would lose need not wait for the disk.
        sa.event.listen(self.runtime.db.engine, "connect", _without_waiting)
        self.branch_of: dict[str, str] = {}
        self.spare: list[int] = []
        self._furnish()

    def _furnish(self) -> None:
        self.openids = self.sandbox.followers(FOLLOWERS)
        bound = self.openids[:_BOUND]
        with self.runtime.db.session_scope() as session:
            columns.ensure_defaults(session)
            ids = many.branches(session, BRANCHES)
            people = many.members(session, ids, _BOUND)
            many.followers(session, people, bound)
            names = dict(session.execute(sa.select(Branch.id, Branch.name)).all())
            self.branches = [names[ident] for ident in ids]
            self.branch_of = {
                openid: names[branch] for openid, (_, branch) in zip(bound, people, strict=True)
            }
            rows = [
                members.row(f"后来{number}", self.branches[number % BRANCHES]) for number in range(_SPARE)
            ]
            self.spare = [member.id for member in members.enrol(session, rows)]
            accounts.someone(session, "editor")
            for openid in self.openids[_BOUND:]:
                followers.follow(session, openid, scene=None, at=clock.now())
            tags.reconcile(session, at=clock.now())
            instance.take(session, instance.fingerprint(self.runtime.settings), clock.now())
            keys.instance_id(session, clock.now())
        while tags.work(self.runtime.db, self.runtime.client):
            pass

    # --- time ----------------------------------------------------------------------------------------------

    def go_to(self, moment: datetime) -> None:
        """Set the one clock."""
        self.sandbox.clock(at=moment)
        clock.sync()

    def machine(self, before: Hand) -> Ticker:
        """The scheduler's tick, which does its work at once, here; ``before`` sees what is handed out."""
        stopping = threading.Event()
        lanes = Lanes(self.runtime, stopping)
        sender, asking = Sender(self.runtime, stopping, lanes), Asking(self.runtime)
        work: dict[str, Callable[[int], object]] = {
            "push": sender.run,
            "lane": lanes.lane,
            "ask": asking.ask,
            "answers": lambda _row: lanes.lane(None),
            "tags": lambda _row: tags.work(self.runtime.db, self.runtime.client),
        }

        def hand(kind: str, row: int) -> None:
            before(kind, row)
            work[kind](row)

        return Ticker(self.runtime, hand)

    def close(self) -> None:
        """End it, and go back to the system's clock."""
        self.runtime.close()
        clock.follow("")
        self._server.stop()


def _without_waiting(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")
