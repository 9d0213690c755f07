"""Tables on a narrow screen. Knows columns and their width; must not know entities.

A table that fits a phone's width is drawn with aligned columns; another one as a list of records, a line for each cell.
"""

from __future__ import annotations

from hub.text.measure import columns
from hub.text.plain import plain_inlines
from hub.text.tree import Emphasis, Inline, Link, Strike, Strong, Table

WIDEST = 44
"""Columns of monospaced text that a phone shows in one line."""

Cell = tuple[Inline, ...]


def aligned(table: Table) -> str | None:
    """The table as lines of equal columns; None when it is too wide, or holds links, which columns cannot."""
    rows = (table.header, *table.rows)
    if any(_linked(cell) for row in rows for cell in row):
        return None
    texts = [[plain_inlines(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(columns(row[column]) for row in texts) for column in range(len(table.header))]
    if sum(widths) + 3 * (len(widths) - 1) > WIDEST:
        return None
    lines = []
    for number, row in enumerate(texts):
        cells = []
        for text, room, align in zip(row, widths, table.aligns, strict=True):
            spare = room - columns(text)
            left = {"right": spare, "center": spare // 2}.get(align, 0)
            cells.append(" " * left + text + " " * (spare - left))
        lines.append(" │ ".join(cells).rstrip())
        if not number:
            lines.append("─┼─".join("─" * room for room in widths))
    return "\n".join(lines)


def records(table: Table) -> list[list[tuple[Cell, Cell]]]:
    """For each row its cells with their column's name; a table without rows is one record of names alone."""
    if not table.rows:
        return [[((), name) for name in table.header]]
    return [[pair for pair in zip(table.header, row, strict=True) if pair[0] or pair[1]] for row in table.rows]


def _linked(cell: Cell) -> bool:
    return any(
        isinstance(inline, Link) or (isinstance(inline, Strong | Emphasis | Strike) and _linked(inline.inlines))
        for inline in cell
    )
