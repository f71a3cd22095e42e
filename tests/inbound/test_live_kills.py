"""The real server, killed while it works on a message: WeChat's retry finds a new worker, one effect and a right reply."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fixtures.live import Live
from tests.journeys.office import DATA

STEPS = (
    "callback.handled",
    "callback.committed",
)  # all four are tried in test_crashes, without the server around them


@pytest.mark.torture
def test_a_check_in_survives_a_kill_of_the_server_at_each_step(live: Live, tmp_path: Path) -> None:
    live.start_sandbox()
    # A new worker takes about two seconds, many more on a busy machine: more tries than WeChat's three make no other point.
    live.control(
        "settings", {"callback_tries": 60, "callback_retry_pause_s": 0.4, "callback_retry_http_errors": True}
    )
    truth = json.loads((DATA / "roster.truth.json").read_text(encoding="utf-8"))
    people = truth["some_valid"][: len(STEPS)]
    live.flask_json("place", "import", DATA / "places.xlsx")
    live.flask_json("member", "import", DATA / "roster.xlsx", "--only-valid")
    live.user("bianji", "editor")
    activity = live.flask_json(
        *("activity", "create", "--title", "主题党日", "--keyword", "党日", "--branches", "all"),
        *(
            "--from",
            "2020-01-01T08:00",
            "--to",
            "2035-01-01T20:00",
            "--purpose",
            "集中学习",
            "--as",
            "bianji",
        ),
    )
    for number, (step, person) in enumerate(zip(STEPS, people, strict=True), 1):
        once = tmp_path / step
        once.mkdir()
        # Following, the name and the consent are the first three messages: the fourth, the check-in, meets the kill.
        server = live.start_serve(env={"PIONEER_CRASH_AT": f"{step}:4", "PIONEER_CRASH_ONCE": str(once)})
        (openid,) = live.control("followers", {"count": 1, "scene": "branch-1"})["openids"]
        live.say(openid, f"绑定 {person['name']} {person['phone'][-4:]}")
        live.say(openid, "同意")
        answer = live.control("say", {"openid": openid, "text": "签到"})
        assert list(once.iterdir()), "the server was not killed"
        assert answer["tries"] >= 2, answer
        assert "主题党日" in answer["reply"]["Content"]
        assert live.flask_json("activity", "show", str(activity["id"]))["checked_in"] == number
        server.stop()
