"""Whether a new password is good enough, and in words what to change.

Length first (the estimate is slow over long input), then the office's own list of habits, then zxcvbn's estimate of how many
guesses it takes. Takes up to 50 ms: never inside a transaction.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import cache
from pathlib import Path

from ground.errors import Refused

MIN_CHARS = 12
MAX_CHARS = 100
# The estimate grows with the cube of the length: 50 ms for 40 characters, 1.2 s for 100.
_ESTIMATED_CHARS = 40
_ENOUGH = 3  # zxcvbn: over 10^8 guesses, "safely unguessable" where guesses are slow and delayed
_LIST = Path(__file__).with_name("common_passwords.txt")
_ADVICE = "可以用几个不相干的词加数字连起来，例如一句只有自己知道的话的拼音"
_HOUSE_WORDS = (
    "xianfeng",
    "shidaixianfeng",
    "xianfengyun",
    "pioneer",
    "dangjian",
    "dangyuan",
    "gongzhonghao",
    "weixin",
)

_TOWN_WORDS = (
    "shequ",
    "jiedao",
    "zhihui",
    "zhongguo",
    "beijing",
    "shanghai",
    "tiananmen",
    "aoyun",
    "woai",
    "admin",
    "password",
)
_PHONE = re.compile(r"1[3-9]\d{9}")
_YEAR_OR_DATE = re.compile(
    r"(19|20)\d\d(年?(0?[1-9]|1[0-2])月?(0?[1-9]|[12]\d|3[01])日?)?|[一二三四五六七八九十〇零]+"
)
_OF_ONES_OWN = 8
"""So many letters and digits of a password must be nobody else's to guess."""

_estimating = threading.Lock()  # zxcvbn keeps the words it is given in a table that all threads share


def check_strength(password: str, *words: str) -> None:
    """Raise :class:`Refused`, saying what to do, for a password that is too short, too long or too easy to guess.

    ``words`` are what belongs to the person: user name, display name.
    """
    if len(re.sub(r"\s+", " ", password)) < MIN_CHARS:  # a row of spaces counts as one
        raise Refused(f"密码至少 {MIN_CHARS} 个字符，请换一个更长的密码，{_ADVICE}")
    if len(password) > MAX_CHARS:
        raise Refused(f"密码不能超过 {MAX_CHARS} 个字符，请缩短后重试")
    folded = _folded(password)
    own = [word for word in map(_folded, words) if len(word) >= 2]
    if reason := _habit(folded) or _own_word(folded, own) or _nothing_else(folded, own):
        raise Refused(f"{reason}，请换一个，{_ADVICE}")
    if _score(folded, own) < _ENOUGH:
        raise Refused(f"密码太容易被猜到，请换一个更长、更少规律的密码，{_ADVICE}")


def rating(password: str, *words: str) -> tuple[int, str]:
    """How good a password is while it is typed: 0 to 4, and what to do about it (empty: it will be taken)."""
    folded = _folded(password)
    score = _score(folded, [word for word in map(_folded, words) if len(word) >= 2]) if folded else 0
    try:
        check_strength(password, *words)
    except Refused as refused:
        return min(score, _ENOUGH - 1), refused.message
    return score, ""


def is_common(password: str) -> bool:
    """Whether a password that somebody has is one that everybody tries first. Quick."""
    return bool(_habit(_folded(password[:MAX_CHARS])))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()


def _bare(folded: str) -> str:
    """Letters, digits and characters alone."""
    return re.sub(r"[^0-9a-z\u4e00-\u9fff]", "", folded)


def _own_word(folded: str, own: list[str]) -> str:
    for word in own:
        if len(word) >= 3 and word in folded and len(folded) - len(word) < 6:
            return "密码里大部分是用户名或姓名"
    return ""


def _nothing_else(folded: str, own: list[str]) -> str:
    """What is left without the words that everybody here would try (names, dates, the office's own), if that is too little."""
    rest = _YEAR_OR_DATE.sub("", _PHONE.sub("", folded))
    # Parts of the own words too: the given name without the family's, say.
    pieces = [word[at : at + 4] for word in own for at in range(len(word) - 3)]
    for word in sorted((*own, *_HOUSE_WORDS, *_TOWN_WORDS, *pieces), key=len, reverse=True):
        if len(word) >= 3 or not word.isascii():
            rest = rest.replace(word, "")
    return "" if len(_bare(rest)) >= _OF_ONES_OWN else "密码去掉姓名、单位常用词和日期后太短"


def _habit(folded: str) -> str:
    """The Chinese reason why a password is one of those that everybody tries first; empty for others."""
    bare = _bare(folded)
    if bare in _common() or _stem(bare) in _common():
        return "这是很多人在用的密码"
    if len(set(folded)) <= 3:
        return "密码只有两三种字符"
    if re.fullmatch(r"(86)?1[3-9]\d{9}", bare):
        return "密码像手机号码"
    if re.fullmatch(r"[1-9]\d{16}[\dx]", bare):
        return "密码像身份证号码"
    if _date(bare):
        return "密码主要是日期"
    if bare.isdigit():
        return "密码只有数字"
    return ""


def _date(bare: str) -> bool:
    """A date with at most four letters beside it: ``zhang19900101``, ``19900101abc``."""
    found = re.search(r"(19|20)\d\d(0?[1-9]|1[0-2])(0?[1-9]|[12]\d|3[01])", bare)
    return found is not None and len(bare) - len(found[0]) <= 5


def _stem(bare: str) -> str:
    """What is left without the digits that people put before or behind: ``xianfeng2026`` is ``xianfeng``."""
    return bare.strip("0123456789")


@cache
def _common() -> frozenset[str]:
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _score(folded: str, own: list[str]) -> int:
    from zxcvbn import zxcvbn  # its word lists take a second to load: only where a password is made

    with _estimating:
        result = zxcvbn(folded[:_ESTIMATED_CHARS], [*own, *_HOUSE_WORDS], max_length=_ESTIMATED_CHARS)
    return int(result["score"])
