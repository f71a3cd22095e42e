"""What the doctor finds out about our connection to WeChat, and what it tells the administrator to do."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from database.session import Database
from ground import clock
from localwechat.testing import SandboxControl
from operations import probe
from operations.probe import Finding
from settings import Settings
from tests.fixtures.configuration import make_settings
from tests.outbound.conftest import Memory, Recorded, settings_for
from wechat.outbound import abilities
from wechat.outbound.client import Client
from wechat.wire.codec import sign


def found(findings: list[Finding], title: str) -> Finding:
    """The one finding about this."""
    (one,) = [finding for finding in findings if finding.title == title]
    return one


@pytest.fixture
def settings(sandbox: SandboxControl) -> Settings:
    sandbox.account(callback_url="http://127.0.0.1:9/wechat/callback")
    return settings_for(sandbox, server={"base_url": "http://127.0.0.1:9"})


def test_a_sound_account_can_do_everything(settings: Settings, sandbox: SandboxControl) -> None:
    report = probe.examine(Client(settings, Memory()), settings)
    assert found(report.findings, "访问凭证").level == "ok"
    assert found(report.findings, "账号权限").level == "ok"
    assert found(report.findings, "调用额度").level == "ok"
    answers = {name: getattr(report.abilities, name) for name in probe.NAMES}
    assert set(answers.values()) == {True}, answers


def test_the_address_to_enter_in_the_allow_list_is_named(settings: Settings, sandbox: SandboxControl) -> None:
    sandbox.settings(ip_whitelist=["203.0.113.0/24"])
    report = probe.examine(Client(settings, Memory()), settings)
    finding = found(report.findings, "IP 白名单")
    assert finding.level == "bad"
    assert "127.0.0.1" in finding.text
    assert report.abilities == abilities.Abilities()


def test_a_wrong_secret_is_told_and_can_be_tried_again_at_once(sandbox: SandboxControl) -> None:
    store = Memory()
    wrong = settings_for(sandbox, wechat={"app_secret": "f" * 32})
    finding = found(probe.token(Client(wrong, store)), "访问凭证")
    assert (finding.level, "AppSecret" in finding.text) == ("bad", True)
    right = settings_for(sandbox)
    assert found(probe.token(Client(right, store)), "访问凭证").level == "ok"


def test_without_a_connection_the_doctor_says_so(settings: Settings, sandbox: SandboxControl) -> None:
    sandbox.faults({"path": "/cgi-bin/stable_token", "kind": "drop_before", "count": -1})
    report = probe.examine(Client(settings, Memory()), settings)
    assert found(report.findings, "访问凭证").level == "bad"


@pytest.mark.parametrize(
    ("account", "lacking", "owned"),
    [
        ({"type": "subscription"}, {"template", "notice", "mass_openid", "qr", "oauth"}, {"mass", "custom", "menu", "draft"}),
        ({"type": "service", "verified": False}, {"template", "tags", "mass", "custom", "publish"}, {"menu"}),
    ],
)  # fmt: skip
def test_roads_that_the_account_lacks_are_found_and_stored(
    account: dict[str, object], lacking: set[str], owned: set[str], settings: Settings, sandbox: SandboxControl,
    database_url: str,
) -> None:  # fmt: skip
    sandbox.account(**account)
    report = probe.examine(Client(settings, Memory()), settings)
    database = Database(database_url)
    with database.session_scope() as session:
        abilities.save(session, report.abilities, at=clock.now())
    with database.read_scope() as session:
        stored = abilities.load(session)
    database.close()
    assert {name for name in lacking if not stored.lacks(name)} == set()
    assert {name for name in owned if stored.lacks(name)} == set()
    assert stored.checked_at is not None
    assert found(report.findings, "账号权限").level == "warn"
    assert found(report.findings, "账号类型").level == "bad", "the configuration says a verified 服务号"


def test_what_could_not_be_asked_keeps_its_former_answer(
    settings: Settings, sandbox: SandboxControl, database_url: str
) -> None:
    client = Client(settings, Memory())
    database = Database(database_url)
    with database.session_scope() as session:
        abilities.save(session, probe.what_the_account_may_do(client, settings)[0], at=clock.now())
    sandbox.faults({"path": "/cgi-bin/draft/count", "kind": "http:502", "count": 1})
    second, findings = probe.what_the_account_may_do(client, settings)
    assert second.draft is None
    assert found(findings, "草稿").level == "warn"
    with database.session_scope() as session:
        assert abilities.save(session, second, at=clock.now()).draft is True
    database.close()


def test_a_quota_that_is_nearly_used_up_is_shown(settings: Settings, sandbox: SandboxControl) -> None:
    client = Client(settings, Memory())
    sandbox.settings(limits={"/cgi-bin/user/get": 1, "/cgi-bin/draft/add": 0})
    client.followers()
    texts = [(finding.level, finding.text) for finding in probe.quotas(client)]
    assert [level for level, text in texts if "读取关注者名单" in text] == ["bad"]


@pytest.mark.parametrize(("off_s", "level"), [(0, "ok"), (-50, "ok"), (-95, "bad"), (95, "bad")])
def test_a_clock_that_is_off_by_more_than_a_minute_is_shown(
    off_s: int, level: str, plain_server: Recorded
) -> None:
    theirs = formatdate(time.time() - off_s, usegmt=True)
    plain_server.answers["/cgi-bin/get_api_domain_ip"] = (200, {"Date": theirs}, b'{"ip_list":[]}')
    client = Client(make_settings(wechat={"api_base_url": plain_server.url}), Memory())
    finding = found(probe.token(client), "系统时间")
    assert finding.level == level
    if level == "bad":
        assert ("快" if off_s > 0 else "慢") in finding.text
        assert "NTP" in finding.text


def test_no_callback_address_at_wechat_is_shown(settings: Settings, sandbox: SandboxControl) -> None:
    sandbox.account(callback_url="")
    finding = found(probe.callback_seen_by_wechat(Client(settings, Memory()), settings), "消息推送网络")
    assert finding.level == "bad"
    assert "服务器地址" in finding.text


def test_our_own_callback_is_asked_as_wechat_asks_it(plain_server: Recorded, sandbox: SandboxControl) -> None:
    settings = settings_for(sandbox, server={"base_url": plain_server.url})
    assert found(probe.callback_seen_from_here(settings), "消息推送地址").level == "bad"
    _, path, _, _ = plain_server.seen[-1]
    query = dict(part.split("=") for part in path.partition("?")[2].split("&"))
    assert query["signature"] == sign(settings.wechat.token, query["timestamp"], query["nonce"])
    assert abs(int(query["timestamp"]) - clock.timestamp()) < 60
    plain_server.answers["/wechat/callback"] = (403, {}, b"")
    assert "Token" in found(probe.callback_seen_from_here(settings), "消息推送地址").text
    plain_server.answers["/wechat/callback"] = (302, {"Location": "/elsewhere"}, b"")
    assert "跳转" in found(probe.callback_seen_from_here(settings), "消息推送地址").text


def test_a_callback_that_is_not_running_is_shown(settings: Settings) -> None:
    finding = found(probe.callback_seen_from_here(settings), "消息推送地址")
    assert finding.level == "bad"
    assert "服务正在运行" in finding.text


def test_what_the_configuration_alone_tells(sandbox: SandboxControl) -> None:
    plain = settings_for(sandbox, wechat={"message_mode": "plain", "api_base_url": "https://api.weixin.qq.com"},
                         server={"base_url": "http://office.example"})  # fmt: skip
    levels = {finding.title: finding.level for finding in probe.configuration(plain)}
    assert levels == {"消息加密": "warn", "服务地址": "warn"}


@pytest.mark.parametrize(
    ("configured", "level", "said"),
    [
        ({"notice_activity_template": "SANDBOX_NOTICE_ACTIVITY"}, "ok", "JS 接口安全域名"),
        ({"notice_activity_template": "NONE"}, "bad", "wechat.notice_activity_template"),
        (
            {"notice_article_template": "SANDBOX_NOTICE_SERVICE"},
            "bad",
            "wechat.notice_article_long_term 改为 true",
        ),
        (
            {
                "notice_activity_template": "SANDBOX_NOTICE_ACTIVITY",
                "notice_activity_fields": "thing1 time9 thing3",
            },
            "bad",
            "thing1、time2、thing3",
        ),
    ],
)
def test_the_templates_of_notices_are_held_against_the_account(
    sandbox: SandboxControl, configured: dict[str, str], level: str, said: str
) -> None:
    settings = settings_for(sandbox, wechat=configured)
    (finding,) = probe.notices(Client(settings, Memory()), settings)
    assert (finding.level, finding.title) == (level, "订阅通知")
    assert said in finding.text


def test_without_notices_nothing_is_said_of_them(settings: Settings) -> None:
    assert probe.notices(Client(settings, Memory()), settings) == []
