"""Which message means what: the tables first, then the few rules by which they are read.

A text of which name, branch or activities of the writer may be a part is read again with them. Then it is tried in
this order: an open question it answers, the keyword of an open activity, an editor's reply to the whole text, a
command, an editor's reply to a part of it, the help.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scheduler import roads
from wechat.inbound.context import Context
from wechat.inbound.conversation import Listed, Talk, Topic
from wechat.inbound.handlers import (
    account,
    binding,
    checkin,
    consents,
    follow,
    forwarding,
    guide,
    jobs,
    keywords,
    leaving,
    noticing,
    own_data,
    reading,
    searching,
    subscription,
    told,
)
from wechat.inbound.handlers.keywords import Candidate, Source
from wechat.inbound.numbered import is_numbered
from wechat.inbound.reception import DONE, IGNORED, UNKNOWN, Answer
from wechat.language import binding_words
from wechat.language.intents import Intent, Kind, understand
from wechat.wire.messages import (
    Authorization,
    File,
    Image,
    Link,
    Location,
    MenuClick,
    MenuScan,
    MiniProgramPage,
    Push,
    Qualification,
    Scan,
    Subscribe,
    SubscriptionChosen,
    Text,
    Unknown,
    Unsubscribe,
    Video,
    Voice,
)
from wechat.wire.replies import SILENCE, Reply, TextReply

Command = Callable[[Context, Intent], Reply]

COMMANDS: dict[Kind, Command] = {
    Kind.CHECKIN: checkin.record,
    Kind.NO_CHECKIN: guide.no_checkin,
    Kind.LEAVE: leaving.ask,
    Kind.LEAVE_BACK: leaving.take_back,
    Kind.UNDO: checkin.undo,
    Kind.MAKE_UP: checkin.make_up,
    Kind.BIND: binding.begin,
    Kind.UNBIND: binding.unbind,
    Kind.ACTIVITIES: checkin.activities,
    Kind.MINE: checkin.mine,
    Kind.MY_DATA: own_data.my_data,
    Kind.CORRECT: own_data.correct,
    Kind.KITS: forwarding.waiting,
    Kind.FORWARDED: forwarding.done,
    Kind.STUDY: reading.study,
    Kind.NEWS: reading.news,
    Kind.SEARCH: searching.search,
    Kind.LARGE: reading.large,
    Kind.HELP: guide.help_,
    Kind.MORE: guide.no_more,
    Kind.MUTE: subscription.mute,
    Kind.UNMUTE: subscription.unmute,
    Kind.HUMAN: guide.human,
    Kind.GREETING: guide.greeting,
    Kind.CONSENT: binding.agree,
    Kind.DECLINE: binding.disagree,
    Kind.CHOICE: guide.nothing_to_choose,
    Kind.UNKNOWN: guide.none_of_ours,
}

EVENTS: dict[type[Push], Callable[[Context, Any], Reply]] = {
    Subscribe: follow.subscribed,
    Unsubscribe: follow.unsubscribed,
    Scan: follow.scanned,
    Authorization: account.authorization,
    Qualification: account.qualification,
    SubscriptionChosen: noticing.chosen,
    Image: guide.unread,
    Video: guide.unread,
    Link: guide.unread,
    File: guide.unread,
    MiniProgramPage: guide.unread,
    Location: guide.no_place,
}
"""By type, beside the results of jobs, whose types the roads name; all else needs no answer and is kept as ``ignored``."""

MENU_KEYS: dict[str, Kind] = {
    "CHECKIN": Kind.CHECKIN,
    "STUDY": Kind.STUDY,
    "NEWS": Kind.NEWS,
    "MINE": Kind.MINE,
    "MY_DATA": Kind.MY_DATA,
    "ACTIVITIES": Kind.ACTIVITIES,
    "LARGE": Kind.LARGE,
    "BIND": Kind.BIND,
    "UNBIND": Kind.UNBIND,
    "MAKE_UP": Kind.MAKE_UP,
    "LEAVE": Kind.LEAVE,
    "UNDO": Kind.UNDO,
    "HUMAN": Kind.HUMAN,
    "HELP": Kind.HELP,
}
COLUMN_KEY = "column:"
"""A button with the key ``column:study`` shows a column; any other key is read as if it had been typed."""

_ANSWERS = frozenset(
    (
        Kind.CHOICE,
        Kind.CONSENT,
        Kind.DECLINE,
        Kind.MORE,
        Kind.UNKNOWN,
        Kind.GREETING,
        Kind.BIND,
        Kind.MY_DATA,
        Kind.MAKE_UP,
        Kind.NO_CHECKIN,
        Kind.LEAVE,
    )
)
"""Intents that may be the answer to an open question; all others speak for themselves."""
_RECORDED = {Source.ACTIVITY: "checkin.keyword", Source.EDITOR: "keyword"}
"""The handler's name for the record; a command is recorded by its kind."""


def answer(context: Context, push: Push) -> Answer:
    """The reply to a push, with the handler's name for the record."""
    found = _answer(context, push)
    if isinstance(found.reply, TextReply) and not context.asked and is_numbered(found.reply.content):
        context.forget_list()
    if not isinstance(push, Text | Voice | MenuClick):
        return found
    if context.has_untold():
        found = found._replace(reply=told.told_besides(context, found.reply))
    if context.has_outdated_consent():
        found = found._replace(reply=consents.asked_besides(context, found.reply))
    return found


