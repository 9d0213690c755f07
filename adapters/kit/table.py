"""Tables as lines of fixed-width letters. Knows columns and their width; must not know a platform or any mark."""

from __future__ import annotations

from collections.abc import Sequence

from hub.text.measure import columns

Rows = Sequence[Sequence[str]]


def widths(rows: Rows) -> list[int]:
    """Columns that the widest cell of each column takes."""
    return [max(map(columns, cells)) for cells in zip(*rows, strict=True)]


def aligned(rows: Rows, aligns: Sequence[str], gap: str, crossing: str, bare: Rows | None = None) -> list[str]:
    """One line a row, cells set as `aligns` say with `gap` between, a rule with `crossing` under the first.

    `bare`: the same rows as they are seen, where what is in `rows` carries marks that take no room."""
    seen = bare or rows
    rooms = widths(seen)
    lines = []
    for row, shown in zip(rows, seen, strict=True):
        cells = []
        for cell, look, room, align in zip(row, shown, rooms, aligns, strict=True):
            spare = room - columns(look)
            left = {"right": spare, "center": spare // 2}.get(align, 0)
            cells.append(" " * left + cell + " " * (spare - left))
        lines.append(gap.join(cells).rstrip())
    return [lines[0], crossing.join("─" * room for room in rooms), *lines[1:]]
