"""What happened, for the inspector and for tests: the last thousands of calls and callbacks."""

from __future__ import annotations

import re
import threading
from collections import deque
from typing import Any

KEPT = 5000
SHOWN = 4000

_SECRET = re.compile(
    r'((?:access_token|refresh_token|secret|appsecret|session_key|ticket_secret)(?:=|" ?: ?"))'
    r'([^&"\s]+)'
)


def masked(text: str) -> str:
    """`text` without tokens and secrets, cut to what a person reads."""
    shown = text if len(text) <= SHOWN else text[:SHOWN] + "…"
    return _SECRET.sub(r"\1***", shown)


class Log:
    """A ring of entries with rising numbers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._rids: dict[str, dict[str, Any]] = {}
        self._seq = 0

    def add(self, kind: str, entry: dict[str, Any]) -> None:
        """Append; gives the entry its `seq` and `kind` (api or callback)."""
        with self._lock:
            self._seq += 1
            entry["seq"], entry["kind"] = self._seq, kind
            if len(self._entries) == KEPT:
                self._rids.pop(str(self._entries[0].get("rid", "")), None)
            self._entries.append(entry)
            if entry.get("rid"):
                self._rids[str(entry["rid"])] = entry

    def after(self, seq: int, kind: str = "", limit: int = 500) -> list[dict[str, Any]]:
        """Entries newer than `seq`, oldest first; the newest `limit` of them."""
        with self._lock:
            found = [e for e in self._entries if e["seq"] > seq and (not kind or e["kind"] == kind)]
        return found[-limit:]

    def by_rid(self, rid: str) -> dict[str, Any] | None:
        """The call that was answered with this rid."""
        with self._lock:
            return self._rids.get(rid)

    def last(self) -> int:
        """The newest number."""
        with self._lock:
            return self._seq

    def clear(self) -> None:
        """Forget all entries; the numbers go on."""
        with self._lock:
            self._entries.clear()
            self._rids.clear()
