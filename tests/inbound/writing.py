"""Messages as people write them, each with what is true of it: parts of a material put together, with the noise of phones.

The materials (``tests/data/messages``) share nothing with the words of the product.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "data/messages"
RECORD, STORY, ASK, NONE = "record", "story", "ask", "daily"
"""Nothing but a check-in; one with a story beside it; one of somebody or something else; daily life. Else a command's name."""

_SLOT = re.compile(r"\{(\w+)(\?)?\}")
_BREAKS = ("，", "，", " ", "", "", "。", "\n", "！", "、", "  ", "\n\n")
_ENDS = ("。", "！", "!", "~", "……", "！！", ".", " ", "～～", "\n")
_TRADITIONAL = str.maketrans(
    "签报补绑订阅园动态锋帮说应实张陈刘马赵孙杨欧党员记书请谢个这么时间会场开课学习没东门广点网发别号码换电话难电脑写错误认证点",
    "簽報補綁訂閱園動態鋒幫說應實張陳劉馬趙孫楊歐黨員記書請謝個這麼時間會場開課學習沒東門廣點網發別號碼換電話難電腦寫錯誤認證點",
)
_FACES = ("😀", "👍", "🌹", "🙏", "[微笑]", "/:rose", "❤️", "😂", "[强]")
_WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x30, 0x7B) if chr(code).isalnum()})


@dataclass(frozen=True)
class Message:
    """What somebody writes, and what is true of it."""

    say: str
    truth: str


@dataclass(frozen=True)
class Office:
    """Who writes, and what is open."""

    me: str
    branch: str
    short: str
    title: str
    keyword: str
    place: str
    purpose: str


class Material:
    """One file of material."""

    def __init__(self, name: str) -> None:
        data: dict[str, Any] = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
        self.office = Office(**{key: data["office"][key] for key in Office.__annotations__})
        said = data["office"] | data["words"] | data["daily_words"]
        self._lists: dict[str, list[str]] = {key: value.split("|") for key, value in said.items()}
        self._lists["n"] = [str(n) for n in range(2, 60)]
        self.lines = {
            truth: [line for line in part["lines"].splitlines() if line]
            for truth, part in data.items()
            if "lines" in part
        }
        self._daily = set(data["daily_words"])

    def messages(self, seed: int, commands: int, daily: int) -> list[Message]:
        """That many of the account's business and of daily life, no two alike, always the same for a seed."""
        dice = random.Random(seed)
        others = [truth for truth in self.lines if truth not in (RECORD, STORY, ASK, NONE)]
        shares = {RECORD: 0.44, STORY: 0.03, ASK: 0.07} | dict.fromkeys(others, 0.46 / len(others))
        made: dict[str, str] = {}
        for truth, share in shares.items():
            self._fill(made, dice, truth, round(commands * share))
        self._fill(made, dice, NONE, daily)
        return [Message(say, truth) for say, truth in made.items()]

    def _fill(self, made: dict[str, str], dice: random.Random, truth: str, wanted: int) -> None:
        lines, count = self.lines[truth], 0
        for turn in range(wanted * 60):
            if count == wanted:
                return
            say = self._noisy(self._line(lines[turn % len(lines)], dice), truth, dice)
            if say not in made:
                made[say] = truth
                count += 1

    def _line(self, line: str, dice: random.Random) -> str:
        def word(found: re.Match[str]) -> str:
            left_out = found[2] and dice.random() < 0.5
            return "" if left_out else dice.choice(self._lists[found[1]])

        return "".join(
            dice.choice(_BREAKS) if char == "~" else char
            for char in _SLOT.sub(lambda found: word(found).replace("~", "～"), line)
        )

    def _noisy(self, say: str, truth: str, dice: random.Random) -> str:
        """Politeness, marks at the end, traditional characters, wide letters, faces, blanks."""
        if truth not in (RECORD, STORY, ASK, NONE) and dice.random() < 0.3:
            hello, thanks = dice.choice(self._lists["hi"]), dice.choice(self._lists["thanks"])
            say = f"{hello}，{say}" if dice.random() < 0.6 else f"{say}，{thanks}"
        if dice.random() < 0.3:
            say += dice.choice(_ENDS)
        if dice.random() < 0.1:
            say = dice.choice((say + dice.choice(_FACES), dice.choice(_FACES) + say))
        if dice.random() < 0.1:
            say = say.translate(_TRADITIONAL)
        if dice.random() < 0.05:
            say = say.translate(_WIDE)
        if dice.random() < 0.05:
            say = f"  {say} "
        if dice.random() < 0.03:
            say = say[:1] + "\u200b" + say[1:]
        return say


@dataclass
class Score:
    """How a set was understood: counts by what happened, and the messages that went wrong by why."""

    counts: Counter[str]
    wrong: dict[str, list[str]]

    def share(self, part: str, *wholes: str) -> float:
        """``part`` of the sum of ``wholes``."""
        return self.counts[part] / max(1, sum(self.counts[whole] for whole in wholes))


def score(messages: list[Message], happens: Callable[[str], str]) -> Score:
    """``happens`` says of a message: ``record``, ``ask``, or the command that answers (``help checkin`` of that help)."""
    counts: Counter[str] = Counter()
    wrong: dict[str, list[str]] = {}

    def miss(why: str, message: Message, what: str) -> None:
        counts[why] += 1
        wrong.setdefault(why, []).append(f"{message.truth}: {message.say!r} → {what}")

    for message in messages:
        what = happens(message.say)
        if message.truth in (RECORD, STORY):
            counts["checkins"] += 1
            counts["recorded"] += what == RECORD
            counts["answered"] += what in (RECORD, ASK)
            if what != RECORD and message.truth == RECORD:
                miss("not recorded", message, what)
            if what not in (RECORD, ASK):
                miss("not even asked", message, what)
        elif what == RECORD:
            miss("recorded wrongly", message, what)
        elif message.truth == ASK:
            counts["others"] += 1
            if what != ASK:
                miss("others not asked", message, what)
        elif message.truth == NONE:
            counts["daily"] += 1
            if what == ASK or what in ("help checkin", "no_checkin", "undo", "make_up", "mine"):
                miss("daily life asked", message, what)
            elif what not in ("unknown", "greeting"):
                miss("daily life answered", message, what)
        else:
            counts["commands"] += 1
            if what.split()[0] == message.truth:
                counts["understood"] += 1
            else:
                miss("not understood", message, what)
    return Score(counts, wrong)
