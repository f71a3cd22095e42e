"""The words that messages are understood by: files that an editor can read, the product's own and the office's.

``phrases.txt`` holds whole messages by command, ``words.txt`` words by what they do in a message, ``courtesy.txt`` who is greeted
and how, ``rules.txt`` what the words mean together. An office adds phrases and words of its own in one more file
(:func:`follow`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from ground.errors import Refused
from wechat.language.kinds import Kind
from wechat.language.spelling import compact, sounds_of

_DATA = Path(__file__).parent / "data"
CHECKS_IN = ("checkin", "clockin", "reportin")
"""The marks behind ``@in`` of the rules."""
WITH_CHECKIN = ("missed", "checked", "wrong_in", "cannot_in", "other_in")
"""Marks of words that have a check-in within them."""
_BY_SOUND = (
    Kind.UNDO, Kind.MAKE_UP, Kind.UNBIND, Kind.BIND, Kind.ACTIVITIES, Kind.MY_DATA, Kind.STUDY, Kind.NEWS, Kind.LARGE, Kind.HELP,
    Kind.MUTE, Kind.UNMUTE, Kind.HUMAN, Kind.MORE,
)  # fmt: skip
"""Commands that are found by their sound too: nothing that is to be said in so many words."""
_FORGIVING = (Kind.STUDY, Kind.NEWS, Kind.LARGE, Kind.HELP, Kind.ACTIVITIES, Kind.MINE, Kind.MY_DATA)
OFFICE_FILE = "words.txt"
"""In the data folder: the office's own phrases and words."""
_CALLED = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任"
    "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方邹熊孟秦邱江尹薛阎段雷侯史陶黎贺顾毛郝龚邵钱严覃武戴莫孔向汤"
)
"""Surnames behind 老 and 小."""
MOST_OFFICE_WORDS = 2000


@dataclass(frozen=True)
class Rule:
    """Marks that must follow one another, and what they mean; ``about`` is the command that a question is about."""

    kind: Kind
    about: str
    marks: tuple[str, ...]

    @cached_property
    def needs(self) -> frozenset[str]:
        """The marks without their order."""
        return frozenset(self.marks)


@dataclass(frozen=True)
class Lexicon:
    """Phrases by command, marks by word, and the rules in their order."""

    phrases: Mapping[str, Kind]
    words: Mapping[str, str]
    rules: tuple[Rule, ...]

    @cached_property
    def longest(self) -> dict[str, int]:
        """The length of the longest word by its first character."""
        found: dict[str, int] = {}
        for word in self.words:
            found[word[0]] = max(found.get(word[0], 0), len(word))
        return found

    @cached_property
    def checkin_rules(self) -> tuple[Rule, ...]:
        """The rules that speak of a check-in."""
        about = frozenset((*CHECKS_IN, *WITH_CHECKIN))
        return tuple(rule for rule in self.rules if not rule.needs.isdisjoint(about))

    @cached_property
    def other_rules(self) -> tuple[Rule, ...]:
        """The rules of all other commands."""
        return tuple(rule for rule in self.rules if rule not in self.checkin_rules)

    @cached_property
    def long_phrases(self) -> list[tuple[str, Kind]]:
        """Harmless commands that are long enough to be known with one character wrong."""
        return [(said, kind) for said, kind in self.phrases.items() if len(said) >= 4 and kind in _FORGIVING]

    @cached_property
    def by_sound(self) -> dict[str, Kind]:
        """Phrases of two to eight characters by their sound, where that sound means but one command."""
        found: dict[str, Kind | None] = {}
        for phrase, kind in self.phrases.items():
            if 2 <= len(phrase) <= 8:
                for key in sounds_of(phrase):
                    found[key] = kind if found.get(key, kind) is kind else None
        return {key: kind for key, kind in found.items() if kind in _BY_SOUND}


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """``(head, line)`` of every line below a ``[head]``."""
    head = ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            head = line[1:].partition("]")[0].strip()
        elif line and not line.startswith("#"):
            yield head, line


