"""What a follower means: from free Chinese text to one of a few intents.

Pure, and careful in one direction: whoever is not clearly asking to check in is not checked in. Words and rules are data
(``wechat/language/data``); here stands in which order they are asked.
"""

from __future__ import annotations

import re

from wechat.language import binding_words, checking_in, correcting, leave, lexicon, searching
from wechat.language.kinds import UNKNOWN, Intent, Kind
from wechat.language.lexicon import Lexicon, Rule
from wechat.language.making_up import make_up
from wechat.language.moments import number
from wechat.language.own import Own
from wechat.language.parts import POLITE, Parts
from wechat.language.spelling import normalise, sounds_of
from wechat.language.tokens import DIGITS, SLIP, beside
from wechat.language.tokens import UNKNOWN as UNKNOWN_MARK

__all__ = ["UNKNOWN", "Intent", "Kind", "normalise", "understand"]

REMINDERS = "reminder"
"""What 退订提醒 is about: no column, the one reminder of an activity."""
_LONGEST_READ = 80
_LONGEST = 400
_CHOICE = re.compile(
    r"(?:我?选择?|回复|要|是|就)?第?([1-9一二三四五六七八九])(?:个|项|号|场|条|点)?(?:活动)?(?:吧|啊|的)?"
)
_TRIMMED = POLITE | {"inquiry"}
_NO_CLAUSE = (Kind.GREETING, Kind.CHECKIN, Kind.CHOICE, Kind.CONSENT, Kind.DECLINE, Kind.MORE, Kind.UNKNOWN)
"""Commands that are the whole message or nothing: one clause of it is not enough."""
_OWN_READING = (Kind.LARGE, Kind.STUDY, Kind.NEWS)
_UNEXPLAINED = POLITE | {UNKNOWN_MARK, DIGITS, SLIP}
_TOLD = frozenset(("aside", "road", "there", "present", "deed"))
"""Beside 怎么办 alone they make no question about us: 腿疼怎么办."""
_UNBINDS = ("绑", "邦", "帮", "解", "jb", "同意", "授权")
"""What says of a wish to part that it is the binding that is meant; 注销 and 删除我的信息 may mean more."""
_MOST_UNKNOWN = 4
_MOST_UNKNOWN_AROUND = 12
_MOST_SAID = 100
_LONGEST_TYPED, _LONGEST_HEARD = 24, 6


def understand(text: str, own: Own | None = None) -> Intent:
    """The intent of one message (a voice message's recognised text is as good as a typed one).

    ``own``: the member's own words. Without them an intent may say that it wants to be read ``again``.
    """
    if text.strip() and not text.strip(" ?？\n"):
        return Intent(Kind.HELP)
    found = _understood(text, own)
    if found.kind is Kind.UNBIND and not any(word in normalise(text[:_LONGEST]) for word in _UNBINDS):
        return Intent(Kind.UNBIND, clear=False)
    if found.kind in (Kind.NO_CHECKIN, Kind.UNKNOWN):
        found = leave.read(text) or found
    if found.kind is Kind.CHECKIN and not _is_said_after(text, own):
        return Intent(Kind.CHECKIN, found.text, again=own is None, clear=False, which=found.which)
    return found


def _is_said_after(text: str, own: Own | None) -> bool:
    """Whether nothing is asked, or 签到 stands by itself behind the question: 刚才没发出去吧？签到."""
    before, question, behind = text.replace("？", "?").rpartition("?")
    if not question:
        return True
    asked, said = _understood(before, own), _understood(behind, own)
    return asked.kind is Kind.UNKNOWN and said.kind is Kind.CHECKIN and said.clear and not said.again


