"""Made-up places: 3 areas, 14 communities, 120 grids, 16 branches. None of them exists."""

from __future__ import annotations

from typing import NamedTuple


class DemoCommunity(NamedTuple):
    """A community with its number of grids."""

    name: str
    area: str
    grids: int


COMMUNITIES = (
    DemoCommunity("梧桐里社区", "春晖片区", 9),
    DemoCommunity("兰汀社区", "春晖片区", 8),
    DemoCommunity("映山社区", "春晖片区", 9),
    DemoCommunity("知行路社区", "春晖片区", 8),
    DemoCommunity("石榴园社区", "春晖片区", 9),
    DemoCommunity("望湖台社区", "秋实片区", 9),
    DemoCommunity("稻香社区", "秋实片区", 8),
    DemoCommunity("桂枝社区", "秋实片区", 9),
    DemoCommunity("云帆社区", "秋实片区", 8),
    DemoCommunity("青禾社区", "秋实片区", 9),
    DemoCommunity("长亭社区", "晴川片区", 8),
    DemoCommunity("远帆里社区", "晴川片区", 9),
    DemoCommunity("朝阳桥社区", "晴川片区", 8),
    DemoCommunity("百草园社区", "晴川片区", 9),
)

AREAS = ("春晖片区", "秋实片区", "晴川片区")


def branches() -> list[tuple[str, str, str | None]]:
    """``(name, short name, community or None)`` of the 16 branches: one a community, and two of no community."""
    rows: list[tuple[str, str, str | None]] = [
        (f"{place.name}党支部", f"{place.name.removesuffix('社区')}支部", place.name) for place in COMMUNITIES
    ]
    rows.append(("街道机关党支部", "机关支部", None))
    rows.append(("两新组织联合党支部", "两新联合支部", None))
    return rows
