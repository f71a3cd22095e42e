"""The configuration: every key documented, every fault told in Chinese with what to write."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest

from settings import ROOT, SECTIONS, SettingsError, load_settings, parse_settings
from tests.fixtures.configuration import raw_settings, write_config

EXAMPLE = ROOT / "config.example.toml"


def faults(raw: dict[str, dict[str, object]], env: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        parse_settings(raw, env)
    return caught.value.faults


def in_tables(path: Path) -> dict[str, dict[str, object]]:
    """The file's tables by name, the inner one of ``[wechat.limits]`` beside the others."""
    example = tomllib.loads(path.read_text(encoding="utf-8"))
    example["wechat.limits"] = example["wechat"].pop("limits")
    return example


def test_the_example_names_every_key_and_no_other() -> None:
    example = in_tables(EXAMPLE)
    known = {name: {field.name for field in msgspec.structs.fields(kind)} for name, kind in SECTIONS.items()}
    known["wechat"].remove("limits")
    assert {name: set(table) for name, table in example.items()} == known


def test_the_defaults_of_the_example_are_those_of_the_code() -> None:
    example = in_tables(EXAMPLE)
    for name in (
        "limits",
        "system",
        "wechat.limits",
        "database",
        "redis",
        "sandbox",
        "wecom",
        "mini_program",
    ):
        for field in msgspec.structs.fields(SECTIONS[name]):
            assert example[name][field.name] == field.default, f"{name}.{field.name}"


def test_every_limit_of_wechat_says_when_it_was_checked() -> None:
    text = EXAMPLE.read_text(encoding="utf-8").partition("# 微信的规定")[2]
    lines = [line for line in text.splitlines() if "=" in line]
    assert len(lines) > 20
    for line in lines:
        assert any(part.isdigit() and len(part) == 4 for part in line.replace("，", "-").split("-")), line


def test_an_unedited_example_is_refused_key_by_key() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(EXAMPLE, env={})
    named = {fault.partition("：")[0] for fault in caught.value.faults}
    assert {"server.secret_key", "wechat.token", "wechat.encoding_aes_key", "privacy.field_keys"} <= named


def test_an_empty_configuration_names_every_missing_key_with_what_to_write() -> None:
    found = faults({})
    assert len(found) == 8
    for fault in found:
        key, _, advice = fault.partition("：")
        assert "." in key
        assert "缺少" in advice
        assert "请填写" in advice


def test_all_faults_are_told_at_once() -> None:
    raw = raw_settings(
        wechat={"token": "", "account_type": "personal"},
        limits={"quiet_hours": "22-7", "grace_minutes": "bald"},
        colours={},
    )
    found = "\n".join(faults(raw))
    for part in (
        "[colours]",
        "wechat.token：缺少",
        "service、subscription",
        "limits.grace_minutes：应为整数",
    ):
        assert part in found


@pytest.mark.parametrize(
    ("section", "key", "value", "advice"),
    [
        ("server", "secret_key", "short", "32 个字符"),
        ("server", "base_url", "example.org/", "http://"),
        ("server", "timezone", "Europe/Berlin", "Asia/Shanghai"),
        ("wechat", "token", "x", "3 到 32"),
        ("wechat", "encoding_aes_key", "abc", "43"),
        ("wechat", "message_mode", "secret", "plain、compatible、safe"),
        ("database", "url", "mysql://x", "sqlite:///"),
        ("redis", "url", "localhost", "redis://"),
        ("privacy", "field_keys", "k1:abcd", "32 字节"),
        ("privacy", "field_keys", f"k1:{'A' * 43},k1:{'B' * 42}A", "编号 k1 写了两次"),
        ("privacy", "field_keys", f"k1:{'A' * 43},k2:{'A' * 43}", "相同"),
        ("privacy", "index_key", "!!", "base64"),
        ("wechat", "notice_activity_fields", "thing1 thing1 time2", "标题、时间、地点"),
        ("wechat", "notice_article_fields", "phrase1 time2", "thing1 time2"),
        ("limits", "quiet_hours", "late", "22:00-07:00"),
        ("limits", "bind_tries", -1, "负数"),
    ],
)
def test_a_wrong_value_is_named_with_its_remedy(section: str, key: str, value: object, advice: str) -> None:
    found = faults(raw_settings(**{section: {key: value}}))
    assert len(found) == 1
    assert found[0].startswith(f"{section}.{key}：")
    assert advice in found[0]


