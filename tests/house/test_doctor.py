"""The doctor: what is so, and unless all is well what to do, in Chinese; exit code 1 where something is wrong."""

from __future__ import annotations

from tests.fixtures.commands import run_flask
from tests.fixtures.live import Live


def test_a_sound_house_is_told_line_by_line(live: Live) -> None:
    live.start()
    found = {line["title"]: line for line in live.flask_json("doctor")}
    assert not [line for line in found.values() if line["level"] == "bad"], found
    for title in ("磁盘空间", "数据库", "Redis", "访问凭证", "消息推送地址"):
        assert found[title]["level"] == "ok", found[title]


def test_an_address_that_is_not_on_the_list_is_named(live: Live) -> None:
    live.start()
    live.control("settings", {"ip_whitelist": ["203.0.113.7"]})
    done = live.flask("doctor")
    assert done.returncode == 1
    assert "127.0.0.1" in done.stdout
    assert "白名单" in done.stdout


def test_a_wrong_secret_and_a_missing_server_are_told_without_a_traceback(live: Live) -> None:
    live.start_sandbox()
    done = run_flask("doctor", env={**live.env, "PIONEER_WECHAT__APP_SECRET": "f" * 32})
    assert done.returncode == 1
    assert "AppSecret" in done.stdout
    assert "f" * 32 not in done.stdout + done.stderr
    assert done.stderr == ""  # no line of the log between the findings


def test_without_wechat_only_the_house_is_looked_at(live: Live) -> None:
    titles = {line["title"] for line in live.flask_json("doctor", "--offline")}
    assert "数据库" in titles
    assert "访问凭证" not in titles
