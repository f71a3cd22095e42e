"""What an import must say about a sheet as a whole: what was left out, what nobody sees, which of two columns was taken."""

from __future__ import annotations

from collections.abc import Sequence

from community.faults import Fault
from community.roster_columns import COLUMNS, HEAD_ROWS, Head, head_at
from community.roster_row import RosterFile
from ground.cells import compact
from ground.spreadsheet import Sheet

_ID_CARD = ("身份证号", "身份证号码", "身份证", "公民身份号码")
_NAMED = 5


def tell(sheets: Sequence[Sheet], chosen: Sheet, head: Head, warnings: list[Fault]) -> None:
    """Add the remarks about the sheet to ``warnings``; their row is 0."""
    if any(label in _ID_CARD for label in head.labels):
        warnings.append(Fault(0, "身份证号", "本系统不收集身份证号，这一列没有导入"))
    for choice in head.choices:
        field, others = COLUMNS[choice.name][0], "、".join(map(head.shown, choice.others))
        if choice.name == "phone":
            reason = f"优先采用 {head.shown(choice.taken)}，空着或不是手机号码的行采用 {others}，如不对请在“列的对应”里改选"
            warnings.append(Fault(0, field, reason))
            continue
        reason = f"{others}也像是{field}，已采用 {head.shown(choice.taken)}，如不对请在“列的对应”里改选"
        warnings.append(Fault(0, field, reason))
    if len(head.blocks) > 1:
        reason = f"表格左右并排了 {len(head.blocks)} 份名单，已全部读取；右边缺少的党支部按同一行左边的填写"
        warnings.append(Fault(0, "", reason))
    for position in head.ignored_names:
        warnings.append(Fault(0, "姓名", f"{head.shown(position)}也是姓名，但右边没有手机号码，没有导入"))
    _tell_hidden(chosen, head, warnings)
    for other in sheets:
        if other is not chosen and other.rows and other.visible:
            reason = f"工作表“{other.name}”不是名册，没有导入，只导入了“{chosen.name}”"
            warnings.append(Fault(0, "", reason))
        elif not other.visible and (people := _people_on(other)):
            reason = f"隐藏的工作表“{other.name}”里也有名单（约 {people:,} 人），没有导入，如需导入请取消隐藏后单独上传"
            warnings.append(Fault(0, "", reason))


def _people_on(sheet: Sheet) -> int:
    """How many rows below a roster's head have a name; 0 for a sheet that is no roster."""
    for index in range(min(HEAD_ROWS, len(sheet.rows))):
        head = head_at(sheet, index)
        if not {"name", "phone"} - head.columns.keys():
            return sum(_has_name(sheet, head, row) for row in range(index + head.deep, len(sheet.rows)))
    return 0


def tell_struck(found: RosterFile, *, taken: bool) -> None:
    """Say of the rows that are struck out whether they were ``taken``."""
    if found.struck:
        done = "也一并导入" if taken else "不导入，如需导入请选“带删除线的行也导入”"
        reason = f"有 {len(found.struck):,} 行带删除线（第 {_first(found.struck)} 行），{done}"
        found.warnings.insert(0, Fault(0, "", reason))


def _first(rows: Sequence[int]) -> str:
    return "、".join(map(str, rows[:_NAMED])) + (" …" if len(rows) > _NAMED else "")


def _tell_hidden(sheet: Sheet, head: Head, warnings: list[Fault]) -> None:
    below = head.at + head.deep
    rows = sorted(row + 1 for row in sheet.hidden if row >= below and _has_name(sheet, head, row))
    if rows:
        reason = f"有 {len(rows):,} 行是隐藏或被筛选掉的（第 {_first(rows)} 行），也一并导入，如不需要请先在表里删除"
        warnings.append(Fault(0, "", reason))
    for name, position in head.columns.items():
        if position in sheet.hidden_columns:
            field = COLUMNS[name][0]
            warnings.append(Fault(0, field, f"{head.shown(position)}在表里是隐藏的，也一并导入，请核对"))


def _has_name(sheet: Sheet, head: Head, row: int) -> bool:
    values = sheet.rows[row]
    return any(block["name"] < len(values) and bool(compact(values[block["name"]])) for block in head.blocks)
