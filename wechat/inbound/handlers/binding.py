"""绑定: name, last four digits, consent; and its end."""

from __future__ import annotations

from community import binding
from community.binding import BindingStep
from wechat.inbound.conversation import Topic
from wechat.inbound.desk import Desk
from wechat.language.intents import Intent, Kind, person
from wechat.wire.replies import Reply, TextReply


def begin(desk: Desk, intent: Intent) -> Reply:
    """绑定, alone or with name and digits."""
    return _begin(desk, intent.name, intent.tail)


def unbind(desk: Desk, intent: Intent) -> Reply:
    """解绑."""
    return _answer(desk, binding.unbind(desk.session, desk.openid, at=desk.at))


def go_on(desk: Desk, intent: Intent, text: str, state: dict[str, object]) -> Reply | None:
    """The answer to a question of ours; None when it is none (then it means what it says)."""
    step = state.get("step")
    if intent.kind is Kind.DECLINE:
        return _answer(desk, binding.decline())
    if step == "consent" and intent.kind is Kind.CONSENT:
        limits = desk.settings.limits
        agreed = binding.consent(desk.session, desk.openid, at=desk.at, pending=state, limits=limits)
        return _answer(desk, agreed)
    if step == "choose" and intent.kind is Kind.CHOICE:
        chosen = binding.choose(desk.session, desk.openid, intent.number, at=desk.at, pending=state)
        return _answer(desk, chosen)
    if step == "consent" and intent.kind in (Kind.UNKNOWN, Kind.GREETING, Kind.CHOICE):
        desk.ask(Topic.BIND, state)
        return TextReply("请回复“同意”完成绑定，或回复“不同意”取消")
    if step == "details" and intent.kind is Kind.UNKNOWN:
        name, tail = person(text)
        if name or tail:
            return _begin(desk, name or str(state.get("name", "")), tail or str(state.get("tail", "")))
    return None


def _begin(desk: Desk, name: str, tail: str) -> Reply:
    limits = desk.settings.limits
    step = binding.begin(
        desk.session, desk.openid, name=name or None, phone_tail=tail or None, at=desk.at, limits=limits
    )
    if step.state is not None and step.state.get("step") == "details" and bool(name) != bool(tail):
        desk.ask(Topic.BIND, {**step.state, "name": name, "tail": tail})
        return TextReply("请再回复手机号后四位，例如：1234" if name else "请再回复您的姓名，例如：张三")
    return _answer(desk, step)


def _answer(desk: Desk, step: BindingStep) -> Reply:
    if step.state is None:
        desk.end_talk()
    else:
        desk.ask(Topic.BIND, step.state)
    return TextReply(step.text)
