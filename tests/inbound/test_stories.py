"""What a follower reads back: check-in, binding, reading, help, keywords, menus, long texts."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
import time_machine

from ground import clock
from models import Activity, Conversation, Follower, MakeUpRequest, Setting
from runtime import Runtime
from tests.inbound.conftest import OPENID, STRANGER, Office, checkins, open_activity
from tests.inbound.platform import Phone
from tests.world import articles, replies
from wechat.inbound import router
from wechat.inbound.handlers import keywords
from wechat.language.intents import Kind
from wechat.wire.messages import Push


def add_keyword(
    runtime: Runtime, pattern: str, content: str, *, kind: str = "text", whole: bool = True
) -> None:
    with runtime.db.session_scope() as session:
        replies.reply(session, pattern, content, kind=kind, whole=whole)


def publish(runtime: Runtime, title: str, column: str = "study") -> int:
    return articles.article(runtime.db, runtime.settings.data_dir, title, column=column, status="published")


def test_one_open_activity_is_recorded_once_and_can_be_undone(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    with runtime.db.session_scope() as session:
        activity = open_activity(session, office, "主题党日")
        open_activity(session, office, "第二支部的会", branch=1)
    assert "已签到：主题党日" in phone.say(OPENID, "簽 到！😀").text
    assert checkins(runtime) == [(activity, office.members["张三"])]
    assert "无需重复签到" in phone.say(OPENID, "qd").text
    assert len(checkins(runtime)) == 1
    assert "已撤销签到：主题党日" in phone.say(OPENID, "撤销").text
    assert checkins(runtime) == []
    assert "已签到" in phone.event(OPENID, "CLICK", "CHECKIN").text
    assert len(checkins(runtime)) == 1


def test_voice_and_a_tapped_menu_message_are_as_good_as_typing(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    with runtime.db.session_scope() as session:
        open_activity(session, office, "主题党日")
    voice = "<MsgType>voice</MsgType><MediaId>m</MediaId><Format>amr</Format><Recognition><![CDATA[签到。]]></Recognition>"
    assert "已签到" in phone.push(voice, OPENID).text
    tapped = "<MsgType>text</MsgType><Content>签到</Content><bizmsgmenuid>101</bizmsgmenuid>"
    assert "无需重复签到" in phone.push(tapped, OPENID).text


def test_several_activities_lead_to_a_question_and_a_late_answer_to_the_question_again(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    with runtime.db.session_scope() as session:
        open_activity(session, office, "主题党日")
        second = open_activity(session, office, "义诊", keyword="义诊", hours=3)
    asked = phone.say(OPENID, "签到").text
    assert "1. 主题党日" in asked
    assert "2. 义诊" in asked
    assert checkins(runtime) == []
    assert "1 到 2" in phone.say(OPENID, "7").text
    with runtime.db.session_scope() as session:
        session.execute(sa.update(Conversation).values(expires_at=clock.now() - timedelta(seconds=1)))
    assert "请回复序号" in phone.say(OPENID, "2").text, "too late: asked again"
    assert checkins(runtime) == []
    assert "已签到：义诊" in phone.say(OPENID, "②").text
    assert checkins(runtime) == [(second, office.members["张三"])]
    assert "没有等您选择的内容" in phone.say(OPENID, "2").text, "the question was answered"


def test_an_activity_is_chosen_by_its_keyword(runtime: Runtime, office: Office, phone: Phone) -> None:
    with runtime.db.session_scope() as session:
        open_activity(session, office, "主题党日")
        wanted = open_activity(session, office, "社区义诊志愿服务", keyword="义诊")
    for text in ("义诊", "义诊签到", "签到 义诊", "【义诊】签到"):
        assert "已签到：社区义诊志愿服务" in phone.say(OPENID, text).text, text
        assert checkins(runtime) == [(wanted, office.members["张三"])]
        phone.say(OPENID, "撤销")


def test_the_writers_own_name_names_no_activity(runtime: Runtime, office: Office, phone: Phone) -> None:
    with runtime.db.session_scope() as session:
        open_activity(session, office, "主题党日")
    for text in ("三支部张三签到", "张三签到", "我是第一党支部张三，签到"):
        assert "已签到：主题党日" in phone.say(OPENID, text).text, text
        phone.say(OPENID, "撤销")


def test_what_is_not_clearly_meant_is_not_recorded(runtime: Runtime, office: Office, phone: Phone) -> None:
    with runtime.db.session_scope() as session:
        open_activity(session, office, "主题党日")
    for text in ("李红梅签到", "党课签到", "我不签到了", "签到怎么弄", "明天再签到", "签错了"):
        assert phone.say(OPENID, text).text
        assert checkins(runtime) == [], text


def test_a_stranger_is_led_through_binding_and_checks_in(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    with runtime.db.session_scope() as session:
        open_activity(session, office, "主题党日", branch=1)
    branch = office.branches[1]
    assert "第二党支部" in phone.event(STRANGER, "subscribe", f"qrscene_branch-{branch}").text
    assert "还没有绑定" in phone.say(STRANGER, "签到").text
    assert "绑定 姓名 手机号后四位" in phone.say(STRANGER, "绑定").text
    assert "后四位" in phone.say(STRANGER, "李红梅").text
    asked = phone.say(STRANGER, "9012").text
    assert "李*梅" in asked
    assert "同意" in asked
    assert "请回复“同意”" in phone.say(STRANGER, "好的").text, "consent is said in so many words"
    assert "绑定成功" in phone.say(STRANGER, "同意").text
    assert "已签到：主题党日" in phone.say(STRANGER, "签到").text
    assert "解除绑定" in phone.say(STRANGER, "解绑").text


def test_digits_may_come_before_the_name_and_thanks_are_no_name(runtime: Runtime, phone: Phone) -> None:
    assert "姓名" in phone.say(STRANGER, "绑定 手机号9012").text
    assert "李*梅" in phone.say(STRANGER, "李红梅").text
    phone.say(STRANGER, "不同意")
    assert "后四位" in phone.say(STRANGER, "绑定 李红梅同志").text
    assert "李*梅" in phone.say(STRANGER, "9012 谢谢").text


def test_binding_in_one_line_and_declining(runtime: Runtime, phone: Phone) -> None:
    assert "李*梅" in phone.say(STRANGER, "绑定 李红梅 9012").text
    assert "已取消绑定" in phone.say(STRANGER, "不同意").text
    assert "没有需要确认" in phone.say(STRANGER, "同意").text
    with runtime.db.read_scope() as session:
        assert session.scalar(sa.select(Follower.member_id).where(Follower.openid == STRANGER)) is None


def test_a_make_up_asks_for_its_reason(runtime: Runtime, office: Office, phone: Phone) -> None:
    with runtime.db.session_scope() as session:
        open_activity(session, office, "主题党日", hours=-1)
    assert "可在" in phone.say(OPENID, "签到").text
    assert "补签原因" in phone.say(OPENID, "忘记签到了").text
    assert "已提交补签申请" in phone.say(OPENID, "在医院值班").text
    with runtime.db.read_scope() as session:
        assert session.scalars(sa.select(MakeUpRequest.reason)).all() == ["在医院值班"]


def test_a_reason_may_speak_of_checking_in_and_a_refusal_is_none(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    with runtime.db.session_scope() as session:
        open_activity(session, office, "主题党日", hours=-1)
    phone.say(OPENID, "补签")
    assert "补签原因" in phone.say(OPENID, "补签").text
    assert "没有为您签到" in phone.say(OPENID, "不签到了").text
    phone.say(OPENID, "补签")
    assert "已提交补签申请" in phone.say(OPENID, "那天忘记签到了").text
    with runtime.db.read_scope() as session:
        assert session.scalars(sa.select(MakeUpRequest.reason)).all() == ["那天忘记签到了"]


def test_columns_come_as_links_and_a_single_article_as_a_card(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    assert "还没有发布内容" in phone.say(OPENID, "学习园地").text
    first = publish(runtime, "学习<第一>篇")
    card = phone.event(OPENID, "CLICK", "column:study").fields
    assert card is not None
    assert card["MsgType"] == "news"
    second = publish(runtime, "学习第二篇")
    listed = phone.say(OPENID, "學習園地").text
    assert listed.index(f"/m/a/{second}") < listed.index(f"/m/a/{first}")
    assert "学习《第一》篇</a>" in listed
    assert phone.say(OPENID, "先锋动态").text.startswith("先锋动态还没有")
    assert "大字版" in phone.say(OPENID, "字太小").text


def test_help_and_its_digits(phone: Phone) -> None:
    assert "暂时不能自动回答" in phone.say(STRANGER, "今天天气真好").text
    assert "先锋动态" in phone.say(STRANGER, "2").text
    assert "没有等您选择的内容" in phone.say(OPENID, "5").text, "no help was shown to this one"
    assert "只能为本人签到" in phone.say(OPENID, "怎么签到").text


def test_pictures_places_and_silent_events(phone: Phone) -> None:
    assert (
        "只能看懂文字"
        in phone.push("<MsgType>image</MsgType><PicUrl>p</PicUrl><MediaId>m</MediaId>", OPENID).text
    )
    place = (
        "<MsgType>location</MsgType><Location_X>31.2</Location_X><Location_Y>120</Location_Y><Label>x</Label>"
    )
    assert "不保存位置" in phone.push(place, OPENID).text
    for event in ("VIEW", "view_miniprogram", "LOCATION", "pic_weixin", "kf_create_session", "something_new"):
        assert phone.event(OPENID, event, "k").body == b"success", event


def test_muting_a_column_and_all(runtime: Runtime, phone: Phone) -> None:
    def muted() -> str | None:
        with runtime.db.read_scope() as session:
            return session.scalar(sa.select(Follower.muted_columns).where(Follower.openid == OPENID))

    assert "已退订学习园地" in phone.say(OPENID, "退订学习园地").text
    assert muted() == "study"
    phone.say(OPENID, "td")
    assert muted() == "study,news"
    phone.say(OPENID, "订阅 先锋动态")
    assert muted() == "study"
    phone.say(OPENID, "订阅")
    assert muted() == ""


def test_an_editors_keywords_answer_texts_but_never_take_over_check_in(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    add_keyword(runtime, "食堂", "社区食堂 11:00 开门", whole=False)
    add_keyword(runtime, "学习园地", "本周学习内容见公告")
    add_keyword(runtime, "签到", "被改写的签到")
    add_keyword(runtime, "海报", "MEDIA_1", kind="image")
    add_keyword(runtime, "公示", "news", kind="column")
    assert phone.say(OPENID, "社区食堂几点关门").text == "社区食堂 11:00 开门"
    assert phone.say(OPENID, "學習 園地！").text == "本周学习内容见公告"
    assert "被改写" not in phone.say(OPENID, "签到").text
    image = phone.say(OPENID, "海报").fields
    assert image is not None
    assert image["MsgType"] == "image"
    assert "先锋动态" in phone.say(OPENID, "公示").text


def test_the_box_that_tries_a_text_says_what_the_account_would_answer(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    add_keyword(runtime, "食堂", "社区食堂 11:00 开门", whole=False)
    add_keyword(runtime, "义诊", "每周三上午")
    add_keyword(runtime, "签到", "被改写的签到")

    def tried(text: str) -> keywords.Trial:
        with runtime.db.read_scope() as session:
            return keywords.try_it(session, text, at=clock.now())

    assert tried("社区食堂").source == "keyword"
    assert tried("签到").summary == "系统命令：签到"
    assert tried("今天天气真好").source == "default"
    assert tried("取件码 1234").source == "default"
    assert tried("更正 姓名张山").summary == "系统命令：更正（姓名张山）"
    assert tried("绑不上").summary == "系统命令：帮助（绑定）"
    assert tried("替老伴绑定").summary == "系统命令：帮助（绑定不能代办）"
    assert tried("义 诊！").source == "keyword"
    assert phone.say(OPENID, "义 诊！").text == "每周三上午"
    with runtime.db.session_scope() as session:
        open_activity(session, office, "社区义诊", keyword="义诊")
    assert tried("义 诊！").summary == "正在进行的活动口令“义诊”：签到"
    assert "已签到" in phone.say(OPENID, "义 诊！").text


def test_a_long_reply_goes_on_with_more(runtime: Runtime, phone: Phone) -> None:
    text = "，".join(f"第{n}条" for n in range(350))
    add_keyword(runtime, "章程", text)
    pages = [phone.say(OPENID, "章程").text]
    while pages[-1].endswith("……回复 更多 继续"):
        pages.append(phone.say(OPENID, "更多").text)
    assert len(pages) == 3
    whole = "".join(page.removesuffix("\n……回复 更多 继续") for page in pages)
    assert whole == text
    assert "没有更多内容" in phone.say(OPENID, "更多").text


def test_what_a_follower_typed_cannot_break_the_reply(runtime: Runtime, office: Office, phone: Phone) -> None:
    with runtime.db.session_scope() as session:
        open_activity(session, office, "主题党日]]><x>&amp;")
    assert "主题党日]]><x>&amp;" in phone.say(OPENID, "签到").text
    assert "]]>" in phone.say(OPENID, "签到 a]]]]><![CDATA[>b").text
    assert phone.say(OPENID, "绑定 ]]]]><![CDATA[> 1234").status == 200


def test_a_closed_account_and_a_certification_are_noted(runtime: Runtime, phone: Phone) -> None:
    head = "<MsgType>event</MsgType>"
    closed = (
        f"{head}<Event>user_authorization_cancellation</Event><OpenID>{OPENID}</OpenID><AppID>wx1</AppID>"
    )
    assert phone.push(closed, "oPlatform").body == b"success"
    failed = f"{head}<Event>qualification_verify_fail</Event><FailTime>1</FailTime><FailReason>材料不全</FailReason>"
    assert phone.push(failed, "oPlatform").body == b"success"
    with runtime.db.read_scope() as session:
        assert session.scalar(sa.select(Follower.id).where(Follower.openid == OPENID)) is None
        assert any("材料不全" in value for value in session.scalars(sa.select(Setting.value)))


def test_time_stands_on_the_receipt_in_shanghai(runtime: Runtime, office: Office, phone: Phone) -> None:
    with time_machine.travel("2026-11-24T11:02:00+00:00", tick=True):
        with runtime.db.session_scope() as session:
            open_activity(session, office, "主题党日")
            session.execute(sa.select(Activity.id))
        assert "主题党日（11月24日 19:02）" in phone.say(OPENID, "签到").text


def test_the_tables_name_every_intent_and_every_kind_of_push() -> None:
    assert set(router.COMMANDS) == set(Kind)
    assert set(router.MENU_KEYS.values()) <= set(router.COMMANDS)
    assert {kind for kind in Push.__subclasses__() if kind in router.EVENTS} == set(router.EVENTS)
