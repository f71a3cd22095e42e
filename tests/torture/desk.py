"""The rest of what people of an editorial office try: sending, and what is settled for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from accounts import assigning, users
from content import columns, handovers, queue, stages
from ground import clock
from scheduler import pushes, unscheduling
from tests.torture.newsroom import PEOPLE
from tests.torture.register import Deed
from tests.torture.sheet import Line, Sheet
from tests.torture.trying import WHY, Papers, Try

_FITTING = {"resume": ("paused", "missed"), "let_go": ("held",), "pause": ("scheduled", "sending")}
_CONTROLS: dict[str, Callable[..., object]] = {
    "pause": pushes.pause, "resume": pushes.resume, "cancel": pushes.cancel, "let_go": pushes.release,
}  # fmt: skip


class Desk(Papers):
    """Everything that can be tried."""

    def make(self, name: str, who: int, line: Line, sheet: Sheet) -> Try:
        """Somebody is about to do this with this article, with a push, or in the office."""
        if name == "postpone" or name in _CONTROLS:
            return self._control(name, who, line, sheet)
        return super().make(name, who, line, sheet)

    # --- going out ---------------------------------------------------------------------------------------------------

    def _queue(self, who: int, line: Line, _sheet: Sheet) -> Try:
        return self._plain("queue", who, line, queue.enqueue)

    def _unqueue(self, who: int, line: Line, _sheet: Sheet) -> Try:
        return self._plain("unqueue", who, line, queue.dequeue)

    def _move(self, who: int, line: Line, _sheet: Sheet) -> Try:
        to = self._rng.randint(0, 4)
        return Try(
            Deed("move", who, line.id),
            lambda s, me, at: queue.move(s, line.id, me, to=to, at=at),
            f"queue/{line.id}/move",
            {"to": to},
        )

    def _push(self, who: int, line: Line, sheet: Sheet) -> Try:
        rng, ids = self._rng, [line.id]
        if others := [
            one.id
            for one in sheet.articles.values()
            if one.status in ("approved", "queued") and one.id != line.id
        ]:
            ids += rng.sample(others, min(len(others), rng.choice((0, 0, 0, 1, 2))))
        later = rng.choice((None, None, 2, 90, 60 * 26))
        due = None if later is None else self._room.now + timedelta(minutes=later)
        urgent = WHY if due is None and rng.random() < 0.3 else ""
        return Try(
            Deed("push", who, line.id),
            lambda s, me, at: pushes.create(
                s, self._room.settings, me, audience="all", article_ids=ids, due_at=due, urgent=urgent, at=at
            ),
        )

    def _unschedule(self, who: int, line: Line, _sheet: Sheet) -> Try:
        return Try(
            Deed("unschedule", who, line.id),
            lambda s, me, at: unscheduling.unschedule(s, self._room.settings, line.id, me, at=at),
            f"articles/{line.id}/unschedule",
        )

    def _control(self, name: str, who: int, line: Line, sheet: Sheet) -> Try:
        """With a push that holds it, or any."""
        holding = [push for push, held in sheet.holds.items() if line.id in held]
        fitting = [push for push, one in sheet.pushes.items() if one[1] in _FITTING.get(name, ())]
        push = self._rng.choice(
            (fitting if self._rng.random() < 0.5 else holding) or sorted(sheet.holds) or [0]
        )
        path = "release" if name == "let_go" else name
        if name == "postpone":
            due = self._room.now + timedelta(minutes=self._rng.choice((3, 200, 3000)))
            return Try(
                Deed(name, who),
                lambda s, me, at: pushes.reschedule(
                    s, self._room.settings, pushes.get(s, push), me, due_at=due, at=at
                ),
            )
        return Try(
            Deed(name, who),
            lambda s, me, at: _CONTROLS[name](s, pushes.get(s, push), me, at=at),
            f"pushes/{push}/{path}" if push else "",
        )

    # --- the office ------------------------------------------------------------------------------------------------------

    def _settle(self, who: int, line: Line, sheet: Sheet) -> Try:
        rng = self._rng
        number = rng.choice((None, 1, 2, 3))
        able = [
            one
            for one, person in sheet.people.items()
            if person.role in ("admin", "reviewer") and person.active
        ]
        named = {
            stage: sorted(rng.sample(sorted(able), min(2, len(able))))
            for stage in (1, 2, 3)
            if rng.random() < 0.3
        }
        if rng.random() < 0.1:
            named[1] = [rng.choice(sorted(sheet.people))]
        form: dict[str, Any] = {"review_stages": number or ""}
        return Try(
            Deed("settle", who),
            lambda s, me, at: stages.settle(
                s, me, columns.get(s, line.column), number=number, named_for=named, at=at
            ),
            f"columns/{line.column}/review",
            form | {f"reviewers-{stage}": people for stage, people in named.items()},
        )

    def _lend(self, who: int, _line: Line, sheet: Sheet) -> Try:
        rng, people = self._rng, sorted(sheet.people)
        of = who if rng.random() < 0.7 else rng.choice(people)
        to, first = (
            rng.choice(people),
            clock.shanghai_day(self._room.now) + timedelta(days=rng.choice((-1, 0, 0, 0, 1))),
        )
        last = first + timedelta(days=rng.choice((-1, 0, 1, 2, 5)))
        return Try(
            Deed("lend", who),
            lambda s, me, at: handovers.make(
                s, me, user_id=of, deputy_id=to, first_day=first, last_day=last, reason="外出学习", at=at
            ),
            "reviews/handovers",
            {
                "user": of,
                "deputy": to,
                "first_day": first.isoformat(),
                "last_day": last.isoformat(),
                "reason": "外出学习",
            },
        )

    def _lend_end(self, who: int, _line: Line, sheet: Sheet) -> Try:
        number = self._rng.choice(sorted(sheet.lent) or [0])
        return Try(
            Deed("lend_end", who),
            lambda s, me, at: handovers.end(s, me, number, at=at),
        )

    def _disable(self, who: int, _line: Line, sheet: Sheet) -> Try:
        """Somebody is kept out, or, mostly, let in again."""
        away = sorted(one for one, person in sheet.people.items() if not person.active)
        back = bool(away) and self._rng.random() < 0.7
        target = self._rng.choice(away if back else sorted(sheet.people))
        return Try(
            Deed("disable", who),
            lambda s, me, at: users.set_active(s, users.get(s, target), back, by=me, at=at),
            f"users/{target}/active",
            {"active": "yes" if back else ""},
        )

    def _role(self, who: int, _line: Line, sheet: Sheet) -> Try:
        """Somebody has another role, or, mostly, the own one again."""
        rng, homes = self._rng, {self._room.people[name]: home for name, home in PEOPLE.items()}
        astray = sorted(
            one for one, person in sheet.people.items() if (person.role, person.stage) != homes[one]
        )
        if astray and rng.random() < 0.75:
            target = rng.choice(astray)
            role, stage = homes[target]
        else:
            target, role = (
                rng.choice(sorted(sheet.people)),
                rng.choice(("admin", "editor", "reviewer", "auditor")),
            )
            stage = rng.choice((None, None, 1, 2, 3)) if role == "reviewer" else None
        return Try(
            Deed("role", who),
            lambda s, me, at: assigning.change_role(s, users.get(s, target), role, stage=stage, by=me, at=at),
        )


__all__ = ["Desk"]
