"""What people paste is cleaned within limits, whatever stands in it."""

from __future__ import annotations

import pytest

from content import cleaning, foreign, pasting
from ground.errors import Refused
from ground.fetching import Fetcher, NotFetched
from settings import WeChatLimits
from tests.ground.hostile import page, serving
from tests.hostile import images


@pytest.mark.parametrize("opening", ["<style>", "<style ", "<STYLE\t", "<img src='data:image/png;base64,"])
def test_a_hundred_thousand_openings_without_an_end_keep_nobody_waiting(opening: str) -> None:
    assert "style=" not in pasting.cleaned("<p>正文</p>" + opening * 20_000)


def test_style_sheets_still_become_inline_styles() -> None:
    body = "<STYLE media='all'>p{color:red}</Style ><p>甲</p><style>b{color:blue}</style><b>乙</b>"
    assert cleaning.clean(body) == '<p style="color:red">甲</p><b style="color:blue">乙</b>'


def test_a_body_longer_than_anybody_needs_is_refused() -> None:
    with pytest.raises(Refused, match="太长"):
        pasting.cleaned("<p>" + "字" * 500_000)


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("color:red;margin:0", {"color": "red", "margin": "0"}),
        ("background:url(a;b);color:red", {"background": "url(a;b)", "color": "red"}),
        ("font-family:'a;b';color:red", {"font-family": "'a;b'", "color": "red"}),
        ("width:calc(1px + (2px * 3))", {"width": "calc(1px + (2px * 3))"}),
        ("color:red;width:calc(1px;margin:0", {"color": "red", "width": "calc", "margin": "0"}),
    ],
)
def test_a_style_is_read_by_its_semicolons(style: str, kept: dict[str, str]) -> None:
    from content.tree import read_style

    assert read_style(style) == kept


WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>
<style>p.MsoNormal{font-family:宋体;margin:0}</style></head><body><!--[if gte vml 1]><v:shape><v:imagedata src="file:///C:/a.png"/></v:shape><![endif]-->
<p class=MsoNormal align=center><b><span style='font-size:16pt;color:navy'>通知</span></b></p>
<p class=MsoListParagraph><![if !supportLists]><span style='mso-list:Ignore'>一、<span>&nbsp;</span></span><![endif]>组织学习</p>
<p><![if !vml]><img width=300 src="file:///C:/Users/x/clip_image002.png"><![endif]></p></body></html>"""


def test_a_piece_of_word_takes_the_house_style_and_names_its_pictures_where_they_stood() -> None:
    found = pasting.pasted(WORD)
    assert "font" not in found.html
    assert "color" not in found.html
    assert '<p style="text-align:center"><b>通知</b></p>' in found.html
    assert "一、" in found.html
    assert found.html.endswith("<p>［图片未能粘贴：clip_image002.png］</p>")
    assert found.html.count("未能粘贴") == 1
    assert "clip_image002.png" in found.notices[0]


def test_a_layout_stays_as_it_looks_and_lazy_pictures_are_found() -> None:
    layout = (
        '<section powered-by="xiumi.us" style="text-align:center"><p style="color:#c00">题</p>'
        '<img src="data:image/gif;base64,R0lGOD" data-src="//mmbiz.qpic.cn/y/640?wx_fmt=png"></section>'
    )
    found = pasting.pasted(layout)
    assert '<p style="color:#c00">题</p>' in found.html
    assert '<img src="https://mmbiz.qpic.cn/y/640?wx_fmt=png">' in found.html
    assert found.notices == ()


def test_texts_and_pictures_inside_of_svg_are_kept() -> None:
    svg = (
        '<section style="margin:0"><svg viewBox="0 0 9 9"><g><text x="1">先锋<tspan>课堂</tspan></text></g>'
        '<image xlink:href="https://example.cn/a.png"/><foreignObject><p style="color:red">里层</p></foreignObject></svg>'
        "后文</section>"
    )
    found = pasting.pasted(svg)
    assert cleaning.text_of(found.html).split() == ["先锋课堂", "里层", "后文"]
    assert '<img src="https://example.cn/a.png">' in found.html


@pytest.mark.parametrize(
    ("lost", "mark"),
    [
        ('<img src="blob:https://a.cn/1" alt="合影">', "［图片未能粘贴：合影］"),
        ('<img src="data:image/png;base64,AAAA">', "［图片未能粘贴］"),
        ('<iframe src="https://v.qq.com/x/1"></iframe>', "［视频未能粘贴］"),
        ('<video src="a.mp4">您的浏览器不支持</video>', "［视频未能粘贴］"),
        ('<img src="cid:image001.jpg">', "［图片未能粘贴：cid:image001.jpg］"),
    ],
)
def test_what_is_saved_names_what_the_cleaning_took_away(lost: str, mark: str) -> None:
    kept = pasting.cleaned(f"<p>前{lost}后</p>")
    assert cleaning.text_of(kept) == f"前{mark}后"
    assert pasting.cleaned(kept) == kept
    finding = next(
        one for one in cleaning.lint(
            title="题", author="", digest="", html=kept, cover_sha256="0" * 64, source_url="", limits=WeChatLimits()
        ) if "没有粘贴进来" in one.message
    )  # fmt: skip
    assert (finding.level, finding.place) == ("error", mark)


def test_a_point_that_counts_readers_leaves_no_mark() -> None:
    assert pasting.cleaned('<p>文<img src="/t.gif" width="1" height="1"></p>') == "<p>文</p>"


def test_words_that_cannot_stay_are_counted() -> None:
    found = pasting.pasted("<p>甲</p><select><option>选项乙</option></select>")
    assert "3 个字没有粘贴进来" in found.notices[0]


def test_a_picture_of_another_site_is_copied_in() -> None:
    picture = images.plain(320, 200)
    with serving(page(picture)) as site:
        fetcher = Fetcher(
            max_bytes=foreign.MAX_BYTES, ports=frozenset({site.port}), may_connect=lambda _: True
        )
        taken = foreign.copied(f"http://127.0.0.1:{site.port}/a.png", WeChatLimits(), fetcher)
    assert (taken.width, taken.height) == (320, 200)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1/a.png", "file:///etc/passwd", "http://169.254.169.254/"]
)
def test_no_picture_is_asked_for_in_our_own_network(address: str) -> None:
    with pytest.raises(NotFetched):
        foreign.copied(address, WeChatLimits())


SHEET = "<style><!-- p.MsoNormal {margin:0} span.Secret {mso-style-name:暗; display:none; mso-hide : all} --></style>"


@pytest.mark.parametrize(
    ("piece", "notice"),
    [
        ('<p>公开<span style="display:none;mso-hide:all">勿外传</span>的话</p>', "1 处隐藏的内容没有粘贴进来：“勿外传”"),
        ("<p>公开<SPAN hidden>勿外传</SPAN>的话</p>", "隐藏"),
        ("<p>公开的话</p><p style='mso-hide:all'>勿外传<p hidden>勿外传</p>", "2 处隐藏"),
        ('<div>公开<div style="DISPLAY: none !important"><div>勿</div>外传</div>的话</div>', "隐藏"),
        ("<table><tr><td>公开的话</td></tr><tr style='height:0;display:none'><td>勿外传</td></tr></table>", "隐藏"),
        (
            '<p>公开的话<a class=msocomanchor>[甲1]</a></p><div style="mso-element:comment-list"><p>勿外传</p></div>',
            "2 处批注没有粘贴进来：“[甲1]”、“勿外传”",
        ),
        (
            SHEET + '<p class=MsoNormal>公开<span class="Secret">勿外传</span>的话</p>',
            "隐藏",
        ),
        ('<p>公开<del cite="mailto:a" datetime="2026-11-01T08:00">勿外传</del><ins>的话</ins></p>', "删去的文字"),
    ],
)  # fmt: skip
def test_what_its_own_page_did_not_show_stays_out_and_is_named(piece: str, notice: str) -> None:
    found = pasting.pasted(piece)
    assert "".join(cleaning.text_of(found.html).split()) == "公开的话"
    assert any(notice in one for one in found.notices)


@pytest.mark.parametrize(
    "piece",
    [
        '<div id="js_content" style="visibility:hidden;opacity:0"><p>公开的话</p></div>',
        '<p aria-hidden="true">公开的话</p>',
        '<p style="overflow:hidden">公开的话</p>',
        "<!-- <div hidden> --><div>公开的话</div>",
        "<p><del>公开的话</del></p>",
        "<span hidden>公开的话",
    ],
)
def test_what_only_seems_hidden_is_pasted(piece: str) -> None:
    found = pasting.pasted(piece)
    assert cleaning.text_of(found.html) == "公开的话"
    assert found.notices == ()


def test_a_formula_is_pasted_as_a_line_of_text() -> None:
    formula = (
        "<math><mi>x</mi><mo>=</mo><mfrac><mn>1</mn><mrow><mi>a</mi><mo>+</mo><mn>2</mn></mrow></mfrac>"
        "<msup><mi>m</mi><mn>2</mn></msup><msqrt><mn>9</mn></msqrt><annotation>tex</annotation></math>"
    )
    found = pasting.pasted(f"<p>由{formula}得</p>")
    assert found.html == "<p>由x=1/(a+2)m<sup>2</sup>√9得</p>"
    assert found.notices == ("1 个公式按文字粘贴，请核对",)


def test_a_picture_that_names_its_sizes_alone_is_found() -> None:
    found = pasting.pasted('<p><img srcset="https://a.cn/1.png 1x, https://a.cn/2.png 2x"></p>')
    assert '<img src="https://a.cn/1.png">' in found.html


def test_ticks_and_picture_buttons_of_a_page_stay() -> None:
    found = pasting.pasted(
        '<ul><li><input type="checkbox" checked>已办</li><li><input type=checkbox>待办</li></ul>'
        '<input type="image" src="https://a.cn/1.png"><input type="hidden" value="x">'
    )
    assert cleaning.text_of(found.html).split() == ["☑已办", "☐待办"]
    assert '<img src="https://a.cn/1.png">' in found.html


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        ("cjk-ideographic", "<p>二、甲</p><p>三、乙</p>"),
        ("simp-chinese-formal", "<p>贰、甲</p><p>叁、乙</p>"),
        ("decimal-leading-zero", "<p>02. 甲</p><p>03. 乙</p>"),
        ("upper-roman", '<ol start="2" type="I"><li>甲</li><li>乙</li></ol>'),
        ("disc", '<ol start="2"><li>甲</li><li>乙</li></ol>'),
    ],
)
def test_a_pasted_list_keeps_its_kind_of_number(style: str, shown: str) -> None:
    items = f'<li style="list-style-type:{style}">甲</li><li style="list-style-type:{style}">乙</li>'
    for piece in (
        f'<ol start="2">{items}</ol>',
        f'<ol start="2" style="list-style-type: {style}"><li>甲</li><li>乙</li></ol>',
    ):
        assert pasting.pasted(piece).html == shown


def test_a_numbered_item_keeps_its_number_whatever_it_holds() -> None:
    style = ' style="list-style-type:cjk-ideographic"'
    nested = f"<ol{style}><li><p>甲</p><p>补充</p></li><li>乙<ul><li>细目</li></ul></li></ol>"
    assert pasting.pasted(nested).html == "<p>一、甲</p><p>补充</p><p>二、乙</p><ul><li>细目</li></ul>"


@pytest.mark.parametrize(
    "piece", ["<ol><li value=5>甲</li></ol>", "<ol reversed><li>甲</li><li>乙</li></ol>"]
)
def test_numbers_that_a_list_of_wechat_cannot_have_are_named(piece: str) -> None:
    assert "按顺序编号" in " ".join(pasting.pasted(piece).notices)
    assert not pasting.pasted("<ol start=3><li>甲</li></ol>").notices