def test_a_key_of_the_wrong_type_is_never_shown() -> None:
    raw = raw_settings()
    secret = raw["privacy"]["field_keys"]
    raw["privacy"]["field_keys"] = [secret]
    with pytest.raises(SettingsError) as caught:
        parse_settings(raw, env={})
    assert any(fault.startswith("privacy.field_keys：应为一段文字") for fault in caught.value.faults)
    assert secret not in str(caught.value)


def test_the_environment_overrides_the_file_with_the_right_type() -> None:
    env = {
        "PIONEER_LIMITS__GRACE_MINUTES": "5",
        "PIONEER_SYSTEM__TICK_S": "0.25",
        "PIONEER_WECHAT__LIMITS__TITLE_CHARS": "64",
        "PIONEER_SERVER__BASE_URL": "https://x.cn",
    }
    settings = parse_settings(raw_settings(), env)
    assert (settings.limits.grace_minutes, settings.system.tick_s, settings.wechat.limits.title_chars) == (
        5,
        0.25,
        64,
    )
    assert settings.server.base_url == "https://x.cn"


def test_an_unknown_override_is_a_fault_too() -> None:
    assert "PIONEER_WECHT__TOKEN" in faults(raw_settings(), {"PIONEER_WECHT__TOKEN": "x"})[0]
    assert faults(raw_settings(), {"PIONEER_WECHAT__TOKKEN": "x"})[0].startswith(
        "wechat.tokken：没有这个配置项"
    )


def test_a_missing_or_broken_file_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="找不到配置文件"):
        load_settings(tmp_path / "none.toml", env={})
    broken = tmp_path / "broken.toml"
    broken.write_text("[server\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="写法有误"):
        load_settings(broken, env={})


def test_a_good_file_is_read(tmp_path: Path) -> None:
    path = write_config(tmp_path / "config.toml", wechat={"account_type": "subscription"})
    assert load_settings(path, env={}).wechat.account_type == "subscription"


def test_numbers_stand_by_subject_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    kept = write_config(file, system={"tick_s": 0.5}, **{"wechat.limits": {"title_chars": 64}})
    settings = load_settings(kept, env={})
    assert (settings.system.tick_s, settings.wechat.limits.title_chars) == (0.5, 64)


def test_the_former_flat_keys_are_read_and_told_where_they_belong(capsys: pytest.CaptureFixture[str]) -> None:
    raw = raw_settings(limits={"tick_s": 0.5, "delivery_lease_s": 60, "title_chars": 64, "grace_minutes": 5})
    settings = parse_settings(raw, {"PIONEER_LIMITS__MASS_PER_DAY": "2"})
    assert (settings.system.tick_s, settings.system.delivery_lease_s, settings.limits.grace_minutes) == (
        0.5,
        60,
        5,
    )
    assert (settings.wechat.limits.title_chars, settings.wechat.limits.mass_per_day) == (64, 2)
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert "delivery_lease_s、tick_s 请移到 [system]" in told[0]
    assert "PIONEER_SYSTEM__DELIVERY_LEASE_S" in told[0]
    assert "mass_per_day、title_chars 请移到 [wechat.limits]" in told[1]
    assert "PIONEER_WECHAT__LIMITS__MASS_PER_DAY" in told[1]


def test_the_new_way_of_writing_wins_over_the_former_and_the_environment_over_the_file() -> None:
    both = raw_settings(limits={"tick_s": 0.5}, system={"tick_s": 0.25})
    assert parse_settings(both).system.tick_s == 0.25
    assert parse_settings(both, {"PIONEER_LIMITS__TICK_S": "2"}).system.tick_s == 2
    assert (
        parse_settings(both, {"PIONEER_LIMITS__TICK_S": "2", "PIONEER_SYSTEM__TICK_S": "3"}).system.tick_s
        == 3
    )


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        ({"system": {"tick_s": -1}}, "system.tick_s：不能是负数"),
        ({"wechat.limits": {"title_chars": "many"}}, "wechat.limits.title_chars：应为整数"),
        ({"wechat": {"limits": 5}}, "wechat.limits：应为"),
        ({"limits": {"ticks": 1}}, "limits.ticks：没有这个配置项"),
    ],
)
def test_a_fault_is_named_by_the_table_in_which_it_belongs(
    raw: dict[str, dict[str, object]], named: str
) -> None:
    assert any(fault.startswith(named) for fault in faults(raw_settings(**raw)))
