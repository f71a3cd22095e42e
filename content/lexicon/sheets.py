"""The lexicon as an Excel file, and what comes back: one row an entry, with what is wrong in Excel's row numbers."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import xlsxwriter

from content.lexicon import current, keeping
from content.lexicon.keeping import Written
from content.proofing.entries import KIND_NAMES, Entry, EntryKind
from content.proofing.findings import SEVERITY_NAMES, Severity
from ground import apart
from ground.cells import as_typed, compact, harmless, looks_like_formula
from ground.errors import Refused
from ground.spreadsheet import ABOUT, Cell, Sheet, bounds, read_workbook
from models import LexiconEntry

MAX_ROWS = 20_000
COLUMNS = {
    "kind": "类型", "text": "词语", "right": "建议", "severity": "处理方式", "reason": "理由", "unless": "不算的语境",
    "order": "排序", "until": "到期日", "active": "状态",
}  # fmt: skip
_WIDTHS = (12, 24, 24, 12, 36, 36, 8, 14, 8)
_HEADER_ROWS = 20
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_GUIDE = (
    "类型：易错敏感词、固定提法、领导职务、实际地名、例外。",
    "易错敏感词：文中出现就提示，“建议”写正确的写法，没有就留空。",
    "固定提法：至少 4 个字，文中写错一个字（音近、形近、颠倒）时提示。",
    "领导职务：“词语”写姓名，“建议”写职务，几个职务用顿号隔开，“排序”写名单中的先后。",
    "实际地名：稿件中应当隐去的地名。",
    "例外：这个词语不再提示，须写理由和到期日（最长一年）。",
    "处理方式：必须修改（不能提交）、须核实（写明理由才能提交）、提醒（不影响提交）。",
    "不算的语境：词语是其中一部分时不提示，几个用 / 隔开，如“布署”写“公布署名”。",
    "导入时按“类型”和“词语”对应：没有的新增，有的修改，文件里没有写到的不变。不用的请把“状态”改为停用。",
)


@dataclass(frozen=True)
class Fault:
    """A row that cannot be taken."""

    row: int
    reason: str


@dataclass
class LexiconFile:
    """What a file holds: the entries that can be taken, and the rows that cannot."""

    rows: list[Written] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def workbook(rows: Iterable[LexiconEntry]) -> bytes:
    """An .xlsx of entries, to be looked through, changed and brought back."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        sheet = book.add_worksheet("错敏词库")
        text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        head = book.add_format({"bold": True, "border": 1, "bg_color": "#F2F2F2", "align": "center"})
        for column, (name, width) in enumerate(zip(COLUMNS.values(), _WIDTHS, strict=True)):
            sheet.write_string(0, column, name, head)
            sheet.set_column(column, column, width, text)
        last = 0
        for last, row in enumerate(rows, start=1):
            for column, value in enumerate(shown(Written(current.entry_of(row), row.active))):
                sheet.write_string(last, column, harmless(value), text)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, max(last, 1), len(COLUMNS) - 1)
        choices = (
            ("kind", KIND_NAMES.values()),
            ("severity", SEVERITY_NAMES.values()),
            ("active", ("启用", "停用")),
        )
        for key, allowed in choices:
            at = list(COLUMNS).index(key)
            sheet.data_validation(1, at, MAX_ROWS, at, {"validate": "list", "source": list(allowed)})
        guide = book.add_worksheet("填写说明")
        guide.set_column(0, 0, 90)
        for number, line in enumerate(_GUIDE):
            guide.write_string(number, 0, f"{number + 1}. {line}")
    return out.getvalue()


def shown(written: Written) -> Sequence[str]:
    """An entry in the words of a sheet, one for each of :data:`COLUMNS`."""
    entry = written.entry
    return (
        KIND_NAMES[entry.kind],
        entry.text,
        entry.suggestion,
        SEVERITY_NAMES[entry.severity],
        entry.reason,
        "/".join(entry.unless),
        str(entry.order) if entry.order else "",
        entry.until.isoformat() if entry.until else "",
        "启用" if written.active else "停用",
    )


