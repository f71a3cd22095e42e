"""The house style: what bare paragraphs, headings, tables and pictures look like in a phone's 677 px column.

Authors' own styles win. What lies inside a styled ``section`` (layouts of 秀米, 135 and the like) is left as it is.
"""

from __future__ import annotations

import re

from content.tree import Node

RED = "#c8102e"
_ROOT = (
    "font-size:16px;line-height:1.75;color:#333;letter-spacing:0.5px;word-break:break-word;text-align:justify"
)
_MARK = "data-house"
"""Set here alone, after all that is foreign has been taken out."""

_STYLES: dict[str, dict[str, str]] = {
    "p": {"margin": "0 0 16px", "text-indent": "2em"},
    "h1": {"margin": "28px 0 16px", "font-size": "20px", "font-weight": "bold", "line-height": "1.4", "color": RED},
    "h2": {
        "margin": "28px 0 14px", "padding-left": "10px", "border-left": f"4px solid {RED}", "font-size": "18px",
        "font-weight": "bold", "line-height": "1.4", "color": RED,
    },
    "h3": {"margin": "24px 0 12px", "font-size": "17px", "font-weight": "bold", "line-height": "1.4", "color": "#333"},
    "blockquote": {"margin": "16px 0", "padding": "12px 14px", "background-color": "#f7f5f3", "color": "#595959"},
    "hr": {"margin": "24px 0", "border": "0", "border-top": "1px solid #e6e6e6"},
    "figure": {"margin": "16px 0", "text-align": "center"},
    "figcaption": {"margin": "6px 0 0", "font-size": "14px", "color": "#737373", "text-align": "center"},
    "pre": {
        "margin": "16px 0", "padding": "12px", "background-color": "#f7f5f3", "font-size": "14px",
        "white-space": "pre-wrap", "word-break": "break-all",
    },
    "table": {
        "width": "100%", "border-collapse": "collapse", "table-layout": "fixed", "margin": "16px 0", "font-size": "15px",
        "word-break": "break-all", "text-align": "left",
    },
}  # fmt: skip
_STYLES["h4"] = _STYLES["h5"] = _STYLES["h6"] = _STYLES["h3"]
_CELL = {"border": "1px solid #d9d9d9", "padding": "8px 6px"}
_HEAD = {"background-color": "#fbf1f0", "font-weight": "bold", "text-align": "center"}
_NUMBER = {"text-align": "center"}
_IN_CELL = {"margin": "0", "text-indent": "0"}
_PICTURE = {"margin": "16px 0", "text-indent": "0", "text-align": "center"}
_WIDE_COLUMNS = 6


def dress(root: Node) -> None:
    """Give bare elements the house's style and the whole an outermost section. Applied again it changes nothing."""
    outer = root.children[0] if len(root.children) == 1 else None
    if not (isinstance(outer, Node) and outer.tag == "section" and outer.attrs.get("style") == _ROOT):
        outer = Node("section", {"style": _ROOT}, root.children)
        root.children = [outer]
    outer.attrs[_MARK] = "1"
    _flow(outer)


def _flow(parent: Node) -> None:
    """Dress what stands in the normal flow of the article."""
    children: list[Node | str] = []
    for child in parent.children:
        if isinstance(child, str):
            children.append(child)
            continue
        if child.tag == "table":
            child = _table(child)
        elif child.tag == "img":
            child.set_style({**child.style(), "display": "block", "margin": "0 auto"})
        elif child.tag in _STYLES:
            _block(child)
        elif (
            child.tag not in ("section", "article", "main", "header", "footer", "aside")
            or "style" in child.attrs
        ):
            pass  # inline, or somebody's own layout
        else:
            _flow(child)
        children.append(child)
    parent.children = children


def _block(node: Node) -> None:
    own = node.style()
    if node.tag == "p" and _is_picture(node):
        node.set_style({**_PICTURE, **own})
        for picture in node.all("img"):
            picture.set_style({**picture.style(), "display": "block", "margin": "0 auto"})
        return
    style = {**_STYLES[node.tag], **own}
    if node.tag == "p" and own.get("text-align") in ("center", "right", "end") and "text-indent" not in own:
        style.pop("text-indent")
    node.set_style(style)
    if node.tag == "blockquote":
        for paragraph in node.all("p"):
            paragraph.set_style({"margin": "0 0 8px", **paragraph.style()})
    elif node.tag == "figure":
        for picture in node.all("img"):
            picture.set_style({**picture.style(), "display": "block", "margin": "0 auto"})
        for caption in node.all("figcaption"):
            caption.set_style({**_STYLES["figcaption"], **caption.style()})


def _is_picture(paragraph: Node) -> bool:
    return bool(paragraph.all("img")) and not paragraph.text().strip()


def _table(table: Node) -> Node:
    """Borders and a shaded first row; a table of many columns may be pushed sideways instead of being crushed."""
    for name in ("border", "cellpadding", "cellspacing", "width"):
        table.attrs.pop(name, None)
    rows = table.all("tr")
    columns = max((len(_cells(row)) for row in rows), default=0)
    own = table.style()
    for name in ("width", "height", "border"):
        own.pop(name, None)
    style = {**_STYLES["table"], **own}
    if columns > _WIDE_COLUMNS:
        style |= {"min-width": f"{columns * 5}em", "margin": "0"}
    table.set_style(style)
    widths = _column_widths(rows)
    for index, row in enumerate(rows):
        for place, cell in enumerate(_cells(row)):
            head = cell.tag == "th" or (index == 0 and len(rows) > 1)
            kept = {name: value for name, value in cell.style().items() if name not in ("width", "height")}
            cell.attrs.pop("width", None)
            shape = dict(_HEAD) if head else _NUMBER if _is_number(cell) else {}
            width = {"width": widths[place]} if widths and index == 0 else {}
            cell.set_style({**_CELL, **shape, **kept, **width})
            for paragraph in cell.all("p"):
                paragraph.set_style({**_IN_CELL, **paragraph.style()})
    if columns <= _WIDE_COLUMNS:
        return table
    return Node("section", {"style": "overflow-x:auto;margin:16px 0"}, [table])


def _cells(row: Node) -> list[Node]:
    return [cell for cell in row.children if isinstance(cell, Node)]


def _is_number(cell: Node) -> bool:
    return bool(re.fullmatch(r"[\d.,%+\-—/ ]{1,12}", cell.text().strip()))


def _column_widths(rows: list[Node]) -> list[str]:
    """Shares of the width by the longest text of each column, within limits; none where cells are merged."""
    grid = [_cells(row) for row in rows]
    if not grid or any(
        len(cells) != len(grid[0]) or any("colspan" in c.attrs or "rowspan" in c.attrs for c in cells)
        for cells in grid
    ):
        return []
    weights = [
        min(max(4, *(len(cells[place].text().strip()) for cells in grid)), 14)
        for place in range(len(grid[0]))
    ]
    return [f"{100 * weight / sum(weights):.4g}%" for weight in weights]
