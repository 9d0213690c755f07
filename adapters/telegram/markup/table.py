"""Tables on a narrow screen. Knows columns and their width; must not know entities.

A table that fits a phone's width is drawn with aligned columns; another one as a list of records, a line for each cell.
"""

from __future__ import annotations

from adapters.kit import table as columns
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
    rooms = columns.widths(texts)
    if sum(rooms) + 3 * (len(rooms) - 1) > WIDEST:
        return None
    return "\n".join(columns.aligned(texts, table.aligns, " │ ", "─┼─"))


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
