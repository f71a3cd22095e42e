"""An office as the acceptance run has it: places, roster and users from real files, followers on the local WeChat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.fixtures.live import Live

DATA = Path(__file__).resolve().parents[1] / "data"
BRANCH = "湖东社区党支部"


def open_office(live: Live) -> Live:
    """Import places and roster, make an editor, three reviewers, an administrator and a secretary."""
    live.control("settings", {"job_finish_delay_s": 0.3})
    places = live.flask_json("place", "import", DATA / "places.xlsx")
    assert (places["areas"], places["communities"], places["grids"], places["branches"]) == (3, 14, 120, 16)
    live.flask_json("member", "import", DATA / "roster.xlsx", "--only-valid")
    live.user("admin", "admin")
    live.user("bianji", "editor")
    for name in ("yishen", "ershen", "sanshen"):
        live.user(name, "reviewer")
    live.user("shuji", "secretary", "--branch", BRANCH)
    return live


def approve(live: Live, article_id: int) -> dict[str, Any]:
    """Submit an article and let three different people approve it; the article."""
    live.flask_json("article", "submit", str(article_id), "--as", "bianji")
    for reviewer in ("yishen", "ershen", "sanshen"):
        live.flask_json("article", "approve", str(article_id), "--as", reviewer)
    shown: dict[str, Any] = live.flask_json("article", "show", str(article_id))
    assert shown["status"] == "approved"
    return shown


def push_now(live: Live, article_id: int, audience: str) -> dict[str, Any]:
    """Create a push that is due at once; what the command says of it."""
    made: dict[str, Any] = live.flask_json(
        *("push", "create", "--article", str(article_id), "--audience", audience),
        *("--at", "now", "--road", "auto", "--as", "bianji"),
    )
    return made


def bind(live: Live, openid: str, name: str, phone: str) -> str:
    """A follower binds by reply; the last answer's text."""
    live.say(openid, f"绑定 {name} {phone[-4:]}")
    answer = live.say(openid, "同意")
    assert answer is not None
    return answer["Content"]
