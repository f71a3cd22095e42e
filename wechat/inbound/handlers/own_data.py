"""我的信息: what is kept about the writer, the door to the page where they may do more, and 更正."""

from __future__ import annotations

from community import own_links, own_requests, privacy
from ground.errors import PioneerError, Refused
from models import RequestKind
from wechat.inbound.context import Context
from wechat.inbound.conversation import Topic
from wechat.language.intents import Intent, Kind
from wechat.wire.replies import Reply, TextReply

_SAYS_WHAT = (Kind.UNKNOWN, Kind.BIND, Kind.MY_DATA)
"""How a name, a number or a branch is read that was asked for."""
_AGREE = "请核对，将提交{who}更正：\n{text}\n确认请回复“同意”，不提交请回复“不同意”"
_DONE = "已提交更正申请，{who}核对后办理，结果会告诉您"
_ADDED = "已补充到正在办理的更正申请里，结果会告诉您"


def my_data(context: Context, intent: Intent) -> Reply:
    """What is kept, masked as chats are forwarded; all of it stands on the page."""
    said = own_requests.standing(context.session, context.openid)
    said.append(privacy.my_data(context.session, context.openid))
    said.append(own_links.invitation(context.session, context.openid, context.settings, at=context.at))
    return TextReply("\n".join(said))


def correct(context: Context, intent: Intent) -> Reply:
    """更正 手机 139…: asked back once, so that nothing is handed on by a slip."""
    try:
        text = own_requests.may_ask(context.session, context.openid, intent.text)
    except Refused as error:
        context.ask(Topic.CORRECT)
        return TextReply(error.message)
    except PioneerError as error:
        return TextReply(error.message)
    context.ask(Topic.CORRECT, {"text": text})
    return TextReply(_AGREE.format(who=_who(context), text=text))


def correct_goes_on(context: Context, intent: Intent, content: str, state: dict[str, object]) -> Reply | None:
    """What is to be corrected, or 同意 or 不同意 to it; None for anything else, which then means what it says."""
    if intent.kind is Kind.DECLINE:
        context.end_talk()
        return TextReply("好的，没有提交更正申请")
    if "text" not in state and intent.kind in _SAYS_WHAT:
        return correct(context, Intent(Kind.CORRECT, content))
    if intent.kind is not Kind.CONSENT or "text" not in state:
        return None
    context.end_talk()
    text, kind = str(state.get("text", "")), RequestKind.CORRECTION
    try:
        new = own_requests.ask_of(context.session, context.openid, kind, text, at=context.at)
    except PioneerError as error:
        return TextReply(error.message)
    return TextReply(_DONE.format(who=_who(context)) if new else _ADDED)


def _who(context: Context) -> str:
    return own_requests.who_decides_for(context.session, context.openid)
