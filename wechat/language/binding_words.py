"""绑定 in a message: the binding word as the writer's own act, or a name beside the digits of a phone."""

from __future__ import annotations

from wechat.language import names
from wechat.language.kinds import UNKNOWN, Intent, Kind
from wechat.language.lexicon import CHECKS_IN
from wechat.language.own import looks_like_a_name
from wechat.language.parts import POLITE, Parts
from wechat.language.tokens import BRANCH, CLOCK, DATE, DIGITS
from wechat.language.tokens import UNKNOWN as UNKNOWN_MARK

_BESIDE = POLITE | {
    DIGITS,
    "phone",
    "tail",
    "identity",
    "naming",
    "contact",
    "ours",
    BRANCH,
    "binding",
    "open",
}
"""What may stand beside a name and digits."""
_AROUND = (DIGITS, "tail", "phone", "contact", "self")
_ASKS = frozenset(("ask", "how", "when", "lookup", "change", "object", "elsewhere", "there_not", DATE, CLOCK))
_MOST_TEXT = 100
_LONGEST_NAME, _LONGEST_LATIN_NAME = 15, 24
_SHORTEST, _LONGEST_ALONE = 2, 6
_OF_A_THING = frozenset("路街巷弄村镇苑楼栋幢室码号费价额牌卡款数度点线站桥")
"""How a thing with a number ends: 桂枝路 1234, 取件码 8888."""
PROXY = "proxy"
"""What the help says to who binds for another."""
_FOR = frozenset("帮替给为代我俺咱他她")
_SPOKEN_TO = ("你", "您", "你们")


def read(text: str, parts: Parts) -> Intent | None:
    """Binding, a question about it or a refusal; None where there is nothing of it in a message."""
    tail = names.tail_in(text)
    if "binding" not in parts.marks:
        is_name = tail and parts.marks.isdisjoint((*CHECKS_IN, "unbind")) and _is_name_and_digits(text, parts)
        clear = bool(is_name) and _is_likely_a_name(text, parts)
        return Intent(Kind.BIND, text[:_MOST_TEXT], tail=tail, clear=clear) if is_name else None
    if not parts.marks.isdisjoint(("object", "elsewhere", "unbind", *CHECKS_IN)):
        return UNKNOWN if parts.is_outside else None
    if _is_for_another(parts):
        return Intent(Kind.HELP, PROXY)
    if tail:
        return Intent(Kind.BIND, text[:_MOST_TEXT], tail=tail)
    if "drop" in parts.marks:
        return None  # 不想绑在这上面了，帮我解开
    for clause in reversed(parts.clauses):
        if "binding" in clause.marks:
            return _without_digits(text, clause)
    return None


def unasked(intent: Intent) -> Intent:
    """What a message means where nobody was asked who they are: a word beside digits that may be anything is no try to bind."""
    return UNKNOWN if intent.kind is Kind.BIND and not intent.clear else intent


def _is_name_and_digits(text: str, parts: Parts) -> bool:
    """A name and digits and nothing else but courtesy and words like 手机尾号. A name may hold any word: 周明天."""
    if any(token.mark in _ASKS and (len(token.text) > 1 or token.text in "吗呢") for token in parts.tokens):
        return False
    whole = "".join(token.text for token in parts.tokens if token.mark not in _AROUND)
    said = [token for token in parts.tokens if token.mark not in _BESIDE]
    letters = "".join(token.text for token in said)
    of_a_name = names.DOT in names.spelled(text) or any(
        names.is_ideograph(char) and not "\u4e00" <= char <= "\u9fff" for char in letters
    )
    if of_a_name or (letters and not parts.marks.isdisjoint(("phone", "tail"))):
        return True
    if 0 < len(whole) <= _SHORTEST or looks_like_a_name(whole):
        return True  # a name may be made of any words: 谢好, 来来, 周明天
    if not letters or any(token.mark != UNKNOWN_MARK and len(token.text) > 1 for token in said):
        return False
    longest = _LONGEST_LATIN_NAME if letters.isascii() else _LONGEST_NAME
    return len(letters) <= longest and all(map(_is_letter, letters))


def _is_likely_a_name(text: str, parts: Parts) -> bool:
    """Whether a word beside digits, unasked and without 绑定, is somebody's name: 李四 1234, not 房号 1203."""
    said = names.rest(text)
    if names.DOT in names.spelled(text) or any(
        names.is_ideograph(char) and not "\u4e00" <= char <= "\u9fff" for char in said
    ):
        return True
    known = any(token.text == said and token.mark != UNKNOWN_MARK for token in parts.tokens)
    return not known and looks_like_a_name(said) and said[-1] not in _OF_A_THING


def _is_for_another(parts: Parts) -> bool:
    """帮我爸绑定, 替老伴绑定, 我是他儿子: who binds gives a consent of their own, so nobody does it for another."""
    return any(
        other.mark in ("other", "family")
        and other.text not in _SPOKEN_TO
        and ((one is not None and one.text[-1] in _FOR) or other.text[0] in "我俺")
        for one, other in zip((None, *parts.tokens), parts.tokens, strict=False)
    )


def _is_letter(char: str) -> bool:
    return names.is_ideograph(char) or names.is_latin(char)


def _without_digits(text: str, clause: Parts) -> Intent | None:
    """The last binding word of a clause: a question, a refusal, or the writer's own act with perhaps a name beside it."""
    tokens = clause.tokens
    place = max(n for n, token in enumerate(tokens) if token.mark == "binding")
    before, behind = (
        "".join(token.text for token in part if token.mark == UNKNOWN_MARK)
        for part in (tokens[:place], tokens[place + 1 :])
    )
    if (len(before) > 1 and not looks_like_a_name(before)) or len(behind) > _LONGEST_ALONE:
        return UNKNOWN  # 水表绑定, 学籍绑定错了
    if not clause.marks.isdisjoint(("how", "ask", "cannot")):
        return Intent(Kind.HELP, Kind.BIND)
    said_no = [n for n, token in enumerate(tokens[:place]) if token.mark == "not"]
    again = any(token.mark == "binding" for token in tokens[said_no[-1] : place]) if said_no else False
    if said_no and not again:
        return Intent(Kind.DECLINE)
    return Intent(Kind.BIND, text[:_MOST_TEXT])
