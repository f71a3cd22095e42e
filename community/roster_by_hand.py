"""Whom an import would put elsewhere: who left comes back, who is in another branch than the file has them changes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community.faults import Fault
from community.roster_columns import COLUMNS
from models import Branch, MemberMove

_NAMED = 5
"""So many rows of the file are named for each cause."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody on the roster who would change branch, by the file's ``row``; ``origin`` and ``target`` are read by people."""

    row: int
    name: str
    origin: str
    target: str


class ByHand:
    """Known members as the file's rows meet them, counted by cause; ``moved`` are those who change branch."""

    def __init__(self, session: Session, branches: Mapping[int, Branch]) -> None:
        self._branches = branches
        latest = sa.select(sa.func.max(MemberMove.id)).group_by(MemberMove.member_id)
        query = sa.select(MemberMove.member_id, MemberMove.moved_on)
        query = query.where(MemberMove.id.in_(latest), MemberMove.transfer_id.is_not(None))
        self._transferred = {one.member_id: one.moved_on for one in session.execute(query)}
        self._back: list[int] = []
        self._moved: defaultdict[tuple[int, int, date | None], list[int]] = defaultdict(list)
        self.moved: list[Moved] = []

    def meet(self, row: int, name: str, member_id: int, present: int, wanted: int, *, active: bool) -> None:
        """A row of the file for this member, who is in the branch ``present`` and would be in ``wanted``."""
        if not active:
            self._back.append(row)
        elif present != wanted:
            self._moved[present, wanted, self._transferred.get(member_id)].append(row)
            self.moved.append(Moved(row, name, self._label(present), self._label(wanted)))

    def warnings(self) -> list[Fault]:
        """One remark for each cause, about the whole sheet."""
        found = []
        if self._back:
            reason = f"{_people(self._back)}曾移出名册，将恢复在册，如不应恢复请先从文件中删去"
            found.append(Fault(0, COLUMNS["name"][0], reason))
        for (present, wanted, on), rows in self._moved.items():
            way = f"从“{self._label(present)}”转到“{self._label(wanted)}”"
            reason = (
                f"{_people(rows)}将{way}（{on:%Y-%m-%d} 由人工转移），如不应转回请先修改文件中的党支部"
                if on
                else f"{_people(rows)}将{way}，如不应改变请先修改文件中的党支部"
            )
            found.append(Fault(0, COLUMNS["branch"][0], reason))
        return found

    def _label(self, branch_id: int) -> str:
        branch = self._branches.get(branch_id)
        return branch.label if branch else "已停用的党支部"


def _people(rows: list[int]) -> str:
    named = "、".join(map(str, rows[:_NAMED])) + (" …" if len(rows) > _NAMED else "")
    return f"有 {len(rows):,} 人（第 {named} 行）"
