"""What a follower means: from free Chinese text to one of a few intents.

Pure, and careful in one direction: whoever is not clearly asking to check in is not checked in. The list in
``tests/data/utterances.jsonl`` holds this module to that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from wechat.language import words


class Kind(StrEnum):
    """The intents; behind each what a follower typically writes."""

    CHECKIN = "checkin"  # 签到, qd, 打卡, +1; text: what the activity (or the writer) was called
    NO_CHECKIN = "no_checkin"  # 我不签到了
    UNDO = "undo"  # 撤销
    MAKE_UP = "make_up"  # 补签 原因; text: the reason
    BIND = "bind"  # 绑定 姓名 后四位
    CONSENT = "consent"  # 同意
    DECLINE = "decline"  # 不同意, 取消
    UNBIND = "unbind"  # 解绑
    ACTIVITIES = "activities"  # 活动
    MINE = "mine"  # 我的
    MY_DATA = "my_data"  # 我的信息
    STUDY = "study"  # 学习园地
    NEWS = "news"  # 先锋动态
    LARGE = "large"  # 大字
    HELP = "help"  # 帮助, 签到怎么弄; text: the intent that is asked about
    MORE = "more"  # 更多
    MUTE = "mute"  # 退订; text: the column's key, or empty
    UNMUTE = "unmute"  # 订阅; text: the column's key, or empty
    HUMAN = "human"  # 人工
    CHOICE = "choice"  # 1 … 9
    GREETING = "greeting"  # 你好, 收到
    UNKNOWN = "unknown"


class Intent(msgspec.Struct, frozen=True):
    """One intent with its arguments: ``text``, a ``number`` chosen, ``name`` and last four digits of a
    phone.
    """

    kind: Kind
    text: str = ""
    number: int = 0
    name: str = ""
    tail: str = ""


UNKNOWN = Intent(Kind.UNKNOWN)

_LONGEST = 40
_FACES = re.compile(r"/:[^\s\u4e00-\u9fff\[]{1,10}|\[[\u4e00-\u9fffa-zA-Z]{1,4}\]")
_SPACES = re.compile(r"\s+")
_CHECKIN = re.compile(
    r"签\s*(?:个|一下|下|一)?\s*到(?:一下|下)?|打\s*(?:个|一下|下)?\s*卡|报\s*个?\s*到|(?<![a-z])(?:qian\s*dao|qd)(?![a-z])"
)
_CHOICE = re.compile(
    r"(?:我?选择?|回复|要|是|就)?第?([1-9一二三四五六七八九])(?:个|项|号|场|条|点)?(?:活动)?(?:吧|啊|的)?"
)
_CHINESE_DIGITS = {digit: number for number, digit in enumerate("一二三四五六七八九", 1)}
_BIND = re.compile(r"(?:绑定|邦定|帮定|绑|bd)(?:党员|信息|身份|手机号?|账号|微信)*")
_NAME_THEN_TAIL = re.compile(
    r"(?:我是|我叫|姓名)*([\u4e00-\u9fff·]{2,15}?)(?:手机|尾号|后4位|后四位|号码|电话|是)*(\d{11}|\d{4})"
)
_TAIL_THEN_NAME = re.compile(r"(\d{11}|\d{4})([\u4e00-\u9fff·]{2,15})")
_NAME_ONLY = re.compile(r"(?:我是|我叫)?([\u4e00-\u9fff·]{2,15})")
_BRANCH = re.compile(r"(?:第?[一二三四五六七八九十百0-9]{1,4}|[\u4e00-\u9fff]{2,6}?)(?:党?支部|党小组)")
_LARGER = re.compile(r"字(?:体|号)?(?:能|可以|再)?(?:太|有点)?(?:小|大)|看不(?:太)?清|大字")
_NOT_A_NAME = frozenset(("", "1", "党员", "好", "第", "在"))
_FILLERS = "|".join(re.escape(word) for word in sorted(words.FILLERS, key=len, reverse=True))
_BEFORE = re.compile(rf"(?:{_FILLERS})")
_AFTER = re.compile(rf"(?:{_FILLERS})\Z")
_ONLY_FILLERS = re.compile(rf"(?:{_FILLERS})*")
_EXACT: dict[str, Kind] = {
    phrase: Kind(kind) for kind, phrases in words.PHRASES.items() for phrase in phrases.split()
}
_EXACT.update({"checkin": Kind.CHECKIN, "signin": Kind.CHECKIN})
_FORGIVING = (Kind.STUDY, Kind.NEWS, Kind.LARGE, Kind.HELP, Kind.ACTIVITIES, Kind.MINE, Kind.MY_DATA)
_LONG_PHRASES = [(phrase, kind) for phrase, kind in _EXACT.items() if len(phrase) >= 4 and kind in _FORGIVING]


def normalise(text: str) -> str:
    """One spelling for what people type: half width, simplified, lower case, no emoji or faces, single
    spaces.
    """
    text = (
        _FACES.sub(" ", unicodedata.normalize("NFKC", text))
        .replace("➕", "+")
        .lower()
        .translate(words.SIMPLIFIED)
    )
    if text.isalnum():
        return text
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if category[0] in "LN" or character in "+·":
            kept.append(character)
        elif category not in ("Cf", "Mn", "Me", "Sk"):
            kept.append(" ")
    return _SPACES.sub(" ", "".join(kept)).strip()


def understand(text: str) -> Intent:
    """The intent of one message (a voice message's recognised text is as good as a typed one)."""
    if text.strip() and not text.strip(" ?？\n"):
        return Intent(Kind.HELP)
    spaced = normalise(text[:400])
    compact = spaced.replace(" ", "")
    if kind := _EXACT.get(compact):
        return Intent(kind)
    if not compact or len(compact) > _LONGEST:
        return UNKNOWN
    if chosen := _CHOICE.fullmatch(compact):
        return Intent(Kind.CHOICE, number=_CHINESE_DIGITS.get(chosen[1]) or int(chosen[1]))
    if bind := _binding(spaced, compact):
        return bind
    core = compact
    for core in _shorter(compact):
        if kind := _EXACT.get(core):
            return Intent(kind)
    return _checkin(spaced, compact, core) or _with_argument(spaced, compact, core) or _nearly(core)


def _shorter(text: str) -> Iterator[str]:
    """The text with more and more fillers gone from both ends; it ends before nothing is left."""
    yield text
    while True:
        if (found := _BEFORE.match(text)) and found.end() < len(text):
            text = text[found.end() :]
        elif (found := _AFTER.search(text)) and found.start() > 0:
            text = text[: found.start()]
        else:
            return
        yield text


def person(text: str) -> tuple[str, str]:
    """``(name, last four digits)`` in an answer to the question for both; either may be empty."""
    compact = normalise(text[:100]).replace(" ", "").replace("+", "")
    found = _BIND.match(compact)
    compact = _strip(compact[found.end() :] if found else compact)
    if both := _NAME_THEN_TAIL.fullmatch(compact):
        return both[1], both[2][-4:]
    if both := _TAIL_THEN_NAME.fullmatch(compact):
        return both[2], both[1][-4:]
    if re.fullmatch(r"\d{4}|\d{11}", compact):
        return "", compact[-4:]
    if (only := _NAME_ONLY.fullmatch(compact)) and len(only[1]) <= 6:
        return only[1], ""
    return "", ""


def _strip(text: str) -> str:
    """Without fillers at both ends; what is nothing but fillers stays."""
    *_, last = _shorter(text)
    return last


def _has(text: str, hints: tuple[str, ...]) -> bool:
    return any(hint in text for hint in hints)


def _binding(spaced: str, compact: str) -> Intent | None:
    """绑定 with a name and digits in any order, or a bare name with four digits."""
    compact = compact.replace("+", "")
    found = _BIND.match(compact) or _BIND.match(_strip(compact))
    rest = _strip(found.string[found.end() :]) if found else ""
    if found and rest:
        if both := _NAME_THEN_TAIL.fullmatch(rest):
            return Intent(Kind.BIND, name=both[1], tail=both[2][-4:])
        if both := _TAIL_THEN_NAME.fullmatch(rest):
            return Intent(Kind.BIND, name=both[2], tail=both[1][-4:])
        if _has(compact, words.ASKED) or _has(compact, words.REFUSED):
            return Intent(Kind.HELP, text=Kind.BIND) if _has(compact, words.ASKED) else Intent(Kind.DECLINE)
        only = _NAME_ONLY.fullmatch(rest)
        if only and only[1][0] in words.SURNAMES and len(only[1]) <= 4:
            return Intent(Kind.BIND, name=only[1])
    if (
        (both := _NAME_THEN_TAIL.fullmatch(spaced.replace(" ", "")))
        and both[1][0] in words.SURNAMES
        and len(both[1]) <= 4
    ):
        return Intent(Kind.BIND, name=both[1], tail=both[2][-4:])
    return None


def _checkin(spaced: str, compact: str, core: str) -> Intent | None:
    """A sentence with 签到 in it: most are check-ins, the rest must not become one."""
    if len(core) == 2 and core[0] in words.SOUNDS_LIKE_QIAN and core[1] in words.SOUNDS_LIKE_DAO:
        return Intent(Kind.CHECKIN)
    found = _CHECKIN.search(spaced)
    if found is None:
        return None
    before, after = spaced[: found.start()], spaced[found.end() :]
    sentence = compact
    for harmless in (
        "不好意思",
        "没问题",
        "帮我",
        "给我",
        "你好",
        "您好",
        "谢谢你",
        "谢谢您",
        "麻烦你",
        "麻烦您",
        "你们",
    ):
        sentence = sentence.replace(harmless, "")
    if compact.startswith("补") or _has(sentence, words.FORGOTTEN):
        return _make_up(spaced, compact)
    if _has(sentence, words.REGRETTED):
        return Intent(Kind.UNDO)
    if _has(sentence, words.LOOKED_UP) or sentence.endswith("没有"):
        return Intent(Kind.MINE)
    if _has(sentence, words.WHEN):
        return Intent(Kind.ACTIVITIES)
    if _has(sentence, words.ASKED) or "不会" in sentence or _has(sentence, words.FOR_OTHERS):
        return Intent(Kind.HELP, text=Kind.CHECKIN)
    if _has(sentence, words.REFUSED):
        return Intent(Kind.NO_CHECKIN)
    if _has(sentence, words.LATER) or _has(sentence, words.NO_KEYWORD):
        return Intent(Kind.HELP, text=Kind.CHECKIN)
    keyword = " ".join(filter(None, (_keyword(before), _keyword(after))))
    if len(keyword) > 20:
        return Intent(Kind.HELP, text=Kind.CHECKIN)
    return Intent(Kind.CHECKIN, text=keyword)


def _keyword(piece: str) -> str:
    """What is left of one side of 签到 when branch, fillers and further check-in words are gone."""
    piece = _CHECKIN.sub(" ", _BRANCH.sub(" ", piece))
    names = (_strip(word.strip("+")) for word in piece.split())
    return " ".join(name for name in names if name not in _NOT_A_NAME and not _ONLY_FILLERS.fullmatch(name))


def _make_up(spaced: str, compact: str) -> Intent:
    """补签 with the reason behind it, unless it is a question."""
    if _has(compact, ("怎么", "咋", "如何", "哪里", "在哪", "流程", "步骤")):
        return Intent(Kind.HELP, text=Kind.MAKE_UP)
    if compact.startswith("不"):
        return Intent(Kind.NO_CHECKIN)
    found = re.match(
        r"(?:我要|我想|请帮我|帮我|请|申请|我)?\s*补\s*(?:一下|个)?\s*(?:签到?|卡|打卡)(?:一下|下)?", spaced
    )
    if not found or _has(compact, ("吗", "么", "能不能", "可以")):
        return Intent(Kind.MAKE_UP)
    reason = re.sub(r"^(?:原因|理由|因为|由于|是)+", "", spaced[found.end() :].strip()).strip()
    return Intent(Kind.MAKE_UP, text="" if reason in words.FILLERS else reason)


def _with_argument(spaced: str, compact: str, core: str) -> Intent | None:
    """退订 and 订阅 with a column, 补签 with a reason, and questions about a command."""
    if core.startswith(("补签", "补卡", "bq")) or "漏签" in core or "忘签" in core:
        return _make_up(spaced.replace("bq", "补签", 1), compact)
    if _has(core, ("签错", "点错", "按错")) and not _has(core, words.ASKED):
        return Intent(Kind.UNDO)
    if _has(core, ("签了没", "签了吗", "签上了吗", "签上没", "签成功", "有没有签", "签没签")):
        return Intent(Kind.MINE)
    if _has(core, ("签不上", "签不了")):
        return Intent(Kind.HELP, text=Kind.CHECKIN)
    if _has(core, ("没签上", "没签成")):
        return Intent(Kind.MAKE_UP)
    for verbs, kind in ((("退订", "取消订阅", "不要推送", "不想看", "不看", "别发"), Kind.MUTE),
                        (("订阅", "恢复", "重新订阅"), Kind.UNMUTE)):  # fmt: skip
        for verb in verbs:
            if core.startswith(verb) and (column := _column(core[len(verb) :])):
                return Intent(kind, text=column)
    if "补签" in core and _has(core, ("能", "可以", "行吗")):
        return Intent(Kind.MAKE_UP)
    if "活动" in core and _has(core, ("有", "哪些", "什么", "安排", "通知", "本周", "这周", "最近", "近期")):
        return Intent(Kind.ACTIVITIES)
    if "人工" in core and not _has(core, words.REFUSED):
        return Intent(Kind.HUMAN)
    if _has(core, words.ASKED):
        for phrase in ("补签", "撤销", "解绑", "绑定", "退订", "订阅", "大字"):
            if phrase in core:
                return Intent(Kind.HELP, text=_EXACT[phrase])
        if "活动" in core or "开会" in core or "党课" in core:
            return Intent(Kind.ACTIVITIES)
    if _has(core, words.WHEN) and _has(core, ("开会", "党课", "活动", "党日", "大会")):
        return Intent(Kind.ACTIVITIES)
    if _has(core, ("不要", "别", "不想", "停止")) and _has(
        core, ("推送", "发消息", "发通知", "再发", "再收到")
    ):
        return Intent(Kind.MUTE)
    if ("学习园地" in core or "先锋动态" in core) and not _has(core, words.REFUSED):
        return Intent(Kind.STUDY if "学习园地" in core else Kind.NEWS)
    if _LARGER.search(core):
        return Intent(Kind.LARGE)
    if core.startswith(("导出", "查看", "修改", "更正", "更改")) and _has(core, ("信息", "资料", "手机")):
        return Intent(Kind.MY_DATA)
    return None


def _column(named: str) -> str:
    return words.COLUMNS.get(named) or next(
        (key for shorter in _shorter(named) if (key := words.COLUMNS.get(shorter))), ""
    )


def _nearly(core: str) -> Intent:
    """A long, harmless command with one character wrong, missing or too many."""
    for phrase, kind in _LONG_PHRASES:
        if abs(len(phrase) - len(core)) <= 1 and _one_off(phrase, core):
            return Intent(kind)
    return UNKNOWN


def _one_off(a: str, b: str) -> bool:
    if len(a) > len(b):
        a, b = b, a
    start = 0
    while start < len(a) and a[start] == b[start]:
        start += 1
    return a[start:] == b[start + 1 :] if len(a) < len(b) else a[start + 1 :] == b[start + 1 :]
