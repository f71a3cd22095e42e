"""Posters are read by a phone's camera and by people, whatever the title is made of."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from PIL import Image

from ground.paper.poster import WIDTH, Words, known, png

LINK = "https://pioneer.example/m/a/1234?f=2s-kit-7-0a1b2c3d4e5f"
TITLES = {
    "short": "招募启事",
    "very long": "关于在全街道各党支部开展“学习贯彻全会精神、争做新时代先锋”主题党日活动并同步做好冬季走访慰问工作的通知"
    "（含各支部报名方式、时间安排和联系人），请各支部书记于本周五下班前转告全体党员，不能参加的请提前请假并说明原因",
    "Latin and numbers": "2026 年度 COVID-19 & Influenza vaccination：第3批名单 https://example.org/an/address/without/a/place/to/break",
    "quotes and marks": "《“我为群众办实事”——〈为民服务清单〉（第12期）》：“小院议事会”：大家的事，大家商量着办！",
    "emoji and rare": "🎉社区运动会🏃\u200d♂️开幕❤️：龘𠮷𪚥村与㙍家湾\U0002cb75的友谊赛👨\u200d👩\u200d👧\u200d👦",
}


def words(title: str) -> Words:
    return Words(
        head="第一党支部",
        label="先锋动态",
        title=title,
        date="2026年11月30日",
        text="本周六上午九点，社区广场，大家一起种树、清理楼道、走访老人，欢迎各位党员和居民参加。",
        hint="长按识别二维码\n阅读全文",
        foot="时代先锋云",
        code=LINK,
    )


@pytest.mark.parametrize("kind", TITLES)
def test_its_code_leads_to_the_page_and_nothing_lies_beside_the_paper(kind: str) -> None:
    picture = Image.open(io.BytesIO(png(words(TITLES[kind]))))
    assert (picture.format, picture.width) == ("PNG", WIDTH)
    assert 900 < picture.height < 1400, "it is read on a phone without turning it"
    grey = picture.convert("L")
    assert [one.text for one in zxingcpp.read_barcodes(grey)] == [LINK]
    below_band = grey.crop((0, 140, WIDTH, grey.height))
    inked = below_band.point(lambda value: 255 if value < 160 else 0).getbbox()
    assert inked is not None
    assert inked[0] >= 50, "every line keeps its margin"
    assert inked[2] <= WIDTH - 50


def test_a_photo_of_a_screen_is_small_and_still_read() -> None:
    small = Image.open(io.BytesIO(png(words(TITLES["short"])))).convert("L")
    small = small.resize((360, small.height * 360 // small.width))
    assert [one.text for one in zxingcpp.read_barcodes(small)] == [LINK]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("🎉社区运动会🏃\u200d♂️开幕❤️", "社区运动会开幕"),
        ("龘家村", "龘家村"),
        ("\U0002cb75家湾", "〓家湾"),
        ("第\u200b一\ufeff期 \n 上", "第一期 上"),
        ("“小院”—〈议事〉2026 COVID-19", "“小院”—〈议事〉2026 COVID-19"),
    ],
)
def test_what_the_font_has_not_got_is_left_out_or_marked(text: str, shown: str) -> None:
    assert known(text) == shown


def test_a_title_that_is_too_long_says_that_it_goes_on_and_differs_from_one_that_fits() -> None:
    endless = png(words("很长的标题" * 60))
    assert Image.open(io.BytesIO(endless)).height < 1400
    assert endless != png(words("很长的标题" * 3))
