"""Marks of secrecy: the list of :mod:`content.secrecy`, with places."""

from __future__ import annotations

from collections.abc import Iterator

from content import secrecy
from content.proofing.findings import Found, Severity
from content.proofing.text import Text


def find(text: Text) -> Iterator[Found]:
    """Certain marks stop a submission, what may be one is for a person to say."""
    for line in text.lines:
        for mark, start, end in secrecy.places_in(line.text):
            yield Found(
                "secret" if mark.secret else "internal", Severity.BLOCK if mark.certain else Severity.CONFIRM, line.number,
                start, end, mark.reason, mark.suggestion,
            )  # fmt: skip
