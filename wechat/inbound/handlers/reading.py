"""学习园地, 先锋动态 and every other column: the newest articles as links; large text."""

from __future__ import annotations

from community import followers
from content import columns, reading
from content.html import asset_url
from content.life import LISTED
from ground import clock
from ground.errors import NotFound
from models import Article
from wechat.inbound.desk import Desk
from wechat.language.intents import Intent
from wechat.wire.replies import NewsReply, Reply, TextReply

_SHOWN = 5


def study(desk: Desk, intent: Intent) -> Reply:
    """学习园地."""
    return column(desk, "study")


def news(desk: Desk, intent: Intent) -> Reply:
    """先锋动态."""
    return column(desk, "news")


def column(desk: Desk, key: str) -> Reply:
    """The newest articles of a column: one as a card, more as a list of links."""
    found = next((column for column in columns.listing(desk.session) if column.key == key), None)
    if found is None:
        return TextReply("这个栏目暂未开放，您可以回复“学习园地”或“先锋动态”")
    teasers = reading.shelf(desk.session, found.id, size=_SHOWN).teasers
    if not teasers:
        return TextReply(f"{found.name}还没有发布内容，敬请期待")
    if len(teasers) == 1:
        return card(desk, teasers[0])
    lines = [f"【{found.name}】"]
    for number, teaser in enumerate(teasers, 1):
        day = clock.to_shanghai(teaser.published_at)
        link = f'<a href="{desk.link(f"/m/a/{teaser.id}")}">{_plain(teaser.title)}</a>'
        lines.append(f"{number}. {link}（{day.month}月{day.day}日）")
    lines.append(f'<a href="{desk.link(f"/m/{found.key}")}">查看全部</a>')
    return TextReply("\n".join(lines))


def article(desk: Desk, article_id: int) -> Reply | None:
    """One published article as a card; None where there is none (any more)."""
    try:
        found = reading.article(desk.session, article_id)
    except NotFound:
        return None
    return card(desk, found) if found.status in LISTED else None


def card(desk: Desk, shown: reading.Teaser | Article) -> NewsReply:
    """An article as WeChat's card."""
    picture = desk.link(asset_url(shown.cover_sha256)) if shown.cover_sha256 else ""
    return NewsReply(shown.title, shown.digest, picture, desk.link(f"/m/a/{shown.id}"))


def large(desk: Desk, intent: Intent) -> Reply:
    """Large text from now on, with the way there."""
    followers.read_large(desk.session, desk.openid)
    links = [
        f'<a href="{desk.link(f"/m/size/large?next=/m/{column.key}")}">{column.name}（大字版）</a>'
        for column in columns.listing(desk.session)
    ]
    return TextReply("已为您打开大字版：\n" + "\n".join(links))


def _plain(title: str) -> str:
    """A title inside a link of a text message, which knows no escapes."""
    return title.replace("<", "《").replace(">", "》").replace('"', "”")