def _answer(context: Context, push: Push) -> Answer:
    if isinstance(push, Text):
        return text(context, push.content)
    if isinstance(push, Voice) and push.recognition.strip():
        return text(context, push.recognition)
    if isinstance(push, Voice):
        return Answer(guide.unread(context, push), "unread")
    if isinstance(push, MenuClick):
        return menu(context, push.menu_key)
    if isinstance(push, MenuScan) and push.waits:
        return Answer(guide.none_of_ours(context, Intent(Kind.UNKNOWN)), "scan_button")
    if isinstance(push, Unknown):
        return Answer(SILENCE, "", UNKNOWN)
    handler = EVENTS.get(type(push)) or (jobs.finished if type(push) in roads.taking() else None)
    if handler is None:
        return Answer(SILENCE, "", IGNORED)
    return Answer(handler(context, push), f"{handler.__module__.rpartition('.')[2]}.{handler.__name__}", DONE)


def menu(context: Context, key: str) -> Answer:
    """A tapped button."""
    if key.startswith(COLUMN_KEY):
        return Answer(reading.column(context, key.removeprefix(COLUMN_KEY)), "menu.column")
    kind = MENU_KEYS.get(key)
    if kind is Kind.CHECKIN:
        return Answer(checkin.by_menu(context), "menu.checkin")
    if kind is not None:
        return Answer(COMMANDS[kind](context, Intent(kind)), f"menu.{kind}")
    return text(context, key)


def text(context: Context, content: str) -> Answer:
    """A typed, tapped or recognised text."""
    if any(map(str.isdigit, content)) and (reply := checkin.by_code(context, content)) is not None:
        return Answer(reply, "checkin.code")
    if (
        content.lstrip().startswith(checkin.ANSWER)
        and (reply := checkin.by_answer(context, content)) is not None
    ):
        return Answer(reply, "checkin.answer")
    intent = understand(content)
    if intent.again:
        said = checkin.read_again(context, content)
        intent = said.intent
        if intent.kind is Kind.CHECKIN and (intent.clear or not _asked_for_words(context)):
            return Answer(checkin.by_words(context, said), intent.kind)
        if intent.kind is Kind.CHECKIN:
            intent = Intent(Kind.UNKNOWN)
    if not _asked_who(context, intent):
        intent = binding_words.unasked(intent)
    if intent.kind is Kind.UNKNOWN:
        intent = Intent(Kind.UNKNOWN, content)
    if intent.kind in _ANSWERS and (talk := context.talk()) is not None:
        reply = in_talk(context, talk, intent, content)
        if reply is not None:
            return Answer(reply, f"talk.{talk.topic}")
    for candidate in keywords.candidates(lambda: context.session, content, intent):
        if (reply := of_candidate(context, candidate, intent)) is not None:
            return Answer(reply, _RECORDED.get(candidate.source, intent.kind))
    raise AssertionError("a command answers always")


def _asked_for_words(context: Context) -> bool:
    """Whether a reason or an answer was asked for, which may speak of 签到 in any way."""
    talk = context.talk()
    return talk is not None and not talk.late and talk.topic in (Topic.MAKE_UP, Topic.ANSWER)


def _asked_who(context: Context, intent: Intent) -> bool:
    """Whether name and digits were asked for, so that whatever is said is meant for them; not looked up where it matters not."""
    if intent.clear:
        return True
    talk = context.talk()
    return talk is not None and not talk.late and talk.topic == Topic.BIND


def of_candidate(context: Context, candidate: Candidate, intent: Intent) -> Reply | None:
    """What one of those says that may answer; None where it has nothing to say (its article is gone, say)."""
    if candidate.source is Source.ACTIVITY:
        return checkin.by_keyword(context, candidate.word)
    if candidate.row is not None:
        return keywords.answer(context, candidate.row)
    return COMMANDS[intent.kind](context, intent)


def in_talk(context: Context, talk: Talk, intent: Intent, content: str) -> Reply | None:
    """The answer to what was asked or listed last; None when the text is no answer to that."""
    if talk.topic == Topic.CHOOSE and intent.kind is Kind.CHOICE:
        return checkin.ask_again(context) if talk.late else checkin.choose(context, intent, talk.state)
    if talk.late:
        return None
    if talk.topic == Topic.KITS and intent.kind is Kind.CHOICE:
        return forwarding.chosen(context, intent, talk.state)
    if intent.kind is Kind.CHOICE and talk.listed is not None:
        return of_list(context, talk.listed, intent)
    if talk.topic == Topic.MORE and intent.kind is Kind.MORE:
        return guide.more(context, str(talk.state.get("rest", "")))
    if talk.topic == Topic.BIND:
        return binding.go_on(context, intent, content, talk.state)
    if talk.topic == Topic.CORRECT:
        return own_data.correct_goes_on(context, intent, content, talk.state)
    if talk.topic == Topic.MAKE_UP:
        return checkin.make_up_goes_on(context, intent, content, talk.state)
    if talk.topic == Topic.ANSWER:
        return checkin.answer_goes_on(context, intent, content, talk.state)
    if talk.topic == Topic.LEAVE and intent.kind is Kind.CHOICE:
        return leaving.choose(context, intent, talk.state)
    return None


def of_list(context: Context, listed: Listed, intent: Intent) -> Reply | None:
    """What a digit chooses of the list that was shown last; None where the help has no such digit."""
    if listed.topic == Topic.SHELF:
        return reading.chosen(context, intent.number, listed.state)
    if intent.number > len(guide.OFFERS):
        return None
    kind = guide.OFFERS[intent.number - 1][1]
    return COMMANDS[kind](context, Intent(kind))