def _understood(text: str, own: Own | None) -> Intent:
    known = lexicon.current()
    spaced = normalise(text[:_LONGEST])
    compact = spaced.replace(" ", "")
    if (kind := known.phrases.get(compact)) is not None:
        return Intent(kind, text[:_MOST_SAID] if kind is Kind.BIND else "")
    if (asked := searching.read(text)) is not None:
        return asked
    if not compact or len(compact) > _LONGEST_READ:
        return UNKNOWN
    if chosen := _CHOICE.fullmatch(compact):
        return Intent(Kind.CHOICE, number=number(chosen[1]) or 0)
    if any(word in compact for word in correcting.WORDS):
        correction = correcting.read(text)
        if correction is not None:
            return correction
    if (correction := correcting.changed(text)) is not None:
        return correction
    parts = Parts.of(spaced, known, own)
    found = binding_words.read(text, parts) or _phrase(spaced, parts, known)
    if found is not None:
        return found
    checking = checking_in.read(spaced, parts, known.checkin_rules)
    if checking is not None and checking.kind is not Kind.UNKNOWN:
        return checking
    command = _command(spaced, parts, known) or _nearly(parts, known)
    if command is not None and command.kind is not Kind.HELP:
        return command
    coming = checking_in.by_presence(parts) or (
        None if compact in known.words else _keyword_by_sound(compact, own)
    )
    if command is not None and coming is not None and own is None:
        return Intent(Kind.HELP, command.text, again=True)
    return coming or command or checking or UNKNOWN


def _keyword_by_sound(compact: str, own: Own | None) -> Intent | None:
    """A whole message that is an activity's keyword, as it is spelled with Latin letters or misheard."""
    if not 2 <= len(compact) <= (_LONGEST_TYPED if compact.isascii() else _LONGEST_HEARD):
        return None
    if own is None:
        return Intent(Kind.UNKNOWN, again=True, heard=True)
    found = own.sounding_like(compact)
    # What is heard may be another word altogether (支援 for 志愿): only what was typed in letters is sure.
    return Intent(Kind.CHECKIN, which=found, clear=compact.isascii()) if found else None


def _phrase(spaced: str, parts: Parts, known: Lexicon) -> Intent | None:
    """A whole phrase with nothing but politeness round it, or one clause that is such a command beside harmless ones."""
    if (kind := _core_kind(parts, known)) is not None:
        return _with_argument(Intent(kind), spaced, parts)
    if parts.tokens[0].clause == parts.tokens[-1].clause:
        return None
    cores = {_core_kind(clause, known) for clause in parts.clauses}
    if Kind.CHECKIN in cores or (Kind.NO_CHECKIN in cores and "makeup" in parts.marks):
        return None  # 签到，活动1; 不签，打错了是补签
    found = cores - {None, *_NO_CLAUSE}
    if not parts.marks.isdisjoint(("object", "elsewhere")) and Kind.MAKE_UP not in found:
        return None
    kind = next(iter(found), None)
    if kind is Kind.HUMAN and "there" in parts.marks:
        return None  # 我到了，人呢
    if kind is None or len(found) > 1 or parts.unknown_chars > _MOST_UNKNOWN_AROUND:
        return None
    return _with_argument(Intent(kind), spaced, parts)


def _core_kind(parts: Parts, known: Lexicon) -> Kind | None:
    """The phrase that is left when more and more politeness is gone from both ends."""
    tokens = parts.tokens
    first, last = 0, len(tokens)
    while first < last and tokens[first].mark in _TRIMMED:
        first += 1
    while last > first and tokens[last - 1].mark in _TRIMMED:
        last -= 1
    for start in range(first + 1):
        for end in range(len(tokens), last - 1, -1):
            if start < end:
                core = "".join(token.text for token in tokens[start:end])
                kind = known.phrases.get(core)
                if kind is not None and _may_be_the_core(parts, kind):
                    return kind
    return None


def _may_be_the_core(parts: Parts, kind: Kind) -> bool:
    """A greeting is nothing but that; of 书记来了 it is not the writer who came."""
    if kind is Kind.CHECKIN:
        return parts.marks.isdisjoint(
            ("there", "title", "role", "employed")
        ) and not checking_in.is_of_others(parts, True)
    return kind is not Kind.GREETING or _is_polite(parts)


