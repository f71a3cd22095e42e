"""One piece of what can become of articles: random people do what they may and what they may not, and books of our own look on.

A step is something that somebody tries, in a service or by a form of the console, or time that passes with a turn of the machine.
While the machine speaks with WeChat, others act. After each step the books of :mod:`tests.torture.register` are held against the
tables, and what has ever been out is asked for at its address.
"""

from __future__ import annotations

import re
import shutil
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from accounts import audit
from database.migrate import upgrade
from ground import clock
from ground.errors import Conflict, Forbidden, NotFound, PioneerError, Refused
from models import User
from scheduler import report
from tests.torture import sheet as sheets
from tests.torture.desk import Desk
from tests.torture.newsroom import Newsroom
from tests.torture.register import Deed, Register
from tests.torture.rules import RIGHT
from tests.torture.sheet import Line, Sheet
from tests.torture.trying import Try

_CHINESE = re.compile(r"[\u4e00-\u9fff]{2}")
_ACTS: dict[str, dict[str, float]] = {
    "draft": {"submit": 5, "edit": 2, "restore": 0.3, "archive": 0.2},
    "returned": {"edit": 3, "submit": 3, "restore": 0.3, "archive": 0.2},
    "in_review": {"approve": 10, "return": 0.9, "withdraw": 0.5, "edit": 0.8, "restore": 0.2, "release": 2, "release_drop": 0.3},
    "approved": {"queue": 4, "push": 3, "revoke": 0.5, "edit": 0.5, "archive": 0.3, "countersign": 0.1},
    "queued": {"unqueue": 0.6, "move": 1, "push": 0.7, "countersign": 0.1},
    "planned": {"unschedule": 1, "cancel": 0.6, "pause": 0.8, "resume": 1, "postpone": 0.7, "let_go": 0.8, "countersign": 0.1,
                "push": 0.5},
    "publishing": {"cancel": 0.8, "pause": 0.8, "resume": 1.5, "retract_ask": 0.8, "countersign": 0.1, "push": 0.5},
    "published": {"correct": 1.2, "retract_ask": 0.8, "archive": 0.6, "push": 0.6, "countersign": 0.1, "cancel": 0.2},
    "corrected": {"correct": 1, "retract_ask": 0.8, "archive": 0.8, "push": 0.5, "countersign": 0.1},
    "retracted": {"archive": 0.2, "correct": 0.2},
    "archived": {"bring_back": 1.5, "countersign": 0.1},
}  # fmt: skip
"""What people do with an article that stands so, and how often."""
_OFFICE = {"settle": 1.5, "lend": 2, "lend_end": 1, "disable": 1, "role": 1}
ALL = (
    "create",
    *sorted({name for acts in _ACTS.values() for name in acts} | {"retract", "amend_drop"}),
    *_OFFICE,
)
"""Everything that is tried."""
_TROUBLES: tuple[dict[str, Any], ...] = (
    {"path": "/cgi-bin/message/mass/*", "kind": "drop_before", "count": 1},
    {"path": "/cgi-bin/message/mass/*", "kind": "drop_after", "count": 1},
    {"path": "/cgi-bin/message/mass/*", "kind": "err:-1", "count": 1},
    {"path": "/cgi-bin/message/mass/*", "kind": "err:45028", "count": 2},
    {"path": "/cgi-bin/draft/add", "kind": "err:-1", "count": 1},
    {"job_finish": "fail", "count": 2, "only": "mass"},
)
_STEPS_OF_TIME = (1, 1, 4, 6, 6, 15, 45, 90, 240, 700)
_SITTING = 14


