"""The calls themselves, against the local WeChat: what they do there, and what they answer."""

from __future__ import annotations

import time
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest

from localwechat.api import register
from localwechat.dispatch import ENDPOINTS as PLATFORM
from localwechat.testing import SandboxControl
from tests.fixtures.processes import eventually
from tests.outbound.conftest import calls_of, png
from wechat.outbound.client import Client
from wechat.outbound.endpoints.drafts import DraftArticle, PublishStatus
from wechat.outbound.endpoints.table import ENDPOINTS
from wechat.outbound.endpoints.web import jsapi_signature
from wechat.outbound.failures import CallFailed
from wechat.outbound.reactions import ASK, DAY, FIX, MEDIA_GONE, MINUTE, UNKNOWN, Detail, drop


def a_draft(client: Client, title: str = "三月学习园地") -> str:
    """A draft of one article."""
    cover = client.add_image(png(), "封面.png")
    picture = client.upload_body_image(png(), "图.png")
    body = f'<p>正文</p><img src="{picture}"/>'
    return client.draft_add([DraftArticle(title, body, cover.media_id, author="党建办", digest="摘要")])


def test_every_path_that_we_ask_exists_with_its_method() -> None:
    register()
    unknown = {path for path in ENDPOINTS if path not in PLATFORM}
    assert unknown == set()
    wrong = {path for path, ours in ENDPOINTS.items() if PLATFORM[path].method not in ("ANY", ours.method)}
    assert wrong == set()


def test_a_draft_is_made_found_changed_and_deleted(sandbox: SandboxControl, client: Client) -> None:
    media_id = a_draft(client)
    draft = client.draft_get(media_id)
    assert [article.title for article in draft.articles] == ["三月学习园地"]
    assert draft.articles[0].author == "党建办"
    assert "mmbiz.qpic.cn" in draft.articles[0].content
    client.draft_update(media_id, 0, DraftArticle("改后", "<p>新</p>", draft.articles[0].thumb_media_id))
    assert client.draft_get(media_id).articles[0].title == "改后"
    page = client.draft_batchget()
    assert [(item.media_id, item.articles[0].title) for item in page.item] == [(media_id, "改后")]
    assert client.draft_count() == 1
    client.draft_delete(media_id)
    client.draft_delete(media_id)  # again is fine
    assert client.draft_count() == 0
    assert [item.name for item in client.materials().item] == ["封面.png"]


def test_a_fresh_cover_that_is_not_known_yet_is_tried_again(sandbox: SandboxControl, client: Client) -> None:
    cover = client.add_image(png(), "a.png")
    sandbox.faults({"path": "/cgi-bin/draft/add", "kind": "err:40007", "count": 2})
    media_id = client.draft_add([DraftArticle("标题", "<p>x</p>", cover.media_id)], waits_s=(0.01, 0.01))
    assert client.draft_get(media_id).articles
    sandbox.faults({"path": "/cgi-bin/draft/add", "kind": "err:40007", "count": 3})
    with pytest.raises(CallFailed) as failure:
        client.draft_add([DraftArticle("标题", "<p>x</p>", cover.media_id)], waits_s=(0.01, 0.01))
    assert failure.value.reaction == MEDIA_GONE


def test_a_mass_send_by_tag_reaches_its_members_once_however_often_it_is_repeated(
    sandbox: SandboxControl, client: Client
) -> None:
    openids = sandbox.followers(5)
    tag = client.tag_create("第一支部")
    assert client.tag_add(openids[:3], tag.id) == {}
    media_id = a_draft(client)
    first = client.mass_send_to_tag(media_id, tag.id, client_id="push-1-tag")
    assert not first.repeated
    assert first.msg_data_id
    with pytest.raises(CallFailed) as failure:
        client.mass_send_to_tag(media_id, tag.id, client_id="push-1-tag")
    assert (failure.value.code, failure.value.wait_s) == (45066, 61)
    time.sleep(1.1)  # the sandbox's gap in tests
    again = client.mass_send_to_tag(media_id, tag.id, client_id="push-1-tag")
    assert (again.repeated, again.msg_id) == (True, first.msg_id)
    eventually(lambda: sandbox.receipt_count("mass", msg_id=first.msg_id) >= 3)
    assert {one["openid"] for one in sandbox.receipts("mass")} == set(openids[:3])
    assert client.mass_get(first.msg_id) in ("SENDING", "SEND_SUCCESS")


