"""What an editorial office has agreed on, said a second time: who may do what, which way leads where, how the trail calls it."""

from __future__ import annotations

Ways = frozenset[tuple[str, str]]


def _ways(text: str) -> Ways:
    """``"draft>in_review returned>in_review"`` as pairs."""
    return frozenset((one.partition(">")[0], one.partition(">")[2]) for one in text.split())


_WRITERS, _REVIEWERS, _ALL = ("admin", "editor"), ("admin", "reviewer"), ("admin", "editor", "reviewer")
RIGHT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("create", "edit", "restore", "submit", "withdraw", "archive", "bring_back", "queue", "unqueue", "move",
                     "push", "unschedule", "pause", "resume", "cancel", "postpone", "correct", "retract_ask", "amend_drop"),
                    _WRITERS),
    **dict.fromkeys(("approve", "return", "revoke", "release", "release_drop", "countersign", "retract", "lend", "lend_end"),
                    _REVIEWERS),
    "let_go": _ALL,
    **dict.fromkeys(("settle", "disable", "role"), ("admin",)),
}  # fmt: skip
"""Roles, by what is done."""

OWN: dict[str, Ways] = {
    "create": _ways(""),
    "edit": _ways("in_review>draft approved>draft"),
    "restore": _ways("in_review>draft approved>draft"),
    "submit": _ways("draft>in_review returned>in_review"),
    "withdraw": _ways("in_review>draft"),
    "approve": _ways("in_review>approved in_review>archived"),
    "return": _ways("in_review>returned"),
    "revoke": _ways("approved>returned"),
    "release": _ways("in_review>approved in_review>archived"),
    "release_drop": _ways(""),
    "countersign": _ways(""),
    "queue": _ways("approved>queued"),
    "unqueue": _ways("queued>approved"),
    "move": _ways(""),
    "push": _ways("approved>planned queued>planned"),
    "unschedule": _ways("planned>approved"),
    "archive": _ways("draft>archived returned>archived approved>archived published>archived corrected>archived"),
    "bring_back": _ways("archived>draft archived>published archived>corrected"),
    "correct": _ways(""),
    "retract_ask": _ways(""),
    "retract": _ways("publishing>retracted published>retracted corrected>retracted"),
    "amend_drop": _ways(""),
    **dict.fromkeys(("pause", "resume", "let_go", "postpone", "cancel"), _ways("")),
    **dict.fromkeys(("settle", "disable", "role", "lend", "lend_end"), _ways("")),
}  # fmt: skip
"""From where to where an article goes by what a person does with it."""

_MENDED = "published>corrected corrected>corrected"
BESIDE: dict[str, Ways] = {
    "approve": _ways(_MENDED),
    "release": _ways(_MENDED),
    "push": _ways("approved>planned queued>planned"),
    "cancel": _ways("planned>approved publishing>approved publishing>planned"),
    "amend_drop": _ways("draft>archived returned>archived in_review>archived approved>archived"),
}
"""The same of the other articles that it concerns."""

MACHINE = frozenset(
    (one, other)
    for one in ("approved", "queued", "planned", "publishing")
    for other in ("approved", "planned", "publishing", "published")
)
"""What the machine may do by itself; it may take several steps in one turn."""

OFFERED = ("published", "corrected", "retracted", "archived")
"""Where an article may stand that readers have had."""

WAITING = ("scheduled", "held", "paused", "missed", "sending", "awaiting_result")
"""States of a push that has not ended."""

CARRIED = ("planned", "publishing", "published", "corrected", "retracted")
"""Where an article may stand that such a push carries."""

WORDS: dict[str, frozenset[str]] = {
    "create": frozenset({"article.create"}), "edit": frozenset({"article.save"}), "restore": frozenset({"article.save"}),
    "release": frozenset({"article.release", "article.release.ask"}), "release_drop": frozenset({"article.release.drop"}),
    "move": frozenset({"article.queue"}), "push": frozenset({"push.create"}), "let_go": frozenset({"push.release"}),
    "postpone": frozenset({"push.reschedule"}), "correct": frozenset({"article.correct.begin"}),
    "retract_ask": frozenset({"article.retract.ask"}), "amend_drop": frozenset({"article.correct.drop"}),
    "lend": frozenset({"handover.make"}), "lend_end": frozenset({"handover.end"}), "settle": frozenset({"column.review"}),
    "disable": frozenset({"user.change"}), "role": frozenset({"user.change"}), "revoke": frozenset({"article.return"}),
    **{one: frozenset({f"article.{one}"}) for one in (
        "submit", "withdraw", "approve", "return", "countersign", "queue", "unqueue", "unschedule", "archive", "bring_back",
        "retract")},
    **{one: frozenset({f"push.{one}"}) for one in ("pause", "resume", "cancel")},
}  # fmt: skip
"""What the trail may call it, once."""

BESIDE_IT = {
    "approve": {"article.correct"}, "release": {"article.correct"}, "correct": {"article.create"}, "unschedule": {"push.cancel"},
}  # fmt: skip
"""What else the trail may say of it: what follows from it has an entry of its own."""

FIRST_WORD = ("settle", "disable", "move")
"""What may be told without a change: it was so before."""

__all__ = [
    "BESIDE",
    "BESIDE_IT",
    "CARRIED",
    "FIRST_WORD",
    "MACHINE",
    "OFFERED",
    "OWN",
    "RIGHT",
    "WAITING",
    "WORDS",
]
