"""People: tags, remarks, QR codes."""

from __future__ import annotations

from typing import Any

from localwechat.tests.error_cases.register import Answer, Case, case, quick
from localwechat.tests.world import World


def tagging(openids: list[str], tag_id: int | None = None) -> Case:
    def make(w: World) -> Answer:
        number = w.tag() if tag_id is None else tag_id
        return w.api("/cgi-bin/tags/members/batchtagging", {"openid_list": openids, "tagid": number})

    return make


quick(40003, "tagging someone who does not follow", tagging(["oNobody00000000000000000000A"]))
quick(40032, "tagging 51 people", tagging(["o"] * 51))
quick(45159, "tagging with a tag that is not there", tagging(["o"], 99))
quick(45158, "a tag name of 31 bytes", lambda w: w.api("/cgi-bin/tags/create", {"tag": {"name": "a" * 31}}))
quick(
    45058,
    "renaming a tag of the platform",
    lambda w: w.api("/cgi-bin/tags/update", {"tag": {"id": 2, "name": "x"}}),
)
quick(41009, "user/info without openid", lambda w: w.api("/cgi-bin/user/info"))


@case(45157)
def a_tag_name_that_is_taken(w: World) -> Answer:
    w.tag("第一支部")
    return w.api("/cgi-bin/tags/create", {"tag": {"name": "第一支部"}})


@case(45056)
def a_hundred_and_first_tag(w: World) -> Answer:
    for number in range(100):
        w.tag(f"支部{number}")
    return w.api("/cgi-bin/tags/create", {"tag": {"name": "支部100"}})


@case(45057)
def deleting_a_tag_with_too_many_fans(w: World) -> Answer:
    tag_id = w.tag()
    w.sandbox.followers(100_001, tag_id=tag_id)
    return w.api("/cgi-bin/tags/delete", {"tag": {"id": tag_id}})


@case(45059)
def a_twenty_first_tag_for_one_follower(w: World) -> Answer:
    w.sandbox.settings(tags_per_follower=1)
    people = w.sandbox.followers(1)
    w.tagged("支部甲", people)
    return w.api("/cgi-bin/tags/members/batchtagging", {"openid_list": people, "tagid": w.tag("支部乙")})


@case(45171)
def tagging_that_is_done_in_part(w: World) -> Answer:
    w.sandbox.settings(tags_per_follower=1)
    full, free = w.sandbox.followers(2)
    w.tagged("支部甲", [full])
    tag_id = w.tag("支部乙")
    answer = w.api("/cgi-bin/tags/members/batchtagging", {"openid_list": [full, free], "tagid": tag_id})
    assert answer["fail_openid_list"] == [full]
    assert w.api("/cgi-bin/tags/getidlist", {"openid": free}) == {"tagid_list": [tag_id]}
    return answer


@case(40092)
def a_remark_of_thirty_bytes(w: World) -> Answer:
    body = {"openid": w.sandbox.followers(1)[0], "remark": "备" * 10}
    return w.api("/cgi-bin/user/info/updateremark", body)


def code_for(action: str, scene: Any, **more: Any) -> Case:
    body = {"action_name": action, "action_info": {"scene": scene}, **more}
    return lambda w: w.api("/cgi-bin/qrcode/create", body)


quick(40052, "a QR code of an unknown kind", code_for("QR", {"scene_str": "a"}))
quick(40053, "a QR code without scene", code_for("QR_STR_SCENE", None))
quick(40129, "a lasting QR code of scene 100001", code_for("QR_LIMIT_SCENE", {"scene_id": 100_001}))
quick(40162, "a QR code for 31 days", code_for("QR_STR_SCENE", {"scene_str": "a"}, expire_seconds=2_678_400))
