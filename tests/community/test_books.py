"""Two sets of books: whatever happens in whatever order, every count is what a plain list of what happened adds up to.

People are imported, added, corrected, moved, merged, taken off and put back, bound, unbound, erased, imports undone; activities
are announced, edited, widened, begin, are called off and end; members check in by every way, take leave, take either back, are
ticked on the list, entered from paper, corrected, and make up for it. After each step the database must say of every activity
and every branch what :class:`Books` says, which knows no SQL.

A run takes a few seconds. ``PIONEER_BOOKS=500`` takes so many stories, and longer ones.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test
from python_calamine import CalamineWorkbook

from community import activities, attendance, changing, checkin, counting, ledger, makeup, places
from models import Activity, MakeUpRequest
from tests.community.books import BRANCHES, Came, Figures, Meeting
from tests.community.conftest import Office
from tests.community.evening_life import EveningStory
from tests.community.office_life import MINUTE, NAMES

STORIES = int(os.environ.get("PIONEER_BOOKS", "0"))
_UNDO = timedelta(minutes=5)


class Story(EveningStory):
    """The same people, and their activities."""

    folder: Path

    def teardown(self) -> None:
        """At the end every ledger has a line for each record, and what is over says what it said when it ended."""
        try:
            over = [(ident, one) for ident, one in self.books.meetings.items() if one.closed_with is not None]
            for ident, meeting in over:
                assert self._counted()[ident] == meeting.closed_with
            for ident, meeting in over[:1]:
                self._read_ledger(ident, meeting)
        finally:
            self.travel.stop()

    def _read_ledger(self, ident: int, meeting: Meeting) -> None:
        path = self.folder / "ledger.xlsx"
        with self.office.db.read_scope() as session:
            loaded = ledger.load(session, ident, at=self.now)
        assert ledger.carry_out(self.office.db, loaded, path) == len(meeting.came)
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("数据").to_python()[1:]
        assert Counter(row[2] for row in rows) == Counter(one.branch for one in meeting.came.values())

    # --- activities

    @initialize(
        branches=st.tuples(*[st.sampled_from(BRANCHES)] * len(NAMES)), moved=st.sampled_from(BRANCHES)
    )
    def the_office_begins(self, branches: tuple[str, ...], moved: str) -> None:
        """One meeting is under way with its list, one has begun before anybody made its list, and somebody moved between."""
        self.people_begin(branches)
        self.announce(set(), 1, 200)
        self.time_passes(1, machine_works=True)
        self.import_a_file(dict.fromkeys(NAMES[:2], moved))
        self.announce(set(BRANCHES[:2]), 0, 200)

    @rule(
        invited=st.sets(st.sampled_from(BRANCHES), max_size=2),
        starts=st.sampled_from((1, 1, 20, 200)),
        lasts=st.sampled_from((30, 200, 200)),
    )
    def announce(self, invited: set[str], starts: int, lasts: int) -> None:
        self.passes()
        begins = self.now + starts * MINUTE
        ends = begins + lasts * MINUTE
        chosen = tuple(branch for branch in BRANCHES if branch in invited)
        with self.office.db.session_scope() as session:
            named = [self.office.branch(session, branch) for branch in chosen]
            title = f"活动{len(self.books.meetings)}"
            draft = activities.Draft(title, begins, ends, named, purpose="集中学习")
            made = activities.create(session, self.admin, draft, at=self.now - MINUTE).activity
        self.books.meetings[made.id] = Meeting(chosen, begins, ends)

    @precondition(lambda self: self.which(uncancelled=True))
    @rule(data=st.data())
    def one_is_called_off(self, data: st.DataObject) -> None:
        ident = data.draw(st.sampled_from(self.which(uncancelled=True)))
        self.passes()
        with self.office.db.session_scope() as session:
            changing.cancel(session, self.admin, ident, reason="天气原因", at=self.now)
        self.books.meetings[ident].cancelled = True

    @precondition(lambda self: self.which(uncancelled=True))
    @rule(data=st.data(), longer=st.sampled_from((0, 30)), joins=st.sampled_from((*BRANCHES, "")))
    def one_is_edited(self, data: st.DataObject, longer: int, joins: str) -> None:
        ident = data.draw(st.sampled_from(self.which(uncancelled=True)))
        meeting = self.books.meetings[ident]
        self.passes()
        if meeting.ends < self.now:
            return
        widens = bool(joins) and not meeting.invites(joins)
        with self.office.db.session_scope() as session:
            found = activities.get(session, ident)
            wanted = replace(
                changing.draft_of(found), ends_at=found.ends_at + longer * MINUTE, place=f"{self.now}"[:90]
            )
            if widens:
                wanted = replace(wanted, branches=[*found.branches, self.office.branch(session, joins)])
            changing.edit(session, self.admin, ident, wanted, version=found.version, at=self.now)
        meeting.ends += longer * MINUTE
        if widens:
            self.books.widen(meeting, joins)

    @precondition(lambda self: self.books.bound and self.which(open=True))
    @rule(data=st.data())
    def somebody_checks_in(self, data: st.DataObject) -> None:
        openid = data.draw(st.sampled_from(sorted(self.books.bound)))
        ident = data.draw(st.sampled_from(self.which(open=True)))
        self.passes()
        with self.office.db.connection_scope() as connection:
            said = checkin.by_reply(
                connection, openid, keyword=None, choice=ident, at=self.now, message_key=None
            )
        meeting, (member, _) = self.books.meetings[ident], self.books.bound[openid]
        place = self.books.place(meeting, member) if self.books.people[member].active else None
        if member in meeting.came and place is not None:
            assert said.kind == "already"
        elif place is None:
            assert said.kind in ("none_open", "not_bound")
        else:
            assert said.kind == "recorded"
            self.books.record(meeting, member, Came(place, self.now, replied=True))

    @precondition(lambda self: self.books.bound)
    @rule(data=st.data())
    def somebody_takes_a_check_in_back(self, data: st.DataObject) -> None:
        openid = data.draw(st.sampled_from(sorted(self.books.bound)))
        self.passes()
        with self.office.db.session_scope() as session:
            said = checkin.undo(session, openid, at=self.now)
        member = self.books.bound[openid][0]
        own = [
            (meeting.came[member].at, ident)
            for ident, meeting in self.books.meetings.items()
            if member in meeting.came and meeting.came[member].replied
        ]
        latest = max(own, default=None)
        if latest is None or latest[0] < self.now - _UNDO:
            assert said.kind == "nothing"
        else:
            assert (said.kind, said.activity_id) == ("undone", latest[1])
            del self.books.meetings[latest[1]].came[member]
            self.close_what_is_over()

    @precondition(lambda self: self.books.people and self.which(begun=True))
    @rule(data=st.data())
    def a_paper_sheet_is_entered(self, data: st.DataObject) -> None:
        ident = data.draw(st.sampled_from(self.which(begun=True)))
        everybody = sorted(self.books.people)
        ids = data.draw(st.lists(st.sampled_from(everybody), min_size=1, max_size=3, unique=True))
        self.passes()
        with self.office.db.session_scope() as session:
            found = session.get_one(Activity, ident)
            done = attendance.record_by_hand(session, self.admin, found, ids, at=self.now)
        self.books.write_down(self.now, ident)
        meeting = self.books.meetings[ident]
        added = 0
        for member in ids:
            place = None if self.books.people[member].erased else self.books.place(meeting, member)
            if place is not None and member not in meeting.came:
                self.books.record(meeting, member, Came(place, self.now, replied=False, made_up=True))
                added += 1
        assert done.added == added
        self.close_what_is_over()

    @precondition(lambda self: self.books.bound and self.which(over=True))
    @rule(data=st.data(), approve=st.booleans())
    def somebody_makes_up(self, data: st.DataObject, approve: bool) -> None:
        openid = data.draw(st.sampled_from(sorted(self.books.bound)))
        ident = data.draw(st.sampled_from(self.which(over=True)))
        self.passes()
        member, meeting = self.books.bound[openid][0], self.books.meetings[ident]
        with self.office.db.session_scope() as session:
            said = makeup.make_up(session, openid, "当天在外地", at=self.now, activity_id=ident)
            if said.kind != "pending":
                return
            asked = session.scalars(
                sa.select(MakeUpRequest.id).where(
                    MakeUpRequest.member_id == member, MakeUpRequest.activity_id == ident
                )
            ).one()
            makeup.decide(session, self.admin, asked, approve=approve, at=self.now)
        meeting.asked.add(member)
        if approve:
            self.books.write_down(self.now, ident)
            assert meeting.listed is not None
            branch = meeting.listed.get(member, self.books.people[member].branch)
            if member not in meeting.came:
                self.books.record(meeting, member, Came(branch, self.now, replied=False, made_up=True))
        self.close_what_is_over()

    # --- the two sets of books

    def _counted(self) -> dict[int, Figures]:
        with self.office.db.read_scope() as session:
            shown = list(session.scalars(sa.select(Activity)))
            found = counting.counts_of(session, shown) if shown else {}
        for one in found.values():
            assert one.checked_in == sum(part.checked_in for part in one.by_branch)
            assert all(
                part.open + part.checked_in + part.on_leave == part.expected for part in one.by_branch
            ), "three numbers that add up to the fourth"
        return {ident: _parts(one.by_branch) for ident, one in found.items()}

    @invariant()
    def every_count_is_what_happened(self) -> None:
        wanted = {ident: self.books.figures(one) for ident, one in self.books.meetings.items()}
        assert self._counted() == wanted

    @invariant()
    def the_branches_have_the_people_whom_the_roster_has(self) -> None:
        with self.office.db.read_scope() as session:
            found = {one.branch.name: (one.members, one.bound) for one in places.summaries(session)}
        active = {one: person.branch for one, person in self.books.people.items() if person.active}
        members = Counter(active.values())
        bound = Counter(active[member] for member, _ in self.books.bound.values() if member in active)
        assert {name: found[name] for name in BRANCHES} == {
            name: (members[name], bound[name]) for name in BRANCHES
        }

    @invariant()
    def a_secretary_sees_each_of_their_own_and_who_came(self) -> None:
        own = BRANCHES[0]
        with self.office.db.read_scope() as session:
            for ident, meeting in self.books.meetings.items():
                listed = self.books.figures(meeting).get(own, (0, 0, 0, 0))
                if meeting.listed is None or not meeting.invites(own) or not listed[0]:
                    continue
                lines = attendance.attendance(session, self.secretary, session.get_one(Activity, ident))
                came = {line.member_id for line in lines if line.check_in}
                assert {line.member_id for line in lines} == {
                    m for m, b in meeting.listed.items() if b == own
                }
                assert came == {m for m, one in meeting.came.items() if one.branch == own}


def _parts(rows: Iterable[counting.BranchCount]) -> Figures:
    return {
        one.branch: (one.expected, one.checked_in, one.made_up, one.on_leave)
        for one in rows
        if one.expected or one.checked_in
    }


def test_every_count_equals_a_plain_list_of_what_happened(office: Office, tmp_path: Path) -> None:
    people = office.user("admin", name="admin"), office.user("secretary", BRANCHES[0])

    class Here(Story):
        staff = people

    Here.office, Here.folder = office, tmp_path
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=STORIES or 5,
            stateful_step_count=50 if STORIES else 20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            derandomize=not STORIES,
            phases=(Phase.generate, Phase.shrink) if STORIES else (Phase.generate,),
        ),
    )
