"""What followers answer to a pop-up of subscription notices, and what they refuse later in WeChat's own list."""

from __future__ import annotations

from datetime import UTC, datetime

from scheduler import notice_consents
from wechat.inbound.context import Context
from wechat.wire.messages import SubscriptionChosen
from wechat.wire.replies import SILENCE, Reply


def chosen(context: Context, push: SubscriptionChosen) -> Reply:
    """Count each answer; nothing is said, for the pop-up has said it."""
    sent_at = datetime.fromtimestamp(push.at, UTC)
    for one in push.choices:
        count = notice_consents.grant if one.accepted else notice_consents.refuse
        count(context.session, push.openid, one.template_id, sent_at=sent_at)
    return SILENCE
