"""The entries of the lexicon, as the engine takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from content.proofing.findings import Severity


class EntryKind(StrEnum):
    """What an entry is."""

    WRONG = "wrong"
    PHRASE = "phrase"
    PERSON = "person"
    PLACE = "place"
    EXCEPTION = "exception"


KIND_NAMES: Mapping[str, str] = {
    EntryKind.WRONG: "易错敏感词",
    EntryKind.PHRASE: "固定提法",
    EntryKind.PERSON: "领导职务",
    EntryKind.PLACE: "实际地名",
    EntryKind.EXCEPTION: "例外",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry.

    ``text`` is the wrong wording, the right phrase, a person's name, a real place, or what is let pass. ``suggestion`` is what
    to write instead, for a person the titles (several by 、). ``unless``: words of which ``text`` may be a part. ``order``: the
    person's rank in lists, from 1; 0 for none. ``until``: the last day of an exception.
    """

    kind: EntryKind
    text: str
    suggestion: str = ""
    reason: str = ""
    severity: Severity = Severity.CONFIRM
    unless: tuple[str, ...] = ()
    order: int = 0
    until: date | None = None
