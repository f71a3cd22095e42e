"""What happens on the evening of a meeting, in whatever order: codes, leave, the secretary's list and its corrections."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from community import arriving, attendance, leave, screen_codes, screens
from models import Activity, CheckIn, CheckInScreen, Follower, LeaveWay
from tests.community.books import Came, Meeting
from tests.community.office_life import MINUTE, PeopleStory

_MAKE_UP = timedelta(hours=72)


class EveningStory(PeopleStory):
    """People, and what they do beside the plain reply."""

    def which(self, **wanted: bool) -> list[int]:
        """Numbers of meetings that are ``open``, have ``begun``, are ``over``."""
        found = []
        for ident, one in self.books.meetings.items():
            now = self.now + MINUTE
            state = {
                "open": one.starts <= now <= one.ends and not one.cancelled,
                "begun": one.starts <= now and not one.cancelled,
                "over": one.ends < now and not one.cancelled and one.ends + _MAKE_UP > now,
                "uncancelled": one.ends > now and not one.cancelled,
            }
            if all(state[name] is value for name, value in wanted.items()):
                found.append(ident)
        return found

    def _code(self, ident: int) -> str:
        """What the screen of a meeting shows now; it is put up where there is none."""
        with self.office.db.session_scope() as session:
            screens.start(session, self.admin, ident, code_only=False, at=self.now)
            return screen_codes.typed(
                session.get_one(CheckInScreen, ident).secret, screen_codes.step(self.now)
            )

    @precondition(lambda self: self.books.bound and self.which(open=True))
    @rule(data=st.data(), typed=st.booleans())
    def somebody_checks_in_with_the_code(self, data: st.DataObject, typed: bool) -> None:
        openid = data.draw(st.sampled_from(sorted(self.books.bound)))
        ident = data.draw(st.sampled_from(self.which(open=True)))
        self.passes()
        code = self._code(ident)
        with self.office.db.session_scope() as session:
            if typed:
                connection = session.connection()
                said = arriving.by_code(connection, openid, code, at=self.now, message_key=None)
            else:
                follower = session.scalars(sa.select(Follower.id).where(Follower.openid == openid)).one()
                step = screen_codes.step(self.now)
                said = arriving.by_link(session, follower, ident, step, device="d", network="n", at=self.now)
        meeting, (member, _) = self.books.meetings[ident], self.books.bound[openid]
        place = self.books.place(meeting, member) if self.books.people[member].active else None
        if place is None:
            assert said is None or said.kind in ("not_invited", "not_bound", "wrong")
        elif member in meeting.came:
            assert said is not None
            assert said.kind == "already"
        else:
            assert said is not None
            assert said.kind == "recorded"
            self.books.record(meeting, member, Came(place, self.now, replied=True))

    @precondition(lambda self: self.books.bound and self.which(uncancelled=True))
    @rule(data=st.data())
    def somebody_takes_leave(self, data: st.DataObject) -> None:
        openid = data.draw(st.sampled_from(sorted(self.books.bound)))
        ident = data.draw(st.sampled_from(self.which(uncancelled=True)))
        self.passes()
        with self.office.db.session_scope() as session:
            said = leave.ask(session, openid, "", via=LeaveWay.REPLY, activity_id=ident, at=self.now)
        meeting, member = self.books.meetings[ident], self.books.bound[openid][0]
        place = self.books.place(meeting, member) if self.books.people[member].active else None
        if place is None or meeting.ends < self.now:
            assert said.kind in ("nothing", "not_bound")
        elif member in meeting.came:
            assert said.kind == "recorded"
        else:
            assert said.kind == ("already" if member in meeting.away else "left")
            meeting.away.add(member)

    def _may_return(self, member: int) -> list[int]:
        return [
            ident
            for ident, one in self.books.meetings.items()
            if member in one.away and one.ends >= self.now + MINUTE
        ]

    @precondition(lambda self: self.books.bound)
    @rule(data=st.data())
    def somebody_takes_leave_back(self, data: st.DataObject) -> None:
        openid = data.draw(st.sampled_from(sorted(self.books.bound)))
        member = self.books.bound[openid][0]
        ids = self._may_return(member) or list(self.books.meetings)
        ident = data.draw(st.sampled_from(ids)) if ids else 0
        self.passes()
        active = self.books.people[member].active
        wanted = "undone" if active and ident in self._may_return_now(member) else "nothing"
        with self.office.db.session_scope() as session:
            said = leave.take_back(session, openid, activity_id=ident, at=self.now)
        assert said.kind == (wanted if active else "not_bound")
        if said.kind == "undone":
            self.books.meetings[ident].away.discard(member)

    def _may_return_now(self, member: int) -> list[int]:
        return [i for i, one in self.books.meetings.items() if member in one.away and one.ends >= self.now]

    @precondition(lambda self: self.books.people and self.which(open=True))
    @rule(data=st.data())
    def the_secretary_ticks_who_is_there(self, data: st.DataObject) -> None:
        ident = data.draw(st.sampled_from(self.which(open=True)))
        ids = data.draw(
            st.lists(st.sampled_from(sorted(self.books.people)), min_size=1, max_size=3, unique=True)
        )
        self.passes()
        with self.office.db.session_scope() as session:
            found = session.get_one(Activity, ident)
            done = attendance.list_them(session, self.admin, found, ids, at=self.now)
        self.books.write_down(self.now, ident)
        assert done.added == self._recorded(self.books.meetings[ident], ids)

    def _recorded(self, meeting: Meeting, ids: list[int]) -> int:
        added = 0
        for member in ids:
            place = None if self.books.people[member].erased else self.books.place(meeting, member)
            if place is not None and member not in meeting.came:
                self.books.record(meeting, member, Came(place, self.now, replied=False))
                added += 1
        return added

    @precondition(lambda self: any(one.came for one in self.books.meetings.values()))
    @rule(data=st.data())
    def a_record_is_taken_back(self, data: st.DataObject) -> None:
        ident = data.draw(st.sampled_from([i for i, one in self.books.meetings.items() if one.came]))
        meeting = self.books.meetings[ident]
        member = data.draw(st.sampled_from(sorted(meeting.came)))
        self.passes()
        with self.office.db.session_scope() as session:
            found = session.get_one(Activity, ident)
            record = session.scalars(
                sa.select(CheckIn.id).where(CheckIn.activity_id == ident, CheckIn.member_id == member)
            ).one()
            attendance.take_back(session, self.admin, found, record, reason="勾错了人", at=self.now)
        del meeting.came[member]
        self.close_what_is_over()