def _rules(text: str) -> Iterator[Rule]:
    for head, line in _sections(text):
        kind, _, about = head.partition(" ")
        for way in CHECKS_IN if "@in" in line else ("",):
            yield Rule(Kind(kind), about, tuple(line.replace("@in", way).split()))


def _courtesy(text: str) -> Iterator[str]:
    """先锋云你好, 大家早, 谢谢各位老师, 有劳组织, 尊敬的党组织.

    Who asks something of many asks it not for themselves: 麻烦大家签到.
    """
    lists: dict[str, list[str]] = {}
    for head, line in _sections(text):
        lists.setdefault(head, []).extend(line.split())
    for who in (*lists["many"], *lists["one"]):
        yield from (f"{who}{said}" for said in lists["greeting"])
        yield from (f"{said}{who}{end}" for said in lists["thanks"] for end in ("", "了"))
        yield from (f"{said}{who}了" for said in lists["request"])
        yield from (f"{said}{who}" for said in lists["honour"])
    yield from (f"{said}{who}" for said in lists["request"] for who in lists["one"])


@cache
def shipped() -> Lexicon:
    """What comes with the product."""
    phrases, words, courtesy, rules = (
        (_DATA / f"{name}.txt").read_text(encoding="utf-8")
        for name in ("phrases", "words", "courtesy", "rules")
    )
    by_phrase = {phrase: Kind(head) for head, line in _sections(phrases) for phrase in line.split()}
    by_word = {f"{first}{surname}": "other" for first in "老小" for surname in _CALLED}
    by_word |= dict.fromkeys(_courtesy(courtesy), "courtesy")
    by_word |= {word: head for head, line in _sections(words) for word in line.split()}
    return Lexicon(by_phrase, by_word, tuple(_rules(rules)))


class _InForce:
    """The lexicon of this process."""

    lexicon: Lexicon | None = None


def current() -> Lexicon:
    """What this process understands by."""
    if _InForce.lexicon is None:
        _InForce.lexicon = shipped()
    return _InForce.lexicon


def follow(path: Path) -> None:
    """Understand by the office's own phrases and words too, from now on in this process; without the file, by the product's.

    Raises :class:`errors.Refused` for a file that cannot be read; the product's words are in force then.
    """
    _InForce.lexicon = shipped()
    _InForce.lexicon = of_office(path)[0]


def of_office(path: Path) -> tuple[Lexicon, int]:
    """What an office's file makes of the product's lexicon, and how many phrases and words it holds; 0 without the file.

    Raises :class:`errors.Refused` for a file that cannot be read.
    """
    if not path.is_file():
        return shipped(), 0
    try:
        return read(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as unread:
        raise Refused(f"{path.name} 读不出来，请用 UTF-8 编码另存") from unread


def read(text: str) -> tuple[Lexicon, int]:
    """The product's lexicon with an office's phrases and words, and how many those are.

    ``text`` has the form of ``phrases.txt`` and ``words.txt`` together: a head is a command or a mark. What the office says wins.
    Raises :class:`errors.Refused` for a head that is neither.
    """
    base = shipped()
    marks = set(base.words.values())
    phrases, words, added = dict(base.phrases), dict(base.words), 0
    for head, line in _sections(text):
        kind = Kind(head) if head in set(Kind) else None
        if kind is None and head not in marks:
            raise Refused(
                f"没有“{head[:20]}”这一类，请对照随产品提供的 phrases.txt 和 words.txt 修改方括号里的词"
            )
        for said in line.split():
            word, added = compact(said), added + 1
            if word and kind is not None:
                phrases[word] = kind
            elif word:
                words[word] = head
        if added > MOST_OFFICE_WORDS:
            raise Refused(f"自定义的说法不能超过 {MOST_OFFICE_WORDS} 个")
    return Lexicon(phrases, words, base.rules), added
