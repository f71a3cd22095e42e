"""Who stands before a page of the office (console or branch), and what an error becomes there.

A view is decorated with :func:`page` (shows) or :func:`action` (acts); both say which right it takes. It opens its one scope with
:func:`looking` or :func:`acting`, which also give the user inside that session.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as Answer

from accounts import factor, sessions, users
from database import faults
from database.session import Session
from ground import clock
from ground.errors import Conflict, Forbidden, NotFound, PioneerError
from models import User
from runtime import Runtime
from settings import Settings
from web import problems
from web.files import OFFICE as FACES
from web.files import is_office

V = TypeVar("V", bound=Callable[..., Any])

TOKEN = "pioneer_token"
COMMON = "common_password"  # in the session of who signed in with a password that everybody tries first
_TO_CHANGE_IT = ("console.password", "console.password_post", "console.password_strength")
EXPIRED = "登录已过期，请重新登录"
REVOKED = "您的登录已被结束，可能是您本人或管理员操作，也可能是密码已修改，请重新登录"
_KEPT = "，未保存的内容已为您保留"
LIVE = "live"  # the id of the part of a page that asks for news by itself
_MADE_TWICE = "相同的内容刚刚已经保存过，请刷新页面，确认后再决定是否修改"

_HTTP_TEXTS = {
    400: ("请求有误", "提交的内容不完整，请返回上一页刷新后重试"),
    403: ("没有权限", "您没有查看这个页面的权限，如需开通请联系管理员"),
    404: ("找不到页面", "您访问的页面不存在或已移走，请从左侧菜单重新进入"),
    405: ("操作方式有误", "请不要直接打开这个地址，请从页面上的按钮操作"),
    413: ("内容太大", "提交的内容或文件超过了大小限制，请压缩、清除格式或拆成几份后重试"),
    429: ("操作太频繁", "短时间内尝试次数过多，请一分钟后再试"),
}
_OUTSIDE_TEXTS = {404: ("找不到页面", "没有这个地址，可能已经移走")}


def parts() -> Runtime:
    """The running process's parts."""
    return cast(Runtime, current_app.extensions["pioneer"])


def settings() -> Settings:
    """The configuration."""
    return parts().settings


def signed_in() -> User:
    """The user of this request, read in an earlier session: for names and rights, not for changes."""
    return cast(User, g.user)


@contextmanager
def looking() -> Iterator[tuple[Session, User]]:
    """A scope for reading, and the user in it."""
    with parts().db.read_scope() as scope:
        opened: list[Session] = g.setdefault("looking", [])
        opened.append(scope)
        try:
            yield scope, _user_in(scope)
        finally:
            opened.remove(scope)


def draw(template: str, **values: Any) -> str:
    """Render a template from values alone.

    What services have read is cut off from the database first: a page that would ask for more while it is drawn, row by row,
    fails where it is made and not where there are many rows.
    """
    for scope in g.get("looking", []):
        scope.expunge_all()
    return render_template(template, **values)


@contextmanager
def acting() -> Iterator[tuple[Session, User]]:
    """A scope for writing, committed at the end, and the user in it. Render and redirect after it."""
    with parts().db.session_scope() as scope:
        yield scope, _user_in(scope)


def _user_in(scope: Session) -> User:
    user = scope.get(User, signed_in().id)
    if user is None:
        raise Forbidden("您的账号已不存在，请重新登录")
    return user


def page(right: str) -> Callable[[V], V]:
    """A view that shows something; asked for without ``right`` it becomes the page that says so."""
    return _guarded(right, None)


def action(right: str, form: Callable[..., Any] | None = None) -> Callable[[V], V]:
    """A view that acts on a posted form.

    What the service refuses is said at the top of the page of ``form`` (the view that shows the form, called with those of the
    path values that it takes: a list knows of no single row) with everything that was typed still there; without a form, as a
    notice on the page one came from.
    """
    return _guarded(right, form)


def _guarded(right: str, form: Callable[..., Any] | None) -> Callable[[V], V]:
    def decorate(view: V) -> V:
        @wraps(view)
        def guarded(**values: Any) -> Any:
            users.require(signed_in(), right)
            try:
                return view(**values)
            except faults.Taken:
                # Two people (or one, twice) made the same at once, and the database let only the first through.
                current_app.logger.warning("made twice: %s", request.endpoint)
                return _refused(Conflict(_MADE_TWICE), form, values)
            except PioneerError as error:
                if request.method != "POST" or isinstance(error, Forbidden | NotFound):
                    raise
                current_app.logger.info("refused: %s", type(error).__name__)
                return _refused(error, form, values)

        guarded.right = right  # type: ignore[attr-defined]
        return cast(V, guarded)

    return decorate


