"""Replies that an editor keeps: a whole text or a part of it → text, picture, article or column."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ground.numbers import number_in
from models import KeywordReply
from wechat.inbound.desk import Desk
from wechat.inbound.handlers import reading
from wechat.language.intents import Intent, Kind, normalise, understand
from wechat.wire.replies import ImageReply, Reply, TextReply

OPEN_TO_EDITORS = (Kind.UNKNOWN, Kind.STUDY, Kind.NEWS, Kind.LARGE, Kind.HELP, Kind.HUMAN, Kind.GREETING)
"""Intents that a whole-text keyword may answer instead. Check-in, binding and their like are not for
editors.
"""

NAMES = {"text": "文字", "image": "图片", "article": "稿件", "column": "栏目"}


def find(session: Session, text: str, *, whole: bool) -> KeywordReply | None:
    """The first active reply, in the editor's order, whose pattern is the text (``whole``) or is in it."""
    compact = _compact(text)
    if not compact:
        return None
    rows = session.scalars(
        sa.select(KeywordReply)
        .where(KeywordReply.active, KeywordReply.whole.is_(whole))
        .order_by(KeywordReply.sort, KeywordReply.id)
    )
    for row in rows:
        pattern = _compact(row.pattern)
        if pattern and (pattern == compact if whole else pattern in compact):
            return row
    return None


def answer(desk: Desk, row: KeywordReply) -> Reply | None:
    """What an editor's reply says; None where its article or column is gone."""
    if row.kind == "image":
        return ImageReply(row.content)
    if row.kind == "article":
        return reading.article(desk, number) if (number := number_in(row.content)) is not None else None
    if row.kind == "column":
        return reading.column(desk, row.content)
    return TextReply(row.content)


@dataclass(frozen=True)
class Trial:
    """What would answer a text: ``source`` is keyword, command or default; ``summary`` says it in Chinese."""

    source: str
    summary: str


def try_it(session: Session, text: str) -> Trial:
    """The console's try-it box: what a follower with no open question would get for this text."""
    intent = understand(text)
    row = find(session, text, whole=True) if intent.kind in OPEN_TO_EDITORS else None
    if row is None and intent.kind is Kind.UNKNOWN:
        row = find(session, text, whole=False)
    if row is not None:
        how = "全部匹配" if row.whole else "部分匹配"
        return Trial(
            "keyword",
            f"关键词“{row.pattern}”（{how}）：回复{NAMES.get(row.kind, row.kind)} {row.content[:100]}",
        )
    if intent.kind is not Kind.UNKNOWN:
        return Trial("command", f"系统命令：{describe(intent)}")
    return Trial("default", "没有匹配，回复“没看懂，您可以回复：…”")


_COMMANDS = {
    Kind.CHECKIN: "签到",
    Kind.NO_CHECKIN: "不签到",
    Kind.UNDO: "撤销签到",
    Kind.MAKE_UP: "补签",
    Kind.BIND: "绑定",
    Kind.CONSENT: "同意",
    Kind.DECLINE: "不同意、取消",
    Kind.UNBIND: "解绑",
    Kind.ACTIVITIES: "活动",
    Kind.MINE: "我的",
    Kind.MY_DATA: "我的信息",
    Kind.STUDY: "学习园地",
    Kind.NEWS: "先锋动态",
    Kind.LARGE: "大字",
    Kind.HELP: "帮助",
    Kind.MORE: "更多",
    Kind.MUTE: "退订",
    Kind.UNMUTE: "订阅",
    Kind.HUMAN: "人工",
    Kind.CHOICE: "序号",
    Kind.GREETING: "问候",
}


def describe(intent: Intent) -> str:
    """An intent in the editor's words."""
    name = _COMMANDS.get(intent.kind, intent.kind)
    detail = intent.text or intent.name or (str(intent.number) if intent.number else "")
    return f"{name}（{detail}）" if detail else name


def _compact(text: str) -> str:
    return normalise(text[:400]).replace(" ", "")