def _is_polite(parts: Parts) -> bool:
    return parts.marks <= POLITE


def _command(spaced: str, parts: Parts, known: Lexicon) -> Intent | None:
    """What the words mean together, where little else is said and nothing says that it is about another thing."""
    if _is_polite(parts) and "courtesy" in parts.marks:
        return Intent(Kind.GREETING)
    if _gives_a_reason(parts):
        return make_up(spaced, parts)
    if "complain" in parts.marks and "object" not in parts.marks:
        return Intent(Kind.HUMAN)  # one may complain of anything
    if not parts.marks.isdisjoint(("object", "elsewhere", "there_not")):
        return None
    for clause in (parts, *parts.clauses):
        rule = clause.rule(known.other_rules)
        if (
            rule is not None
            and ("wrong" in rule.needs or "family" not in clause.marks)
            and not (rule.marks == ("how",) and not parts.marks.isdisjoint(_TOLD))
            and not ("deed" in parts.marks and rule.kind not in (Kind.MAKE_UP, Kind.UNDO))
            and _is_most(clause, rule)
        ):
            return _with_argument(Intent(rule.kind, rule.about), spaced, parts)
    return None


def _gives_a_reason(parts: Parts) -> bool:
    """补签 and its reason, which may speak of anything; but no 补签合同."""
    if not parts.marks.isdisjoint(("object", "how", "ask")):
        return False
    said = [token for token in parts.tokens if token.mark not in POLITE]
    first, last = said[0] if said else None, said[-1] if said else None
    if first is not None and first.mark == "makeup":
        behind = parts.tokens[parts.tokens.index(first) + 1 :][:1]
        return not (behind and behind[0].mark in ("object", "elsewhere") and behind[0].clause == first.clause)
    return last is not None and last.mark == "makeup" and not parts.is_outside


def _is_most(parts: Parts, rule: Rule) -> bool:
    """Whether what the rule explains outweighs what nothing explains. A reason behind 补签 is explained by it."""
    if rule.kind in _OWN_READING and "other" in parts.marks:
        return False
    explained = sum(len(token.text) for token in parts.tokens if token.mark not in _UNEXPLAINED)
    return parts.unknown_chars <= min(explained, _MOST_UNKNOWN)


def _with_argument(intent: Intent, spaced: str, parts: Parts) -> Intent:
    """退订 and 订阅 with the column that is named, 补签 with its reason."""
    if intent.kind is Kind.MAKE_UP:
        return make_up(spaced, parts)
    if intent.kind not in (Kind.MUTE, Kind.UNMUTE) or intent.text:
        return intent
    said = spaced.replace(" ", "").replace("先锋云", "")
    if "提醒" in said:
        return Intent(intent.kind, REMINDERS)
    study, news = (
        any(word in said for word in words) for words in (("学习", "园地"), ("先锋", "动态", "新闻"))
    )
    return Intent(intent.kind, "study" if study and not news else "news" if news and not study else "")


def _nearly(parts: Parts, known: Lexicon) -> Intent | None:
    """A command that was heard for its sound, or a long, harmless one with one character wrong."""
    core = _core(parts)
    if parts.is_outside or known.words.get(core) == "plain":
        return None
    for key in sounds_of(core) if 1 < len(core) < 9 else ():
        if (kind := known.by_sound.get(key)) is not None:
            return Intent(kind)
    for phrase, kind in known.long_phrases:
        if abs(len(phrase) - len(core)) <= 1 and beside(phrase, core):
            return Intent(kind)
    return None


def _core(parts: Parts) -> str:
    tokens = list(parts.tokens)
    while len(tokens) > 1 and tokens[0].mark in POLITE:
        tokens.pop(0)
    while len(tokens) > 1 and tokens[-1].mark in POLITE:
        tokens.pop()
    return "".join(token.text for token in tokens)
