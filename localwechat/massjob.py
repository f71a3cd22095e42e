"""A mass job after its acceptance: delivery, the counts, the job-finish event."""

from __future__ import annotations

import json
from typing import Any

from .clock import day_of, month_of
from .errcodes import ApiError
from .habits import after_delivery
from .jobevents import deliver_now
from .people import head
from .platform import Sandbox
from .store import Row
from .work import job

SYSTEM_OPENID = "o" + "MpHelper".ljust(27, "A")
SPEED_PER_SECOND = {0: 13333, 1: 10000, 2: 7500, 3: 5000, 4: 1667}


def start_job(sandbox: Sandbox, msg_id: int, no_call: bool = False) -> None:
    """Let a job run; `no_call`: there is no answer of a call that its event could come before."""
    delay = float(sandbox.settings["mass_delivery_delay_s"])
    data: dict[str, Any] = {"msg_id": msg_id, "faults": []}
    for fault in sandbox.faults.take("job_finish", "mass"):
        if fault.kind == "early" and no_call:
            continue
        data["faults"].append([fault.kind, fault.value])
        if fault.kind == "early":
            delay += 3600  # `early_event` takes it before
    sandbox.schedule("mass_deliver", delay, data)


def answer_protection(sandbox: Sandbox, msg_id: int, answer: str) -> None:
    """The administrator confirms or refuses a send that waits for him.

    Raises ValueError where none waits.
    """
    with sandbox.unit():
        changed = sandbox.store.run(
            "UPDATE mass SET status = 'sending' WHERE msg_id = ? AND status = 'waiting'", (msg_id,)
        )
        if not changed:
            raise ValueError("no send with this msg_id waits for an answer")
        if answer == "confirm":
            start_job(sandbox, msg_id, no_call=True)
        else:
            _fail(sandbox, msg_id, "err(40001)")


@job("mass_silence")
def silence(sandbox: Sandbox, data: dict[str, Any]) -> None:
    """Thirty minutes without an answer of the administrator."""
    changed = sandbox.store.run(
        "UPDATE mass SET status = 'sending' WHERE msg_id = ? AND status = 'waiting'", (data["msg_id"],)
    )
    if changed:
        _fail(sandbox, data["msg_id"], "err(40002)")


def _fail(sandbox: Sandbox, msg_id: int, result: str, event: bool = True) -> None:
    sandbox.store.run("UPDATE mass SET status = 'failed', result = ? WHERE msg_id = ?", (result, msg_id))
    # A job that failed uses up nothing but a call: the day's send is given back
    way, created = sandbox.store.rows("SELECT way, created FROM mass WHERE msg_id = ?", (msg_id,))[0]
    keys = ("mass_day", "to_all" if way == "all" else "")
    sandbox.store.run(
        "UPDATE usage SET used = max(0, used - 1) WHERE day = ? AND key IN (?, ?)", (day_of(created), *keys)
    )
    if event:
        send_event(sandbox, msg_id)


def _audience(row: Row) -> tuple[str, list[Any]]:
    """SQL for the ids of the job's followers."""
    target = json.loads(row["target"])
    if target.get("all"):
        return "SELECT id FROM followers WHERE subscribed = 1", []
    if "tag_id" in target:
        return (
            (
                "SELECT f.id FROM follower_tags t JOIN followers f ON f.id = t.fid"
                " WHERE t.tag_id = ? AND f.subscribed = 1"
            ),
            [target["tag_id"]],
        )
    ids = ",".join(str(int(fid)) for fid in target["fids"])
    return f"SELECT id FROM followers WHERE id IN ({ids}) AND subscribed = 1", []


@job("mass_deliver")
def deliver(sandbox: Sandbox, data: dict[str, Any]) -> None:
    """Bring the message to everybody who has quota left and takes messages; count honestly."""
    msg_id = data["msg_id"]
    row = sandbox.store.row("SELECT * FROM mass WHERE msg_id = ? AND status = 'sending'", (msg_id,))
    if row is None:
        return
    kinds = dict(data["faults"])
    if "err" in kinds or "fail" in kinds or "fail_silent" in kinds:
        result = f"err({int(kinds['err'])})" if "err" in kinds else "send fail"
        sandbox.schedule(
            "mass_fail", 1.0, {"msg_id": msg_id, "result": result, "event": "fail_silent" not in kinds}
        )
        return
    store, now = sandbox.store, sandbox.now()
    total, month = _choose(sandbox, row), month_of(now)
    filtered = int(store.value("SELECT count(*) FROM reach"))
    rate = float(sandbox.settings["mass_error_rate"])
    if rate:
        losers = [(r[0],) for r in store.rows("SELECT id FROM reach") if sandbox.rng.random() < rate]
        store.db.executemany("DELETE FROM reach WHERE id = ?", losers)
    sent = int(store.value("SELECT count(*) FROM reach"))
    store.run(
        "INSERT INTO mass_ledger SELECT ?, id, 1 FROM reach WHERE true"
        " ON CONFLICT (month, fid) DO UPDATE SET n = n + 1",
        (month,),
    )
    client_id = json.loads(row["content"])["client_id"]
    store.run(
        "INSERT INTO feed (fid, way, kind, at, msg_id, client_id)"
        " SELECT id, 'in', 'mass', ?, ?, ? FROM reach ORDER BY id",
        (now, str(msg_id), client_id),
    )
    store.run(
        "UPDATE mass SET status = 'delivered', delivered = ?, total = ?, filtered = ?, sent = ?, errors = ?"
        " WHERE msg_id = ?",
        (now, total, filtered, sent, filtered - sent, msg_id),
    )
    sandbox.count_daily("sent", n=sent)
    if sandbox.habits:
        after_delivery(sandbox, row)
    _schedule_event(sandbox, msg_id, filtered, kinds)


