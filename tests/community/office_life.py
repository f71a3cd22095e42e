"""What happens to the people of an office, in whatever order: steps that are taken in the product and in the books alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import time_machine
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from community import binding, erasing, expected, followers, merging, roster, roster_undo, transfers, upkeep
from community.roster_file import RosterFile
from models import Base, Member
from tests.community.books import BRANCHES, Books, Meeting, Person
from tests.community.conftest import NOON, Office
from tests.world import followers as world_followers
from tests.world import members as world_members

NAMES = ("张一", "李二", "王三", "赵四")
OPENIDS = ("oA", "oB", "oC", "oD")
MINUTE = timedelta(minutes=1)
_UNDO_IMPORT = timedelta(hours=72)
_LASTING = ("area", "community", "grid", "branch", "user", "setting", "audit_entry")
"""Tables that one story leaves to the next."""


class PeopleStory(RuleBasedStateMachine):
    """The roster and the followers."""

    office: Office
    staff: tuple[Any, Any]

    def __init__(self) -> None:
        super().__init__()
        self.books = Books()
        self.now = NOON
        self.travel = time_machine.travel(NOON, tick=False)
        self.clock = self.travel.start()
        with self.office.db.session_scope() as session:
            for table in reversed(Base.metadata.sorted_tables):
                if table.name not in _LASTING:
                    session.execute(sa.delete(table))
            self.branch_ids = {name: self.office.branch(session, name).id for name in BRANCHES}
        self.admin, self.secretary = self.staff

    # --- time

    def passes(self, step: timedelta = MINUTE) -> None:
        self.now += step
        self.clock.move_to(self.now)

    @rule(minutes=st.sampled_from((1, 1, 1, 90, 1500)), machine_works=st.booleans())
    def time_passes(self, minutes: int, machine_works: bool) -> None:
        self.passes(minutes * MINUTE)
        if machine_works:
            with self.office.db.session_scope() as session:
                while expected.freeze_next(session, self.now):
                    pass
            self.books.write_down(self.now)
        self.close_what_is_over()

    def close_what_is_over(self) -> None:
        """Note what a meeting says when it has ended: only a record by name may move it from then on."""
        for meeting in self.books.meetings.values():
            if meeting.listed is not None and meeting.ends < self.now:
                meeting.closed_with = self.books.figures(meeting)

    # --- the roster

    def people_begin(self, branches: tuple[str, ...]) -> None:
        """Everybody is on the roster, and half of them are bound: stories begin in the middle."""
        self.import_a_file(dict(zip(NAMES, branches, strict=True)))
        for openid, name in zip(OPENIDS, NAMES[:2], strict=False):
            self._bind(openid, self.books.of_name[name])

    @rule(rows=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(BRANCHES), min_size=1))
    def import_a_file(self, rows: dict[str, str]) -> None:
        self.passes()
        lines = [world_members.row(name, branch, _phone(name)) for name, branch in rows.items()]
        with self.office.db.read_scope() as session:
            plan = roster.plan(
                session, RosterFile("名册", "0" * 64, frozenset({"name", "branch", "phone"}), lines)
            )
        run = roster.carry_out(self.office.db, plan, file_name="名册.xlsx")
        self.books.write_down(self.now)
        before: dict[int, Person | None] = {}
        for name, branch in rows.items():
            self._imported(name, branch, before)
        self.books.imports[run] = (self.now, before)

    def _imported(self, name: str, branch: str, before: dict[int, Person | None]) -> None:
        known = self.books.of_name.get(name)
        if known is None:
            with self.office.db.read_scope() as session:
                known = session.scalars(sa.select(Member.id).where(Member.name == name)).one()
            self.books.of_name[name] = known
            before[known] = None
            self.books.people[known] = Person(branch, self.now)
            return
        person = self.books.people[known]
        if person.branch != branch or not person.active:
            before[known] = person.copy()
            person.branch, person.active, person.stamp = branch, True, self.now

    @precondition(lambda self: self._undoable())
    @rule(data=st.data())
    def undo_an_import(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self._undoable()))
        self.passes()
        roster_undo.undo(self.office.db, self.admin, run, limits=self.office.settings.limits)
        self.books.write_down(self.now)
        at, before = self.books.imports.pop(run)
        for member, was in before.items():
            bound_since = any(one == member and since > at for one, since in self.books.bound.values())
            appeared = was is None and self.books.appears(member)
            if self.books.people[member].stamp != at or bound_since or appeared:
                continue
            if was is None:
                del self.books.people[member]
                self.books.of_name = {n: m for n, m in self.books.of_name.items() if m != member}
            else:
                self.books.people[member] = was

    def _undoable(self) -> list[int]:
        return [
            run
            for run, (at, before) in self.books.imports.items()
            if at + _UNDO_IMPORT > self.now + MINUTE and before
        ]

    def _some(self, *, active: bool = True) -> list[int]:
        return sorted(
            one for one, person in self.books.people.items() if person.active >= active and not person.erased
        )

    def _unlisted(self) -> list[str]:
        return [name for name in NAMES if name not in self.books.of_name]

    @precondition(lambda self: self._unlisted())
    @rule(data=st.data(), branch=st.sampled_from(BRANCHES))
    def somebody_is_added_by_hand(self, data: st.DataObject, branch: str) -> None:
        name = data.draw(st.sampled_from(self._unlisted()))
        self.passes()
        with self.office.db.session_scope() as session:
            typed = upkeep.Typed(name, _phone(name))
            kept = upkeep.add(session, self.admin, self.branch_ids[branch], typed, at=self.now)
            member = kept.member.id
        self.books.write_down(self.now)
        self.books.of_name[name] = member
        self.books.people[member] = Person(branch, self.now)

    @precondition(lambda self: self._some(active=False))
    @rule(data=st.data())
    def a_line_is_corrected(self, data: st.DataObject) -> None:
        """No figure moves, and an import that wrote the line before does not take it back any more."""
        member = data.draw(st.sampled_from(self._some(active=False)))
        self.passes()
        with self.office.db.session_scope() as session:
            typed = upkeep.Typed(duty=f"{self.now:%d日%H时%M分}起任组织委员")
            upkeep.correct(session, self.admin, member, typed, at=self.now)
        self.books.write_down(self.now)
        self.books.people[member].stamp = self.now

    @precondition(lambda self: self._some())
    @rule(data=st.data())
    def somebody_leaves_the_roster(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(self._some()))
        self.passes()
        with self.office.db.session_scope() as session:
            upkeep.leave(session, self.admin, member, on=self.now.date(), reason="转往外地", at=self.now)
        self.books.write_down(self.now)
        self.books.people[member].active, self.books.people[member].stamp = False, self.now
        self.books.bound = {o: bound for o, bound in self.books.bound.items() if bound[0] != member}

    def _away(self) -> list[int]:
        return [one for one in self._some(active=False) if not self.books.people[one].active]

    @precondition(lambda self: self._away())
    @rule(data=st.data())
    def somebody_comes_back(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(self._away()))
        self.passes()
        with self.office.db.session_scope() as session:
            upkeep.come_back(
                session, self.admin, member, on=self.now.date(), reason="组织关系转回", at=self.now
            )
        self.books.write_down(self.now)
        self.books.people[member].active, self.books.people[member].stamp = True, self.now

    @precondition(lambda self: self._some())
    @rule(data=st.data(), to=st.sampled_from(BRANCHES))
    def some_are_moved(self, data: st.DataObject, to: str) -> None:
        chosen = data.draw(st.lists(st.sampled_from(self._some()), min_size=1, max_size=2, unique=True))
        moving = [one for one in chosen if self.books.people[one].branch != to]
        if not moving:
            return
        self.passes()
        with self.office.db.session_scope() as session:
            target = self.branch_ids[to]
            transfers.carry_out(
                session, self.admin, chosen, target, on=self.now.date(), reason="居住地变动", at=self.now
            )
        self.books.write_down(self.now)
        for one in moving:
            self.books.people[one].branch, self.books.people[one].stamp = to, self.now

    @precondition(lambda self: len(self._some()) > 1)
    @rule(data=st.data(), wechat=st.sampled_from(("kept", "other")))
    def two_records_are_merged(self, data: st.DataObject, wechat: str) -> None:
        kept, other = data.draw(st.lists(st.sampled_from(self._some()), min_size=2, max_size=2, unique=True))
        self.passes()
        with self.office.db.session_scope() as session:
            merging.carry_out(session, self.admin, kept, other, reason="重复登记", wechat=wechat, at=self.now)
        self.books.write_down(self.now)
        self._merged(kept, other, wechat)

    def _merged(self, kept: int, other: int, wechat: str) -> None:
        """No figure moves: where both stood on a list, both stay; the kept one has the record of who came."""
        for meeting in self.books.meetings.values():
            listed, came = meeting.listed or {}, meeting.came
            self._leave_merged(meeting, kept, other)
            if kept in came and other in came:
                continue
            if other in listed and kept not in listed:
                listed[kept] = listed.pop(other)
            elif other in listed and other in came:
                listed[kept], listed[other] = listed[other], listed[kept]
            if other in came:
                came[kept] = came.pop(other)
            if other in meeting.asked:
                meeting.asked.add(kept)
        by_member = {member: openid for openid, (member, _) in self.books.bound.items()}
        mine, theirs = by_member.get(kept), by_member.get(other)
        if mine and theirs:
            del self.books.bound[theirs if wechat == "kept" else mine]
        if theirs in self.books.bound:
            self.books.bound[theirs] = (kept, self.books.bound[theirs][1])
        self.books.people[kept].stamp = self.now
        gone = self.books.people[other]
        gone.active, gone.erased, gone.stamp = False, True, self.now
        self.books.of_name = {n: m for n, m in self.books.of_name.items() if m != other}
        for _, before in self.books.imports.values():
            before.pop(other, None)

    def _leave_merged(self, meeting: Meeting, kept: int, other: int) -> None:
        """Leave goes where the line of the list goes."""
        listed, away = meeting.listed, meeting.away
        if listed is None or (other in listed and kept not in listed):
            if other in away:
                away.discard(other)
                away.add(kept)
        elif kept in listed and other in listed and other in meeting.came and kept not in meeting.came:
            swapped = {kept: other, other: kept}
            meeting.away = {swapped.get(one, one) for one in away}

    @precondition(lambda self: self._some(active=False))
    @rule(data=st.data())
    def somebody_is_erased(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(self._some(active=False)))
        self.passes()
        with self.office.db.session_scope() as session:
            erasing.erase(session, self.admin, member_id=member, reason="本人书面申请", at=self.now)
        self.books.write_down(self.now)
        person = self.books.people[member]
        person.active, person.erased, person.stamp = False, True, self.now
        self.books.of_name = {n: m for n, m in self.books.of_name.items() if m != member}
        self.books.bound = {o: bound for o, bound in self.books.bound.items() if bound[0] != member}
        for _, before in self.books.imports.values():
            before.pop(member, None)

    # --- followers

    def _free(self) -> list[int]:
        taken = {member for member, _ in self.books.bound.values()}
        return [one for one in self._some() if one not in taken]

    @precondition(lambda self: self._free() and len(self.books.bound) < len(OPENIDS))
    @rule(data=st.data())
    def somebody_binds(self, data: st.DataObject) -> None:
        openid = data.draw(st.sampled_from([one for one in OPENIDS if one not in self.books.bound]))
        member = data.draw(st.sampled_from(self._free()))
        self._bind(openid, member)

    def _bind(self, openid: str, member: int) -> None:
        self.passes()
        with self.office.db.session_scope() as session:
            world_followers.bind(session, openid, session.get_one(Member, member), at=self.now)
        self.books.bound[openid] = (member, self.now)

    @precondition(lambda self: self.books.bound)
    @rule(data=st.data(), how=st.sampled_from(("unbinds", "leaves", "is released")))
    def somebody_unbinds_or_unfollows(self, data: st.DataObject, how: str) -> None:
        openid = data.draw(st.sampled_from(sorted(self.books.bound)))
        self.passes()
        with self.office.db.session_scope() as session:
            if how == "leaves":
                followers.unfollow(session, openid, at=self.now)
            elif how == "unbinds":
                binding.unbind(session, openid, at=self.now)
            else:
                binding.release(session, self.admin, self.books.bound[openid][0], "本人更换微信", at=self.now)
        del self.books.bound[openid]


def _phone(name: str) -> str:
    return f"1886600{NAMES.index(name):04}"
