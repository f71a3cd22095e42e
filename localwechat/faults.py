"""Faults by rule: what goes wrong, where, and how many times."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

API_KINDS = (
    "drop_before",
    "drop_after",
    "slow",
    "err",
    "http",
    "garbage",
    "expire_token",
    "truncate",
    "repeat",
)
CALLBACK_KINDS = ("triple", "reorder", "delay", "drop")
JOB_KINDS = ("never", "late", "twice", "early", "fail", "fail_silent", "err")
JOBS = ("mass", "publish", "template", "subscribe")
NEEDS_VALUE = ("slow", "err", "http", "delay", "late")


@dataclass(slots=True)
class Fault:
    """One rule. `where`: api, callback or job_finish; `count` uses are left (-1: for ever)."""

    where: str
    kind: str
    path: str
    value: float
    count: int
    until: float  # monotonic; 0: no end
    only: str = ""  # callback: only this MsgType or Event; job_finish: only jobs of this kind

    def wire(self) -> dict[str, Any]:
        """As it was set, with what is left of it."""
        number = int(self.value) if self.value == int(self.value) else self.value
        kind = f"{self.kind}:{number}" if self.kind in NEEDS_VALUE else self.kind
        if self.where == "api":
            return {"path": self.path, "kind": kind, "count": self.count}
        rule: dict[str, Any] = {self.where: kind, "count": self.count}
        if self.only:
            rule["only"] = self.only
        return rule


class Faults:
    """The rules that are in force; a rule that is used up disappears."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []

    def set(self, rules: list[dict[str, Any]]) -> None:
        """Replace all rules. Raises ValueError with the reason for one that is not known."""
        parsed = [_parse(rule) for rule in rules]
        with self._lock:
            self._rules = parsed

    def add(self, rules: list[dict[str, Any]]) -> None:
        """Add to the rules."""
        parsed = [_parse(rule) for rule in rules]
        with self._lock:
            self._rules += parsed

    def wire(self) -> list[dict[str, Any]]:
        """All rules with what is left of them."""
        with self._lock:
            return [rule.wire() for rule in self._rules]

    def take(self, where: str, subject: str = "") -> list[Fault]:
        """Use up and return the rules that apply: by path for the API, by kind for callbacks.

        Slowness may come together with another fault; of the others only the first applies.
        """
        taken: list[Fault] = []
        with self._lock:
            for rule in list(self._rules):
                if rule.until and time.monotonic() > rule.until:
                    self._rules.remove(rule)
                    continue
                if rule.where != where or not _matches(rule, subject):
                    continue
                if any(rule.kind == other.kind or "slow" not in (rule.kind, other.kind) for other in taken):
                    continue
                taken.append(rule)
                if rule.count > 0:
                    rule.count -= 1
                    if not rule.count:
                        self._rules.remove(rule)
        return taken


def _matches(rule: Fault, subject: str) -> bool:
    if rule.where == "api":
        if rule.path.endswith("*"):
            return subject.startswith(rule.path[:-1])
        return subject == rule.path
    return not rule.only or rule.only == subject


def _parse(rule: dict[str, Any]) -> Fault:
    if not isinstance(rule, dict):
        raise ValueError("a rule is an object")
    where = next((name for name in ("callback", "job_finish") if name in rule), "api")
    text = str(rule["kind" if where == "api" else where]) if ("kind" in rule or where != "api") else ""
    kind, _, value = text.partition(":")
    known = {"api": API_KINDS, "callback": CALLBACK_KINDS, "job_finish": JOB_KINDS}[where]
    if kind not in known:
        raise ValueError(f"unknown kind {text!r}; one of {', '.join(known)}")
    if kind in NEEDS_VALUE and not value:
        raise ValueError(f"{kind} needs a number: {kind}:N")
    if where == "api" and not rule.get("path"):
        raise ValueError("a rule for the API needs a path")
    if where == "job_finish" and rule.get("only", "mass") not in JOBS:
        raise ValueError(f"only is one of {', '.join(JOBS)}")
    seconds = float(rule.get("seconds") or 0)
    count = int(rule.get("count", -1 if seconds else 1))
    until = time.monotonic() + seconds if seconds else 0.0
    number = float(value) if value else 0.0
    return Fault(where, kind, str(rule.get("path", "")), number, count, until, str(rule.get("only", "")))