def test_a_mass_send_whose_answer_was_lost_is_repeated_with_its_key_and_not_doubled(
    sandbox: SandboxControl, client: Client
) -> None:
    openids = sandbox.followers(4)
    media_id = a_draft(client)
    sandbox.faults({"path": "/cgi-bin/message/mass/send", "kind": "drop_after", "count": 1})
    with pytest.raises(CallFailed) as failure:
        client.mass_send_to_openids(media_id, openids, client_id="push-2-b1")
    assert failure.value.reaction == UNKNOWN
    time.sleep(1.1)
    assert client.mass_send_to_openids(media_id, openids, client_id="push-2-b1").repeated
    eventually(lambda: sandbox.receipt_count("mass") >= 4)
    assert sandbox.receipt_count("mass") == 4


def test_sends_to_all_preview_and_withdrawal(sandbox: SandboxControl, client: Client) -> None:
    openids = sandbox.followers(2)
    media_id = a_draft(client)
    client.mass_preview(media_id, openids[0])
    assert [one["openid"] for one in sandbox.receipts("preview")] == [openids[0]]
    sent = client.mass_send_to_all(media_id, client_id="push-3")
    eventually(lambda: client.mass_get(sent.msg_id) == "SEND_SUCCESS")
    client.mass_delete(sent.msg_id)
    assert client.mass_get(sent.msg_id) == "DELETE"
    client.mass_speed_set(2)
    assert client.mass_speed_get().speed == 2


def test_publishing_gives_a_permanent_link(sandbox: SandboxControl, client: Client) -> None:
    task = client.publish_submit(a_draft(client))
    eventually(lambda: client.publish_get(task.publish_id).publish_status == PublishStatus.DONE)
    state = client.publish_get(task.publish_id)
    assert state.urls
    assert state.urls[0].startswith("http")
    assert [item.article_id for item in client.publish_batchget().item] == [state.article_id]
    assert client.publish_article(state.article_id)[0].title == "三月学习园地"
    client.publish_delete(state.article_id)
    client.publish_delete(state.article_id)  # again is fine


def test_a_batch_with_a_stranger_in_it_is_halved_until_only_he_is_left_out(
    sandbox: SandboxControl, client: Client
) -> None:
    openids = sandbox.followers(120)
    tag = client.tag_create("第二支部")
    refused = client.tag_add([*openids[:70], "oStranger000000000000000000A", *openids[70:]], tag.id)
    assert refused == {"oStranger000000000000000000A": "invalid_openid"}
    members = client.tag_members(tag.id)
    assert set(members.openids) == set(openids)
    assert client.tag_members(tag.id, members.next_openid).openids == []
    assert client.tag_remove(openids[:60], tag.id) == {}
    assert client.tags_of(openids[0]) == []
    assert client.tags_of(openids[-1]) == [tag.id]
    assert [(one.name, one.count) for one in client.tags_get() if one.id == tag.id] == [("第二支部", 60)]


def test_a_tag_that_exists_is_found_renamed_and_deleted(sandbox: SandboxControl, client: Client) -> None:
    first = client.tag_create("第三支部")
    assert client.tag_create("第三支部").id == first.id
    client.tag_rename(first.id, "第三党支部")
    assert "第三党支部" in {tag.name for tag in client.tags_get()}
    client.tag_delete(first.id)
    client.tag_delete(first.id)  # again is fine
    assert "第三党支部" not in {tag.name for tag in client.tags_get()}


