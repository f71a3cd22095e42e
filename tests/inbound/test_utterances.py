"""What followers type is understood, and who did not ask to check in is not checked in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wechat.language import names
from wechat.language.intents import Kind, normalise, understand

LIST = Path(__file__).parents[1] / "data/utterances.jsonl"


def utterances() -> list[dict[str, Any]]:
    return [json.loads(line) for line in LIST.read_text(encoding="utf-8").splitlines()]


def is_right(wanted: dict[str, Any]) -> bool:
    intent = understand(wanted["say"])
    same = (intent.kind, intent.tail, intent.number) == (
        wanted["mean"],
        wanted.get("tail", ""),
        wanted.get("number", 0),
    )
    if intent.kind == Kind.BIND:
        name = wanted.get("name", "")
        return same and names.standing(intent.text, [name]) == [0][: len(name)]
    return same and (intent.kind == Kind.HELP or intent.text == wanted.get("text", ""))


def test_at_least_98_of_100_utterances_are_understood() -> None:
    listed = utterances()
    wrong = [wanted["say"] for wanted in listed if not is_right(wanted)]
    assert len(listed) >= 500
    assert len(wrong) <= len(listed) * 0.02, wrong


def test_nobody_is_checked_in_who_did_not_ask_and_none_to_another_activity() -> None:
    for wanted in utterances():
        intent = understand(wanted["say"])
        if intent.kind == Kind.CHECKIN:
            assert wanted["mean"] == Kind.CHECKIN, wanted
            assert intent.text == wanted.get("text", ""), wanted


def test_no_refusal_question_or_errand_is_a_check_in() -> None:
    for text in (
        "我不签到了",
        "签到怎么弄",
        "今天不去签到",
        "帮老李签到",
        "大家记得签到",
        "昨天忘了签到",
        "签错了",
    ):
        assert understand(text).kind != Kind.CHECKIN, text


def test_one_spelling_for_all_ways_to_type() -> None:
    assert normalise("　簽\u200b 到 ！😀/:rose[微笑]") == "签 到"
    assert normalise("ＱＤ") == "qd"


def test_nothing_that_can_be_typed_is_too_much() -> None:
    for text in ("", " ", "\x00", "签" * 5000, "]]>" * 500, "😀" * 600, "/:" * 900, "\ud800", "1" * 4000):
        understand(text)
