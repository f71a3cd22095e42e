"""Drafts and publishing (发布, which notifies nobody).

Pages: https://developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_add , …/api_draft_update , …/api_getdraft ,
…/api_draft_batchget , …/api_draft_count , …/api_draft_delete ; https://developers.weixin.qq.com/doc/service/api/public/
api_freepublish_submit , …/api_freepublish_get , …/api_freepublish_batchget , …/api_freepublishgetarticle ,
…/api_freepublishdelete
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from enum import IntEnum

import msgspec

from wechat.outbound.endpoints.base import Caller
from wechat.outbound.endpoints.table import (
    DRAFT_ADD,
    DRAFT_COUNT,
    DRAFT_DELETE,
    DRAFT_GET,
    DRAFT_LIST,
    DRAFT_UPDATE,
    PUBLISH_ARTICLE,
    PUBLISH_GET,
    PUBLISH_LIST,
    PUBLISH_REMOVE,
    PUBLISH_SUBMIT,
)
from wechat.outbound.failures import CallFailed
from wechat.outbound.reactions import Kind

MEDIA_ID_UNKNOWN = 40007


class DraftArticle(msgspec.Struct, frozen=True, omit_defaults=True):
    """An article to put into a draft.

    ``title`` at most 32 characters, ``author`` 16, ``digest`` 120, ``content`` (HTML, pictures on WeChat's host) under 20,000
    characters and 1 MB, ``content_source_url`` (阅读原文) 1 KB. ``thumb_media_id`` is a *permanent* picture, shown 2.35:1 for the
    first article, 1:1 for the others. Crops are ``"X1_Y1_X2_Y2"``, 0–1 from the top left.
    """

    title: str
    content: str
    thumb_media_id: str
    author: str = ""
    digest: str = ""
    content_source_url: str = ""
    need_open_comment: int = 0
    only_fans_can_comment: int = 0
    pic_crop_235_1: str = ""
    pic_crop_1_1: str = ""


class StoredArticle(msgspec.Struct, frozen=True):
    """An article as WeChat keeps it: cleaned, pictures in ``data-src``. ``url`` is a short-lived preview for drafts."""

    title: str = ""
    author: str = ""
    digest: str = ""
    content: str = ""
    content_source_url: str = ""
    thumb_media_id: str = ""
    thumb_url: str = ""
    url: str = ""
    is_deleted: bool = False


class Draft(msgspec.Struct, frozen=True):
    """A draft; ``update_time`` in unix seconds."""

    articles: list[StoredArticle] = msgspec.field(name="news_item")
    create_time: int = 0
    update_time: int = 0


class _Content(msgspec.Struct, frozen=True):
    news_item: list[StoredArticle] = []


class DraftItem(msgspec.Struct, frozen=True):
    """A line of the draft box."""

    media_id: str
    content: _Content = _Content()
    update_time: int = 0

    @property
    def articles(self) -> list[StoredArticle]:
        """Its articles; without their ``content`` when asked so."""
        return self.content.news_item


class DraftPage(msgspec.Struct, frozen=True):
    """A page of the draft box, newest first."""

    total_count: int = 0
    item_count: int = 0
    item: list[DraftItem] = []


class PublishTask(msgspec.Struct, frozen=True):
    """A publishing task that was taken, not yet done. ``msg_data_id`` is the key of statistics and comments."""

    publish_id: str
    msg_data_id: str = ""


class PublishStatus(IntEnum):
    """How a publishing task stands."""

    DONE = 0
    RUNNING = 1
    ORIGINALITY_FAILED = 2
    FAILED = 3
    REFUSED_BY_REVIEW = 4
    DELETED = 5
    BANNED = 6


class PublishState(msgspec.Struct, frozen=True):
    """A publishing task. ``urls`` are permanent links in order; ``fail_idx`` counts from 1."""

    publish_id: str
    publish_status: int
    article_id: str = ""
    article_detail: _Detail | None = None
    fail_idx: list[int] = []

    @property
    def urls(self) -> list[str]:
        """The permanent links, in the order of the articles."""
        return [item.article_url for item in self.article_detail.item] if self.article_detail else []


class _DetailItem(msgspec.Struct, frozen=True):
    article_url: str = ""
    idx: int = 0


class _Detail(msgspec.Struct, frozen=True):
    item: list[_DetailItem] = []
    count: int = 0


class PublishedItem(msgspec.Struct, frozen=True):
    """A published (never a mass-sent) article."""

    article_id: str
    content: _Content = _Content()
    update_time: int = 0


class PublishedPage(msgspec.Struct, frozen=True):
    """A page of what was published by this interface."""

    total_count: int = 0
    item_count: int = 0
    item: list[PublishedItem] = []


class _MediaId(msgspec.Struct):
    media_id: str


class _Count(msgspec.Struct):
    total_count: int


class DraftCalls(Caller):
    """The draft box and freepublish."""

    def draft_add(self, articles: Sequence[DraftArticle], *, waits_s: Sequence[float] = (3.0, 6.0)) -> str:
        """Make a draft of 1–8 articles; its ``media_id`` (at most 128 characters). 1,000 a day.

        Not repeatable: after a lost answer (``unknown-reconcile``) look for it with :meth:`draft_batchget`. A cover uploaded
        seconds ago may be unknown still (40007), hence the waits before two more tries. The draft leaves the box when it is
        sent or published. Page: …/draftmanage/api_draft_add
        """
        body = {"articles": list(articles)}
        for wait_s in waits_s:
            try:
                return self.ask(DRAFT_ADD, _MediaId, body=body).media_id
            except CallFailed as failed:
                if failed.code != MEDIA_ID_UNKNOWN:
                    raise
            time.sleep(wait_s)
        return self.ask(DRAFT_ADD, _MediaId, body=body).media_id

    def draft_update(self, media_id: str, index: int, article: DraftArticle) -> None:
        """Replace the article at ``index`` (from 0) whole: a field left out is emptied. Page: …/draftmanage/api_draft_update"""
        self.call(DRAFT_UPDATE, body={"media_id": media_id, "index": index, "articles": article})

    def draft_get(self, media_id: str) -> Draft:
        """A draft as WeChat keeps it. 500 a day; 40007 (``replan``) when it is gone. Page: …/draftmanage/api_getdraft"""
        return self.ask(DRAFT_GET, Draft, body={"media_id": media_id})

    def draft_batchget(self, offset: int = 0, count: int = 20, *, no_content: bool = True) -> DraftPage:
        """A page of the draft box (``count`` 1–20). 1,000 a day. Page: …/draftmanage/api_draft_batchget"""
        return self.ask(
            DRAFT_LIST, DraftPage, body={"offset": offset, "count": count, "no_content": int(no_content)}
        )

    def draft_count(self) -> int:
        """How many drafts there are. 1,000 a day."""
        return self.ask(DRAFT_COUNT, _Count).total_count

    def draft_delete(self, media_id: str) -> None:
        """Delete a draft, without undo; one that is gone already is fine. 1,000 a day."""
        try:
            self.call(DRAFT_DELETE, body={"media_id": media_id})
        except CallFailed as failed:
            if failed.code != MEDIA_ID_UNKNOWN:
                raise

    def publish_submit(self, media_id: str) -> PublishTask:
        """Publish a draft: a permanent link, nobody is notified, no quota of mass messages. 100 a day.

        The task is only taken; the end comes as the event PUBLISHJOBFINISH or by :meth:`publish_get`. Not proven repeatable.
        48001 for accounts that are not verified. Page: …/api/public/api_freepublish_submit
        """
        return self.ask(PUBLISH_SUBMIT, PublishTask, body={"media_id": media_id})

    def publish_get(self, publish_id: str) -> PublishState:
        """How a publishing task stands. 100 a day. Page: …/api/public/api_freepublish_get"""
        return self.ask(PUBLISH_GET, PublishState, body={"publish_id": publish_id})

    def publish_batchget(self, offset: int = 0, count: int = 20, *, no_content: bool = True) -> PublishedPage:
        """A page of published articles (``count`` 1–20). 100 a day."""
        return self.ask(
            PUBLISH_LIST,
            PublishedPage,
            body={"offset": offset, "count": count, "no_content": int(no_content)},
        )

    def publish_article(self, article_id: str) -> list[StoredArticle]:
        """The articles behind an ``article_id``. 100 a day."""
        return self.ask(PUBLISH_ARTICLE, _Content, body={"article_id": article_id}).news_item

    def publish_delete(self, article_id: str, index: int = 0) -> None:
        """Delete a published article, irreversibly; ``index`` from 1, 0 for all. One that is gone already is fine. 10 a day."""
        try:
            self.call(PUBLISH_REMOVE, body={"article_id": article_id, "index": index})
        except CallFailed as failed:
            if failed.kind is not Kind.ALREADY_DONE:
                raise
