"""签到 and what belongs to it: choosing among activities, 撤销, 补签, 活动, 我的."""

from __future__ import annotations

from community import checkin, members, privacy
from community.checkin import CheckInAnswer
from wechat.inbound.conversation import Topic
from wechat.inbound.desk import Desk
from wechat.language.intents import Intent, Kind
from wechat.language.words import SURNAMES
from wechat.wire.replies import Reply, TextReply


def record(desk: Desk, intent: Intent) -> Reply:
    """签到, alone or with the name of an activity."""
    return _record(desk, keyword=_without_own_name(desk, intent.text))


def by_menu(desk: Desk) -> Reply:
    """The menu's 签到."""
    return _record(desk, via="menu")


def by_keyword(desk: Desk, text: str) -> Reply | None:
    """A text that is nothing but the keyword of an open activity; None where it is none."""
    if len(text) > 20 or not checkin.is_keyword(desk.connection, text, at=desk.at):
        return None
    return _record(desk, keyword=text)


def choose(desk: Desk, intent: Intent, state: dict[str, list[int]]) -> Reply:
    """The answer to "which activity?"; a number that was not offered is asked again."""
    ids = state.get("ids", [])
    if not 1 <= intent.number <= len(ids):
        return TextReply(f"请回复 1 到 {len(ids)} 之间的序号")
    desk.end_talk()
    return _record(desk, choice=ids[intent.number - 1])


def ask_again(desk: Desk) -> Reply:
    """A number that came too late: ask anew, for the activities may be others by now."""
    desk.end_talk()
    return _record(desk)


def undo(desk: Desk, intent: Intent) -> Reply:
    """撤销."""
    return TextReply(checkin.undo(desk.session, desk.openid, at=desk.at, limits=desk.settings.limits).text)


def make_up(desk: Desk, intent: Intent) -> Reply:
    """补签, with the reason or the question for it."""
    return _make_up(desk, intent.text, None)


def make_up_goes_on(desk: Desk, intent: Intent, text: str, state: dict[str, str | list[int]]) -> Reply | None:
    """The reason that was asked for, or the number of the activity; None when it is neither."""
    ids, reason = state.get("ids"), state.get("reason", "")
    if intent.kind is Kind.DECLINE:
        desk.end_talk()
        return TextReply("好的，没有提交补签申请")
    if isinstance(ids, list) and isinstance(reason, str):
        if intent.kind is Kind.CHOICE and intent.number <= len(ids):
            return _make_up(desk, reason, ids[intent.number - 1])
        return None
    if intent.kind is Kind.UNKNOWN and text.strip():
        return _make_up(desk, text, None)
    return None


def activities(desk: Desk, intent: Intent) -> Reply:
    """活动."""
    return TextReply(checkin.coming(desk.session, desk.openid, at=desk.at))


def mine(desk: Desk, intent: Intent) -> Reply:
    """我的: one's own check-ins, nobody else's, no totals."""
    return TextReply(checkin.mine(desk.session, desk.openid))


def my_data(desk: Desk, intent: Intent) -> Reply:
    """我的信息: what is kept about the writer."""
    return TextReply(privacy.my_data(desk.session, desk.openid))


def _record(desk: Desk, *, keyword: str = "", choice: int | None = None, via: str = "reply") -> Reply:
    answer = checkin.by_reply(
        desk.connection,
        desk.openid,
        keyword=keyword or None,
        choice=choice,
        at=desk.at,
        message_key=desk.key,
        via=via,
        limits=desk.settings.limits,
    )
    return _say(desk, answer, Topic.CHOOSE, {})


def _make_up(desk: Desk, reason: str, activity_id: int | None) -> Reply:
    desk.end_talk()
    answer = checkin.make_up(
        desk.session, desk.openid, reason, at=desk.at, activity_id=activity_id, limits=desk.settings.limits
    )
    if answer.kind == "asks_reason":
        desk.ask(Topic.MAKE_UP, {})
    return _say(desk, answer, Topic.MAKE_UP, {"reason": reason})


def _say(desk: Desk, answer: CheckInAnswer, topic: str, state: dict[str, str]) -> Reply:
    if answer.choices:
        desk.ask(topic, {**state, "ids": [activity_id for activity_id, _ in answer.choices]})
    return TextReply(answer.text)


def _without_own_name(desk: Desk, text: str) -> str:
    """What was said beside 签到 without the writer's own name (三支部张三签到 names no activity)."""
    if not any(2 <= len(word) <= 4 and word[0] in SURNAMES for word in text.split()):
        return text
    name = members.own_name(desk.connection, desk.openid)
    return " ".join(word for word in text.split() if word != name)
