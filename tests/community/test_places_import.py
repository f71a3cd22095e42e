"""The workbook of places: 片区, 社区, 网格 and 党支部."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

from community import places
from tests.community.conftest import DATA, Office, sheet_bytes

Flask = Callable[..., Result]


def test_places_go_in_and_go_in_again(flask: Flask) -> None:
    whole = {"areas": 3, "communities": 14, "grids": 120, "branches": 16, "errors": []}
    for _ in range(2):
        assert json.loads(flask("place", "import", DATA / "places.xlsx", "--json").stdout) == whole
    assert len(json.loads(flask("place", "list", "--json").stdout)) == 16


def test_places_with_faults_are_named_by_row_and_not_written(flask: Flask, tmp_path: Path) -> None:
    def branches(book: Any) -> None:
        sheet = book.add_worksheet("党支部")
        for row, values in enumerate(
            [("党支部", "所属社区", "简称"), ("甲支部", "没有的社区", "甲"), ("", "甲社区", "x")]
        ):
            sheet.write_row(row, 0, values)

    rows = [
        ("片区", "社区", "网格"),
        ("东", "甲社区", "甲1"),
        ("西", "甲社区", "甲2"),
        ("东", "甲社区", "甲1"),
    ]
    path = tmp_path / "places.xlsx"
    path.write_bytes(sheet_bytes(rows, name="网格", more=branches))
    result = flask("place", "import", path, "--json")
    assert result.exit_code == 2
    faults = [(fault["row"], fault["column"]) for fault in json.loads(result.stdout)["errors"]]
    assert faults == [(3, "片区"), (4, "网格"), (2, "所属社区"), (3, "党支部")]
    assert json.loads(flask("place", "list", "--json").stdout) == []


def test_a_workbook_without_the_two_sheets_is_refused(flask: Flask) -> None:
    result = flask("place", "import", DATA / "roster.xlsx")
    assert result.exit_code == 2
    assert "缺少工作表：网格、党支部" in result.stderr


def test_the_tree_of_places_is_in_the_offices_order(full_office: Office) -> None:
    with full_office.db.read_scope() as session:
        tree = places.tree(session)
    assert next(area.name for area, _ in tree) == "东片区"
    assert sum(len(grids) for _, communities in tree for _, grids in communities) == 120
