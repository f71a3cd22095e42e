"""No text from outside keeps a regular expression busy: dangerous shapes are found in the code itself."""

from __future__ import annotations

import pytest

from scripts import patterns


def test_no_pattern_of_the_product_takes_more_than_linear_time_without_a_bound() -> None:
    assert patterns.faults() == []


@pytest.mark.parametrize(
    ("text", "uses", "problem"),
    [
        (r"(?:a*b?)*", "match", "nested"),
        (r"\s*[^>]*x", "match", "adjacent"),
        (r"<style\b[^>]*>(.*?)</style\s*>", "findall", "sought"),
        (r'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})"', "findall", "sought"),
        (rb"<w:(?:ins|del)\s[^>]*w:(?:id|author)=", "search", "sought"),
        (r";(?![^(]*\))", "split", "sought"),
    ],
)
def test_a_dangerous_shape_is_found(text: str | bytes, uses: str, problem: str) -> None:
    assert problem in patterns.Pattern("a.py", 1, "", text, {uses}).problems


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        (r"^(-?\d+(?:\.\d+)?)px$", "match"),
        (r"<code[^<>]*>", "sub"),
        (r"[0-9a-f]{64}", "fullmatch"),
        (r"<style(?=[\s/>])", "search"),
    ],
)
def test_a_harmless_one_is_left_alone(text: str, uses: str) -> None:
    assert patterns.Pattern("a.py", 1, "", text, {uses}).problems == []
