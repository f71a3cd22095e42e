"""撤销本次导入: what an import did to each member is kept for some days, and brought back while nobody touched them since.

A member who was changed again, bound, checked in or expected after the import stays as they are. Who was added goes; of who was
changed every column is as it was, and so are the tags of the branch at WeChat.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from accounts.rights import require
from community import moves
from community.moves import Why
from database.session import Database
from ground import clock, faultpoints
from ground.errors import Conflict, NotFound
from models import (
    Arrival,
    Branch,
    CheckIn,
    ExpectedMember,
    Follower,
    ImportChange,
    ImportRun,
    Leave,
    MakeUpRequest,
    Member,
    MemberMove,
    User,
)
from settings import Limits

_STEP = 500
_DATES = ("joined_on",)


def remember(session: Session, run_id: int, known: Mapping[int, Mapping[str, Any]], *, at: datetime) -> None:
    """Keep what these members' columns hold, before an import changes them."""
    if not known:
        return
    columns = sorted({column for values in known.values() for column in values} | {"updated_at"})
    query = sa.select(Member.id, *(getattr(Member, column) for column in columns)).where(Member.id.in_(known))
    for row in session.execute(query):
        before = {column: row._mapping[column] for column in (*known[row.id], "updated_at")}
        text = json.dumps(before, default=lambda moment: moment.isoformat(), ensure_ascii=False)
        session.add(ImportChange(run_id=run_id, member_id=row.id, written_at=at, before=text))
    session.flush()


def remember_new(session: Session, run_id: int, indexes: Sequence[bytes], *, at: datetime) -> None:
    """Keep who was added just now, by the indexes of their phones."""
    query = sa.select(Member.id).where(Member.phone_index.in_(indexes), Member.created_at == at)
    rows = [
        {"run_id": run_id, "member_id": member_id, "written_at": at, "before": None}
        for member_id in session.scalars(query)
    ]
    if rows:
        session.execute(sa.insert(ImportChange), rows)


@dataclass(frozen=True)
class Undoing:
    """What undoing an import would come to: ``added`` people go, ``changed`` are as before, ``touched`` stay as they are.

    ``moved`` are those of the changed who go back to another branch: name, the present branch, the one before.
    """

    run: ImportRun
    until: datetime
    added: int
    changed: int
    touched: int
    moved: list[tuple[str, str, str]]

    @property
    def comes_back(self) -> int:
        """How many people it would reach."""
        return self.added + self.changed


def until(run: ImportRun, limits: Limits) -> datetime:
    """Until when an import can be undone."""
    return run.at + timedelta(hours=limits.roster_undo_hours)


def undoable(session: Session, runs: Sequence[ImportRun], *, at: datetime, limits: Limits) -> set[int]:
    """Those of these imports that can be undone still, by id."""
    late = {run.id for run in runs if until(run, limits) <= at}
    query = sa.select(ImportChange.run_id).where(ImportChange.run_id.in_([run.id for run in runs])).distinct()
    return set(session.scalars(query)) - late


def look(session: Session, user: User, run_id: int, *, at: datetime, limits: Limits) -> Undoing:
    """What undoing it would come to. Raises :class:`NotFound`, and :class:`Conflict` where it is too late or done."""
    require(user, "member.import")
    run = session.get(ImportRun, run_id)
    if run is None or run.kind != "roster":
        raise NotFound("没有这次导入")
    if until(run, limits) <= at:
        raise Conflict(f"导入超过 {limits.roster_undo_hours} 小时，不能再撤销，请用更正后的名册重新导入")
    touched = sa.func.sum(sa.case((_touched(), 1), else_=0))
    query = sa.select(ImportChange.before.is_(None), sa.func.count(), touched)
    query = query.join(Member, Member.id == ImportChange.member_id).where(ImportChange.run_id == run_id)
    counted = {new: (rows, kept) for new, rows, kept in session.execute(query.group_by(sa.text("1")))}
    if not counted:
        raise Conflict("这次导入已经撤销，或者没有可以撤销的内容")
    (new, new_kept), (old, old_kept) = counted.get(True, (0, 0)), counted.get(False, (0, 0))
    counts = (new - new_kept, old - old_kept, new_kept + old_kept)
    return Undoing(run, until(run, limits), *counts, _moved_by(session, run_id))


