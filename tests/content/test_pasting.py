"""What people paste is cleaned within limits, whatever stands in it."""

from __future__ import annotations

import pytest

from content import cleaning, pasting
from ground.errors import Refused


@pytest.mark.parametrize("opening", ["<style>", "<style ", "<STYLE\t", "<img src='data:image/png;base64,"])
def test_a_hundred_thousand_openings_without_an_end_keep_nobody_waiting(opening: str) -> None:
    assert "style" not in pasting.cleaned("<p>正文</p>" + opening * 20_000)


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
