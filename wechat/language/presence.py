"""Being there without the word 签到, and the story that people tell beside it.

我到了，记我一笔 asks to be checked in as well as 签到 does, but daily life says 到了 of anything: it is recorded where every
part is accounted for, asked back where one clause is the writer's own coming, and none of ours otherwise. A story is let be
where it is built round a word that we know for one and holds nothing that could make the check-in another's.
"""

from __future__ import annotations

from wechat.language.lexicon import CHECKS_IN
from wechat.language.own import looks_like_a_name
from wechat.language.parts import HARMLESS, POLITE, Parts
from wechat.language.tokens import ACT, DIGITS, NICK, OWN, SLIP, UNKNOWN, Token

_AWAY = frozenset("家院厂店村县省国市校车去往替代帮们亲友队班群赛团组")
"""Characters of where one is instead, and of others."""
_OF_A_PERSON = frozenset("机电带戴腿眼腰膝耳嗓纪岁会扫病")
"""What is said of somebody: 秀英手机没电 is why another writes."""
_TELLING = frozenset("了着过得好真太很挺都全刚才就还也又啦咯喽嘞呀呢")
"""What makes a sentence of a clause; a name, a place or another activity has none of it."""
_LET_BE = frozenset(
    (UNKNOWN, DIGITS, "big", "small", "open", "plain", "glyph", "phone", "strain", "unclear", "still", "change", "latest")
)  # fmt: skip
"""Marks of words that say nothing of who, where or when."""
_MOST_UNKNOWN = 9
_MOST_BY_THEMSELVES = 4
_SUBJECT = 4
_MOST_BESIDE_COMING = 4
_NOT_HERE = frozenset(
    (
        "other", "others", "family", "later", "ask", "how", "when", "there_not", "object", "elsewhere", "errand", "not", "leave",
        "lookup", "checked", "missed", "makeup", "cannot", "which", "past", "we", "occasion", "complain", "inquiry",
    )
)  # fmt: skip
"""What one clause may not say beside the writer's own coming."""
_NOT_NOW = frozenset(("leave", "missed", "makeup", "wrong", "past"))
"""What no clause of the message may say."""
_NOTES = frozenset(("sign", "signin"))
_SAYS_SO = frozenset(("checkin", "reportin", "there"))
_SURELY = frozenset(("there", "self", "please", OWN, ACT))
_SURELY_HERE = frozenset(("there", "present", OWN, ACT))
_PRESENT = frozenset(("present", "joining"))
_WHERE = frozenset((ACT, "room", "place"))
_OF_ONESELF = frozenset(("self", OWN, ACT, NICK, "room", "place", "now"))


def tells_a_story(parts: Parts) -> bool:
    """Whether one clause checks in, and each of the others is accounted for or a story beside it.

    签到 says so by itself, 报到 and 记一下 with who or where, or that one is there.
    """
    told = {token.clause for token in parts.left}
    acts = any(
        clause.tokens[0].clause not in told and not clause.marks.isdisjoint(_SAYS_SO)
        for clause in parts.clauses
    )
    return acts and all(_is_story(clause, parts) for clause in parts.clauses)


def _is_story(clause: Parts, parts: Parts) -> bool:
    """Whether what is left of a clause of the message stands beside a word of a story; so it is where nothing is left."""
    left = [token for token in parts.left if token.clause == clause.tokens[0].clause]
    if not left:
        return True
    if any(token.mark not in _LET_BE for token in left) or clause.unknown_chars > _MOST_UNKNOWN:
        return False
    if not clause.marks.isdisjoint((*CHECKS_IN, SLIP)) or _is_elsewhere_or_another(clause):
        return False
    known = "aside" in clause.marks
    if "checkin" in parts.marks:
        return known or (
            not parts.marks.isdisjoint(_SURELY_HERE) and "there" not in clause.marks and _tells(clause)
        )
    if _is_sure(parts):
        return known or not clause.marks.isdisjoint(_WHERE)
    return clause.unknown_chars <= (0 if clause.marks.isdisjoint(_WHERE) else _MOST_BY_THEMSELVES)


def _tells(clause: Parts) -> bool:
    return any(char in _TELLING for token in clause.tokens for char in token.text)


def _is_sure(parts: Parts) -> bool:
    return "checkin" in parts.marks or not (
        parts.marks.isdisjoint(("reportin", *_NOTES)) or parts.marks.isdisjoint(_SURELY)
    )


def _is_elsewhere_or_another(clause: Parts) -> bool:
    """Whether what nothing explains may be a person or a place."""
    for number, token in enumerate(clause.tokens):
        if token.mark == UNKNOWN:
            before = clause.tokens[number - 1].text if number else ""
            behind = clause.tokens[number + 1 :][:1]
            if len(token.text) <= _SUBJECT and behind and not _OF_A_PERSON.isdisjoint(behind[0].text):
                return True
            if before.endswith("在") or not _AWAY.isdisjoint(token.text) or looks_like_a_name(token.text[:3]):
                return True
    return False


def here(parts: Parts) -> bool:
    """Whether the writer says of themselves that they have come, or asks to be noted, while an activity is open."""
    if parts.own is None or not parts.own.occasions or _is_not_now(parts):
        return False
    return any(_is_coming(clause) or _asks_to_be_noted(clause) for clause in parts.clauses)


def may_be_here(parts: Parts) -> bool:
    """Whether :func:`here` may be true once the writer's own words are known."""
    if _is_not_now(parts):
        return False
    return not parts.marks.isdisjoint(("there", "sign", "signin", "present")) or any(
        _is_note(token) or token.text.endswith(("在", "参加")) for token in parts.tokens
    )


def _is_not_now(parts: Parts) -> bool:
    """Whether any clause says that the writer has not come; 没看到书记 does not."""
    return not parts.marks.isdisjoint(_NOT_NOW) or any(
        token.mark == "there_not"
        and token.text[0] not in "看听想碰遇找"
        and token.text[:2] not in ("没看", "没碰")
        for token in parts.tokens
    )


def _is_coming(clause: Parts) -> bool:
    if not clause.marks.isdisjoint(_NOT_HERE):
        return False
    if "there" not in clause.marks:
        return all(token.mark in _PRESENT for token in clause.left) and not clause.marks.isdisjoint(_PRESENT)
    if not clause.left:
        return True
    most = _MOST_BESIDE_COMING if clause.marks.isdisjoint(_WHERE) else 2 * _MOST_BESIDE_COMING
    if clause.unknown_chars > most or _is_elsewhere_or_another(clause):
        return False
    come = max(n for n, token in enumerate(clause.tokens) if token.mark == "there")
    ends = all(token.mark != UNKNOWN for token in clause.tokens[come:])
    return not clause.marks.isdisjoint(_OF_ONESELF if ends else _OF_ONESELF - {"now", NICK})


def _asks_to_be_noted(clause: Parts) -> bool:
    """给我记上, 登个记，王伟: all known, and said of oneself."""
    if not any(token.mark in _NOTES or _is_note(token) for token in clause.tokens):
        return False
    if any(
        token.mark not in HARMLESS | {*_NOTES, "aside", "road", "daypart", NICK} for token in clause.tokens
    ):
        return False
    said = "".join(token.text for token in clause.tokens)
    return OWN in clause.marks or any(one in said for one in "我俺咱") or clause.marks <= POLITE | _NOTES


def _is_note(token: Token) -> bool:
    return (
        token.mark == "please"
        and token.text[-1] in "记录上下笔名"
        and any(one in token.text for one in "记录")
    )
