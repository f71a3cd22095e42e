"""Marks of secrecy are one list: what the import warns of, the check of an article sees as well."""

from __future__ import annotations

import pytest

from content import wording
from content.importing import read_word
from content.secrecy import MARKS, marks_in
from settings import WeChatLimits
from tests.content.words import paragraph, word

CERTAIN = ["机密★1年", "秘密 ★", "绝密☆", "机密*5年", "密级：秘密", "密级 : 机密"]
SUSPECTED = ["绝密", "秘密", "机密 10年", "秘密三年"]
INTERNAL = ["内部资料", "不得外传", "注意保存"]
SENTENCE = "社区党员到网格走访居民，了解老人冬季取暖的情况，并把问题带回支部商量。"


def checked(text: str) -> list[wording.Hit]:
    return wording.check("关于走访的通知", "走访", f"<p>{text}</p><p>{SENTENCE}</p>")


def imported(text: str) -> str:
    data = word(paragraph("关于走访的通知") + paragraph(text) + paragraph(SENTENCE))
    return "\n".join(read_word(data, "a.docx", WeChatLimits(), upload_mb=10).warnings)


@pytest.mark.parametrize("text", CERTAIN)
def test_a_mark_stops_the_submission_and_is_announced_at_the_import(text: str) -> None:
    hits = [hit for hit in checked(text) if hit.rule == "secret"]
    assert hits
    assert hits[0].serious
    assert "密级标志" in imported(text)


@pytest.mark.parametrize("text", SUSPECTED)
def test_what_may_be_a_mark_is_shown_to_a_person_in_both_places(text: str) -> None:
    assert [(hit.serious, hit.count) for hit in checked(text) if hit.rule == "secret"] == [(False, 1)]
    assert "密级标志" in imported(text)


@pytest.mark.parametrize("text", INTERNAL)
def test_words_of_internal_papers_are_shown_in_both_places(text: str) -> None:
    assert [(hit.shown, hit.serious) for hit in checked(text) if hit.rule == "internal"] == [(text, False)]
    assert f"“{text}”字样" in imported(text)


@pytest.mark.parametrize("text", ["党员学习保守国家秘密的规定，懂得机密文件的管理要求。", "他保守秘密多年。"])
def test_ordinary_talk_about_secrets_is_no_mark(text: str) -> None:
    assert marks_in(text) == []
    assert "密级" not in imported(text)


def test_every_kind_of_mark_has_an_example_here() -> None:
    for mark in MARKS:
        assert any(mark.pattern.search(text) for text in (*CERTAIN, *SUSPECTED, *INTERNAL))


def test_a_mark_is_counted_as_often_as_it_stands_there_and_not_where_it_is_part_of_a_word() -> None:
    (found,) = marks_in("秘密\n保守国家秘密\n秘密\n")
    assert (found.text, found.count) == ("秘密", 2)
