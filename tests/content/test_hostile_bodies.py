"""Hostile bodies by every road: nothing but the allow-list stays, the words do, and cleaning again changes nothing.

``HOSTILE_SEED`` and ``HOSTILE_COUNT`` try others than the usual ones.
"""

from __future__ import annotations

import os
import re
from html import escape

import pytest

from content import cleaning, compiling, importing
from content.tree import parse
from tests.content.conftest import LIMITS, Office
from tests.content.hostile import Hostile, bodies
from tests.content.words import paragraph, word

SEED = int(os.environ.get("HOSTILE_SEED", "8"))
COUNT = int(os.environ.get("HOSTILE_COUNT", "300"))
HOSTILE = bodies(SEED, COUNT)

# Written out here on purpose, not taken from the code under test.
NAMES = {
    "style", "align", "title", "href", "src", "alt", "width", "height", "colspan", "rowspan", "valign", "scope", "border",
    "cellpadding", "cellspacing", "span", "start", "type", "color",
}  # fmt: skip
OF_THE_HOUSE = {("section", "data-house")}
TAGS = {
    "section", "p", "span", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "b", "em", "i", "u", "s", "del",
    "blockquote", "ul", "ol", "li", "table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td",
    "th", "figure", "figcaption", "header", "footer", "aside", "article", "nav", "main", "mark", "small", "sub",
    "sup", "q", "abbr", "center", "big", "br", "hr", "pre", "code", "div", "img", "a", "font",
}  # fmt: skip
ADDRESS = re.compile(r"https?://[^\s\\<>\"'`]+|/m/asset/[0-9a-f]{64}[\w?#=&%.-]*")
BAD_STYLE = re.compile(
    r"script|expression|behavior|binding|position\s*:|image-set|element\(|attr\(|var\(|@|\\|/\*|[{}<>&]", re.I
)


def faults(body: str, *, compiled: bool = False) -> list[str]:
    """What in a body could act."""
    found = []
    for node in parse(body).elements():
        if node.tag not in TAGS:
            found.append(f"<{node.tag}>")
        for name, value in node.attrs.items():
            if name not in NAMES and not (compiled and (node.tag, name) in OF_THE_HOUSE):
                found.append(f"{node.tag} {name}={value}")
            if name in ("href", "src") and not ADDRESS.fullmatch(value):
                found.append(f"{name}={value}")
            if name in ("colspan", "rowspan", "span", "border", "start") and not re.fullmatch(
                r"-?\d{1,5}", value
            ):
                found.append(f"{name}={value}")
            if name == "style":
                for inside in re.findall(r"url\(\s*'?([^')]*)", value):
                    if not ADDRESS.fullmatch(inside.strip()):
                        found.append(f"style url {inside}")
                if BAD_STYLE.search(re.sub(r"url\([^)]*\)|background-position", "", value)):
                    found.append(f"style={value}")
    return found


@pytest.mark.parametrize("one", HOSTILE, ids=lambda one: one.kind)
def test_of_a_hostile_body_nothing_stays_that_could_act(one: Hostile) -> None:
    cleaned = cleaning.clean(one.body)
    assert faults(cleaned) == [], one.body
    assert cleaning.clean(cleaned) == cleaned, one.body
    if one.kind not in (
        "active",
        "foreign",
        "mutating",
    ):  # of those a parser may take the words for a script's or a title's
        assert one.words in cleaning.text_of(cleaned), one.body


@pytest.mark.parametrize("one", HOSTILE[::3], ids=lambda one: one.kind)
def test_a_hostile_body_that_is_stored_already_comes_out_clean(one: Hostile) -> None:
    for compiled in (compiling.for_page(one.body), compiling.for_wechat(one.body, compiling.StandInUrls())):
        assert faults(compiled, compiled=True) == [], one.body


def test_hostile_bodies_saved_and_pasted_are_stored_clean(office: Office) -> None:
    article = office.draft(html="<p>空</p>")
    for one in HOSTILE[:60]:
        article = office.save(article, html=one.body + "<p>正文</p>")
        assert faults(article.html) == [], one.body


def test_hostile_texts_in_a_word_file_stay_texts() -> None:
    lines = ["一次平常的通知", *(re.sub(r"[\x00-\x1f]", "", f"{one.body}。") for one in HOSTILE)]
    draft = importing.read_word(
        word("".join(paragraph(escape(line)) for line in lines)), "通知.docx", LIMITS, upload_mb=60
    )
    assert faults(draft.html) == []
    text = cleaning.text_of(draft.html)
    assert all(one.words in text for one in HOSTILE)
    assert "data-hx-post" in text  # as words, not as an attribute


def test_a_block_from_a_layout_editor_looks_as_before() -> None:
    block = (
        "<section style='margin:10px 0;text-align:center'><section style='display:inline-block;padding:6px 18px;border:1px solid "
        "#c8102e;border-radius:4px;background-image:linear-gradient(90deg, rgba(200,16,46,0.9), #fff);box-shadow:0 2px 6px "
        "rgba(0,0,0,0.2);transform:rotate(-2deg)' data-role='outer' data-tools='135编辑器' class='_135editor' data-id='94563'>"
        "<p style='letter-spacing:1.5px;font-size:16px;color:rgb(255, 255, 255)' data-brushtype='text'>学习园地</p></section>"
        "<img data-src='https://mmbiz.qpic.cn/a/0?wx_fmt=png' data-ratio='0.5' style='width:100%' class='rich_pages'></section>"
    )
    cleaned = cleaning.clean(block)
    assert faults(cleaned) == []
    for kept in (
        "border-radius:4px", "linear-gradient(90deg, rgba(200,16,46,0.9), #fff)", "transform:rotate(-2deg)",
        "letter-spacing:1.5px", "color:rgb(255, 255, 255)", "box-shadow:0 2px 6px rgba(0,0,0,0.2)", "学习园地",
        'src="https://mmbiz.qpic.cn/a/0?wx_fmt=png"',
    ):  # fmt: skip
        assert kept in cleaned
