"""片区, 社区, 网格 and 党支部."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from community import branch_index, places, places_file
from community.places_file import BranchRow, GridRow, PlacesFile
from ground import clock
from models import Branch

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "places.xlsx"
AREA, COMMUNITY, GRID = "东片区", "桂花社区", "桂花一网格"


def branches(
    session: Session,
    *names: str,
    short_names: Sequence[str] = (),
    community: str = COMMUNITY,
    grids: Sequence[str] = (GRID,),
    at: datetime | None = None,
) -> list[Branch]:
    """党支部 of one 社区 in one 片区, with its 网格; those that are there already stay."""
    shorts = list(short_names) or [""] * len(names)
    found = PlacesFile(
        [GridRow(row, AREA, community, grid) for row, grid in enumerate(grids, 2)],
        [
            BranchRow(row, *line)
            for row, line in enumerate(zip(names, [community] * len(names), shorts, strict=True), 2)
        ],
    )
    places.write(session, found, at=at or clock.now())
    index = branch_index.of(session)
    return [index.find(name) for name in names]


def branch(session: Session, name: str = "第一党支部") -> Branch:
    """One of them."""
    return branches(session, name)[0]


def sample(session: Session, *, at: datetime | None = None) -> list[Branch]:
    """The places of the sample workbook: 14 社区, 120 网格 and 16 党支部, which are given in the office's order."""
    places.write(session, _sample(), at=at or clock.now())
    return places.branches(session)


@cache
def _sample() -> PlacesFile:
    """Taken apart once a process: it needs a child."""
    return places_file.parse(SAMPLE.read_bytes())
