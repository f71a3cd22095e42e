"""Tokens, form and quotas."""

from __future__ import annotations

from localwechat.tests.error_cases.register import Answer, Case, case, quick, secret
from localwechat.tests.world import World

quick(40001, "a stranger's token", lambda w: w.api("/cgi-bin/tags/get", token="88_" + "a" * 60))
quick(40014, "a garbled token", lambda w: w.api("/cgi-bin/tags/get", token="x"))
quick(41001, "no token", lambda w: w.api("/cgi-bin/tags/get", token=""))
quick(40002, "wrong grant_type", lambda w: secret(w, grant_type="x"))
quick(40013, "wrong appid", lambda w: secret(w, appid="wx0000000000000000"))
quick(40125, "wrong secret", lambda w: secret(w, secret="0" * 32))
quick(41002, "no appid", lambda w: secret(w, appid=None))
quick(41004, "no secret", lambda w: secret(w, secret=None))
quick(43001, "POST where GET is needed", lambda w: w.api("/cgi-bin/tags/get", {}))
quick(43002, "GET where POST is needed", lambda w: w.api("/cgi-bin/tags/create"))
quick(40066, "a path that does not exist", lambda w: w.api("/cgi-bin/no/such/path", {}))
quick(44002, "an empty body", lambda w: w.api("/cgi-bin/tags/create", b"", method="POST"))
quick(47001, "a body that is no JSON", lambda w: w.api("/cgi-bin/tags/create", b"name=x"))
quick(41011, "a missing field", lambda w: w.api("/cgi-bin/tags/create", {}))
quick(40097, "a ticket of an unknown type", lambda w: w.api("/cgi-bin/ticket/getticket?type=x"))


@case(40243)
def a_frozen_secret(w: World) -> Answer:
    w.sandbox.settings(secret_frozen=True)
    return secret(w)


@case(42001)
def an_expired_token(w: World) -> Answer:
    token = w.sandbox.access_token()
    w.sandbox.settings(token_s=7200)
    w.sandbox.clock(at="2099-01-01T00:00:00+08:00")
    return w.api("/cgi-bin/tags/get", token=token)


@case(40164)
def a_caller_who_is_not_on_the_list(w: World) -> Answer:
    w.sandbox.settings(ip_whitelist=["203.0.113.0/24"])
    answer = secret(w)
    assert answer["errmsg"].startswith("invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist")
    return answer


@case(45009)
def a_day_that_is_used_up(w: World) -> Answer:
    w.sandbox.settings(limits={"/cgi-bin/tags/get": 2})
    assert [w.api("/cgi-bin/tags/get").get("errcode") for _ in range(2)] == [None, None]
    return w.api("/cgi-bin/tags/get")


@case(48001)
def a_right_that_the_account_lacks(w: World) -> Answer:
    w.sandbox.account(type="subscription")
    return w.send_list(w.sandbox.followers(2))


@case(48006)
def an_eleventh_clearing_of_the_month(w: World) -> Answer:
    body = {"appid": w.sandbox.config.app_id}
    assert [w.api("/cgi-bin/clear_quota", body)["errcode"] for _ in range(10)] == [0] * 10
    return w.api("/cgi-bin/clear_quota", body)


def path_quota(path: str) -> Case:
    return lambda w: w.api("/cgi-bin/openapi/quota/get", {"cgi_path": path})


quick(76021, "quota of an unknown path", path_quota("/cgi-bin/nothing"))
quick(76022, "quota of an sns path", path_quota("/sns/userinfo"))
quick(76003, "quota of a path without slash", path_quota("cgi-bin/tags/get"))
quick(76002, "a malformed rid", lambda w: w.api("/cgi-bin/openapi/rid/get", {"rid": "x"}))
quick(
    76001,
    "an unknown rid",
    lambda w: w.api("/cgi-bin/openapi/rid/get", {"rid": "0-0-0".replace("0", "0" * 8)}),
)


@case(76004)
def a_rid_of_last_month(w: World) -> Answer:
    rid = w.api("/cgi-bin/no/such")["errmsg"].rsplit(" ", 1)[1]
    w.sandbox.clock(at="2099-01-01T00:00:00+08:00")
    return w.api("/cgi-bin/openapi/rid/get", {"rid": rid})


def check_url(action: str, operator: str) -> Case:
    return lambda w: w.api("/cgi-bin/callback/check", {"action": action, "check_operator": operator})


quick(40201, "a network check without callback URL", check_url("all", "DEFAULT"))
quick(40202, "a network check of an unknown kind", check_url("x", "DEFAULT"))
quick(40203, "a network check by an unknown operator", check_url("all", "x"))
