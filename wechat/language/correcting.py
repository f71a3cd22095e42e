"""更正 and what is to be corrected: a message that begins with the word and names a thing of the roster, or sets it apart.

Also without the word: a phone number that is said to be another now, and one's own name, branch or duty that is said to be wrong.
"""

from __future__ import annotations

import re

from wechat.language.kinds import Intent, Kind

WORDS = ("更正", "改正", "纠正")
"""A message without one of these is not about it."""
_BEGINS = re.compile(r"(?:请|我要|我想|申请|麻烦)?(?:更正|改正|纠正)(?:一下)?(?:我的)?")
_THINGS = ("姓名", "名字", "手机", "电话", "号码", "性别", "党支部", "支部", "网格", "社区", "入党", "职务")
_LONGEST = 200
_PHONE = re.compile(
    r"(?:(?:手机|电话|号码|号|联系方式).{0,4}?(?:改|换|变|更新|应为|应该|应是|错|停|不用)|(?:改|换|变|更新)[^0-9]{0,4}号|新的?(?:手机|电话|号))"
    r"[了为成到是的新号码手机电话，,、。：: 现在用目前如下请改]{0,12}"
    r"1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9])"
)
_OWN = re.compile(
    r"(?:^(?:姓名|名字|性别)|(?:我的?|本人的?)(?:姓名|名字|性别|所在支部|所在党支部|党支部|支部|入党时间|入党日期|党内职务|职务))"
    r"[^，。！？?]{0,6}?，?"
    r"(?:改成|改为|改到|换成|换为|换到|变成|变更为|变更成|变为|更新为|更新成|修改为|修改成|应该是|应该为|应为|应是)[:： ]?\S"
)
_NOT_OWN = re.compile("绑|签到|补签")


def changed(text: str) -> Intent | None:
    """我的手机号改成139…: the whole message, which is asked back before it is handed on. None where no new value stands in it."""
    tidy = " ".join(text.split())
    if _NOT_OWN.search(tidy) or len(tidy) > _LONGEST:
        return None
    return Intent(Kind.CORRECT, tidy) if _PHONE.search(tidy) or _OWN.search(tidy) else None


def read(text: str) -> Intent | None:
    """``更正 手机 139…``: the text behind the word. None where nothing is named: 更正声明, 更正一下，我到了."""
    tidy = " ".join(text.split())
    begun = _BEGINS.match(tidy)
    if begun is None:
        return None
    behind = tidy[begun.end() :]
    said = behind.lstrip(" :：")
    if not said or (behind == said and not said.startswith(_THINGS)):
        return None
    return Intent(Kind.CORRECT, said[:_LONGEST])
