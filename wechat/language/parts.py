"""A message in its parts: what of it is accounted for, what is left, and which rule its words fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from wechat.language.lexicon import CHECKS_IN, Lexicon, Rule
from wechat.language.own import SURNAMES, Own, looks_like_a_name
from wechat.language.tokens import ACT, BRANCH, CLOCK, DATE, DIGITS, OWN, SLIP, UNKNOWN, Token, cut

POLITE = frozenset(("courtesy", "title", "filler", "self", "role", "employed", "please", "now", "plus"))
"""Marks that change nothing in any message."""
HARMLESS = POLITE | {"ours", "place", "meeting", "there", OWN, ACT, *CHECKS_IN}
"""Marks that are accounted for beside a check-in."""
TIMES = frozenset((DATE, CLOCK, "daypart"))
OUTSIDE = frozenset(("object", "elsewhere", "there_not", "family"))
_SOFT = POLITE | TIMES | {"still", "ours", "tail", "meeting", "occasion", "place", OWN, ACT}
"""What stands between the words of a rule without coming between them."""
_WITH_ASIDES = frozenset((OWN, ACT, "there", "checkin", "reportin"))
"""What a story may stand beside and change nothing: 打卡 with a story may be of any kind."""
_MAY_BE_OWN = frozenset((UNKNOWN, "when", "phone", "occasion", BRANCH, "room", DIGITS, *OUTSIDE, *TIMES))
"""Marks that name, branch or activities of the writer may explain."""
TITLES = ("书记", "老师", "主任", "组长", "队长", "支书", "领导")
"""Titles that a surname stands before."""
_SIGNS = frozenset(("签", "签上", "签好", "给签", "给签上"))
"""What checks in beside being there, in words of its own: 我到了，签一下."""
_MOST_BETWEEN = 3
_SAYS_WHAT: dict[str, frozenset[str]] = {
    "时间": TIMES | {"now"},
    "地点": frozenset(("place", "room", ACT)),
    "位置": frozenset(("place", "room", ACT)),
    "手机": frozenset((DIGITS,)),
    "手机号": frozenset((DIGITS,)),
    "电话": frozenset((DIGITS,)),
}
"""The heads of a form that somebody fills in: 时间七点整，地点活动室."""
_SAYS_WHERE_TO = frozenset((*CHECKS_IN, "sign", "signin", "room", OWN, ACT))
_NOTE = frozenset(("记个名儿", "登个记", "记个名", "记一笔", "记上一笔"))
_A_PHONE = (4, 11)
_UP_TO_ONESELF = frozenset(("other", "later"))
"""What is said of others, or of later, ends where the writer begins: 老伴陪我来的，签到."""


@dataclass(frozen=True)
class Parts:
    """The tokens of a message, read with the member's own words where they are known."""

    tokens: tuple[Token, ...]
    own: Own | None

    @classmethod
    def of(cls, spaced: str, lexicon: Lexicon, own: Own | None) -> Parts:
        """Of a normalised text."""
        return cls(tuple(_with_presence(_with_names(cut(spaced, lexicon, own.extra if own else None)))), own)

    @cached_property
    def marks(self) -> frozenset[str]:
        """What there is."""
        return frozenset(token.mark for token in self.tokens)

    @cached_property
    def left(self) -> tuple[Token, ...]:
        """What is not accounted for beside a check-in."""
        return tuple(token for token in self.tokens if not self._explained(token))

    def _explained(self, token: Token) -> bool:
        if token.mark in HARMLESS or token.mark == SLIP:
            return True
        if token.mark == "aside":
            return (
                not self.marks.isdisjoint(_WITH_ASIDES)
                and not self._does_the_act(token)
                and not self._is_where(token)
                and not (_may_be_of_a_journey(token.text) and self.marks.isdisjoint(_SAYS_WHERE_TO))
            )
        if token.mark == "road":
            return (  # told on the way as well
                "there" in self.marks
                and not self.marks.isdisjoint(_SAYS_WHERE_TO)
                and not self._is_where(token)
            )
        if token.mark == "joining":
            return not self.marks.isdisjoint(("sign", "signin", "there", *CHECKS_IN))
        if token.mark in ("other", "family"):
            return self._is_company(token) or self._is_spoken_to(token)
        if token.mark == "others":  # 同志们我来啦
            return any(one is token and other.text[0] in "我俺" for one, other in pairwise(self.tokens))
        if token.mark == "signin":
            return (
                self.own is not None
                and bool(self.own.occasions)
                and (self._is_of_oneself(token) or self._is_beside(token))
            )
        if token.mark == "sign":
            return self._is_beside(token)
        if token.mark == "present":
            return not self.marks.isdisjoint(("sign", "signin", "there", OWN, SLIP, *CHECKS_IN))
        if token.mark == UNKNOWN and token.text in _SIGNS:
            return any(one.mark == "there" and one.clause != token.clause for one in self.tokens)
        return self.own is not None and self._explained_by(self.own, token)

    def _explained_by(self, own: Own, token: Token) -> bool:
        """What the member's own name, branch and activities account for."""
        if (values := _SAYS_WHAT.get(token.text)) is not None:
            return any(
                one.text == token.text and other.mark in values and self._explained(other)
                for one, other in pairwise(self.tokens)
            )
        if token.mark == DIGITS:
            return len(token.text) in _A_PHONE and own.named(list(self.tokens))
        if token.mark in TIMES:
            return own.at_its_time(token.text)
        if token.mark == "study_bare":  # 全会精神学习 beside a purpose that says so; 我来学习，签到
            return ACT in self.marks or (
                "checkin" in self.marks and not self.marks.isdisjoint(("please", "there", "now"))
            )
        if token.text == "给":
            return any(
                one is token and (other.mark in (OWN, "sign", "signin") or other.text in _NOTE)
                for one, other in pairwise(self.tokens)
            )
        if token.mark == "room":
            return own.in_its_place(token.text)
        return token.mark == BRANCH and own.named(list(self.tokens))

    def _does_the_act(self, aside: Token) -> bool:
        """好多人签到: they are not beside it."""
        return "人" in aside.text and any(
            one.mark in CHECKS_IN and one.clause == aside.clause for one in self.tokens
        )

    def _is_company(self, other: Token) -> bool:
        """老伴送我来的."""
        return any(
            one is other and behind.mark == "aside" and "我来" in behind.text.replace("过", "")
            for one, behind in pairwise(self.tokens)
        )

    def _is_spoken_to(self, other: Token) -> bool:
        """小李同志，我到了: who is greeted in a clause of their own, before the writer speaks of themselves."""
        clause = [one for one in self.tokens if one.clause == other.clause]
        return (
            other is self.tokens[0]
            and other.text[0] in "老小"
            and len(clause) > 1
            and all(one.mark in ("title", "courtesy", "filler") for one in clause[1:])
            and any(one.clause != other.clause and "我" in one.text for one in self.tokens)
        )

    def _is_where(self, token: Token) -> bool:
        """坐在公交上: where one is instead."""
        place = self.tokens.index(token)
        before = self.tokens[max(0, place - 1)]
        if before is token:
            return False
        return before.clause == token.clause and before.mark not in CHECKS_IN and before.text[-1] in "在到去"

    def _is_of_oneself(self, token: Token) -> bool:
        """给我画个勾, 登个到，王伟."""
        if any(one.mark == OWN for one in self.tokens):
            return True
        return any(
            any(me in one.text for me in "我俺咱") for one in self.tokens if one.clause == token.clause
        )

    def _is_beside(self, sign: Token) -> bool:
        """我到了，记一下 and 我到了记一下 ask for the check-in; 记一下签到, 给签到, 到了记一下 say what others do."""
        place = self.tokens.index(sign)
        of_oneself = any(
            one.mark in ("self", OWN, ACT) for one in self.tokens[:place] if one.clause == sign.clause
        )
        return any(
            one.clause != sign.clause or (one.mark not in CHECKS_IN and of_oneself and number < place)
            for number, one in enumerate(self.tokens)
            if one.mark in ("there", "present", *CHECKS_IN)
        )

    @cached_property
    def may_be_own(self) -> bool:
        """Whether what is left may be explained by the member's own words."""
        return any(token.mark in _MAY_BE_OWN for token in self.left)

    @cached_property
    def clauses(self) -> tuple[Parts, ...]:
        """Each by itself."""
        numbers = dict.fromkeys(token.clause for token in self.tokens)
        return tuple(
            Parts(tuple(token for token in self.tokens if token.clause == number), self.own)
            for number in numbers
        )

    @cached_property
    def is_outside(self) -> bool:
        """Whether a word says that it is about something else."""
        return not self.marks.isdisjoint(OUTSIDE)

    @cached_property
    def unknown_chars(self) -> int:
        """How many characters no list explains."""
        return sum(len(token.text) for token in self.tokens if token.mark in (UNKNOWN, DIGITS, SLIP))

    @cached_property
    def said(self) -> str:
        """What is left, as one text: what the activity, or the writer, was called."""
        pieces: list[str] = []
        last = -2
        for number, token in enumerate(self.tokens):
            behind = self.tokens[number + 1].mark if number + 1 < len(self.tokens) else ""
            if token in self.left and token.mark not in (BRANCH, *TIMES) and behind != "ours":
                between = self.tokens[last + 1 : number]
                joined = last >= 0 and all(len(one.text) == 1 and one.mark in POLITE for one in between)
                if joined and token.clause == self.tokens[last].clause:
                    pieces[-1] += "".join(one.text for one in between) + token.text
                else:
                    pieces.append(token.text)
                last = number
        return " ".join(pieces)

    def names_somebody(self) -> bool:
        """Whether all that is left may be a person, a branch or an activity."""
        return all(
            token.mark in ("occasion", BRANCH, *TIMES)
            or (token.mark == UNKNOWN and looks_like_a_name(token.text))
            for token in self.left
        )

    def rule(self, rules: Iterable[Rule]) -> Rule | None:
        """The first rule whose marks follow one another here, with little unknown between them."""
        for rule in rules:
            if rule.needs <= self.marks and self._follows(rule.marks):
                return rule
        return None

    def _follows(self, marks: Sequence[str]) -> bool:
        starts = (
            n
            for n, token in enumerate(self.tokens)
            if token.mark == marks[0] and not (token.mark == "other" and self._is_with(n))
        )
        return any(self._follows_from(start, marks) for start in starts)

    def _is_with(self, place: int) -> bool:
        """跟邻居一起来的: somebody is along, nothing is asked for them."""
        return place > 0 and self.tokens[place - 1].text[-1] in "跟和与同陪"

    def _follows_from(self, start: int, marks: Sequence[str]) -> bool:
        wanted, between = 1, 0
        most = 0 if marks[0] == "not" and marks[-1] in CHECKS_IN else _MOST_BETWEEN
        for token in self.tokens[start + 1 :]:
            if wanted == len(marks):
                break
            if token.mark == marks[wanted]:
                wanted += 1
                between = 0
            elif marks[0] in _UP_TO_ONESELF and (token.mark == "self" or token.text in ("给我", "帮我")):
                return False
            elif token.mark not in _SOFT:
                between += len(token.text)
                if between > most:
                    return False
        return wanted == len(marks)


