"""新建推送: choose what, whom and when; see in numbers who will and will not receive it; confirm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, g, make_response, redirect, request, url_for

from community import activities, places
from content import corrections, finding, publish
from database.session import Session
from ground import clock
from ground.errors import PioneerError, Refused
from ground.numbers import numbers_in
from models import Article, ArticleStatus, Correction, PushStatus
from scheduler import agreeing, openings, planner, pushes, reaching, roads, timing
from scheduler import audience as audiences
from scheduler import finding as pushes_found
from scheduler.audience import saved
from scheduler.planner import Plan
from scheduler.reaching import Reached
from web.access import acting, action, looking, only_looks, page, settings
from web.console.audiences import chosen_by_name
from web.console.face import blueprint, draw
from web.console.hints import on_trial
from web.moments import from_input
from web.once import once

_OFFERED = 60
_KINDS = {"articles": "road", "activity": "notice_road"}
"""The field in which the roads for each kind of content are ticked."""


@dataclass(frozen=True)
class Wanted:
    """What the form says. ``due_at`` None means now."""

    article_ids: list[int]
    activity_id: int | None
    audience: str
    due_at: datetime | None
    road: str
    urgent: str
    often: str


@dataclass(frozen=True)
class Preview:
    """A push that is not made yet, in words and numbers. ``closed``: why nothing goes out that day, and when it could."""

    title: str
    audience: str
    steps: list[tuple[str, int]]
    plan: Plan
    reached: Reached
    due_at: datetime
    at_once: bool
    deferred: bool
    urgent: str
    closed: str = ""


@blueprint.get("/pushes/new")
@page("push.create")
def push_new() -> str:
    """The form; ``article`` or ``activity`` in the query are chosen already."""
    with looking() as (session, _):
        now = clock.now()
        chosen = request.args.get("article", type=int)
        return draw(
            "pushes/new.html",
            offered=finding.offered(
                session, ArticleStatus.APPROVED, ArticleStatus.QUEUED, chosen=chosen, limit=_OFFERED
            ),
            sent=finding.offered(session, ArticleStatus.PUBLISHED, limit=20),
            activities=activities.coming(session, now, limit=_OFFERED),
            branches=places.branches(session),
            tree=places.tree(session),
            kept=saved.listing(session),
            more=chosen_by_name(session),
            auto=roads.AUTO,
            offers={kind: roads.offers(kind, settings()) for kind in _KINDS},
            activity_cost=roads.cost(roads.Content.ACTIVITY, settings().wechat.limits),
        )


@blueprint.post("/pushes/back")
@page("push.create")
def push_back() -> str:
    """Back to the form with everything still chosen."""
    g.filled = request.form
    return push_new()


@blueprint.post("/pushes/count")
@only_looks
@page("push.create")
def push_count() -> str:
    """Who would receive what the form says just now: a fragment."""
    try:
        with looking() as (session, _):
            return draw(
                "pushes/count.html",
                preview=preview_of(session, wanted(complete=False)),
                reasons=planner.reasons(),
            )
    except PioneerError as error:
        return draw("pushes/count.html", preview=None, message=error.message)


@blueprint.post("/pushes/confirm")
@action("push.create", form=push_new)
def push_confirm() -> str:
    """The last look before it is made; nothing is written."""
    return _last_look()


def _last_look() -> str:
    said = wanted()
    with looking() as (session, _):
        return draw(
            "pushes/confirm.html", said=said, preview=preview_of(session, said), reasons=planner.reasons(),
            articles=articles_of(session, said), mending=mending(session, said),
            pending=pushes_found.pending_with(session, said.article_ids),
        )  # fmt: skip


@blueprint.post("/pushes/new", endpoint="push_new_post")
@once
@action("push.create", form=push_new)
def push_new_post() -> Any:
    """Make it; where it would not be what was confirmed, it is looked at once more. The scheduler sends."""
    said, now = wanted(), clock.now()
    try:
        with acting() as (session, me):
            made = pushes.create(
                session, settings(), me, audience=said.audience, article_ids=said.article_ids,
                activity_id=said.activity_id, due_at=said.due_at, road=said.road, urgent=said.urgent, often=said.often,
                agreed=agreed(), at=now,
            )  # fmt: skip
            waits = made.push.due_at > now or made.push.status != PushStatus.SCHEDULED
    except agreeing.Changed as error:
        g.problem = error.message
        return make_response(_last_look(), error.http_status)
    for remark in made.notes:
        flash(remark, "warning")
    if made.push.due_at > now and said.due_at is None and on_trial(settings()):
        flash("试用时可以在本地微信的页面把时间调到白天，马上看到效果", "info")
    flash("已排期" if waits else "已提交，正在发送", "success")
    return redirect(url_for("console.push", push_id=made.push.id), 303)


def wanted(*, complete: bool = True) -> Wanted:
    """Read the form. Raises :class:`errors.Refused` naming what is missing."""
    form = request.form
    kind = form.get("kind", "articles")
    ids = list(dict.fromkeys(numbers_in(form.getlist("article")))) if kind == "articles" else []
    order = {one: place for place, one in enumerate(numbers_in(form.getlist("order")))}
    ids.sort(key=lambda one: order.get(one, len(order)))
    activity_id = form.get("activity", type=int) if kind == "activity" else None
    if complete and not ids and activity_id is None:
        raise Refused("请选择要推送的稿件" if kind == "articles" else "请选择要通知的活动")
    due_at = None
    if form.get("when") == "later":
        if not form.get("due_at") and complete:
            raise Refused("请选择推送时间")
        due_at = from_input(form.get("due_at", ""))
    return Wanted(
        ids,
        activity_id,
        _audience(activity_id),
        due_at,
        _roads(kind, complete=complete),
        form.get("urgent", "").strip(),
        form.get("often", "").strip(),
    )


def _roads(kind: str, *, complete: bool) -> str:
    """The roads as they are kept with a push: the choice left to us, or all that are ticked."""
    way = request.form.get("way", "")
    if way == roads.AUTO:
        return roads.AUTO
    ticked = request.form.getlist(_KINDS.get(kind, "road") if way else "road")
    if way and complete and not ticked:
        raise Refused("请至少选择一种推送方式，或改为自动选择")
    return "+".join(ticked) or roads.AUTO


def agreed() -> agreeing.Agreed:
    """What the confirm page had shown, as its form says it."""
    return agreeing.Agreed(
        twice=request.form.get("agreed_twice", 0, type=int), hashes=request.form.getlist("agreed_hash")
    )


def _audience(activity_id: int | None) -> str:
    """The text of the chosen audience. Usual is everyone for articles, and for a notice those whom its activity expects."""
    form = request.form
    base, to = audiences.EVERYONE, form.get("to", "usual")
    if to == "chosen":
        base = ",".join(filter(str.strip, form.getlist("place") + form.getlist("other")))
    elif to == "saved":
        base = f"{audiences.SAVED}:{form.get('saved', '')}"
    elif to == "usual" and activity_id is not None:
        base = f"activity:{activity_id}"
    if not base:
        raise Refused("请选择推送对象")
    return audiences.compose(base, form.getlist("within"), form.getlist("without"))


def articles_of(session: Session, said: Wanted) -> list[Article]:
    """The articles that the form names, if they may be sent. Raises :class:`errors.Refused`, :class:`errors.Conflict`."""
    most = settings().wechat.limits.articles_per_push
    if len(said.article_ids) > most:
        raise Refused(f"一次最多推送 {most} 篇稿件，现在选了 {len(said.article_ids)} 篇")
    return publish.sendable(session, said.article_ids) if said.article_ids else []


def mending(session: Session, said: Wanted) -> list[Correction]:
    """What is being done about the articles that the form names: another text of them may follow."""
    return corrections.under_way(session, said.article_ids)


def preview_of(session: Session, said: Wanted, *, again_of: int | None = None) -> Preview:
    """What would come of it just now. Raises what :func:`pushes.create` raises for what cannot be sent."""
    now = clock.now()
    if said.due_at is not None and said.due_at < now:
        raise Refused("推送时间已经过去，请改为以后的时间，或选择“立即推送”")
    when = timing.at_what_time(settings(), said.due_at, now, said.urgent)
    articles = articles_of(session, said)
    activity = activities.get(session, said.activity_id) if said.activity_id else None
    chosen = audiences.parse(session, said.audience, at=now, notice_of=said.activity_id)
    by = roads.choose(said.road, "activity" if activity else "articles", settings())
    columns = {article.column.key for article in articles}
    made = planner.plan(
        session,
        settings(),
        audience=chosen,
        by=by,
        columns=columns,
        moment=when.at,
        at=now,
        activity_id=said.activity_id,
        auto=roads.is_auto(said.road),
    )
    reached = reaching.reached(
        session, settings(), made, when.at, article_ids=said.article_ids, again_of=again_of, at=now
    )
    title = activity.title if activity else articles[0].title if articles else ""
    at_once = said.due_at is None and not when.deferred
    steps = audiences.narrowing(session, chosen) if chosen.within or chosen.without else []
    closed = ""
    if not made.planned and any(road.costs_quota for road in by):
        closed = openings.why_not(session, settings(), when.at, costs_quota=True, at=now)
    return Preview(
        title, chosen.label, steps, made, reached, when.at, at_once, when.deferred, when.urgent, closed
    )
