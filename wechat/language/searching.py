"""搜 垃圾分类: somebody looks for an article."""

from __future__ import annotations

import re
from unicodedata import normalize

from wechat.language.kinds import Intent, Kind

_ASKS = re.compile(
    r"^(?:(?:帮我|我想|我要|请|麻烦)?(?:搜索|搜一下|搜一搜|搜搜|搜(?![救集寻查身捕罗刮]))(?:一下)?"
    r"|(?:查找|查|找)(?=[ :：，,]))"
    r"(.*)$",
    re.S,
)
"""查 and 找 begin so much else (查签到, 找书记) that they count only with something to part them from what is looked for."""
_OTHERS = re.compile(r"签到|打卡|补签|报到|绑定")
_BETWEEN = " :：，,"
_MOST = 300


def read(text: str) -> Intent | None:
    """What is looked for, empty where nothing was said of it; None for everything else."""
    said = normalize("NFKC", text[:_MOST]).strip()
    found = _ASKS.match(said)
    if found is None or _OTHERS.search(said):
        return None
    return Intent(Kind.SEARCH, found[1].lstrip(_BETWEEN).rstrip())