class Walk:
    """``steps`` steps of one seed."""

    def __init__(self, room: Newsroom, seed: int) -> None:
        self._room, self._db, self._rng = room, room.runtime.db, Random(seed)
        self._desk = Desk(room, self._rng)
        self._sheet = self._look()
        self.books = Register(self._sheet)
        self._last_entry = 0
        self._entries()
        self._busy = False
        self._ticker = room.machine(self._meanwhile)
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.steps = self.forms = 0

    def go(self, steps: int) -> None:
        """So many, or until something breaks."""
        while self.steps < steps and not self.books.breaks:
            if self._rng.random() < 0.13:
                self._machine()
            else:
                self._person()

    # --- looking ---------------------------------------------------------------------------------------------------------

    def _look(self) -> Sheet:
        with self._db.read_scope() as session:
            return sheets.read(session)

    def _entries(self) -> list[sheets.Entry]:
        with self._db.read_scope() as session:
            found = sheets.trail(session, self._last_entry)
        self._last_entry = found[-1].id if found else self._last_entry
        return found

    @property
    def _day(self) -> str:
        return clock.shanghai_day(self._room.now).isoformat()

    # --- the machine -------------------------------------------------------------------------------------------------------

    def _machine(self) -> None:
        """Time passes, something may go wrong at WeChat, and the machine turns."""
        self.steps += 1
        self._room.go_on(timedelta(minutes=self._rng.choice(_STEPS_OF_TIME)))
        if self._rng.random() < 0.15:
            self._room.sandbox.faults(dict(self._rng.choice(_TROUBLES)))
            self.done["trouble at WeChat"] += 1
        if self._rng.random() < 0.4:
            self._result()
        self._ticker.tick()
        self.done["turn of the machine"] += 1
        self._settle_machine()

    def _result(self) -> None:
        """WeChat tells what became of a call before it is asked."""
        with self._db.session_scope() as session:
            if taken := sheets.taken(session):
                said = self._rng.choice(("send success", "send success", "err(10001)"))
                report.job_finished(session, "mass", self._rng.choice(taken), said, at=clock.now())
                self.done[f"result: {said}"] += 1

    def _settle_machine(self) -> None:
        before, self._sheet = self._sheet, self._look()
        self.books.machine(self._sheet)
        self._entries()
        self._desk.look(self._sheet)
        self._visit(before)

    def _meanwhile(self, point: str, what: Any) -> None:
        """Between two steps of the machine; ``what`` is what a call is given."""
        if point == "before draft_add":
            self.books.sent(what[0])
        if self._busy or self.books.breaks or self._rng.random() > 0.2:
            return
        self._busy = True
        self._settle_machine()
        for _ in range(self._rng.choice((1, 1, 2, 3))):
            self.done["act while the machine is at work"] += 1
            self._person()
        self._busy = False

    # --- people --------------------------------------------------------------------------------------------------------------

    def _person(self) -> None:
        """Somebody tries something."""
        self.steps += 1
        self._room.go_on(timedelta(seconds=2))
        name, line = self._choose()
        made = self._desk.make(name, self._whom(name, line), line, self._sheet)
        by_form = bool(made.path) and self._rng.random() < 0.15
        refusal = self._by_form(made) if by_form else self._by_service(made)
        before, self._sheet = self._sheet, self._look()
        entries = self._entries()
        self.books.judge(made.deed, self._sheet, entries, refusal, day=self._day, at=self._room.now)
        (self.done if entries else self.refused)[name] += 1
        self._desk.look(self._sheet)
        self._visit(before)

    def _choose(self) -> tuple[str, Line]:
        rng, lines = self._rng, self._sheet.articles
        if not lines:
            return "create", _NOTHING
        sitting = [
            one
            for one in lines.values()
            if one.status not in ("archived", "published", "corrected", "retracted")
        ]
        over = [one for one in lines.values() if one not in sitting and self._goes_on(one)]
        if self._busy and rng.random() < 0.6:
            sitting = [one for one in sitting if one.status in ("publishing", "approved")] or sitting
        over = over or list(lines.values())
        line = rng.choice(over if not sitting or rng.random() < 0.3 else sitting[:_SITTING])
        luck = rng.random()
        if luck < (0.1 if len(sitting) < _SITTING else 0.01):
            return "create", line
        if luck < 0.16:
            return _by_weight(rng, _OFFICE), line
        if luck < 0.28:
            return rng.choice(ALL), line
        amend = self._sheet.open_amend(line.id)
        if amend and rng.random() < 0.4:
            agreed = amend.kind == "retract" and rng.random() < 0.7
            return ("retract" if agreed else "amend_drop" if rng.random() < 0.3 else "approve"), line
        urgent = self._sheet.open_urgent(line.id)
        if urgent and rng.random() < 0.45:
            asked = urgent.status == "asked"
            return ("release_drop" if rng.random() < 0.25 else "release") if asked else "countersign", line
        return _by_weight(rng, _ACTS[line.status]), line

    def _goes_on(self, line: Line) -> bool:
        """Whether anything can become of what is over; of the rest something is tried now and then, too."""
        ended = line.status == "retracted" or (line.status == "archived" and self._sheet.amended_in(line.id))
        return not ended or self._rng.random() < 0.1

    def _whom(self, name: str, line: Line) -> int:
        """Mostly somebody who may, else one of those who have to do with it, or anybody."""
        rng, sheet, people = self._rng, self._sheet, sorted(self._sheet.people)
        if rng.random() < 0.75:
            deeds = (Deed(name, one, line.id, line.hash, 0, "理由充分") for one in people)
            able = [one.who for one in deeds if self.books.allows(one, sheet, self._day, self._room.now)]
            if not able:
                able = [
                    one
                    for one in people
                    if sheet.people[one].active and sheet.people[one].role in RIGHT[name]
                ]
            if able:
                return rng.choice(able)
        paper, luck = self.books.papers.get(line.id), rng.random()
        if paper and luck < 0.4:
            return rng.choice(paper.people())
        entitled = [one for one in people if sheet.people[one].role in RIGHT[name]]
        return rng.choice(entitled if entitled and luck < 0.75 else people)

    def _by_service(self, made: Try) -> str | None:
        """The refusal, if it is one."""
        try:
            with self._db.session_scope() as session:
                made.service(session, session.get_one(User, made.deed.who), clock.now())
        except (Refused, Forbidden, Conflict, NotFound) as error:
            self._must_be_said(made, error.message)
            return error.message
        except PioneerError as error:
            self.books.breaks.append(f"{made.deed}: {type(error).__name__} {error.message}")
        return None

    def _by_form(self, made: Try) -> str | None:
        """The same by the console; a form leads on, or the page says why not."""
        self.forms += 1
        client, token = self._room.browser(made.deed.who)
        answer = client.post(f"/console/{made.path}", data={"csrf_token": token, **made.form})
        if answer.status_code != 303:
            if answer.status_code not in (403, 404, 409, 422) or not _CHINESE.search(answer.text):
                self.books.breaks.append(
                    f"{made.deed}: {made.path} answers {answer.status_code}: {answer.text[:200]}"
                )
            return f"{answer.status_code}"
        with client.session_transaction() as kept:
            said = dict(kept.get("_flashes", ()))
        if "danger" in said or "warning" in said:
            self._must_be_said(made, str(said))
            return str(said)
        if not said and "/login" not in answer.location and made.deed.name != "move":
            self.books.breaks.append(f"{made.deed}: {made.path} says nothing")
        return "signed out" if "/login" in answer.location else None

    def _must_be_said(self, made: Try, text: str) -> None:
        if not _CHINESE.search(text):
            self.books.breaks.append(f"{made.deed}: is refused with “{text}”")

    # --- readers -----------------------------------------------------------------------------------------------------------

    def _visit(self, before: Sheet) -> None:
        """What has just changed of what is out, and one at random."""
        out = sorted(self.books.out)
        changed = [one for one in out if before.articles.get(one) != self._sheet.articles[one]]
        for ident in {*changed, *([self._rng.choice(out)] if out and self._rng.random() < 0.05 else [])}:
            line = self._sheet.articles[ident]
            answer = self._room.reader.get(f"/m/a/{ident}")
            wanted = 410 if line.status == "retracted" else 200
            shown = wanted == 410 or str(line.text[1]) in answer.text
            if answer.status_code != wanted or not shown:
                self.books.breaks.append(
                    f"a reader of article {ident} ({line.status}) is answered {answer.status_code}"
                )
            self.done["visit of a reader"] += 1


