"""Mass sending: who is reached, what is counted, what is refused, what arrives afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from localwechat.tests.receiver import Receiver
from localwechat.tests.world import World


def reached(world: World, **filters: Any) -> list[str]:
    return [receipt["openid"] for receipt in world.sandbox.receipts("mass", **filters)]


def finished(receiver: Receiver) -> list[dict[str, Any]]:
    return [m._data for m in receiver.messages if m._data.get("Event") == "MASSSENDJOBFINISH"]


def done(world: World, msg_id: int) -> str:
    """Wait for the job's end and give its status."""

    def status() -> str:
        answer = world.api("/cgi-bin/message/mass/get", {"msg_id": msg_id})["msg_status"]
        return "" if answer == "SENDING" else str(answer)

    return str(world.sandbox.wait_for(status))


def test_each_follower_is_reached_four_times_a_month_and_then_left_out(
    world: World, receiver: Receiver
) -> None:
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    people = world.sandbox.followers(3)
    tag_id = world.tagged("第一支部", people[:2])
    for number in range(4):
        answer = world.send_all(f"k{number}", tag_id)
        done(world, answer["msg_id"])
        assert reached(world, msg_id=answer["msg_id"]) == people[:2]
    last = world.send_list(people, "k4")
    done(world, last["msg_id"])
    assert reached(world, msg_id=last["msg_id"]) == [people[2]]
    counts = world.sandbox.wait_for(
        lambda: [e for e in finished(receiver) if e["MsgID"] == str(last["msg_id"])]
    )[0]
    assert (counts["TotalCount"], counts["FilterCount"], counts["SentCount"]) == ("3", "1", "1")
    # A new month in Shanghai, though not yet in London
    world.sandbox.clock(at="2026-04-01T00:00:01+08:00")
    again = world.send_list(people, "k5")
    done(world, again["msg_id"])
    assert reached(world, msg_id=again["msg_id"]) == people


def test_a_subscription_account_sends_once_a_day(world: World) -> None:
    world.sandbox.account(type="subscription")
    world.sandbox.clock(at="2026-03-05T23:59:00+08:00")
    tag_id = world.tagged("第一支部", world.sandbox.followers(2))
    assert world.send_all("a", tag_id)["errcode"] == 0
    assert world.send_all("b", tag_id)["errcode"] == 45028
    world.sandbox.clock(at="2026-03-06T00:00:01+08:00")
    assert world.send_all("c", tag_id)["errcode"] == 0


def test_a_job_that_fails_gives_the_day_s_send_back(world: World) -> None:
    world.sandbox.account(type="subscription")
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00", speed=100)
    tag_id = world.tagged("第一支部", world.sandbox.followers(2))
    world.sandbox.faults({"job_finish": "fail", "count": 1})
    assert done(world, world.send_all("a", tag_id)["msg_id"]) == "SEND_FAIL"
    assert world.send_all("b", tag_id)["errcode"] == 0
    assert world.send_all("c", tag_id)["errcode"] == 45028


def test_a_service_account_sends_to_all_four_times_a_month(world: World) -> None:
    world.sandbox.followers(2)
    answers = []
    for day in range(1, 6):
        world.sandbox.clock(at=f"2026-03-0{day}T10:00:00+08:00")
        answers.append(world.send_all(f"k{day}")["errcode"])
    assert answers == [0, 0, 0, 0, 45028]


def test_who_refuses_or_is_blacklisted_is_filtered(world: World, receiver: Receiver) -> None:
    people = world.sandbox.followers(4)
    world.sandbox.act(people[0], "refuse")
    world.api("/cgi-bin/tags/members/batchblacklist", {"openid_list": [people[1]]})
    msg_id = world.send_list(people)["msg_id"]
    done(world, msg_id)
    assert reached(world) == people[2:]
    event = world.sandbox.wait_for(lambda: finished(receiver))[0]  # told again where the answer was slow
    assert (event["TotalCount"], event["FilterCount"]) == ("4", "2")


def test_strangers_and_repeats_in_an_openid_list_are_dropped(world: World) -> None:
    one, two, gone = world.sandbox.followers(3)
    world.sandbox.act(gone, "unfollow")
    msg_id = world.send_list([one, one, two, gone, "oStranger"])["msg_id"]
    done(world, msg_id)
    assert reached(world) == [one, two]
    assert world.send_list([one, one, gone, "oStranger"])["errcode"] == 40130


def test_without_a_key_the_content_and_the_range_are_the_key(world: World) -> None:
    world.sandbox.settings(mass_retry_gap_s=0)
    people = world.sandbox.followers(3)
    media_id = world.draft()
    first = world.send_list(people, media_id=media_id)
    again = world.send_list(people, media_id=media_id)
    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    assert world.send_list(people[:2], media_id=media_id)["errcode"] == 0


