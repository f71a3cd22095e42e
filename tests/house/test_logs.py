"""What a stranger does never becomes an error in the log, and never fills it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from app import create_app
from tests.fixtures.configuration import make_settings
from tests.tooling.test_layout import ROOT

_PROGRAM = """
import logging, structlog
from ground import logs
logs.configure()
for _ in range(500):
    structlog.get_logger("x").warning("knocked", who=_)
    logging.getLogger("y").warning("knocked %s", _)
structlog.get_logger("x").error("something else")
"""


def test_bad_questions_of_strangers_leave_no_error(
    sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(make_settings(database={"url": sqlite_url}, server={"data_dir": str(tmp_path / "var")}))
    client = app.test_client()
    asked = 0
    with caplog.at_level(logging.INFO):
        for path in (
            "/api/v1/articles", "/api/v1/articles?column=" + "x" * 50, "/api/v1/articles?column=news&page=0",
            "/api/v1/articles?column=news&page=x&size=%00", "/api/v1/articles/99999999999999999999", "/api/v1/nowhere",
            "/m/nowhere", "/m/a/" + "9" * 40, "/m/asset/..%2f..%2fetc%2fpasswd", "/console/members", "/static/../app.py",
        ):  # fmt: skip
            assert client.get(path).status_code < 500, path
            asked += 1
        assert client.get("/api/v1/articles").status_code == 422
        for path in ("/console/login", "/console/members/import", "/api/v1/columns", "/metrics"):
            assert (
                client.post(path, data={"username": "x"}, headers={"Content-Length": "7"}).status_code < 500
            ), path
            asked += 1
    assert asked == 15
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    app.extensions["pioneer"].close()


def test_the_same_line_comes_at_most_so_often_a_minute() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    lines = done.stderr.splitlines()
    ours = [json.loads(line) for line in lines if line.startswith("{")]
    assert (
        60 <= len([one for one in ours if one["event"] == "knocked"]) <= 120
    )  # the minute may turn in between
    assert 60 <= len([line for line in lines if "WARNING y knocked" in line]) <= 120
    assert [one for one in ours if one["event"] == "something else"]
