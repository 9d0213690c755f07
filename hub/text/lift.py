"""What is too long to be read in place, taken out of a text. Knows blocks; must not know where it goes instead."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

from hub.text.clean import clean
from hub.text.inlines import Inliner
from hub.text.measure import measure
from hub.text.parse import place
from hub.text.plain import plain_inlines
from hub.text.tree import CodeBlock, Table


@dataclass(frozen=True, slots=True)
class Lifted:
    """A block that was taken out; `number` counts from 1. `language` as the fence names it; a table's is `csv`."""

    number: int
    language: str
    content: str
    table: bool = False


def lift(text: str, limit: int, unit: str, mention: Callable[[Lifted], str]) -> tuple[str, tuple[Lifted, ...]]:
    """`text` with what `mention` says in place of each top-level code block and table of more than `limit` units.

    `unit` is one of hub.text.measure.UNITS. A text within the limit is not looked into."""
    text = clean(text)
    if measure(text, unit) <= limit:
        return text, ()
    lines = text.split("\n")
    found: list[Lifted] = []
    kept: list[str] = []
    read = 0
    for placed in place(text, Inliner({})):
        block = placed.block
        if not isinstance(block, CodeBlock | Table):
            continue
        source = "\n".join(lines[placed.line : placed.end])
        if measure(source, unit) <= limit:
            continue
        number = len(found) + 1
        if isinstance(block, CodeBlock):
            found.append(Lifted(number, block.language, block.code))
        else:
            found.append(Lifted(number, "csv", _rows(block), table=True))
        kept += [*lines[read : placed.line], mention(found[-1]), ""]
        read = placed.end
    return "\n".join([*kept, *lines[read:]]), tuple(found)


def _rows(table: Table) -> str:
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerows([plain_inlines(cell) for cell in row] for row in (table.header, *table.rows))
    return written.getvalue()
