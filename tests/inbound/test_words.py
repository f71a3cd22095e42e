"""The words that messages are understood by are data: they can be read, held against each other and added to."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ground.errors import Refused
from runtime import build
from settings import Settings
from tests.fixtures.configuration import make_settings
from wechat.inbound.numbered import is_numbered
from wechat.language import lexicon
from wechat.language.intents import Kind, understand
from wechat.language.spelling import compact, normalise

DATA = Path(lexicon.__file__).parent / "data"


def said(name: str) -> list[tuple[str, str]]:
    """``(head, word)`` of a file of words."""
    head, found = "", []
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            head = line[1:].partition("]")[0]
        elif line and not line.startswith("#"):
            found += [(head, word) for word in line.split()]
    return found


@pytest.mark.parametrize("name", ["phrases.txt", "words.txt"])
def test_a_word_stands_once_and_in_the_spelling_in_which_it_is_looked_for(name: str) -> None:
    words = said(name)
    assert [word for word, times in Counter(word for _, word in words).items() if times > 1] == []
    assert [word for _, word in words if compact(word) != word] == []


def test_the_rules_speak_of_marks_that_words_have() -> None:
    marks = {head for head, _ in said("words.txt")} | {"@in"}
    assert {mark for _, mark in said("rules.txt")} <= marks


def test_an_office_adds_its_own_words_and_a_slip_in_them_stops_nothing(tmp_path: Path) -> None:
    settings: Settings = make_settings(server={"data_dir": str(tmp_path)})
    list_of_own = tmp_path / lexicon.OFFICE_FILE
    try:
        list_of_own.write_text(
            "# 本地说法\n[large]\n跟蚂蚁似的\n[courtesy]\n劳您大驾\n[object]\n签到糖\n", encoding="utf-8"
        )
        build(settings).close()
        assert understand("跟蚂蚁似的").kind is Kind.LARGE
        assert understand("劳您大驾，签到") == understand("签到")
        assert understand("签到糖真甜").kind is Kind.UNKNOWN
        list_of_own.write_text("[没有这一类]\n跟蚂蚁似的\n", encoding="utf-8")
        build(settings).close()
        assert understand("跟蚂蚁似的").kind is not Kind.LARGE
        assert understand("签到").kind is Kind.CHECKIN
        with pytest.raises(Refused, match="没有“没有这一类”这一类"):
            lexicon.of_office(list_of_own)
    finally:
        lexicon.follow(tmp_path / "none.txt")


def test_a_file_in_another_encoding_is_refused_in_chinese(tmp_path: Path) -> None:
    path = tmp_path / lexicon.OFFICE_FILE
    path.write_bytes("[large]\n大些\n".encode("gb18030"))
    with pytest.raises(Refused, match="UTF-8"):
        lexicon.of_office(path)


def test_slips_of_keyboard_and_voice_are_heard_as_what_they_sound_like() -> None:
    for slip, kind in (
        ("推定", Kind.MUTE), ("解梆", Kind.UNBIND), ("学席园弟", Kind.STUDY), ("榜顶", Kind.BIND),
        ("前道", Kind.CHECKIN), ("qaindao", Kind.CHECKIN), ("qiandsao", Kind.CHECKIN), ("簽 到", Kind.CHECKIN),
    ):  # fmt: skip
        assert understand(slip).kind is kind, slip
    for word in ("打字", "统一", "抢到了", "千岛湖"):
        assert understand(word).kind not in (Kind.LARGE, Kind.CONSENT, Kind.CHECKIN), word


def test_a_face_of_wechat_takes_nothing_of_the_word_behind_it() -> None:
    assert normalise("/:roseqiandao") == "qiandao"
    assert normalise("/::)签到/:strong") == "签到"


def test_a_numbered_list_is_known_by_its_lines() -> None:
    for text in ("指南：\n1. 窗口", "一、到窗口\n二、交材料", "（1）窗口", "① 窗口", "开饭\n1 早餐\n2 午餐"):
        assert is_numbered(text), text
    for text in (
        "",
        "已签到：党日\n5 分钟内回复“撤销”可以取消",
        "1 个名额",
        "11月24日 党日",
        "一会儿见",
        "2 早餐\n1 天",
    ):
        assert not is_numbered(text), text
