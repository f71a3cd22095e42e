"""What became of sends: WeChat tells it by events, and the road whose jobs they are reads them."""

from __future__ import annotations

from scheduler import report
from wechat.inbound.context import Context
from wechat.wire.messages import Push
from wechat.wire.replies import SILENCE, Reply


def finished(context: Context, push: Push) -> Reply:
    """Jobs are done."""
    report.event_came(context.session, push, at=context.at)
    return SILENCE