def _moved_by(session: Session, run_id: int) -> list[tuple[str, str, str]]:
    """Who would go back to another branch, and from where to where."""
    query = (
        sa.select(Member.name, Member.branch_id, ImportChange.before)
        .join(ImportChange, ImportChange.member_id == Member.id)
        .where(ImportChange.run_id == run_id, ImportChange.before.is_not(None), sa.not_(_touched()))
        .order_by(ImportChange.id)
    )
    labels = {one.id: one.label for one in session.scalars(sa.select(Branch))}
    found = []
    for name, present, text in session.execute(query):
        before = json.loads(text or "{}").get("branch_id", present)
        if before != present:
            found.append((name, labels.get(present, ""), labels.get(before, "")))
    return found


def _touched() -> sa.ColumnElement[bool]:
    """Somebody or something has to do with the member since: then they stay as they are."""
    appeared = sa.or_(
        sa.exists().where(CheckIn.member_id == Member.id),
        sa.exists().where(ExpectedMember.member_id == Member.id),
        sa.exists().where(MakeUpRequest.member_id == Member.id),
        sa.exists().where(Leave.member_id == Member.id),
        sa.exists().where(Arrival.member_id == Member.id),
        sa.exists().where(Follower.member_id == Member.id),
        sa.exists().where(User.member_id == Member.id),
    )
    return sa.or_(
        Member.updated_at != ImportChange.written_at,
        sa.and_(ImportChange.before.is_(None), appeared),
        sa.exists().where(Follower.member_id == Member.id, Follower.bound_at > ImportChange.written_at),
    )


def undo(db: Database, user: User, run_id: int, *, limits: Limits) -> Undoing:
    """Bring back what an import changed, some people a transaction; what it was to come to.

    An undoing that was cut off goes on when it is asked for again. Raises what :func:`look` raises.
    """
    with db.session_scope() as session:
        at = clock.now()
        planned = look(session, user, run_id, at=at, limits=limits)
        begun = sa.update(ImportRun).where(ImportRun.id == run_id).values(undone_at=at)
        session.execute(begun.values(undone=sa.func.coalesce(ImportRun.undone, 0)))
        detail = {"added": planned.added, "changed": planned.changed, "untouched": planned.touched}
        audit.record(session, "member.undo", user=user, subject=f"import:{run_id}", detail=detail, at=at)
    faultpoints.reach("roster.undo_begun")
    while True:
        with db.session_scope() as session:
            if not _step(session, run_id, user.id, at=clock.now()):
                return planned
        faultpoints.reach("roster.undo_step")


def _step(session: Session, run_id: int, user_id: int, *, at: datetime) -> int:
    """Some more people; how many, 0 where none is left. The order is by what came last."""
    moves.alone(session, at=at)
    query = (
        sa.select(ImportChange, _touched())
        .join(Member, Member.id == ImportChange.member_id)
        .where(ImportChange.run_id == run_id)
        .order_by(ImportChange.id.desc())
        .limit(_STEP)
    )
    taken = session.execute(query).all()
    back = [change for change, touched in taken if not touched]
    before = {one.member_id: json.loads(one.before) for one in back if one.before is not None}
    _restore(session, before, Why("撤销名册导入", user_id, clock.shanghai_day(at)), at=at)
    gone = [one.member_id for one in back if one.before is None]
    kept = [one.id for one, _ in taken]
    session.execute(sa.delete(ImportChange).where(ImportChange.id.in_(kept)))
    session.execute(sa.delete(MemberMove).where(MemberMove.member_id.in_(gone)))
    session.execute(sa.delete(Member).where(Member.id.in_(gone)))
    counted = sa.update(ImportRun).where(ImportRun.id == run_id)
    session.execute(counted.values(undone=sa.func.coalesce(ImportRun.undone, 0) + len(back), unwritten=0))
    return len(taken)


def _restore(session: Session, before: Mapping[int, dict[str, Any]], why: Why, *, at: datetime) -> None:
    for values in before.values():
        values["updated_at"] = datetime.fromisoformat(values["updated_at"])
        for column in _DATES:
            if values.get(column):
                values[column] = date.fromisoformat(values[column])
    moves.write(session, before, why, at=at)
