"""我的资料 at ``/m/me``: what is kept of the reader, and what they may do about it. For one reader alone, so nobody keeps it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import current_app, g, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response as AnyResponse

from community import consent, own_data, own_links, signing_up, whole_file
from content import columns
from ground import clock
from ground.errors import NotFound, PioneerError, Refused, WeChatError
from operations import retention_report
from scheduler import kits, notice_consents
from web.files import XLSX, personal, vendor
from web.reader import visit
from web.reader.pages import blueprint, frame, runtime
from web.security import PAGE, local_phone
from web.wording import in_prose, near
from wechat.language.intents import REMINDERS

V = TypeVar("V", bound=Callable[..., Any])

_FILES = {"xlsx": XLSX, "json": "application/json"}
_AGAIN = "这个链接已经打开过，或已超过 10 分钟。请回到公众号，回复“我的资料”取得新的链接"
_NOT_BACK = "没有确认是您本人打开，请回到公众号重新打开“我的资料”"
_SNAPSHOT = "这是微信的快照页，不能确认是您本人。请点页面下方的“使用完整服务”后再打开"
_STRANGER = "您还没有关注公众号，本平台没有保存您的资料。关注后在公众号回复“我的资料”即可查看"


def own_by(back: str) -> Callable[[V], V]:
    """A page of the visitor's own: nobody without a visit, nothing kept by a browser, what is refused said on a page.

    Who has no visit comes back from WeChat's page by the view ``back``.
    """

    def decorate(view: V) -> V:
        @wraps(view)
        def guarded(**values: Any) -> Any:
            g.visitor = visit.visitor()
            if g.visitor is None:
                answer = _door(back)
                if "mark" in values or _of_kits():  # an activity's page, or a kit, to which the door leads on
                    visit.remember(answer, request.path)
                return _private(answer)
            try:
                return _private(make_response(view(**values)))
            except PioneerError as error:
                return _private(said("暂时不能办理", error.message, status=error.http_status))

        return cast(V, guarded)

    return decorate


own_only = own_by("reader.me_back")


@blueprint.get("/me")
@own_only
def me() -> AnyResponse:
    """What is kept; name and phone in clear where the reader asks to see them."""
    in_clear = request.args.get("show") == "1"
    with runtime().db.read_scope() as session:
        limits = runtime().settings.limits
        found = own_data.shown(session, g.visitor, in_clear=in_clear, limits=limits)
        coming = signing_up.upcoming(session, g.visitor, at=clock.now())
        names = {one.key: one.name for one in columns.listing(session, with_inactive=True)}
        passes_on = bool(kits.of_follower(session, g.visitor, at=clock.now()))
    names[REMINDERS] = "活动提醒"
    muted = [names[key] for key in found.muted if key in names]
    kept = retention_report.for_followers(runtime().settings)
    return draw(
        "reader/mine.html",
        text=consent.TEXT.split("\n")[0],
        version=consent.VERSION,
        own_data=found,
        coming=coming,
        in_clear=in_clear,
        muted=muted,
        kept=kept,
        passes_on=passes_on,
        **_notices(),
    )


def _notices() -> dict[str, Any]:
    """The kinds of notices that one may ask for here, each with how many of it can still come."""
    settings, at = runtime().settings, clock.now()
    offers = notice_consents.offers(settings)
    g.with_script = g.with_component = bool(offers)
    with runtime().db.read_scope() as session:
        found = [(one, notice_consents.left(session, settings, one, g.visitor, at=at)) for one in offers]
    return {"notices": found, "local_phone": local_phone(settings), "vendor": vendor}


@blueprint.post("/me/consent", endpoint="me_consent_post")
@own_only
def me_consent_post() -> AnyResponse:
    """同意 the text as it is now."""
    with runtime().db.session_scope() as session:
        own_data.agree(session, g.visitor, at=clock.now())
    return redirect(url_for("reader.me"), 303)


@blueprint.get("/me/correct")
@own_only
def me_correct() -> AnyResponse:
    """What the roster says, and where to write what is wrong in it."""
    return _correcting()


def _correcting(problem: str = "", status: int = 200) -> AnyResponse:
    with runtime().db.read_scope() as session:
        found = own_data.shown(session, g.visitor)
    typed = request.form.get("text", "")
    return draw("reader/mine_correct.html", status, own_data=found, problem=problem, typed=typed)


@blueprint.post("/me/correct", endpoint="me_correct_post")
@own_only
def me_correct_post() -> AnyResponse:
    """更正申请: to the branch's secretary."""
    try:
        with runtime().db.session_scope() as session:
            new = own_data.correct(session, g.visitor, request.form.get("text", ""), at=clock.now())
    except Refused as error:
        return _correcting(error.message, error.http_status)
    added = "" if new else "已补充到正在办理的申请里，"
    return said("已提交更正申请", f"{added}办理结果会在公众号告诉您，也可以在“我的资料”页查看", back=True)


