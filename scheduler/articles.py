"""The sender's side of articles: what to upload, the draft's bodies, and what a push has made of its articles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from content import publish
from content.assets import AssetStore
from content.cleaning import asset_url
from content.publish import Upload
from models import Article, Delivery, Push, PushArticle
from scheduler import marks, roads
from scheduler.roads.load import Card
from settings import Settings

if TYPE_CHECKING:
    from wechat.outbound.client import Client
    from wechat.outbound.endpoints.drafts import DraftArticle


@dataclass(frozen=True)
class Uploaded:
    """What WeChat gave for a picture."""

    sha256: str
    url: str = ""
    media_id: str = ""


def ids_of(session: Session, push_id: int) -> list[int]:
    """The articles of a push in their order."""
    return list(
        session.scalars(
            sa.select(PushArticle.article_id)
            .where(PushArticle.push_id == push_id)
            .order_by(PushArticle.position)
        )
    )


def upload(client: Client, settings: Settings, picture: Upload) -> Uploaded:
    """Read one picture from disk and upload it. Doing it twice costs a copy in the library and no more."""
    data = AssetStore(settings.data_dir).read(picture.sha256)
    if picture.road == "material":
        material = client.add_image(data, picture.filename)
        return Uploaded(picture.sha256, url=material.url, media_id=material.media_id)
    return Uploaded(picture.sha256, url=client.upload_body_image(data, picture.filename))


def remember(session: Session, uploaded: Uploaded) -> None:
    """Keep what WeChat gave."""
    publish.remember_upload(session, uploaded.sha256, url=uploaded.url, media_id=uploaded.media_id)


def bodies(session: Session, article_ids: Sequence[int]) -> list[DraftArticle]:
    """The articles as ``draft/add`` takes them."""
    from wechat.outbound.endpoints.drafts import (
        DraftArticle,  # the client is dear to load, and commands never send
    )

    return [
        DraftArticle(
            title=one.title,
            content=one.content,
            thumb_media_id=one.thumb_media_id,
            author=one.author,
            digest=one.digest,
            content_source_url=one.content_source_url,
            pic_crop_1_1=one.pic_crop_1_1,
        )
        for one in publish.draft_articles(session, article_ids)
    ]


def cards(session: Session, push_id: int, base_url: str) -> list[Card]:
    """The articles of a push, in their order, for roads that link to our own pages."""
    rows = session.execute(
        sa.select(Article.id, Article.title, Article.digest, Article.cover_sha256)
        .join(PushArticle, PushArticle.article_id == Article.id)
        .where(PushArticle.push_id == push_id)
        .order_by(PushArticle.position)
    )
    return [
        Card(
            ident, title, digest, f"{base_url}/m/a/{ident}", f"{base_url}{asset_url(cover)}" if cover else ""
        )
        for ident, title, digest, cover in rows
    ]


def on_its_way(session: Session, article_id: int, mark: str) -> bool:
    """Whether ``mark`` stands in a link to this article by which a push that has begun to send it reaches people.

    Its page must answer as soon as the first message is out, before it is known that it arrived.
    """
    found = marks.read(mark)
    if found is None:
        return False
    carries = sa.exists().where(PushArticle.push_id == Push.id, PushArticle.article_id == article_id)
    begun = sa.select(Push.planned_roads).where(
        Push.id == found.push_id, Push.planned_at.is_not(None), carries
    )
    return found.road in roads.named(session.scalar(begun) or "")


def started(session: Session, push: Push) -> None:
    """The push begins to send."""
    publish.mark_publishing(session, ids_of(session, push.id))


def published(
    session: Session, push: Push, delivery: Delivery, urls: Mapping[int, str], now: datetime
) -> None:
    """A delivery of the push has arrived: its articles are out; ``urls`` by position from 1."""
    ids = ids_of(session, push.id)
    if ids:
        publish.mark_published(
            session,
            ids,
            at=now,
            urls={article: urls[place] for place, article in enumerate(ids, start=1) if place in urls},
            msg_data_id=delivery.msg_data_id,
        )


def finished(session: Session, push: Push) -> None:
    """The push has ended: where nothing of it was delivered, nor may be by a call under way, its articles are free again."""
    may_be_out = ["delivered", "accepted", "unknown", "claimed"]
    out = session.scalar(
        sa.select(Delivery.id).where(Delivery.push_id == push.id, Delivery.status.in_(may_be_out)).limit(1)
    )
    if out is None and (ids := ids_of(session, push.id)):
        publish.let_go(session, ids)
