"""学习园地, 先锋动态 and every other column: the newest articles as links; large text."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

import clock
from content.html import asset_url
from models import Article, Column, Follower
from wechat.desk import Desk
from wechat.intents import Intent
from wechat.replies import NewsReply, Reply, TextReply

_SHOWN = 5


def study(desk: Desk, intent: Intent) -> Reply:
    """学习园地."""
    return column(desk, "study")


def news(desk: Desk, intent: Intent) -> Reply:
    """先锋动态."""
    return column(desk, "news")


def column(desk: Desk, key: str) -> Reply:
    """The newest articles of a column: one as a card, more as a list of links."""
    found = desk.session.scalar(sa.select(Column).where(Column.key == key, Column.active))
    if found is None:
        return TextReply("这个栏目暂未开放，您可以回复“学习园地”或“先锋动态”")
    articles = newest(desk.session, found.id)
    if not articles:
        return TextReply(f"{found.name}还没有发布内容，敬请期待")
    if len(articles) == 1:
        return card(desk, articles[0])
    lines = [f"【{found.name}】"]
    for number, article in enumerate(articles, 1):
        day = clock.to_shanghai(article.published_at) if article.published_at else None
        dated = f"（{day.month}月{day.day}日）" if day else ""
        lines.append(
            f'{number}. <a href="{desk.link(f"/m/a/{article.id}")}">{_plain(article.title)}</a>{dated}'
        )
    lines.append(f'<a href="{desk.link(f"/m/{found.key}")}">查看全部</a>')
    return TextReply("\n".join(lines))


def article(desk: Desk, article_id: int) -> Reply | None:
    """One published article as a card; None where there is none (any more)."""
    found = desk.session.get(Article, article_id)
    return None if found is None or found.status != "published" else card(desk, found)


def card(desk: Desk, article: Article) -> NewsReply:
    """An article as WeChat's card."""
    picture = desk.link(asset_url(article.cover_sha256)) if article.cover_sha256 else ""
    return NewsReply(article.title, article.digest, picture, desk.link(f"/m/a/{article.id}"))


def large(desk: Desk, intent: Intent) -> Reply:
    """Large text from now on, with the way there."""
    desk.session.execute(sa.update(Follower).where(Follower.openid == desk.openid).values(large_text=True))
    links = [
        f'<a href="{desk.link(f"/m/{key}?size=largest")}">{name}（大字版）</a>'
        for key, name in (("study", "学习园地"), ("news", "先锋动态"))
    ]
    return TextReply("已为您打开大字版：\n" + "\n".join(links))


def newest(session: Session, column_id: int, count: int = _SHOWN) -> list[Article]:
    """The articles of a column that were published last, without their bodies."""
    query = (
        sa.select(Article)
        .options(sa.orm.defer(Article.html), joinedload(Article.column))
        .where(Article.column_id == column_id, Article.status == "published")
        .order_by(Article.published_at.desc(), Article.id.desc())
        .limit(count)
    )
    return list(session.scalars(query))


def _plain(title: str) -> str:
    """A title inside a link of a text message, which knows no escapes."""
    return title.replace("<", "《").replace(">", "》").replace('"', "”")
