"""自动回复."""

from __future__ import annotations

from sqlalchemy.orm import Session

from content import replies
from ground import clock
from models import KeywordReply
from settings import WeChatLimits
from tests.world import accounts

_GENEROUS = WeChatLimits(text_reply_bytes=20_000)
"""A text may have been kept when WeChat took longer ones; what is answered is cut by today's limit."""


def reply(
    session: Session, pattern: str, content: str, *, kind: str = "text", whole: bool = True
) -> KeywordReply:
    """What the account answers to a keyword."""
    words = replies.Words(pattern, kind, content, whole=whole, active=True)
    editor = accounts.someone(session, "editor")
    return replies.save(session, editor, words, limits=_GENEROUS, at=clock.now())
