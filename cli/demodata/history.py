"""What the demo's office did in the past month: articles and reviews, activities and check-ins."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from cli.demodata import places, texts
from community import screen_codes, templates
from content import cleaning
from content.allowed import RULES
from content.revisions import Fields, content_hash
from content.search import index
from database.session import Session
from ground import clock
from models import (
    Activity,
    Article,
    ArticleRevision,
    Branch,
    CheckIn,
    CheckInScreen,
    Column,
    Review,
    SignUp,
    User,
)

# By column: how the last articles stand; all before them are published.
_TAIL = ("queued", "queued", "approved", "in_review", "returned", "draft")
_REVIEWERS = ("yishen", "ershen", "sanshen")
_RETURNED = "第二段的数字与台账不一致，请核对后再提交"


def articles(
    session: Session,
    rnd: random.Random,
    columns: dict[str, Column],
    accounts: dict[str, User],
    covers: list[str],
    base_url: str,
    now: datetime,
) -> list[Article]:
    """Write the 60 articles with revisions and reviews; the published ones, oldest first."""
    published: list[Article] = []
    drafts = texts.articles(rnd, [place.name for place in places.COMMUNITIES])
    for key in ("study", "news"):
        own = [draft for draft in drafts if draft.column == key]
        for number, draft in enumerate(own):
            back = len(own) - number
            status = _TAIL[len(_TAIL) - back] if back <= len(_TAIL) else "published"
            cover = covers[(number * 7 + len(key)) % len(covers)]
            picture = covers[(number * 5 + 3) % len(covers)]
            fields = Fields(
                title=draft.title,
                column_id=columns[key].id,
                author=draft.author,
                digest=draft.digest,
                html=cleaning.clean(
                    texts.to_html(draft, cleaning.asset_url(picture) if number % 2 == 0 else "")
                ),
                cover_sha256=cover,
            )
            made = now - timedelta(days=back + 1, hours=rnd.randrange(1, 9))
            article = _article(session, fields, status, number, made, accounts)
            if status == "published":
                hour = 8 if key == "study" else 18
                day = clock.day_bounds(clock.shanghai_day(now - timedelta(days=back - len(_TAIL))))[0]
                article.published_at = min(day + timedelta(hours=hour), now - timedelta(hours=2))
                article.published_url = f"{base_url}/m/a/{article.id}"
                published.append(article)
    session.flush()
    return sorted(published, key=lambda article: article.published_at or now)


def _article(
    session: Session, fields: Fields, status: str, number: int, made: datetime, accounts: dict[str, User]
) -> Article:
    editor = accounts["bianji"]
    article = Article(
        title=fields.title,
        column_id=fields.column_id,
        author=fields.author,
        digest=fields.digest,
        html=fields.html,
        cover_sha256=fields.cover_sha256,
        status=status,
        stage=1 + number % 2 if status == "in_review" else 0,
        hash=content_hash(fields),
        version=1,
        created_by=editor.id,
        created_at=made,
        updated_at=made,
        submitted_at=None if status == "draft" else made + timedelta(minutes=20),
        queue_position=number if status == "queued" else None,
        queued_at=made + timedelta(hours=5) if status == "queued" else None,
        warnings=[],
        cleaned_by_rules=RULES,
    )
    session.add(article)
    session.flush()
    session.add(
        ArticleRevision(
            article_id=article.id,
            version=1,
            title=article.title,
            author=article.author,
            digest=article.digest,
            html=article.html,
            cover_sha256=article.cover_sha256,
            source_url=article.source_url,
            column_id=article.column_id,
            hash=article.hash,
            saved_by=editor.id,
            saved_at=made,
        )
    )
    index.keep(session, article.id, title=article.title, author=article.author, html=article.html)
    stages = {"draft": 0, "returned": 0, "in_review": article.stage - 1}.get(status, len(_REVIEWERS))
    for stage in range(stages):
        _review(session, article, stage + 1, accounts, "approved", "", made + timedelta(hours=1 + stage))
    if status == "returned":
        _review(session, article, 1, accounts, "returned", _RETURNED, made + timedelta(hours=1))
    return article


def _review(
    session: Session,
    article: Article,
    stage: int,
    accounts: dict[str, User],
    decision: str,
    reason: str,
    at: datetime,
) -> None:
    session.add(
        Review(
            article_id=article.id,
            stage=stage,
            user_id=accounts[_REVIEWERS[stage - 1]].id,
            decision=decision,
            reason=reason,
            content_hash=article.hash,
            at=at,
            void=False,
        )
    )


_PAST = (
    ("第一季度党员大会回头看", "党员大会", "对照清单检查第一季度事项的落实情况", 27),
    ("主题党日：楼道堆物清一清", "楼道清理", "清理楼道堆物，畅通生命通道", 24),
    ("志愿服务：小修小补进小区", "小修小补", "为居民提供磨刀、修伞、理发等服务", 20),
    ("支部学习：读原著谈体会", "读书会", "共读一章，结合网格工作谈体会", 17),
    ("律师进网格：常见问题答疑", "律师答疑", "请律师解答邻里和租房中的常见问题", 13),
    ("主题党日：走访空巢老人", "走访", "走访本网格的空巢老人，了解需要", 10),
    ("志愿服务：口袋公园认养", "认养", "认养口袋公园的花草并签名值守", 6),
    ("支部学习：基层减负怎么做", "减负", "讨论哪些报表和会议可以合并", 3),
)


def activities(
    session: Session,
    rnd: random.Random,
    branches: list[Branch],
    accounts: dict[str, User],
    members: list[dict[str, Any]],
    bound: dict[int, str],
    now: datetime,
) -> None:
    """Eight past activities, two that are open now (one with a screen), one of tomorrow, and one to sign up for."""
    editor = accounts["bianji"].id
    for number, (title, keyword, purpose, days) in enumerate(_PAST):
        day = clock.day_bounds(clock.shanghai_day(now - timedelta(days=days)))[0]
        start = day + timedelta(hours=18, minutes=30)
        invited = branches if number % 2 == 0 else rnd.sample(branches, 6)
        activity = _activity(
            session, title, keyword, purpose, start, start + timedelta(hours=2), invited, branches, editor
        )
        _check_ins(
            session, rnd, activity, members, {branch.id for branch in invited}, bound, rnd.uniform(0.42, 0.7)
        )
    start = now - timedelta(hours=1)
    tomorrow = clock.day_bounds(clock.shanghai_day(now + timedelta(days=1)))[0] + timedelta(hours=19)
    open_now = (
        ("主题党日：旧充电棚改造议一议", "主题党日", "讨论旧充电棚的改造方案", 3, branches, 0.18),
        ("志愿服务：周六一小时", "志愿服务", "利用周六一小时清洁小广场", 2, branches[1:5], 0.12),
    )
    for title, keyword, purpose, days, invited, share in open_now:
        end = now + timedelta(days=days)
        activity = _activity(session, title, keyword, purpose, start, end, invited, branches, editor)
        _check_ins(
            session, rnd, activity, members, {branch.id for branch in invited}, bound, share, until=now
        )
        if invited is branches:
            _screen(session, activity, accounts["admin"].id, now)
    title, purpose = "支部学习：怎样开好支部大会", "学习支部大会的程序和要求"
    end = tomorrow + timedelta(hours=2)
    study = _activity(session, title, "支部学习", purpose, tomorrow, end, branches, branches, editor)
    study.question = "开支部大会最难的一步是什么？"
    _to_sign_up_for(session, tomorrow + timedelta(days=4), branches, members, bound, editor)


def _screen(session: Session, activity: Activity, user_id: int, now: datetime) -> None:
    """A screen beside the plain 签到."""
    secret = screen_codes.new_secret()
    session.add(CheckInScreen(activity_id=activity.id, secret=secret, started_at=now, started_by=user_id))


def _to_sign_up_for(
    session: Session,
    start: datetime,
    branches: list[Branch],
    members: list[dict[str, Any]],
    bound: dict[int, str],
    editor: int,
) -> None:
    """Announced from the template, as the office would; a few have signed up."""
    shape = templates.shipped()["volunteer"]
    title, purpose = "志愿服务：陪老人拍张照", "陪行动不便的老人拍一张新照片"
    activity = _activity(
        session, title, "拍照", purpose, start, start + shape.length, branches, branches, editor
    )
    activity.kind, activity.template, activity.voluntary = shape.kind, shape.key, shape.voluntary
    activity.expects, activity.keep_months = shape.expects, shape.keep_months
    activity.sign_up, activity.places = True, 20
    came = [one["id"] for one in members if one["id"] in bound and one["id"] != min(bound)][:6]
    at = start - timedelta(days=5, hours=3)
    session.add_all(SignUp(activity_id=activity.id, member_id=one, at=at) for one in came)
    session.flush()


def _activity(
    session: Session,
    title: str,
    keyword: str,
    purpose: str,
    start: datetime,
    end: datetime,
    invited: list[Branch],
    branches: list[Branch],
    editor: int,
) -> Activity:
    activity = Activity(
        title=title,
        keyword=keyword,
        kind="study" if title.startswith("支部学习") else "event",
        purpose=purpose,
        place="党群服务站",
        starts_at=start,
        ends_at=end,
        for_all=len(invited) == len(branches),
        created_by=editor,
        created_at=start - timedelta(days=3),
        branches=[] if len(invited) == len(branches) else list(invited),
    )
    session.add(activity)
    session.flush()
    return activity


def _check_ins(
    session: Session,
    rnd: random.Random,
    activity: Activity,
    members: list[dict[str, Any]],
    invited: set[int],
    bound: dict[int, str],
    share: float,
    until: datetime | None = None,
) -> None:
    end = min(activity.ends_at, until) if until else activity.ends_at
    span = max(60, int((end - activity.starts_at).total_seconds()))
    rows = []
    for member in members:
        if member["branch_id"] not in invited or rnd.random() > share:
            continue
        by_phone = member["id"] in bound
        if until is not None and (not by_phone or member["id"] == min(bound)):
            continue  # the one whom the phone shows first is to check in by hand
        made_up = until is None and rnd.random() < 0.03
        rows.append(
            {
                "activity_id": activity.id,
                "member_id": member["id"],
                "branch_id": member["branch_id"],
                "at": end + timedelta(hours=rnd.randrange(2, 40))
                if made_up
                else activity.starts_at + timedelta(seconds=int(span * min(1.0, rnd.betavariate(1.2, 3)))),
                "via": "reply" if by_phone else "paper",
                "made_up": made_up,
                "reason": "当天值班未能到场" if made_up else "",
            }
        )
    if rows:
        session.execute(sa.insert(CheckIn), rows)
