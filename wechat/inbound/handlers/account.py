"""Events of the account itself: authorisations withdrawn, WeChat accounts closed, certification."""

from __future__ import annotations

from community import followers
from database.once import upsert
from ground import clock
from models import Setting
from wechat.inbound.context import Context
from wechat.wire.messages import Authorization, Qualification
from wechat.wire.replies import SILENCE, Reply

QUALIFICATION = "wechat.qualification"


def authorization(context: Context, push: Authorization) -> Reply:
    """Who closed the WeChat account is forgotten. What else may be withdrawn (name, picture, place) we never
    had.
    """
    if push.what == "cancellation" and push.person:
        followers.unfollow(context.session, push.person, at=context.at)
    return SILENCE


def qualification(context: Context, push: Qualification) -> Reply:
    """Keep the last word on the account's certification for the console and the doctor."""
    value = f"{push.event} {push.expires_at or push.failed_at} {push.reason}".strip()
    upsert(context.session, Setting, name=QUALIFICATION, value=value, updated_at=clock.now())
    return SILENCE
