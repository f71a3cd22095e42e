"""Access tokens, plain and stable, and the JS-SDK ticket.

Source: https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
"""

from __future__ import annotations

from typing import Any

from ..clock import day_of
from ..dispatch import Call, endpoint, per_minute, use_quota
from ..errcodes import ApiError, refuse

NEVER = 1e12  # a token that nothing voids


def _check_account(call: Call, app_id: object, secret: object) -> str:
    """The appid when it and its secret are right. Raises 40013, 40125, 40243, 41002, 41004."""
    account = call.sandbox.account
    refuse(not app_id, 41002)
    refuse(not secret, 41004)
    secrets = {
        account["app_id"]: account["app_secret"],
        account["mini_app_id"]: account["mini_app_secret"],
    }
    refuse(app_id not in secrets, 40013)
    refuse(call.sandbox.settings["secret_frozen"], 40243)
    refuse(secrets[app_id] != secret, 40125)
    return str(app_id)


def _new_token(call: Call, app_id: str, kind: str) -> dict[str, Any]:
    sandbox = call.sandbox
    now, lasts = sandbox.now(), float(sandbox.settings["token_s"])
    text = "88_" + sandbox.random_text(133)
    sandbox.store.run(
        "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?)",
        (text, app_id, kind, now, now + lasts, NEVER),
    )
    sandbox.store.run("DELETE FROM tokens WHERE expires < ?", (now - 86400,))
    return {"access_token": text, "expires_in": int(lasts)}


@endpoint("/cgi-bin/token", "GET", token="")
def plain_token(call: Call) -> dict[str, Any]:
    """A new token each time; the former stays good for five more minutes."""
    refuse(call.query.get("grant_type") != "client_credential", 40002)
    app_id = _check_account(call, call.query.get("appid"), call.query.get("secret"))
    sandbox = call.sandbox
    use_quota(sandbox, call.path if app_id == sandbox.account["app_id"] else f"{call.path}:{app_id}")
    sandbox.store.run(
        "UPDATE tokens SET void_at = min(void_at, ?) WHERE app_id = ? AND kind = 'plain'",
        (sandbox.now() + sandbox.settings["token_overlap_s"], app_id),
    )
    return _new_token(call, app_id, "plain")


@endpoint("/cgi-bin/stable_token", token="")
def stable_token(call: Call) -> dict[str, Any]:
    """The same token until its last five minutes; `force_refresh` voids it at once."""
    body = call.body
    refuse(body.get("grant_type") != "client_credential", 40002)
    app_id = _check_account(call, body.get("appid"), body.get("secret"))
    force = body.get("force_refresh", False)
    refuse(not isinstance(force, bool), 47001)
    sandbox, settings = call.sandbox, call.sandbox.settings
    per_minute(sandbox, f"stable_token:{app_id}", 10_000)
    use_quota(sandbox, call.path if app_id == sandbox.account["app_id"] else f"{call.path}:{app_id}")
    now = sandbox.now()
    current = sandbox.store.row(
        "SELECT * FROM tokens WHERE app_id = ? AND kind = 'stable' AND void_at > ? AND expires > ?"
        " AND issued <= ?"
        " ORDER BY expires DESC LIMIT 1",
        (app_id, now, now, now),
    )
    if force:
        last = float(sandbox.store.get(f"forced:{app_id}", 0))
        if current and 0 <= now - last < settings["force_refresh_gap_s"]:
            return {
                "access_token": current["token"],
                "expires_in": int(current["expires"] - now),
            }
        _count_forced(call, app_id)
        sandbox.store.put(f"forced:{app_id}", now)
        sandbox.store.run(
            "UPDATE tokens SET void_at = min(void_at, ?) WHERE app_id = ? AND kind = 'stable'", (now, app_id)
        )
        return _new_token(call, app_id, "stable")
    if current and current["expires"] - now > settings["token_overlap_s"]:
        return {"access_token": current["token"], "expires_in": int(current["expires"] - now)}
    return _new_token(call, app_id, "stable")


def _count_forced(call: Call, app_id: str) -> None:
    sandbox = call.sandbox
    key = f"force_refresh:{app_id}"
    day = day_of(sandbox.now())
    used = int(sandbox.store.value("SELECT used FROM usage WHERE day = ? AND key = ?", (day, key)) or 0)
    if used >= sandbox.settings["force_refresh_per_day"]:
        raise ApiError(45009)
    sandbox.store.run(
        "INSERT INTO usage VALUES (?, ?, 1) ON CONFLICT (day, key) DO UPDATE SET used = used + 1", (day, key)
    )


@endpoint("/cgi-bin/ticket/getticket", "GET", right="ticket")
def ticket(call: Call) -> dict[str, Any]:
    """The JS-SDK ticket, the same one for two hours."""
    refuse(call.query.get("type") not in ("jsapi", "wx_card"), 40097)
    sandbox, now = call.sandbox, call.sandbox.now()
    kept = sandbox.store.get("ticket")
    if not kept or kept["expires"] - now < 300 or kept["expires"] - now > 7200:
        kept = {"ticket": "kgt8ON7y" + sandbox.random_text(70), "expires": now + 7200}
        sandbox.store.put("ticket", kept)
    return {
        "errcode": 0,
        "errmsg": "ok",
        "ticket": kept["ticket"],
        "expires_in": int(kept["expires"] - now),
    }