def _refused(error: PioneerError, form: Callable[..., Any] | None, values: dict[str, Any]) -> Any:
    if form is None:
        flash(error.message, "danger")
        return redirect(back_to(), 303)
    g.filled = request.form
    g.problem = error.message
    g.stale = isinstance(error, Conflict)
    taken = inspect.signature(form).parameters
    answer = make_response(form(**{name: value for name, value in values.items() if name in taken}))
    if answer.status_code != 303:  # where there is no form any more, the page it leads to says why
        answer.status_code = error.http_status
    return answer


def back_to(default: str = "") -> str:
    """The page one came from, if it is one of ours, else ``default`` or the first page."""
    return _came_from() or default or url_for("console.desk")


def _came_from() -> str:
    parts_ = urlsplit(request.referrer or "")
    path = parts_.path + (f"?{parts_.query}" if parts_.query else "")
    return path if parts_.netloc == request.host and is_ours(path) else ""


def is_ours(path: str) -> bool:
    """Whether a path leads to a page of the office, and to no other host."""
    return (
        any(path == face or path.startswith((f"{face}/", f"{face}?")) for face in FACES) and "\\" not in path
    )


def open_to_all(view: V) -> V:
    """A view that needs no one signed in."""
    view.open_to_all = True  # type: ignore[attr-defined]
    return view


def only_looks(view: V) -> V:
    """A posted form that changes nothing (a check, a count): the only kind that a refreshing part of a page may send."""
    view.only_looks = True  # type: ignore[attr-defined]
    return view


def when_stale(endpoint: str) -> Callable[[V], V]:
    """A view whose form, sent again with an outdated token, leads to the page ``endpoint`` (with ``repeated`` in its address)."""

    def decorate(view: V) -> V:
        view.when_stale = endpoint  # type: ignore[attr-defined]
        return view

    return decorate


def keeps_typed(view: V) -> V:
    """A view whose form the page keeps in the browser while it is typed."""
    view.keeps_typed = True  # type: ignore[attr-defined]
    return view


def while_enrolling(view: V) -> V:
    """A view for those who still have to set up their second factor."""
    view.while_enrolling = True  # type: ignore[attr-defined]
    return view


def guard(blueprint: Blueprint) -> None:
    """Let only signed-in users into ``blueprint``, and turn errors into pages of its look."""
    blueprint.before_request(_sign_in_first)
    blueprint.before_request(_by_a_person)
    blueprint.register_error_handler(PioneerError, _told)
    blueprint.register_error_handler(CSRFError, _stale_form)


def _sign_in_first() -> Answer | None:
    g.user = g.standing = g.awaiting = None
    token = session.get(TOKEN, "")
    if token:
        _know(token)
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "open_to_all", False):
        return None
    if g.user is not None:
        if session.get(COMMON):
            if request.endpoint in _TO_CHANGE_IT:
                return None
            flash("您的密码是很多人在用的密码，请先修改密码，再办理其他事项", "warning")
            return _lead_to(url_for("console.password"))
        if must_enrol() and not getattr(view, "while_enrolling", False):
            return _lead_to(url_for("console.two_step"))
        return None
    if g.awaiting is not None:
        return _lead_to(url_for("console.code"))
    if token:
        session.pop(TOKEN)
        _say_once(_why_over(token))
    if request.headers.get("HX-Request"):
        return _lead_to(url_for("console.sign_in", next=_shown_page()))
    wanted = request.full_path.rstrip("?") if request.method == "GET" else _came_from()
    return _lead_to(url_for("console.sign_in", next=wanted if is_ours(wanted) else None))


def _why_over(token: str) -> str:
    """Why one has to sign in again, and whether what was typed is still there."""
    with parts().db.read_scope() as scope:
        ended = sessions.was_ended(scope, token, at=clock.now())
    return (REVOKED if ended else EXPIRED) + (_KEPT if _typed_is_kept() else "")


def _typed_is_kept() -> bool:
    if request.headers.get("HX-Request"):
        form = _shown_page() or ""
    else:
        form = (_came_from() or request.path) if request.method == "POST" else ""
    try:
        endpoint, _ = current_app.url_map.bind("").match(urlsplit(form).path, method="POST")
    except HTTPException:
        return False
    return getattr(current_app.view_functions.get(endpoint), "keeps_typed", False)


