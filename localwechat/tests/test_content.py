"""Media, drafts and what the store makes of an article's HTML, published articles, statistics, comments."""

from __future__ import annotations

import pytest
import requests

from localwechat.tests.world import AMR, MP4, World, jpeg, png

STYLED = '<p style="color: red; position: fixed; text-align: center">正文</p>'

# What goes in, what draft/get gives back ({url}: an uploaded picture at /0, {stored}: as it is stored)
CLEANED = [
    (STYLED, '<p style="color: red; text-align: center;">正文</p>'),
    ("<p>前</p><script>alert(1)</script><p>后</p>", "<p>前</p><p>后</p>"),
    ('<p onclick="x()" id="a" class="b" data-role="c">正文</p>', '<p class="b" data-role="c">正文</p>'),
    ("<style>p{color:red}</style><p>正文</p>", "<p>正文</p>"),
    ("<html><head><title>t</title></head><body><p>正文</p></body></html>", "<p>正文</p>"),
    ("<form><input name='a'>问</form><p>正文</p>", "<p>正文</p>"),
    ("<p>一<br>二<hr>三</p>", "<p>一<br  />二<hr  />三</p>"),
    ('<p><a href="https://example.org/">外链</a></p>', "<p>外链</p>"),
    (
        '<p><a href="https://mp.weixin.qq.com/s/abc">内链</a></p>',
        '<p><a href="https://mp.weixin.qq.com/s/abc">内链</a></p>',
    ),
    ('<p>图<img src="https://example.org/a.png"></p>', "<p>图</p>"),
    ('<p>图<img src="{url}" alt="会场"></p>', '<p>图<img data-src="{stored}" alt="会场"/></p>'),
    (
        '<section style="background-image: url({url}); color: red">底</section>',
        '<section style="background-image: url({stored}); color: red;">底</section>',
    ),
    (
        '<section style="background-image: url(https://e.org/a.png); color: red">底</section>',
        '<section style="color: red;">底</section>',
    ),
    ("<p style=\"font-family: 'Kai'; color: red\">字</p>", '<p style="font-family: &#39;Kai&#39;; color: red;">字</p>'),
    ('<p style="font-family: &quot;Kai&quot;; color: red">字</p>', '<p style="">字</p>'),
    ('<div style="color: red">行</div>', '<div style="color: red;">行</div>'),
    ('<div style="color: red"><p>段</p>散</div>', "<p>段</p><p>散</p>"),
    ('<font color="red" size="7">字</font>', '<font color="red">字</font>'),
    ('<pre style="color: red"><code style="color: blue">a</code></pre>', '<pre style="color: red;"><code>a</code></pre>'),
    ("<p>正文<!-- 注 --></p>", "<p>正文</p>"),
    ('<p>正文</p><iframe src="https://v.qq.com/x"></iframe>', "<p>正文</p><iframe></iframe>"),
    (
        '<iframe class="video_iframe" data-mpvid="apiv_1" data-src="https://mp.weixin.qq.com/mp/x"></iframe>',
        '<iframe class="video_iframe" data-mpvid="apiv_1" data-src="https://mp.weixin.qq.com/mp/x"></iframe>',
    ),
    (
        '<svg viewBox="0 0 1 1" id="a" onload="x()"><rect width="1"></rect></svg><p>图</p>',
        '<svg viewBox="0 0 1 1"><rect width="1"></rect></svg><p>图</p>',
    ),
    ("<ul><li>一</li></ul><table><tr><td colspan=2>格</td></tr></table>",
     '<ul><li>一</li></ul><table><tr><td colspan="2">格</td></tr></table>'),
    ("<p>😀 &amp; &lt;b&gt;</p>", "<p>😀 &amp; &lt;b&gt;</p>"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "kept"), CLEANED)
def test_the_store_cleans_html_as_wechat_does(world: World, sent: str, kept: str) -> None:
    url = stored = ""
    if "{url}" in sent:
        url = str(world.sandbox.upload("/cgi-bin/media/uploadimg", png(8, 8))["url"])
        stored = url.replace("/0?", "/640?")
    media_id = world.draft(content=sent.replace("{url}", url))
    (item,) = world.api("/cgi-bin/draft/get", {"media_id": media_id})["news_item"]
    assert item["content"] == kept.replace("{stored}", stored)