def differences(before: Written, after: Written) -> list[tuple[str, str, str]]:
    """The columns in which two states of an entry differ: its name, what stands there, what will."""
    both = zip(COLUMNS.values(), shown(before), shown(after), strict=True)
    return [(name, old, new) for name, old, new in both if old != new]


def parse(data: bytes, *, today: date) -> LexiconFile:
    """Read an .xlsx, in a child. Raises :class:`Refused` where the file as a whole cannot be used."""
    return apart.run(_parsed, data, today, gives=LexiconFile, about=ABOUT, bounds=bounds(MAX_ROWS))


def _parsed(data: bytes, today: date) -> LexiconFile:
    sheet, at, header = _table(read_workbook(data, max_rows=MAX_ROWS, counted="条"))
    found = LexiconFile()
    seen: dict[tuple[EntryKind, str], int] = {}
    for index in range(at + 1, len(sheet.rows)):
        values = sheet.rows[index]
        if not any(compact(cell) for cell in values):
            continue
        try:
            written = replace(keeping.checked(_read(values, header), today), row=index + 1)
            key = (written.entry.kind, written.entry.text)
            if key in seen:
                raise Refused(f"与第 {seen[key]} 行重复")
            seen[key] = index + 1
            found.rows.append(written)
        except Refused as refused:
            found.faults.append(Fault(index + 1, refused.message))
    if not found.rows and not found.faults:
        raise Refused(f"工作表“{sheet.name}”的表头下没有词条，请检查文件是否保存完整")
    return found


def _table(sheets: Sequence[Sheet]) -> tuple[Sheet, int, dict[str, int]]:
    for sheet in sheets:
        for index, values in enumerate(sheet.rows[:_HEADER_ROWS]):
            labels = [compact(cell) for cell in values]
            header = {key: labels.index(name) for key, name in COLUMNS.items() if name in labels}
            if {"kind", "text"} <= header.keys():
                return sheet, index, header
    raise Refused("没有找到表头，表中应有一行写着：类型、词语，请先导出一份对照修改")


def _read(values: Sequence[Cell], header: dict[str, int]) -> Written:
    def cell(name: str) -> Cell:
        at = header.get(name)
        return "" if at is None or at >= len(values) else values[at]

    def typed(name: str) -> str:
        if looks_like_formula(cell(name)):
            raise Refused(f"“{COLUMNS[name]}”像是公式，请改为文字")
        return as_typed(cell(name))

    kind = _named(compact(cell("kind")), KIND_NAMES, "类型")
    severity = compact(cell("severity"))
    active = compact(cell("active"))
    if active not in ("", "启用", "停用"):
        raise Refused("状态应为启用或停用")
    entry = Entry(
        kind=EntryKind(kind),
        text=typed("text"),
        suggestion=typed("right"),
        reason=typed("reason"),
        severity=Severity(_named(severity, SEVERITY_NAMES, "处理方式")) if severity else Severity.CONFIRM,
        unless=tuple(word for word in typed("unless").split("/") if word.strip()),
        order=_order(compact(cell("order"))),
        until=_day(cell("until")),
    )
    return Written(entry, active != "停用")


def _named(word: str, names: Mapping[str, str], column: str) -> str:
    found = next((key for key, name in names.items() if name == word), None)
    if found is None:
        raise Refused(f"{column}应为{'、'.join(names.values())}之一，现在是“{word[:12]}”")
    return str(found)


def _order(text: str) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 3:
        raise Refused("排序应为 1 到 999 的数字，不排序的留空")
    return int(text)


def _day(cell: Cell) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = compact(cell).replace("/", "-").replace(".", "-")
    if not text:
        return None
    try:
        year, month, day = (int(part) for part in text.split("-"))
        return date(year, month, day)
    except ValueError:
        raise Refused("到期日看不懂，请写成 2026-12-31 的样子") from None
