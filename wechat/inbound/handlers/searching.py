"""搜 垃圾分类: what the articles have on it, as numbered links."""

from __future__ import annotations

from urllib.parse import quote

from content import columns
from content.search import answering
from ground import clock
from wechat.inbound.context import Context
from wechat.inbound.conversation import Topic
from wechat.inbound.handlers import reading
from wechat.language.intents import Intent
from wechat.wire.replies import Reply, TextReply

_SHOWN = 5
_LONGEST = 20


def search(context: Context, intent: Intent) -> Reply:
    """The best articles; where there is nothing, other words that find something."""
    if not intent.text:
        return TextReply("请回复“搜”和要找的内容，例如：搜 垃圾分类")
    shown = [column.id for column in columns.shown(context.session)]
    answer = answering.for_readers(context.session, intent.text, columns=shown, size=_SHOWN)
    said = intent.text if len(intent.text) <= _LONGEST else f"{intent.text[:_LONGEST]}…"
    if not answer.hits:
        return TextReply("\n".join(_nothing(context, answer, said)))
    lines = [f"“{reading.plain(said)}”找到 {answer.total} 篇："]
    for number, hit in enumerate(answer.hits, 1):
        link = f'<a href="{context.link(f"/m/a/{hit.id}")}">{reading.plain(hit.title)}</a>'
        day = clock.to_shanghai(hit.published_at) if hit.published_at else None
        lines.append(f"{number}. {link}" + (f"（{day.month}月{day.day}日）" if day else ""))
    if answer.note:
        lines.append(answer.note)
    address = context.link(f"/m/search?q={quote(intent.text[:100])}")
    lines.append(f'<a href="{address}">{"查看全部" if answer.total > _SHOWN else "在网页上搜索"}</a>')
    context.lists(Topic.SHELF, {"ids": [hit.id for hit in answer.hits]})
    return TextReply("\n".join(lines))


def _nothing(context: Context, answer: answering.Answer, said: str) -> list[str]:
    if not answer.asked.words:
        return [f"{answer.note}，例如：搜 垃圾分类"]
    lines = [f"没有找到“{reading.plain(said)}”"]
    if answer.hints:
        lines.append("可以试试回复：")
        lines += [f"搜 {hint.words}（{hint.count} 篇）" for hint in answer.hints]
    else:
        lines.append("可以换个词，或回复“学习园地”“先锋动态”看最新的")
    return lines
