"""OAuth and the mini-program."""

from __future__ import annotations

from localwechat.tests.error_cases.register import Answer, case, quick, secret
from localwechat.tests.world import World, png


def sns(w: World, call: str, **query: str) -> Answer:
    config = w.sandbox.config
    fields = {"appid": config.app_id, "secret": config.app_secret} | query
    return w.api(f"/sns/{call}?" + "&".join(f"{k}={v}" for k, v in fields.items()), token="")


def exchange(w: World, code: str) -> Answer:
    return sns(w, "oauth2/access_token", code=code, grant_type="authorization_code")


def oauth_code(w: World, scope: str = "snsapi_base") -> str:
    (openid,) = w.sandbox.followers(1)
    return str(w.sandbox.control("codes", {"openid": openid, "scope": scope})["code"])


quick(40029, "an invented code", lambda w: exchange(w, "x"))
quick(41008, "no code", lambda w: exchange(w, ""))
quick(
    40030,
    "an invented refresh token",
    lambda w: sns(w, "oauth2/refresh_token", grant_type="refresh_token", refresh_token="x"),
)
quick(41003, "no refresh token", lambda w: sns(w, "oauth2/refresh_token", grant_type="refresh_token"))


@case(40163)
def a_code_used_twice(w: World) -> Answer:
    code = oauth_code(w)
    assert "openid" in exchange(w, code)
    return exchange(w, code)


@case(42003)
def a_code_of_yesterday(w: World) -> Answer:
    code = oauth_code(w)
    w.sandbox.clock(at="2099-01-01T00:00:00+08:00")
    return exchange(w, code)


@case(42002)
def a_refresh_token_of_last_year(w: World) -> Answer:
    token = exchange(w, oauth_code(w))["refresh_token"]
    w.sandbox.clock(at="2099-01-01T00:00:00+08:00")
    return sns(w, "oauth2/refresh_token", grant_type="refresh_token", refresh_token=token)


def mini_token(w: World) -> str:
    config = w.sandbox.config
    return str(secret(w, appid=config.mini_app_id, secret=config.mini_app_secret)["access_token"])


@case(87009)
def a_session_signature_that_is_wrong(w: World) -> Answer:
    (openid,) = w.sandbox.followers(1)
    config = w.sandbox.config
    code = w.sandbox.control("codes", {"openid": openid, "kind": "login"})["code"]
    answer = sns(
        w, "jscode2session", appid=config.mini_app_id, secret=config.mini_app_secret,
        grant_type="authorization_code", js_code=code,
    )  # fmt: skip
    return w.api(f"/wxa/checksession?openid={answer['openid']}&signature=0", token=mini_token(w))


@case(40226)
def a_risky_person_logs_in(w: World) -> Answer:
    (openid,) = w.sandbox.followers(1)
    w.sandbox.act(openid, "risky")
    config = w.sandbox.config
    code = w.sandbox.control("codes", {"openid": openid, "kind": "login"})["code"]
    return sns(
        w, "jscode2session", appid=config.mini_app_id, secret=config.mini_app_secret,
        grant_type="authorization_code", js_code=code,
    )  # fmt: skip


@case(87014)
def a_risky_picture(w: World) -> Answer:
    return w.sandbox.upload("/wxa/img_sec_check", png(), "risky.png", token=mini_token(w))
