"""Word files as offices hand them in: nothing of them is lost in silence, and what they show is what comes in."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from content import cleaning
from content.importing import WordDraft, read_word
from content.tree import parse
from settings import WeChatLimits

HARD = Path(__file__).parents[1] / "data" / "hard"
TRUTH: dict[str, Any] = json.loads((HARD / "words.truth.json").read_text(encoding="utf-8"))
LIMITS = WeChatLimits()


@cache
def draft_of(name: str) -> WordDraft:
    return read_word((HARD / name).read_bytes(), name, LIMITS, upload_mb=60, column_key="study")


def seen(draft: WordDraft) -> str:
    """The text as readers see it, line by line, white space ignored."""
    return "\n".join("".join(line.split()) for line in cleaning.text_of(draft.html).splitlines())


def faults(draft: WordDraft, truth: dict[str, Any]) -> list[str]:
    """What of a truth is not so."""
    text, warnings = seen(draft), "\n".join(draft.warnings)
    wrong = [f"no text {one}" for one in truth.get("text", []) if "".join(one.split()) not in text]
    wrong += [f"text {one}" for one in truth.get("no", []) if "".join(one.split()) in text]
    if "any" in truth and not any(all(one in text for one in all_of) for all_of in truth["any"]):
        wrong.append("none of any")
    if "title" in truth and draft.title != truth["title"]:
        wrong.append("title")
    wrong += [f"title lacks {one}" for one in truth.get("title_has", []) if one not in draft.title]
    if "warn" in truth and not any(one in warnings for one in truth["warn"]):
        wrong.append("no warning")
    if "pics" in truth and not len(draft.pictures) == draft.html.count("<img") == truth["pics"]:
        wrong.append("pictures")
    if "either" in truth:
        either = [faults(draft, {key: value}) for key, value in truth["either"].items()]
        wrong += [] if [] in either else either[0]
    return wrong


@pytest.mark.parametrize("name", TRUTH)
def test_a_hard_file_comes_in_as_it_is(name: str) -> None:
    draft = draft_of(name)
    assert faults(draft, TRUTH[name]) == []
    assert not any("核对发现" in one for one in draft.warnings)
    assert cleaning.clean(draft.html) == draft.html


def opened(name: str) -> Image.Image:
    (picture,) = draft_of(name).pictures
    return Image.open(io.BytesIO(picture.data)).convert("RGB")


def test_a_cropped_picture_shows_what_was_left_of_it() -> None:
    image = opened("pic_crop.docx")
    assert image.size == (300, 400)
    red, green, blue = image.getpixel((150, 200))  # type: ignore[misc]
    assert green > max(red, blue)


def test_a_picture_of_sixteen_bits_keeps_its_greys() -> None:
    assert abs(opened("pic_16bit.docx").getpixel((5, 5))[0] - 156) <= 2  # type: ignore[index]


def test_cells_of_a_row_that_begins_later_stand_under_their_heads() -> None:
    rows = parse(draft_of("table_gridbefore.docx").html).all("tr")
    assert [cell.text().strip() for cell in rows[2].all("td", "th")] == ["", "甲组", "乙组"]
