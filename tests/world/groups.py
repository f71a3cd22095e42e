"""群 of branches, their robots at the local WeChat, and what these have said there."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from sqlalchemy.orm import Session

from ground import clock
from localwechat.testing import SandboxControl
from models import Branch, ChatGroup, GroupKind
from tests.world import accounts

MARK = re.compile(r"[?&]f=([0-9a-z]+)-([a-z]+)-([0-9a-z]+)-[0-9a-f]{12}")


def new_key() -> str:
    """The key of a robot that nobody has."""
    made = secrets.token_hex(16)
    return "-".join((made[:8], made[8:12], made[12:16], made[16:20], made[20:]))


def group(
    session: Session,
    branch: Branch | None,
    name: str = "学习群",
    *,
    robot: str = "",
    forwarder: int | None = None,
) -> ChatGroup:
    """A group of a branch; with a robot's key it is one of WeCom."""
    kind = GroupKind.WECOM if robot else GroupKind.WECHAT
    made = ChatGroup(
        branch_id=branch.id if branch else None, name=name, kind=kind.value, robot=robot or None,
        robot_hint=robot[-4:], forwarder_id=forwarder, created_by=accounts.someone(session).id, created_at=clock.now(),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def robot(sandbox: SandboxControl, name: str = "学习群") -> str:
    """A group of WeCom at the local WeChat in which a robot may speak; its key."""
    key = new_key()
    sandbox.control("robots", {"key": key, "name": name})
    return key


def said(sandbox: SandboxControl, key: str) -> list[dict[str, Any]]:
    """What stands in the group of this robot, the first first."""
    (ident,) = [one["id"] for one in sandbox.control("robots") if one["robot"] == key]
    found = json.loads(sandbox.request("GET", f"/phone/api/groups/{ident}/chat")[1])["messages"]
    assert isinstance(found, list)
    return found


def pushes_in(messages: list[dict[str, Any]]) -> list[int]:
    """Which pushes these messages came from, by the marks in their links: each message's once."""
    found = []
    for message in messages:
        marks = {mark[1] for mark in MARK.finditer(json.dumps(message))}
        found += [int(one, 36) for one in marks]
    return found
