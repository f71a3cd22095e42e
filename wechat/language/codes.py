"""签到 and the four digits of the screen."""

from __future__ import annotations

import re

from wechat.language.spelling import normalise

_BEFORE = re.compile(
    r"(?:我?要?来?签到|打卡|报到|qd|qiandao|口令|验证码)(?:码|号|口令)? ?(?:是|为)? ?((?:\d ?){3}\d)"
)
_BEHIND = re.compile(r"((?:\d ?){3}\d)(?: ?我?要?)(?:签到|打卡|报到|qd|qiandao)")


def code_in(text: str) -> str | None:
    """The digits of ``签到 1234``, ``签到码：１２３４``, ``1234 签到``; None where more or less is said."""
    if len(text) > 30:
        return None
    said = normalise(text)
    found = _BEFORE.fullmatch(said) or _BEHIND.fullmatch(said)
    return found[1].replace(" ", "") if found else None
