"""What may stay of an editor's HTML, what WeChat gets of it, and what the linter says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content import cleaning, compiling, wording
from content.tree import parse, read_style
from settings import WeChatLimits

LIMITS = WeChatLimits()
SHA = "ab" * 32
OURS = f"/m/asset/{SHA}"
URLS = {SHA: "http://mmbiz.qpic.cn/mmbiz_png/x/0?wx_fmt=png"}

TAGS = st.sampled_from(
    [
        "section",
        "p",
        "h2",
        "div",
        "span",
        "strong",
        "ul",
        "ol",
        "li",
        "table",
        "tr",
        "td",
        "blockquote",
        "a",
        "img",
        "br",
        "script",
    ]
)
ATTRIBUTES = st.sampled_from(
    [
        "", ' style="color:red"', ' style="position:fixed;top:0"', " style=\"font-family:'a b';width:900px\"", f' src="{OURS}"',
        ' src="http://x.cn/a.png"', ' href="http://x.cn/?a=1&amp;b=2"', ' href="https://mp.weixin.qq.com/s/abc"',
        f' style="background-image:url({OURS})"', ' onclick="x()"', ' colspan="2"', ' style="text-align:center"',
    ]
)  # fmt: skip


@st.composite
def fragments(draw: st.DrawFn, depth: int = 3) -> str:
    """HTML of any shape, closed or not."""
    parts = []
    for _ in range(draw(st.integers(0, 3))):
        if depth and draw(st.booleans()):
            tag = draw(TAGS)
            closing = f"</{tag}>" if draw(st.integers(0, 5)) else ""
            parts.append(f"<{tag}{draw(ATTRIBUTES)}>{draw(fragments(depth - 1))}{closing}")
        else:
            parts.append(draw(st.sampled_from(["党课", " ", "\n", "&lt;b&gt;", "1<2", "a&b", "𠮷"])))
    return "".join(parts)


@given(fragments())
@settings(max_examples=150, deadline=None)
def test_cleaning_and_compiling_twice_change_nothing_more(source: str) -> None:
    once = cleaning.clean(source)
    assert cleaning.clean(once) == once
    sent = compiling.for_wechat(once, URLS)
    assert compiling.for_wechat(sent, URLS) == sent


@given(fragments())
@settings(max_examples=150, deadline=None)
def test_nothing_that_wechat_drops_is_ever_sent(source: str) -> None:
    sent = compiling.for_wechat(cleaning.clean(source), URLS)
    root = parse(sent)
    for node in root.elements():
        assert node.tag not in {"script", "div", "ul", "ol", "li"}
        assert not {"class", "id", "onclick"} & node.attrs.keys()
        assert "position" not in node.style()
        if node.tag == "img":
            assert node.attrs["src"] in URLS.values()
        if node.tag == "a":
            assert node.attrs["href"].startswith("https://mp.weixin.qq.com/s/")
    assert not re.search(r'style="[^"]*&', sent)
    assert compiling.counts(sent).empty_styles == 0


@given(fragments())
@settings(max_examples=100, deadline=None)
def test_no_word_is_lost_on_the_way_to_wechat(source: str) -> None:
    def words(text: str) -> str:
        return "".join(re.findall("[党课ab𠮷<>&]", cleaning.text_of(text)))

    cleaned = cleaning.clean(source)
    assert words(compiling.for_page(cleaned)).startswith(words(cleaned))  # notes on links may follow


@pytest.mark.parametrize(
    ("given_html", "kept"),
    [
        ("<p onclick='x()'>a</p>", "<p>a</p>"),
        ("<script>x()</script><p>a</p>", "<p>a</p>"),
        ("<iframe src='http://x.cn'>b</iframe>a", "a"),
        ('<p style="position:fixed;color:red">a</p>', '<p style="color:red">a</p>'),
        ('<p style="background-image:url(javascript:x)">a</p>', "<p>a</p>"),
        ('<a href="javascript:x()">a</a>', "<a>a</a>"),
        ('<p class="MsoNormal" id="x">a<!-- c --></p>', "<p>a</p>"),
        ('<img src="data:image/png;base64,AAAA">a', "a"),
        ("<style>p{color:red}</style><p>a</p>", '<p style="color:red">a</p>'),
        ("a\x00b\x0bc", "abc"),
    ],
)
def test_cleaning_keeps_what_is_allowed_and_no_more(given_html: str, kept: str) -> None:
    assert cleaning.clean(given_html) == kept


def test_nesting_without_end_is_unwrapped_and_its_text_kept() -> None:
    deep = cleaning.clean("<section>" * 5000 + "党课" + "</section>" * 5000)
    assert cleaning.text_of(compiling.for_page(deep)) == "党课"


def test_pictures_go_to_wechats_addresses_in_bodies_and_in_backgrounds() -> None:
    body = f'<p><img src="{OURS}" width="1200" height="800"></p><section style="background-image:url({OURS})"><p>a</p></section>'
    sent = compiling.for_wechat(cleaning.clean(body), URLS)
    assert OURS not in sent
    assert sent.count(URLS[SHA]) == 2
    assert cleaning.assets_in(cleaning.clean(body)) == [SHA]
    with pytest.raises(KeyError):
        compiling.for_wechat(cleaning.clean(body), {})


def test_links_become_notes_unless_they_lead_to_wechat() -> None:
    body = '<p>见<a href="https://x.cn/a?b=1&amp;c=2">通知</a>和<a href="https://mp.weixin.qq.com/s/abc">上期</a></p>'
    sent = compiling.for_wechat(cleaning.clean(body), {})
    assert "通知<sup" in sent
    assert "[1] 通知：https://x.cn/a?b=1&amp;c=2" in sent
    assert '<a href="https://mp.weixin.qq.com/s/abc">上期</a>' in sent


def test_lists_become_paragraphs_with_real_marks() -> None:
    lines = cleaning.text_of(
        compiling.for_page("<ol start='3'><li>甲<ul><li>乙</li></ul></li><li><p>丙</p></li></ol>")
    ).splitlines()
    assert lines == ["3.甲", "◦乙", "4.丙"]


def test_layouts_of_others_are_left_as_they_are() -> None:
    layout = '<section style="padding:10px;background-color:#fff3e0"><p style="color:#333">段</p><p>落</p></section>'
    assert layout in compiling.for_page(cleaning.clean(layout))


def test_a_style_is_read_with_its_brackets_and_quotes() -> None:
    style = "background:url('a;b:c') , linear-gradient(90deg, rgba(0,0,0,.5), #fff);COLOR : red;;x"
    assert read_style(style) == {
        "background": "url('a;b:c') , linear-gradient(90deg, rgba(0,0,0,.5), #fff)",
        "color": "red",
    }


def lint(**changes: object) -> list[str]:
    fields: dict[str, object] = {
        "title": "题", "author": "", "digest": "", "html": "<p>文</p>", "cover_sha256": SHA, "source_url": "", **changes,
    }  # fmt: skip
    return [finding.message for finding in cleaning.lint(**fields, limits=LIMITS)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": " "}, "请输入标题"),
        ({"title": "题" * 33}, "标题不能超过 32 个字，当前 33 个字"),
        ({"author": "作" * 17}, "作者不能超过 16 个字，当前 17 个字"),
        ({"digest": "摘" * 121}, "摘要不能超过 120 个字，当前 121 个字"),
        ({"html": "<p> </p>"}, "请输入正文"),
        ({"html": "<p>" + "文" * 20000 + "</p>"}, "个字符，当前 20,"),
        ({"cover_sha256": None}, "请上传封面图片"),
        ({"html": '<p>文<img src="https://x.cn/a.png" alt="图"></p>'}, "正文有 1 张外部图片，发布后会丢失"),
        ({"source_url": "ftp://x"}, "原文链接应以 http:// 或 https:// 开头"),
    ],
)
def test_the_linter_names_the_limit_and_the_present_length(changes: dict[str, object], message: str) -> None:
    assert any(message in found for found in lint(**changes))


def test_fields_at_their_limits_pass() -> None:
    assert lint(title="题" * 32, author="作" * 16, digest="摘" * 120) == []


def test_wording_explains_each_hit_and_masks_personal_data() -> None:
    hits = wording.check("分散人心的事", "", "<p>联系人 13800138000，身份证 11010519491231002X，其它事项</p>")
    assert {hit.rule for hit in hits} == {"lexicon", "phone", "id_number"}
    text = "".join(hit.message for hit in hits)
    assert "建议改为“凝聚人心”" in text
    assert "13800138000" not in text
    assert "11010519491231002X" not in text
    assert [hit.serious for hit in hits] == sorted((hit.serious for hit in hits), reverse=True)


def test_a_number_that_only_looks_like_an_id_is_none() -> None:
    assert wording.check("", "", "<p>编号 110105194912310021，订单 138001380001</p>") == []


@pytest.mark.parametrize("piece", ["<div>", "<ul>", "<ul><li>", "<b>", "<table><tr><td>", "<p><span>"])
def test_elements_in_elements_without_end_are_cut_down_before_the_parser_sees_them(piece: str) -> None:
    body = piece * (200_000 // len(piece)) + "正文"
    assert max(depth(text) for text in seen_by_nh3(body)) <= 400
    assert cleaning.text_of(cleaning.clean(body)) == "正文"
    assert len(cleaning.clean(body)) <= 2 * len(body)


def depth(text: str) -> int:
    """How deep the elements of these tests stand in each other."""
    now = most = 0
    for tag in re.finditer(r"<(/?)(?:div|ul|b|table|span)\b", text):
        now += -1 if tag[1] else 1
        most = max(most, now)
    return most


def seen_by_nh3(body: str) -> list[str]:
    """What the quadratic parser is given while a body is cleaned."""
    seen: list[str] = []

    class Cleaner:
        def clean(self, text: str) -> str:
            seen.append(text)
            return real.clean(text)

    real = cleaning._CLEANER
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cleaning, "_CLEANER", Cleaner())
        cleaning.clean(body)
    return seen
