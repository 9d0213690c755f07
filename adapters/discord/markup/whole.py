"""A whole text in Discord's markdown. Knows blocks and the length of a message; must not know who sends it."""

from __future__ import annotations

import re
from typing import assert_never

from adapters.discord.markup.line import GAP, Style, inlines, line_start
from adapters.discord.markup.table import table
from hub.text.clean import clean
from hub.text.measure import fitting, measure
from hub.text.parse import parse
from hub.text.tree import (
    Block,
    CodeBlock,
    Heading,
    Item,
    Listing,
    MathBlock,
    Paragraph,
    Quote,
    Rule,
    Table,
)

LIMIT = 2000
"""Most of a message, in UTF-16 units: Discord says characters, and this is never more than they are."""

RULE = "─" * 12

_LANGUAGE = re.compile(r"[A-Za-z0-9_+\-.#]{1,30}")
_FENCE = re.compile("```")


def render(text: str) -> str:
    """CommonMark as Discord's markdown, never over LIMIT for a text of at most 1,900 units.

    Escapes and drawn tables make a text longer. One that they make too long is drawn with fewer, and in the very end as
    it was written, in a block of code, where nothing needs escaping."""
    blocks = parse(text)
    for style in (Style(), Style(sparing=True)):
        drawn = _blocks(blocks, style)
        if measure(drawn, "utf16") <= LIMIT:
            return drawn
    bare = _FENCE.sub("'''", clean(text).strip("\n"))
    return f"```\n{bare[: fitting(bare, LIMIT - 8, 'utf16')]}\n```"


def _blocks(blocks: tuple[Block, ...], style: Style) -> str:
    """Blocks with air between them; two lists or quotes in a row are kept apart."""
    drawn = ""
    before: Block | None = None
    for block in blocks:
        words = _block(block, style)
        if not words.strip():
            continue
        if drawn:
            drawn += f"\n{GAP}\n" if isinstance(block, Listing | Quote) and type(block) is type(before) else "\n\n"
        drawn += words
        before = block
    return drawn.strip("\n")


def _block(block: Block, style: Style) -> str:
    match block:
        case Paragraph(nodes):
            return line_start(inlines(nodes, style))
        case Heading(level, nodes):
            words = inlines(nodes, style, "**" if level > 3 else "").replace("\n", " ").strip()
            return f"{'#' * level} {words}" if level <= 3 else f"**{words}**" if words else ""
        case Listing():
            return "\n".join(_listing(block, style, 0))
        case Quote(blocks):
            return "\n".join(f"> {line}" for line in _unquoted(blocks, style).split("\n"))
        case CodeBlock(code, language, _):
            return fenced(code, language)
        case MathBlock(tex):
            return fenced(tex, "tex")
        case Table():
            return table(block, style)
        case Rule():
            return RULE
    assert_never(block)


def fenced(code: str, language: str = "") -> str:
    """A block of code; three ticks in it are kept from ending it."""
    named = language if _LANGUAGE.fullmatch(language) else ""
    body = _FENCE.sub(f"``{GAP}`", code)
    if body.endswith("`"):
        body += GAP
    return f"```{named}\n{body or GAP}\n```"


def _unquoted(blocks: tuple[Block, ...], style: Style) -> str:
    """A quote in a quote is one with it: Discord knows one level."""
    flat: list[Block] = []
    for block in blocks:
        flat.extend(block.blocks if isinstance(block, Quote) else (block,))
    if any(isinstance(block, Quote) for block in flat):
        return _unquoted(tuple(flat), style)
    return _blocks(tuple(flat), style)


def _listing(listing: Listing, style: Style, depth: int) -> list[str]:
    lines: list[str] = []
    for number, item in enumerate(listing.items, listing.start):
        marker = f"{number}. " if listing.ordered else "- "
        lines += _item(item, "  " * min(depth, 5) + marker, style, depth)
    return lines


def _item(item: Item, lead: str, style: Style, depth: int) -> list[str]:
    if item.checked is not None:
        lead += "☑ " if item.checked else "☐ "
    lines: list[str] = []
    for block in item.blocks:
        if isinstance(block, Listing):
            lines += _listing(block, style, depth + 1) if lines else [lead.rstrip(), *_listing(block, style, depth + 1)]
            continue
        words = _block(block, style)
        if isinstance(block, CodeBlock | MathBlock | Table) and words.startswith("```"):
            # A fence keeps its own lines as they are, so it stands at the left edge.
            lines += ([] if lines else [lead.rstrip()]) + words.split("\n")
            continue
        for line in words.split("\n"):
            lines.append(("  " * (min(depth, 5) + 1) if lines else lead) + line)
    return lines or [lead.rstrip()]
