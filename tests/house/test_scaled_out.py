"""Scaled out: two web processes, a scheduler and two senders over PostgreSQL and Redis do what the one process does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.live import Live
from tests.fixtures.processes import Spawn, eventually
from tests.journeys.office import BRANCH, DATA, approve, open_office, push_now

pytestmark = pytest.mark.slow


def test_an_article_and_a_check_in_travel_through_separate_processes(
    spawn: Spawn, postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    live = Live(spawn, tmp_path / "live", postgres_url, redis={"url": redis_url})
    live.start_sandbox()
    live.start_serve("--web-only", "--workers", "2")
    parts = [spawn.flask(name, env=live.env) for name in ("scheduler", "worker", "worker")]
    open_office(live)
    openids = live.control("followers", {"count": 5, "scene": "branch-1"})["openids"]
    eventually(lambda: all(live.say(openid, "学习园地") is not None for openid in openids))
    article = live.flask_json(
        "article", "import", DATA / "article-3.docx", "--column", "study", "--author", "bianji"
    )
    approve(live, article["id"])
    push = push_now(live, article["id"], "all")
    report = live.wait_for_push(push["id"])
    assert report["status"] == "sent", report
    got = sorted(receipt["openid"] for receipt in live.receipts())
    assert got == sorted(openids)

    activity = live.flask_json(
        "activity", "create", "--title", "读书会", "--keyword", "读书", "--branches", BRANCH,
        "--from", "2020-01-01T08:00", "--to", "2035-01-01T20:00", "--purpose", "集中学习", "--as", "bianji",
    )  # fmt: skip
    assert live.flask_json("activity", "show", str(activity["id"]))["checked_in"] == 0
    assert all(part.running for part in parts)
    for part in parts:
        part.stop()
