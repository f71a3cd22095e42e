"""Where the calls are kept that the platform refuses, each with the code that it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localwechat.tests.world import World

Answer = dict[str, Any]
Case = Callable[[World], Answer]
CASES: list[tuple[int, str, Case]] = []
ROBOT = "/cgi-bin/webhook/send?key=11111111-2222-3333-4444-555555555555"


def case(code: int, name: str = "") -> Callable[[Case], Case]:
    """Register a call that is answered with `code`."""

    def register(make: Case) -> Case:
        CASES.append((code, name or make.__name__.strip("_"), make))
        return make

    return register


def quick(code: int, name: str, make: Case) -> None:
    """The same for an expression."""
    CASES.append((code, name, make))


def secret(w: World, **changes: Any) -> Answer:
    config = w.sandbox.config
    body = {"grant_type": "client_credential", "appid": config.app_id, "secret": config.app_secret}
    body = {k: v for k, v in (body | changes).items() if v is not None}
    return w.api("/cgi-bin/stable_token", body, token="")
