"""The tree as lines for a terminal. Knows ANSI styles; must not know about writing or streams.

Model text never brings a control character: the tree is cleaned, and every escape sequence here is ours.
"""

from __future__ import annotations

from adapters.kit.table import aligned
from hub.text.tree import (
    Block,
    Break,
    Code,
    CodeBlock,
    Emphasis,
    Heading,
    Inline,
    Item,
    Link,
    Listing,
    Math,
    MathBlock,
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
)

BOLD, DIM, ITALIC, UNDERLINE, STRUCK, CYAN = "1", "2", "3", "4", "9", "36"
RULE = "─" * 24


class Painter:
    """Renders blocks; without `color` the same lines, bare."""

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def paint(self, style: str, text: str) -> str:
        """`text` in `style`, an SGR number."""
        return f"\x1b[{style}m{text}\x1b[0m" if self._color and text else text

    def lines(self, blocks: tuple[Block, ...]) -> list[str]:
        """The lines of `blocks`, a blank one between two blocks."""
        lines: list[str] = []
        for index, block in enumerate(blocks):
            if index:
                lines.append("")
            lines.extend(self._block(block))
        return lines

    def _block(self, block: Block) -> list[str]:
        match block:
            case Paragraph(inlines):
                return self._inlines(inlines).split("\n")
            case Heading(_, inlines):
                return [self.paint(BOLD, self._inlines(inlines, BOLD))]
            case CodeBlock(code, _, _) | MathBlock(code):
                return [f"    {self.paint(DIM, line)}" for line in code.split("\n")]
            case Quote(blocks):
                return [f"{self.paint(DIM, '│')} {line}" for line in self.lines(blocks)]
            case Listing():
                return self._listing(block)
            case Table():
                return self._table(block)
            case Rule():
                return [self.paint(DIM, RULE)]

    def _listing(self, block: Listing) -> list[str]:
        lines: list[str] = []
        # Without air, whatever the source has: whether a list is loose is known too late for a growing answer.
        for number, item in enumerate(block.items, block.start):
            lines.extend(self._item(item, f"{number}. " if block.ordered else "• "))
        return lines

    def _item(self, item: Item, marker: str) -> list[str]:
        if item.checked is not None:
            marker += "[x] " if item.checked else "[ ] "
        inner: list[str] = []
        for block in item.blocks:
            inner.extend(self._block(block))
        indent = " " * len(marker)
        return [(marker if not index else indent if line else "") + line for index, line in enumerate(inner or [""])]

    def _table(self, table: Table) -> list[str]:
        return aligned(self._rows(table), table.aligns, " │ ", "─┼─", Painter(color=False)._rows(table))

    def _rows(self, table: Table) -> list[list[str]]:
        return [[self._inlines(cell).replace("\n", " ") for cell in row] for row in (table.header, *table.rows)]

    def _inlines(self, inlines: tuple[Inline, ...], around: str = "") -> str:
        return "".join(self._inline(inline, around) for inline in inlines)

    def _inline(self, inline: Inline, around: str) -> str:
        match inline:
            case Text(text):
                return text
            case Code(text) | Math(text):
                return self._styled(CYAN, text.replace("\n", " "), around)
            case Break():
                return "\n" if not around or inline.hard else " "
            case Strong(inner):
                return self._styled(BOLD, self._inlines(inner, BOLD), around)
            case Emphasis(inner):
                return self._styled(ITALIC, self._inlines(inner, ITALIC), around)
            case Strike(inner):
                return self._styled(STRUCK, self._inlines(inner, STRUCK), around)
            case Link(href, inner):
                words = self._inlines(inner, UNDERLINE)
                return words if words == href else f"{self._styled(UNDERLINE, words, around)} ({href})"

    def _styled(self, style: str, text: str, around: str) -> str:
        painted = self.paint(style, text)
        return f"{painted}\x1b[{around}m" if self._color and around and text else painted
