"""A table of states and steps holds together, and says in words what cannot be done."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest

from ground.errors import Conflict
from ground.life import Life, Step


class Lamp(StrEnum):
    OFF = "off"
    ON = "on"
    BROKEN = "broken"


class Other(StrEnum):
    GLOWING = "glowing"


WORDS: dict[StrEnum, str] = {Lamp.OFF: "关着", Lamp.ON: "亮着", Lamp.BROKEN: "坏了"}
SWITCH = Step("lamp.switch", "开灯", frozenset({Lamp.OFF}), Lamp.ON)
BREAK = Step("lamp.break", "弄坏", frozenset({Lamp.ON}), Lamp.BROKEN, refusal="灯{label}，弄不坏")


def lamp(**changes: Any) -> Life[Lamp]:
    return Life(Lamp, **{"noun": "灯", "labels": WORDS, "steps": [SWITCH, BREAK], **changes})


def test_a_step_is_allowed_from_its_sources_alone() -> None:
    assert lamp().allows("lamp.switch", Lamp.OFF)
    assert lamp().allows("lamp.switch", "off")
    assert not lamp().allows("lamp.switch", "on")
    assert lamp().require("lamp.switch", "off") is SWITCH


def test_a_refusal_names_the_thing_its_state_and_what_cannot_be_done() -> None:
    with pytest.raises(Conflict, match=r"^灯当前为“坏了”，不能开灯$"):
        lamp().require("lamp.switch", Lamp.BROKEN)
    with pytest.raises(Conflict, match=r"^灯当前为“闪着”，不能开灯$"):
        lamp().require("lamp.switch", Lamp.BROKEN, label="闪着")


def test_a_step_may_refuse_in_words_of_its_own() -> None:
    with pytest.raises(Conflict, match=r"^灯关着，弄不坏$"):
        lamp().require("lamp.break", Lamp.OFF)


def test_each_state_has_its_word_and_what_is_no_state_has_none() -> None:
    assert [lamp().label(state) for state in Lamp] == ["关着", "亮着", "坏了"]
    with pytest.raises(ValueError, match="glowing"):
        lamp().label("glowing")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": {Lamp.OFF: "关着", Lamp.ON: "亮着"}}, "no word for"),
        ({"labels": {**WORDS, Lamp.ON: ""}}, "no word for"),
        ({"labels": {**WORDS, Other.GLOWING: "微亮"}}, "unknown states"),
        ({"steps": [SWITCH, BREAK, Step("lamp.glow", "微亮", frozenset({Other.GLOWING}), Lamp.ON)]}, "unknown states"),
        ({"steps": [SWITCH, BREAK, SWITCH]}, "two steps are called lamp.switch"),
        ({"steps": [SWITCH]}, "no step leads to"),
        ({"steps": [SWITCH, BREAK], "later": [Lamp.BROKEN]}, "which is not of later"),
        ({"steps": [SWITCH, BREAK, Step("lamp.dream", "做梦", frozenset(), Lamp.ON)]}, "start nowhere"),
    ],
)  # fmt: skip
def test_a_table_that_does_not_hold_together_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        lamp(**changes)


def test_a_state_whose_steps_are_to_come_needs_none_yet() -> None:
    assert lamp(steps=[SWITCH], later=[Lamp.BROKEN]).label("broken") == "坏了"