def test_cleaning_what_was_cleaned_changes_only_styles_with_quotes(world: World) -> None:
    once = world.api("/cgi-bin/draft/get", {"media_id": world.draft(content=STYLED)})["news_item"][0][
        "content"
    ]
    twice = world.api("/cgi-bin/draft/get", {"media_id": world.draft(content=once)})["news_item"][0][
        "content"
    ]
    assert twice == once


def test_a_person_who_saves_a_draft_on_the_site_changes_it(world: World) -> None:
    media_id = world.draft(content='<p style="color: #c00">正文</p>')
    world.sandbox.control("drafts", {"media_id": media_id, "edit": True})
    (item,) = world.api("/cgi-bin/draft/get", {"media_id": media_id})["news_item"]
    assert item["content"].startswith('<p style="color: rgb(204, 0, 0);"><span leaf="">正文</span></p>')


def test_a_new_medium_may_be_unknown_for_a_moment(world: World) -> None:
    world.sandbox.settings(fresh_media_blind_s=60)
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    assert world.add_draft()["errcode"] == 40007
    world.sandbox.clock(at="2026-03-05T10:01:01+08:00")
    assert "media_id" in world.add_draft()


def test_escaped_json_is_stored_as_typed(world: World) -> None:
    escaped = b'{"tag":{"name":"\\u7b7e\\u5230"}}'
    assert world.api("/cgi-bin/tags/create", escaped)["tag"]["name"] == "\\u7b7e\\u5230"


def test_a_draft_lives_through_update_list_and_delete(world: World) -> None:
    media_id = world.draft(digest="")
    (item,) = world.api("/cgi-bin/draft/get", {"media_id": media_id})["news_item"]
    assert (item["digest"], item["show_cover_pic"], item["article_type"]) == ("正文", 0, "news")
    changed = world.article(title="新标题", content="<p>新</p>")
    body = {"media_id": media_id, "index": 0, "articles": changed}
    assert world.api("/cgi-bin/draft/update", body)["errcode"] == 0
    other = world.draft(title="另一篇")
    listed = world.api("/cgi-bin/draft/batchget", {"offset": 0, "count": 20, "no_content": 1})
    assert [i["media_id"] for i in listed["item"]] == [other, media_id]
    assert "content" not in listed["item"][1]["content"]["news_item"][0]
    assert listed["item"][1]["content"]["news_item"][0]["title"] == "新标题"
    assert world.api("/cgi-bin/draft/delete", {"media_id": media_id})["errcode"] == 0
    assert world.api("/cgi-bin/draft/count") == {"total_count": 1}


def test_an_update_with_a_list_is_refused(world: World) -> None:
    body = {"media_id": world.draft(), "index": 0, "articles": [world.article()]}
    assert world.api("/cgi-bin/draft/update", body)["errcode"] == 47001


def test_a_draft_may_hold_eight_articles_and_a_picture_article(world: World) -> None:
    articles = [world.article(title=f"第{n}篇") for n in range(8)]
    media_id = world.api("/cgi-bin/draft/add", {"articles": articles})["media_id"]
    assert len(world.api("/cgi-bin/draft/get", {"media_id": media_id})["news_item"]) == 8
    pictures = {"image_list": [{"image_media_id": world.cover()}]}
    media_id = world.draft(article_type="newspic", content="一行\n二行", image_info=pictures)
    assert world.api("/cgi-bin/draft/get", {"media_id": media_id})["news_item"][0]["content"] == "一行\n二行"


def test_temporary_media_live_for_three_days(world: World) -> None:
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    for kind, data in (("image", png(8, 8)), ("voice", AMR), ("thumb", jpeg())):
        answer = world.sandbox.upload(f"/cgi-bin/media/upload?type={kind}", data)
        media_id = answer["thumb_media_id" if kind == "thumb" else "media_id"]
        path = f"/cgi-bin/media/get?media_id={media_id}"
        token = world.sandbox.access_token()
        assert world.sandbox.request("GET", f"{path}&access_token={token}")[1] == data
    video = world.sandbox.upload("/cgi-bin/media/upload?type=video", MP4)["media_id"]
    assert "video_url" in world.api(f"/cgi-bin/media/get?media_id={video}")
    world.sandbox.clock(at="2026-03-08T10:00:01+08:00")
    assert world.api(path)["errcode"] == 40007


