"""The text tree as Telegram's rich HTML (Bot API 10.1). Knows its tags; must not know who sends it.

Every tag here is ours and all words are escaped. No tag loads anything; with `skip_entity_detection` nothing is live.
"""

from __future__ import annotations

from html import escape
from typing import assert_never

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

LIMIT = 32_768
"""Characters in a rich message; counted in bytes to be safe."""

_BOXES = {True: "☑ ", False: "☐ "}


def rich(text: str) -> dict[str, object] | None:
    """CommonMark as an InputRichMessage; None when there is nothing in it, or too much."""
    html = "".join(map(_block, parse(text)))
    if not html or len(html.encode()) > LIMIT:
        return None
    return {"html": html, "skip_entity_detection": True}


def _block(block: Block) -> str:
    match block:
        case Paragraph(inlines):
            return f"<p>{_inlines(inlines)}</p>"
        case Heading(level, inlines):
            return f"<h{level}>{_inlines(inlines)}</h{level}>"
        case Listing(ordered, start, _, items):
            inner = "".join(map(_item, items))
            opening = f'<ol start="{start}">' if ordered and start != 1 else "<ol>" if ordered else "<ul>"
            return f"{opening}{inner}</{opening[1:3]}>"
        case Quote(blocks):
            return f"<blockquote>{''.join(map(_block, blocks))}</blockquote>"
        case CodeBlock(code, language, _):
            opening = f'<code class="language-{escape(language)}">' if language else "<code>"
            return f"<pre>{opening}{escape(code)}</code></pre>"
        case Table():
            return _table(block)
        case Rule():
            return "<hr/>"
        case MathBlock(tex):
            return f"<tg-math-block>{escape(tex, quote=False)}</tg-math-block>"
    assert_never(block)


def _item(item: Item) -> str:
    box = "" if item.checked is None else _BOXES[item.checked]
    first, *rest = item.blocks or (Paragraph(()),)
    if isinstance(first, Paragraph):
        return f"<li>{box}{_inlines(first.inlines)}{''.join(map(_block, rest))}</li>"
    return f"<li>{box}{''.join(map(_block, item.blocks))}</li>"


def _table(table: Table) -> str:
    def row(tag: str, cells: tuple[tuple[Inline, ...], ...]) -> str:
        drawn = []
        for cell, align in zip(cells, table.aligns, strict=True):
            opening = f'<{tag} align="{align}">' if align else f"<{tag}>"
            drawn.append(f"{opening}{_inlines(cell)}</{tag}>")
        return f"<tr>{''.join(drawn)}</tr>"

    return f"<table>{row('th', table.header)}{''.join(row('td', cells) for cells in table.rows)}</table>"


def _inlines(inlines: tuple[Inline, ...]) -> str:
    return "".join(map(_inline, inlines))


def _inline(inline: Inline) -> str:
    match inline:
        case Text(text):
            return escape(text, quote=False)
        case Break():
            return "<br/>"
        case Strong(inner):
            return f"<b>{_inlines(inner)}</b>"
        case Emphasis(inner):
            return f"<i>{_inlines(inner)}</i>"
        case Strike(inner):
            return f"<s>{_inlines(inner)}</s>"
        case Code(text):
            return f"<code>{escape(text, quote=False)}</code>"
        case Math(tex):
            return f"<tg-math>{escape(tex, quote=False)}</tg-math>"
        case Link(href, inner):
            return f'<a href="{escape(href)}">{_inlines(inner)}</a>'
    assert_never(inline)
