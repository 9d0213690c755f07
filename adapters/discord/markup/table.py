"""Tables, which Discord does not have. Knows columns and records; must not know other blocks."""

from __future__ import annotations

from adapters.discord.markup.line import Style, escaped, inlines
from adapters.kit import table as columns
from hub.text.plain import plain_inlines
from hub.text.tree import Inline, Table

WIDEST = 58
"""Columns of fixed-width letters that a phone shows without breaking lines, held sideways."""


def table(block: Table, style: Style) -> str:
    """Aligned columns in a block of code where they fit, else a record for each row."""
    rows = [[plain_inlines(cell).replace("\n", " ") for cell in row] for row in (block.header, *block.rows)]
    rooms = columns.widths(rows)
    if sum(rooms) + 2 * len(rooms) > WIDEST or style.sparing or any("```" in cell for row in rows for cell in row):
        return records(block, style)
    return "\n".join(["```", *columns.aligned(rows, block.aligns, "  ", "  "), "```"])


def records(block: Table, style: Style) -> str:
    """Each row as `**head:** cell` lines, the first cell as its name."""
    heads = [escaped(plain_inlines(head), style) for head in block.header]
    if not block.rows:
        return " · ".join(f"**{head}**" for head in heads if head.strip())
    return "\n\n".join(_record(heads, row, style) for row in block.rows)


def _record(heads: list[str], row: tuple[tuple[Inline, ...], ...], style: Style) -> str:
    cells = [inlines(cell, style).replace("\n", " ") for cell in row]
    lines = [
        f"**{head.strip()}:** {cell}" if head.strip() else cell
        for head, cell in zip(heads, cells, strict=True)
        if cell.strip()
    ]
    return "\n".join(lines)
