"""绑定 in the chat: what counts as a try, what is promised, and what is said when something came between."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from ground import clock
from models import Branch, DataRequest, Member
from operations import housekeeping
from runtime import Runtime
from tests.inbound.conftest import OPENID, STRANGER, Office
from tests.inbound.platform import Phone
from tests.world import accounts

WRONG = ("0001", "0002", "0003", "0004", "0005")


def leave_and_return(phone: Phone, at: datetime) -> None:
    """Unfollow and follow again, in the seconds behind ``at``."""
    second = int(at.timestamp())
    phone.event(STRANGER, "unsubscribe", created=second + 3)
    phone.event(STRANGER, "subscribe", created=second + 6)


def swept(runtime: Runtime) -> int:
    """How many who left lose their tries to the night's job now."""
    steps = housekeeping.steps(runtime.db, runtime.settings, clock.now())
    return sum(count for kind, count in steps if kind == "follower.tries")


def test_wrong_tries_and_the_lock_outlive_leaving_and_coming_back(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    with time_machine.travel(clock.now(), tick=False) as now:
        for tail in WRONG[:3]:
            phone.say(STRANGER, f"绑定 李红梅 {tail}")
        leave_and_return(phone, clock.now())
        assert "还可尝试 1 次" in phone.say(STRANGER, f"绑定 李红梅 {WRONG[3]}").text
        assert "已连续输错 5 次" in phone.say(STRANGER, f"绑定 李红梅 {WRONG[4]}").text
        for _ in range(2):
            now.shift(timedelta(seconds=10))
            leave_and_return(phone, clock.now())
            assert "输错次数较多" in phone.say(STRANGER, "绑定 李红梅 9012").text
        now.shift(timedelta(minutes=31))
        assert "李*梅" in phone.say(STRANGER, "绑定 李红梅 9012").text


def test_what_is_kept_of_tries_after_leaving_goes_within_days(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    with time_machine.travel(clock.now(), tick=False) as now:
        for tail in WRONG:
            phone.say(STRANGER, f"绑定 李红梅 {tail}")
        phone.event(STRANGER, "unsubscribe", created=int(clock.timestamp()) + 3)
        now.shift(timedelta(hours=12))
        assert swept(runtime) == 0
        now.shift(timedelta(hours=13))
        assert swept(runtime) == 1
        phone.event(STRANGER, "subscribe")
        assert "还可尝试 4 次" in phone.say(STRANGER, "绑定 李红梅 0006").text


def requests(runtime: Runtime) -> list[DataRequest]:
    with runtime.db.read_scope() as session:
        return list(session.scalars(sa.select(DataRequest)))


def test_words_of_every_day_beside_four_digits_are_no_tries_to_bind(runtime: Runtime, phone: Phone) -> None:
    for text in (
        "取件码 1234",
        "验证码 8888",
        "房号 1203",
        "快递 尾号1234",
        "我是李四 1234号楼的",
        "桂枝路 1203",
        "余额 1234",
    ):
        said = phone.say(STRANGER, text).text
        assert "暂时不能自动回答" in said, text
        assert "绑定请回复：绑定 姓名 手机号后四位" in said or "号楼" in text, text
        assert "绑定" not in phone.say(OPENID, text).text, text
    assert requests(runtime) == []
    assert "李*梅" in phone.say(STRANGER, "李红梅 9012").text


def test_after_the_question_for_name_and_digits_any_word_may_be_a_name(
    runtime: Runtime, phone: Phone
) -> None:
    with runtime.db.session_scope() as session:
        session.execute(sa.update(Member).where(Member.name == "李红梅").values(name="取件码"))
    phone.say(STRANGER, "绑定")
    assert "取*码" in phone.say(STRANGER, "取件码 9012").text


@pytest.mark.parametrize(("scanned", "who"), [(False, "社区管理员"), (True, "支部书记")])
def test_who_has_the_request_for_help_is_said_as_it_is(
    runtime: Runtime, office: Office, phone: Phone, scanned: bool, who: str
) -> None:
    branch = office.branches[1]
    phone.event(STRANGER, "subscribe", f"qrscene_branch-{branch}" if scanned else "")
    if scanned:
        with runtime.db.session_scope() as session:
            accounts.account(session, "shuji", "secretary", branch=session.get_one(Branch, branch))
    for tail in WRONG:
        said = phone.say(STRANGER, f"绑定 李红梅 {tail}").text
    assert f"已转给{who}协助绑定" in said
    assert [one.branch_id for one in requests(runtime)] == [branch if scanned else None]


def test_nobody_binds_for_another(runtime: Runtime, phone: Phone) -> None:
    for text in ("帮我爸绑定 李红梅 9012", "替老伴绑定", "绑定 李红梅 9012，我是她儿子"):
        assert "绑定须本人同意，不能代办" in phone.say(STRANGER, text).text, text
    assert "没有需要确认的事项" in phone.say(STRANGER, "同意").text


def test_a_record_that_changed_before_the_consent_is_said_to_have_changed(
    runtime: Runtime, phone: Phone
) -> None:
    phone.say(STRANGER, "绑定 李红梅 9012")
    with runtime.db.session_scope() as session:
        session.execute(sa.update(Member).where(Member.name == "李红梅").values(active=False))
    assert "名册里的这条信息刚刚有变动，没有绑定" in phone.say(STRANGER, "同意").text


def asked_for(runtime: Runtime) -> list[str]:
    """What is asked of the office, in clear."""
    return [one.asked or "" for one in requests(runtime)]


def test_another_number_is_a_correction_though_nobody_says_so(runtime: Runtime, phone: Phone) -> None:
    assert "手机号改成13911112222\n确认请回复“同意”" in phone.say(OPENID, "我的手机号改成13911112222").text
    assert "已提交更正申请" in phone.say(OPENID, "同意").text
    assert asked_for(runtime) == ["我的手机号改成13911112222"]
    assert "还没有绑定" in phone.say(STRANGER, "我的手机号改成13911112222").text


@pytest.mark.parametrize("new", ["手机 13911112222", "姓名是张山", "手机号改成13911112222"])
def test_the_word_alone_asks_what_is_to_be_corrected(runtime: Runtime, phone: Phone, new: str) -> None:
    assert "请写明要更正什么" in phone.say(OPENID, "更正").text
    assert new in phone.say(OPENID, new).text
    phone.say(OPENID, "同意")
    assert asked_for(runtime) == [new]


def test_what_the_consent_offers_is_understood_by_its_word(phone: Phone) -> None:
    for word in ("导出", "清除", "更正"):
        assert "还没有绑定" in phone.say(STRANGER, word).text, word
    for word in ("导出", "清除"):
        assert "/m/me" in phone.say(OPENID, word).text, word


def test_to_close_an_account_is_asked_back_and_to_unbind_is_not(phone: Phone) -> None:
    for word in ("注销", "销户", "删除我的信息"):
        assert "请选择：\n回复“解绑”" in phone.say(OPENID, word).text, word
    assert "已解除绑定" in phone.say(OPENID, "解绑").text
