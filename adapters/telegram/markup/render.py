"""The text tree as Telegram's text and entities. Knows how each block looks; must not know who sends it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import assert_never
from urllib.parse import urlsplit

from adapters.telegram.markup.safe import is_command, quiet, quiet_at_same_length
from adapters.telegram.markup.table import aligned, records
from adapters.telegram.markup.writer import Entity, Writer, units
from hub.text.clean import clean
from hub.text.measure import fitting
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

LIMIT = 4096
"""UTF-16 code units in one message, after entities."""

RULE = "—" * 8
_BULLETS = ("•", "◦", "▪")
_BOXES = {True: "☑ ", False: "☐ "}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A text ready to be sent; never blank."""

    text: str
    entities: tuple[Entity, ...] = ()


def draw(text: str, *, limit: int = LIMIT, ours: bool = False) -> Drawn:
    """CommonMark as at most `limit` UTF-16 units. `ours`: a notice, whose commands a tap may send.

    Dress that makes a text too long is left off: first the padding of tables, then all of it.
    """
    blocks = parse(text)
    for narrow in (False, True):
        drawing = _Drawing(ours=ours, narrow=narrow)
        drawing.blocks(blocks)
        words, entities = drawing.writer.finish()
        if words and units(words) <= limit:
            return Drawn(words, tuple(entities))
    bare = clean(text).strip()
    if not bare:
        return Drawn("…")
    bare = quiet_at_same_length(bare)
    return Drawn(bare if units(bare) <= limit else bare[: fitting(bare, limit - 1, "utf16")] + "…")


class _Drawing:
    def __init__(self, *, ours: bool, narrow: bool) -> None:
        self.writer = Writer()
        self._ours = ours
        self._narrow = narrow
        self._write = self.writer.write

    def blocks(self, blocks: tuple[Block, ...], indent: str = "", gap: str = "\n\n") -> None:
        for index, block in enumerate(blocks):
            if index:
                self._write(gap if isinstance(block, CodeBlock | MathBlock) else gap + indent)
            self._block(block, indent)

    def _block(self, block: Block, indent: str) -> None:
        match block:
            case Paragraph(inlines):
                self._inlines(inlines, indent)
            case Heading(level, inlines):
                with self.writer.marked("bold"):
                    if level == 1:
                        with self.writer.marked("underline"):
                            self._inlines(inlines, indent)
                    else:
                        self._inlines(inlines, indent)
            case Listing():
                self._listing(block, indent)
            case Quote(blocks):
                self._quote(blocks, indent)
            case CodeBlock(code, language, _):
                self._pre(code, language)
            case MathBlock(tex):
                self._pre(tex, "latex")
            case Table():
                self._table(block, indent)
            case Rule():
                self._write(RULE)
            case _:
                assert_never(block)

    def _pre(self, code: str, language: str) -> None:
        with self.writer.marked("pre", language=language[:64]):
            self._write(code)

    def _quote(self, blocks: tuple[Block, ...], indent: str) -> None:
        if "blockquote" in self.writer.inside:
            self._write("» ")
        with self.writer.marked("blockquote"):
            self.blocks(blocks, indent)

    def _listing(self, listing: Listing, indent: str) -> None:
        depth = len(indent) // 3
        for index, item in enumerate(listing.items):
            if index:
                self._write(("\n" if listing.tight else "\n\n") + indent)
            marker = f"{listing.start + index}." if listing.ordered else _BULLETS[depth % len(_BULLETS)]
            self._write(f"{marker} ")
            self._item(item, f"{indent}   ", "\n" if listing.tight else "\n\n")

    def _item(self, item: Item, indent: str, gap: str) -> None:
        if item.checked is not None:
            self._write(_BOXES[item.checked])
        first = item.blocks[:1]
        if first and isinstance(first[0], CodeBlock | MathBlock | Table):
            self._write("\n")
        elif first and isinstance(first[0], Listing):
            self._write(f"\n{indent}")
        self.blocks(item.blocks, indent, gap)

    def _table(self, table: Table, indent: str) -> None:
        lines = None if self._narrow else aligned(table)
        if lines is not None:
            self._pre(lines, "")
            return
        for index, record in enumerate(records(table)):
            if index:
                self._write(f"\n\n{indent}")
            for number, (name, cell) in enumerate(record):
                if number:
                    self._write(f"\n{indent}")
                if name:
                    with self.writer.marked("bold"):
                        self._inlines(name, indent)
                    self._write(": ")
                self._inlines(cell, indent)

    def _inlines(self, inlines: tuple[Inline, ...], indent: str) -> None:
        for inline in inlines:
            self._inline(inline, indent)

    def _inline(self, inline: Inline, indent: str) -> None:
        match inline:
            case Text(text):
                self._write(quiet(text))
            case Break():
                self._write(f"\n{indent}")
            case Strong(inner):
                self._styled("bold", inner, indent)
            case Emphasis(inner):
                self._styled("italic", inner, indent)
            case Strike(inner):
                self._styled("strikethrough", inner, indent)
            case Code(text):
                if self._ours and is_command(text):
                    self._write(text)
                else:
                    self._code(text)
            case Math(tex):
                self._code(tex)
            case Link(href, inner):
                self._link(href, inner, indent)
            case _:
                assert_never(inline)

    def _styled(self, kind: str, inner: tuple[Inline, ...], indent: str) -> None:
        with self.writer.marked(kind):
            self._inlines(inner, indent)

    def _code(self, text: str) -> None:
        if "text_link" in self.writer.inside:
            self._write(quiet(text))
            return
        with self.writer.marked("code"):
            self._write(text)

    def _link(self, href: str, inner: tuple[Inline, ...], indent: str) -> None:
        address = href.removeprefix("mailto:")
        if address != href:  # Telegram links e-mail addresses by itself, and nothing else to them
            before = len(inner) == 1 and inner[0] == Text(address)
            if not before:
                self._inlines(inner, indent)
            self._write(quiet(address if before else f" ({address})"))
        elif inner == (Text(href),):
            linkable = _linkable(href)
            with self.writer.marked("text_link", url=href) if linkable else nullcontext():
                self._write(href if linkable else quiet(href))
        elif not _linkable(href):
            self._inlines(inner, indent)
            self._write(quiet(f" ({href})"))
        else:
            with self.writer.marked("text_link", url=href):
                self._inlines(inner, indent)


def _linkable(href: str) -> bool:
    """Whether Telegram takes it: a host without a dot it drops without a word, and the address would be lost."""
    try:
        return "." in (urlsplit(href).hostname or "")
    except ValueError:
        return False