def test_the_gateway_may_repeat_a_call_so_that_the_first_send_is_answered_45065(world: World) -> None:
    world.sandbox.settings(mass_retry_gap_s=60)
    people = world.sandbox.followers(2)
    world.sandbox.faults({"path": "/cgi-bin/message/mass/send", "kind": "repeat", "count": 1})
    answer = world.send_list(people, "k")
    assert answer["errcode"] == 45065
    done(world, answer["msg_id"])
    assert reached(world, msg_id=answer["msg_id"]) == people


def test_a_key_is_free_after_a_refusal_and_after_a_day(world: World) -> None:
    people = world.sandbox.followers(2)
    assert world.send_list(people, "k", media_id="no-such")["errcode"] == 40007
    assert world.send_list(people, "k")["errcode"] == 0
    world.sandbox.clock(at="2099-01-01T00:00:00+08:00")
    assert world.send_list(people, "k")["errcode"] == 0


def test_a_key_waits_for_its_gap_by_the_sandbox_s_clock(world: World) -> None:
    world.sandbox.settings(mass_retry_gap_s=60)
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    people, media_id = world.sandbox.followers(2), world.draft()
    world.send_list(people, "k", media_id)
    world.sandbox.clock(at="2026-03-05T10:00:50+08:00")
    assert world.send_list(people, "k", media_id)["errcode"] == 45066
    world.sandbox.clock(at="2026-03-05T10:01:02+08:00")
    assert world.send_list(people, "k", media_id)["errcode"] == 45065


def test_a_draft_leaves_the_box_and_the_switch_says_whether_it_serves_again(world: World) -> None:
    people, media_id = world.sandbox.followers(3), world.draft()
    first = world.send_list(people[:2], "a", media_id)
    assert world.api("/cgi-bin/draft/get", {"media_id": media_id})["errcode"] == 40007
    second = world.send_list(people[1:], "b", media_id)
    assert second["msg_data_id"] == first["msg_data_id"]
    world.sandbox.settings(draft_reusable=False)
    assert world.send_list(people[1:], "c", media_id)["errcode"] == 40007


def test_a_published_draft_cannot_be_sent(world: World) -> None:
    media_id = world.draft()
    world.api("/cgi-bin/freepublish/submit", {"media_id": media_id})
    assert world.send_list(world.sandbox.followers(2), media_id=media_id)["errcode"] == 40007


def test_the_article_is_on_the_phone_and_can_be_taken_away(world: World) -> None:
    (openid, other) = world.sandbox.followers(2)
    msg_id = world.send_list([openid, other], media_id=world.draft(title="三月学习园地"))["msg_id"]
    assert done(world, msg_id) == "SEND_SUCCESS"
    (message,) = world.sandbox.chat(openid)
    (article,) = message["articles"]
    assert article["title"] == "三月学习园地"
    page = world.sandbox.request("GET", article["url"])[1].decode()
    assert 'id="js_content"><p>正文</p>' in page
    assert world.api("/cgi-bin/message/mass/delete", {"msg_id": msg_id, "article_idx": 1})["errcode"] == 0
    assert "该内容已被发布者删除" in world.sandbox.request("GET", article["url"])[1].decode()
    assert done(world, msg_id) == "DELETE"


def test_a_preview_costs_nothing_and_makes_no_event(world: World, receiver: Receiver) -> None:
    openid, other = world.sandbox.followers(2)
    body = {"touser": openid, "mpnews": {"media_id": world.draft()}, "msgtype": "mpnews"}
    assert world.api("/cgi-bin/message/mass/preview", body)["errmsg"] == "preview success"
    assert [r["kind"] for r in world.sandbox.receipts()] == ["preview"]
    assert world.sandbox.chat(other) == []
    assert receiver.messages == []


@pytest.mark.parametrize(
    ("answer", "status", "people"), [("confirm", "send success", 2), ("refuse", "err(40001)", 0)]
)
def test_a_protected_send_to_all_waits_for_the_administrator(
    world: World, receiver: Receiver, answer: str, status: str, people: int
) -> None:
    world.sandbox.account(protection=True)
    world.sandbox.followers(2)
    msg_id = world.send_all("k")["msg_id"]
    assert world.api("/cgi-bin/message/mass/get", {"msg_id": msg_id})["msg_status"] == "SENDING"
    assert world.sandbox.receipts() == []
    world.sandbox.protection(msg_id, answer)
    event = world.sandbox.wait_for(lambda: finished(receiver))[0]  # told again where the answer was slow
    assert (event["Status"], len(reached(world))) == (status, people)


