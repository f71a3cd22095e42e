"""What became of sends: WeChat tells it by events, and the road whose jobs they are reads them."""

from __future__ import annotations

from scheduler import report
from wechat.inbound.desk import Desk
from wechat.wire.messages import Push
from wechat.wire.replies import SILENCE, Reply


def finished(desk: Desk, push: Push) -> Reply:
    """Jobs are done."""
    report.event_came(desk.session, push)
    return SILENCE
