"""The words of a text without their dress. Knows the tree; must not know any platform.

For titles, previews, notifications and screen readers.
"""

from __future__ import annotations

from hub.text.parse import parse
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


def plain(text: str) -> str:
    """Read `text` and return its words; a blank line between blocks, a line break between items and table rows."""
    return plain_blocks(parse(text))


def plain_blocks(blocks: tuple[Block, ...], gap: str = "\n\n") -> str:
    """The words of `blocks`, with `gap` between two of them."""
    return gap.join(words for words in map(_block, blocks) if words)


def plain_inlines(inlines: tuple[Inline, ...]) -> str:
    """The words of `inlines`; of a link its text, and its target if that is different."""
    return "".join(map(_inline, inlines))


def _inline(inline: Inline) -> str:
    match inline:
        case Text(text) | Code(text) | Math(text):
            return text
        case Break(hard):
            return "\n" if hard else " "
        case Strong(inner) | Emphasis(inner) | Strike(inner):
            return plain_inlines(inner)
        case Link(href, inner):
            words = plain_inlines(inner)
            return words if href.removeprefix("mailto:") == words else f"{words} ({href})"


def _block(block: Block) -> str:
    match block:
        case Paragraph(inlines) | Heading(_, inlines):
            return plain_inlines(inlines)
        case Listing(ordered, start, tight, items):
            lines = [_item(item, f"{start + n}. " if ordered else "- ") for n, item in enumerate(items)]
            return ("\n" if tight else "\n\n").join(lines)
        case Quote(blocks):
            return plain_blocks(blocks)
        case CodeBlock(code, _, _) | MathBlock(code):
            return code
        case Table(_, header, rows):
            return "\n".join("\t".join(map(plain_inlines, row)) for row in (header, *rows))
        case Rule():
            return ""


def _item(item: Item, marker: str) -> str:
    box = "" if item.checked is None else "[x] " if item.checked else "[ ] "
    return marker + box + plain_blocks(item.blocks, "\n").replace("\n", "\n" + " " * len(marker))