def test_an_administrator_who_is_silent_for_thirty_minutes_ends_the_send(
    world: World, receiver: Receiver
) -> None:
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    world.sandbox.account(protection=True)
    tag_id = world.tagged("第一支部", world.sandbox.followers(2))
    msg_id = world.send_all("k")["msg_id"]
    done(world, world.send_all("to a tag it does not wait", tag_id)["msg_id"])
    world.sandbox.clock(at="2026-03-05T10:30:01+08:00")
    assert done(world, msg_id) == "SEND_FAIL"
    world.sandbox.wait_for(lambda: len(finished(receiver)) == 2)
    assert {e["Status"] for e in finished(receiver)} == {"send success", "err(40002)"}
    assert len(reached(world)) == 2


def test_the_job_ends_by_the_sandbox_s_clock(world: World, receiver: Receiver) -> None:
    world.sandbox.settings(job_finish_delay_s=600)
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    msg_id = world.send_list(world.sandbox.followers(2))["msg_id"]
    world.sandbox.wait_for(lambda: len(reached(world)) == 2)
    assert world.api("/cgi-bin/message/mass/get", {"msg_id": msg_id})["msg_status"] == "SENDING"
    world.sandbox.clock(at="2026-03-05T10:10:01+08:00")
    assert done(world, msg_id) == "SEND_SUCCESS"
    assert len(world.sandbox.wait_for(lambda: finished(receiver))) == 1


def event_rule(world: World, kind: str) -> dict[str, Any]:
    world.sandbox.faults({"job_finish": kind, "count": 1})
    return world.send_list(world.sandbox.followers(2))


def test_a_rule_keeps_the_job_finish_event_back(world: World, receiver: Receiver) -> None:
    assert done(world, event_rule(world, "never")["msg_id"]) == "SEND_SUCCESS"
    assert finished(receiver) == []


def test_a_rule_makes_the_job_finish_event_late(world: World, receiver: Receiver) -> None:
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    assert done(world, event_rule(world, "late:900")["msg_id"]) == "SEND_SUCCESS"
    assert finished(receiver) == []
    world.sandbox.clock(at="2026-03-05T10:16:00+08:00")
    assert len(world.sandbox.wait_for(lambda: finished(receiver))) == 1


def test_a_rule_makes_the_job_finish_event_come_twice(world: World, receiver: Receiver) -> None:
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    done(world, event_rule(world, "twice")["msg_id"])
    world.sandbox.clock(at="2026-03-05T10:00:10+08:00")
    assert world.sandbox.wait_for(lambda: len(finished(receiver)) == 2)


def test_a_rule_lets_the_event_come_before_the_answer(world: World, receiver: Receiver) -> None:
    answer = event_rule(world, "early")
    (event,) = finished(receiver)
    assert event["MsgID"] == str(answer["msg_id"])
    assert len(reached(world)) == 2


@pytest.mark.parametrize(("kind", "status"), [("fail", "send fail"), ("err:20013", "err(20013)")])
def test_a_rule_fails_the_job(world: World, receiver: Receiver, kind: str, status: str) -> None:
    world.sandbox.clock(speed=100)
    assert done(world, event_rule(world, kind)["msg_id"]) == "SEND_FAIL"
    event = world.sandbox.wait_for(lambda: finished(receiver))[0]  # told again where the answer was slow
    assert (event["Status"], event["SentCount"]) == (status, "0")
    assert reached(world) == []


def test_some_deliveries_may_fail_and_are_counted(world: World, receiver: Receiver) -> None:
    world.sandbox.settings(mass_error_rate=0.5)
    done(world, world.send_list(world.sandbox.followers(40))["msg_id"])
    event = world.sandbox.wait_for(lambda: finished(receiver))[0]  # told again where the answer was slow
    sent, failed = int(event["SentCount"]), int(event["ErrorCount"])
    assert (sent + failed, sent) == (40, len(reached(world)))
    assert 0 < failed < 40


def test_followers_have_habits(world: World, receiver: Receiver) -> None:
    world.sandbox.habits(checkin=1.0, checkin_text="签到", read=1.0, block=1.0, within_s=60)
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    people = world.sandbox.followers(5)
    world.send_list(people)
    world.sandbox.wait_for(lambda: len(reached(world)) == 5)
    world.sandbox.clock(at="2026-03-05T10:02:00+08:00")
    world.sandbox.wait_for(lambda: len([m for m in receiver.messages if m.type == "text"]) == 5)
    assert {m.source for m in receiver.messages if m.type == "text"} == set(people)
    world.sandbox.clock(at="2026-03-06T08:05:00+08:00")
    (row,) = world.api("/datacube/getarticleread", {"begin_date": "2026-03-05", "end_date": "2026-03-05"})[
        "list"
    ]
    assert row["detail"]["read_user"] == 5