def test_all_followers_are_listed_page_by_page(sandbox: SandboxControl, client: Client) -> None:
    openids = sandbox.followers(30)
    page = client.followers()
    assert (page.total, set(page.openids)) == (30, set(openids))
    assert client.followers(page.next_openid).openids == []
    assert client.user_info(openids[0]).subscribe == 1
    assert {one.openid for one in client.user_infos(openids[:3])} == set(openids[:3])
    client.user_remark(openids[0], "备注")
    assert client.user_info(openids[0]).remark == "备注"
    client.blacklist_add(openids[:1])
    assert client.blacklist().openids == openids[:1]
    client.blacklist_remove(openids[:1])
    assert client.blacklist().openids == []


def test_a_template_message_arrives_once_for_a_key(sandbox: SandboxControl, client: Client) -> None:
    openid = sandbox.followers(1)[0]
    template = client.template_list()[0]
    data = {"thing1": "主题党日", "time2": "2026年11月24日 19:30", "thing3": "社区会议室"}
    if "phrase2" in template.content:
        data = {"thing1": "主题党日", "phrase2": "成功"}
    msg_id = client.template_send(
        openid, template.template_id, data, url="https://example.org/m", client_id="n1"
    )
    assert msg_id.isdecimal()
    client.template_send(openid, template.template_id, data, client_id="n1")
    eventually(lambda: sandbox.receipt_count("template"))
    assert sandbox.receipt_count("template") == 1


def test_a_customer_service_message_needs_an_open_window(sandbox: SandboxControl, client: Client) -> None:
    openid = sandbox.followers(1)[0]
    with pytest.raises(CallFailed) as failure:
        client.custom_text(openid, "您好")
    assert failure.value.reaction == drop(Detail.WINDOW_CLOSED)
    sandbox.say(openid, "签到")
    client.custom_typing(openid)
    client.custom_text(openid, "签到成功")
    menu = {
        "head_content": "是否参加？", "list": [{"id": "101", "content": "参加"}], "tail_content": "点一下即可",
    }  # fmt: skip
    client.custom_send(openid, {"msgtype": "msgmenu", "msgmenu": menu})
    assert sandbox.receipt_count("custom") == 2


def test_a_scene_code_has_a_ticket_and_a_picture(sandbox: SandboxControl, client: Client) -> None:
    code = client.qrcode_create("branch-7")
    assert code.expire_seconds is None
    assert client.qrcode_picture(code.ticket)[:3] == b"\xff\xd8\xff"
    assert client.qrcode_create("act-17", 600).expire_seconds == 600
    with pytest.raises(CallFailed, match="二维码"):
        client.qrcode_picture("no-such-ticket")


def test_the_menu_is_published_read_and_deleted(sandbox: SandboxControl, client: Client) -> None:
    assert client.menu_get() is None
    buttons = [{"name": "签到", "type": "click", "key": "CHECKIN"}]
    client.menu_create(buttons)
    menu = client.menu_get()
    assert menu is not None
    assert menu["menu"]["button"][0]["name"] == "签到"
    assert client.menu_current().is_menu_open == 1
    tag = client.tag_create("书记")
    menuid = client.menu_add_conditional(
        [{"name": "支部", "type": "click", "key": "B"}], {"tag_id": str(tag.id)}
    )
    openid = sandbox.followers(1)[0]
    client.tag_add([openid], tag.id)
    assert client.menu_try(openid)[0]["name"] == "支部"
    client.menu_delete_conditional(menuid)
    assert client.menu_try(openid)[0]["name"] == "签到"
    client.menu_delete()
    assert client.menu_get() is None
    with pytest.raises(CallFailed) as failure:
        client.menu_create([{"name": "名字太长太长太长太长", "type": "click", "key": "A"}])
    assert failure.value.reaction == FIX