def _may_be_of_a_journey(aside: str) -> bool:
    """刚下高铁，到了 says that a journey is over, not where."""
    return any(char in "车铁飞箱李菜饭" for char in aside) or (
        aside[0] == "下" and aside[1] not in "雨雪着大"
    )


def _with_names(tokens: list[Token]) -> list[Token]:
    """What begins like a name takes short words behind it along: 李代签到 is 李代, 谢芳 no thanks; and 王书记好 is a greeting."""
    made: list[Token] = []
    for token in tokens:
        last = made[-1] if made else None
        if last is None or last.clause != token.clause or last.text[0] not in SURNAMES:
            made.append(token)
        elif last.mark == UNKNOWN and len(last.text) == 1 and _is_title(token):
            made[-1] = Token(last.text + token.text, token.mark, last.clause)
        elif _is_one_name(last, token):
            made[-1] = Token(last.text + token.text, UNKNOWN, last.clause)
        else:
            made.append(token)
    return made


def _with_presence(tokens: list[Token]) -> list[Token]:
    """在 before a place, or as all that a clause says of the writer: 在活动室了, 在，王伟."""
    made = list(tokens)
    for number, token in enumerate(tokens):
        if token.text == "在":
            clause = [one for one in tokens if one.clause == token.clause]
            behind = tokens[number + 1] if number + 1 < len(tokens) else token
            at_a_place = behind.clause == token.clause and behind.mark in ("place", "room", ACT)
            if at_a_place or all(one.mark in ("self", "filler", OWN) for one in clause):
                made[number] = Token(token.text, "present", token.clause)
        elif token.text in ("参加", "来参加", "前来参加", "我来参加") and any(
            one.mark == ACT and one.clause == token.clause for one in tokens[number:]
        ):
            made[number] = Token(token.text, "joining", token.clause)
    return made


def _is_title(token: Token) -> bool:
    return token.mark == "title" or (token.mark == "courtesy" and token.text[:2] in TITLES)


def _is_one_name(last: Token, token: Token) -> bool:
    if len(last.text) + len(token.text) > 3:
        return False
    if last.mark == UNKNOWN:
        return len(token.text) == 1 and token.mark not in ("there", "ask", *POLITE)
    return len(last.text) == 1 and last.mark == "courtesy" and token.mark == UNKNOWN
