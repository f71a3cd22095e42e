"""``flask push`` against a running server and the local WeChat: the contract that scripts rely on."""

from __future__ import annotations

import json
from typing import Any

from app import create_app
from ground import clock
from localwechat.config import SandboxConfig
from localwechat.testing import SandboxControl
from models import Push
from tests.fixtures.live import Live
from tests.world.days import NEXT_YEAR
from tests.world.linked import World, make_world


def furnished(live: Live) -> World:
    """Two branches at the local WeChat of a server that runs."""
    wechat = live.settings.wechat
    config = SandboxConfig(app_id=wechat.app_id, app_secret=wechat.app_secret, token=wechat.token)
    control = SandboxControl(live.sandbox_url, config)
    control.settings(job_finish_delay_s=0.3)
    world = make_world(control, live.settings)
    world.branch("第一党支部", 6, others=2)
    return world


def test_a_push_from_the_command_line_to_the_report(live: Live) -> None:
    live.start()
    world = furnished(live)
    article = world.article()
    create = ("push", "create", "--audience", "branch:第一党支部", "--as", "editor")
    made = live.flask_json(*create, "--article", str(article), "--at", "now", "--road", "auto")
    assert (made["status"], made["planned"], made["skipped"]) == ("scheduled", 6, {"not_following": 2})
    shown = live.wait_for_push(made["id"], "sent")
    assert {name: shown[name] for name in ("planned", "accepted", "delivered", "failed", "unknown")} == {
        "planned": 6, "accepted": 6, "delivered": 6, "failed": 0, "unknown": 0,
    }  # fmt: skip
    assert set(world.received().values()) == {1}
    assert shown["articles"][0]["url"].startswith("http")
    assert (shown["causes"], shown["repeats"], shown["confirm_until"]) == ([], [], None)
    assert "送达" in live.flask("push", "show", str(made["id"])).stdout

    runner = create_app(live.settings).test_cli_runner()
    nobody = runner.invoke(args=["push", "create", "--article", str(article), "--as", "editor"])
    assert "请用 --audience 写明推送对象" in nobody.stderr

    def later(*arguments: str) -> Any:
        done = runner.invoke(args=["push", *arguments, "--json"])
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    once_more = (*create[1:], "--article", str(article), "--at", f"{NEXT_YEAR}-01-01T10:00")
    twice = runner.invoke(args=["push", *once_more])
    assert "其中 6 人已经收到或将收到同一篇稿件" in twice.stderr
    assert "命令里加上 --twice" in twice.stderr
    put_off = later(*once_more, "--twice")
    for verb, status in (("pause", "paused"), ("resume", "scheduled"), ("cancel", "cancelled")):
        assert later(verb, str(put_off["id"]))["status"] == status
    assert [one["id"] for one in later("list")] == [put_off["id"], made["id"]]
    with world.runtime.db.read_scope() as session:
        assert session.get_one(Push, put_off["id"]).due_at > clock.now()

    for arguments, words in (
        ((*create, "--article", str(article), "--road", "template"), "封禁模板"),
        ((*create, "--article", "999"), "没有编号为 999 的稿件"),
        ((*create, "--article", "abc"), "看不懂"),
        (("push", "show", "999"), "没有编号为 999 的推送"),
        (("push", "cancel", str(made["id"])), "不能取消"),
        (("push", "resend", str(made["id"]), "--as", "editor"), "不能重发给失败的人"),
    ):
        refused = runner.invoke(args=arguments)
        assert refused.exit_code == 2, refused.stderr
        assert words in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
    world.runtime.close()
