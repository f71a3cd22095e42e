"""Following, leaving, and scanning a branch's QR code."""

from __future__ import annotations

from datetime import UTC, datetime

from community import followers
from wechat.inbound.context import Context
from wechat.inbound.handlers.guide import BIND, MENU, offer
from wechat.wire.messages import Scan, Subscribe, Unsubscribe
from wechat.wire.replies import SILENCE, Reply, TextReply


def subscribed(context: Context, push: Subscribe) -> Reply:
    """Welcome, and what to do first."""
    at = datetime.fromtimestamp(push.at, UTC)
    result = followers.follow(context.session, push.openid, scene=push.scene or None, at=at)
    offer(context)
    lines = ["欢迎关注，这里有学习园地和先锋动态"]
    if result.branch:
        lines.append(f"您通过{result.branch}的二维码关注")
    if not result.bound:
        lines.append(BIND)
    lines.append(f"您也可以回复：\n{MENU}")
    return TextReply("\n".join(lines))


def unsubscribed(context: Context, push: Unsubscribe) -> Reply:
    """Their data goes; nobody would read a reply."""
    followers.unfollow(context.session, push.openid, at=datetime.fromtimestamp(push.at, UTC))
    return SILENCE


def scanned(context: Context, push: Scan) -> Reply:
    """A follower scanned a code of ours."""
    at = datetime.fromtimestamp(push.at, UTC)
    result = followers.scanned(context.session, push.openid, scene=push.scene or None, at=at)
    offer(context)
    if result.branch and not result.bound:
        return TextReply(f"这是{result.branch}的二维码。{BIND}")
    if result.branch:
        return TextReply(f"这是{result.branch}的二维码，您已绑定。您可以回复：\n{MENU}")
    return TextReply(f"您可以回复：\n{MENU}")
