"""How keys were written in former versions: still read, with one line that says what to write now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from settings.sections import System, WeChatLimits

FORMER = {
    "limits.mass_calls_per_minute": "微信自己限制，超过时自动等待",
    "limits.tags_per_follower": "微信自己限制，超过时第二天再试",
    "limits.client_id_bytes": "编号的长度是固定的",
}
"""Keys that former versions had and nothing reads any more: still accepted, with one line that says so."""

_NOW_IN: dict[str, str] = {
    **{field.name: "system" for field in msgspec.structs.fields(System)},
    **{field.name: "wechat.limits" for field in msgspec.structs.fields(WeChatLimits)},
}
"""Once everything that is a number stood in ``[limits]``."""


def place_of(section: str, key: str) -> str:
    """The table in which a key stands today, whichever it is written in."""
    return _NOW_IN.get(key, section) if section == "limits" else section


def advice(keys: Iterable[str]) -> Iterator[str]:
    """One Chinese line for each table into which ``keys`` that were found in ``[limits]`` belong."""
    found = sorted(keys)
    for place in ("system", "wechat.limits"):
        here = [key for key in found if _NOW_IN.get(key) == place]
        if here:
            variable = f"PIONEER_{place.upper().replace('.', '__')}__{here[0].upper()}"
            yield (
                f"[limits] 中的 {'、'.join(here)} 请移到 [{place}] 一节（环境变量写成 {variable} 的样子），"
                "原来的写法暂时仍可用"
            )
