"""请假 and 销假."""

from __future__ import annotations

from typing import Any

from community import leave
from community.checkin import CheckInAnswer
from community.choices import numbers
from models import LeaveWay
from wechat.inbound.context import Context
from wechat.inbound.conversation import Topic
from wechat.language.intents import Intent
from wechat.wire.replies import Reply, TextReply


def ask(context: Context, intent: Intent) -> Reply:
    """请假, with or without a reason and the activity's name."""
    return _say(context, _ask(context, intent.text, about=intent.tail), intent.text)


def choose(context: Context, intent: Intent, state: dict[str, Any]) -> Reply:
    """The answer to "from which activity?"."""
    ids, reason = state.get("ids", []), str(state.get("reason", ""))
    if not 1 <= intent.number <= len(ids):
        return TextReply(numbers(len(ids)))
    context.end_talk()
    return _say(context, _ask(context, reason, activity_id=ids[intent.number - 1]), reason)


def take_back(context: Context, intent: Intent) -> Reply:
    """销假."""
    return TextReply(leave.take_back(context.session, context.openid, at=context.at).text)


def _ask(context: Context, reason: str, *, about: str = "", activity_id: int | None = None) -> CheckInAnswer:
    return leave.ask(
        context.session,
        context.openid,
        reason,
        about=about,
        activity_id=activity_id,
        via=LeaveWay.REPLY,
        at=context.at,
        limits=context.settings.limits,
    )


def _say(context: Context, answer: CheckInAnswer, reason: str) -> Reply:
    if answer.choices:
        ids = [activity_id for activity_id, _ in answer.choices]
        context.ask(Topic.LEAVE, {"reason": reason, "ids": ids})
    return TextReply(answer.text)
