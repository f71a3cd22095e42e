"""Lives: the states of a thing, the words for them, and the steps from one to another. Pure: no table, no person.

Each thing with a status has one :class:`Life`, in the room that owns it. It says which steps there are and what each needs, and
holds the one table of words; services ask it and :mod:`database.moving` writes what it allows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from ground.errors import Conflict

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True)
class Step(Generic[S]):
    """One way to get on.

    ``name`` is the action as the audit trail knows it (``article.submit``), or who does it where no person decides
    (``slot.take``). ``label`` is the Chinese word of the button or the event. ``to`` None: the state stays, other things change.
    ``right`` is the action of :data:`accounts.rights.RIGHTS` that a person needs; None: the system's own, or the follower's.
    ``needs`` says in English what it takes besides. ``refusal`` is what is said where the state does not allow it; ``{label}`` in
    it stands for the state's word.
    """

    name: str
    label: str
    sources: frozenset[S]
    to: S | None
    right: str | None = None
    needs: str = ""
    refusal: str = ""


class Life(Generic[S]):
    """All states of one kind of thing with their words, and all steps between them.

    ``later``: states whose steps are not built yet; the database and the words know them already. Raises :class:`ValueError` for
    a table that does not hold together: a state without a word, an unknown state, two steps of one name, a state that no step
    leads to (but the first, in which a thing begins, and those of ``later``, to which none may lead).
    """

    def __init__(
        self,
        states: type[S],
        *,
        noun: str,
        labels: Mapping[S, str],
        steps: Iterable[Step[S]],
        later: Collection[S] = (),
    ) -> None:
        self.states = states
        self.noun = noun
        self.labels: dict[S, str] = {state: labels[state] for state in states if state in labels}
        self.steps: dict[str, Step[S]] = {}
        for step in steps:
            if step.name in self.steps:
                raise ValueError(f"{noun}: two steps are called {step.name}")
            self.steps[step.name] = step
        self.later = frozenset(later)
        self._check(labels)

    def _check(self, labels: Mapping[S, str]) -> None:
        known = set(self.states)
        if nameless := known - {state for state, word in labels.items() if word}:
            raise ValueError(f"{self.noun}: no word for {sorted(nameless)}")
        reached = {step.to for step in self.steps.values() if step.to is not None}
        named = reached.union(labels, self.later, *(step.sources for step in self.steps.values()))
        if strange := [state for state in named if not isinstance(state, self.states)]:
            raise ValueError(f"{self.noun}: unknown states {sorted(map(str, strange))}")
        if lost := known - reached - self.later - {next(iter(self.states))}:
            raise ValueError(f"{self.noun}: no step leads to {sorted(lost)}")
        if early := reached & self.later:
            raise ValueError(f"{self.noun}: a step leads to {sorted(early)}, which is not of later")
        if endless := [step.name for step in self.steps.values() if not step.sources]:
            raise ValueError(f"{self.noun}: {endless} start nowhere")

    def label(self, state: S | str) -> str:
        """The Chinese word of a state. Raises :class:`ValueError` for one that there is not."""
        return self.labels[self.states(state)]

    def step(self, name: str) -> Step[S]:
        """The step of this name; :class:`KeyError` for one that there is not (a mistake of ours)."""
        return self.steps[name]

    def allows(self, name: str, state: S | str) -> bool:
        """Whether the step may be taken from this state."""
        return self.states(state) in self.steps[name].sources

    def require(self, name: str, state: S | str, *, label: str = "") -> Step[S]:
        """The step, where this state allows it.

        ``label`` is how the state is called where that says more than its plain word. Raises :class:`Conflict`.
        """
        step = self.steps[name]
        if self.states(state) in step.sources:
            return step
        label = label or self.label(state)
        if step.refusal:
            raise Conflict(step.refusal.format(label=label), step=name)
        raise Conflict(f"{self.noun}当前为“{label}”，不能{step.label}", step=name)


__all__ = ["Life", "Step"]
