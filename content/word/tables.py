"""Tables: cells where they stand, whatever rows leave out at their sides and however cells are merged."""

from __future__ import annotations

from dataclasses import dataclass

from content.tree import Node
from content.word import controls
from content.word.names import Element, first, number, switch, val
from content.word.story import Story

_MOST_COLUMNS = 100
_AROUND = frozenset({"w:sdt", "w:sdtContent", "w:customXml", "w:ins", "w:moveTo", "w:smartTag"})


@dataclass
class _Cell:
    column: int
    span: int
    node: Node
    continues: bool
    rows: int = 1


def read(story: Story, table: Element) -> list[Node]:
    """The table, if anything of it is left; rows that a tracked change has deleted or that are hidden go."""
    rows: list[tuple[list[_Cell], bool]] = []
    style = val(first(table, "w:tblPr"), "w:tblStyle") or ""
    for row in _below(story, table, "w:tr"):
        properties = first(row, "w:trPr")
        if first(properties, "w:del") is not None:
            continue
        if switch(properties, "w:hidden"):
            text = "".join(one.text or "" for one in row.iter() if one.tag == "w:t")
            story.report.note("表格有 {n} 行被隐藏，没有导入", text)
            story.document.unseen.append(("隐藏的表格行", text))
            continue
        rows.append((_cells(story, row, properties, style), bool(switch(properties, "w:tblHeader"))))
    if not any(cells for cells, _ in rows):
        return []
    _merge([cells for cells, _ in rows])
    return [_table(rows)]


def _below(story: Story, parent: Element, wanted: str) -> list[Element]:
    """Rows or cells below, those in controls and tracked changes included."""
    found = []
    for child in parent:
        if child.tag == wanted:
            found.append(child)
        elif child.tag in _AROUND:
            words = controls.prompt(child) if child.tag == "w:sdt" else None
            if words is None:
                found += _below(story, child, wanted)
            else:
                story.report.note("有 {n} 处待填写的占位文字，没有导入", words)
                found += _emptied(_below(story, child, wanted))
    return found


def _emptied(cells: list[Element]) -> list[Element]:
    """The same cells without what they hold, so that those beside them keep their places."""
    made = []
    for cell in cells:
        empty = Element(cell.tag, cell.attrib)
        empty.extend(one for one in cell if one.tag in ("w:tcPr", "w:trPr"))
        made.append(empty)
    return made


def _cells(story: Story, row: Element, properties: Element | None, style: str) -> list[_Cell]:
    cells: list[_Cell] = []
    column = 0
    for before, name in ((True, "w:gridBefore"), (False, "w:gridAfter")):
        if not before:
            for cell in _below(story, row, "w:tc"):
                column = _cell(story, cell, cells, column, style)
        span = min(number(val(properties, name)), _MOST_COLUMNS)
        if span > 0:
            cells.append(_Cell(column, span, Node("td"), continues=False))
            column += span
    return cells


def _cell(story: Story, cell: Element, cells: list[_Cell], column: int, style: str) -> int:
    properties = first(cell, "w:tcPr")
    span = max(1, min(number(val(properties, "w:gridSpan"), 1), _MOST_COLUMNS))
    if first(properties, "w:cellDel") is not None:
        return column
    down = first(properties, "w:vMerge")
    continues = down is not None and down.get("w:val", "continue") != "restart"
    inside = story.inside(in_cell=not continues, table_style=style)
    children: list[Node | str] = list(story.document.read(inside, cell))
    across = first(properties, "w:hMerge")
    if across is not None and across.get("w:val", "continue") == "continue" and cells:
        cells[-1].span += span
        cells[-1].node.children += children
        return column + span
    cells.append(_Cell(column, span, Node("td", {}, children), continues))
    return column + span


def _merge(rows: list[list[_Cell]]) -> None:
    """Cells that continue the one above them become part of it; their text, which Word does not show, goes with it."""
    above: dict[int, _Cell] = {}
    for cells in rows:
        now: dict[int, _Cell] = {}
        for cell in list(cells):
            head = above.get(cell.column)
            if cell.continues and head is not None and head.span == cell.span:
                head.rows += 1
                head.node.children += [
                    one
                    for one in cell.node.children
                    if isinstance(one, str) or one.text().strip() or one.all("img")
                ]
                cells.remove(cell)
                now[cell.column] = head
            else:
                now[cell.column] = cell
        above = now


def _table(rows: list[tuple[list[_Cell], bool]]) -> Node:
    head: list[Node | str] = []
    body: list[Node | str] = []
    all_head = all(is_head for _, is_head in rows)
    for cells, is_head in rows:
        is_head = is_head and not body and not all_head
        row = Node("tr")
        for cell in cells:
            node = cell.node
            if is_head:
                node.tag = "th"
            if cell.span > 1:
                node.attrs["colspan"] = str(cell.span)
            if cell.rows > 1:
                node.attrs["rowspan"] = str(cell.rows)
            row.children.append(node)
        (head if is_head else body).append(row)
    if head:
        return Node("table", {}, [Node("thead", {}, head), Node("tbody", {}, body)])
    return Node("table", {}, body)
