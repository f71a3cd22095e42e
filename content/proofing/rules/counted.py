"""A number of points that is announced, and the points that follow; items of a list and the number behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from content.proofing import numerals
from content.proofing.findings import Found, Severity
from content.proofing.rules.numbering import marked
from content.proofing.text import Line, Text

_POINTS = re.compile(
    r"(?<![第每这那之月年日\d十百])(?P<n>[一二两三四五六七八九十]{1,2}|\d{1,2})(?:点|条|项|个方面|方面|大方面|个问题|个环节|个要求|个步骤|个阶段|件实事|件事|类问题|种方式|个“[^”]{1,8}”|个重点|项重点)"
    r"(?P<gap>[^，。：:；\d一二三四五六七八九十]{0,12})(?P<end>[：:。]|$)"
)
_FIRSTLY = re.compile(r"(?:^|[：:。；;，,、\s])([一二三四五六七八九十]{1,2})(?:是|要)")
_ORDINAL = re.compile(r"(?:^|[：:。；;，,\s])第([一二三四五六七八九十]{1,2})[，,、：:]")
_INLINE = re.compile(
    r"(?:^|[：:。；;，,\s])[（(]?([一二三四五六七八九十]{1,2}|\d{1,2}|[①②③④⑤⑥⑦⑧⑨⑩])"
    r"(?:[）)]|[.．、](?!\d)|(?<=[①②③④⑤⑥⑦⑧⑨⑩]))"
)
_LIST = re.compile(
    r"(?P<items>(?:[^，。；：、！？\n\d（）]{1,12}、){1,12}[^，。；：、！？\n\d（）和与及或等]{1,12}?)(?P<n>[两二三四五六七八九十])"
    r"(?:[名位](?:同志|党员|居民|志愿者|网格员|代表|老人|干部|人员|选手|[，。])|个(?:方面|环节|部分|问题|社区|支部|网格|小区|单位|部门|村|街道"
    r"|阶段|步骤|项目|小组|领域|重点|层面|岗位)|[项种类所家大](?:工作|任务|内容|制度|措施|情形|学校|单位|企业|机制|服务|活动|问题))"
)
_LOOKS_ON = 40


def find(text: Text) -> Iterator[Found]:
    """Points and items."""
    for at, line in enumerate(text.lines):
        for match in _POINTS.finditer(line.half):
            yield from _points(text.lines, at, match)
        for match in _LIST.finditer(line.text):
            yield from _items(line, match)


def _points(lines: Sequence[Line], at: int, match: re.Match[str]) -> Iterator[Found]:
    said = numerals.value(match["n"])
    if not said or said < 2:
        return
    line = lines[at]
    follows = _inside(line.half[match.end() - len(match["end"]) :])
    if follows < 2 and not line.half[match.end() :].strip():
        follows = _below(lines[at + 1 : at + 1 + _LOOKS_ON], line)
    if follows >= 2 and follows != said:
        start, end = match.start("n"), match.start("end")
        right = numerals.alike(follows, line.text[start : match.end("n")]) + line.text[match.end("n") : end]
        yield Found(
            "count",
            Severity.CONFIRM,
            line.number,
            start,
            end,
            f"后面列出的是 {follows} 项",
            replacement=right,
        )


def _inside(rest: str) -> int:
    """How many points are counted out in the same paragraph."""
    for pattern in (_FIRSTLY, _ORDINAL, _INLINE):
        numbers = [numerals.value(one) for one in pattern.findall(rest)]
        if numbers and numbers[0] == 1:
            return _counted(numbers)
    return 0


def _counted(numbers: Sequence[int | None]) -> int:
    """How many there are until the count begins anew."""
    for at, number in enumerate(numbers[1:], start=1):
        if number == 1:
            return at
    return len(numbers)


def _below(after: Sequence[Line], line: Line) -> int:
    """How many of the next paragraphs are counted out."""
    numbers: list[int] = []
    kind = ""
    for one in after:
        if one.field != line.field:
            break
        mark = marked(one.half)
        if mark is None:
            first = _FIRSTLY.match(one.half) or _ORDINAL.match(one.half)
            mark = ("是", numerals.value(first[1]) or 0, first.end()) if first else None
        if mark is None:
            if not numbers:
                return 0
            continue
        if not kind:
            kind = mark[0]
            if mark[1] != 1:
                return 0
        elif mark[0] != kind:
            if _higher(mark[0], kind):
                break
            continue
        elif mark[1] == 1:
            break
        numbers.append(mark[1])
    return len(numbers)


def _higher(one: str, other: str) -> bool:
    order = ("第章", "第条", "一、", "（一）", "1.", "（1）", "①", "是")
    return order.index(one) < order.index(other)


def _items(line: Line, match: re.Match[str]) -> Iterator[Found]:
    items = match["items"].split("、")
    if any(char in item for item in items for char in "和与及或等每各第“”《》"):
        return
    said = numerals.value(match["n"])
    before = line.text[: match.start()]
    if before.endswith("、") or said is None or said == len(items):
        return
    if line.text[match.end() : match.end() + 1] in ("月", "季", "以", "多", "级"):
        return
    if len({len(item) for item in items[1:]}) > 2:
        return
    yield Found(
        "count",
        Severity.HINT,
        line.number,
        match.start(),
        match.end(),
        f"前面列出的是 {len(items)} 项",
        "请核对数目",
    )
