"""What became of sends: WeChat tells it by events. Each is kept by one service, which matches it to its
delivery.
"""

from __future__ import annotations

from scheduler import report
from wechat.inbound.context import Context
from wechat.wire.messages import MassFinished, PublishFinished, SubscriptionSent, TemplateFinished
from wechat.wire.replies import SILENCE, Reply


def mass(context: Context, push: MassFinished) -> Reply:
    """A mass send is done."""
    counts = {"total": push.total, "filter": push.filtered, "sent": push.sent, "error": push.errors}
    report.job_finished(context.session, "mass", push.msg_id, push.status, counts, dict(push.article_urls))
    return SILENCE


def template(context: Context, push: TemplateFinished) -> Reply:
    """A template message was delivered, or not."""
    report.job_finished(context.session, "template", push.msg_id, push.status)
    return SILENCE


def publish(context: Context, push: PublishFinished) -> Reply:
    """A publication without mass send is done (status 0), refused, or was taken down later."""
    status = "success" if push.status == 0 else f"publish_status({push.status})"
    report.job_finished(context.session, "publish", push.publish_id, status, None, dict(push.article_urls))
    return SILENCE


def notices(context: Context, push: SubscriptionSent) -> Reply:
    """Subscription notices were delivered, or not."""
    for result in push.results:
        status = "success" if result.code == 0 else f"failed({result.code})"
        report.job_finished(context.session, "subscribe", result.msg_id, status)
    return SILENCE
