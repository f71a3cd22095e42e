"""Templates, notices and customer service."""

from __future__ import annotations

from localwechat.tests.error_cases.register import Answer, Case, case, quick
from localwechat.tests.world import World

quick(40037, "an unknown template", lambda w: w.template(w.sandbox.followers(1)[0], template_id="x"))
quick(
    47003,
    "a value that is too long",
    lambda w: w.template(w.sandbox.followers(1)[0], data={"thing1": {"value": "长" * 21}}),
)
quick(
    40165,
    "path instead of pagepath",
    lambda w: w.template(
        w.sandbox.followers(1)[0], miniprogram={"appid": w.sandbox.config.mini_app_id, "path": "a"}
    ),
)
quick(
    40166,
    "a mini-program that is not linked to the account",
    lambda w: w.template(w.sandbox.followers(1)[0], miniprogram={"appid": "wx1"}),
)
quick(
    40246,
    "an unknown keyword",
    lambda w: w.api(
        "/cgi-bin/template/api_add_template", {"template_id_short": "43001", "keyword_name_list": ["x"]}
    ),
)
quick(43101, "a notice without consent", lambda w: w.notice(w.sandbox.followers(1)[0]))
quick(
    200014,
    "an unknown public template",
    lambda w: w.api("/wxaapi/newtmpl/addtemplate", {"tid": 1, "kidList": [1, 2]}),
)
quick(
    200020, "too few keywords", lambda w: w.api("/wxaapi/newtmpl/addtemplate", {"tid": 5201, "kidList": [1]})
)
quick(
    200021,
    "a scene of 16 characters",
    lambda w: w.api("/wxaapi/newtmpl/addtemplate", {"tid": 5201, "kidList": [1, 2], "sceneDesc": "景" * 16}),
)
quick(
    45109,
    "the withdrawn uniform message",
    lambda w: w.api("/cgi-bin/message/wxopen/template/uniform_send", {}),
)
quick(45015, "a message without window", lambda w: w.custom(w.sandbox.followers(1)[0]))
quick(
    45072,
    "an unknown typing command",
    lambda w: w.api("/cgi-bin/message/custom/typing", {"touser": w.sandbox.followers(1)[0], "command": "x"}),
)
quick(
    45080,
    "typing without conversation",
    lambda w: w.api(
        "/cgi-bin/message/custom/typing", {"touser": w.sandbox.followers(1)[0], "command": "Typing"}
    ),
)


@case(43004)
def a_template_to_someone_who_left(w: World) -> Answer:
    (openid,) = w.sandbox.followers(1)
    w.sandbox.act(openid, "unfollow")
    return w.template(openid)


@case(43116)
def a_banned_template(w: World) -> Answer:
    w.sandbox.control("templates", {"template_id": "BANNED", "content": "{{thing1.DATA}}", "banned": True})
    return w.template(w.sandbox.followers(1)[0], template_id="BANNED")


@case(40241)
def a_template_that_was_sent_just_now(w: World) -> Answer:
    w.sandbox.settings(template_repeat_code=40241)
    (openid,) = w.sandbox.followers(1)
    w.template(openid, client_msg_id="a")
    return w.template(openid, client_msg_id="a")


@case(45026)
def a_twenty_sixth_template(w: World) -> Answer:
    body = {"template_id_short": "43001", "keyword_name_list": ["活动名称"]}
    for _ in range(23):
        w.api("/cgi-bin/template/api_add_template", body)
    return w.api("/cgi-bin/template/api_add_template", body)


@case(45168)
def a_notice_with_a_forbidden_word(w: World) -> Answer:
    (openid,) = w.sandbox.followers(1)
    w.sandbox.act(openid, "consent", template_id="SANDBOX_NOTICE_ACTIVITY")
    data = {"thing1": "违禁内容测试", "time2": "14:30", "thing3": "会议室"}
    return w.notice(openid, data={k: {"value": v} for k, v in data.items()})


def written(w: World) -> str:
    (openid,) = w.sandbox.followers(1)
    w.sandbox.say(openid, "您好")
    return openid


@case(45047)
def a_sixth_message_in_the_window(w: World) -> Answer:
    openid = written(w)
    assert [w.custom(openid)["errcode"] for _ in range(5)] == [0] * 5
    return w.custom(openid)


@case(48002)
def a_message_to_someone_who_refuses(w: World) -> Answer:
    openid = written(w)
    w.sandbox.act(openid, "refuse")
    return w.custom(openid)


@case(45081)
def typing_twice(w: World) -> Answer:
    body = {"touser": written(w), "command": "Typing"}
    assert w.api("/cgi-bin/message/custom/typing", body)["errcode"] == 0
    return w.api("/cgi-bin/message/custom/typing", body)


quick(
    45098, "a msgmenu without items", lambda w: w.custom(written(w), msgtype="msgmenu", msgmenu={"list": []})
)
quick(
    45099,
    "a msgmenu item without text",
    lambda w: w.custom(written(w), msgtype="msgmenu", msgmenu={"list": [{"id": "1"}]}),
)


def agent(account: str, name: str = "小王") -> Case:
    return lambda w: w.api("/customservice/kfaccount/add", {"kf_account": account, "nickname": name})


quick(61451, "a nickname of 17 characters", agent("a@x", "王" * 17))
quick(61452, "an unknown agent", lambda w: w.api("/customservice/kfaccount/update", {"kf_account": "a@x"}))
quick(61454, "an agent of 11 characters", agent("abcdefghijk@x"))
quick(61455, "an agent without @", agent("abc"))


@case(61453)
def an_agent_who_exists(w: World) -> Answer:
    agent("a@x")(w)
    return agent("a@x")(w)


@case(61456)
def a_hundred_and_first_agent(w: World) -> Answer:
    for number in range(100):
        agent(f"a{number}@x")(w)
    return agent("b@x")(w)
