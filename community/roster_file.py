"""The roster as offices send it: find the table on the sheet, leave out what is no person, name what is wrong.

Pure: from bytes to rows. Titles may stand above the header, the header may come again on every page, branches may be merged cells
with sub-totals between them; row numbers are Excel's own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial

from community import roster_notes
from community.roster_columns import COLUMNS, HEAD_ROWS, Head, fill_merged, head_at, prefer
from community.roster_row import Reader, RosterFile, RosterRow, is_mobile, read_row
from ground import apart
from ground.cells import compact
from ground.errors import Refused
from ground.spreadsheet import ABOUT, Sheet, bounds
from ground.tables import read_tables

__all__ = ["RosterFile", "RosterRow", "parse"]

ONE_BRANCH = "整张表都是同一个党支部的，请加一列“所在党支部”，每一行都填上党支部名称"
_FURTHEST_HEAD = 300
_EXAMPLE = "示例"
"""How the name in the template's example begins."""
_TOTAL = re.compile(r"(?:本页|本支部)?(?:小计|合计|总计|共计|累计)[:：]?.*")
_FOOTER = re.compile(
    r"(?:填表人|填报人|制表人?|审核人?|负责人|经办人|填报单位|填报日期|联系人|注|说明|备注)[:：].*"
)


def parse(
    data: bytes,
    *,
    max_rows: int,
    today: date,
    columns: Mapping[str, int] | None = None,
    lenient: bool = False,
    struck: bool = False,
) -> RosterFile:
    """Read a roster, .xlsx, .xls or CSV, in a child. Rows that are struck out are left out, unless ``struck``.

    ``columns`` says where a field stands (its position from 0; -1: nowhere) against what the head seems to say. A file whose head
    lacks a required column comes back with its name in ``missing`` if ``lenient``.

    Raises :class:`Refused` where the file as a whole cannot be used: no table, no head, two rosters in one file, too long.
    """
    arguments = (data, max_rows, today, dict(columns or {}), struck)
    found = apart.run(_parsed, *arguments, gives=RosterFile, about=ABOUT, bounds=bounds(max_rows))
    if found.missing and not lenient:
        names = "、".join(COLUMNS[name][0] for name in found.missing)
        whole = f"；{ONE_BRANCH}" if "branch" in found.missing else ""
        raise Refused(
            f"表头缺少：{names}，请补上这些列，或下载导入模板对照修改（表头应在前 {HEAD_ROWS} 行内）{whole}"
        )
    return found


def _parsed(data: bytes, max_rows: int, today: date, columns: dict[str, int], struck: bool) -> RosterFile:
    sheets = read_tables(data, max_rows=max_rows, hidden=True)
    sheet, head = _find_table(sheets)
    below = range(head.at + head.deep, len(sheet.rows))
    for name in sorted(head.spare):
        # phones are taken row by row, from the first column that has one: only a column without any gives way
        count = _any_phone if name == "phone" else _how_many
        prefer(head, name, partial(count, sheet, below), partial(_how_many, sheet, below))
    _correct(head, columns)
    found = RosterFile(
        sheet.name,
        hashlib.sha256(data).hexdigest(),
        frozenset(head.columns),
        labels=head.labels,
        chosen=dict(head.columns),
        missing=head.missing,
    )
    if found.missing:
        return found
    roster_notes.tell(sheets, sheet, head, found.warnings)
    fill_merged(sheet, head)
    people = 0
    for index in below:
        for reader in _people(sheet, index, head, found):
            people += 1
            if people > max_rows:
                raise Refused(
                    f"名册超过 {max_rows:,} 人，一次最多导入 {max_rows:,} 人，请拆成几个文件后分别导入"
                )
            if not reader.is_struck:
                read_row(reader, today, found)
                continue
            found.struck.append(reader.row)
            if struck:
                read_row(reader, today, found)
    roster_notes.tell_struck(found, taken=struck)
    if people and people == len(found.struck) and not struck:
        raise Refused(f"工作表“{sheet.name}”里的人都带删除线，没有可以导入的，请去掉删除线后再上传")
    if not people:
        raise Refused(f"工作表“{sheet.name}”的表头下没有党员，请检查文件是否保存完整")
    return found


