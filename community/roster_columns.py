"""What the columns of a roster mean, by what offices call them, and where a sheet's head is. Pure.

A head may take two or three rows (联系方式 over 手机号码 and 固定电话), stand twice side by side on one printed page, and name
two columns that could both be meant (联系电话 and 手机号码): then the better one is taken and said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ground.cells import compact
from ground.errors import Refused
from ground.spreadsheet import Sheet

COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "党员姓名", "名字"),
    "gender": ("性别",),
    "branch": (
        "所在党支部",
        "所属党支部",
        "党支部",
        "党支部名称",
        "所在支部",
        "所属支部",
        "支部",
        "支部名称",
    ),
    "grid": ("网格", "所在网格", "所属网格", "网格名称"),
    "phone": ("手机号码", "手机号", "手机", "移动电话", "联系电话", "联系方式", "电话", "电话号码"),
    "joined": ("入党时间", "入党日期", "入党年月", "加入党组织日期"),
    "duty": ("党内职务", "职务", "支部职务"),
    "note": ("备注", "说明"),
}
"""Field → names of its column, the first one being ours; the better ones before the others."""

REQUIRED = ("name", "branch", "phone")
HEAD_ROWS = 30
"""So many rows from the top are searched for the head."""
_FORMER = re.compile(r"^(?:原|旧|曾|以前|此前|之前)|(?:调整|变更|转接|更换)前|[旧原]\W?$")
_SPARE = re.compile(r"备用|[副次]|第二|(?:号码?|手机|电话)[2二]$")
_FOREMOST = re.compile(r"^(?:现|新|主|本人|常用|第一)|[(（][新现主]")
_LATE, _LATER = 500, 1000
_DEEPEST = 3
_BY_WORDS = 20
_OF_SOMEBODY_ELSE = (
    *("联系人", "介绍人", "紧急", "家属", "家庭", "配偶", "父", "母", "子女", "监护"),
    *("书记", "负责人", "填表", "填报", "培养", "曾用", "拼音"),
)
_MEANT: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "name": (("姓名", "名字"), ()),
    "gender": (("性别",), ()),
    "branch": (
        ("支部", "党组织"),
        ("职务", "编号", "代码", "时间", "日期", "电话", "类型", "类别", "换届", "地址", "加入", "转"),
    ),
    "grid": (("网格",), ("网格员", "网格长", "电话", "职务", "编号", "代码")),
    "phone": (
        ("手机", "电话", "联系方式", "移动号码", "联系号码"),
        ("固定", "固话", "座机", "办公", "单位", "传真", "宅电", "其他", "型号"),
    ),
    "joined": (
        ("入党", "加入党组织", "加入中国共产党", "加入中共"),
        ("转正", "申请", "积极", "地点", "志愿", "党龄", "前", "支部"),
    ),
    "duty": (("党内职务", "支部职务", "党组织职务", "党支部职务", "党职"), ("时间", "日期")),
    "note": (("备注",), ()),
}
"""Field → words that a longer name of its column holds, and words that it must not hold."""


def meaning(label: str) -> tuple[str, int] | None:
    """Which field a column of this name holds, and how surely (0 is best); None where it is none of ours."""
    plain = re.sub(r"[*＊★:：]", "", label)
    plain = re.sub(r"\([^()]{0,40}\)|（[^（）]{0,40}）|\[[^\[\]]{0,40}\]|【[^【】]{0,40}】", "", plain)
    for name, known in COLUMNS.items():
        if plain in known:
            return name, min(known.index(plain), _BY_WORDS - 1)
    if len(plain) > 16 or any(word in plain for word in _OF_SOMEBODY_ELSE):
        return None
    for name, (wanted, unwanted) in _MEANT.items():
        if any(word in plain for word in wanted) and not any(word in plain for word in unwanted):
            return name, _BY_WORDS
    return None


_Held = dict[str, list[tuple[int, int]]]
"""Field → how surely and where."""


@dataclass(frozen=True)
class Choice:
    """Several columns could hold a field; this one was taken: positions from 0, and their names."""

    name: str
    taken: int
    others: tuple[int, ...]


@dataclass
class Head:
    """Where a head is (row from 0, how many rows deep), what its columns are called, and what they hold.

    ``blocks`` are field → position, one for each roster side by side; a block may borrow the first one's branch.
    """

    at: int
    deep: int
    labels: list[str]
    blocks: list[dict[str, int]]
    choices: list[Choice] = field(default_factory=list)
    spare: dict[str, tuple[int, ...]] = field(default_factory=dict)
    ignored_names: tuple[int, ...] = ()
    rows: list[list[str]] = field(default_factory=list)
    """What stands in the head's own rows, which printed forms repeat on every page."""

    @property
    def columns(self) -> dict[str, int]:
        """Field → position in the first (usually the only) block."""
        return self.blocks[0]

    @property
    def missing(self) -> list[str]:
        """Required fields that no column holds."""
        return [name for name in REQUIRED if name not in self.columns]

    def shown(self, position: int) -> str:
        """A column as a sentence names it: its letter as Excel has it, and what it is called."""
        label = self.labels[position] if position < len(self.labels) else ""
        return f"{letter(position)} 列“{label}”" if label else f"{letter(position)} 列"


def is_former(label: str) -> bool:
    """Whether a column is of what was before: 原党支部, 旧手机号, 调整前党支部."""
    return _FORMER.search(label) is not None