def test_permanent_material_is_listed_counted_and_deleted(world: World) -> None:
    cover = world.cover()
    description = {"description": '{"title":"片名","introduction":"简介"}'}
    video = world.sandbox.upload("/cgi-bin/material/add_material?type=video", MP4, "a.mp4", description)
    assert world.api("/cgi-bin/material/get_material", {"media_id": video["media_id"]})["title"] == "片名"
    assert world.api("/cgi-bin/material/get_materialcount") == {
        "voice_count": 0, "video_count": 1, "image_count": 1, "news_count": 0,
    }  # fmt: skip
    listed = world.api("/cgi-bin/material/batchget_material", {"type": "image", "offset": 0, "count": 20})
    assert [item["media_id"] for item in listed["item"]] == [cover]
    assert world.api("/cgi-bin/material/del_material", {"media_id": cover})["errcode"] == 0
    assert world.api("/cgi-bin/material/get_material", {"media_id": cover})["errcode"] == 40007


def test_a_published_article_has_a_page_and_can_be_deleted(world: World) -> None:
    answer = world.publish()
    assert answer["publish_status"] == 0
    article_id, url = answer["article_id"], answer["article_detail"]["item"][0]["article_url"]
    page = world.sandbox.request("GET", url.removeprefix(world.sandbox.url))
    assert "三月学习园地" in page[1].decode()
    assert world.sandbox.request("GET", url.removeprefix(world.sandbox.url).replace("sn=", "sn=0"))[0] == 404
    assert world.sandbox.receipts() == []
    (item,) = world.api("/cgi-bin/freepublish/batchget", {"offset": 0, "count": 20})["item"]
    assert item["article_id"] == article_id
    article = world.api("/cgi-bin/freepublish/getarticle", {"article_id": article_id})["news_item"][0]
    assert (article["url"], article["is_deleted"]) == (url, False)
    assert world.api("/cgi-bin/freepublish/delete", {"article_id": article_id, "index": 0})["errcode"] == 0
    publish = {"publish_id": answer["publish_id"]}
    assert world.api("/cgi-bin/freepublish/get", publish)["publish_status"] == 5


def test_a_rule_makes_publishing_fail_and_the_draft_comes_back(world: World) -> None:
    world.sandbox.faults({"job_finish": "err:4", "count": 1})
    answer = world.publish()
    assert (answer["publish_status"], answer["fail_idx"]) == (4, [1])
    assert world.api("/cgi-bin/draft/count") == {"total_count": 1}


def test_statistics_come_at_eight_on_the_day_after(world: World) -> None:
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    people = world.sandbox.followers(3)
    data_id = world.send_list(people)["msg_data_id"]
    world.sandbox.wait_for(lambda: world.sandbox.receipt_count("mass") == 3)
    for openid in people[:2]:
        world.sandbox.act(openid, "read", mid=data_id)
    world.sandbox.say(people[0], "您好")
    day = {"begin_date": "2026-03-05", "end_date": "2026-03-05"}
    assert world.api("/datacube/getarticleread", day)["errcode"] == 61501
    world.sandbox.clock(at="2026-03-06T07:59:00+08:00")
    assert world.api("/datacube/getarticleread", day) == {"list": [], "is_delay": True}
    world.sandbox.clock(at="2026-03-06T08:00:01+08:00")
    (row,) = world.api("/datacube/getarticleread", day)["list"]
    assert (row["msgid"], row["detail"]["read_user"]) == (f"{data_id}_1", 2)
    (total,) = world.api("/datacube/getarticletotaldetail", day)["list"]
    assert total["publish_type"] == 0
    assert total["detail_list"][0]["read_delivery_rate"] == 0.6667
    (message,) = world.api("/datacube/getupstreammsg", day)["list"]
    assert (message["msg_user"], message["msg_count"]) == (1, 1)
    summary = world.api("/datacube/getbizsummary", day)["list"][0]["detail"]
    assert (summary["read_user"], summary["send_page_count"]) == (2, 1)


