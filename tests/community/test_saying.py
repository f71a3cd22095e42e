"""What a member says beside 签到: recorded where all of it is accounted for, else asked back, never guessed."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from community import checkin
from community.checkin import CheckInAnswer
from models import CheckIn
from tests.community.conftest import NOON, Office
from wechat.language.intents import Intent, Kind

HUDONG, SHUIMO = "湖东社区党支部", "水墨社区党支部"


def reply(office: Office, text: str) -> CheckInAnswer | Intent:
    """What comes of a message of 张小三 at noon of 20 September, a Sunday; an intent where it is no check-in."""
    with office.db.connection_scope() as connection:
        said = checkin.read_again(connection, "o-1", text, at=NOON)
        if said.intent.kind is not Kind.CHECKIN:
            return said.intent
        return checkin.by_words(connection, said, at=NOON, message_key="m")


def outcome(office: Office, text: str) -> str:
    """Its kind; what was recorded is taken back."""
    kind = reply(office, text).kind
    with office.db.session_scope() as session:
        session.execute(sa.delete(CheckIn))
    return kind


@pytest.fixture
def member(office: Office) -> Office:
    """张小三 of 湖东社区党支部, bound to o-1, while one activity is open since noon."""
    office.user("admin", name="admin")
    office.bound("o-1")
    office.activity("九月主题党日", HUDONG, keyword="党日")
    return office


def test_what_is_accounted_for_is_recorded_at_once(member: Office) -> None:
    for text in (
        "我到了 签到", "党员张小三前来报到", "已到会场，签到一下", "湖东社区党支部张小三签到", "湖东支部签到", "张小三，已到",
        "主题党日签到", "九月主题党日，我到了", "9月20日签到", "星期天中午签到", "12:05 签到", "王书记好，张小三来签到，谢谢",
        "張小三 簽到", "张小三千到", "腿疼来晚了签到", "各位好！\n湖东支部\n张小三\n签到🌹",
    ):  # fmt: skip
        assert outcome(member, text) == "recorded", text


def test_what_says_more_is_asked_back_and_nothing_of_it_repeated(member: Office) -> None:
    for text in (
        "李红梅签到", "我和张小三签到", "张小三和李红梅签到", "水墨社区党支部签到", "第五支部签到", "党课签到", "党员大会签到",
        "十月主题党日签到", "9月21日签到", "周三签到", "晚上八点签到", "今晚签到", "张老师签到", "请党员签到", "三楼签到",
        "签到？", "签到5", "又要签到", "都签到了", "我们支部到了", "签到太麻烦", "刚下公交车，签到",
    ):  # fmt: skip
        answer = reply(member, text)
        assert isinstance(answer, CheckInAnswer), text
        assert answer.kind == "choose", text
        assert answer.text.endswith("1. 九月主题党日"), text
        left = answer.text.replace("九月主题党日", "")
        assert not any(word in left for word in ("李红梅", "公交", "麻烦", "党课")), text
    with member.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CheckIn)) == 0


def test_the_word_inside_another_and_what_others_do_is_none_of_ours(member: Office) -> None:
    for text in (
        "网红打卡地推荐一下", "报到证怎么补办", "快递签收了吗", "儿子去大学报到了", "公司打卡机坏了", "书记来了", "快递到了",
        "我到家了", "李红梅到了", "电视台报道了", "看到了", "早起打卡第三天", "支付宝签到领红包",
    ):  # fmt: skip
        assert outcome(member, text) == Kind.UNKNOWN, text


def test_refusals_questions_and_errands_stay_what_they_are(member: Office) -> None:
    for text, kind in (
        ("张小三不签到了", Kind.NO_CHECKIN), ("张小三签到了吗", Kind.MINE), ("替李红梅签到", Kind.HELP),
        ("张小三的爱人签到", Kind.HELP), ("主题党日怎么签到", Kind.HELP), ("主题党日几点签到", Kind.ACTIVITIES),
        ("主题党日忘了签到", Kind.MAKE_UP), ("撤销主题党日签到", Kind.UNDO),
    ):  # fmt: skip
        assert outcome(member, text) == kind, text


def test_of_two_open_activities_the_words_say_which(member: Office) -> None:
    member.activity("清洁家园志愿服务", HUDONG)
    assert outcome(member, "清洁家园签到，张小三") == "recorded"
    assert outcome(member, "志愿服务我到了") == "recorded"
    assert outcome(member, "张小三签到") == "choose"
    assert outcome(member, "主题党日和志愿服务签到") == "choose"


def test_a_name_made_of_words_is_still_the_writers_name(office: Office) -> None:
    office.user("admin", name="admin")
    office.activity("主题党日", HUDONG)
    office.bound("o-1", "谢明天")
    assert outcome(office, "谢明天签到") == "recorded"
    assert outcome(office, "我是谢明天，已到") == "recorded"
    assert outcome(office, "明天签到") == Kind.HELP


def test_a_name_in_the_purpose_of_an_activity_checks_nobody_in(office: Office) -> None:
    office.user("admin", name="admin")
    office.bound("o-1")
    office.activity("先进事迹报告会", HUDONG, purpose="联系人李红梅，学习先进", place="湖东社区三楼")
    assert outcome(office, "李红梅签到") == "choose"
    assert outcome(office, "湖东社区三楼签到") == "recorded"
    assert outcome(office, "到社区报到") == Kind.UNKNOWN


def test_nothing_open_is_said_with_the_next_one(member: Office) -> None:
    with member.db.connection_scope() as connection:
        later = NOON + timedelta(days=2)
        said = checkin.read_again(connection, "o-1", "张小三签到", at=later)
        assert checkin.by_words(connection, said, at=later, message_key="m").kind == "none_open"
