"""Statistics and comments."""

from __future__ import annotations

from typing import Any

from localwechat.tests.error_cases.register import Answer, Case, case, quick
from localwechat.tests.world import World


def cube(name: str, first: str, last: str = "") -> Case:
    return lambda w: w.api(f"/datacube/{name}", {"begin_date": first, "end_date": last or first})


quick(61500, "a date that is none", cube("getusersummary", "2026-13-01"))
quick(61501, "today", cube("getusersummary", "2099-01-01"))
quick(47009, "a statistic that is gone", cube("getuserread", "2026-01-01"))


@case(61503)
def yesterday_before_eight(w: World) -> Answer:
    w.sandbox.clock(at="2026-03-05T07:59:00+08:00")
    return cube("getusersummary", "2026-03-04")(w)


def comment(call: str, **body: Any) -> Case:
    def make(w: World) -> Answer:
        w.sandbox.followers(2)
        data_id = w.send_all("a")["msg_data_id"]
        number = w.sandbox.act(w.sandbox.followers(1)[0], "comment", mid=data_id, content="好")[
            "user_comment_id"
        ]
        fields: dict[str, Any] = {"msg_data_id": data_id, "user_comment_id": number} | body
        w.api("/cgi-bin/comment/reply/add", fields | {"content": "谢谢"}) if call == "reply/add" and body.get(
            "content"
        ) == "再谢" else None
        return w.api(f"/cgi-bin/comment/{call}", fields)

    return make


quick(88001, "comments of an unknown article", lambda w: w.api("/cgi-bin/comment/open", {"msg_data_id": 1}))
quick(88005, "a second reply", comment("reply/add", content="再谢"))
quick(88007, "an empty reply", comment("reply/add", content=""))
quick(88008, "an unknown comment", comment("markelect", user_comment_id=999))
quick(88009, "a reply that is not there", comment("reply/delete"))
quick(88010, "50 comments at once", comment("list", begin=0, count=50))


@case(88003)
def a_hundred_and_first_selected_comment(w: World) -> Answer:
    people = w.sandbox.followers(2)
    data_id = w.send_all("a")["msg_data_id"]
    answer: Answer = {}
    for _ in range(101):
        number = w.sandbox.act(people[0], "comment", mid=data_id, content="好")["user_comment_id"]
        answer = w.api("/cgi-bin/comment/markelect", {"msg_data_id": data_id, "user_comment_id": number})
    return answer