def test_a_body_longer_than_documented_passes_with_a_warning_in_the_log(world: World) -> None:
    assert "media_id" in world.add_draft(content="<p>" + "字" * 20_000 + "</p>")
    assert "media_id" in world.add_draft(content="<p>短</p>")
    adds = [entry for entry in world.sandbox.log("api") if entry["path"] == "/cgi-bin/draft/add"]
    assert [len(entry["warnings"]) for entry in adds] == [1, 0]


def test_statistics_count_comments_on_their_day(world: World) -> None:
    sandbox = world.sandbox
    sandbox.clock(at="2026-03-05T10:00:00+08:00")
    (openid,) = sandbox.followers(1)
    world.publish()
    mid = int(
        world.api("/cgi-bin/freepublish/batchget", {"count": 1})["item"][0]["content"]["news_item"][0]["url"]
        .split("mid=")[1]
        .split("&")[0]
    )
    for day in ("05", "06", "06"):
        sandbox.clock(at=f"2026-03-{day}T12:00:00+08:00")
        sandbox.act(openid, "comment", mid=mid, content="好")
    sandbox.clock(at="2026-03-07T08:05:00+08:00")
    span = {"begin_date": "2026-03-05", "end_date": "2026-03-06"}
    days = world.api("/datacube/getbizsummary", span)["list"]
    assert [row["detail"]["comment_count"] for row in days] == [1, 2]
    span["end_date"] = "2026-03-05"
    (row,) = world.api("/datacube/getarticletotaldetail", span)["list"]
    assert [day["comment_count"] for day in row["detail_list"]] == [1, 3]


def test_comments_are_listed_selected_and_answered(world: World) -> None:
    (openid, other) = world.sandbox.followers(2)
    data_id = world.send_list([openid, other])["msg_data_id"]
    number = world.sandbox.act(openid, "comment", mid=data_id, content="写得好")["user_comment_id"]
    where = {"msg_data_id": data_id, "index": 0}
    one = where | {"user_comment_id": number}
    assert world.api("/cgi-bin/comment/markelect", one)["errcode"] == 0
    assert world.api("/cgi-bin/comment/reply/add", one | {"content": "谢谢"})["errcode"] == 0
    listed = world.api("/cgi-bin/comment/list", where | {"begin": 0, "count": 10, "type": 2})
    assert listed["total"] == 1
    (comment,) = listed["comment"]
    assert (comment["content"], comment["reply"]["content"]) == ("写得好", "谢谢")


def test_a_reader_writes_under_an_article_that_takes_comments_and_nothing_of_the_body_may(
    world: World,
) -> None:
    (openid, other) = world.sandbox.followers(2)
    data_id = world.send_list([openid, other])["msg_data_id"]
    where, index = f"{world.sandbox.url}/phone", {"msg_data_id": data_id, "index": 0}
    write = f"{where}/comment/{data_id}/1"

    def post(text: str, **query: str) -> requests.Response:
        return requests.post(write, params=query, data={"content": text}, timeout=10)

    assert post("关着", openid=openid).status_code == 403
    world.api("/cgi-bin/comment/open", index)
    assert post("没有人").status_code == 403
    assert [post(text, openid=openid).status_code for text in (" ", "字" * 601)] == [400, 400]
    shown = post("<b>好</b>", openid=openid)
    assert shown.url.startswith(f"{where}/article/{data_id}/1")
    assert "&lt;b&gt;好&lt;/b&gt;" in shown.text
    assert "form-action 'none'" in shown.headers["Content-Security-Policy"]
    for_others = requests.get(f"{where}/article/{data_id}/1", params={"openid": other}, timeout=10).text
    assert "写留言" in for_others
    assert "&lt;b&gt;" not in for_others
    (one,) = world.api("/cgi-bin/comment/list", index | {"begin": 0, "count": 10})["comment"]
    assert (one["openid"], one["content"], one["comment_type"]) == (openid, "<b>好</b>", 0)
    assert requests.get(f"{where}/comment/{data_id}/9", timeout=10).status_code == 404
