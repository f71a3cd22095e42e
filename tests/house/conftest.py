"""What the tests of the house share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import runtime as parts
from tests.house.backups import fill, office


@pytest.fixture
def source(database_url: str, tmp_path: Path) -> Iterator[parts.Runtime]:
    """An office that is there already, once on SQLite and once on PostgreSQL."""
    runtime = office(database_url, tmp_path / "a")
    fill(runtime)
    yield runtime
    runtime.close()
