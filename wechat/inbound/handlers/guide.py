"""Help, greetings, and polite answers to what we cannot read: never silence, never an error code."""

from __future__ import annotations

from community import followers
from wechat.inbound.context import Context
from wechat.inbound.conversation import Topic
from wechat.language import binding_words, names
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
ALSO = "查看或更正登记的信息请回复“我的信息”"
_CONTACT = "直接联系所在党支部的书记，或到社区党群服务中心咨询"
WHOM_TO_ASK = f"其他事情请{_CONTACT}"
"""Nobody answers here: this is what helps."""
BIND = "党员绑定请回复：绑定 姓名 手机号后四位，例如：绑定 张三 1234"
HOW: dict[str, str] = {
    Kind.CHECKIN: "活动开始后回复“签到”即可，只能为本人签到；有多个活动时按提示回复序号。"
    "签错了 5 分钟内回复“撤销”，错过了回复“补签 原因”。回复“活动”看最近的活动",
    Kind.MAKE_UP: "错过签到时回复“补签 原因”，例如：补签 值班，由支部书记确认后记入台账",
    Kind.UNDO: "签到后 5 分钟内回复“撤销”即可取消刚才的签到",
    Kind.BIND: "回复“绑定 姓名 手机号后四位”，例如：绑定 张三 1234，核对后再回复“同意”即可。"
    "绑不上的，请用名册里登记的手机号码；换过号码或仍然绑不上的，请联系支部书记",
    binding_words.PROXY: "绑定须本人同意，不能代办。请本人用自己的微信关注本公众号后回复：绑定 姓名 手机号后四位。"
    "不方便操作的，请联系支部书记",
    Kind.UNBIND: "回复“解绑”即可解除绑定，以后仍可重新绑定",
    Kind.MUTE: "回复“退订”停止接收全部栏目，回复“退订 学习园地”只停一个栏目，回复“订阅”恢复",
    Kind.UNMUTE: "回复“订阅”恢复接收，回复“订阅 学习园地”只恢复一个栏目",
    Kind.LARGE: "回复“大字”打开大字版，页面右上角可以再调大小",
}


def offer(context: Context) -> None:
    """From now on the digits of the help may be replied, and those of no list before it."""
    context.lists(Topic.HELP)


def help_(context: Context, intent: Intent) -> Reply:
    """What can be done here, or how one thing is done."""
    how = HOW.get(intent.text) if intent.text else None
    if how:
        return TextReply(how)
    offer(context)
    return TextReply(
        f"您可以回复：\n{MENU}\n也可以回复“搜 垃圾分类”“绑定”“我的信息”“补签 原因”“撤销”“退订”。\n{WHOM_TO_ASK}"
    )


def none_of_ours(context: Context, intent: Intent) -> Reply:
    """What asks for none of our commands; ``intent.text`` is the message. A question that is still open stays open."""
    found = elsewhere(context, intent.text)
    if found is not None:
        return found
    offer(context)
    how = (
        f"\n{BIND}"
        if names.tail_in(intent.text) and not followers.is_bound(context.session, context.openid)
        else ""
    )
    return TextReply(f"这件事暂时不能自动回答。您可以回复：\n{MENU}{how}\n{WHOM_TO_ASK}")


def elsewhere(context: Context, text: str) -> Reply | None:
    """What the house has on a message that is no command. This is where a search of the articles is asked; there is none yet."""
    return None


def greeting(context: Context, intent: Intent) -> Reply:
    """Somebody says hello or thanks."""
    offer(context)
    return TextReply(f"您好，您可以回复：\n{MENU}")


def human(context: Context, intent: Intent) -> Reply:
    """Somebody wants a person."""
    offer(context)
    return TextReply(f"本公众号由系统自动回复，没有人值守。请{_CONTACT}。您也可以回复：\n{MENU}\n{ALSO}")


def no_checkin(context: Context, intent: Intent) -> Reply:
    """Somebody does not want to check in; that is all right."""
    return TextReply("好的，没有为您签到。签到自愿，需要时回复“签到”即可")


def nothing_to_choose(context: Context, intent: Intent) -> Reply:
    """A digit, 同意 or 取消 without a question or a list before it."""
    if intent.kind is Kind.DECLINE:
        return TextReply(
            "好的，没有需要取消的事项。撤销签到请回复“撤销”，解除绑定请回复“解绑”，停止推送请回复“退订”"
        )
    if intent.kind is Kind.CONSENT:
        return TextReply("没有需要确认的事项，或已超过 10 分钟。绑定请重新回复：绑定 姓名 手机号后四位")
    offer(context)
    return TextReply(f"现在没有等您选择的内容，您可以回复：\n{MENU}")


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
