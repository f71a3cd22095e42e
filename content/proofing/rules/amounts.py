"""Numbers that contradict each other: totals against their parts, percentages against what they are shares of, tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from content.proofing.findings import Found, Severity
from content.proofing.text import Cell, Line, Text

_NUMBER = re.compile(
    r"(?<![\d.])(?P<number>\d{1,3}(?:,\d{3}){1,3}|\d{1,9}(?:\.\d{1,4})?)\s?"
    r"(?P<unit>人次|平方米|公里|万元|亿元|余人|[人名位户个家次元票条份件起处场期组亩辆栋盏对篇套所棵张块本米项吨袋箱])"
)
_SENTENCE = re.compile(r"[^。！？；;\n]{1,600}")
_TOTAL_BEFORE = re.compile(
    r"(?:共有?|总计|合计|共计|一共|总共|累计|总数为?|应到|现有)[^\d，,。；:：、]{0,10}$"
)
_SUM_BEFORE = re.compile(r"(?:合计|共计|总计|一共|总共|共)[^\d，,。；:：、]{0,6}$")
_REST = re.compile(r"其余|分别|剩余|另外")
_PAIRS = (
    ("男", "女"), ("线上", "线下"), ("正式", "预备"), ("同意", "反对"), ("赞成", "反对"), ("上午", "下午"), ("本地", "外"),
    ("已", "未"), ("常住", "流动"), ("常住", "暂住"), ("城镇", "农村"), ("室内", "室外"), ("在职", "退休"), ("现场", "线上"),
    ("党员", "群众"),
)  # fmt: skip
_PERCENT = re.compile(r"(?<![\d.])(\d{1,4}(?:\.\d{1,4})?)\s?[%％]")
_SHARE = re.compile(r"(?:占(?:比|总数|全部|总人数|总户数)?|率|比例|比重)[^\d，。；%]{0,8}$")
_GROWTH = re.compile(
    r"[由从][^\d，。；]{0,12}(?P<a>\d{1,9}(?:\.\d{1,4})?)[^\d，。；]{0,6}?(?P<way>增加|增长|上升|提高|下降|减少|降低|降)[到至为]"
    r"\s?(?P<b>\d{1,9}(?:\.\d{1,4})?)[^\d，。；]{0,3}[，,](?:同比|比上年|较上年|较去年|环比)?"
    r"(?:增长|增加|上升|提高|下降|减少|降低|降幅|增幅)[了达为]?(?P<p>\d{1,4}(?:\.\d{1,4})?)\s?[%％]"
)
_SHARES = re.compile(r"分别占|各占|其余|依次占|分别为")
_SUMS = ("合计", "总计", "共计", "小计")


class _Amount(NamedTuple):
    """A number with its unit, and the words before it since the last number."""

    value: float
    unit: str
    start: int
    end: int
    before: str


def find(text: Text) -> Iterator[Found]:
    """All of them."""
    for line in text.lines:
        if not any(char.isdigit() for char in line.half):
            continue
        for sentence in _SENTENCE.finditer(line.half):
            amounts = _amounts(sentence[0], sentence.start())
            yield from _parts(line, amounts)
            yield from _sums(line, amounts)
            yield from _shares(line, sentence, amounts)
        yield from _growth(line)
    for table in text.tables:
        yield from _columns(text, table)


def _amounts(sentence: str, offset: int) -> list[_Amount]:
    found: list[_Amount] = []
    last = 0
    for match in _NUMBER.finditer(sentence):
        unit = {"余人": "人", "名": "人", "位": "人"}.get(match["unit"], match["unit"])
        value = float(match["number"].replace(",", ""))
        found.append(
            _Amount(value, unit, offset + match.start(), offset + match.end(), sentence[last : match.start()])
        )
        last = match.end()
    return found


def _parts(line: Line, amounts: Sequence[_Amount]) -> Iterator[Found]:
    """共 N 人，其中 A 人、B 人: the parts of a division fit, and none is larger than the whole."""
    for at, total in enumerate(amounts):
        if not _TOTAL_BEFORE.search(total.before):
            continue
        after = amounts[at + 1 :]
        begins = next(
            (n for n, one in enumerate(after) if "其中" in one.before or "分别" in one.before), None
        )
        if begins is None or begins > 0:
            continue
        parts = [one for one in after if one.unit == total.unit]
        labels = [re.split("其中|[，,、：:]", one.before)[-1] for one in parts]
        together = sum(one.value for one in parts)
        if any(one.value > total.value for one in parts) or (
            len(parts) > 1 and together != total.value and _divides(labels, parts)
        ):
            yield _contradiction(line, total, parts, together)
        return


def _divides(labels: Sequence[str], parts: Sequence[_Amount]) -> bool:
    """Whether the parts make up the whole: opposites, the rest, or names of one kind."""
    if any(_REST.search(one.before) for one in parts):
        return True
    if len(labels) == 2 and any(_opposite(one, other, labels) for one, other in _PAIRS):
        return True
    ends = {label.rstrip("有为是达共各的 ")[-1:] for label in labels}
    return len(labels) > 1 and len(ends) == 1 and ends != {""}


def _opposite(one: str, other: str, labels: Sequence[str]) -> bool:
    first, second = labels
    return (one in first and other in second) or (other in first and one in second)


def _sums(line: Line, amounts: Sequence[_Amount]) -> Iterator[Found]:
    """A 人、B 人，合计 N 人."""
    for at in range(2, len(amounts)):
        total = amounts[at]
        if not _SUM_BEFORE.search(total.before) or "其中" in total.before:
            continue
        parts: list[_Amount] = []
        for one in reversed(amounts[:at]):
            if one.unit != total.unit or _TOTAL_BEFORE.search(one.before):
                break
            parts.insert(0, one)
            if "其中" in one.before:
                break
        if len(parts) > 1 and (together := sum(one.value for one in parts)) != total.value:
            yield _contradiction(line, total, parts, together)


def _contradiction(line: Line, total: _Amount, parts: Sequence[_Amount], together: float) -> Found:
    shown = "、".join(f"{one.value:g}" for one in parts)
    told = f"各项 {shown} 之和是 {together:g}" if len(parts) > 1 else f"其中一项是 {shown}"
    return Found(
        "total",
        Severity.CONFIRM,
        line.number,
        total.start,
        total.end,
        f"{told}，与 {total.value:g} 不符",
        "请核对数字",
    )


def _shares(line: Line, sentence: re.Match[str], amounts: Sequence[_Amount]) -> Iterator[Found]:
    percents = list(_PERCENT.finditer(sentence[0]))
    if len(percents) > 1 and _SHARES.search(sentence[0]):
        together = sum(float(one[1]) for one in percents)
        whole = all("占" in sentence[0][: one.start()] for one in percents)
        if whole and (together > 100.5 or ("其余" in sentence[0] and abs(together - 100) > 0.5)):
            at = sentence.start()
            reason = f"各项百分比之和是 {together:g}%"
            yield Found(
                "percent",
                Severity.CONFIRM,
                line.number,
                at + percents[0].start(),
                at + percents[-1].end(),
                reason,
                "请核对数字",
            )
    for percent in percents:
        start = sentence.start() + percent.start()
        before = [one for one in amounts if one.end <= start]
        gap = line.half[before[-1].end : start] if before else ""
        if len(before) < 2 or len(gap) > 14 or not _SHARE.search(gap):
            continue
        yield from _share(line, before, float(percent[1]), start, sentence.start() + percent.end())


def _share(line: Line, before: Sequence[_Amount], said: float, start: int, end: int) -> Iterator[Found]:
    part = before[-1]
    wholes = [one for one in before[:-1] if one.unit == part.unit and one.value >= part.value > 0]
    if not wholes or (abs(said - 100) < 0.01 and any(one.value == part.value for one in wholes)):
        return
    if any(abs(part.value / one.value * 100 - said) <= 1 for one in wholes):
        return
    whole = wholes[-1]
    right = part.value / whole.value * 100
    yield Found(
        "percent",
        Severity.CONFIRM,
        line.number,
        start,
        end,
        f"{part.value:g} 占 {whole.value:g} 的 {right:.3g}%",
        "请核对数字",
    )


def _growth(line: Line) -> Iterator[Found]:
    for match in _GROWTH.finditer(line.half):
        first, second, said = float(match["a"]), float(match["b"]), float(match["p"])
        if not first:
            continue
        right = abs(second - first) / first * 100
        falls = match["way"] in ("下降", "减少", "降低", "降")
        if abs(right - said) > max(1.0, right * 0.01) or (second > first) == falls:
            start = match.start("p")
            reason = f"由 {first:g} 到 {second:g} 变化了 {right:.3g}%"
            yield Found("percent", Severity.CONFIRM, line.number, start, match.end(), reason, "请核对数字")


def _columns(text: Text, table: Sequence[Sequence[Cell]]) -> Iterator[Found]:
    """The last row of a table, where it is called 合计."""
    if len(table) < 3 or not table[-1] or table[-1][0].text.replace(" ", "") not in _SUMS:
        return
    last, above = table[-1], table[1:-1]
    if any(row and row[0].text.replace(" ", "") in _SUMS for row in above):
        return
    for column in range(1, len(last)):
        values = [_plain(row[column].text) if column < len(row) else None for row in above]
        total = _plain(last[column].text)
        if total is None or len(row_values := [one for one in values if one is not None]) != len(above):
            continue
        if abs((together := sum(row_values)) - total) > 1e-9 and last[column].line >= 0:
            number = last[column].line
            yield Found(
                "total",
                Severity.CONFIRM,
                number,
                0,
                len(text.lines[number].text),
                f"这一列各行之和是 {together:g}",
                "请核对数字",
            )


def _plain(cell: str) -> float | None:
    cell = cell.replace(",", "").replace("，", "").strip()
    return float(cell) if re.fullmatch(r"\d{1,12}(?:\.\d{1,4})?", cell) else None
