"""One piece of the torture by kills: pushes and answers go out while processes die, and in the end everything is counted."""

from __future__ import annotations

import shutil
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ground import clock
from ground.errors import PioneerError
from models import Push
from scheduler import pushes
from tests.fixtures.processes import eventually
from tests.torture import troubles, verdict
from tests.torture.parts import Part
from tests.torture.stage import BRANCHES, Stage, open_stage
from tests.world import accounts, activities, answers, articles, messages
from tests.world import pushes as made

_ROUND = 13  # kills, after which all must have come to rest
_OPEN_MOST = 4
_ARMED = 0.7  # of all that begin get a step at which they kill themselves
_BY_WINDOW = 0.25  # of the pushes of articles go to people who wrote, by messages without a key
_SETTLE_S = 90.0
_LOOK_S = 0.2
_SHORT, _LONG = 36, 110
_PATIENCE = ((50, timedelta(hours=5)), (_SHORT, timedelta(minutes=11)), (6, timedelta(seconds=8)))
_ROADS = (
    "robot",
    "mass+robot",
    "kit",
    "mass+robot+kit",
    "mass+robot+kit",
    "custom+robot+kit",
    "publish",
    "publish",
    "subscribe",
)
_NOTICES = ("auto", "auto", "auto", "robot", "kit", "template+robot+kit", "subscribe")
_AUDIENCES = (
    "all",
    f"branch:{BRANCHES[0]}",
    f"branch:{BRANCHES[0]},branch:{BRANCHES[1]}",
    f"branch:{BRANCHES[2]}",
    f"branch:{BRANCHES[1]},branch:{BRANCHES[3]}",
)


@dataclass
class Tally:
    """What a piece has done so far."""

    kills: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    jumps: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    pushes: Counter[str] = field(default_factory=Counter)