@blueprint.get("/me/unbind")
@own_only
def me_unbind() -> AnyResponse:
    """What follows from an unbinding, and the button that does it."""
    return draw("reader/mine_unbind.html")


@blueprint.post("/me/unbind", endpoint="me_unbind_post")
@own_only
def me_unbind_post() -> AnyResponse:
    """解除绑定."""
    with runtime().db.session_scope() as session:
        own_data.unbind(session, g.visitor, at=clock.now())
    return said("已解除绑定", "您的微信不再与党员信息关联，仍可正常阅读。需要时在公众号回复“绑定”", back=True)


@blueprint.get("/me/erase")
@own_only
def me_erase() -> AnyResponse:
    """What would go and what would stay, and the button that does it."""
    with runtime().db.read_scope() as session:
        found = own_data.shown(session, g.visitor)
    return draw("reader/mine_erase.html", own_data=found)


@blueprint.post("/me/erase", endpoint="me_erase_post")
@own_only
def me_erase_post() -> AnyResponse:
    """清除微信资料."""
    with runtime().db.session_scope() as session:
        asked = own_data.erase(session, g.visitor, roster="roster" in request.form, at=clock.now())
    runtime().db.empty_log()
    also = "。清除党员名册里个人信息的申请已提交管理员，办理结果会在公众号告诉您" if asked else ""
    answer = said("已清除", f"您的绑定、消息和阅读设置已经清除{also}。您仍然关注公众号，可以正常阅读")
    visit.end(answer, g.visitor)
    return answer


@blueprint.get("/me/file/<kind>")
@own_only
def me_file(kind: str) -> AnyResponse:
    """The whole file: a workbook to read, JSON for a machine."""
    if kind not in _FILES:
        raise NotFound("没有这种文件")
    with runtime().db.session_scope() as session:
        found = whole_file.of_oneself(session, g.visitor, at=clock.now())
    content = found.as_json() if kind == "json" else found.as_workbook()
    return personal(content, mimetype=_FILES[kind], name=f"我的资料.{kind}")


@blueprint.post("/me/leave")
@own_only
def me_leave() -> AnyResponse:
    """The visit ends: the next one who has this phone sees nothing."""
    answer = said("已退出", "再次查看请回到公众号，回复“我的资料”")
    visit.end(answer, g.visitor)
    return answer


# --- The door ---------------------------------------------------------------------------------------------


def _door(back: str) -> AnyResponse:
    """To WeChat's page, where it tells who reads; else how to get a link."""
    with runtime().db.read_scope() as session:
        by_wechat = own_links.by_wechat(session, runtime().settings)
    word = kits.ASKED_FOR if _of_kits() else "我的资料"
    if not by_wechat:
        on = "，就会回到这个活动" if "mark" in (request.view_args or {}) else ""
        return said("请从公众号打开", f"请在公众号回复“{word}”，点回复里的链接打开{on}。链接只供您本人使用")
    if request.method != "GET":
        return said("页面已过期", f"为保护您的资料，页面打开 30 分钟后失效，请重新打开“{word}”", back=True)
    return to_wechat(back)