def _turn(label: str) -> int:
    """Of several columns of phones 现手机号 and 主手机号 come first, 手机号码2 and 备用手机 last."""
    plain = re.sub(r"\([^()]{0,40}\)|（[^（）]{0,40}）", "", label)
    return _LATE * (bool(_SPARE.search(plain)) - bool(_FOREMOST.search(label)))


def letter(position: int) -> str:
    """``0`` → ``A``, ``26`` → ``AA``."""
    text = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        text = chr(65 + rest) + text
    return text


def head_at(sheet: Sheet, index: int) -> Head:
    """The head that begins in this row, as deep as the rows below go on with it."""
    labels = _labels(sheet, index)
    deep = 1
    while deep < _DEEPEST and index + deep < len(sheet.rows):
        below = _labels(sheet, index + deep)
        if not _goes_on(labels, below):
            break
        labels = _under(labels, below)
        deep += 1
    rows = [[compact(cell) for cell in row] for row in sheet.rows[index : index + deep]]
    return _understood(Head(index, deep, labels, [{}], rows=rows))


def _labels(sheet: Sheet, index: int) -> list[str]:
    """What stands in a row, a label over merged columns over each of them."""
    labels = [compact(cell) for cell in sheet.rows[index]]
    for (top, left), (_, right) in sheet.merges:
        if top == index and right > left and left < len(labels):
            labels[left : right + 1] = [labels[left]] * (min(right, len(labels) - 1) - left + 1)
    return labels


def _goes_on(labels: Sequence[str], below: Sequence[str]) -> bool:
    """Whether the row below holds names of columns, and nobody."""
    said = [(place, label) for place, label in enumerate(below) if label]
    if len(set(filter(None, labels))) < 2 or any(re.search("[0-9]{4}", label) for _, label in said):
        return False
    if not any((meaning(label) or ("", 99))[1] < _BY_WORDS for _, label in said):
        return False
    held = {place: found[0] for place, label in enumerate(labels) if (found := meaning(label))}
    if not held:
        return False
    if any(held.get(place) == "name" and (meaning(label) or ("", 0))[0] != "name" for place, label in said):
        return False
    return any(place >= len(labels) or labels[place] != label for place, label in said)


def _under(labels: Sequence[str], below: Sequence[str]) -> list[str]:
    width = max(len(labels), len(below))
    pairs = zip([*labels, *[""] * (width - len(labels))], [*below, *[""] * (width - len(below))], strict=True)
    return [lower or upper for upper, lower in pairs]


def _understood(head: Head) -> Head:
    held: _Held = {}
    for position, label in enumerate(head.labels):
        if meant := meaning(label):
            rank = meant[1] + (_turn(label) if meant[0] == "phone" else 0) + _LATER * is_former(label)
            held.setdefault(meant[0], []).append((rank, position))
    names = held.get("name", [])
    starts = [position for rank, position in names if rank == min(names)[0]]
    blocks = _side_by_side(held, starts)
    head.ignored_names = tuple(starts[1:]) if len(blocks) == 1 else ()
    head.blocks = [{name: min(places)[1] for name, places in block.items()} for block in blocks]
    for name, places in blocks[0].items():
        others = [position for _, position in sorted(places)[1:]]
        if others and name != "name":
            head.spare[name] = tuple(others)
    return head


def _side_by_side(held: _Held, starts: Sequence[int]) -> list[_Held]:
    """The columns of each roster on the page. A name without a phone beside it begins none."""
    if len(starts) < 2:
        return [held]
    blocks: list[_Held] = [{} for _ in starts]
    for name, found in held.items():
        for place, (rank, position) in enumerate(sorted(found, key=lambda one: one[1])):
            begun = sum(position >= start for start in starts) or 1
            block = place if len(found) == len(starts) else begun - 1
            blocks[block].setdefault(name, []).append((rank, position))
    return blocks if all("phone" in block for block in blocks) else [held]


def prefer(head: Head, name: str, score: Callable[[int], int], filled: Callable[[int], int]) -> None:
    """Of several columns that could hold a field take the one with the highest ``score`` of its position, of equals the better

    The choice is noted, unless nothing stands in the others (a head that is merged over columns without use).
    """
    if name in head.spare:
        before = (head.columns[name], *head.spare[name])
        taken = max(
            before,
            key=lambda position: (
                not is_former(head.labels[position]),
                score(position),
                -before.index(position),
            ),
        )
        others = tuple(position for position in before if position != taken)
        head.blocks[0][name], head.spare[name] = taken, others
        if said := tuple(filter(filled, others)):
            head.choices.append(Choice(name, taken, said))


def fill_merged(sheet: Sheet, head: Head) -> None:
    """A branch written once in a cell merged over its people belongs to each of them."""
    columns = [block[name] for block in head.blocks for name in ("branch", "grid") if name in block]
    # merged cells never lie over each other, unless somebody wants them to
    left_to_fill = len(columns) * len(sheet.rows)
    for (top, left), (bottom, right) in sheet.merges:
        if left == right and left in columns and top >= head.at + head.deep:
            last = min(bottom, len(sheet.rows) - 1)
            left_to_fill -= max(0, last - top)
            if left_to_fill < 0:
                raise Refused("合并单元格互相重叠，请取消合并并另存一份再上传")
            for row in range(top + 1, last + 1):
                sheet.rows[row][left] = sheet.rows[top][left]