def _choose(sandbox: Sandbox, row: Row) -> int:
    """Fill ``reach`` with those who can still be sent to; how many there are at all."""
    store = sandbox.store
    sql, values = _audience(row)
    store.run("CREATE TEMP TABLE IF NOT EXISTS reach (id INTEGER PRIMARY KEY)")
    store.run("DELETE FROM reach")
    total = int(json.loads(row["target"]).get("count") or 0) or int(
        store.value(f"SELECT count(*) FROM ({sql})", values)
    )
    month, most = month_of(sandbox.now()), int(sandbox.settings["mass_monthly_per_follower"])
    # 服务号: who had four this month is left out; a 公众号 has no quota per follower
    quota = ""
    if sandbox.account["type"] == "service":
        quota = " AND id NOT IN (SELECT fid FROM mass_ledger WHERE month = ? AND n >= ?)"
    store.run(
        "INSERT INTO reach SELECT id FROM followers WHERE refuses = 0 AND blacklisted = 0"
        f"{quota} AND id IN ({sql})",
        ([month, most] if quota else []) + values,
    )
    return total


def _schedule_event(sandbox: Sandbox, msg_id: int, audience: int, kinds: dict[str, float]) -> None:
    delay = sandbox.settings["job_finish_delay_s"]
    if delay is None:
        delay = audience / SPEED_PER_SECOND[sandbox.account["speed"]] + sandbox.rng.uniform(1, 60)
    data: dict[str, Any] = {"msg_id": msg_id, "event": "never" not in kinds and "early" not in kinds}
    sandbox.schedule("mass_finish", delay, data)
    if "late" in kinds:
        sandbox.store.run(
            "UPDATE jobs SET data = ? WHERE id = (SELECT max(id) FROM jobs)",
            (json.dumps({"msg_id": msg_id, "event": False}),),
        )
        sandbox.schedule("mass_event", delay + kinds["late"], {"msg_id": msg_id})
    if "twice" in kinds:
        sandbox.schedule("mass_event", delay + 1, {"msg_id": msg_id})


@job("mass_finish")
def finish(sandbox: Sandbox, data: dict[str, Any]) -> None:
    """The job is done."""
    sandbox.store.run(
        "UPDATE mass SET status = 'done', result = 'send success' WHERE msg_id = ? AND status = 'delivered'",
        (data["msg_id"],),
    )
    if data["event"]:
        send_event(sandbox, data["msg_id"])


@job("mass_fail")
def fail(sandbox: Sandbox, data: dict[str, Any]) -> None:
    """The job failed as a whole."""
    _fail(sandbox, data["msg_id"], data["result"], data["event"])


@job("mass_event")
def event_again(sandbox: Sandbox, data: dict[str, Any]) -> None:
    """A late or a second job-finish event."""
    send_event(sandbox, data["msg_id"])


def send_event(sandbox: Sandbox, msg_id: int) -> None:
    """MASSSENDJOBFINISH with what the job's row says."""
    push = event_of(sandbox, msg_id)
    sandbox.defer(lambda: sandbox.courier.post(push))


def event_of(sandbox: Sandbox, msg_id: int) -> dict[str, Any]:
    """The event's fields."""
    row = sandbox.store.row("SELECT * FROM mass WHERE msg_id = ?", (msg_id,))
    if row is None:
        raise ApiError(40059)
    failed = row["status"] == "failed"
    pages = (
        []
        if failed
        else sandbox.store.rows("SELECT idx, sn FROM pages WHERE mid = ? ORDER BY idx", (row["msg_data_id"],))
    )
    urls = [
        {
            "ArticleIdx": page["idx"],
            "ArticleUrl": sandbox.article_url(row["msg_data_id"], page["idx"], page["sn"]),
        }
        for page in pages
    ]
    push = head(sandbox, SYSTEM_OPENID, "event")
    push["Event"] = "MASSSENDJOBFINISH"
    push["MsgID"] = row["msg_id"]
    push["Status"] = row["result"] or "send success"
    push["TotalCount"] = 0 if failed else row["total"]
    push["FilterCount"] = 0 if failed else row["filtered"]
    push["SentCount"] = 0 if failed else row["sent"]
    push["ErrorCount"] = 0 if failed else row["errors"]
    push["CopyrightCheckResult"] = {"Count": 0, "ResultList": {}, "CheckState": 0}
    push["ArticleUrlResult"] = {"Count": len(urls), "ResultList": {"item": urls} if urls else {}}
    return push


def early_event(sandbox: Sandbox, msg_id: int) -> None:
    """Where a rule says so: the event arrives before the HTTP answer of the call does."""
    job_row = sandbox.store.row(
        "SELECT data FROM jobs WHERE kind = 'mass_deliver' AND data LIKE ?", (f'%"msg_id": {msg_id},%',)
    )
    faults = json.loads(job_row["data"])["faults"] if job_row else []
    if not any(kind == "early" for kind, _ in faults):
        return
    with sandbox.unit():
        sandbox.store.run(
            "DELETE FROM jobs WHERE kind = 'mass_deliver' AND data LIKE ?", (f'%"msg_id": {msg_id},%',)
        )
        deliver(sandbox, {"msg_id": msg_id, "faults": faults})
        push = event_of(sandbox, msg_id)
    deliver_now(sandbox, push)
