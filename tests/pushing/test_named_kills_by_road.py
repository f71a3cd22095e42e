"""Killed in the call of a road without a key: what may have come is not sent again, what is certain is called by its name."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Delivery, Push
from tests.fixtures.processes import eventually
from tests.torture import verdict
from tests.torture.parts import STEPS, Part
from tests.torture.stage import BRANCHES, Stage, open_stage
from tests.world import articles, messages, pushes

pytestmark = [pytest.mark.torture, pytest.mark.slow]
HERE = f"branch:{BRANCHES[0]}"
_CALLED, _ANSWERED = "push.called", "push.answered"
ROADS = ("robot", "kit", "publish", "subscribe", "mass+robot+kit", "custom+robot+kit")
SOME = (
    ("robot", _CALLED),
    ("robot", _ANSWERED),
    ("kit", _ANSWERED),
    ("publish", _ANSWERED),
    ("subscribe", _CALLED),
    ("subscribe", _ANSWERED),
    ("mass+robot+kit", _CALLED),
)
KILLS = [(road, step) for road in ROADS for step in STEPS] if os.environ.get("KILL_STEPS") == "all" else SOME
RESULTS = ("late:20", "twice", "never", "early")


class Scene:
    """The server of a stage, killed at one step of one push at a time."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self._rng = stage, Random(1)

    @property
    def _part(self) -> Part:
        return self.stage.parts[0]

    def push(self, road: str, title: str) -> int:
        """An article to one branch, by these roads."""
        stage = self.stage
        ready = articles.article(stage.runtime.db, stage.runtime.settings.data_dir, title, status="approved")

        agreed = stage.agree(stage.members_of(HERE) if road == "subscribe" else (), "article")

        def decide(session: Session) -> int:
            agreed(session)
            for openid in stage.members_of(HERE):
                messages.message(session, openid)
            return pushes.push(session, stage.runtime.settings, ready, audience=HERE, road=road).id

        made = stage.write(decide)
        assert made is not None
        return made

    def killed(self, road: str, step: str) -> int:
        """Such a push, in which the server dies at this step, once, and is begun again; the push."""
        self._part.begin(self._rng, arm=True, at=step)
        made = self.push(road, f"{road} 到 {step}")
        eventually(lambda: not self._part.running, timeout_s=60, message=f"{road} never came to {step}")
        assert self._part.ended() == -signal.SIGKILL
        self._part.begin(self._rng, arm=False)
        self.stage.jump(timedelta(seconds=31))  # the claim of the dead is over
        self.rest(made)
        self._stop()
        return made

    def with_results(self, road: str, kinds: Sequence[str]) -> list[dict[str, list[str]]]:
        """A push by this road for each of these fates of its result; what became of them."""
        self._part.begin(self._rng, arm=False)
        eventually(self.stage.serves, timeout_s=30)
        made = []
        for number, kind in enumerate(kinds):
            self.stage.sandbox.faults({"job_finish": kind, "count": 1, "only": road})
            made.append(self.push(road, f"第 {number} 种结果"))
            self.rest(made[-1])
        self._stop()
        return [self.calls(one) for one in made]

    def _stop(self) -> None:
        self._part.kill(self._rng)
        eventually(lambda: not self._part.running, timeout_s=15)

    def rest(self, push_id: int) -> None:
        """Wait until this push has come to its end; what has to wait for WeChat's result gets the time that it takes."""
        open_calls = sa.select(Delivery.id).where(Delivery.push_id == push_id, Delivery.finished_at.is_(None))
        status = sa.select(Push.status).where(Push.id == push_id)

        def over() -> bool:
            found = self.stage.read(
                lambda session: (session.scalar(status), session.scalars(open_calls).all())
            )
            if found[0] == "awaiting_result":
                self.stage.jump(timedelta(minutes=6))
            return found[0] in ("sent", "unknown", "partly_failed", "failed") and not found[1]

        eventually(over, timeout_s=60, every_s=0.2, message=f"push {push_id} never came to rest")

    def calls(self, push_id: int) -> dict[str, list[str]]:
        """The states of its calls, by road."""
        rows = sa.select(Delivery.road, Delivery.status).where(Delivery.push_id == push_id)
        found: dict[str, list[str]] = {}
        for road, status in self.stage.read(lambda session: session.execute(rows).all()):
            found.setdefault(road, []).append(status)
        return found


def test_killed_in_a_call_no_group_reads_it_twice_and_no_kit_is_made_twice(tmp_path: Path) -> None:
    """Each step once where ``KILL_STEPS=all``; then results that come late, twice, before their answer and never."""
    with open_stage("embedded", tmp_path / "stage", whole=False) as stage:
        scene = Scene(stage)
        ended = {(road, step): scene.calls(scene.killed(road, step)) for road, step in KILLS}
        made = scene.with_results("publish", RESULTS)
        found = verdict.judge(stage)
    assert found.breaks == []
    assert sum(found.twice.values()) == 0
    assert ended["robot", _CALLED] == ended["robot", _ANSWERED] == {"robot": ["unknown"]}, (
        "nobody knows: not said again"
    )
    assert ended["publish", _ANSWERED] == {"publish": ["unknown"]}
    for step in (_CALLED, _ANSWERED):
        fates = Counter(ended["subscribe", step]["subscribe"])
        assert fates["unknown"] >= 1, "who may have had it is not told again"
        assert set(fates) <= {"unknown", "delivered"}, "and everybody else is"
    assert ended["kit", _ANSWERED] == {"kit": ["delivered"]}, "it lies ready before its hint"
    assert found.received["robot"] >= 1, "what was shown before the kill has come"
    assert made == [{"publish": ["delivered"]}] * len(RESULTS), "where no event comes, it is asked for"
