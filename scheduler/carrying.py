"""What a push is to carry: articles that were approved, out of their queues, or the notice of an activity that is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from community import window
from content import publish
from ground.errors import NotFound, Refused
from models import Activity, ActivityStatus, Article
from scheduler import agreeing
from scheduler.agreeing import Agreed
from settings import Settings


def carried(
    session: Session,
    settings: Settings,
    article_ids: Sequence[int],
    activity_id: int | None,
    agreed: Agreed,
    at: datetime,
) -> tuple[list[Article], Activity | None]:
    """One of the two, as it was ``agreed`` to.

    Raises :class:`errors.Refused` for both or none, and where it is over, :class:`errors.Conflict`, :class:`errors.NotFound`.
    """
    if bool(article_ids) == (activity_id is not None):
        raise Refused("请指定要推送的稿件或活动，二者选一")
    articles = _take(session, article_ids, settings) if article_ids else []
    agreeing.require_texts(articles, agreed)
    return articles, _open_activity(session, activity_id, at) if activity_id is not None else None


def _take(session: Session, article_ids: Sequence[int], settings: Settings) -> list[Article]:
    """The articles in the order named, out of their queues."""
    if len(article_ids) > settings.wechat.limits.articles_per_push:
        raise Refused(
            f"一次最多推送 {settings.wechat.limits.articles_per_push} 篇稿件，现在是 {len(article_ids)} 篇"
        )
    if len(set(article_ids)) < len(article_ids):
        raise Refused("同一篇稿件写了两次，请去掉重复的编号")
    return publish.take(session, article_ids)


def _open_activity(session: Session, activity_id: int, now: datetime) -> Activity:
    held = {"read": True}  # nobody calls it off before the push is there to be cancelled with it
    activity = session.get(Activity, activity_id, with_for_update=held, populate_existing=True)
    if activity is None:
        raise NotFound(f"没有编号为 {activity_id} 的活动")
    if activity.status != ActivityStatus.OPEN or window.ended(activity, now):
        raise Refused(f"活动“{activity.title}”已经结束或取消，不能再发通知")
    return activity
