"""学习园地, 先锋动态 and every other column: the newest articles as links; large text."""

from __future__ import annotations

from community import followers
from community.choices import numbers
from content import columns, reading
from content.cleaning import asset_url
from content.life import LISTED
from ground import clock
from ground.errors import NotFound
from models import Article
from wechat.inbound.context import Context
from wechat.inbound.conversation import Topic
from wechat.language.intents import Intent
from wechat.wire.replies import NewsReply, Reply, TextReply

_SHOWN = 5


def study(context: Context, intent: Intent) -> Reply:
    """学习园地."""
    return column(context, "study")


def news(context: Context, intent: Intent) -> Reply:
    """先锋动态."""
    return column(context, "news")


def column(context: Context, key: str) -> Reply:
    """The newest articles of a column: one as a card, more as a list of links."""
    found = next((column for column in columns.shown(context.session) if column.key == key), None)
    if found is None:
        return TextReply("这个栏目暂未开放，您可以回复“学习园地”或“先锋动态”")
    teasers = reading.shelf(context.session, found.id, size=_SHOWN).teasers
    if not teasers:
        return TextReply(f"{found.name}还没有发布内容，敬请期待")
    if len(teasers) == 1:
        return card(context, teasers[0])
    lines = [f"【{found.name}】"]
    for number, teaser in enumerate(teasers, 1):
        day = clock.to_shanghai(teaser.published_at)
        link = f'<a href="{context.link(f"/m/a/{teaser.id}")}">{plain(teaser.title)}</a>'
        lines.append(f"{number}. {link}（{day.month}月{day.day}日）")
    lines.append(f'<a href="{context.link(f"/m/{found.key}")}">查看全部</a>')
    context.lists(Topic.SHELF, {"ids": [teaser.id for teaser in teasers]})
    return TextReply("\n".join(lines))


def chosen(context: Context, number: int, state: dict[str, list[int]]) -> Reply:
    """The article of a number of the list; a number that it does not have is asked again."""
    ids = state.get("ids", [])
    if number > len(ids):
        return TextReply(numbers(len(ids)))
    return article(context, ids[number - 1]) or TextReply(
        "这篇文章现在打不开了，请回复“学习园地”或“先锋动态”看最新的"
    )


def article(context: Context, article_id: int) -> Reply | None:
    """One published article as a card; None where there is none (any more)."""
    try:
        found = reading.article(context.session, article_id)
    except NotFound:
        return None
    return card(context, found) if found.status in LISTED else None


def card(context: Context, shown: reading.Teaser | Article) -> NewsReply:
    """An article as WeChat's card."""
    picture = context.link(asset_url(shown.cover_sha256)) if shown.cover_sha256 else ""
    return NewsReply(shown.title, shown.digest, picture, context.link(f"/m/a/{shown.id}"))


def large(context: Context, intent: Intent) -> Reply:
    """Large text from now on, with the way there."""
    followers.read_large(context.session, context.openid)
    links = [
        f'<a href="{context.link(f"/m/size/large?next=/m/{column.key}")}">{column.name}（大字版）</a>'
        for column in columns.shown(context.session)
    ]
    return TextReply("已为您打开大字版（页面右上角可以调回标准字号）：\n" + "\n".join(links))


def plain(title: str) -> str:
    """A title inside a link of a text message, which knows no escapes."""
    return title.replace("<", "《").replace(">", "》").replace('"', "”")
