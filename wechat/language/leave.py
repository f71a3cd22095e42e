"""请假: somebody says that they will not come to an activity; and 销假, that they will after all."""

from __future__ import annotations

import re

from wechat.language.kinds import Intent, Kind
from wechat.language.spelling import normalise

_ASKS = re.compile(r"请 ?(?:一?[个次])?[病事]?假|告个?假")
_BACK = re.compile(r"(?:撤[销回]|取消|收回|不) ?请 ?(?:一?[个次])?[病事]?假|销假")
_OTHERS = re.compile(r"签到|打卡|报到|签|[怎吗么嘛]|如何|能不能|可不可以|[他她]|规定|制度|几天")
"""Beside these it is something else: a question, a story, 今天请假不签到."""
_NAMES = re.compile(
    r"^(?:我|本人|今天|明天|后天|今晚|明晚|要|想|需要|得|向|跟|和|书记|组织|支部|同志|您好|你好|申请| )*$"
)
_LEAD = re.compile(r"^(?:原因|理由|因为|由于|是|一下|一天|一次|了|[:：]| )+")
_ENDS = frozenset(("", "谢谢", "吧", "啊", "了", "去", "没去", "不来", "不去", "不来了", "不去了"))
_MOST = 60


def read(text: str) -> Intent | None:
    """请假 with its reason behind it and what it is from before it; 销假; None for everything else.

    ``Intent.text`` of leave is the reason; what stands before the word (the name of an activity, as a rule) comes in ``tail``.
    """
    said = normalise(text[:200])
    if _BACK.search(said) and len(said) <= 20:
        return Intent(Kind.LEAVE_BACK)
    found = _ASKS.search(said)
    if found is None or _OTHERS.search(said):
        return None
    before, behind = said[: found.start()].strip(), said[found.end() :].strip()
    behind = _LEAD.sub("", behind)
    about = "" if _NAMES.fullmatch(before) else before
    reason = "" if behind in _ENDS else behind
    if (
        about
        and not reason
        and any(word in about for word in ("因", "病", "有事", "家里", "出差", "外地", "不舒服"))
    ):
        about, reason = "", about  # 家里有事，请假
    return Intent(Kind.LEAVE, reason[:_MOST], tail=about[:_MOST])
