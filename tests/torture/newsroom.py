"""An editorial office on a local WeChat in this very process, whose clock stands still between two steps.

Everything that happens follows from the steps alone: the product's time is set by hand, nothing waits, nothing runs beside.
Whoever gives an ``interlude`` is called at each call to WeChat and at each named point of the sender, where others act meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import sqlalchemy as sa

import runtime as product
from accounts import sessions
from app import create_app
from community import followers
from content import columns
from ground import clock, faultpoints
from localwechat.config import SandboxConfig
from localwechat.platform import Sandbox
from localwechat.serving import SandboxServer
from localwechat.testing import SandboxControl
from models import Push, User
from scheduler import instance, keys, removing
from scheduler.asking import Asking
from scheduler.lanes import Lanes
from scheduler.sender import Sender
from scheduler.tick import Ticker
from tests.fixtures import configuration
from tests.fixtures.configuration import make_settings
from tests.world import accounts, articles
from web.access import TOKEN

PEOPLE = {
    "chief": ("admin", None), "deputy": ("admin", None), "editor": ("editor", None), "colleague": ("editor", None),
    "first": ("reviewer", None), "second": ("reviewer", None), "third": ("reviewer", None), "fourth": ("reviewer", None),
    "only2": ("reviewer", 2), "auditor": ("auditor", None),
}  # fmt: skip
"""Role and stage of each when the office begins."""
START = datetime(2026, 11, 2, 7, 0, tzinfo=clock.SHANGHAI)
_FOLLOWERS = 6
_PLENTY = 100_000
_IDLE_S = 0.5
_SLOTS = {"study": ("08:00", "14:00"), "news": ("10:00", "19:00")}


class Meanwhile:
    """The client of WeChat, with something happening before and after each of its calls."""

    def __init__(self, client: Any, interlude: Callable[[str, Any], None]) -> None:
        self._client, self._interlude = client, interlude

    def __getattr__(self, name: str) -> Any:
        """One of its calls, if it is one."""
        found = getattr(self._client, name)
        if not callable(found):
            return found

        def call(*given: Any, **named: Any) -> Any:
            self._interlude(f"before {name}", given)
            answer = found(*given, **named)
            self._interlude(f"after {name}", answer)
            return answer

        return call


class Newsroom:
    """The parts of the product on a migrated database at ``url``; ``people`` are the ids of :data:`PEOPLE`."""

    def __init__(self, url: str, folder: Path) -> None:
        self.now = START
        self._frozen = mock.patch.object(clock, "timestamp", self._timestamp)
        self._frozen.start()
        self._server = SandboxServer(SandboxConfig(**configuration.account(), fast=True))
        self._work = _by_hand(self._server.sandbox, self._timestamp)
        self._server.start()
        self.sandbox = SandboxControl(self._server.url)
        self.go_on(timedelta())
        self.sandbox.settings(
            job_finish_delay_s=0.0, mass_get_blind_s=0.0, mass_monthly_per_follower=_PLENTY, mass_calls_per_minute=_PLENTY,
            limits={"/cgi-bin/draft/add": _PLENTY, "/cgi-bin/message/mass/sendall": _PLENTY,
                    "/cgi-bin/message/mass/delete": _PLENTY, "/cgi-bin/message/mass/send": _PLENTY},
        )  # fmt: skip
        self.settings = make_settings(**self._sections(url, folder))
        self.runtime = product.build(self.settings)
        if (
            self.runtime.db.on_sqlite
        ):  # nothing is killed here: what only a power cut would lose need not wait for the disk
            sa.event.listen(self.runtime.db.engine, "connect", _without_waiting)
        self.people: dict[str, int] = {}
        self.columns: dict[str, int] = {}
        self._furnish(folder)
        self.app = create_app(self.settings, self.runtime)
        self.app.testing = True
        self.reader = self.app.test_client()

    def _sections(self, url: str, folder: Path) -> dict[str, dict[str, Any]]:
        addresses: dict[str, Any] = dict.fromkeys(
            ("api_base_url", "mp_base_url", "open_base_url"), self._server.url
        )
        return {
            "server": {"data_dir": str(folder / "var"), "base_url": "http://office.test"},
            "database": {"url": url},
            "wechat": {**addresses, "account_type": "service"},
            "limits": {
                "quiet_hours": "22:00-06:00",
                "plan_drift_percent": 0,
                "contacts_per_month": 0,
                "session_hours": 24,
            },
            "wechat.limits": {"mass_per_follower_month": _PLENTY, "mass_max_openids": 3},
        }

    def _furnish(self, folder: Path) -> None:
        openids = self.sandbox.followers(_FOLLOWERS)
        db = self.runtime.db
        with db.session_scope() as session:
            self.columns = {one.key: one.id for one in columns.ensure_defaults(session)}
            for name, (role, stage) in PEOPLE.items():
                self.people[name] = accounts.account(session, name, role, stage=stage).id
            chief = session.get_one(User, self.people["chief"])
            for openid in openids:
                followers.follow(session, openid, scene=None, at=self.now)
            for key, times in _SLOTS.items():
                slots = [
                    {"weekdays": list(range(7)), "time": one, "audience": "all", "most": 1 + place}
                    for place, one in enumerate(times)
                ]
                found = columns.by_key(session, key)
                columns.change(
                    session,
                    chief,
                    found,
                    name=found.name,
                    description="",
                    active=True,
                    slots=slots,
                    at=self.now,
                )
            instance.take(session, instance.fingerprint(self.settings), self.now)
            keys.instance_id(session, self.now)
        self.cover = articles.cover(db, self.settings.data_dir)

    def _timestamp(self) -> float:
        return self.now.timestamp()

    def go_on(self, step: timedelta) -> None:
        """Let time pass, for WeChat as well, which does what is due by then."""
        self.now += step
        while self._work():
            pass

    def machine(self, interlude: Callable[[str, Any], None]) -> Ticker:
        """The scheduler's tick, which does its work at once, here."""
        db, stopping = self.runtime.db, threading.Event()
        self.runtime.__dict__["client"] = Meanwhile(self.runtime.client, interlude)
        lanes = Lanes(self.runtime, stopping)
        sender, asking = Sender(self.runtime, stopping, lanes), Asking(self.runtime)
        reach = mock.patch.object(faultpoints, "reach", lambda point: interlude(point, None))
        self._reach = reach
        reach.start()
        work: dict[str, Callable[[int], object]] = {
            "push": sender.run,
            "lane": lanes.lane,
            "ask": asking.ask,
            "answers": lambda _row: lanes.lane(None),
            "tags": lambda _row: None,
            "removals": lambda _row: removing.work(db, self.runtime.client),
        }

        def hand(kind: str, row: int) -> None:
            work[kind](row)

        return Ticker(self.runtime, hand)

    def browser(self, who: int) -> tuple[Any, str]:
        """A browser in which this person is signed in, as far as the account lets them, and the token of its forms."""
        client = self.app.test_client()
        with self.runtime.db.session_scope() as session:
            token = sessions.open_session(session, session.get_one(User, who), hours=1, at=self.now)
        with client.session_transaction() as kept:
            kept[TOKEN] = token
        return client, _token_of(client)

    def waiting(self, *statuses: str) -> list[int]:
        """The pushes that stand so, in order."""
        with self.runtime.db.read_scope() as session:
            return list(
                session.scalars(sa.select(Push.id).where(Push.status.in_(statuses)).order_by(Push.id))
            )

    def close(self) -> None:
        """End it, and give the system's clock back."""
        if reach := self.__dict__.get("_reach"):
            reach.stop()
        self.runtime.close()
        self._server.stop()
        self._frozen.stop()


def _by_hand(wechat: Sandbox, now: Callable[[], float]) -> Callable[[], bool]:
    """Let the local WeChat's time be this one, and its thread do nothing: what is due is done by who calls the answer."""
    work, here = wechat.run_due, threading.get_ident()
    hands: dict[str, Callable[..., object]] = {
        "now": now,
        "real_seconds": lambda _until: _IDLE_S,
    }
    for name, instead in hands.items():
        setattr(wechat.clock, name, instead)
    setattr(wechat, "run_due", lambda: threading.get_ident() == here and work())  # noqa: B010 - mypy keeps methods
    return work


def _token_of(client: Any) -> str:
    """What a form of this browser carries, made as the pages make it, without drawing one."""
    from flask_wtf.csrf import generate_csrf

    with client.application.test_request_context():
        from flask import session as kept

        token = str(generate_csrf())
        raw = kept["csrf_token"]
    with client.session_transaction() as cookie:
        cookie["csrf_token"] = raw
    return token


def _without_waiting(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


__all__ = ["PEOPLE", "START", "Meanwhile", "Newsroom"]
