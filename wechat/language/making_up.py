"""补签 with its reason."""

from __future__ import annotations

import re

from wechat.language.kinds import Intent, Kind
from wechat.language.parts import Parts

_COMMAND = re.compile(
    r"补 ?(?:一下|个|一个)? ?(?:签[到道倒导稻]|[签千仟迁谦前欠铅]到|[签千仟迁谦]|打卡|卡)(?:一下|下)?|bq|buqian"
)
"""签, and what a keyboard or a voice recognition makes of it."""
_LEAD = re.compile(r"原因|理由|因为|由于|是|:")
_ENDS = ("谢谢", "吧", "啊", "了", "可以吗", "吗", "申请", "一次")
_MOST = 60


def make_up(spaced: str, parts: Parts) -> Intent:
    """The intent, with the reason where one stands behind the word and nothing is asked."""
    found = _COMMAND.search(spaced)
    if found is None or not parts.marks.isdisjoint(("ask", "how")):
        return Intent(Kind.MAKE_UP)
    reason = spaced[found.end() :].strip()
    while (lead := _LEAD.match(reason)) is not None:
        reason = reason[lead.end() :].strip()
    return Intent(Kind.MAKE_UP, "" if reason in _ENDS else reason[:_MOST])
