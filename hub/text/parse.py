"""Text to tree. Knows which tokens become which blocks; must not know how text is streamed or drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.text.clean import clean
from hub.text.grammar import grammar
from hub.text.inlines import Inliner
from hub.text.tree import (
    Block,
    CodeBlock,
    Heading,
    Inline,
    Item,
    Listing,
    MathBlock,
    Paragraph,
    Quote,
    Rule,
    Table,
    Text,
)

if TYPE_CHECKING:
    from markdown_it.token import Token

_NOT_PLAIN = re.compile(r"[\\`*_~\[\]<&$|]|[^\S \n]|(?:\A|\n) *(?:[#>+=-]|\d{1,9}[.)])|(?:\A|\n) {4}|  +(?:\n|\Z)")
"""Anything that could make a text more than paragraphs of plain words."""

_BLANK = re.compile(r"\n *\n[ \n]*")
_TASK = re.compile(r"\[([ xX])\][ \t\n]+(?=\S)")


@dataclass(frozen=True, slots=True)
class Placed:
    """A top-level block, its lines (first, and first after it; counted from 0) and, of a list, its items' first lines.

    `marker` is what opened the block: the last character of a list's marker, the fence, else empty.
    """

    block: Block
    line: int
    end: int
    marker: str = ""
    item_lines: tuple[int, ...] = ()


def parse(text: str) -> tuple[Block, ...]:
    """Read a whole text; never raises, whatever it holds."""
    text = clean(text)
    plain = plain_paragraphs(text)
    if plain is not None:
        return plain
    return tuple(placed.block for placed in place(text, Inliner({})))


def plain_paragraphs(text: str) -> tuple[Block, ...] | None:
    """The tree of a cleaned text without any markup, or None when it may hold some; equal to what `place` finds."""
    if _NOT_PLAIN.search(text) is not None:
        return None
    text = text.strip(" \n")
    if not text:
        return ()
    if "\n" not in text:
        return (Paragraph((Text(text),)),)
    inliner = Inliner({})
    return tuple(Paragraph(inliner.plain(paragraph.strip(" "))) for paragraph in _BLANK.split(text))


def place(text: str, inliner: Inliner) -> list[Placed]:
    """Read a cleaned text; link definitions found are added to `inliner.references`."""
    md = grammar()
    tokens: list[Token] = []
    # Without a last newline markdown-it reads past the end of some quoted fences.
    source = text if text.endswith("\n") else f"{text}\n"
    md.block.parse(source, md, {"references": inliner.references}, tokens)
    return _Reader(tokens, inliner).top()


class _Reader:
    def __init__(self, tokens: list[Token], inliner: Inliner) -> None:
        self._tokens = tokens
        self._at = 0
        self._inlines = inliner.inlines

    def top(self) -> list[Placed]:
        placed = []
        while self._at < len(self._tokens):
            at = self._at
            opening = self._tokens[at]
            block = self._block()
            line, end = opening.map or (0, 0)
            items: tuple[int, ...] = ()
            if isinstance(block, Listing):
                inside = self._tokens[at : self._at]
                items = tuple(t.map[0] for t in inside if t.type == "list_item_open" and t.level == 1 and t.map)
            placed.append(Placed(block, line, end, opening.markup, items))
        return placed

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _until(self, end: str) -> tuple[Block, ...]:
        blocks = []
        while self._tokens[self._at].type != end:
            blocks.append(self._block())
        self._at += 1
        return tuple(blocks)

    def _block(self) -> Block:
        token = self._next()
        match token.type:
            case "paragraph_open":
                content = self._next().content
                self._at += 1
                return Paragraph(self._inlines(content))
            case "heading_open":
                content = self._next().content
                self._at += 1
                return Heading(int(token.tag[1]), self._inlines(content))
            case "bullet_list_open" | "ordered_list_open":
                return self._listing(token)
            case "blockquote_open":
                return Quote(self._until("blockquote_close"))
            case "table_open":
                return self._table()
            case "hr":
                return Rule()
            case "math_block":
                return MathBlock(token.content)
            case "fence":
                words = clean(token.info).split(maxsplit=1)
                language = _unescaped(words[0]) if words else ""
                return CodeBlock(token.content.removesuffix("\n"), language, bool(token.meta["closed"]))
            case _:
                return CodeBlock(token.content.removesuffix("\n"), "", True)

    def _listing(self, opening: Token) -> Listing:
        ordered = opening.type == "ordered_list_open"
        end = "ordered_list_close" if ordered else "bullet_list_close"
        items: list[Item] = []
        tight = True
        while self._next().type != end:
            checked = None
            first = self._tokens[self._at]
            if first.type == "paragraph_open":
                inline = self._tokens[self._at + 1]
                task = _TASK.match(inline.content)
                if task is not None:
                    checked = task[1] != " "
                    inline.content = inline.content[task.end() :]
            blocks = []
            while self._tokens[self._at].type != "list_item_close":
                inner = self._tokens[self._at]
                tight = tight and not (inner.type == "paragraph_open" and not inner.hidden)
                blocks.append(self._block())
            self._at += 1
            items.append(Item(checked, tuple(blocks)))
        start = int(opening.attrs.get("start", 1)) if ordered else 1
        return Listing(ordered, start, tight, tuple(items))

    def _table(self) -> Table:
        aligns: list[str] = []
        rows: list[tuple[tuple[Inline, ...], ...]] = []
        row: list[tuple[Inline, ...]] = []
        while (token := self._next()).type != "table_close":
            if token.type == "th_open":
                aligns.append(str(token.attrs.get("style", "")).removeprefix("text-align:"))
            elif token.type == "inline":
                row.append(self._inlines(token.content))
            elif token.type == "tr_close":
                rows.append(tuple(row))
                row = []
        return Table(tuple(aligns), rows[0], tuple(rows[1:]))


def _unescaped(word: str) -> str:
    if "\\" not in word and "&" not in word:
        return word
    from markdown_it.common.utils import unescapeAll

    return clean("".join(unescapeAll(word).split()))