_NOTHING = Line(0, "draft", 0, None, "", 1, 1, 0, None, None, ())


def _by_weight(rng: Random, acts: dict[str, float]) -> str:
    return rng.choices(list(acts), list(acts.values()))[0]


def walk(url: str, folder: Path, seed: int, steps: int) -> Walk:
    """Walk in a migrated database; what stands in its books at the end."""
    room = Newsroom(url, folder)
    try:
        made = Walk(room, seed)
        made.go(steps)
        with room.runtime.db.read_scope() as session:
            chain = audit.verify(session)
        if not chain.intact:
            made.books.breaks.append(f"the trail: {chain.fault}")
        return made
    finally:
        room.close()


def run_piece(steps: int, seed: int, folder: Path) -> dict[str, Any]:
    """Run one piece in ``folder``, which stays where something broke and goes otherwise; what a ledger keeps of it."""
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder / 'pioneer.db'}"
    upgrade(url)
    found: dict[str, Any] = {"steps": 0, "forms": 0, "done": {}, "refused": {}, "breaks": []}
    try:
        made = walk(url, folder, seed, steps)
        found |= {
            "steps": made.steps,
            "forms": made.forms,
            "done": dict(made.done),
            "refused": dict(made.refused),
        }
        found["breaks"] = made.books.breaks
    except Exception as error:
        found["breaks"] = [f"{type(error).__name__}: {error}"]
    if not found["breaks"]:
        shutil.rmtree(folder)
    return {
        "kind": "articles",
        "seed": seed,
        **found,
        "seconds": round(time.monotonic() - began),
        "at": clock.now().isoformat(timespec="seconds"),
    }


__all__ = ["ALL", "Walk", "run_piece", "walk"]
