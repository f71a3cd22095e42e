"""Which passwords are taken: long, and none that everybody tries first, here or elsewhere."""

from __future__ import annotations

import pytest

from accounts.strength import check_strength
from cli.demodata.logins import PASSWORD as DEMO
from ground.errors import Refused


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short-one", "至少 12 个字符"),
        ("aaaaaaaa", "至少 12 个字符"),
        ("lai" + " " * 20 + "deng", "至少 12 个字符"),
        ("x" * 101, "不能超过 100 个字符"),
        ("aaaaaaaaaaaa", "两三种字符"),
        ("abababababab", "两三种字符"),
        ("woaini131452", "很多人在用"),
        ("WoAiNi-1314!", "很多人在用"),
        ("qwe123456789", "很多人在用"),
        ("Xianfeng2026", "很多人在用"),
        ("时代先锋云1234567", "很多人在用"),
        ("ShidaiXianfeng@2026", "很多人在用"),
        ("8613800001234", "手机号码"),
        ("138-0000-1234", "手机号码"),
        ("11010119900307123X", "身份证"),
        ("1990-01-01-zqk", "日期"),
        ("zhang19900101", "日期"),
        ("lihuamei-777", "用户名或姓名"),
        ("P@ssw0rd1234", "容易被猜到"),
        ("20261128200001", "日期|数字"),
        ("13800138000138", "只有数字"),
        ("2026年11月28日二十", "太短"),
        ("lihuamei@2026lihuamei", "用户名或姓名|太短"),
        ("jiedaodangjian2026", "太短"),
        ("13912345678lihua", "太短"),
        ("13800138000huamei", "太短"),
        ("beijing2008aoyun", "太短"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_with_what_to_do(password: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as caught:
        check_strength(password, "LiHuaMei", "李华梅李华梅")
    assert "请" in caught.value.message


@pytest.mark.parametrize(
    "password", [DEMO, "louti-deng-liang-le", "Tulip-72-garden", "楼道里的灯终于修好了77"]
)
def test_a_long_password_without_a_pattern_is_taken(password: str) -> None:
    check_strength(password, "lihuamei", "李华梅")


def test_a_very_long_password_is_judged_by_its_beginning() -> None:
    check_strength("louti-deng-liang-le-" * 5, "lihuamei")
