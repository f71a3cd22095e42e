"""待转发 and 已转发: what waits for who passes things on to a group, and their word that it was passed on."""

from __future__ import annotations

from community import own_links
from community.choices import numbers
from ground.errors import PioneerError
from scheduler import kits
from wechat.inbound.context import Context
from wechat.inbound.conversation import Topic
from wechat.language.intents import Intent
from wechat.wire.replies import Reply, TextReply

_NOTHING = "现在没有等您转发的内容"
_MOST = 9


def waiting(context: Context, intent: Intent) -> Reply:
    """待转发: where all of it lies."""
    found = kits.of_openid(context.session, context.openid, at=context.at)
    if not found:
        return TextReply(_NOTHING)
    address = kits.address(context.settings)
    if own_links.by_wechat(context.session, context.settings):
        return TextReply(f"文字、海报和链接都在这里，转发全凭自愿：\n{address}")
    token = own_links.make(context.session, context.openid, at=context.at)
    minutes = int(own_links.LASTS.total_seconds() // 60)
    door = f"{context.link(own_links.PATH)}/open/{token}?to=kits"
    return TextReply(
        f"文字、海报和链接都在这里（{minutes} 分钟内有效，只能打开一次），转发全凭自愿：\n{door}"
    )


def done(context: Context, intent: Intent) -> Reply:
    """已转发: noted, where it can only be one; else asked which."""
    found = kits.of_openid(context.session, context.openid, at=context.at)
    unsaid = [one for one in found if one.forwarded_at is None][:_MOST]
    if not unsaid:
        return TextReply("已经记过了，谢谢您" if found else _NOTHING)
    if len(unsaid) == 1:
        return _noted(context, unsaid[0].token)
    context.ask(Topic.KITS, {"ids": [one.token for one in unsaid]})
    lines = [
        f"{number}. 《{one.push.title}》→ {kits.label(one.group)}" for number, one in enumerate(unsaid, 1)
    ]
    return TextReply("\n".join(["是哪一份？请回复数字", *lines]))


def chosen(context: Context, intent: Intent, state: dict[str, list[str]]) -> Reply:
    """The number of the one that was passed on; another number is asked again."""
    tokens = state.get("ids", [])
    if not 1 <= intent.number <= len(tokens):
        return TextReply(numbers(len(tokens)))
    context.end_talk()
    return _noted(context, tokens[intent.number - 1])


def _noted(context: Context, token: str) -> Reply:
    try:
        kit = kits.get(context.session, token, at=context.at)
    except PioneerError as error:
        return TextReply(error.message)
    kits.forwarded(context.session, kit, at=context.at)
    return TextReply(f"已记下《{kit.push.title}》转到“{kits.label(kit.group)}”，谢谢您")
