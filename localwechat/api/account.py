"""Quotas, rids, addresses, the network check.

Source: https://developers.weixin.qq.com/doc/service/openApi/clear_quota.html
Source: https://developers.weixin.qq.com/doc/service/Basic_Information/Network_Detection.html
"""

from __future__ import annotations

import re
from typing import Any

from ..clock import day_of, month_of
from ..dispatch import ENDPOINTS, OK, Call, endpoint, limit_of
from ..errcodes import ApiError, refuse

CLEARINGS = 10
RID_S = 7 * 86400


def _clear(call: Call) -> dict[str, Any]:
    sandbox = call.sandbox
    month = month_of(sandbox.now())
    used = sandbox.store.get("clear_quota", {})
    refuse(int(used.get(month, 0)) >= CLEARINGS, 48006)
    sandbox.store.put("clear_quota", {month: int(used.get(month, 0)) + 1})
    # The mass quotas are no call quotas: they stay
    sandbox.store.run("DELETE FROM usage WHERE day = ? AND key LIKE '/%'", (day_of(sandbox.now()),))
    return OK


@endpoint("/cgi-bin/clear_quota")
def clear(call: Call) -> dict[str, Any]:
    """Set the day's counters to 0; ten times a month."""
    refuse(call.text("appid", 41002) != call.app_id, 40013)
    return _clear(call)


@endpoint("/cgi-bin/clear_quota/v2", token="")
def clear_by_secret(call: Call) -> dict[str, Any]:
    """The same without a token; fields in the body or in the query."""
    fields: dict[str, Any] = dict(call.query)
    if call.raw:
        try:
            fields |= call.body
        except ApiError:
            fields |= call.request.form.to_dict()
    account = call.sandbox.account
    refuse(not fields.get("appid"), 41002)
    refuse(fields["appid"] != account["app_id"], 40013)
    refuse(not fields.get("appsecret"), 41004)
    refuse(fields["appsecret"] != account["app_secret"], 40125)
    return _clear(call)


def _own_path(call: Call) -> str:
    path = call.text("cgi_path", 76003)
    refuse(not path.startswith("/"), 76003)
    refuse(path.startswith("/sns/"), 76022)
    found = ENDPOINTS.get(path)
    refuse(found is None, 76021)
    assert found is not None
    refuse(found.token == "mini", 76022)
    return found.quota


@endpoint("/cgi-bin/openapi/quota/get")
def quota(call: Call) -> dict[str, Any]:
    """What is left of a path's day."""
    path = _own_path(call)
    sandbox = call.sandbox
    limit = limit_of(sandbox, path)
    used = int(
        sandbox.store.value("SELECT used FROM usage WHERE day = ? AND key = ?", (day_of(sandbox.now()), path))
        or 0
    )
    return {
        **OK,
        "quota": {"daily_limit": limit, "used": used, "remain": max(0, limit - used)},
        "rate_limit": {"call_count": 1_000_000, "refresh_second": 300},
        "component_rate_limit": {"call_count": 0, "refresh_second": 0},
    }


@endpoint("/cgi-bin/openapi/quota/clear")
def clear_one(call: Call) -> dict[str, Any]:
    """One path's counter."""
    path = _own_path(call)
    call.sandbox.store.run("DELETE FROM usage WHERE day = ? AND key = ?", (day_of(call.sandbox.now()), path))
    return OK


@endpoint("/cgi-bin/openapi/rid/get")
def rid(call: Call) -> dict[str, Any]:
    """The call that was answered with this rid."""
    text = call.text("rid", 76002)
    refuse(not re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}", text), 76002)
    entry = call.sandbox.log.by_rid(text)
    if entry is None:
        raise ApiError(76001)
    refuse(entry["app_id"] not in ("", call.app_id), 76003)
    refuse(entry["at"] + RID_S < call.sandbox.now(), 76004)
    return {
        **OK,
        "request": {
            "invoke_time": int(entry["at"]),
            "cost_in_ms": int(entry["latency_ms"]),
            "request_url": entry["query"],
            "request_body": entry["body"],
            "response_body": entry["answer"],
            "client_ip": entry["ip"],
        },
    }


@endpoint("/cgi-bin/get_api_domain_ip", "GET")
def api_addresses(call: Call) -> dict[str, Any]:
    """The platform's addresses."""
    return {"ip_list": ["101.226.0.10", "101.226.0.11"]}


@endpoint("/cgi-bin/getcallbackip", "GET")
def callback_addresses(call: Call) -> dict[str, Any]:
    """The addresses that callbacks come from: here this machine's too."""
    return {"ip_list": ["101.226.103.0/25", "127.0.0.1"]}


@endpoint("/cgi-bin/callback/check")
def check_callback(call: Call) -> dict[str, Any]:
    """Whether the callback URL can be reached."""
    action, operator = call.body.get("action"), call.body.get("check_operator", "DEFAULT")
    refuse(action not in ("dns", "ping", "all"), 40202)
    refuse(operator not in ("CHINANET", "UNICOM", "CAP", "DEFAULT"), 40203)
    refuse(not call.sandbox.account["callback_url"], 40201)
    answer: dict[str, Any] = {}
    if action in ("dns", "all"):
        answer["dns"] = [{"ip": "127.0.0.1", "real_operator": "DEFAULT"}]
    if action in ("ping", "all"):
        answer["ping"] = [
            {"ip": "127.0.0.1", "from_operator": operator, "package_loss": "0%", "time": "0.079ms"}
        ]
    return answer
