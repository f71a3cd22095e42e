"""Books of our own of one office's pushes, which know nothing of the planner, and what they are held against."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ground import clock
from models import Delivery, Push
from scheduler import marks, pushes, report
from tests.torture.office import Office

_MONTHLY = 4
_FEWEST = 2  # WeChat takes no list of one
_WINDOW, _IN_ONE = timedelta(hours=48), 5
"""How long WeChat lets the account write to a person who wrote, and how often."""
_BY_WINDOW = "custom"
_DONE = ("awaiting_result", "sent", "partly_failed", "unknown", "failed")
_SUCCESS = {"mass": "send success", "template": "success"}


@dataclass
class Expected:
    """What is known of a push before it leaves: who was to have it when it was confirmed, and by whom it was judged since.

    ``reserved`` are those for whom it then takes of the month's messages: what goes by a window does not.

    By our own books, ``by_mass`` is who is to have it by its first road, ``by_window`` who is to have it besides, or, where a
    公众号 has no mass send left that day, instead.
    """

    confirmed: set[str] | None
    month: str
    made_at: int = 0
    planned: set[str] = field(default_factory=set)
    reserved: set[str] = field(default_factory=set)
    by_mass: set[str] = field(default_factory=set)
    by_window: set[str] = field(default_factory=set)
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
        self._by_window: defaultdict[int, list[str]] = defaultdict(list)
        self._wrote: dict[str, datetime] = {}
        self._since_then: Counter[str] = Counter()
        self._seen = dict.fromkeys((*_SUCCESS, _BY_WINDOW), 0)
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

    def confirm(self, push: Push, said: set[str], reserved: set[str]) -> None:
        """What a person was told of a new push."""
        self.expected[push.id] = Expected(
            said, clock.month_key(push.due_at), self._changes, reserved=reserved
        )

    def wrote(self, openid: str, at: datetime) -> None:
        """A follower wrote to the account."""
        self._wrote[openid] = at
        self._since_then[openid] = 0
        self.happened["write"] += 1

    def should(self, session: Session, push: Push, own: int, month: str) -> tuple[set[str], set[str]]:
        """Who is to have it, by our own books: by its first road, and by a window."""
        by_mass = self._by_mass(session, push, own, month)
        if push.kind == "activity" or push.road != "auto":
            return by_mass, set()
        keys, since = pushes.columns_of(session, push), clock.now() - _WINDOW
        left = self._meant(push) - by_mass if self._office.account == "service" else self._meant(push)
        by_window = {
            openid
            for openid in left
            if not keys <= self.muted[openid]
            and openid in self._wrote
            and self._wrote[openid] > since
            and self._since_then[openid] < _IN_ONE
        }
        return by_mass, by_window

    def _meant(self, push: Push) -> set[str]:
        meant = set(self.following)
        if push.audience != "all":
            named = {piece.partition(":")[2] for piece in push.audience.split(",")}
            meant = {openid for openid in meant if self._office.branch_of.get(openid) in named}
        return meant

    def _by_mass(self, session: Session, push: Push, own: int, month: str) -> set[str]:
        meant = self._meant(push)
        if push.kind == "activity" or self._office.account != "service":
            return meant
        keys = pushes.columns_of(session, push)
        reserved: Counter[str] = Counter()
        for ident, other in self.expected.items():
            if ident == own or other.judged or other.month != month or other.confirmed is None:
                continue
            there = session.get_one(Push, ident)
            if there.kind == "articles" and there.planned_at is None:
                # What is held for a person was planned anew, and has reserved by that plan.
                reserved.update(other.reserved)
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
            if jobs and road in _SUCCESS:
                with self._db.session_scope() as session:
                    for msg_id, count in jobs.items():
                        report.job_finished(
                            session, road, msg_id, status, {"total": count, "sent": count}, at=clock.now()
                        )

        self._receive_by_window()

    def _receive_by_window(self) -> None:
        """Customer-service messages carry no key: the link in each says of which push it is."""
        new: Counter[str] = Counter()
        for receipt in self._office.sandbox.receipts(_BY_WINDOW, after=self._seen[_BY_WINDOW]):
            self._seen[_BY_WINDOW] = receipt["seq"]
            new[receipt["openid"]] += 1
        for openid, count in new.items():
            shown = [one for one in self._office.sandbox.chat(openid) if one["kind"] == _BY_WINDOW]
            for message in shown[-count:]:
                mark = marks.read(message["articles"][0]["url"].partition(f"?{marks.PARAMETER}=")[2])
                if mark is None:
                    self.breaks.append(f"a customer-service message of no push: {message}")
                else:
                    self._by_window[mark.push_id].append(openid)
            self._since_then[openid] += count
            self.happened["by a window"] += count

    def _judge_one(self, session: Session, push: Push) -> None:
        one = self.expected[push.id]
        one.judged = True
        keys = session.scalars(sa.select(Delivery.key).where(Delivery.push_id == push.id))
        got = Counter(openid for key in keys for openid in self._got[key])
        due = one.by_mass | one.by_window
        if self._office.account != "service":
            due = one.by_mass if got else one.by_window
        got.update(self._by_window[push.id])
        self.pushes += 1
        self.people += len(self._office.openids)
        self._compare(push, "twice", {openid for openid, count in got.items() if count > 1}, set())
        self._compare(push, "planned when due", one.planned, set(got))
        if self._office.account == "service" or got:
            self._compare(push, "due by our books", due, set(got))
        if one.confirmed is not None and (self._office.account == "service" or got):
            same = {
                openid for openid in self._office.openids if self._changed_at.get(openid, 0) <= one.made_at
            }
            came, left = set(got) & same, one.confirmed & same
            if not one.by_mass and len(left) == 1:
                # All others went: no list and no tag is for one person alone, and the push says so; a window may be open.
                left &= came
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
