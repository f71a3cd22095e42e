"""What else goes wrong while processes die: answers lost, late, doubled and refused, results that never come."""

from __future__ import annotations

from random import Random
from typing import Any

MASS = "/cgi-bin/message/mass/*"
SENDS = (
    MASS,
    "/cgi-bin/message/template/send",
    "/cgi-bin/message/custom/send",
    "/cgi-bin/message/subscribe/bizsend",
    "/cgi-bin/webhook/send",
    "/cgi-bin/freepublish/submit",
)
_BEFORE = (
    "/cgi-bin/draft/add",
    "/cgi-bin/material/add_material",
    "/cgi-bin/stable_token",
)
_LOST = ("drop_before", "drop_after", "truncate", "slow:2.5", "http:502", "garbage")
_TOKEN = ("err:40001", "expire_token")
_REFUSED = ("err:-1", *_TOKEN)
_MASS_ALONE = ("repeat", "repeat", "err:45066")
_JOBS = ("never", "late:20", "twice", "early")
_REPORTING = ("mass", "mass", "template", "template", "publish", "subscribe")
_CALLBACKS = ("triple", "reorder", "delay:1", "drop")
QUOTA = "err:45009"


def draw(rng: Random) -> dict[str, Any]:
    """One rule for the local WeChat. ``repeat`` lets its gateway call twice, of which the second hears 45065."""
    kind = rng.random()
    if kind < 0.55:
        path = rng.choice(SENDS)
        kinds = [*_LOST, *_REFUSED, *(_MASS_ALONE if path == MASS else ())]
        chosen = rng.choice(kinds)
        # A token that is refused twice in a row stops all calls for ten minutes, which is as long as a template's key is known.
        count = 1 if chosen in _TOKEN and rng.random() < 0.9 else rng.randint(1, 2)
        return {"path": path, "kind": chosen, "count": count}
    if kind < 0.65:
        return {"path": rng.choice(_BEFORE), "kind": rng.choice((*_LOST[:3], "err:-1")), "count": 1}
    if kind < 0.85:
        return {"job_finish": rng.choice(_JOBS), "count": 1, "only": rng.choice(_REPORTING)}
    if kind < 0.97:
        return {"callback": rng.choice(_CALLBACKS), "count": 1}
    return {"path": MASS, "kind": QUOTA, "count": 1}


def name_of(rule: dict[str, Any]) -> str:
    """How a ledger counts it."""
    if "path" in rule:
        return str(rule["kind"]).replace("slow:2.5", "time-out")
    where = "job_finish" if "job_finish" in rule else "callback"
    return f"{'result' if where == 'job_finish' else where} {rule[where]}"
