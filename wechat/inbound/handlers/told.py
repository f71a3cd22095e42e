"""What a follower could not be told when it happened stands below the reply to their next message, once."""

from __future__ import annotations

from community import telling
from wechat.inbound.context import Context
from wechat.wire.replies import Reply, TextReply


def told_besides(context: Context, reply: Reply) -> Reply:
    """The reply, and below it what waits; not below articles, which take no text: then it waits on."""
    if not isinstance(reply, TextReply):
        return reply
    waiting = telling.heard(context.connection, context.openid, at=context.at)
    return TextReply("\n\n".join([reply.content, *waiting]))