def _find_table(sheets: Sequence[Sheet]) -> tuple[Sheet, Head]:
    """The one sheet that people see and that is a roster, or else the one that comes nearest to it."""
    seen = [sheet for sheet in sheets if sheet.visible]
    complete = [found for sheet in seen if (found := _complete(sheet, range(HEAD_ROWS)))]
    if len(complete) > 1:
        names = "、".join(f"“{sheet.name}”" for sheet, _ in complete)
        raise Refused(f"文件里有 {len(complete)} 个工作表都像名册：{names}，请只保留要导入的一个后再上传")
    if complete:
        return complete[0]
    _refuse_what_is_elsewhere(sheets)
    heads = [
        (sheet, head_at(sheet, index)) for sheet in seen for index in range(min(HEAD_ROWS, len(sheet.rows)))
    ]
    nearest = max(heads, key=lambda found: len(found[1].columns), default=None)
    if nearest and len(nearest[1].columns) > 1:
        return nearest
    if not any(sheet.rows for sheet in seen):
        raise Refused("表格是空的，没有任何内容，请检查文件是否保存完整")
    raise Refused("没有找到表头，表中应有一行写着：姓名、所在党支部、手机号码，请下载导入模板对照修改")


def _complete(sheet: Sheet, rows: range) -> tuple[Sheet, Head] | None:
    """The first head in these rows that has all that is required."""
    for index in range(rows.start, min(rows.stop, len(sheet.rows))):
        head = head_at(sheet, index)
        if not head.missing:
            return sheet, head
    return None


def _refuse_what_is_elsewhere(sheets: Sequence[Sheet]) -> None:
    """A head too far down, a roster on a hidden sheet: say where it is, and what to do."""
    for sheet in sheets:
        found = _complete(sheet, range(HEAD_ROWS, _FURTHEST_HEAD)) if sheet.visible else None
        if found:
            raise Refused(
                f"工作表“{sheet.name}”的表头在第 {found[1].at + 1} 行，应在前 {HEAD_ROWS} 行内，"
                "请删除表头上方的内容后再上传"
            )
    for sheet in sheets:
        if not sheet.visible and _complete(sheet, range(HEAD_ROWS)):
            raise Refused(f"名册在隐藏的工作表“{sheet.name}”里，请在 Excel 或 WPS 里取消隐藏，保存后再上传")


def _how_many(sheet: Sheet, below: range, position: int) -> int:
    rows = (sheet.rows[index] for index in below[:2000])
    return sum(position < len(values) and bool(compact(values[position])) for values in rows)


def _any_phone(sheet: Sheet, below: range, position: int) -> int:
    rows = (sheet.rows[index] for index in below)
    return int(any(position < len(values) and is_mobile(values[position]) for values in rows))


def _correct(head: Head, columns: dict[str, int]) -> None:
    """Put the fields where somebody says they stand."""
    for name, position in columns.items():
        if name in COLUMNS and head.columns.get(name, -1) != position < len(head.labels):
            rest = (head.columns.pop(name, -1), *head.spare.pop(name, ()))
            head.choices = [choice for choice in head.choices if choice.name != name]
            if position >= 0:
                head.columns[name] = position
                if name == "phone":  # the others go on filling its gaps
                    head.spare[name] = tuple(other for other in rest if other not in (position, -1))


def _people(sheet: Sheet, index: int, head: Head, found: RosterFile) -> Iterator[Reader]:
    """Who stands in a row: nobody, one, or one in each of the rosters side by side."""
    values = sheet.rows[index]
    texts = [compact(cell) for cell in values]
    first = next((text for text in texts if text), "")
    computed = any((index, place) in sheet.unsaved for block in head.blocks for place in _who(block))
    if not (first or computed) or _TOTAL.fullmatch(first) or _FOOTER.fullmatch(first) or texts in head.rows:
        return
    for block in head.blocks:
        name = _cell(texts, block, "name")
        if (
            _TOTAL.fullmatch(name)
            or _FOOTER.fullmatch(name)
            or name in COLUMNS["name"]
            or name.startswith(_EXAMPLE)
        ):
            continue
        # A number in front and nothing else is an unused line of a form; a merged branch alone is no person either.
        if any(_cell(texts, block, one) for one in ("name", "gender", "phone", "joined", "duty")) or any(
            (index, place) in sheet.unsaved for place in _who(block)
        ):
            spare = head.spare.get("phone", ()) if block is head.columns else ()
            yield Reader(sheet, index, {**_lent(head, block), **block}, spare, head, found)


def _who(block: dict[str, int]) -> tuple[int, int]:
    """Where the name and the phone stand: a formula there is somebody, also where the file does not hold what it gives."""
    return block["name"], block["phone"]


def _lent(head: Head, block: dict[str, int]) -> dict[str, int]:
    """The right half of a page has no branch of its own where both halves share one."""
    return {
        name: at
        for name, at in head.columns.items()
        if name in ("branch", "grid") and block is not head.columns
    }


def _cell(values: Sequence[str], block: dict[str, int], name: str) -> str:
    position = block.get(name)
    return values[position] if position is not None and position < len(values) else ""