def test_a_page_is_signed_as_the_guide_says(sandbox: SandboxControl, client: Client) -> None:
    url = "https://example.org/m/study?page=2"
    expected = "e169731474e5481e9884913762814d9d36a63531"
    ticket = "sM4AOVdWfPE_INVENTED_ticket"
    assert jsapi_signature(ticket, "p1oneer", 1767225600, url) == expected
    assert jsapi_signature(ticket, "p1oneer", 1767225600, url + "#top") == expected
    config = client.jsapi_config(url)
    assert config.signature == jsapi_signature(client.jsapi_ticket(), config.nonce, config.timestamp, url)


def test_the_oauth_page_sends_back_a_code_for_the_one_who_opened_it(
    sandbox: SandboxControl, client: Client
) -> None:
    openid = sandbox.followers(1)[0]
    page = client.oauth_url("https://example.org/m/bind?x=1", "state1")
    assert page.endswith("#wechat_redirect")
    order = list(parse_qs(urlsplit(page).query))
    assert order == ["appid", "redirect_uri", "response_type", "scope", "state"]
    code = oauth_code(sandbox, page, openid)
    user = client.oauth_exchange(code)
    assert user.openid == openid
    assert openid not in repr(user)
    with pytest.raises(CallFailed) as failure:
        client.oauth_exchange(code)
    assert (failure.value.code, failure.value.reaction) == (40163, ASK)


def oauth_code(sandbox: SandboxControl, page: str, openid: str) -> str:
    """Open the OAuth page as one person does; the code that comes back."""
    import http.client

    parts = urlsplit(page)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    connection.request("GET", f"{parts.path}?{parts.query}", headers={"Cookie": f"sandbox_openid={openid}"})
    location = connection.getresponse().headers["Location"]
    connection.close()
    return parse_qs(urlsplit(location).query)["code"][0]


def test_a_robot_speaks_in_its_group(sandbox: SandboxControl, client: Client) -> None:
    key = "00000000-0000-4000-8000-000000000001"
    client.robot_text(key, "今天 19:30 主题党日", mention=["@all"])
    media_id = client.robot_upload(key, b"hello world", "名单.txt")
    client.robot_send(key, {"msgtype": "file", "file": {"media_id": media_id}})
    assert sandbox.receipt_count("robot") == 2
    sandbox.settings(robot_per_minute=2)
    with pytest.raises(CallFailed) as failure:
        client.robot_text(key, "第三条")
    assert failure.value.reaction == MINUTE


def test_figures_of_articles_are_typed(sandbox: SandboxControl, client: Client) -> None:
    day = date(2026, 11, 23)
    assert client.article_read(day).rows == []
    assert client.article_totals(day).is_delay in (True, False)
    assert all(row.detail.read_user >= 0 for row in client.account_summary(day, day).rows)
    assert isinstance(client.user_summary(day, day), list)
    assert [row.ref_date for row in client.user_cumulate(day, day)] == ["2026-11-23"]


def test_quota_is_read_and_a_used_up_one_waits_for_tomorrow(sandbox: SandboxControl, client: Client) -> None:
    path = "/cgi-bin/draft/count"
    sandbox.settings(limits={path: 2})
    client.draft_count()
    assert client.quota_get(path).remain == 1
    client.draft_count()
    with pytest.raises(CallFailed) as failure:
        client.draft_count()
    assert failure.value.reaction == DAY
    client.quota_clear()
    assert client.draft_count() == 0


def test_the_mini_programs_calls_use_its_own_token(sandbox: SandboxControl, client: Client) -> None:
    with pytest.raises(CallFailed) as failure:
        client.phone_number("no-such-code")
    assert failure.value.reaction == ASK
    tokens = [entry["body"] for entry in calls_of(sandbox, "/cgi-bin/stable_token")]
    assert [sandbox.config.mini_app_id in str(body) for body in tokens] == [True]