class Torture:
    """Drives one stage by one seed."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self._stage = stage
        self._rng = Random(seed)
        self._number = 0
        self.tally = Tally()

    def run(self, kills: int) -> verdict.Verdict:
        """Kill so many times, let everything settle, and judge."""
        while (left := kills - self.tally.kills.total()) > 0:
            self._stage.begin_all(self._rng)
            goal = self.tally.kills.total() + min(left, _ROUND)
            while self.tally.kills.total() < goal:
                self._feed()
                self._trouble()
                self._strike()
            self._settle()
        found = verdict.judge(self._stage)
        for part in self._stage.parts:
            if code := part.stop():
                found.breaks.append(f"{part.name} ended with {code} when it was asked to end; see {part.log}")
        return found

    # --- what there is to do -------------------------------------------------------------------------------

    def _feed(self) -> None:
        """Let there be a few pushes on their way, and answers."""
        rng, stage = self._rng, self._stage
        waiting = stage.write(
            lambda session: session.scalar(
                sa.select(sa.func.count()).where(Push.status.in_(["scheduled", "sending", "paused"]))
            )
        )
        if waiting is not None and waiting < _OPEN_MOST:
            self._number += 1
            audience = rng.choice(_AUDIENCES)
            kind = rng.random()
            if kind < 0.35:
                self._articles(audience)
            elif kind < 0.6:
                self._articles(audience, road=rng.choice(_ROADS))
            else:
                self._notice(audience, road=rng.choice(_NOTICES))
        for openid in rng.sample(stage.members_of("all"), rng.randint(0, 3)):
            self._number += 1
            self._answer(openid, f"答复 {self._number}")

    def _answer(self, openid: str, text: str) -> None:
        def decide(session: Session) -> None:
            answers.answer(session, openid, text)

        self._stage.write(decide)

    def _articles(self, audience: str, road: str = "") -> None:
        stage, title = self._stage, f"第 {self._number} 篇"
        try:
            article = articles.article(
                stage.runtime.db, stage.runtime.settings.data_dir, title, status="approved"
            )
        except sa.exc.DBAPIError:
            return

        way = road or ("custom" if self._rng.random() < _BY_WINDOW else "auto")
        agreed = stage.agree(stage.members_of(audience) if way == "subscribe" else (), "article")

        def decide(session: Session) -> None:
            if "custom" in way:
                for openid in stage.members_of(audience):
                    messages.message(session, openid)
            agreed(session)
            made.push(session, stage.runtime.settings, article, audience=audience, road=way)

        stage.write(decide)
        self.tally.pushes[f"{audience} by {way}"] += 1

    def _notice(self, audience: str, road: str) -> None:
        stage, title = self._stage, f"第 {self._number} 次活动"
        agreed = stage.agree(stage.members_of(audience) if road == "subscribe" else (), "activity")

        def decide(session: Session) -> None:
            editor = accounts.someone(session, "editor")
            agreed(session)
            held = activities.activity(session, title, hours=48)
            pushes.create(
                session,
                stage.runtime.settings,
                editor,
                audience=audience,
                activity_id=held.id,
                road=road,
                at=clock.now(),
            )

        stage.write(decide)
        self.tally.pushes[f"notice to {audience} by {road}"] += 1

    # --- what goes wrong -----------------------------------------------------------------------------------

    def _trouble(self) -> None:
        if self._rng.random() < 0.5:
            rule = troubles.draw(self._rng)
            self._stage.sandbox.control("faults?add=1", [rule])
            self.tally.troubles[troubles.name_of(rule)] += 1
        if self._rng.random() < 0.1:
            self._stage.jump(timedelta(seconds=self._rng.uniform(1, 40)))
            self.tally.jumps += 1

    def _strike(self) -> None:
        """Wait for a moment, in which an armed process may kill itself, then kill one; begin again whatever is down."""
        rng, stage = self._rng, self._stage
        until = time.monotonic() + rng.uniform(0.05, 1.0)
        before = self.tally.kills.total()
        while time.monotonic() < until and self.tally.kills.total() == before:
            self._bury()
            time.sleep(0.02)
        if self.tally.kills.total() == before:
            server = rng.choice([*stage.servers, *[""] * (len(stage.parts) * 2)])
            if server:
                stage.servers[server].crash()
                self.tally.kills[server] += 1
                time.sleep(rng.uniform(0, 0.5))
                stage.servers[server].begin_again()
            elif living := [part for part in stage.parts if part.running]:
                victim = rng.choice(living)
                self._kill(victim)
        self._bury(known=True)

    def _kill(self, part: Part) -> None:
        whom = part.kill(self._rng)
        self.tally.kills[f"{whom} at random"] += 1
        part.armed = ""
        if "worker)" not in whom:  # granian begins another worker of the web by itself
            eventually(lambda: not part.running, timeout_s=15, message=f"{part.name} lives on")

    def _bury(self, *, known: bool = False, arm: bool = True) -> None:
        """Count those that killed themselves, and begin again."""
        for part in self._stage.parts:
            if part.running:
                continue
            code, armed = part.ended(), part.armed
            if code == -signal.SIGKILL and armed:
                self.tally.kills[f"{part.role} at {armed}"] += 1
            elif not known:
                self.tally.ended[f"{part.role} with {code}"] += 1
            part.begin(self._rng, arm=arm and self._rng.random() < _ARMED)

    # --- coming to rest ------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Nothing goes wrong any more: all must come to its end, with the time and the person that it needs."""
        stage = self._stage
        stage.sandbox.faults()
        deadline = time.monotonic() + _SETTLE_S
        for part in self._stage.parts:
            self._disarm(part)
        self._bury(known=True, arm=False)
        stage.begin_all(self._rng)
        looks = 0
        while waits := stage.read(verdict.unsettled):
            if time.monotonic() > deadline:
                raise TimeoutError(f"it never came to rest: {waits[:10]}")
            self._bury(arm=False)
            stage.write(self._resume)
            time.sleep(_LOOK_S)
            looks += 1
            # Whoever was told to come again in a few seconds, in some minutes, tomorrow. A call that waits in real time for the
            # lock of a process that was killed would be as late, and its key forgotten: it is waited for.
            ahead = next((delta for most, delta in _PATIENCE if looks >= most), None)
            if ahead and (looks < _SHORT or looks > _LONG or not stage.read(verdict.to_call)):
                stage.jump(ahead)
        stage.next_morning()

    def _disarm(self, part: Part) -> None:
        """The one that still waits for its step is killed now, as one more at random."""
        if part.running and part.armed:
            self._kill(part)

    def _resume(self, session: Session) -> None:
        for push in session.scalars(sa.select(Push).where(Push.status.in_(["paused", "missed", "held"]))):
            try:
                pushes.resume(session, push, None, at=clock.now())
            except PioneerError:
                pass  # it moved by itself


def run_piece(mode: str, kills: int, seed: int, folder: Path, *, whole: bool) -> dict[str, Any]:
    """Run one piece in ``folder``, which stays where something broke and goes otherwise; what a ledger keeps of it."""
    began = time.monotonic()
    with open_stage(mode, folder, whole=whole) as stage:
        torture = Torture(stage, seed)
        try:
            found = torture.run(kills)
        except Exception as error:
            found = verdict.Verdict(breaks=[f"{type(error).__name__}: {error}"])
        if found.breaks:
            try:
                verdict.keep(stage, folder)
            except sa.exc.DBAPIError as error:
                found.breaks.append(f"nothing could be kept: {error}")
    if not found.breaks:
        shutil.rmtree(folder)
    tally = torture.tally
    return {
        "kind": "kills",
        "mode": mode,
        "whole": whole,
        "seed": seed,
        "kills": dict(tally.kills),
        "troubles": dict(tally.troubles),
        "jumps": tally.jumps,
        "ended": dict(tally.ended),
        "pushes": dict(tally.pushes),
        "roads": found.by_road(),
        "breaks": found.breaks,
        "seconds": round(time.monotonic() - began),
        "at": clock.now().isoformat(timespec="seconds"),
    }
