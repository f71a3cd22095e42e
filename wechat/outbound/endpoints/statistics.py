"""Figures of articles and followers (datacube), and comments.

Yesterday's figures are there from 08:05 (Shanghai); data of the article calls begins 2025-11-01 and the rows of an article end 30
days after it was published: keep what was fetched. Days are Shanghai's.
Pages: https://developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticleread ,
https://developers.weixin.qq.com/doc/subscription/api/wedata/news/api_getarticletotaldetail , …/api_getbizsummary ,
…/api_getarticleshare.md , https://developers.weixin.qq.com/doc/service/api/wedata/mess/api_getupstreammsg ,
https://developers.weixin.qq.com/doc/subscription/api/leaving/api_openarticlecomment
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from wechat.outbound.endpoints.base import Caller
from wechat.outbound.endpoints.table import COMMENT_CALLS, STATISTICS_CALLS


class Source(msgspec.Struct, frozen=True):
    """Where readers came from; ``scene_desc`` is a Chinese label, to be shown as it is."""

    user_count: int = 0
    scene_desc: str = ""


class Figures(msgspec.Struct, frozen=True):
    """Sums from publication to ``stat_date``. People, not readings; rates 0–1; ``read_avg_activetime`` in seconds."""

    stat_date: str = ""
    read_user: int = 0
    read_user_source: list[Source] = []
    share_user: int = 0
    zaikan_user: int = 0
    like_user: int = 0
    comment_count: int = 0
    collection_user: int = 0
    redirect_ori_page_user: int = 0
    send_page_count: int = 0
    read_subscribe_user: int = 0
    read_delivery_rate: float = 0.0
    read_finish_rate: float = 0.0
    read_avg_activetime: float = 0.0


class ArticleDay(msgspec.Struct, frozen=True):
    """Readers or shares of one article on one day. ``msgid`` is ``<msg_data_id>_<index from 1>``."""

    ref_date: str
    msgid: str = ""
    detail: Figures = Figures()


class ArticleTotal(msgspec.Struct, frozen=True):
    """An article published on ``ref_date``, one row of sums a day. ``publish_type`` 0 with notification, 1 without."""

    ref_date: str
    msgid: str
    publish_type: int = 0
    title: str = ""
    content_url: str = ""
    detail_list: list[Figures] = []


class UserDay(msgspec.Struct, frozen=True):
    """New and lost followers of a day by source; for the cumulated call ``cumulate_user`` alone."""

    ref_date: str
    user_source: int = 0
    new_user: int = 0
    cancel_user: int = 0
    cumulate_user: int = 0


class CommentReply(msgspec.Struct, frozen=True):
    """What the account answered to a comment."""

    content: str = ""
    create_time: int = 0


class Comment(msgspec.Struct, frozen=True):
    """A comment under an article. ``comment_type`` 1 is shown as selected; ``create_time`` in unix seconds."""

    user_comment_id: int
    openid: str = ""
    create_time: int = 0
    content: str = ""
    comment_type: int = 0
    reply: CommentReply | None = None


class CommentPage(msgspec.Struct, frozen=True):
    """A page of comments."""

    total: int = 0
    comment: list[Comment] = []


class Read(msgspec.Struct, frozen=True):
    """Rows of a day; ``is_delay``: not final yet, ask again half an hour later."""

    rows: list[ArticleDay] = msgspec.field(name="list", default_factory=list)
    is_delay: bool = False


class Totals(msgspec.Struct, frozen=True):
    """Articles published on a day; ``is_delay`` as above."""

    rows: list[ArticleTotal] = msgspec.field(name="list", default_factory=list)
    is_delay: bool = False


class _UserDays(msgspec.Struct):
    rows: list[UserDay] = msgspec.field(name="list", default_factory=list)


class _Rows(msgspec.Struct):
    rows: list[dict[str, Any]] = msgspec.field(name="list", default_factory=list)


class StatisticsCalls(Caller):
    """``end`` at most yesterday. 61503: not ready (try again hourly after 08:00); 61501: span too long."""

    def article_read(self, day: date) -> Read:
        """Readers of each article that was read that day."""
        return self.ask(STATISTICS_CALLS["getarticleread"], Read, body=_span(day, day))

    def article_share(self, day: date) -> Read:
        """Shares of each article that was shared that day."""
        return self.ask(STATISTICS_CALLS["getarticleshare"], Read, body=_span(day, day))

    def article_totals(self, published_on: date) -> Totals:
        """The articles published on a day, with sums for up to 30 days from then on."""
        return self.ask(
            STATISTICS_CALLS["getarticletotaldetail"], Totals, body=_span(published_on, published_on)
        )

    def account_summary(self, begin: date, end: date) -> Read:
        """The whole account by day, at most 30 days."""
        return self.ask(STATISTICS_CALLS["getbizsummary"], Read, body=_span(begin, end))

    def user_summary(self, begin: date, end: date) -> list[UserDay]:
        """New and lost followers by day and source, at most 7 days."""
        return self.ask(STATISTICS_CALLS["getusersummary"], _UserDays, body=_span(begin, end)).rows

    def user_cumulate(self, begin: date, end: date) -> list[UserDay]:
        """All followers by day, at most 7 days."""
        return self.ask(STATISTICS_CALLS["getusercumulate"], _UserDays, body=_span(begin, end)).rows

    def upstream_messages(self, begin: date, end: date) -> list[dict[str, Any]]:
        """Messages from followers by day: ``ref_date``, ``msg_type``, ``msg_user``, ``msg_count``; at most 7 days."""
        return self.ask(STATISTICS_CALLS["getupstreammsg"], _Rows, body=_span(begin, end)).rows

    def interface_summary(self, begin: date, end: date) -> list[dict[str, Any]]:
        """Callbacks by day: ``callback_count``, ``fail_count``, ``total_time_cost``, ``max_time_cost`` (ms); at most 30 days."""
        return self.ask(STATISTICS_CALLS["getinterfacesummary"], _Rows, body=_span(begin, end)).rows

    def comments(
        self, msg_data_id: str, index: int = 0, *, begin: int = 0, count: int = 49, kind: int = 0
    ) -> CommentPage:
        """A page of comments (``count`` below 50; ``kind`` 0 all, 1 ordinary, 2 selected); ``index`` from 0."""
        body = {**_article(msg_data_id, index), "begin": begin, "count": count, "type": kind}
        return self.ask(COMMENT_CALLS["list"], CommentPage, body=body)

    def comments_open(self, msg_data_id: str, index: int = 0, *, opened: bool = True) -> None:
        """Open or close the comments of an article."""
        self.call(COMMENT_CALLS["open" if opened else "close"], body=_article(msg_data_id, index))

    def comment_select(
        self, msg_data_id: str, comment_id: int, index: int = 0, *, selected: bool = True
    ) -> None:
        """Show a comment to everybody, or no longer."""
        body = {**_article(msg_data_id, index), "user_comment_id": comment_id}
        self.call(COMMENT_CALLS["markelect" if selected else "unmarkelect"], body=body)

    def comment_delete(self, msg_data_id: str, comment_id: int, index: int = 0) -> None:
        """Delete a comment."""
        self.call(
            COMMENT_CALLS["delete"], body={**_article(msg_data_id, index), "user_comment_id": comment_id}
        )

    def comment_reply(self, msg_data_id: str, comment_id: int, text: str, index: int = 0) -> None:
        """Reply to a comment. A second reply is ``already-done`` (88005)."""
        body = {**_article(msg_data_id, index), "user_comment_id": comment_id, "content": text}
        self.call(COMMENT_CALLS["reply/add"], body=body)

    def comment_reply_delete(self, msg_data_id: str, comment_id: int, index: int = 0) -> None:
        """Take the reply to a comment back."""
        body = {**_article(msg_data_id, index), "user_comment_id": comment_id}
        self.call(COMMENT_CALLS["reply/delete"], body=body)


def _span(begin: date, end: date) -> dict[str, str]:
    return {"begin_date": begin.isoformat(), "end_date": end.isoformat()}


def _article(msg_data_id: str, index: int) -> dict[str, int]:
    return {"msg_data_id": int(msg_data_id), "index": index}
