"""退订 and 订阅: a follower says which columns may come by push."""

from __future__ import annotations

from community import followers
from content import columns
from wechat.inbound.desk import Desk
from wechat.language.intents import Intent
from wechat.wire.replies import Reply, TextReply


def mute(desk: Desk, intent: Intent) -> Reply:
    """No more of one column, or of any."""
    return _change(desk, intent.text, add=True)


def unmute(desk: Desk, intent: Intent) -> Reply:
    """One column again, or all."""
    return _change(desk, intent.text, add=False)


def _change(desk: Desk, key: str, *, add: bool) -> Reply:
    names = {column.key: column.name for column in columns.listing(desk.session, with_inactive=True)}
    unknown = key and key not in names
    if unknown or not followers.mute(desk.session, desk.openid, [key] if key else list(names), muted=add):
        return TextReply("没有这个栏目，您可以回复“退订”或“订阅”")
    what = names[key] if key else "全部栏目"
    if add:
        back = f"订阅 {what}" if key else "订阅"
        return TextReply(f"已退订{what}，不再向您推送。签到提醒不受影响，需要时回复“{back}”恢复")
    return TextReply(f"已恢复订阅{what}")
