"""Books of our own of one office's pushes, which know nothing of the planner, and what they are held against."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ground import clock
from models import Delivery, Push
from scheduler import pushes, report
from tests.torture.office import Office

_MONTHLY = 4
_FEWEST = 2  # WeChat takes no list of one
_DONE = ("awaiting_result", "sent", "partly_failed", "unknown", "failed")
_SUCCESS = {"mass": "send success", "template": "success"}


@dataclass
class Expected:
    """What is known of a push before it leaves: who was to have it when it was confirmed, and by whom it was judged since."""

    confirmed: set[str] | None
    month: str
    made_at: int = 0
    planned: set[str] = field(default_factory=set)
    due: set[str] = field(default_factory=set)
    judged: bool = False


class Books:
    """Who follows, has muted and has had what; ``breaks`` are sentences, none is wanted."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._db = office.runtime.db
        self.following = set(office.openids)
        self.muted: defaultdict[str, set[str]] = defaultdict(set)
        self.expected: dict[int, Expected] = {}
        self._had: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._got: defaultdict[str, list[str]] = defaultdict(list)
        self._seen = dict.fromkeys(_SUCCESS, 0)
        self._changed_at: dict[str, int] = {}
        self._changes = 0
        self.happened: Counter[str] = Counter()
        self.breaks: list[str] = []
        self.people = self.differ = self.pushes = 0

    def changed(self, openid: str, what: str) -> None:
        """Somebody is not whom a plan of before has seen."""
        self._changes += 1
        self._changed_at[openid] = self._changes
        self.happened[what] += 1

    def confirm(self, push: Push, said: set[str]) -> None:
        """What a person was told of a new push."""
        self.expected[push.id] = Expected(said, clock.month_key(push.due_at), self._changes)

    def should(self, session: Session, push: Push, own: int, month: str) -> set[str]:
        """Who is to have it, by our own books."""
        meant = set(self.following)
        if push.audience != "all":
            named = {piece.partition(":")[2] for piece in push.audience.split(",")}
            meant = {openid for openid in meant if self._office.branch_of.get(openid) in named}
        if push.kind == "activity" or self._office.account != "service":
            return meant
        keys = pushes.columns_of(session, push)
        reserved: Counter[str] = Counter()
        for ident, other in self.expected.items():
            if ident == own or other.judged or other.month != month or other.confirmed is None:
                continue
            there = session.get_one(Push, ident)
            if there.kind == "articles" and there.planned_at is None:
                # What is held for a person was planned anew, and has reserved that.
                reserved.update(other.planned if there.status == "held" else other.confirmed)
        had = self._had[month]
        due = {
            openid
            for openid in meant
            if not keys <= self.muted[openid] and had[openid] + reserved[openid] < _MONTHLY
        }
        return due if len(due) >= _FEWEST else set()

    # --- what came of it -----------------------------------------------------------------------------------

    def judge(self) -> None:
        self.receive()
        with self._db.read_scope() as session:
            waiting = [ident for ident, one in self.expected.items() if not one.judged]
            done = list(session.scalars(sa.select(Push).where(Push.id.in_(waiting), Push.status.in_(_DONE))))
            for push in done:
                self._judge_one(session, push)

    def receive(self) -> None:
        """Take in the receipts that are new, once WeChat has delivered all that it took."""
        sandbox = self._office.sandbox
        sandbox.wait_for(lambda: all(job["status"] != "sending" for job in sandbox.control("mass")))
        for road, status in _SUCCESS.items():
            jobs: Counter[str] = Counter()
            for receipt in sandbox.receipts(road, after=self._seen[road]):
                self._seen[road] = receipt["seq"]
                self._got[receipt["client_id"]].append(receipt["openid"])
                jobs[receipt["msg_id"]] += 1
                if road == "mass":
                    self._had[clock.month_key(datetime.fromisoformat(receipt["at"]))][receipt["openid"]] += 1
            if jobs:
                with self._db.session_scope() as session:
                    for msg_id, count in jobs.items():
                        report.job_finished(
                            session, road, msg_id, status, {"total": count, "sent": count}, at=clock.now()
                        )

    def _judge_one(self, session: Session, push: Push) -> None:
        one = self.expected[push.id]
        one.judged = True
        keys = session.scalars(sa.select(Delivery.key).where(Delivery.push_id == push.id))
        got = Counter(openid for key in keys for openid in self._got[key])
        self.pushes += 1
        self.people += len(self._office.openids)
        self._compare(push, "twice", {openid for openid, count in got.items() if count > 1}, set())
        self._compare(push, "planned when due", one.planned, set(got))
        if self._office.account == "service" or got:
            self._compare(push, "due by our books", one.due, set(got))
        if one.confirmed is not None and (self._office.account == "service" or got):
            same = {
                openid for openid in self._office.openids if self._changed_at.get(openid, 0) <= one.made_at
            }
            came, left = set(got) & same, one.confirmed & same
            if not one.due and len(left) == 1:
                # All others went: no list and no tag is for one person alone, and the push says so.
                left = set()
                self.happened["one alone was left"] += 1
            # More may have it than were named, for what others had reserved came back: nobody less.
            self._compare(push, "confirmed", left, came & one.confirmed)
            self.happened["more received it than were confirmed"] += bool(came - one.confirmed)

    def _compare(self, push: Push, what: str, said: set[str], came: set[str]) -> None:
        if said == came:
            return
        self.differ += len(said ^ came)
        self.breaks.append(
            f"push {push.id} to {push.audience} ({push.status}, {clock.to_shanghai(push.due_at):%m-%d %H:%M}), {what}: "
            f"{len(said - came)} did not receive it, {len(came - said)} did though not named"
        )
