"""The events by which the platform tells that a job is over, as the fault rules want them."""

from __future__ import annotations

import time
from typing import Any

from .platform import Sandbox
from .work import job


def rules_for(sandbox: Sandbox, subject: str) -> dict[str, float]:
    """Use up the `job_finish` rules for the next job (mass, publish, template or subscribe): kind → number."""
    return {fault.kind: fault.value for fault in sandbox.faults.take("job_finish", subject)}


def announce(sandbox: Sandbox, push: dict[str, Any], rules: dict[str, float]) -> None:
    """Send a job's event: once, never, late or twice."""
    if "never" in rules or "early" in rules or "fail_silent" in rules:
        return
    if "late" in rules:
        sandbox.schedule("job_event", rules["late"], {"push": push})
    else:
        sandbox.defer(lambda: sandbox.courier.post(push))
    if "twice" in rules:
        sandbox.schedule("job_event", rules.get("late", 0) + 1, {"push": push})


@job("job_event")
def late(sandbox: Sandbox, data: dict[str, Any]) -> None:
    """A late or a second event."""
    push = {**data["push"], "CreateTime": int(sandbox.now())}
    sandbox.defer(lambda: sandbox.courier.post(push))


def deliver_now(sandbox: Sandbox, push: dict[str, Any]) -> None:
    """Send an event and wait until it has been answered, at most 5 s: so it comes before the call's answer."""
    end = time.monotonic() + 5
    seen: list[bool] = []
    sandbox.courier.post(push, lambda outcome: seen.append(True))
    while not seen and time.monotonic() < end:
        time.sleep(0.01)
