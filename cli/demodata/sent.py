"""The pushes of the demo's past month, with what WeChat said of them."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import sqlalchemy as sa

from database.session import Session
from ground import clock
from models import Article, Branch, Delivery, Push, PushArticle, QuotaUse, User
from scheduler import roads


def pushes(
    session: Session,
    rnd: random.Random,
    published: list[Article],
    accounts: dict[str, User],
    branches: list[Branch],
    bound: dict[int, str],
    now: datetime,
) -> None:
    """A month of pushes: every fourth article to everyone, some to single branches; the others were published without sending."""
    everyone = len(bound) + 350
    this_month: int = 0
    for number, article in enumerate(published):
        if number % 4 == 1:
            audience, target, recipients = "all", "全部关注者", everyone
        elif number % 6 == 4:
            branch = rnd.choice(branches)
            audience, target, recipients = f"branch:{branch.name}", branch.name, rnd.randrange(70, 130)
        else:
            continue
        at = article.published_at or now
        in_this_month = clock.month_key(at) == clock.month_key(now)
        if audience == "all" and in_this_month:
            this_month += 1
            if this_month > 2:  # two of the four that WeChat allows: the demo can go on sending
                continue
        delivery = _sent(
            session, article, accounts["bianji"].id, at, (audience, target, recipients), rnd.randrange(0, 3)
        )
        if audience == "all" and in_this_month:
            rows = [
                {
                    "subject": openid,
                    "period": clock.month_key(at),
                    "delivery_id": delivery.id,
                    "state": "used",
                    "at": at,
                }
                for openid in bound.values()
            ]
            session.execute(sa.insert(QuotaUse), rows)


def _sent(
    session: Session, article: Article, by: int, at: datetime, to: tuple[str, str, int], failed: int
) -> Delivery:
    """A push of one article that went out: ``to`` is the audience, its name and how many; so many of these ``failed``."""
    audience, target, recipients = to
    road = roads.carrying(roads.Content.ARTICLES)[0].name
    push = article_push(session, article, by, at, audience, road, recipients)
    delivery = Delivery(
        push_id=push.id,
        road=road,
        key=f"demo-{push.id}",
        status="delivered",
        target_kind="everyone" if audience == "all" else "tag",
        target=target,
        recipients=recipients,
        due_at=at,
        attempts=1,
        called_at=at,
        accepted_at=at + timedelta(seconds=1),
        finished_at=at + timedelta(minutes=2),
        msg_id=str(3147000000 + push.id),
        total_count=recipients,
        filter_count=recipients,
        sent_count=recipients - failed,
        error_count=failed,
    )
    session.add(delivery)
    session.flush()
    return delivery


def article_push(
    session: Session, article: Article, by: int, at: datetime, audience: str, road: str, planned: int
) -> Push:
    """A push of one article that is over, without its calls."""
    push = Push(
        kind="articles",
        title=article.title,
        audience=audience,
        road=road,
        status="sent",
        due_at=at,
        planned_at=at,
        planned=planned,
        planned_roads=road,
        skipped={},
        confirmed={},
        started_at=at,
        finished_at=at + timedelta(minutes=2),
        created_by=by,
        created_at=at - timedelta(hours=3),
    )
    session.add(push)
    session.flush()
    session.add(PushArticle(push_id=push.id, position=0, article_id=article.id, content_hash=article.hash))
    return push
