"""绑定: name, last four digits, consent; and its end."""

from __future__ import annotations

from community import binding, consent
from community.binding import BindingStep
from models import ConsentWay
from wechat.inbound.context import Context
from wechat.inbound.conversation import Topic
from wechat.inbound.handlers import guide
from wechat.language import names
from wechat.language.intents import Intent, Kind
from wechat.wire.replies import Reply, TextReply

_WHICH_END = (
    "注销有两种办法，请选择：\n回复“解绑”：您的微信不再与党员信息关联，立即生效，以后可以重新绑定\n"
    "回复“我的资料”：打开页面，清除您的微信资料，也可以申请清除名册里的个人信息"
)


def begin(context: Context, intent: Intent) -> Reply:
    """绑定, alone or with name and digits; after a question for one of them, the other is enough."""
    talk = context.talk()
    asked = talk is not None and not talk.late and talk.topic == Topic.BIND
    return _details(context, intent.text, intent.tail, talk.state if talk and asked else {})


def unbind(context: Context, intent: Intent) -> Reply:
    """解绑; 注销 may mean more, so that is asked back."""
    if not intent.clear:
        return TextReply(_WHICH_END)
    return _answer(context, binding.unbind(context.session, context.openid, at=context.at))


def agree(context: Context, intent: Intent) -> Reply:
    """同意 without a question before it: to what the branch has found by hand, or to a changed text; else to nothing."""
    limits, session = context.settings.limits, context.session
    step = binding.accept_offer(session, context.openid, at=context.at, limits=limits)
    if step is not None:
        return _answer(context, step)
    if consent.renew(session, context.openid, ConsentWay.REPLY, at=context.at):
        return TextReply("谢谢确认，绑定照常使用。回复“我的资料”可以查看同意记录，回复“解绑”随时撤回")
    return guide.nothing_to_choose(context, intent)


def disagree(context: Context, intent: Intent) -> Reply:
    """不同意 without a question before it: to a changed text, which was asked about a while ago; else to nothing."""
    said = consent.declined(context.session, context.openid, limits=context.settings.limits)
    return TextReply(said) if said else guide.nothing_to_choose(context, intent)


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
    if step == "details" and intent.kind in (Kind.UNKNOWN, Kind.GREETING):
        tail = names.tail_in(text)
        if tail or names.guesses(text):
            return _details(context, text[: binding.SAID], tail, state)
    return None


def _details(context: Context, text: str, tail: str, state: dict[str, object]) -> Reply:
    """What is written now beside what was said before, where one alone is not enough."""
    said, known = str(state.get("said", "")), str(state.get("tail", ""))
    if said and not names.guesses(text):
        text = f"{said} {text}"
    step = binding.begin(
        context.session,
        context.openid,
        text=text,
        tail=tail or known,
        at=context.at,
        limits=context.settings.limits,
    )
    return _answer(context, step)


def _answer(context: Context, step: BindingStep) -> Reply:
    if step.state is None:
        context.end_talk()
    else:
        context.ask(Topic.BIND, step.state)
    if not step.bound:
        return TextReply(step.text)
    guide.offer(context)
    return TextReply(f"{step.text}\n您也可以回复：\n{guide.MENU}")
