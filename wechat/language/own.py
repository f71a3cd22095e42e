"""The words that are a member's own: name, branch, and what the open activities are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from wechat.language.moments import fits, number
from wechat.language.spelling import compact, sounds_of, typed_sounds
from wechat.language.tokens import ACT, NICK, OWN, Token

SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐"
    "费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋庞熊纪舒屈项祝董"
    "梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房裘缪丁宣邓洪包左石崔吉龚程邢裴陆荣翁甄曲"
    "封靳段焦牛侯宁仇武符刘景詹束龙叶郁温庄晏柴阎连茹习艾易廖游肖聂赖涂欧覃申冉简阳尚关桂曾白文耿耶"
)
_DOUBLE = frozenset(
    re.findall(
        "..",
        "欧阳司马上官诸葛东方尉迟公孙慕容司徒夏侯皇甫令狐端木南宫独孤宇文长孙闻人轩辕百里呼延司空公冶淳于单于太史申屠仲孙",
    )
)
_ORDINAL = re.compile(r"第?([0-9一二三四五六七八九十]{1,3})$")
_BRANCH_END = re.compile(r"(?:党?支部|党小组)$")
_FLOOR = re.compile(r"([0-9]{1,2}|[一二三四五六七八九十]{1,3})([楼层])")
_BRANCH_ENDS = ("党支部", "支部", "党之部", "之部")
"""之部: what a voice recognition makes of 支部."""
_MOST_CHARS = 12
_SHORTEST_PURPOSE = 3
_CALLED = (
    "老",
    "师傅",
    "大爷",
    "大妈",
    "大姐",
    "大哥",
    "阿姨",
    "老头",
    "老师傅",
    "姐",
    "哥",
    "叔",
    "姨",
    "工",
)
_GENERAL = frozenset(re.findall("..", "社区街道小区中心服务党群学习集中全体开展组织支部党员党支工作我们大家"))
"""What is said of anything: 到社区报到 means no activity, though its title begins with 社区."""


def looks_like_a_name(text: str) -> bool:
    """Two to four characters of which the first is a usual surname."""
    return (
        2 <= len(text) <= 4
        and (text[0] in SURNAMES or text[:2] in _DOUBLE)
        and all("\u4e00" <= char <= "\u9fff" for char in text)
    )


@dataclass(frozen=True)
class Occasion:
    """An activity in which the member may check in now; its window in local time."""

    title: str
    keyword: str
    purpose: str
    place: str
    starts: datetime
    ends: datetime

    @cached_property
    def called(self) -> str:
        """Title and keyword, as they are looked for; months also in digits."""
        title = compact(self.title)
        month = re.search(r"([一二三四五六七八九十]{1,2})月", title)
        spelled = f"\n{number(month[1])}月{title[month.end() :]}" if month else ""
        return f"{title}{spelled}\n{compact(self.keyword)}"

    @cached_property
    def about(self) -> str:
        """The purpose, as it is looked for."""
        return compact(self.purpose)

    @cached_property
    def where(self) -> str:
        """The place, as it is looked for: with its floor in each spelling, and what is in it."""
        ways = _floors(compact(self.place)) if self.place else ()
        return "\n".join(f"{way}{end}" for way in ways for end in ("里面", "内"))


@dataclass(frozen=True)
class Own:
    """Who writes: name, the branch's names, and the activities in the order in which they are offered; ``now`` in local time."""

    name: str
    branches: tuple[str, ...]
    occasions: tuple[Occasion, ...]
    now: datetime

    @cached_property
    def _name(self) -> str:
        return compact(self.name)

    @cached_property
    def _nicks(self) -> tuple[str, ...]:
        """What others call the writer, and perhaps somebody else of that surname: 老王, 小王, 王师傅."""
        surname = self._name[:2] if self._name[:2] in _DOUBLE else self._name[:1]
        return (
            (*(f"{first}{surname}" for first in "老小"), *(f"{surname}{last}" for last in _CALLED))
            if surname
            else ()
        )

    @cached_property
    def _branch_words(self) -> frozenset[str]:
        """The ways to say the own branch: with and without community, 第, 党 and 社区, in digits too."""
        made: set[str] = set()
        for branch in self.branches:
            made |= _ways(compact(branch))
        return frozenset(made)

    @cached_property
    def _beginnings(self) -> frozenset[str]:
        """The first two characters of whatever else may be said: most places of a message begin nothing of it."""
        pairs = {word[:2] for word in self._branch_words}
        for one in self.occasions:
            said = f"{one.called}\n{one.where}\n{one.about}"
            pairs |= {said[n : n + 2] for n in range(len(said) - 1)}
        return frozenset(pairs)

    def extra(self, text: str, start: int) -> list[tuple[int, str]]:
        """The own words that begin at a place of a text: ``(end, mark)``."""
        found = []
        if self._name and text.startswith(self._name, start):
            found.append((start + len(self._name), OWN))
        found += [(start + len(nick), NICK) for nick in self._nicks if text.startswith(nick, start)]
        if text[start : start + 2] not in self._beginnings or _is_inside_a_number(text, start):
            return found
        for end in range(min(len(text), start + _MOST_CHARS), start + 1, -1):
            piece = text[start:end]
            if piece in self._branch_words:
                found.append((end, OWN))
            if self.speaking_of(piece):
                found.append((end, ACT))
                break
        return found

    def speaking_of(self, piece: str) -> tuple[int, ...]:
        """Positions of the activities that may be meant by a piece of a title, keyword, purpose or place.

        What may be somebody's name is none, though it stands there.
        """
        exact = tuple(n for n, one in enumerate(self.occasions) if piece in one.called.split("\n"))
        if exact:
            return exact
        if len(piece) < 4 and looks_like_a_name(piece):
            return ()
        if piece in _GENERAL:
            return ()
        called = tuple(n for n, one in enumerate(self.occasions) if _stands_in(one.called, piece))
        there = tuple(n for n, one in enumerate(self.occasions) if _stands_in(one.where, piece))
        if called or there or len(piece) < _SHORTEST_PURPOSE:
            return called or there
        return tuple(n for n, one in enumerate(self.occasions) if _stands_in(one.about, piece))

    def sounding_like(self, said: str) -> tuple[int, ...]:
        """Positions of the activities whose keyword is written by its sound: dangri, 当日 for 党日."""
        heard = {said} if said.isascii() else set(sounds_of(said))
        sounds = typed_sounds if said.isascii() else sounds_of
        return tuple(
            n
            for n, one in enumerate(self.occasions)
            if len(one.keyword) > 1 and not heard.isdisjoint(sounds(compact(one.keyword)))
        )

    def at_its_time(self, said: str) -> bool:
        """Whether a time that was said is now or that of an activity."""
        return any(fits(said, one.starts, one.ends, self.now) for one in self.occasions)

    def in_its_place(self, room: str) -> bool:
        """Whether a kind of room may be where an activity is. 楼上会议室 is on no ground floor."""
        said = compact(room)
        kind = said.removeprefix("楼上")
        return any(
            not one.place or (kind in one.where and (kind == said or not _is_on_the_ground(one.where)))
            for one in self.occasions
        )

    def named(self, tokens: list[Token]) -> bool:
        """Whether the writer's own name is said."""
        return any(token.mark == OWN and token.text == self._name for token in tokens)


