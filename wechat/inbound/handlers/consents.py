"""Who is bound by an earlier text of the consent is asked for the present one, behind the reply to whatever they wrote."""

from __future__ import annotations

from community import consent
from wechat.inbound.context import Context
from wechat.inbound.conversation import Topic
from wechat.wire.replies import Reply, TextReply


def asked_besides(context: Context, reply: Reply) -> Reply:
    """The reply, and behind it the question; not while another question is open."""
    if not isinstance(reply, TextReply):
        return reply
    talk = context.talk()
    if talk is not None and not talk.late and talk.topic in (Topic.BIND, Topic.CORRECT):
        return reply
    question = consent.ask(context.connection, context.openid, at=context.at, limits=context.settings.limits)
    return TextReply(f"{reply.content}\n\n{question}")
