"""Help, greetings, and polite answers to what we cannot read: never silence, never an error code."""

from __future__ import annotations

from wechat.inbound.context import Context
from wechat.inbound.conversation import Topic
from wechat.language.intents import Intent, Kind
from wechat.wire.messages import Push, Voice
from wechat.wire.replies import Reply, TextReply

OFFERS = (
    ("学习园地", Kind.STUDY),
    ("先锋动态", Kind.NEWS),
    ("签到", Kind.CHECKIN),
    ("活动", Kind.ACTIVITIES),
    ("我的", Kind.MINE),
    ("大字", Kind.LARGE),
)
"""What the help offers; its digits may be replied."""

MENU = "\n".join(f"{number} {name}" for number, (name, _) in enumerate(OFFERS, 1))
_HOW = {
    Kind.CHECKIN: "活动开始后回复“签到”即可，只能为本人签到；有多个活动时按提示回复序号。"
    "签错了 5 分钟内回复“撤销”，错过了回复“补签 原因”。回复“活动”看最近的活动",
    Kind.MAKE_UP: "错过签到时回复“补签 原因”，例如：补签 值班，由支部书记确认后记入台账",
    Kind.UNDO: "签到后 5 分钟内回复“撤销”即可取消刚才的签到",
    Kind.BIND: "回复“绑定 姓名 手机号后四位”，例如：绑定 张三 1234，核对后再回复“同意”即可",
    Kind.UNBIND: "回复“解绑”即可解除绑定，以后仍可重新绑定",
    Kind.MUTE: "回复“退订”停止接收全部栏目，回复“退订 学习园地”只停一个栏目，回复“订阅”恢复",
    Kind.UNMUTE: "回复“订阅”恢复接收，回复“订阅 学习园地”只恢复一个栏目",
    Kind.LARGE: "回复“大字”打开大字版，页面右上角可以再调大小",
}


def offer(context: Context) -> None:
    """From now on the digits of the help may be replied, unless a question is open: that stays."""
    talk = context.talk()
    if talk is None or talk.late or talk.topic in (Topic.HELP, Topic.MORE):
        context.ask(Topic.HELP)


def help_(context: Context, intent: Intent) -> Reply:
    """What can be done here, or how one thing is done."""
    how = _HOW.get(Kind(intent.text)) if intent.text else None
    if how:
        return TextReply(how)
    offer(context)
    return TextReply(f"您可以回复：\n{MENU}\n也可以回复“绑定”“补签 原因”“撤销”“退订”。如需人工，请回复“人工”")


def not_understood(context: Context, intent: Intent) -> Reply:
    """The default: say so, and what would be understood. A question that is still open stays open."""
    offer(context)
    return TextReply(f"没看懂，您可以回复：\n{MENU}")


def greeting(context: Context, intent: Intent) -> Reply:
    """Somebody says hello or thanks."""
    offer(context)
    return TextReply(f"您好，您可以回复：\n{MENU}")


def human(context: Context, intent: Intent) -> Reply:
    """Somebody wants a person."""
    return TextReply(
        "请直接联系您所在党支部的书记，或到社区党群服务中心咨询。本公众号由系统自动回复，暂无人工值守"
    )


def no_checkin(context: Context, intent: Intent) -> Reply:
    """Somebody does not want to check in; that is all right."""
    return TextReply("好的，没有为您签到。签到自愿，需要时回复“签到”即可")


def nothing_to_choose(context: Context, intent: Intent) -> Reply:
    """A digit, 同意 or 取消 without a question before it."""
    if intent.kind is Kind.DECLINE:
        return TextReply("好的，没有需要取消的事项")
    if intent.kind is Kind.CONSENT:
        return TextReply("没有需要确认的事项，或已超过 10 分钟。绑定请重新回复：绑定 姓名 手机号后四位")
    return not_understood(context, intent)


def no_more(context: Context, intent: Intent) -> Reply:
    """更多 without anything left."""
    offer(context)
    return TextReply(f"没有更多内容了，您可以回复：\n{MENU}")


def more(context: Context, rest: str) -> Reply:
    """The next page; what is still left after it stays for the next 更多."""
    context.end_talk()
    return TextReply(rest)


def unread(context: Context, push: Push) -> Reply:
    """A picture, video, file or card: we say that we keep to text."""
    what = "语音没有识别出文字" if isinstance(push, Voice) else "已收到，本公众号暂时只能看懂文字"
    offer(context)
    return TextReply(f"{what}，您可以回复：\n{MENU}")


def no_place(context: Context, push: Push) -> Reply:
    """A place: nothing of it is kept, and we say so."""
    return TextReply("为保护您的隐私，本公众号不使用、不保存位置信息。签到请直接回复“签到”")
