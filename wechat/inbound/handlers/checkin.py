"""签到 and what belongs to it: choosing among activities, 撤销, 补签, 活动, 我的."""

from __future__ import annotations

from community import checkin, members, privacy
from community.checkin import CheckInAnswer
from wechat.inbound.context import Context
from wechat.inbound.conversation import Topic
from wechat.language.intents import Intent, Kind
from wechat.language.words import SURNAMES
from wechat.wire.replies import Reply, TextReply


def record(context: Context, intent: Intent) -> Reply:
    """签到, alone or with the name of an activity."""
    return _record(context, keyword=_without_own_name(context, intent.text))


def by_menu(context: Context) -> Reply:
    """The menu's 签到."""
    return _record(context, via="menu")


def by_keyword(context: Context, text: str) -> Reply | None:
    """A text that is nothing but the keyword of an open activity; None where it is none."""
    if len(text) > 20 or not checkin.is_keyword(context.connection, text, at=context.at):
        return None
    return _record(context, keyword=text)


def choose(context: Context, intent: Intent, state: dict[str, list[int]]) -> Reply:
    """The answer to "which activity?"; a number that was not offered is asked again."""
    ids = state.get("ids", [])
    if not 1 <= intent.number <= len(ids):
        return TextReply(f"请回复 1 到 {len(ids)} 之间的序号")
    context.end_talk()
    return _record(context, choice=ids[intent.number - 1])


def ask_again(context: Context) -> Reply:
    """A number that came too late: ask anew, for the activities may be others by now."""
    context.end_talk()
    return _record(context)


def undo(context: Context, intent: Intent) -> Reply:
    """撤销."""
    return TextReply(
        checkin.undo(context.session, context.openid, at=context.at, limits=context.settings.limits).text
    )


def make_up(context: Context, intent: Intent) -> Reply:
    """补签, with the reason or the question for it."""
    return _make_up(context, intent.text, None)


def make_up_goes_on(
    context: Context, intent: Intent, text: str, state: dict[str, str | list[int]]
) -> Reply | None:
    """The reason that was asked for, or the number of the activity; None when it is neither."""
    ids, reason = state.get("ids"), state.get("reason", "")
    if intent.kind is Kind.DECLINE:
        context.end_talk()
        return TextReply("好的，没有提交补签申请")
    if isinstance(ids, list) and isinstance(reason, str):
        if intent.kind is Kind.CHOICE and intent.number <= len(ids):
            return _make_up(context, reason, ids[intent.number - 1])
        return None
    if intent.kind is Kind.UNKNOWN and text.strip():
        return _make_up(context, text, None)
    return None


def activities(context: Context, intent: Intent) -> Reply:
    """活动."""
    return TextReply(checkin.coming(context.session, context.openid, at=context.at))


def mine(context: Context, intent: Intent) -> Reply:
    """我的: one's own check-ins, nobody else's, no totals."""
    return TextReply(checkin.mine(context.session, context.openid))


def my_data(context: Context, intent: Intent) -> Reply:
    """我的信息: what is kept about the writer."""
    return TextReply(privacy.my_data(context.session, context.openid))


def _record(context: Context, *, keyword: str = "", choice: int | None = None, via: str = "reply") -> Reply:
    answer = checkin.by_reply(
        context.connection,
        context.openid,
        keyword=keyword or None,
        choice=choice,
        at=context.at,
        message_key=context.key,
        via=via,
        limits=context.settings.limits,
    )
    return _say(context, answer, Topic.CHOOSE, {})


def _make_up(context: Context, reason: str, activity_id: int | None) -> Reply:
    context.end_talk()
    answer = checkin.make_up(
        context.session,
        context.openid,
        reason,
        at=context.at,
        activity_id=activity_id,
        limits=context.settings.limits,
    )
    if answer.kind == "asks_reason":
        context.ask(Topic.MAKE_UP, {})
    return _say(context, answer, Topic.MAKE_UP, {"reason": reason})


def _say(context: Context, answer: CheckInAnswer, topic: str, state: dict[str, str]) -> Reply:
    if answer.choices:
        context.ask(topic, {**state, "ids": [activity_id for activity_id, _ in answer.choices]})
    return TextReply(answer.text)


def _without_own_name(context: Context, text: str) -> str:
    """What was said beside 签到 without the writer's own name (三支部张三签到 names no activity)."""
    if not any(2 <= len(word) <= 4 and word[0] in SURNAMES for word in text.split()):
        return text
    name = members.own_name(context.connection, context.openid)
    return " ".join(word for word in text.split() if word != name)