def _ways(branch: str) -> set[str]:
    """``文化路社区第三党支部`` → 三支部, 第3党支部, 文化路三支部, …"""
    stem = _BRANCH_END.sub("", branch)
    ordinal = _ORDINAL.search(stem)
    if ordinal is None:
        return {f"{one}{end}" for one in _places(stem) if one for end in _BRANCH_ENDS} | {branch}
    value = number(ordinal[1])
    counts = {ordinal[1]} | ({str(value)} if value else set()) | {_chinese(value)}
    heads = _places(stem[: ordinal.start()])
    return {branch} | {
        f"{head}{first}{count}{end}" for head in heads for first in ("", "第") for count in counts
        for end in _BRANCH_ENDS
    }  # fmt: skip


def _places(head: str) -> set[str]:
    """A community's name as people say it: whole, without 社区, not at all."""
    return {"", head, head.removesuffix("社区"), head.removesuffix("社区") + "社区" if head else ""}


def _chinese(value: int | None) -> str:
    digits = "零一二三四五六七八九"
    if value is None or not 0 < value < 100:
        return ""
    tens, ones = divmod(value, 10)
    return ("" if tens == 0 else ("" if tens == 1 else digits[tens]) + "十") + (digits[ones] if ones else "")


def _is_inside_a_number(text: str, start: int) -> bool:
    """12楼 is no 2楼, 十二月 no 二月."""
    return start > 0 and text[start].isnumeric() and text[start - 1].isnumeric()


def _stands_in(text: str, piece: str) -> bool:
    """Whether a piece stands in a text, and begins there no number in its middle: 一月 is not in 十一月."""
    place = text.find(piece)
    while place >= 0 and _is_inside_a_number(text, place):
        place = text.find(piece, place + 1)
    return place >= 0


def _floors(place: str) -> tuple[str, ...]:
    """``湖东社区二楼会议室`` → itself, and with 2楼, 二层, 2层."""
    found = _FLOOR.search(place)
    value = number(found[1]) if found else None
    if found is None or not value:
        return (place,)
    made = (f"{count}{kind}" for count in (_chinese(value), str(value)) for kind in "楼层")
    return (place, *(f"{place[: found.start()]}{one}{place[found.end() :]}" for one in made))


def _is_on_the_ground(where: str) -> bool:
    floor = _FLOOR.search(where)
    return floor is not None and number(floor[1]) == 1