def _know(token: str) -> None:
    """Find out who this is, and remember that the session was used, unless the page only asked by itself for news."""
    at = clock.now()
    with parts().db.read_scope() as scope:
        found = sessions.standing(scope, token, at=at, limits=settings().limits)
    if found is None:
        return
    if found.session.awaits_code:
        g.awaiting = found.session
        return
    g.user, g.standing = found.user, found
    if request.headers.get("HX-Trigger") != LIVE and sessions.needs_touch(found.session, at):
        with parts().db.session_scope() as scope:
            sessions.touch(scope, found.session, at=at)


def must_enrol() -> bool:
    """Whether the person who is signed in has to set up the second factor before anything else."""
    wanted = factor.required(signed_in(), settings().server.require_totp_for)
    return wanted and not cast(sessions.Standing, g.standing).has_factor


def enter(token: str) -> None:
    """Give the browser a session of this token and nothing of what it had before."""
    session.clear()
    session.permanent = True
    session[TOKEN] = token


def _lead_to(here: str) -> Answer:
    if request.headers.get("HX-Request"):
        return Response("", 401, headers={"HX-Redirect": here})
    return redirect(here, 303)


def _by_a_person() -> Answer | None:
    """What changes something is sent by a form that somebody sent off, never by a part that loads itself (htmx)."""
    if request.method in ("GET", "HEAD", "OPTIONS") or not request.headers.get("HX-Request"):
        return None
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "only_looks", False):
        return None
    return _error_page(403, "操作方式有误", "这个操作需要本人点按钮提交，请打开对应的页面办理")


def _shown_page() -> str | None:
    shown = urlsplit(request.headers.get("HX-Current-URL", ""))
    path = shown.path + (f"?{shown.query}" if shown.query else "")
    return path if is_ours(path) else None


def _told(error: PioneerError) -> Answer:
    if isinstance(error, Forbidden):  # who tries what is not theirs is worth a line; it holds numbers alone
        current_app.logger.warning(
            "right refused: user %s, %s", getattr(g.get("user"), "id", None), request.endpoint
        )
    heading = {
        403: "没有权限",
        404: "找不到内容",
        409: "内容已有变化",
        422: "无法办理",
        429: "请稍候再试",
    }.get(error.http_status, "暂时无法办理")
    return _error_page(error.http_status, heading, error.message)


def _stale_form(_error: CSRFError) -> Answer:
    if session.get(TOKEN):
        view = current_app.view_functions.get(request.endpoint or "")
        if endpoint := getattr(view, "when_stale", ""):
            return redirect(url_for(endpoint, repeated=1), 303)
        return _error_page(400, "页面已过期", "页面打开时间太久或浏览器禁用了 Cookie，请返回上一页刷新后重试")
    _say_once(_why_over(""))
    return redirect(url_for("console.sign_in", next=_came_from() or None), 303)


def _say_once(text: str) -> None:
    """A warning on the next page that is shown, however many requests of the page's scripts came before it."""
    if ("warning", text) not in session.get("_flashes", []):
        flash(text, "warning")


def _error_page(status: int, heading: str, message: str) -> Answer:
    if request.headers.get("HX-Request"):
        return Response(message, status, mimetype="text/plain")
    in_branch = request.path.startswith("/branch")
    template = "branch/error.html" if in_branch else "console/error.html"
    return make_response(render_template(template, status=status, heading=heading, message=message), status)


def http_error(error: HTTPException) -> Any:
    """Werkzeug's own errors in our words: on office pages in their look, on the API as JSON, elsewhere on a plain page."""
    office = is_office(request.path)
    status = error.code or 500
    if status < 400:
        return error
    if office and status < 500 and not hasattr(g, "user") and (redirected := _sign_in_first()) is not None:
        return redirected
    texts = _HTTP_TEXTS if office else {**_HTTP_TEXTS, **_OUTSIDE_TEXTS}
    heading, message = texts.get(status, ("系统出错了", "系统暂时无法处理，请稍后再试，多次出现请联系管理员"))
    if status >= 500 and isinstance(getattr(error, "original_exception", None), faults.Unreachable):
        status, heading = 503, "数据库没有应答"
        message = "数据库暂时连接不上，请稍后再试，多次出现请联系管理员"
    if request.path.startswith("/api/"):
        return problems.answer(problems.Problem(problems.of_status(status), f"{heading}，{message}"), status)
    if not office:
        return make_response(render_template("plain_error.html", heading=heading, message=message), status)
    if status >= 500:
        g.user = None  # the page must not ask the database again
    return _error_page(status, heading, message)
