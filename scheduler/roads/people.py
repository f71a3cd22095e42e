"""Very many followers in little room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import overload

from scheduler.audience import Person


class People(Sequence[Person]):
    """Very many followers in little room: their openids, and of the few who muted something what it is."""

    def __init__(self, people: Iterable[Person] = ()) -> None:
        self.openids: list[str] = []
        self.muted: dict[str, str] = {}
        for person in people:
            self.add(person.openid, person.muted)

    def add(self, openid: str, muted: str = "") -> None:
        """One more."""
        self.openids.append(openid)
        if muted:
            self.muted[openid] = muted

    def __len__(self) -> int:
        return len(self.openids)

    @overload
    def __getitem__(self, index: int) -> Person: ...

    @overload
    def __getitem__(self, index: slice) -> list[Person]: ...

    def __getitem__(self, index: int | slice) -> Person | list[Person]:
        if isinstance(index, slice):
            return [Person(one, self.muted.get(one, "")) for one in self.openids[index]]
        one = self.openids[index]
        return Person(one, self.muted.get(one, ""))