def to_wechat(back: str) -> AnyResponse:
    """To WeChat's page, which comes back to the view ``back`` with who reads."""
    state = visit.new_state()
    root = runtime().settings.server.base_url
    answer = redirect(runtime().client.oauth_url(f"{root}{url_for(back)}", state), 303)
    visit.send_off(answer, state)
    return answer


@blueprint.get("/me/wechat")
def me_back() -> AnyResponse:
    """Back from WeChat's page: who it is."""
    return came_back("reader.me")


def came_back(then: str) -> AnyResponse:
    """Begin the visit of whom WeChat's page names, and go on to the view ``then``."""
    code = request.args.get("code", "")
    if not visit.is_back(request.args.get("state", "")) or not code:
        # Two quick openings bring the same answer twice: the first has let them in.
        return _private(redirect(url_for(then), 303) if visit.visitor() else said("请重新打开", _NOT_BACK))
    try:
        person = runtime().client.oauth_exchange(code)
    except WeChatError as error:
        current_app.logger.warning("oauth refused: %s", error.code)
        return _private(said("请重新打开", _NOT_BACK, status=502))
    if person.is_snapshotuser:
        return _private(said("请使用完整服务", _SNAPSHOT))
    with runtime().db.read_scope() as session:
        follower_id = own_links.follower_of(session, person.openid)
    if follower_id is None:
        return _private(said("请先关注公众号", _STRANGER))
    if then == "reader.me":
        return _private(_let_in(follower_id))
    answer = redirect(url_for(then), 303)
    visit.begin(answer, follower_id)
    return _private(answer)


@blueprint.get("/me/open/<token>")
def me_open(token: str) -> AnyResponse:
    """The link from the chat: a button, for whatever looks at addresses in a chat must not use the link up."""
    with runtime().db.read_scope() as session:
        still = own_links.opens(session, token, at=clock.now())
    if not still:
        return _private(said("链接已失效", _AGAIN, status=410))
    return _private(draw("reader/mine_open.html", token=token, to_kits=_to_kits()))


@blueprint.post("/me/open/<token>", endpoint="me_open_post")
def me_open_post(token: str) -> AnyResponse:
    """Opened, once."""
    with runtime().db.session_scope() as session:
        follower_id = own_links.take(session, token, at=clock.now())
    if follower_id is None:
        return _private(said("链接已失效", _AGAIN, status=410))
    return _private(_let_in(follower_id))


def _let_in(follower_id: int) -> AnyResponse:
    """A visit begins, on the page that was wanted, or on 我的资料."""
    usual = url_for("reader.kits" if _to_kits() else "reader.me")
    answer = redirect(visit.wanted() or usual, 303)
    visit.begin(answer, follower_id)
    return answer


def _to_kits() -> bool:
    """Whether a link from the chat was asked for by who passes things on."""
    return request.args.get("to") == "kits"


def _of_kits() -> bool:
    """Whether it is a page of theirs."""
    return request.path.startswith(kits.PATH)


@blueprint.errorhandler(CSRFError)
def stale(_error: CSRFError) -> AnyResponse:
    """A form that was sent too late, or by another page than ours."""
    return _private(said("页面已过期", "请返回上一页，刷新后重试", status=400))


def said(heading: str, message: str, *, status: int = 200, back: bool = False) -> AnyResponse:
    return draw("reader/mine_said.html", status, heading=heading, message=message, back=back)


def draw(template: str, status: int = 200, **values: Any) -> AnyResponse:
    """One of the pages of the visitor's own."""
    words = {"near": near, "in_prose": in_prose}
    return make_response(render_template(template, **frame(), **words, **values), status)


def _private(answer: AnyResponse) -> AnyResponse:
    answer.headers["Cache-Control"] = "no-store"
    if not g.get("with_script"):
        g.policy = PAGE.replace("script-src 'self'", "script-src 'none'")
    return answer
