"""The read-only API. Values are checked on the way in and out by msgspec; the document is made from the same types.

The document is served, its browsing pages are not: they load from outside hosts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, cast

import msgspec
from flask import Blueprint, Response, abort, jsonify, request, url_for
from spectree import Response as Documented
from spectree import SpecTree
from spectree.model_adapter.msgspec_adapter import MsgspecModelAdapter

from content import columns, compiling, corrections, reading
from ground import clock
from ground.errors import PioneerError
from models import Article, ArticleStatus
from web import problems
from web.access import parts
from web.problems import MEANINGS, Code, Problem, QueryProblem

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
_ABOUT = (
    "栏目与已发布稿件，只读。时间为带时区的 ISO 8601。\n\n"
    "出错时返回一个 JSON 对象：`message` 是给人看的说明，措辞可能调整；`code` 是给程序判断的代号，不会改变含义：\n\n"
    + "\n".join(f"- `{code}`：{meaning}" for code, meaning in MEANINGS.items())
)


def _wrong_query(_asked: Any, _refusal: Any, error: Any, _view: Any, adapter: Any) -> None:
    """Answer a query that does not fit before spectree does, and without a line in the log for each stranger's bad question."""
    if error is None:
        return
    faults = msgspec.convert(adapter.validation_errors(error), list[problems.Fault])
    # A missing parameter is named in the text alone, between backquotes.
    named = "、".join(".".join(fault.loc) or fault.msg.partition("`")[2].rstrip("`") for fault in faults)
    message = f"查询参数 {named} 缺少或有误，请对照接口文档 {blueprint.url_prefix}/openapi.json 修改"
    abort(problems.answer(QueryProblem(Code.INVALID_QUERY, message, faults), 422))


document = SpecTree(
    "flask",
    model_adapter=cast(Any, MsgspecModelAdapter()),
    title="时代先锋云 API",
    version="1",
    description=_ABOUT,
    mode="strict",
    annotations=False,
    before=_wrong_query,
    validation_error_model=QueryProblem,
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


class NoticeOut(msgspec.Struct):
    """What readers are told of a correction (``correct``) or retraction (``retract``)."""

    kind: str
    note: str
    at: datetime


class ArticleOut(msgspec.Struct):
    """A published article; ``html`` has inline styles only, ``notices`` are its corrections, the latest first."""

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
    notices: list[NoticeOut]


@blueprint.get("/columns")
@document.validate(resp=Documented(HTTP_200=ColumnsOut), tags=["内容"])
def list_columns() -> Response:
    """栏目列表"""
    with parts().db.read_scope() as session:
        found = [ColumnOut(one.key, one.name, one.description) for one in columns.shown(session)]
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
        return _answer(_article(found, corrections.told(session, article_id)))


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
    return problems.answer(Problem(problems.of_kind(error), error.message), error.http_status)


def _answer(value: msgspec.Struct) -> Response:
    answer = Response(msgspec.json.encode(value), mimetype="application/json")
    answer.cache_control.public = True
    answer.cache_control.max_age = _FRESH_S
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _article(found: Article, told: Sequence[corrections.Told]) -> ArticleOut:
    withdrawn = found.status == ArticleStatus.RETRACTED
    assert found.published_at is not None
    return ArticleOut(
        id=found.id, title=found.title, digest=found.digest, author=found.author, column=found.column.key,
        cover=_cover(found.cover_sha256), url=_page(found.id), published_at=clock.to_shanghai(found.published_at),
        html="" if withdrawn else compiling.for_page(found.html), withdrawn=withdrawn,
        notices=[NoticeOut(one.kind, one.note, clock.to_shanghai(one.at)) for one in told],
    )  # fmt: skip


def _base() -> str:
    return parts().settings.server.base_url


def _page(article_id: int) -> str:
    return f"{_base()}{url_for('reader.article', article_id=article_id)}"


def _cover(sha256: str | None) -> str:
    return f"{_base()}{url_for('reader.asset', sha256=sha256)}" if sha256 else ""
