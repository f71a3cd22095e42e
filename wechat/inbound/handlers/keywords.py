"""Replies that an editor keeps: a whole text or a part of it → text, picture, article or column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from community import checkin as checkins
from content import replies
from database.session import Session
from ground.numbers import number_in
from models import KeywordReply
from wechat.inbound.context import Context
from wechat.inbound.handlers import reading
from wechat.language.binding_words import PROXY, unasked
from wechat.language.intents import Intent, Kind, understand
from wechat.language.spelling import compact
from wechat.wire.replies import ImageReply, Reply, TextReply

OPEN_TO_EDITORS = (Kind.UNKNOWN, Kind.STUDY, Kind.NEWS, Kind.LARGE, Kind.HELP, Kind.HUMAN, Kind.GREETING)
"""Intents that a whole-text keyword may answer instead. Check-in, binding and their like are not for
editors.
"""

MAY_BE_KEYWORD = frozenset((Kind.UNKNOWN, Kind.STUDY, Kind.NEWS, Kind.LARGE, Kind.GREETING, Kind.ACTIVITIES))
"""Intents that the keyword of an open activity may answer instead."""

NAMES = {"text": "文字", "image": "图片", "article": "稿件", "column": "栏目"}


def find(session: Session, text: str, *, whole: bool) -> KeywordReply | None:
    """The first active reply, in the editor's order, whose pattern is the text (``whole``) or is in it."""
    compact = _compact(text)
    if not compact:
        return None
    for row in replies.tried(session, whole=whole):
        pattern = _compact(row.pattern)
        if pattern and (pattern == compact if whole else pattern in compact):
            return row
    return None


def answer(context: Context, row: KeywordReply) -> Reply | None:
    """What an editor's reply says; None where its article or column is gone."""
    if row.kind == "image":
        return ImageReply(row.content)
    if row.kind == "article":
        return reading.article(context, number) if (number := number_in(row.content)) is not None else None
    if row.kind == "column":
        return reading.column(context, row.content)
    return TextReply(row.content)


class Source(StrEnum):
    """Who answers a text that answers no open question."""

    ACTIVITY = "activity"
    EDITOR = "keyword"
    COMMAND = "command"


@dataclass(frozen=True)
class Candidate:
    """One that may answer: an activity whose keyword is ``word``, an editor's ``row``, or the command that was understood."""

    source: Source
    word: str = ""
    row: KeywordReply | None = None


def candidates(session: Callable[[], Session], text: str, intent: Intent) -> Iterator[Candidate]:
    """Who is asked for an answer to a text, in order; the first that has one gives it. The command always has one.

    ``session`` is called only where the editors' replies are asked: a check-in does without one.
    """
    if intent.kind in MAY_BE_KEYWORD:
        yield Candidate(Source.ACTIVITY, word=compact(text[:60]))
    if intent.kind in OPEN_TO_EDITORS:
        for whole in (True, False) if intent.kind is Kind.UNKNOWN else (True,):
            if (row := find(session(), text, whole=whole)) is not None:
                yield Candidate(Source.EDITOR, row=row)
    yield Candidate(Source.COMMAND)


@dataclass(frozen=True)
class Trial:
    """What would answer a text: ``source`` is activity, keyword, command or default; ``summary`` says it in Chinese."""

    source: str
    summary: str


def try_it(session: Session, text: str, *, at: datetime) -> Trial:
    """The console's try-it box: what a follower with no open question would get for this text."""
    intent = unasked(understand(text))
    for one in candidates(lambda: session, text, intent):
        if one.source is Source.ACTIVITY and checkins.is_keyword(session.connection(), one.word, at=at):
            return Trial("activity", f"正在进行的活动口令“{one.word}”：签到")
        if one.row is not None:
            how = "全部匹配" if one.row.whole else "部分匹配"
            what = f"{NAMES.get(one.row.kind, one.row.kind)} {one.row.content[:100]}"
            return Trial("keyword", f"关键词“{one.row.pattern}”（{how}）：回复{what}")
    if intent.again and not intent.heard and intent.kind in (Kind.CHECKIN, Kind.UNKNOWN):
        return Trial("command", "签到：按写信人的姓名、支部和正在进行的活动核对，都对得上就记录，否则问一句")
    if intent.kind is not Kind.UNKNOWN:
        return Trial("command", f"系统命令：{describe(intent)}")
    return Trial("default", "没有匹配，回复“这件事暂时不能自动回答……”和可以回复的内容")


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
    Kind.CORRECT: "更正",
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


_ABOUT: dict[str, str] = {str(kind): name for kind, name in _COMMANDS.items()} | {PROXY: "绑定不能代办"}
"""What a help is about, in the editor's words."""


def describe(intent: Intent) -> str:
    """An intent in the editor's words."""
    name = _COMMANDS.get(intent.kind, intent.kind)
    detail = _ABOUT.get(intent.text, intent.text) or (str(intent.number) if intent.number else "")
    return f"{name}（{detail}）" if detail else name


def _compact(text: str) -> str:
    return compact(text[:400])
