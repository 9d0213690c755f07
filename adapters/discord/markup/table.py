"""Tables, which Discord does not have. Knows columns and records; must not know other blocks."""

from __future__ import annotations

from adapters.discord.markup.line import Style, escaped, inlines
from hub.text.measure import columns
from hub.text.plain import plain_inlines
from hub.text.tree import Inline, Table

WIDEST = 58
"""Columns of fixed-width letters that a phone shows without breaking lines, held sideways."""


def table(block: Table, style: Style) -> str:
    """Aligned columns in a block of code where they fit, else a record for each row."""
    rows = [[plain_inlines(cell).replace("\n", " ") for cell in row] for row in (block.header, *block.rows)]
    widths = [max(columns(row[column]) for row in rows) for column in range(len(block.header))]
    if sum(widths) + 2 * len(widths) > WIDEST or style.sparing or any("```" in cell for row in rows for cell in row):
        return records(block, style)
    lines = ["  ".join(_set(cell, widths[n], block.aligns[n]) for n, cell in enumerate(row)).rstrip() for row in rows]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "```\n" + "\n".join(lines) + "\n```"


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


def _set(cell: str, width: int, align: str) -> str:
    room = width - columns(cell)
    left = {"right": room, "center": room // 2}.get(align, 0)
    return " " * left + cell + " " * (room - left)
