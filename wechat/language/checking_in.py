"""签到 in a message: recorded, asked back, or none of ours.

A check-in is clear where every part of the message is accounted for: command, branch, own name, activity, courtesy, being there,
time, place. What asks to check in and says more is asked back. The word inside another (打卡地, 报到证) is none of ours.
"""

from __future__ import annotations

from wechat.language.kinds import Intent, Kind
from wechat.language.lexicon import CHECKS_IN, WITH_CHECKIN, Rule
from wechat.language.making_up import make_up
from wechat.language.parts import OUTSIDE, POLITE, TITLES, Parts
from wechat.language.presence import here, may_be_here, tells_a_story
from wechat.language.tokens import ACT, DIGITS, OWN, SLIP, UNKNOWN, Token

_STRONG, _WEAK = "checkin", ("clockin", "reportin")
_LONGEST_BEHIND = 12
_PLAIN = 2
_MAY_BE_A_TITLE = frozenset(("meeting", "place"))
"""Accounted for in any case, and yet the activity may be called so: 活动1."""
_WHO = ("title", "role", "employed")
_RECEIVED = ("收到", "好的", "知道", "明白", "已阅")
"""What answers a notice: 到 behind it may say that one will come."""
_OF_THE_WORD = frozenset("打报签")
"""What may be left of 打卡怎么打."""
_ACTS = frozenset(("there", SLIP, *CHECKS_IN))


def read(spaced: str, parts: Parts, rules: tuple[Rule, ...]) -> Intent | None:
    """What a message with a check-in in it means; None where there is none in it."""
    marks = parts.marks
    asks = not marks.isdisjoint(CHECKS_IN)
    if not asks and marks.isdisjoint(("there", "present", "signin", SLIP, *WITH_CHECKIN)):
        return None
    if not parts.left and not is_of_others(parts, asks or SLIP in marks):
        clear = not _may_be_no_check_in(parts)
        again = parts.own is None and not (clear and marks.isdisjoint(_MAY_BE_A_TITLE))
        return Intent(Kind.CHECKIN, again=again, clear=clear, which=_spoken_of(parts))
    ruled = _by_rule(spaced, parts, rules)
    if ruled is None and parts.own is not None and tells_a_story(parts) and not is_of_others(parts, asks):
        return Intent(Kind.CHECKIN, which=_spoken_of(parts))
    if ruled is not None and ruled.text == Kind.CHECKIN and "how" not in marks and here(parts):
        return Intent(Kind.CHECKIN, parts.said, clear=False, which=_spoken_of(parts))  # 可以签到吗？我到了
    read_ = ruled or _own_act(parts)
    again = parts.own is None and parts.may_be_own and (asks or SLIP in marks or not parts.is_outside)
    again = again or (parts.own is None and ruled is not None and "there" in marks and may_be_here(parts))
    again = again or (parts.own is None and read_ is not None and read_.kind is Kind.CHECKIN)
    if again and read_ is None:
        return Intent(Kind.UNKNOWN, again=True)
    if read_ is None:
        return None
    return Intent(read_.kind, read_.text, again=again, clear=False, which=read_.which)


def _may_be_no_check_in(parts: Parts) -> bool:
    """All known, and yet of another thing: 在职党员报到 is done once for all; 收到，到 answers a notice.

    签到, and 我到了, say so by themselves.
    """
    said = [token for token in parts.tokens if token.mark != "filler"]
    if "employed" in parts.marks and parts.marks.isdisjoint((_STRONG, "there")):
        return True
    acts = [token.text for token in said if token.mark not in POLITE]
    return acts == ["到"] and any(token.text.startswith(_RECEIVED) for token in said)


def by_presence(parts: Parts) -> Intent | None:
    """The question to those who say that they have come, or ask to be noted, in other words than 签到; to be asked last."""
    if parts.own is None:
        return Intent(Kind.UNKNOWN, again=True) if may_be_here(parts) else None
    if not here(parts) or is_of_others(parts, False):
        return None
    return Intent(Kind.CHECKIN, parts.said, clear=False, which=_spoken_of(parts))


def _spoken_of(parts: Parts) -> tuple[int, ...] | None:
    """The activities that all the pieces speak of; None where none was named."""
    found: set[int] | None = None
    for token in parts.tokens:
        if token.mark == ACT and parts.own is not None:
            meant = set(parts.own.speaking_of(token.text))
            found = meant if found is None else (found & meant)
    return None if found is None else tuple(sorted(found))


def _by_rule(spaced: str, parts: Parts, rules: tuple[Rule, ...]) -> Intent | None:
    """Refusals, questions, errands, regrets: clause by clause first, then over a break."""
    clauses = parts.clauses
    own_act = any(_is_own_act(clause) for clause in clauses)
    ends = _is_own_act(clauses[-1])  # 签到没反应，再发一次：签到
    for clause in clauses:
        rule = clause.rule(rules)
        asks = rule is not None and (
            (own_act and "ask" in rule.needs) or (ends and not rule.needs.isdisjoint(("cannot", "cannot_in")))
        )
        if rule and _may_count(clause, rule) and not asks:
            return _meant(spaced, parts, rule)
    if own_act or len(clauses) == 1:
        return None
    rule = parts.rule(rules)
    return _meant(spaced, parts, rule) if rule and _may_count(parts, rule) else None


