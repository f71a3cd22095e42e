"""信息申请: what followers ask about their own data, and the office's answer."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from community import own_requests, rebinding
from community.lives import REQUEST, REQUESTS
from community.privacy import mask_name, mask_numbers
from ground import clock
from models import DataRequest, RequestKind, RequestStatus
from web import listing
from web.access import acting, action, looking, page
from web.console.face import blueprint, draw


@blueprint.get("/requests", endpoint="requests")
@page("member.answer")
def requests_page() -> str:
    """What waits, the oldest first, or what was decided; what was written stands behind the door of one request."""
    closed = request.args.get("state") == "closed"
    with looking() as (session, me):
        place = listing.paging(20)
        if closed:
            found = listing.rows(own_requests.decided(session, me), place)
        else:
            found = listing.sliced(own_requests.waiting(session, me), place)
        return draw(
            "people/requests.html", found=found, paging=place, words=REQUESTS, mask_name=mask_name, closed=closed,
            state=_state,
        )  # fmt: skip


def _state(found: DataRequest) -> str:
    return REQUEST.label(RequestStatus(found.status))


@blueprint.get("/requests/<int:request_id>", endpoint="request")
@page("member.answer")
def request_page(request_id: int) -> str:
    """One request: who asks, for what, and the two decisions."""
    return _shown(request_id)


def _shown(request_id: int, in_clear: str = "") -> str:
    with looking() as (session, me):
        found = own_requests.seen(session, me, request_id)
        bound_since, whose = own_requests.bound_since(session, found), own_requests.whose(session, found)
        return draw(
            "people/request.html", asked=found, word=REQUESTS[RequestKind(found.kind)], in_clear=in_clear,
            mask_name=mask_name, bound_since=bound_since, whose=whose, state=_state(found), mask_numbers=mask_numbers,
        )  # fmt: skip


@blueprint.post("/requests/<int:request_id>/reveal", endpoint="request_reveal")
@action("member.unmask", form=request_page)
def request_reveal(request_id: int) -> str:
    """What was asked in clear, with an entry in the audit trail."""
    with acting() as (session, me):
        text = own_requests.reveal(session, me, request_id, at=clock.now())
    return _shown(request_id, text)


@blueprint.post("/requests/<int:request_id>", endpoint="request_post")
@action("member.answer", form=request_page)
def request_post(request_id: int) -> Any:
    """Done, or refused with a reason; the follower is told."""
    done = request.form.get("decision") == "done"
    with acting() as (session, me):
        answer = request.form.get("answer", "")
        found = own_requests.decide(session, me, request_id, done=done, answer=answer, at=clock.now())
        told = own_requests.reaches(session, found)
    if not told:
        return _done(f"已记为{'办理' if done else '不办理'}。申请的微信现在没有绑定这位党员，没有发送通知")
    return _done("已记为办理，会在公众号告诉本人" if done else "已记为不办理，会在公众号告诉本人原因")


@blueprint.post("/requests/<int:request_id>/replace", endpoint="request_replace")
@action("member.unbind", form=request_page)
def request_replace(request_id: int) -> Any:
    """更换微信: the secretary's yes."""
    with acting() as (session, me):
        rebinding.replace(session, me, request_id, at=clock.now())
    return _done("已更换绑定，原来的微信和新的微信都会收到通知")


@blueprint.post("/requests/<int:request_id>/unlock", endpoint="request_unlock")
@action("member.unbind", form=request_page)
def request_unlock(request_id: int) -> Any:
    """Open a lock."""
    with acting() as (session, me):
        rebinding.unlock(session, me, request_id, at=clock.now())
    return _done("已解除锁定，会在公众号请本人重新绑定")


@blueprint.post("/requests/<int:request_id>/offer", endpoint="request_offer")
@action("member.unbind", form=request_page)
def request_offer(request_id: int) -> Any:
    """Say who it is."""
    with acting() as (session, me):
        name, tail = request.form.get("name", ""), request.form.get("tail", "")
        rebinding.offer(session, me, request_id, name, tail, at=clock.now())
    return _done("已请本人在公众号回复“同意”，同意后完成绑定")


def _done(said: str) -> Any:
    flash(said, "success")
    return redirect(url_for("console.requests"), 303)
