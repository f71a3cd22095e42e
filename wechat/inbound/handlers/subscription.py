"""退订 and 订阅: a follower says which columns may come by push."""

from __future__ import annotations

from community import followers
from content import columns
from wechat.inbound.context import Context
from wechat.language.intents import REMINDERS, Intent
from wechat.wire.replies import Reply, TextReply


def mute(context: Context, intent: Intent) -> Reply:
    """No more of one column, or of any."""
    return _change(context, intent.text, add=True)


def unmute(context: Context, intent: Intent) -> Reply:
    """One column again, or all."""
    return _change(context, intent.text, add=False)


def _change(context: Context, key: str, *, add: bool) -> Reply:
    if key == REMINDERS:
        return _change_reminders(context, add=add)
    names = {column.key: column.name for column in columns.listing(context.session, with_inactive=True)}
    unknown = key and key not in names
    keys = [key] if key else [*names, *(() if add else (REMINDERS,))]
    if unknown or not followers.mute(context.session, context.openid, keys, muted=add):
        return TextReply("没有这个栏目，您可以回复“退订”或“订阅”")
    what = names[key] if key else "全部栏目"
    if add:
        back = f"订阅 {what}" if key else "订阅"
        return TextReply(
            f"已退订{what}，不再向您推送。活动通知和提醒不受影响，不要提醒请回复“退订提醒”，需要时回复“{back}”恢复"
        )
    return TextReply(f"已恢复订阅{what}")


def _change_reminders(context: Context, *, add: bool) -> Reply:
    if not followers.mute(context.session, context.openid, [REMINDERS], muted=add):
        return TextReply("没有可以更改的设置，请先关注公众号")
    if add:
        return TextReply("已停止活动提醒，活动通知不受影响，需要时回复“订阅提醒”恢复")
    return TextReply("已恢复活动提醒，一个活动最多提醒一次")
