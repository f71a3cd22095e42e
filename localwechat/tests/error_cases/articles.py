"""Media, drafts and publishing."""

from __future__ import annotations

from localwechat.tests.error_cases.register import Answer, Case, case, quick
from localwechat.tests.world import AMR, World, jpeg, png

quick(40004, "an unknown media type", lambda w: w.sandbox.upload("/cgi-bin/media/upload?type=x", png()))
quick(40005, "a text as a picture", lambda w: w.sandbox.upload("/cgi-bin/media/uploadimg", b"hello"))
quick(
    40009,
    "a body picture over 1 MB",
    lambda w: w.sandbox.upload("/cgi-bin/media/uploadimg", png() + b"\0" * 1_048_576),
)
quick(
    40010,
    "a voice over 2 MB",
    lambda w: w.sandbox.upload("/cgi-bin/media/upload?type=voice", AMR + b"\0" * 2_097_152),
)
quick(
    40011,
    "a video over 10 MB",
    lambda w: w.sandbox.upload("/cgi-bin/media/upload?type=video", b"\0" * 10_485_761),
)
quick(
    40012,
    "a thumb over 64 KB",
    lambda w: w.sandbox.upload("/cgi-bin/media/upload?type=thumb", jpeg() + b"\0" * 65_536),
)
quick(
    40137,
    "a picture that is none",
    lambda w: w.sandbox.upload("/cgi-bin/media/uploadimg", b"\x89PNG\r\n\x1a\n" + b"\0" * 99),
)
quick(
    41005, "no part named media", lambda w: w.sandbox.upload("/cgi-bin/media/uploadimg", png(), name="file")
)
quick(44001, "an empty file", lambda w: w.sandbox.upload("/cgi-bin/media/uploadimg", b""))
quick(
    40007,
    "a cover that is temporary",
    lambda w: w.add_draft(
        thumb_media_id=w.sandbox.upload("/cgi-bin/media/upload?type=image", png())["media_id"]
    ),
)
quick(41006, "draft/get without media_id", lambda w: w.api("/cgi-bin/draft/get", {}))
quick(45106, "the old add_news", lambda w: w.api("/cgi-bin/material/add_news", {}))
quick(45165, "21 drafts at once", lambda w: w.api("/cgi-bin/draft/batchget", {"offset": 0, "count": 21}))
quick(40227, "an empty title", lambda w: w.add_draft(title=" "))
quick(45003, "a title of 33 characters", lambda w: w.add_draft(title="题" * 33))
quick(45110, "an author of 17 characters", lambda w: w.add_draft(author="编" * 17))
quick(45004, "a digest of 129 characters", lambda w: w.add_draft(digest="摘" * 129))
quick(44003, "no text", lambda w: w.add_draft(content="<script>alert(1)</script>"))
quick(45002, "a body of 1 MB", lambda w: w.add_draft(content="a" * 1_000_000))
quick(
    45005,
    "a source address over 1 KB",
    lambda w: w.add_draft(content_source_url="https://e.org/" + "a" * 1024),
)
quick(41039, "a source address of another kind", lambda w: w.add_draft(content_source_url="example.org"))
quick(45008, "nine articles", lambda w: w.api("/cgi-bin/draft/add", {"articles": [w.article()] * 9}))
quick(45162, "an unknown article type", lambda w: w.add_draft(article_type="video"))
quick(
    45166,
    "a link to an article that was not sent",
    lambda w: w.add_draft(content='<a href="http://mp.weixin.qq.com/s?tempkey=x">a</a>'),
)
quick(53402, "a crop of the wrong ratio", lambda w: w.add_draft(pic_crop_235_1="0_0_0.5_1"))
quick(
    40215,
    "a picture article without pictures",
    lambda w: w.add_draft(article_type="newspic", image_info={"image_list": []}),
)
quick(
    53600,
    "an article that is not published",
    lambda w: w.api("/cgi-bin/freepublish/getarticle", {"article_id": "x"}),
)


@case(88000)
def comments_on_an_account_without_them(w: World) -> Answer:
    w.sandbox.settings(comments=False)
    return w.add_draft(need_open_comment=1)


@case(40114)
def an_index_that_is_not_there(w: World) -> Answer:
    body = {"media_id": w.draft(), "index": 1, "articles": w.article()}
    return w.api("/cgi-bin/draft/update", body)


@case(48005)
def deleting_material_that_a_menu_uses(w: World) -> Answer:
    button = {"name": "图", "type": "media_id", "media_id": w.cover()}
    assert w.api("/cgi-bin/menu/create", {"button": [button]})["errcode"] == 0
    return w.api("/cgi-bin/material/del_material", {"media_id": w.cover()})


def submit(state: str) -> Case:
    def make(w: World) -> Answer:
        media_id = w.draft()
        w.sandbox.control("drafts", {"media_id": media_id, "state": state})
        return w.api("/cgi-bin/freepublish/submit", {"media_id": media_id})

    return make


quick(53503, "a draft that does not pass the check", submit("unchecked"))
quick(53504, "a draft of the site", submit("site"))
quick(53505, "a draft that was saved by itself", submit("auto"))


@case(45007)
def a_voice_of_sixty_one_seconds(w: World) -> Answer:
    frame = b"\x3c" + bytes(31)
    return w.sandbox.upload("/cgi-bin/media/upload?type=voice", b"#!AMR\n" + frame * 3051)
