"""One piece of plans against receipts: an account's months by one seed, and for every follower what was said and what came.

Three sets are compared after each push. What the plan says at its due moment, what people received by the local WeChat's
receipts, and who should have had it by books of our own that know nothing of the planner: who follows, belongs, has muted, has
how many messages left this month beside what is reserved, and wrote within 48 hours. What a person confirmed, days before, must
have come about as well, but for those who came, left or muted meanwhile.
"""

from __future__ import annotations

import shutil
import time
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import followers
from content import columns
from ground import clock
from ground.errors import PioneerError
from models import Member, Push
from scheduler import agreeing, planner, pushes, roads
from scheduler import audience as audiences
from tests.torture.books import Books, Expected
from tests.torture.office import Office
from tests.world import accounts, activities, articles, messages
from tests.world import followers as people

_OPEN = ("scheduled", "held", "sending", "paused")
_HOURS = (8, 10, 15, 20)
_START = datetime(2026, 11, 1, 7, 0, tzinfo=clock.SHANGHAI)


class Months:
    """Lives through the months of one office."""

    def __init__(self, office: Office, seed: int) -> None:
        self._office = office
        self._db, self._settings = office.runtime.db, office.runtime.settings
        self._rng = Random(seed)
        self._ticker = office.machine(self._before)
        self._number = 0
        self.books = Books(office)

    def live(self, months: int) -> None:
        """Day by day."""
        self._slots()
        day, end = _START, _START.month - 1 + months
        while (day.year - _START.year) * 12 + day.month - 1 < end:
            self._day(day)
            day += timedelta(days=1)

    def _day(self, day: datetime) -> None:
        self._office.go_to(day)
        self._come_and_go()
        self._write()
        self._decide(day)
        for hour in _HOURS:
            moment = day.replace(hour=hour, minute=0, second=1)
            if hour == _HOURS[0] or self._is_due(moment):
                self._office.go_to(moment)
                self._turn()

    def _is_due(self, moment: datetime) -> bool:
        with self._db.read_scope() as session:
            due = sa.select(Push.id).where(Push.status.in_(_OPEN), Push.due_at <= moment)
            return session.scalar(due.limit(1)) is not None

    # --- what people do ------------------------------------------------------------------------------------

    def _slots(self) -> None:
        with self._db.session_scope() as session:
            column = columns.by_key(session, "study")
            audience = self._rng.choice(["all", f"branch:{self._office.branches[0]}"])
            slot = {"weekdays": sorted(self._rng.sample(range(7), 2)), "time": "08:00", "audience": audience}
            columns.change(
                session,
                accounts.someone(session),
                column,
                name=column.name,
                description="",
                active=True,
                slots=[slot],
                at=clock.now(),
            )

    def _come_and_go(self) -> None:
        rng, office, now = self._rng, self._office, clock.now()
        gone = sorted(set(office.openids) - self.books.following)
        here = sorted(self.books.following)
        for openid in rng.sample(here, rng.choice((0, 0, 1, 2))):
            office.sandbox.act(openid, "unfollow")
            with self._db.session_scope() as session:
                followers.unfollow(session, openid, at=now)
            self.books.following.discard(openid)
            office.branch_of.pop(openid, None)
            self.books.muted.pop(openid, None)
            self.books.changed(openid, "leave")
        for openid in rng.sample(gone, min(len(gone), rng.choice((0, 0, 1)))):
            office.sandbox.act(openid, "follow")
            with self._db.session_scope() as session:
                followers.follow(session, openid, scene=None, at=now)
            self.books.following.add(openid)
            self.books.changed(openid, "return")
        unbound = [
            openid for openid in here if openid in self.books.following and openid not in office.branch_of
        ]
        if unbound and office.spare and rng.random() < 0.3:
            self._bind(rng.choice(unbound), office.spare.pop(), now)
        for openid in rng.sample(sorted(self.books.following), rng.choice((0, 1, 2))):
            self._mute(openid, rng.choice(("study", "news")))

    def _write(self) -> None:
        """Some write to the account: for two days whoever's month is full can be reached all the same."""
        for openid in self._rng.sample(sorted(self.books.following), self._rng.choice((0, 1, 4, 9))):
            self._office.sandbox.say(openid, "你好")
            with self._db.session_scope() as session:
                messages.message(session, openid)
            self.books.wrote(openid, clock.now())

    def _bind(self, openid: str, member_id: int, now: datetime) -> None:
        with self._db.session_scope() as session:
            member = session.get_one(Member, member_id)
            people.bind(session, openid, member, at=now)
            self._office.branch_of[openid] = member.branch.name
        self.books.changed(openid, "bind")

    def _mute(self, openid: str, key: str) -> None:
        muted = key not in self.books.muted[openid]
        with self._db.session_scope() as session:
            followers.mute(session, openid, [key], muted=muted)
        (self.books.muted[openid].add if muted else self.books.muted[openid].discard)(key)
        self.books.changed(openid, "mute" if muted else "unmute")

    def _decide(self, day: datetime) -> None:
        rng = self._rng
        if rng.random() < 0.25:
            self._article("queued", "study")
            self.books.happened["queue for a slot"] += 1
        for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2))):
            due = day + timedelta(days=rng.choice((0, 0, 0, 1, 3, 6)))
            self._push(due.replace(hour=rng.choice(_HOURS), minute=0))
        with self._db.read_scope() as session:
            waiting = list(session.scalars(sa.select(Push.id).where(Push.status == "scheduled")))
        if waiting and rng.random() < 0.1:
            self._cancel(rng.choice(waiting))

    def _article(self, status: str, column: str) -> int:
        self._number += 1
        title = f"第 {self._number} 篇"
        return articles.article(self._db, self._settings.data_dir, title, status=status, column=column)

    def _audience(self) -> str:
        rng, branches = self._rng, self._office.branches
        chosen = rng.choice((0, 0, 1, 1, 2, 3))
        return ",".join(f"branch:{name}" for name in rng.sample(branches, chosen)) or "all"

    def _push(self, due: datetime) -> None:
        service = self._office.account == "service"
        notice = service and self._rng.random() < 0.1
        audience, column = self._audience(), self._rng.choice(("study", "news"))
        if notice:
            audience = f"branch:{self._rng.choice(self._office.branches)}"  # a call for each of them
        article = 0 if notice else self._article("approved", column)
        try:
            with self._db.session_scope() as session:
                what: dict[str, Any] = {"article_ids": [article]}
                if notice:
                    held = activities.activity(session, starts=due + timedelta(days=2))
                    what = {"activity_id": held.id}
                road = self._rng.choice(("auto", "template" if notice else "mass"))
                made = pushes.create(
                    session, self._settings, accounts.someone(session, "editor"), audience=audience, due_at=due, road=road,
                    **what, agreed=agreeing.Agreed(twice=None), at=clock.now(),
                ).push  # fmt: skip
                self.books.confirm(made, *self._plan(session, made))
        except PioneerError as error:
            self.books.happened[f"refused ({type(error).__name__})"] += 1
            return
        self.books.happened["notice" if notice else "push"] += 1

    def _cancel(self, push_id: int) -> None:
        with self._db.session_scope() as session:
            pushes.cancel(session, pushes.get(session, push_id), None, at=clock.now())
        self.books.expected[push_id].judged = True
        self.books.happened["cancel"] += 1

    # --- what the machine does -----------------------------------------------------------------------------

    def _turn(self) -> None:
        """Turn the machine until nothing of a push is left to do just now, then judge."""
        for _ in range(6):
            self._ticker.tick()
            with self._db.session_scope() as session:
                waiting = list(
                    session.scalars(sa.select(Push).where(Push.status.in_(_OPEN), Push.due_at <= clock.now()))
                )
                for push in waiting:
                    if push.status == "held":
                        pushes.release(session, push, None, at=clock.now())
                        self.books.happened["held, and released"] += 1
            if not waiting:
                break
            self._office.go_to(clock.now() + timedelta(seconds=25))
        self.books.judge()

    def _plan(self, session: Session, push: Push) -> tuple[set[str], set[str]]:
        """Whom the planner would reach with this push, as it stands, and for whom of them it takes of the month's messages."""
        made = planner.plan(
            session,
            self._settings,
            audience=audiences.parse(session, push.audience, at=clock.now()),
            by=roads.choose(push.road, push.kind, self._settings),
            columns=pushes.columns_of(session, push),
            moment=max(push.due_at, clock.now()),
            own=push.id,
            at=clock.now(),
            auto=roads.is_auto(push.road),
        )
        by_road = {route.road.name: set(route.people) for route in made.routes}
        return set().union(*by_road.values()), by_road.get("mass", set())

    def _before(self, kind: str, row: int) -> None:
        """A push is about to be planned and sent: what is said of it, and what should be."""
        if kind != "push":
            return
        self.books.receive()  # what another has sent in this very tick
        with self._db.read_scope() as session:
            push = session.get_one(Push, row)
            if push.planned_at is not None:
                return
            month = clock.month_key(clock.now())
            one = self.books.expected.setdefault(row, Expected(None, month))
            one.month = month
            try:
                one.planned, one.reserved = self._plan(session, push)
            except PioneerError:
                one.planned, one.reserved = set(), set()
            one.by_mass, one.by_window = self.books.should(session, push, row, month)


def run_piece(account: str, months: int, seed: int, folder: Path) -> dict[str, Any]:
    """Run one piece in ``folder``, which stays where something differed and goes otherwise; what a ledger keeps of it."""
    began = time.monotonic()
    office = Office(account, seed, folder, _START)
    life = Months(office, seed)
    try:
        life.live(months)
    except Exception as error:
        life.books.breaks.append(f"{type(error).__name__}: {error}")
    finally:
        office.close()
    if not life.books.breaks:
        shutil.rmtree(folder)
    return {
        "kind": "plans",
        "account": account,
        "months": months,
        "seed": seed,
        "pushes": life.books.pushes,
        "people": life.books.people,
        "differ": life.books.differ,
        "happened": dict(life.books.happened),
        "breaks": life.books.breaks,
        "seconds": round(time.monotonic() - began),
        "at": clock.now().isoformat(timespec="seconds"),
    }
