"""The books of an office without a database: people, meetings and what happened, added up by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

BRANCHES = ("湖东社区党支部", "水墨社区党支部", "翡翠社区党支部")
Figures = dict[str, tuple[int, int, int, int]]
"""``{branch: (expected, came, of these made up, on leave)}``, where there is anything."""


@dataclass
class Person:
    """A member, as a careful secretary would write them down; ``stamp`` is when somebody last changed the line."""

    branch: str
    stamp: datetime
    active: bool = True
    erased: bool = False

    def copy(self) -> Person:
        """The line as it is now."""
        return Person(self.branch, self.stamp, self.active, self.erased)


@dataclass
class Came:
    """A record: for which branch, when, whether the member replied, and whether it was made up."""

    branch: str
    at: datetime
    replied: bool
    made_up: bool = False


@dataclass
class Meeting:
    """An activity; ``invited`` is empty for all, ``listed`` is None until it is written down whom it expects."""

    invited: tuple[str, ...]
    starts: datetime
    ends: datetime
    cancelled: bool = False
    listed: dict[int, str] | None = None
    came: dict[int, Came] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)
    away: set[int] = field(default_factory=set)
    closed_with: Figures | None = None

    def invites(self, branch: str) -> bool:
        """Whether a branch is invited."""
        return not self.invited or branch in self.invited


@dataclass
class Books:
    """All that happened, added up without a database."""

    people: dict[int, Person] = field(default_factory=dict)
    of_name: dict[str, int] = field(default_factory=dict)
    bound: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    meetings: dict[int, Meeting] = field(default_factory=dict)
    imports: dict[int, tuple[datetime, dict[int, Person | None]]] = field(default_factory=dict)

    def write_down(self, now: datetime, only: int | None = None) -> None:
        """Whom the meetings that have begun expect."""
        for ident, meeting in self.meetings.items():
            if meeting.listed is None and meeting.starts <= now and only in (None, ident):
                roster_now = {
                    one: person.branch
                    for one, person in self.people.items()
                    if person.active and meeting.invites(person.branch)
                }
                meeting.listed = roster_now | {one: came.branch for one, came in meeting.came.items()}

    def widen(self, meeting: Meeting, branch: str) -> None:
        """A branch is invited afterwards: who is on its roster joins a list that stands, where nobody of it is on it yet."""
        meeting.invited = tuple(one for one in BRANCHES if one in (*meeting.invited, branch))
        if meeting.listed is None or branch in meeting.listed.values():
            return
        for member, person in self.people.items():
            if person.active and person.branch == branch:
                meeting.listed.setdefault(member, branch)

    def figures(self, meeting: Meeting) -> Figures:
        """``{branch: (expected, came, of these made up, on leave)}`` where there is anything."""
        on = [p.branch for p in self.people.values() if p.active and meeting.invites(p.branch)]
        wanted = Counter(on if meeting.listed is None else meeting.listed.values())
        came = Counter(one.branch for one in meeting.came.values())
        late = Counter(one.branch for one in meeting.came.values() if one.made_up)
        away = Counter(self.expected_of(meeting, member) for member in meeting.away - meeting.came.keys())
        return {b: (wanted[b], came[b], late[b], away[b]) for b in BRANCHES if wanted[b] or came[b]}

    def expected_of(self, meeting: Meeting, member: int) -> str | None:
        """Which branch's list has a member just now; None where none has."""
        person = self.people[member]
        if meeting.listed is not None:
            return meeting.listed.get(member)
        return person.branch if person.active and meeting.invites(person.branch) else None

    def place(self, meeting: Meeting, member: int) -> str | None:
        """For which branch a member would be recorded; None where they are none of the meeting's."""
        person = self.people[member]
        if meeting.listed and member in meeting.listed:
            return meeting.listed[member]
        return person.branch if person.active and meeting.invites(person.branch) else None

    def record(self, meeting: Meeting, member: int, came: Came) -> None:
        """A record, and the name on the list where it was not."""
        meeting.came[member] = came
        if meeting.listed is not None:
            meeting.listed.setdefault(member, came.branch)

    def appears(self, member: int) -> bool:
        """Whether anything but the roster speaks of a member."""
        return any(one == member for one, _ in self.bound.values()) or any(
            member in meeting.came
            or member in (meeting.listed or {})
            or member in meeting.asked
            or member in meeting.away
            for meeting in self.meetings.values()
        )
