"""What followers do by themselves: simple, seeded habits after a mass message."""

from __future__ import annotations

import json
from typing import Any

from .clock import day_of
from .people import act_later
from .platform import Sandbox
from .store import Row
from .work import job

# Shares of those who received; delays in seconds of the sandbox's clock
DEFAULTS: dict[str, Any] = {
    "read": 0.0,
    "reply": 0.0,
    "texts": ["收到", "谢谢", "学习了"],
    "checkin": 0.0,
    "checkin_text": "签到",
    "unfollow": 0.0,
    "follow": 0.0,  # new people, one for each of this share: somebody was sent the article and follows
    "block": 0.0,
    "within_s": 1800,
}


def checked(habits: dict[str, Any]) -> dict[str, Any]:
    """Complete habits. Raises ValueError for a name or a share that cannot be."""
    for name, value in habits.items():
        if name not in DEFAULTS:
            raise ValueError(f"unknown habit {name!r}")
        default = DEFAULTS[name]
        if isinstance(default, float) and not 0 <= value <= 1:
            raise ValueError(f"{name} is a share between 0 and 1")
        if not isinstance(value, int | float if isinstance(default, int | float) else type(default)):
            raise ValueError(f"{name} has the wrong type")
    return {**DEFAULTS, **habits} if habits else {}


def after_delivery(sandbox: Sandbox, row: Row) -> None:
    """Let those who were reached (temporary table `reach`) do what they are wont to do."""
    habits, rng = sandbox.habits, sandbox.rng
    pages = sandbox.store.rows("SELECT idx FROM pages WHERE mid = ?", (row["msg_data_id"],))
    people = [r[0] for r in sandbox.store.rows("SELECT id FROM reach ORDER BY id")]
    reads: list[tuple[Any, ...]] = []
    jobs: list[tuple[Any, ...]] = []
    now, day = sandbox.now(), day_of(sandbox.now())
    for fid in people:
        if pages and rng.random() < habits["read"]:
            acts = "".join(
                letter for letter, share in (("s", 0.05), ("l", 0.07), ("f", 0.01)) if rng.random() < share
            )
            reads.append((fid, row["msg_data_id"], pages[0]["idx"], day, "公众号消息", acts))
        for kind in ("reply", "checkin", "unfollow", "block", "follow"):
            if rng.random() < habits[kind]:
                text = habits["checkin_text"] if kind == "checkin" else rng.choice(habits["texts"])
                due = now + rng.uniform(1, habits["within_s"])
                jobs.append(
                    (due, "habit", json.dumps({"fid": fid, "do": kind, "text": text}, ensure_ascii=False))
                )
    sandbox.store.db.executemany("INSERT OR IGNORE INTO reads VALUES (?, ?, ?, ?, ?, ?)", reads)
    sandbox.store.db.executemany("INSERT INTO jobs (due, kind, data) VALUES (?, ?, ?)", jobs)
    sandbox.defer(sandbox.poke)


@job("habit")
def follow_habit(sandbox: Sandbox, data: dict[str, Any]) -> None:
    """One thing that one follower does, or a friend of theirs."""
    if data["do"] == "follow":
        (openid,) = sandbox.add_followers(1, subscribed=False)
        act_later(sandbox, openid, {"Event": "subscribe", "EventKey": ""})
        return
    row = sandbox.store.row("SELECT * FROM followers WHERE id = ?", (data["fid"],))
    if row is None or not row["subscribed"]:
        return
    if data["do"] == "block":
        sandbox.store.run("UPDATE followers SET refuses = 1 WHERE id = ?", (row["id"],))
    elif data["do"] == "unfollow":
        act_later(sandbox, row["openid"], {"Event": "unsubscribe", "EventKey": ""})
    else:
        act_later(sandbox, row["openid"], {"MsgType": "text", "Content": data["text"]})
