"""绑定: name, last four digits, consent; and its end."""

from __future__ import annotations

from community import binding
from community.binding import BindingStep
from wechat.inbound.context import Context
from wechat.inbound.conversation import Topic
from wechat.language.intents import Intent, Kind, person
from wechat.wire.replies import Reply, TextReply


def begin(context: Context, intent: Intent) -> Reply:
    """绑定, alone or with name and digits."""
    return _begin(context, intent.name, intent.tail)


def unbind(context: Context, intent: Intent) -> Reply:
    """解绑."""
    return _answer(context, binding.unbind(context.session, context.openid, at=context.at))


def go_on(context: Context, intent: Intent, text: str, state: dict[str, object]) -> Reply | None:
    """The answer to a question of ours; None when it is none (then it means what it says)."""
    step = state.get("step")
    if intent.kind is Kind.DECLINE:
        return _answer(context, binding.decline())
    if step == "consent" and intent.kind is Kind.CONSENT:
        limits = context.settings.limits
        agreed = binding.consent(context.session, context.openid, at=context.at, pending=state, limits=limits)
        return _answer(context, agreed)
    if step == "choose" and intent.kind is Kind.CHOICE:
        chosen = binding.choose(context.session, context.openid, intent.number, at=context.at, pending=state)
        return _answer(context, chosen)
    if step == "consent" and intent.kind in (Kind.UNKNOWN, Kind.GREETING, Kind.CHOICE):
        context.ask(Topic.BIND, state)
        return TextReply("请回复“同意”完成绑定，或回复“不同意”取消")
    if step == "details" and intent.kind is Kind.UNKNOWN:
        name, tail = person(text)
        if name or tail:
            return _begin(context, name or str(state.get("name", "")), tail or str(state.get("tail", "")))
    return None


def _begin(context: Context, name: str, tail: str) -> Reply:
    limits = context.settings.limits
    step = binding.begin(
        context.session,
        context.openid,
        name=name or None,
        phone_tail=tail or None,
        at=context.at,
        limits=limits,
    )
    if step.state is not None and step.state.get("step") == "details" and bool(name) != bool(tail):
        context.ask(Topic.BIND, {**step.state, "name": name, "tail": tail})
        return TextReply("请再回复手机号后四位，例如：1234" if name else "请再回复您的姓名，例如：张三")
    return _answer(context, step)


def _answer(context: Context, step: BindingStep) -> Reply:
    if step.state is None:
        context.end_talk()
    else:
        context.ask(Topic.BIND, step.state)
    return TextReply(step.text)
