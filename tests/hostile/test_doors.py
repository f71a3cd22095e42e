"""Whatever comes in by a door is refused or read in time and in little memory, and WeChat never waits for it.

A quarter of the files in each run; ``PIONEER_HOSTILE=all`` tries all of them, ``python -m bench.hostile`` with figures.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fixtures.live import PASSWORD, Live
from tests.hostile.files import FILES, QUARTER
from tests.hostile.trial import Door, Ringing, Watch, account_of, furnish

TRIED = FILES if os.environ.get("PIONEER_HOSTILE") == "all" else QUARTER
PATIENCE_S = 5.0
"""WeChat's: the measurement holds the figures against a tighter budget."""


@pytest.fixture(scope="module")
def door(live_module: Live) -> Door:
    """An administrator signed in to the running product."""
    live_module.user("admin", "admin")
    furnish(live_module.settings.database.url)
    return Door(live_module.url, "admin", PASSWORD)


def test_each_hostile_file_is_refused_or_read_while_wechat_is_answered(live_module: Live, door: Door) -> None:
    assert live_module.serving is not None
    long, failed = {}, {}
    made = [(hostile, hostile.data()) for hostile in TRIED]
    with (
        Watch(live_module.serving.pid) as watch,
        Ringing(live_module.url, account_of(live_module.settings)) as ringing,
    ):
        for hostile, data in made:
            status, took = door.try_(hostile, data)
            if took > 30:  # ten on a machine with nothing else to do; the measurement holds that
                long[hostile.name] = took
            if status >= 500:
                failed[hostile.name] = status
    assert (long, failed) == ({}, {})
    assert ringing.failed == 0
    assert max(ringing.took) < PATIENCE_S
    assert watch.children_mb < 500
    assert watch.server_mb < 500


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("member", "import"), "far-cell-single-quotes"),
        (("place", "import"), "far-cell-single-quotes"),
        (("article", "import", "--column", "study", "--author", "admin"), "empty-paragraphs"),
    ],
)
def test_the_commands_refuse_them_in_one_line(
    live_module: Live, door: Door, tmp_path: Path, command: tuple[str, ...], name: str
) -> None:
    hostile = next(one for one in FILES if one.name == name)
    path = tmp_path / hostile.filename
    path.write_bytes(hostile.data())
    done = live_module.flask(*command, path)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "请" in done.stderr
