"""The read-only API. Values are checked on the way in and out by msgspec; the document is made from the same types.

The document is served, its browsing pages are not: they load from outside hosts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, cast

import msgspec
from flask import Blueprint, Response, jsonify, request, url_for
from spectree import Response as Documented
from spectree import SpecTree
from spectree.model_adapter.msgspec_adapter import MsgspecModelAdapter

from content import columns, compile, reading
from ground import clock
from ground.errors import PioneerError
from models import Article, ArticleStatus
from web.access import parts

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
document = SpecTree(
    "flask",
    model_adapter=cast(Any, MsgspecModelAdapter()),
    title="时代先锋云 API",
    version="1",
    description="栏目与已发布稿件，只读。时间为带时区的 ISO 8601。",
    mode="strict",
    annotations=False,
    # A stranger's bad question is answered with 422; by default each would be a line of the log, and an ERROR at that.
    before=lambda *_: None,
)
_FRESH_S = 60


class ColumnOut(msgspec.Struct):
    """A column: ``key`` names it in queries."""

    key: str
    name: str
    description: str


class ColumnsOut(msgspec.Struct):
    """All columns that are shown."""

    columns: list[ColumnOut]


class ArticleQuery(msgspec.Struct):
    """A page of a column; ``page`` counts from 1."""

    column: Annotated[str, msgspec.Meta(max_length=20)]
    page: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    size: Annotated[int, msgspec.Meta(ge=1, le=50)] = 10


class TeaserOut(msgspec.Struct):
    """An article in a list; ``cover`` and ``url`` are absolute where the server knows its address."""

    id: int
    title: str
    digest: str
    author: str
    cover: str
    url: str
    published_at: datetime


class ArticlesOut(msgspec.Struct):
    """One page, the newest first; ``has_more`` is whether there is an older one."""

    column: str
    page: int
    has_more: bool
    articles: list[TeaserOut]


class ArticleOut(msgspec.Struct):
    """A published article; ``html`` has inline styles only."""

    id: int
    title: str
    digest: str
    author: str
    column: str
    cover: str
    url: str
    published_at: datetime
    html: str
    withdrawn: bool


class Problem(msgspec.Struct):
    """Why there is no answer: a Chinese sentence."""

    message: str


@blueprint.get("/columns")
@document.validate(resp=Documented(HTTP_200=ColumnsOut), tags=["内容"])
def list_columns() -> Response:
    """栏目列表"""
    with parts().db.read_scope() as session:
        found = [ColumnOut(one.key, one.name, one.description) for one in columns.listing(session)]
    return _answer(ColumnsOut(found))


@blueprint.get("/articles")
@document.validate(query=ArticleQuery, resp=Documented(HTTP_200=ArticlesOut, HTTP_404=Problem), tags=["内容"])
def list_articles() -> Response:
    """已发布稿件，按发布时间倒序"""
    query = cast(ArticleQuery, request.context.query)  # type: ignore[attr-defined]
    with parts().db.read_scope() as session:
        column = columns.by_key(session, query.column)
        shelf = reading.shelf(session, column.id, number=query.page, size=query.size)
    teasers = [
        TeaserOut(
            one.id,
            one.title,
            one.digest,
            one.author,
            _cover(one.cover_sha256),
            _page(one.id),
            clock.to_shanghai(one.published_at),
        )
        for one in shelf.teasers
    ]
    return _answer(ArticlesOut(column.key, query.page, shelf.has_older, teasers))


@blueprint.get("/articles/<int:article_id>")
@document.validate(resp=Documented(HTTP_200=ArticleOut, HTTP_404=Problem), tags=["内容"])
def get_article(article_id: int) -> Response:
    """一篇已发布稿件；已撤回的没有正文"""
    with parts().db.read_scope() as session:
        found = reading.article(session, article_id)
        return _answer(_article(found))


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The document that describes all of this."""
    answer = jsonify(_document())
    answer.cache_control.public = True
    answer.cache_control.max_age = _FRESH_S
    return answer


def _document() -> dict[str, Any]:
    if not hasattr(document, "app"):
        from flask import current_app

        document.app = current_app
    made: dict[str, Any] = document.spec
    shown = {
        path: item for path, item in made["paths"].items() if path.startswith(f"{blueprint.url_prefix}/")
    }
    return {
        **made,
        "paths": {path: item for path, item in shown.items() if not path.endswith("openapi.json")},
    }


@blueprint.errorhandler(PioneerError)
def told(error: PioneerError) -> Response:
    """An error as JSON."""
    answer = jsonify(message=error.message)
    answer.status_code = error.http_status
    return answer


def _answer(value: msgspec.Struct) -> Response:
    answer = Response(msgspec.json.encode(value), mimetype="application/json")
    answer.cache_control.public = True
    answer.cache_control.max_age = _FRESH_S
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _article(found: Article) -> ArticleOut:
    withdrawn = found.status == ArticleStatus.RETRACTED
    assert found.published_at is not None
    return ArticleOut(
        id=found.id, title=found.title, digest=found.digest, author=found.author, column=found.column.key,
        cover=_cover(found.cover_sha256), url=_page(found.id), published_at=clock.to_shanghai(found.published_at),
        html="" if withdrawn else compile.for_page(found.html), withdrawn=withdrawn,
    )  # fmt: skip


def _base() -> str:
    return parts().settings.server.base_url


def _page(article_id: int) -> str:
    return f"{_base()}{url_for('reader.article', article_id=article_id)}"


def _cover(sha256: str | None) -> str:
    return f"{_base()}{url_for('reader.asset', sha256=sha256)}" if sha256 else ""
