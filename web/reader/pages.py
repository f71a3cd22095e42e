"""The pages of the reader: home, a column, an article, pictures and the size of the text."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from content import assets, columns, corrections, reading
from content.cleaning import assets_in, text_of
from database.session import Session
from ground import clock
from ground.errors import NotFound
from models import Article, ArticleStatus, Column
from runtime import Runtime
from scheduler import articles as outgoing
from web import security
from web.files import own
from web.reader import following
from web.reader.body import readable

blueprint = Blueprint("reader", __name__, url_prefix="/m")

SIZES = {"normal": "标准", "large": "大字", "xlarge": "特大字"}
_COOKIE = "reader_size"
_YEAR_S = 365 * 24 * 3600
_ON_HOME = 5
_PAGE = 10
_LAST_PAGE = 1000
_CHARACTERS_A_MINUTE = 400
_MAGIC = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"GIF8", "image/gif"))


def runtime() -> Runtime:
    """The running process's parts."""
    found: Runtime = current_app.extensions["pioneer"]
    return found


@blueprint.get("/")
def home() -> AnyResponse:
    """The columns with their newest articles."""
    with runtime().db.read_scope() as session:
        shelves = [
            (column, reading.shelf(session, column.id, size=_ON_HOME).teasers)
            for column in columns.shown(session)
        ]
    return page("reader/home.html", shelves=shelves)


@blueprint.get("/<key>")
def column(key: str) -> AnyResponse:
    """One column, ten articles a page."""
    number = request.args.get("page", 1, type=int)
    with runtime().db.read_scope() as session:
        # Not only what is shown: a button of the account's menu may lead to a column that is still empty.
        found = next((column for column in columns.listing(session) if column.key == key), None)
        if found is None and key in columns.DEFAULTS:  # a new installation, before anybody wrote
            name = columns.DEFAULTS[key].name
            return page(
                "reader/column.html",
                column=Column(key=key, name=name, description=""),
                shelf=reading.Shelf([], 1, False),
            )
        if found is None or not 1 <= number <= _LAST_PAGE:
            raise NotFound("没有这个页面")
        shelf = reading.shelf(session, found.id, number=number, size=_PAGE)
    if number > 1 and not shelf.teasers:
        raise NotFound("没有这一页，内容已经到底了")
    return page("reader/column.html", column=found, shelf=shelf)


@blueprint.get("/a/<int:article_id>")
@following.counted
@security.under(security.READING)
def article(article_id: int) -> AnyResponse:
    """An article; of a withdrawn one only that it was withdrawn."""
    with runtime().db.read_scope() as session:
        on_its_way = any(outgoing.on_its_way(session, article_id, mark) for mark in following.came_by())
        found = reading.article(session, article_id, on_its_way=on_its_way)
        neighbours = reading.neighbours(session, found)
        context = _article_context(session, found)
        told = corrections.told(session, found.id)
    if found.status == ArticleStatus.RETRACTED:
        return page("reader/withdrawn.html", 410, article=found, column=found.column, told=told)
    return page("reader/article.html", neighbours=neighbours, told=told, **context)


@blueprint.get("/a/<int:article_id>/check/<head>")
def article_check(article_id: int, head: str) -> AnyResponse:
    """Where the code on a printed 审核登记表 leads: whether the text is still that of the form, and how it stands."""
    with runtime().db.read_scope() as session:
        same = reading.same_text(session, article_id, head)
        stands = reading.standing(session, article_id) if same is not None else ""
    status = 404 if same is None else 200
    return page("reader/check.html", status, same=same, stands=stands, number=article_id, head=head)


@blueprint.get("/asset/<sha256>")
def asset(sha256: str) -> Response:
    """A picture by its hash, ``?w=`` pixels wide at most. It never changes, so it may be kept for ever."""
    store = assets.AssetStore(runtime().settings.data_dir)
    width = request.args.get("w", 0, type=int)
    path = store.variant(sha256, width) if width > 0 else store.path(sha256)
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except FileNotFoundError:
        raise NotFound("没有这张图片") from None
    mimetype = next((kind for magic, kind in _MAGIC if head.startswith(magic)), "application/octet-stream")
    response = send_file(
        path, mimetype=mimetype, conditional=True, etag=f"{sha256[:32]}-{width}", max_age=_YEAR_S
    )
    response.cache_control.public = True
    response.cache_control.immutable = True
    response.cache_control.no_cache = None
    return response


@blueprint.get("/size/<size>")
def text_size(size: str) -> AnyResponse:
    """Remember the size of the text and go back to where the reader was."""
    if size not in SIZES:
        raise NotFound("没有这个页面")
    back = request.args.get("next", "")
    parts = urlsplit(back)
    inside = back.startswith("/m/") and not parts.scheme and not parts.netloc and "\\" not in back
    response = redirect(back if inside else url_for("reader.home"), 303)
    # The address of a picture in some text is no reader's wish.
    if request.headers.get("Sec-Fetch-Dest", "document") in ("document", "iframe"):
        response.set_cookie(
            _COOKIE,
            size,
            max_age=_YEAR_S,
            path="/m/",
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/<path:anything>")
def nowhere(anything: str) -> AnyResponse:
    """Every other address under ``/m/``."""
    raise NotFound("没有这个页面")


@blueprint.errorhandler(NotFound)
def not_found(error: NotFound) -> AnyResponse:
    """Say in Chinese what is missing, with ways on."""
    return page("reader/missing.html", 404, message=error.message)


def preview_page(session: Session, found: Article) -> str:
    """The whole page of any article as readers would see it, for the console's preview."""
    return render_template(
        "reader/article.html",
        preview=True,
        neighbours=reading.Neighbours(None, None),
        told=[],
        **_article_context(session, found),
        **frame(),
    )


def _article_context(session: Session, found: Article) -> dict[str, Any]:
    rows = assets.known(session, assets_in(found.html))
    sizes = {sha256: (row.width, row.height) for sha256, row in rows.items()}
    text = text_of(found.html)
    return {
        "article": found,
        "column": found.column,
        "body": readable(found.html, sizes),
        "minutes": max(1, round(len(text) / _CHARACTERS_A_MINUTE)),
        "summary": found.digest or text[:100],
    }


def frame() -> dict[str, Any]:
    """What the frame shows round every page."""
    size = request.cookies.get(_COOKIE, "normal")
    with runtime().db.read_scope() as session:
        tabs = columns.shown(session)
    return {
        "tabs": tabs or [Column(key=key, name=default.name) for key, default in columns.DEFAULTS.items()],
        "size": size if size in SIZES else "normal",
        "sizes": SIZES,
        "here": request.full_path.rstrip("?"),
        "root": runtime().settings.server.base_url,
        "own": own,
        "day": _day,
    }


def page(template: str, status: int = 200, **context: Any) -> AnyResponse:
    """A page that is the same for all who have the same size of text, which browsers may keep if they ask."""
    response = make_response(render_template(template, **frame(), **context), status)
    response.headers["Vary"] = "Cookie"
    response.headers["Cache-Control"] = "no-cache"
    if status == 200:
        response.add_etag()
        return response.make_conditional(request)
    return response


def _day(moment: Any) -> str:
    """2026年9月20日, in Shanghai; today and yesterday by their names."""
    if moment is None:
        return ""
    day = clock.shanghai_day(moment)
    days = (clock.shanghai_day(clock.now()) - day).days
    if days in (0, 1):
        return ("今天", "昨天")[days]
    return f"{day.year}年{day.month}月{day.day}日"
