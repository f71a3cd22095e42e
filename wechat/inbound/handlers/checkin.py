"""签到 and what belongs to it: choosing among activities, 撤销, 补签, 活动, 我的."""

from __future__ import annotations

import re

from community import answering, arriving, checkin, invitation, leave
from community.checkin import CheckInAnswer
from community.choices import numbers
from wechat.inbound.context import Context
from wechat.inbound.conversation import Topic
from wechat.language.codes import code_in
from wechat.language.intents import Intent, Kind
from wechat.wire.replies import Reply, TextReply

ANSWER = ("我的回答", "回答", "答案", "答")
"""Before an answer to a question, with a mark or a blank behind it: 答：…"""
_MARKS = " \t\r\n\u3000:：,，、。"
_NO_ANSWER = re.compile(r"我?先?不(?:想|用|会|打算)?回?答(?:了|题|思考题)*[。.！!]?")
_NO_REASON = "补補不别別"
"""How 补签 said again, or 不签到了, begins."""


def record(context: Context, intent: Intent) -> Reply:
    """签到, with nothing else beside it."""
    return _record(context)


def read_again(context: Context, text: str) -> checkin.Said:
    """What a message means with the writer's own name, branch and activities."""
    return checkin.read_again(context.connection, context.openid, text, at=context.at)


def by_words(context: Context, said: checkin.Said) -> Reply:
    """签到 with more beside it: name, branch, activity, a story."""
    answer = checkin.by_words(
        context.connection, said, at=context.at, message_key=context.key, limits=context.settings.limits
    )
    return _say(context, answer, Topic.CHOOSE, {})


def by_menu(context: Context) -> Reply:
    """The menu's 签到."""
    return _record(context, via="menu")


def by_keyword(context: Context, text: str) -> Reply | None:
    """A text that is nothing but the keyword of an open activity; None where it is none."""
    if len(text) > 20 or not checkin.is_keyword(context.connection, text, at=context.at):
        return None
    return _record(context, keyword=text)


def by_code(context: Context, text: str) -> Reply | None:
    """签到 and the digits of a screen; None where it is something else, or no screen is on for the writer."""
    if (digits := code_in(text)) is None:
        return None
    answer = arriving.by_code(
        context.connection,
        context.openid,
        digits,
        at=context.at,
        message_key=context.key,
        limits=context.settings.limits,
    )
    return None if answer is None else _say(context, answer, Topic.CHOOSE, {})


def choose(context: Context, intent: Intent, state: dict[str, list[int]]) -> Reply:
    """The answer to "which activity?"; a number that was not offered is asked again."""
    ids = state.get("ids", [])
    if not 1 <= intent.number <= len(ids):
        return TextReply(numbers(len(ids)))
    context.end_talk()
    return _record(context, choice=ids[intent.number - 1])


def ask_again(context: Context) -> Reply:
    """A number that came too late: ask anew, also where one is left, for the activities may be others by now."""
    context.end_talk()
    said = read_again(context, "")
    return by_words(context, checkin.Said(Intent(Kind.CHECKIN, clear=False), said.rows))


def undo(context: Context, intent: Intent) -> Reply:
    """撤销: of the check-in or the leave that was said last, within minutes."""
    limits = context.settings.limits
    back = leave.undo(context.session, context.openid, at=context.at, limits=limits)
    return TextReply(
        (back or checkin.undo(context.session, context.openid, at=context.at, limits=limits)).text
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
    if intent.kind in (Kind.MAKE_UP, Kind.NO_CHECKIN, Kind.LEAVE) and text.strip()[0] not in _NO_REASON:
        return _make_up(
            context, intent.text or text, None
        )  # 忘记签到了, 请假没去: asked for, it is the reason
    return None


def by_answer(context: Context, text: str) -> Reply | None:
    """One of :data:`ANSWER` and what a member thinks, for a day behind the question; None where it is something else."""
    said = text.strip()
    rest = said.removeprefix(next(one for one in ANSWER if said.startswith(one)))
    written = rest.lstrip(_MARKS)
    if not written or written == rest:
        return None
    talk = context.talk()
    return _keep(context, written, talk.state) if talk is not None and talk.topic == Topic.ANSWER else None


def answer_goes_on(context: Context, intent: Intent, text: str, state: dict[str, int]) -> Reply | None:
    """What is replied to a question without 答 before it; None where it may be something else."""
    if intent.kind is Kind.DECLINE or _NO_ANSWER.fullmatch(text.strip()):
        context.end_talk()
        return TextReply("好的，思考题可以不答")
    return _keep(context, text, state) if intent.kind is Kind.UNKNOWN else None


def _keep(context: Context, text: str, state: dict[str, int]) -> Reply | None:
    activity_id, limits = state.get("activity", 0), context.settings.limits
    said = answering.by_reply(
        context.session, context.openid, activity_id, text, at=context.at, limits=limits
    )
    context.end_talk()
    if said is None:
        return None
    page = context.link(invitation.own_path(activity_id))
    return TextReply(f'{said}\n<a href="{page}">修改或删除我的回答</a>')


def activities(context: Context, intent: Intent) -> Reply:
    """活动."""
    return TextReply(checkin.coming(context.session, context.openid, at=context.at))


def mine(context: Context, intent: Intent) -> Reply:
    """我的: one's own check-ins, nobody else's, no totals."""
    return TextReply(checkin.mine(context.session, context.openid, at=context.at))


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
    if answer.question and answer.activity_id is not None:
        context.ask(Topic.ANSWER, {"activity": answer.activity_id})
        return TextReply(f"{answer.text}\n{answering.invite(answer.question)}")
    return TextReply(answer.text)
