"""Mass sending."""

from __future__ import annotations

from localwechat.tests.error_cases.register import Answer, case, quick
from localwechat.tests.world import World

quick(
    40008,
    "an unknown msgtype",
    lambda w: w.api("/cgi-bin/message/mass/sendall", {"filter": {"is_to_all": True}, "msgtype": "x"}),
)
quick(
    45064,
    "a mini-program in an article that is not linked",
    lambda w: w.add_draft(content='<p>一</p><mp-miniprogram data-miniprogram-appid="wx1"></mp-miniprogram>'),
)
quick(40152, "neither tag nor all", lambda w: w.send_text("a", is_to_all=False))
quick(-1, "a tag that does not exist", lambda w: w.send_text("a", is_to_all=False, tag_id=99))
quick(44004, "an empty text", lambda w: w.send_text(""))
quick(45067, "a key of 33 bytes", lambda w: w.send_all("k" * 33))
quick(
    45113,
    "a card",
    lambda w: w.api(
        "/cgi-bin/message/mass/sendall",
        {"filter": {"is_to_all": True}, "msgtype": "wxcard", "wxcard": {"card_id": "x"}},
    ),
)
quick(40130, "one openid", lambda w: w.send_list(w.sandbox.followers(1)))
quick(40031, "an openid that is no text", lambda w: w.send_list([1, 2]))  # type: ignore[list-item]
quick(45019, "10,001 openids", lambda w: w.send_list(["o"] * 10_001))
quick(40059, "an unknown msg_id", lambda w: w.api("/cgi-bin/message/mass/get", {"msg_id": "1"}))
quick(
    40132,
    "a preview to an unknown name",
    lambda w: w.api(
        "/cgi-bin/message/mass/preview", {"towxname": "x", "msgtype": "text", "text": {"content": "a"}}
    ),
)
quick(45083, "speed 5", lambda w: w.api("/cgi-bin/message/mass/speed/set", {"speed": 5}))
quick(45084, "no speed", lambda w: w.api("/cgi-bin/message/mass/speed/set", {}))


@case(45065)
def a_key_that_was_used(w: World) -> Answer:
    w.sandbox.settings(mass_retry_gap_s=0)
    media_id, tag_id = w.draft(), w.tagged("支部", w.sandbox.followers(1))
    first = w.send_all("key-1", tag_id, media_id)
    answer = w.send_all("key-1", tag_id, media_id)
    assert answer["msg_id"] == first["msg_id"]
    assert "msg_data_id" not in answer
    return answer


@case(45066)
def a_key_that_was_used_just_now(w: World) -> Answer:
    w.sandbox.settings(mass_retry_gap_s=60)
    media_id, tag_id = w.draft(), w.tagged("支部", w.sandbox.followers(1))
    w.send_all("key-1", tag_id, media_id)
    return w.send_all("key-1", tag_id, media_id)


@case(45028)
def a_second_send_to_all_on_one_day(w: World) -> Answer:
    w.sandbox.followers(2)
    assert w.send_all("a")["errcode"] == 0
    return w.send_all("b")


@case(45011)
def a_sixty_first_call_in_a_minute(w: World) -> Answer:
    w.sandbox.settings(mass_calls_per_minute=1)
    w.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    tag_id = w.tagged("支部", w.sandbox.followers(1))
    w.send_text("a", is_to_all=False, tag_id=tag_id)
    return w.send_text("b", is_to_all=False, tag_id=tag_id)


@case(42010)
def two_big_batches_at_once(w: World) -> Answer:
    w.sandbox.settings(mass_fast_gap_s=5, mass_fast_min_batch=2)
    people = w.sandbox.followers(4)
    assert w.send_list(people[:2])["errcode"] == 0
    return w.send_list(people[2:])


@case(48021)
def a_draft_that_was_saved_by_itself(w: World) -> Answer:
    media_id = w.draft()
    w.sandbox.control("drafts", {"media_id": media_id, "state": "auto"})
    return w.send_all("a", media_id=media_id)


@case(40060)
def an_article_that_the_message_does_not_have(w: World) -> Answer:
    w.sandbox.followers(2)
    msg_id = w.send_all("a")["msg_id"]
    w.sandbox.wait_for(
        lambda: w.api("/cgi-bin/message/mass/get", {"msg_id": msg_id})["msg_status"] == "SEND_SUCCESS"
    )
    return w.api("/cgi-bin/message/mass/delete", {"msg_id": msg_id, "article_idx": 2})