def _may_count(parts: Parts, rule: Rule) -> bool:
    """打卡 and 报到 are words of every day: beside anything unknown they ask nothing of us."""
    if parts.is_outside and not ("wrong" in rule.needs and parts.marks.isdisjoint(("object", "elsewhere"))):
        return False
    if rule.needs.isdisjoint(_WEAK):
        return True
    unknown = {token.text for token in parts.tokens if token.mark in (UNKNOWN, DIGITS)}
    return unknown <= _OF_THE_WORD and "other" not in rule.needs


def _meant(spaced: str, parts: Parts, rule: Rule) -> Intent:
    if rule.kind is Kind.MAKE_UP:
        return make_up(spaced, parts)
    return Intent(rule.kind, rule.about)


def _is_own_act(clause: Parts) -> bool:
    return not clause.left and not clause.marks.isdisjoint((*CHECKS_IN, SLIP))


def _own_act(parts: Parts) -> Intent | None:
    """签到 with more beside it than is accounted for: asked back where it is the writer's own act."""
    doubtful = Intent(Kind.CHECKIN, parts.said, clear=False, which=_spoken_of(parts))
    strong = _STRONG in parts.marks
    if any(_is_own_act(clause) for clause in parts.clauses):
        return doubtful
    if parts.marks.isdisjoint(CHECKS_IN):
        return doubtful if {token.mark for token in parts.left} == {"we"} else None
    if not parts.marks.isdisjoint(OUTSIDE - {"family"} if strong else OUTSIDE):
        return None
    if not parts.marks.isdisjoint((ACT, OWN)) or (parts.left and parts.names_somebody()):
        return doubtful
    if not strong and not _is_asked_for(parts):
        return None
    return doubtful if _ends_or_begins(parts) else None


def _is_asked_for(parts: Parts) -> bool:
    """来报到, 我打卡, 打个卡 at the beginning: a word of every day that the writer says of themselves."""
    for number, token in enumerate(parts.tokens):
        if token.mark in _WEAK:
            before = parts.tokens[number - 1] if number else None
            if before is None or before.clause != token.clause:
                return len(token.text) > _PLAIN
            if before.mark in ("please", "self") or (
                before.mark == "courtesy" and before.text.startswith("向")
            ):
                return True
    return False


def _ends_or_begins(parts: Parts) -> bool:
    """…签到, or 签到 with few words behind it: 签到奖品真差 is about something else."""
    for clause in parts.clauses:
        places = [n for n, token in enumerate(clause.tokens) if token.mark in CHECKS_IN]
        if places:
            behind = Parts(clause.tokens[places[-1] + 1 :], parts.own).left
            if sum(len(token.text) for token in behind) < _LONGEST_BEHIND:
                return True
    return False


def is_of_others(parts: Parts, asks: bool) -> bool:
    """书记来了, 张老师签到, 请党员签到, 签到的党员: every word is known, and yet the writer says it of others."""
    of_me = [token for token in parts.tokens if token.mark == OWN or token.text[0] in "我俺咱"]
    pairs = [
        (one, other)
        for before, one, other in zip((None, *parts.tokens), parts.tokens, parts.tokens[1:], strict=False)
        if one.clause == other.clause and not (one.mark in _WHO and (before in of_me or other in of_me))
    ]
    for one, other in pairs:
        if other.mark in _ACTS and one.mark == "title" and (not asks or one.text[1:] in TITLES):
            return True
        if other.mark in _ACTS and one.mark in ("role", "employed") and not asks:
            return True
        if (one.text == "请" and other.mark in _WHO) or (other.text == "请" and one.mark in _WHO):
            return True
        if one.mark in _ACTS and other.mark == "meeting":
            return True
        if other.mark in _ACTS and one.mark == "courtesy" and _may_go_on(one.text):
            return True  # 大家早签到了, 请领导审核签到
        if other.text == "好" and _greets_many(one):
            return True  # 大家好好签到
        if one.text == "请" and other.mark in CHECKS_IN and any(map(_greets_many, parts.tokens)):
            return True  # 各位同志辛苦了，请签到
    return any(
        one.mark in _ACTS and other.text == "的" and other is not parts.tokens[-1] for one, other in pairs
    )


def _may_go_on(courtesy: str) -> bool:
    """Whether courtesy may say something of those spoken to, with what stands behind it: 大家早, 请领导审核."""
    return courtesy not in ("早", "辛苦") and courtesy.endswith(("早", "辛苦", "审核", "确认", "核实"))


def _greets_many(token: Token) -> bool:
    if token.mark != "courtesy" or token.text.startswith(("谢", "感", "多谢")):
        return False
    return any(many in token.text for many in ("各位", "大家", "们"))
